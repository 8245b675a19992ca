//! How a client becomes one of ours: capabilities, SASL, registration, the welcome.

pub(super) mod cap;
pub(super) mod registration;
pub(super) mod sasl;
pub(super) mod welcome;
