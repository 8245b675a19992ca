//! Mails as the world writes them, at the real `iim deliver` and `iim filter`: `tests/mail/*.eml`, and what becomes of
//! each (`tests/mail/expected.txt`).
//!
//! RFC 3834, *Recommendations for Automatic Responses to Electronic Mail*, is quoted sentence by sentence where it is
//! checked (`dressed.rs`).
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests"
)]

#[path = "mail/bounces.rs"]
mod bounces;
#[path = "mail/changed.rs"]
mod changed;
#[path = "mail/corpus.rs"]
mod corpus;
#[path = "mail/dressed.rs"]
mod dressed;
#[path = "mail/people.rs"]
mod people;
#[path = "support/mod.rs"]
mod support;
