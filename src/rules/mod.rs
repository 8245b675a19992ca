//! What is decided: state, event and time in, effects out. Pure.
//!
//! [`decide::decide`] is the one door; each rule has a file of its own.

pub mod account;
mod acts;
pub mod aliases;
pub mod announce;
mod answer;
mod asking;
pub mod contact;
pub mod conversation;
pub mod decide;
pub mod decision;
mod delivery;
pub mod effect;
pub mod entry;
pub mod event;
#[cfg(test)]
pub(crate) mod fake_state;
pub mod fetch;
pub mod friend;
pub mod group;
pub mod group_act;
pub mod handshake;
mod healing;
pub mod ids;
mod in_force;
pub mod in_words;
mod invites;
pub mod kept;
pub mod message;
mod names;
pub mod networks;
pub mod outgoing;
mod owner;
mod pinning;
pub mod place;
pub mod policy;
mod presence;
pub mod presence_tracker;
pub mod queue;
mod receive;
mod recovery;
pub mod refusal;
mod reinstalled;
mod request;
mod rotation;
mod sealed;
pub mod timers;
pub mod typing;
pub mod verdict;
pub mod view;
mod visibility;
pub mod words;
