//! `iim deliver` and `iim filter`: what becomes of a mail that may concern us.

use std::path::PathBuf;

use crate::edge::mail::incoming::{Candidate, Verdict};

/// Handles one mail that may concern us, for the account whose home is given (or found in the environment).
///
/// Nothing is lost by it: on any doubt the verdict is trouble, and the mail stays where it was.
#[must_use]
pub fn handle(_home: Option<PathBuf>, _candidate: Candidate) -> Verdict {
    Verdict::trouble()
}
