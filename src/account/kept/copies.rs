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
use crate::rules::kept::due::Last;
use crate::rules::kept::is_kept;
use crate::rules::kept::waits::{Waits, is_seen_otherwise};
use crate::rules::view::View as _;

/// The last copy that left, if one ever did.
pub(super) fn last(tx: &Transaction<'_>) -> Result<Option<Last>, AccountError> {
    Ok(tx.meta_json(LAST)?)
}

/// A copy has left.
pub(super) fn put_last(tx: &Transaction<'_>, last: &Last) -> Result<(), AccountError> {
    Ok(tx.meta_set_json(LAST, last)?)
}

/// A copy has been taken, or has come in: it is the last, but for one that was made after it.
pub(super) fn has_left(tx: &Transaction<'_>, mut one: Last) -> Result<(), AccountError> {
    let mut waits = waits(tx)?;
    waits.taken(&one);
    put_waits(tx, &waits)?;
    let before = last(tx)?;
    if before.as_ref().is_some_and(|before| !one.is_after(before)) {
        return Ok(());
    }
    one.ever_seen = one.ever_seen || before.is_some_and(|before| before.ever_seen);
    put_last(tx, &one)
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
        Effect::Forget(id) => tx.contact(*id)?.as_ref().is_some_and(is_kept),
        Effect::Contact(person) => is_seen_otherwise(tx.contact(person.id)?.as_ref(), person),
        Effect::Account(account) => tx.account()?.invisible != account.invisible,
        Effect::Group(group) => {
            let before = tx.group(group.conversation)?;
            let shown = before.and_then(|before| before.rooms.shown);
            (shown == Some(false)) != (group.rooms.shown == Some(false))
        }
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

/// A kept copy came in: if it is the last that left, or one of those on their way, that is noted, once. Where mail is fast that is
/// before anybody knows that it was taken.
pub(in crate::account) fn came_in(
    store: &Store,
    copy: &SealedCopy,
    now: Seconds,
) -> Result<(), AccountError> {
    let part = hash_of(copy);
    let is_it = |one: &Last| one.seen.is_none() && one.part == part;
    let known = store.read_once(|tx| Ok::<_, AccountError>((last(tx)?, waits(tx)?.leaving)));
    let (last_one, awaited) = known?;
    if !last_one.iter().chain(&awaited).any(is_it) {
        return Ok(());
    }
    store.transact(|tx| {
        if let Some(one) = waits(tx)?.leaving.into_iter().find(is_it) {
            has_left(tx, one)?;
        }
        match last(tx)? {
            Some(mut last) if is_it(&last) => {
                (last.seen, last.ever_seen) = (Some(now), true);
                put_last(tx, &last)
            }
            Some(_) | None => Ok(()),
        }
    })
}

/// Hears reports on deliveries: a copy of which one says that it will never arrive, and it has not, counts as none. Says whether
/// any is on the last copy, or one on its way.
pub(in crate::account) fn hear_reports(
    tx: &Transaction<'_>,
    reports: &[Report],
) -> Result<(bool, Option<Notice>), AccountError> {
    let (mut ours, mut told) = (false, None);
    let mut hear = |one: &mut Last| {
        let on_it: Vec<&Report> = (reports.iter()).filter(|it| is_on(it, one)).collect();
        ours = ours || !on_it.is_empty();
        let lost = on_it.iter().find(|report| report.permanent);
        let Some(lost) = lost.filter(|_| one.seen.is_none() && one.lost.is_none()) else {
            return false;
        };
        let why = clean::line(&lost.reason, 200);
        let text = format!(
            "the kept copy will not arrive, `iim status` says when another one leaves: {why}"
        );
        told = Some(Notice::Word { friend: None, text });
        one.lost = Some(why);
        true
    };
    if let Some(mut last) = last(tx)?
        && hear(&mut last)
    {
        put_last(tx, &last)?;
    }
    let mut waits = waits(tx)?;
    let heard: Vec<bool> = waits.leaving.iter_mut().map(&mut hear).collect();
    if heard.contains(&true) {
        put_waits(tx, &waits)?;
    }
    Ok((ours, told))
}

fn is_on(report: &Report, one: &Last) -> bool {
    let mut parts = report.returned.iter().map(|part| hex::encode(part));
    let named = report.original_message_ids.contains(&one.id);
    !one.id.is_empty() && (named || parts.any(|part| part == one.part))
}

/// Under these keys stands which copy left last, and what one waits for.
const LAST: &str = "copy";
const WAITS: &str = "copy_waits";
