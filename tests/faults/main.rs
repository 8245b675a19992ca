//! The program on a bad day: killed between any two calls that change something, refused by the disk, failed by
//! `sendmail`, crowded, locked out, at the hook and where mail is fetched. Whatever happens, nothing is lost, doubled or sealed twice.

#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod crowd;
mod failing;
mod fetched;
mod files;
mod kept;
mod killed;
mod layer;
mod moments;
mod moving;
mod olm;
mod programs;
mod random;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod trips;
mod upgrade;
