//! What becomes of a mail that may concern us, wherever it was met: at the hook, or in a mailbox.

use super::Arrived;
use crate::account::{Account, AccountError};
use crate::edge::mail::hook::filter::{Candidate, Kind, Verdict};
use crate::edge::store::StoreError;
use crate::protocol::dsn;
use crate::protocol::mail_form::{By, read_by};

/// Whether a mail concerns us, as far as it is told without the account: a person's mail may have such a title, and must
/// not depend on whether the account opens.
pub fn concerns_us(candidate: &Candidate) -> bool {
    let mail = candidate.mail();
    match candidate.kind {
        Kind::Marked => true,
        Kind::Titled => !read_by(mail, By::Subject).is_err_and(|fault| !fault.has_our_part()),
        Kind::Report | Kind::Bounce | Kind::Unreturnable => dsn::read(mail).is_ok(),
    }
}

/// Hears a mail that may concern us, and says what is to become of it.
/// Errors: Whatever the store or the keys meet: the mail must be tried again.
pub fn hear_candidate(
    account: &mut Account,
    candidate: &Candidate,
) -> Result<(Verdict, Option<Arrived>), AccountError> {
    let mail = candidate.mail();
    let arrived = hear_again(account, |account| match candidate.kind {
        Kind::Marked => account.hear_mail_by(mail, By::Marker),
        Kind::Titled => account.hear_mail_by(mail, By::Subject),
        Kind::Report | Kind::Bounce | Kind::Unreturnable => account.hear_report(mail).map(Some),
    })?;
    let verdict = (arrived.as_ref()).map_or(Verdict::NotOurs, |arrived| {
        verdict(account.config.mail.keep, candidate.kind, arrived)
    });
    Ok((verdict, arrived))
}

/// A backup may be put back in this moment: nothing of what was heard is in it, so it is heard once more.
pub fn hear_again(
    account: &mut Account,
    mut hear: impl FnMut(&mut Account) -> Result<Option<Arrived>, AccountError>,
) -> Result<Option<Arrived>, AccountError> {
    match hear(account) {
        Err(AccountError::Store(StoreError::Replaced)) => hear(account),
        heard => heard,
    }
}

fn verdict(keep: bool, kind: Kind, arrived: &Arrived) -> Verdict {
    let is_report = match kind {
        Kind::Report | Kind::Bounce | Kind::Unreturnable => true,
        Kind::Marked | Kind::Titled => false,
    };
    // A person may have written a report in words, whatever it says: it is never dropped.
    let in_words = is_report && kind != Kind::Report;
    let stays = arrived.stays || keep || in_words;
    match (arrived.done, stays) {
        (true, false) => Verdict::Handled(arrived.status.clone()),
        (false, _) if is_report => Verdict::NotOurs,
        (true, true) | (false, _) => Verdict::Left(arrived.status.clone()),
    }
}
