//! What is run: one file for each command.

pub mod deliver;
pub mod hook;
