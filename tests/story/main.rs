//! Stories between people with real accounts, in one process: the clock is turned by hand, mails and frames are
//! carried by hand, and lost, doubled, forged and delayed by hand.
#![allow(clippy::restriction, reason = "tests")]

mod aliases;
mod announcing;
mod at_once;
mod budget;
mod chance;
mod changes;
mod claimants;
mod clocks;
mod damaged;
mod devices;
mod edges;
mod elsewhere;
mod fetched;
mod followed;
mod groups;
mod handshake;
mod invites;
mod kept;
mod keys;
mod moving;
mod networks;
mod promised;
mod replaced;
mod reports;
mod restored;
mod roster_file;
mod sending;
mod several;
mod shares;
mod sight;
mod texts;
mod together;
mod typing;
mod world;
mod worthless;

#[path = "../support/mailbox.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod mailbox;
