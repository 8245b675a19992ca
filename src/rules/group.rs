//! Groups: who is in one, decided by each member for themselves from the same signed acts.

pub mod book;
mod fold;
mod node;
mod past;
pub mod roster;
