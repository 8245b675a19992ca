//! Announcing: one mechanism for everything that a friend should know of our presence.
//!
//! For each friend there is at most one announcement due. It is a mark on the person, not a letter: what it says
//! is composed when it leaves, so that the newest always replaces the older.

pub mod by_mail;

use std::time::Duration;

use super::account::{AccountState, Settings};
use super::contact::{Announce, Contact, Shown, Standing};
use super::decision::Decision;
use super::handshake::Handshake;
use super::outgoing::{PLAIN, Route};
use super::queue::retry::{PRESENCE_LASTS, untold_pause};
use super::refusal::Refusal;
use crate::protocol::letter::{Body, LetterId, Presence, Secret};
use crate::protocol::time::{DAY, MINUTE, Seconds};

/// Sets an announcement due, if this person is to have one: the visible get ours, the hidden who were ever sent
/// one get a decoy, nobody else anything.
pub(super) fn set_due(decision: &mut Decision<'_>, person: &mut Contact) {
    if !is_told(person) {
        person.announce = None;
        return;
    }
    let now = decision.now();
    person.untold_until = Seconds(0);
    person.announce = Some(Announce {
        since: now,
        over_irc: None,
        mail_at: now.after(BEFORE_MAIL).after(jitter(decision)),
        repair: false,
        hides: false,
    });
}

/// What was announced did not reach this person's mailbox: it is due again, with growing pauses.
pub(super) fn untold(decision: &mut Decision<'_>, person: &mut Contact) {
    // A repair stays one: a hidden friend gets nothing newer by it.
    let repair = person.announce.is_some_and(|due| due.repair);
    set_due(decision, person);
    person.announce = person.announce.map(|due| Announce { repair, ..due });
    person.untold_times = person.untold_times.saturating_add(1);
    person.untold_until = decision.now().after(untold_pause(person.untold_times));
}

/// Whether the last that was announced may have reached this person.
pub fn is_untold(person: &Contact) -> bool {
    person.untold_until > Seconds(0) && person.announce.is_some()
}

/// Sets it due unless the last presence sent to this person is the one they should have.
pub(super) fn set_due_unless_shown(
    decision: &mut Decision<'_>,
    person: &mut Contact,
) -> Result<(), Refusal> {
    let epoch = decision.account()?.epoch;
    let shown = person.shown.as_ref();
    if !shown.is_some_and(|shown| shown.epoch == epoch && shown.real == person.visible) {
        set_due(decision, person);
    }
    Ok(())
}

fn is_told(person: &Contact) -> bool {
    let accepted = matches!(
        person.standing,
        Standing::Friend(_) | Standing::Handshake(Handshake::Confirming(_))
    );
    accepted && !person.blocked && (person.visible || person.shown.is_some())
}

fn jitter(decision: &mut Decision<'_>) -> Duration {
    if decision.settings.per_day == 0 {
        return Duration::ZERO;
    }
    let [byte] = decision.random();
    let jitter = JITTER.saturating_mul(byte.into()).checked_div(256);
    jitter.unwrap_or_default()
}

/// The presence to be sent to a person now: the real one, a decoy, or none at all. A hidden friend to whom no
/// decoy is due gets what they were last sent.
pub fn presence_for(
    account: &AccountState,
    settings: &Settings,
    person: &Contact,
) -> Option<Presence> {
    if !is_told(person) {
        return None;
    }
    let (epoch, secret) = secret_for(account, person);
    let (status, text) = match &person.status_for {
        Some((status, text)) => (*status, text.clone()),
        None => (account.status, account.status_text.clone()),
    };
    Some(Presence {
        epoch: Some(epoch),
        secret: Some(secret),
        window: Some(settings.window),
        networks: Some(settings.networks.clone()),
        status: Some(status),
        status_text: Some(text),
        capabilities: Some(CAPABILITIES.to_vec()),
        ways: Some(person.ways.clone()),
    })
}

fn secret_for(account: &AccountState, person: &Contact) -> (u64, Secret) {
    let decoy_due = person.announce.is_some_and(|due| !due.repair);
    match &person.shown {
        _ if person.visible => (account.epoch, account.secret),
        Some(shown) if !decoy_due => (shown.epoch, shown.secret),
        Some(_) | None => (account.epoch, account.decoy),
    }
}

/// Notes that this presence left for a person by mail: nothing more is due.
pub fn mailed(person: &mut Contact, presence: &Presence, now: Seconds) {
    person.announce = None;
    person.untold_until = Seconds(0);
    shown(person, presence, now, true);
}

fn shown(person: &mut Contact, presence: &Presence, now: Seconds, by_mail: bool) {
    if let (Some(epoch), Some(secret)) = (presence.epoch, presence.secret) {
        // A hidden friend who is sent again what they had has been shown nothing else.
        let again = person.shown.as_ref().filter(|shown| shown.epoch == epoch);
        let real = again.map_or(person.visible, |shown| shown.real);
        person.shown = Some(Shown {
            epoch,
            secret,
            real,
            at: now,
            by_mail,
        });
    }
}

/// When an announcement that is due leaves by mail: after a minute, or five for those who can be told over IRC.
pub fn mail_time(announce: &Announce, online: bool) -> Seconds {
    match online {
        true => (announce.since.after(BEFORE_MAIL_ONLINE)).max(announce.mail_at),
        false => announce.mail_at,
    }
}

/// The same announcement as if it had become due now: a clock that ran ahead had set it.
pub fn from_now(announce: &Announce, now: Seconds) -> Announce {
    let pause = announce.mail_at.since(announce.since);
    Announce {
        since: now,
        over_irc: announce.over_irc.map(|_| now),
        mail_at: now.after(pause),
        ..*announce
    }
}

/// Whether somebody, once online, is told over IRC first: of an epoch that they were not sent.
pub fn is_due_over_irc(person: &Contact, epoch: u64) -> bool {
    let shown = person.shown.as_ref();
    let new = shown.is_none_or(|shown| shown.epoch != epoch);
    new && person.visible && person.announce.is_some_and(|due| due.over_irc.is_none())
}

/// Whether somebody, if online, is waited for before we leave under another nick: they are still to be told.
pub fn is_waited_for(person: &Contact) -> bool {
    person.visible && person.announce.is_some()
}

/// Somebody online to whom an announcement is due is told over IRC: epoch, secret and window, one line.
pub(super) fn over_irc(decision: &mut Decision<'_>, mut person: Contact) -> Result<(), Refusal> {
    let account = decision.account()?;
    let due = person.announce;
    let due = due.filter(|_| is_due_over_irc(&person, account.epoch));
    let Some((due, whole)) = due.zip(presence_for(&account, decision.settings, &person)) else {
        return Ok(());
    };
    let short = Presence {
        epoch: whole.epoch,
        secret: whole.secret,
        window: whole.window,
        ..Presence::default()
    };
    let over_irc = Some(decision.now());
    person.announce = Some(Announce { over_irc, ..due });
    shown(&mut person, &whole, decision.now(), false);
    let id = decision.fresh_id();
    say(decision, person, id, Body::Presence(short), Route::Irc);
    Ok(())
}

pub(super) fn tell_status(decision: &mut Decision<'_>, person: Contact) -> Result<(), Refusal> {
    let account = decision.account()?;
    let seen = person.visible && person.keys().is_some();
    let told = presence_for(&account, decision.settings, &person);
    if let Some(whole) = told.filter(|_| seen) {
        let short = Presence {
            status: whole.status,
            status_text: whole.status_text,
            ..Presence::default()
        };
        let id = decision.fresh_id();
        say(decision, person, id, Body::Presence(short), Route::Irc);
    }
    Ok(())
}

/// What somebody online is told now, or never.
pub(super) fn say(
    decision: &mut Decision<'_>,
    mut to: Contact,
    id: LetterId,
    body: Body,
    route: Route,
) {
    let letter = decision.letter(&mut to, id, body);
    decision.post_at(&to, letter, PLAIN, route, Some(PRESENCE_LASTS));
    decision.put(to);
}

/// A letter of theirs says which epoch they hold: the announcement is struck off, or repaired if it must be lost.
pub(super) fn holds(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    epoch: u64,
) -> Result<(), Refusal> {
    if let Some(friend) = person.friend_mut() {
        friend.holds = epoch;
    }
    let current = decision.account()?.epoch;
    let Some(shown) = &person.shown else {
        return Ok(());
    };
    if epoch >= shown.epoch {
        person.untold_times = 0;
        if shown.epoch == current && person.announce.is_some_and(|due| due.over_irc.is_some()) {
            person.announce = None;
        }
        return Ok(());
    }
    // More than an hour, or more than a minute.
    let patience = Duration::from_secs(if shown.by_mail { 3601 } else { 61 });
    let lost = decision.is_past(shown.at, patience);
    let due = person.announce.is_some();
    let repaired_at = person.friend_mut().map(|one| &mut one.repaired_at);
    if let Some(at) = repaired_at.filter(|at| lost && !due && decision.is_past(**at, DAY)) {
        *at = decision.now();
        repair(decision, person);
    }
    Ok(())
}

/// What they were sent is lost: it is sent again.
fn repair(decision: &mut Decision<'_>, person: &mut Contact) {
    set_due(decision, person);
    let repair = true;
    person.announce = person.announce.map(|due| Announce { repair, ..due });
}

/// A friend answers the request that heals. If they hold less than they were sent, it was sealed in a session that is gone:
/// they are told again, and no hour is waited for.
pub(super) fn healed(decision: &mut Decision<'_>, person: &mut Contact) {
    let holds = person.friend().map_or(0, |friend| friend.holds);
    let is_lost = person.shown.as_ref().is_some_and(|it| holds < it.epoch);
    if is_lost && person.announce.is_none() {
        repair(decision, person);
    }
}

/// The networks or the window changed in the configuration: everybody who is told anything is told that.
pub(super) fn settings_changed(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    let mut account = decision.account()?;
    let told = (decision.settings.networks.clone(), decision.settings.window);
    if account.announced == told {
        return Ok(());
    }
    account.announced = told;
    decision.put_account(account);
    for mut person in decision.people()? {
        set_due(decision, &mut person);
        if person.announce.is_some() {
            decision.put(person);
        }
    }
    Ok(())
}

/// The kinds of letter this version handles.
pub const CAPABILITIES: [u64; 17] = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
const BEFORE_MAIL: Duration = MINUTE;
const BEFORE_MAIL_ONLINE: Duration = Duration::from_mins(5);
/// Over how many seconds announcements by mail are spread.
pub const JITTER: Duration = MINUTE;

#[cfg(test)]
mod tests;
