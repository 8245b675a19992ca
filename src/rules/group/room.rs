//! The rooms of a group: for whom there is a key, who makes one, what is said there and what has come.
//!
//! ```text
//! an act puts somebody in or out ─▶ its author makes a key ─▶ told with the act to all who are in by it
//! somebody goes, acts crossed ────▶ after a minute the highest admin makes one, the next an hour later
//! a key is fit while all whom it was made for are in, and its maker is an admin
//! ```
//!
//! The copies are the truth. Whom a line in the room reaches needs no copy; what nobody acknowledges there leaves as one.

pub mod closed;
mod fit;
pub mod kept;
mod key;
pub mod open;
pub mod pace;
mod spoken;
pub mod turn;

pub(super) use key::{hear, hear_early, key_for, make, make_anew, proposed, settle, tick};
pub(in crate::rules) use spoken::take_turn;
