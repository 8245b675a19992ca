//! The clients of mailboxes against servers that lie: whatever one says, whenever it says it, nothing counts as done that
//! was not, memory stays bounded, and every command comes to an end.
#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod answers;
mod imap;
mod liar;
mod login;
#[path = "../support/mailbox.rs"]
mod mailbox;
mod pop3;
