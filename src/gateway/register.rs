//! How a client becomes one of ours: capabilities, SASL, registration, the welcome.

pub(super) mod cap;
pub(super) mod device;
pub(super) mod isupport;
pub(super) mod registration;
pub(super) mod sasl;
pub(super) mod user_mode;
pub(super) mod welcome;
