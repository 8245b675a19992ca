//! A mail as a delivery hook gets it: what is read of it before anything else is.

pub mod filter;
pub(super) mod headers;
