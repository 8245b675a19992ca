//! The store, seen from outside.
