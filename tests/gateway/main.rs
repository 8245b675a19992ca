//! The gateway, black-box: the real `iim agent`, and IRC clients that do what these tests say.
//!
//! ```text
//! client ──TCP, Unix socket, WebSocket──▶ iim agent (alice) ──mail──▶ bob, by files in a spool
//!                                                           ──IRC───▶ bob, by a small network of the tests' own
//! What shows only with a real friend is played between two accounts, each with its agent and a client.
//! ```
//!
//! Needs nothing but cargo. What a specification demands stands beside its test, in its own words.

#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod abusing;
mod asking;
mod changing;
mod client;
mod commanding;
mod filled;
mod grouping;
mod history;
mod meeting;
mod network;
mod noticing;
mod proving;
mod registering;
mod running;
mod scene;
mod scram;
#[path = "../support/mod.rs"]
mod support;
mod talking;
mod watching;
mod ways_in;
