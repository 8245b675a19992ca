//! iim: instant messaging made of a mailbox and the public IRC networks.
//!
//! Eight floors, and one line that every trip follows:
//!
//! ```text
//! protocol   what is written     bytes <-> values; no I/O, no clock, no rng
//! rules      what is decided     state + event + time (+ random bytes) -> effects; pure
//! edge       what is touched     mail, IRC, listeners, disk, keys, clock; thin; knows no policy
//! account    one account, open   every trip is one transaction
//! gateway    the IRC face        a small IRC server for one person, sans I/O; knows the account only by a trait
//! agent      what the daemon decides, sans I/O, runtime or socket
//! daemon     what runs the agent: tasks, sockets, signals, hooks, the gateway's listeners
//! commands   the command line, one file a command
//!
//! receive -> decrypt -> decide -> seal -> commit -> do
//! ```
//!
//! A floor uses the floors above it in this list, never one below.

pub mod account;
pub mod agent;
pub mod commands;
pub mod daemon;
pub mod edge;
pub mod gateway;
pub mod protocol;
pub mod rules;
