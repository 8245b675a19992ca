//! Groups: who is in one, decided by each member for themselves from the same signed acts.

mod acts;
pub(super) mod bid;
pub mod book;
pub(super) mod came;
pub mod copy;
mod due;
mod fold;
mod found;
pub mod gather;
mod got;
mod heads;
pub(super) mod heard;
pub(super) mod left;
mod letter;
pub(super) mod link;
mod members;
mod node;
mod past;
mod reach;
pub mod recovered;
mod restored;
pub mod room;
pub mod roster;
mod said;
mod says;
pub(super) mod sender;
mod sign;
pub mod state;
pub(super) mod timers;
mod title;
mod told;
mod took;
pub mod waiting;

pub(super) use acts::act;
pub(super) use restored::restored;
