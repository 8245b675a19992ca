//! The program shown on real programs: procmail, Postfix, Dovecot, IRC servers, fetchmail.
//!
//! Each test has people with names; it waits on conditions with deadlines, never for a fixed time.

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
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests"
)]

mod aliases;
mod bad_mails;
mod candidates;
mod fetch;
mod flood;
mod gateway;
mod hook;
mod irc;
mod killed;
mod mailsystem;
mod recipes;
mod restored;
#[path = "../support/mod.rs"]
mod support;
mod trouble;
mod window;
