//! What is written: values on one side, bytes on the other. No I/O, no clock, no rng.
//!
//! `README.md` beside this file is the specification that these modules follow.

pub mod address;
pub mod candidate;
mod cbor;
pub mod clean;
pub mod code;
pub mod codec;
pub(crate) mod debug;
pub mod dsn;
pub mod group;
pub mod hash;
pub mod hex;
pub mod irc_form;
pub mod irc_line;
pub mod kept;
pub mod letter;
pub mod link;
pub mod mail_form;
pub mod nick;
pub mod oauth;
pub mod padding;
pub mod part;
pub mod safety;
pub mod scram;
pub mod shell;
pub mod time;
pub(crate) mod weak_key;
