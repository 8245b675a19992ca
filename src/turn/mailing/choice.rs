//! Which letters leave in a round: the day's budget, the announcements whose time has come, texts first.

use super::{Announcements, DAY, Round};
use crate::edge::store::{Desk, OutboxFilter, StoreError, Waiting};
use crate::protocol::letter::{Body, Letter, LetterId, empty};
use crate::rules::announcing::{JITTER, mail_time};
use crate::rules::case::Dice;
use crate::rules::effect::Effect;
use crate::rules::outgoing::{Form, Outgoing, Route};
use crate::rules::person::{Person, Standing};
use crate::turn::TurnError;

/// How many mails of a share of the day's budget may leave in this round; `None` is no limit but the round's.
pub(super) fn allowance(
    desk: &Desk<'_>,
    share: Option<u32>,
    now: u64,
) -> Result<usize, StoreError> {
    let Some(share) = share else {
        return Ok(BATCH);
    };
    let spent = desk.budget_spent(now.saturating_sub(DAY))?;
    let left = u64::from(share).saturating_sub(spent);
    Ok(usize::try_from(left).unwrap_or(BATCH).min(BATCH))
}

/// What `per_day` means: 0 is no limit.
pub(super) fn budget(per_day: u32) -> Option<u32> {
    Some(per_day).filter(|most| *most > 0)
}

/// Puts the announcements whose time has come into the outbox: at most half of the day's budget is theirs, and the
/// most recent friends come first. Who is one of them and whose moment chance put a little later keeps his place.
pub(super) fn announcements(
    desk: &Desk<'_>,
    round: &Round<'_>,
    per_day: u32,
    now: u64,
    dice: &mut dyn Dice,
) -> Result<(), TurnError> {
    let mut left = allowance(desk, budget(per_day).map(|all| all / 2), now)?;
    let due = desk.announce_due(now)?;
    let due = due
        .into_iter()
        .filter(|person| time_has_come(person, round, now.saturating_add(JITTER)));
    for mut person in due {
        if left == 0 {
            break;
        }
        if already_waits(desk, &person)? {
            continue;
        }
        left = left.saturating_sub(1);
        if !time_has_come(&person, round, now) {
            continue;
        }
        let mut id = [0; 16];
        dice.fill(&mut id);
        let letter = announcement(&mut person, LetterId(id), now);
        // What it says is composed when it leaves; the mark is gone from here on, the letter stands for it.
        desk.apply(&Effect::Post(Box::new(letter)), now)?;
        desk.apply(&Effect::Person(Box::new(person)), now)?;
    }
    Ok(())
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

fn already_waits(desk: &Desk<'_>, person: &Person) -> Result<bool, TurnError> {
    let waits = |waiting: &Waiting| matches!(waiting.outgoing.letter.body, Body::Presence(_));
    Ok(desk.outbox_of(&person.address)?.iter().any(waits))
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

/// The next few letters that leave by mail: not the texts of those who are reached over IRC.
pub(super) fn next_letters(
    desk: &Desk<'_>,
    round: &Round<'_>,
    now: u64,
    allowed: usize,
) -> Result<Vec<Waiting>, TurnError> {
    let due = desk.outbox_due(now, OutboxFilter::by_mail(), BATCH.saturating_mul(4))?;
    let over_irc = |waiting: &Waiting| {
        waiting.outgoing.route == Route::Any && (round.online)(&waiting.outgoing.to)
    };
    Ok(due
        .into_iter()
        .filter(|waiting| !over_irc(waiting))
        .take(allowed)
        .collect())
}

/// Letters in one round.
const BATCH: usize = 64;
