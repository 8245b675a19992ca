//! What leaves the machine or lies about on it, read back from a capture of real runs: no address, name, text, key,
//! secret or epoch on IRC, no nickname, secret or text in a mail, nothing secret in logs, `ps`, file names or errors.

#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod account_needles;
mod alike;
mod capture;
mod codes;
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
