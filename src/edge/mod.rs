//! What is touched: mail, IRC, disk, keys, clock. Thin; no edge knows another.

pub mod clock;
pub mod config;
pub mod control;
pub mod core_files;
pub mod home;
pub mod hooks;
pub mod irc;
pub mod listener;
pub mod log;
pub mod mail;
pub mod process;
pub mod provider;
pub mod record;
pub mod roster_file;
pub mod runtime;
pub mod seal;
pub mod socket_file;
pub mod store;
pub mod tls;
