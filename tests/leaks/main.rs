//! What leaves the machine or lies about on it, read back from a capture of real runs: no address, name, text, key,
//! secret or epoch on IRC, no nickname, secret or text in a mail, nothing secret in logs, `ps`, file names or errors.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests"
)]

mod account_needles;
mod alike;
mod capture;
mod core_files;
mod errors;
mod needles;
mod onlooker;
mod places;
mod relay;
#[path = "../support/mod.rs"]
mod support;
#[path = "../story/world.rs"]
mod world;
