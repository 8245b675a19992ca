//! What is decided: state, event and time in, effects out. Pure.
