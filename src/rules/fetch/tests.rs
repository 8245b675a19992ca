//! Fetching against a simulated server.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod failures;
mod headers;
mod looks;
mod pauses;
mod pop3;
mod server;
mod way;
