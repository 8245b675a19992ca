//! What is decided: state, event and time in, effects out. Pure.

pub mod account;
pub mod effect;
pub mod message;
pub mod outgoing;
pub mod person;
pub mod view;
