//! Which announcements leave by mail in a round.

use super::mail_time;
use crate::protocol::letter::{Body, Letter, LetterId, empty};
use crate::protocol::time::{HOUR, Seconds};
use crate::rules::contact::{Announce, Contact, Standing};
use crate::rules::outgoing::{Outgoing, PLAIN, Waiting};
use crate::rules::queue::budget::{Class, Day};
use crate::rules::queue::choice::{Announcements, BATCH, Round};

/// How many may leave in a round, as far as their share of the day's mails allows.
pub fn places(day: &Day) -> usize {
    let left = day.left(Class::Announcement, None);
    let left = left.and_then(|left| usize::try_from(left).ok());
    left.unwrap_or(BATCH).min(BATCH)
}

/// Of those to whom one is due, the most recent friends first, all to whom one may leave in a round or a moment after it: what
/// hides us from somebody first.
pub fn candidates(
    mut due: Vec<Contact>,
    round: &Round<'_>,
    now: Seconds,
) -> impl Iterator<Item = Contact> {
    due.sort_by_key(|person| person.announce.is_none_or(|due| !due.hides));
    let soon = now.after(super::JITTER);
    due.into_iter()
        .filter(move |person| has_come(person, round, soon))
}

/// Whether the time of somebody's announcement by mail has come.
pub fn has_come(person: &Contact, round: &Round<'_>, now: Seconds) -> bool {
    let friend = matches!(person.standing, Standing::Friend(_)) && !person.blocked;
    let Some(due) = person.announce.filter(|_| friend) else {
        return false;
    };
    if person.untold_until > now {
        return false;
    }
    match round.announcements {
        Announcements::All if !is_put_off(&due) => true,
        Announcements::All | Announcements::Due => {
            mail_time(&due, (round.online)(person.id)) <= now
        }
    }
}

/// Whether it leaves hours later on purpose: nobody hurries it.
fn is_put_off(due: &Announce) -> bool {
    due.mail_at.since(due.since) >= HOUR
}

/// What comes of an announcement in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Its letter leaves.
    Leaves(Box<Outgoing>),
    /// Chance put its moment a little later: it keeps its place.
    Later,
    /// A letter with one waits already, and takes no place.
    Waits,
}

/// What comes of an announcement to one of the candidates, to whom these letters wait. What it says is composed when it
/// leaves; the mark is gone once it is sealed, the letter stands for it.
#[must_use]
pub fn turn(
    person: &mut Contact,
    outbox: &[Waiting],
    round: &Round<'_>,
    id: LetterId,
    now: Seconds,
) -> Turn {
    let waits = |waiting: &Waiting| matches!(waiting.outgoing.letter.body, Body::Presence(_));
    if outbox.iter().any(waits) {
        return Turn::Waits;
    }
    if !has_come(person, round, now) {
        return Turn::Later;
    }
    person.last_sent = now.millis().max(person.last_sent.next());
    let letter = Letter::bare(id, person.last_sent, empty());
    Turn::Leaves(Box::new(Outgoing::by_mail(person.id, letter, PLAIN, now)))
}
