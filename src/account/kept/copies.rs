//! What is remembered of the copies that left, and what a copy waits for.

use sha2::{Digest as _, Sha256};

use crate::account::AccountError;
use crate::account::code::kept_key;
use crate::edge::store::{Store, Transaction};
use crate::protocol::dsn::Report;
use crate::protocol::part::{Part, SealedCopy, encode};
use crate::protocol::time::Seconds;
use crate::protocol::{clean, hex};
use crate::rules::decision::Rng;
use crate::rules::effect::{Effect, Notice};
use crate::rules::kept::due::{Last, Waits, is_seen_otherwise};
use crate::rules::view::View as _;

/// The last copy that left, if one ever did.
pub(super) fn last(tx: &Transaction<'_>) -> Result<Option<Last>, AccountError> {
    Ok(tx.meta_json(LAST)?)
}

/// A copy has left.
pub(super) fn put_last(tx: &Transaction<'_>, last: &Last) -> Result<(), AccountError> {
    Ok(tx.meta_set_json(LAST, last)?)
}

/// What a copy waits for.
pub(super) fn waits(tx: &Transaction<'_>) -> Result<Waits, AccountError> {
    Ok(tx.meta_json(WAITS)?.unwrap_or_default())
}

pub(super) fn put_waits(tx: &Transaction<'_>, waits: &Waits) -> Result<(), AccountError> {
    Ok(tx.meta_set_json(WAITS, waits)?)
}

/// The user does something: if somebody sees them otherwise from then on, a copy is to leave, where copies do. Before it is put down.
pub(in crate::account) fn note_changes(
    tx: &Transaction<'_>,
    effects: &[Effect],
    rng: &mut dyn Rng,
    now: Seconds,
) -> Result<(), AccountError> {
    for effect in effects {
        if is_of_sight(tx, effect)? {
            if last(tx)?.is_some() && kept_key(tx)?.is_some() {
                let mut random = [0; 2];
                rng.fill(&mut random);
                let mut waits = waits(tx)?;
                waits.change(random, now);
                put_waits(tx, &waits)?;
            }
            break;
        }
    }
    Ok(())
}

fn is_of_sight(tx: &Transaction<'_>, effect: &Effect) -> Result<bool, AccountError> {
    Ok(match effect {
        Effect::Forget(_) => true,
        Effect::Contact(person) => is_seen_otherwise(tx.contact(person.id)?.as_ref(), person),
        Effect::Account(account) => tx.account()?.invisible != account.invisible,
        Effect::Group(group) => {
            let before = tx.group(group.conversation)?;
            let shown = before.and_then(|before| before.rooms.shown);
            (shown == Some(false)) != (group.rooms.shown == Some(false))
        }
        Effect::DropSessions(..)
        | Effect::RetireSessions(..)
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
        | Effect::Acts(..)
        | Effect::Copy(_)
        | Effect::Tell(_) => false,
    })
}

/// By what a copy is known again.
pub(super) fn hash_of(copy: &SealedCopy) -> String {
    let part = encode(&Part::Copy(copy.clone()));
    hex::encode(&Sha256::digest(part))
}

/// A kept copy came in: if it is the last that left, that is noted, once.
pub(in crate::account) fn came_in(
    store: &Store,
    copy: &SealedCopy,
    now: Seconds,
) -> Result<(), AccountError> {
    let is_it = |last: &Last| last.seen.is_none() && last.part == hash_of(copy);
    let known = store.read_once(last)?;
    if !known.as_ref().is_some_and(is_it) {
        return Ok(());
    }
    store.transact(|tx| match last(tx)? {
        Some(mut last) if is_it(&last) => {
            (last.seen, last.ever_seen) = (Some(now), true);
            put_last(tx, &last)
        }
        Some(_) | None => Ok(()),
    })
}

/// Hears reports on deliveries: if one says that the last copy will never arrive, and it has not, it counts as none. Says whether
/// any is on that copy.
pub(in crate::account) fn hear_reports(
    tx: &Transaction<'_>,
    reports: &[Report],
) -> Result<(bool, Option<Notice>), AccountError> {
    let Some(mut last) = last(tx)?.filter(|last| !last.id.is_empty()) else {
        return Ok((false, None));
    };
    let is_on = |report: &&Report| {
        let mut parts = report.returned.iter().map(|part| hex::encode(part));
        report.original_message_ids.contains(&last.id) || parts.any(|part| part == last.part)
    };
    let on_it: Vec<&Report> = reports.iter().filter(is_on).collect();
    let lost = on_it.iter().find(|report| report.permanent);
    let Some(lost) = lost.filter(|_| last.seen.is_none() && last.lost.is_none()) else {
        return Ok((!on_it.is_empty(), None));
    };
    let why = clean::line(&lost.reason, 200);
    let text = format!("the kept copy will not arrive, and another one is made in a day: {why}");
    last.lost = Some(why);
    put_last(tx, &last)?;
    Ok((true, Some(Notice::Word { friend: None, text })))
}

/// Under these keys stands which copy left last, and what one waits for.
const LAST: &str = "copy";
const WAITS: &str = "copy_waits";
