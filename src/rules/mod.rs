//! What is decided: state, event and time in, effects out. Pure.
//!
//! [`decide::decide`] is the one door; each rule has a file of its own.

pub mod account;
mod acts;
pub mod aliases;
pub mod announcing;
mod answer;
pub mod case;
pub mod decide;
mod delivery;
#[cfg(test)]
mod desk;
pub mod effect;
pub mod entry;
pub mod event;
mod handshake;
mod healing;
pub mod in_words;
mod invites;
mod letters;
pub mod message;
mod names;
pub mod outgoing;
mod owner;
pub mod person;
mod pinning;
pub mod place;
pub mod policy;
mod presence;
pub mod queue;
pub mod refusal;
mod reinstalled;
mod request;
mod rotation;
mod sight;
pub mod timers;
pub mod typing;
pub mod view;
pub mod watch;
