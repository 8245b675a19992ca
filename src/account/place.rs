//! Whether the account lives here, or has left for another machine.

use super::AccountError;
use crate::edge::store::Transaction;
use crate::rules::refusal::Refusal;
use crate::rules::view::View as _;

/// Errors: [`Refusal::MovedOut`] once the account has left for another machine.
pub(super) fn require_here(tx: &Transaction<'_>) -> Result<(), AccountError> {
    match tx.account()?.moved_out {
        Some(at) => Err(Refusal::MovedOut(at).into()),
        None => Ok(()),
    }
}
