//! The program on a bad day: killed between any two calls that change something, refused by the disk, failed by
//! `sendmail`, crowded, locked out. Whatever happens, nothing is lost, doubled or sealed twice.

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

mod crowd;
mod failing;
mod killed;
mod layer;
mod moments;
mod olm;
mod programs;
mod random;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod trips;
mod upgrade;
