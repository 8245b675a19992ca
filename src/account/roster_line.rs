//! What the roster file shows of people, and whether an effect changes it.

use super::AccountError;
use crate::edge::store::Transaction;
use crate::rules::contact::Contact;
use crate::rules::effect::Effect;
use crate::rules::view::View as _;
use crate::rules::words;

/// Whether an effect changes what the roster file shows.
pub(super) fn changes(tx: &Transaction<'_>, effect: &Effect) -> Result<bool, AccountError> {
    Ok(match effect {
        Effect::Forget(_) => true,
        Effect::Contact(person) => tx.contact(person.id)?.as_ref().map(line) != Some(line(person)),
        Effect::Account(account) => tx.account()?.epoch != account.epoch,
        Effect::DropSessions(..)
        | Effect::RetireSessions(..)
        | Effect::RetireAllSessions(_)
        | Effect::Message(_)
        | Effect::Marker(..)
        | Effect::Post(_)
        | Effect::Ephemeral(_)
        | Effect::InRoom(_)
        | Effect::Cancel(..)
        | Effect::CancelAll(_)
        | Effect::Invite(_)
        | Effect::Revoke(_)
        | Effect::Remember(..)
        | Effect::Group(_)
        | Effect::Acts(..)
        | Effect::Copy(_)
        | Effect::Tell(_) => false,
    })
}

/// What the file shows of a person.
fn line(person: &Contact) -> impl PartialEq + use<'_> {
    let told = person.shown.as_ref().map(|shown| (shown.epoch, shown.real));
    let flags = (
        person.visible,
        person.blocked,
        person.verified,
        person.has_new_keys(),
    );
    (
        &person.name,
        &person.note,
        words::standing(&person.standing),
        flags,
        person.keys(),
        told,
    )
}

/// Under this key stands whether the file has to be rendered.
pub(super) const DIRTY: &str = "roster_dirty";
/// Under this key stands what told the file from others when it was last taken or written.
pub(super) const STAMP: &str = "roster_stamp";
