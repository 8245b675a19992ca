//! Fetching mail: which mails of a mailbox are looked at, when, and what becomes of them there.

pub mod mailbox;
