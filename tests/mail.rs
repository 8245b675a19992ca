//! Mails as the world writes them, at the real `iim deliver` and `iim filter`: `tests/mail/*.eml`, and what becomes of
//! each (`tests/mail/expected.txt`).
//!
//! RFC 3834, *Recommendations for Automatic Responses to Electronic Mail*, is quoted sentence by sentence where it is
//! checked (`dressed.rs`).
#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

#[path = "mail/bounces.rs"]
mod bounces;
#[path = "mail/changed.rs"]
mod changed;
#[path = "mail/corpus.rs"]
mod corpus;
#[path = "mail/dressed.rs"]
mod dressed;
#[path = "mail/dresses.rs"]
mod dresses;
#[path = "mail/people.rs"]
mod people;
#[path = "support/mod.rs"]
mod support;
