//! What fails around an agent, and what its user notices of it, in seconds: cut links, dead servers, no mail system,
//! no name server, a clock that jumps, a machine that sleeps, a month that passes.
//!
//! Every person and every server is a host of its own (a network namespace), so that a link can be cut in silence
//! as on the Internet. Each test prints one line for each thing it measured.

#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod clocks;
mod eyes;
mod links;
mod mailbox;
mod month;
mod names;
mod netns;
mod post_server;
mod servers;
mod smtp;
mod stopped;
#[path = "../support/mod.rs"]
mod support;
mod world;
