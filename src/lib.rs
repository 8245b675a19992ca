//! iim: instant messaging made of a mailbox and the public IRC networks.
//!
//! Four floors, and one line that every trip follows:
//!
//! ```text
//! protocol   what is written     bytes <-> values; no I/O, no clock, no dice
//! rules      what is decided     state + event + time + dice -> effects; pure
//! edge       what is touched     mail, IRC, disk, keys, clock; thin
//! commands   what is run         one file for each command
//!
//! turn       the line below; agent: what the daemon on IRC decides, sans I/O. Both stand between edge and commands
//!
//! hear -> open -> decide -> seal -> commit -> do
//! ```
//!
//! A floor uses the floors above it in this list, never one below.

pub mod agent;
pub mod commands;
pub mod edge;
pub mod protocol;
pub mod rules;
pub mod turn;
