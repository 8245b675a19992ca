//! Which letters leave in a round: the day's budget, the announcements whose time has come, texts first.

use super::settle::route_state;
use super::{Announcements, DAY, Round};
use crate::account::AccountError;
use crate::edge::store::{OutboxFilter, StoreError, Transaction, Waiting};
use crate::protocol::letter::{Body, Letter, LetterId, empty};
use crate::rules::announce::{JITTER, mail_time};
use crate::rules::decision::Rng;
use crate::rules::effect::Effect;
use crate::rules::outgoing::{Form, Outgoing, Route};
use crate::rules::person::{Person, Standing};
use crate::rules::queue::budget::{Class, Day};

/// The mails of the last 24 hours.
pub(super) fn day(tx: &Transaction<'_>, per_day: u32, now: u64) -> Result<Day, StoreError> {
    let counted = tx.budget_counted(now.saturating_sub(DAY))?;
    Ok(Day::new(per_day, now, counted))
}

/// Puts the announcements whose time has come into the outbox, as many as their share of the day's mails allows: those
/// that hide us from somebody first, then the most recent friends'. Who is one of them and whose moment chance put a little
/// later keeps their place.
pub(super) fn announcements(
    tx: &Transaction<'_>,
    round: &Round<'_>,
    day: &Day,
    now: u64,
    rng: &mut dyn Rng,
) -> Result<(), AccountError> {
    let left = day.left(Class::Announcement, 0);
    let left = left.and_then(|left| usize::try_from(left).ok());
    let mut left = left.unwrap_or(BATCH).min(BATCH);
    let mut due = tx.announce_due(now)?;
    due.sort_by_key(|person| person.announce.is_none_or(|due| !due.hides));
    let due = due
        .into_iter()
        .filter(|person| time_has_come(person, round, now.saturating_add(JITTER)));
    for person in due {
        if left == 0 {
            break;
        }
        let has_come = time_has_come(&person, round, now);
        let mut id = [0; 16];
        rng.fill(&mut id);
        let announced = tx.apart(|| match already_waits(tx, &person)? {
            true => Ok(false),
            false if has_come => post(tx, person, LetterId(id), now).map(|()| true),
            false => Ok(true),
        });
        match AccountError::alone(announced)? {
            Ok(counts) => left = left.saturating_sub(usize::from(counts)),
            Err(fault) => tracing::error!("an announcement waits: {fault}"),
        }
    }
    Ok(())
}

/// What it says is composed when it leaves; the mark is gone from here on, the letter stands for it.
fn post(
    tx: &Transaction<'_>,
    mut person: Person,
    id: LetterId,
    now: u64,
) -> Result<(), AccountError> {
    let letter = announcement(&mut person, id, now);
    tx.apply(&Effect::Post(Box::new(letter)), now)?;
    Ok(tx.apply(&Effect::Person(Box::new(person)), now)?)
}

fn announcement(person: &mut Person, id: LetterId, now: u64) -> Outgoing {
    let sent = now
        .saturating_mul(1000)
        .max(person.last_sent.saturating_add(1));
    person.last_sent = sent;
    Outgoing {
        to: person.address.clone(),
        letter: Letter {
            id,
            sent,
            body: empty(),
            holds: None,
            presence: None,
            one_time_keys: None,
            irc: None,
        },
        form: Form::Friend {
            fresh: false,
            open_irc: false,
        },
        route: Route::Mail,
        due: now,
        expires: None,
        attempts: 0,
    }
}

fn already_waits(tx: &Transaction<'_>, person: &Person) -> Result<bool, AccountError> {
    let waits = |waiting: &Waiting| matches!(waiting.outgoing.letter.body, Body::Presence(_));
    Ok(tx.outbox_of(&person.address)?.iter().any(waits))
}

pub(super) fn time_has_come(person: &Person, round: &Round<'_>, now: u64) -> bool {
    let friend = matches!(person.standing, Standing::Friend(_)) && !person.blocked;
    let Some(due) = person.announce.filter(|_| friend) else {
        return false;
    };
    if person.untold_until > now {
        return false;
    }
    match round.announcements {
        Announcements::All => true,
        Announcements::Due => mail_time(&due, (round.online)(&person.address)) <= now,
    }
}

/// The next few letters that leave by mail, within their shares of the day's mails: not the texts of those who are
/// reached over IRC. Receipts whose share is spent wait until it is free again, and stand before nothing else.
pub(super) fn next_letters(
    tx: &Transaction<'_>,
    round: &Round<'_>,
    now: u64,
    day: &mut Day,
) -> Result<Chosen, AccountError> {
    let mut chosen = Chosen::default();
    let mut due = tx.outbox_due(now, OutboxFilter::by_mail(), BATCH.saturating_mul(4))?;
    // What was refused leaves last: if the text is the reason, it keeps nobody else's.
    let state = route_state(tx)?;
    due.sort_by_key(|waiting| state.last(waiting.outgoing.letter.id));
    for waiting in due {
        let outgoing = &waiting.outgoing;
        if outgoing.route == Route::Any && (round.online)(&outgoing.to) {
            continue;
        }
        if chosen.letters.len() >= BATCH {
            break;
        }
        let class = Class::of(&outgoing.letter.body, false);
        let friend = match class {
            Class::Receipt => tx.budget_friend(&outgoing.to)?,
            Class::Text | Class::Hiding | Class::Announcement => 0,
        };
        if day.take(class, friend) {
            chosen.letters.push(waiting);
        } else if class == Class::Receipt {
            let free = day.free_at(class, friend);
            tx.postpone(waiting.row, free, outgoing.attempts)?;
            chosen.postponed = true;
        }
    }
    Ok(chosen)
}

/// Letters that leave in a round.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) letters: Vec<Waiting>,
    /// Some were put off: others may stand behind them.
    pub(super) postponed: bool,
}

/// Letters in one round.
const BATCH: usize = 64;
