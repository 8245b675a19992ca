//! The program shown on real programs: procmail, Postfix, Dovecot, IRC servers, fetchmail.
//!
//! Each test has people with names; it waits on conditions with deadlines, never for a fixed time.

#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod aliases;
mod asked;
mod bad_mails;
mod candidates;
mod cut;
mod cyrus;
mod fetch;
mod fetched;
mod flood;
mod formats;
mod gateway;
mod groups;
mod hook;
mod irc;
mod kept;
mod killed;
mod mailbox;
mod mailsystem;
mod moving;
mod recipes;
mod restored;
mod setup;
mod several;
mod shared;
mod stopwatch;
#[path = "../support/mod.rs"]
mod support;
mod trouble;
mod window;
mod windows;
