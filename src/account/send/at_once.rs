//! A text to a friend who is reached over IRC: decided, sealed and committed in one turn.
//!
//! ```text
//!  act ─▶ decide ─▶ nothing waits for that link ─▶ text put down, its letter sealed ──────────┬▶ commit ─▶ counter ─▶ leaves
//!             └─▶ text and letter put down ─▶ the next letter for that link is sealed, claimed ─┘
//!                                                 └─ cannot be sealed: nothing of that is kept, the text is
//! ```

use super::{Channel, Leaving, Sealer};
use crate::account::turn::{Turn, outcome};
use crate::account::{Account, AccountError, Outcome};
use crate::rules::decide::Decided;
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Event, Left};
use crate::rules::message::Via;
use crate::rules::outgoing::Waiting;
use crate::rules::queue::choice::{LOOKED_AT_OVER_IRC, over_irc};
use crate::rules::view::View as _;

/// Which way a letter goes over the link that has room, and the bytes for the text of one line there; `None`: it does not.
type Fits<'a, W> = &'a dyn Fn(&Waiting) -> Option<(W, usize)>;
/// A letter, which way it goes, and the bytes for the text of one line there.
type Fitting<W> = (Waiting, (W, usize));

/// Does an act of the user, and seals the next letter for a link that has room: mostly the one of the act, which then never
/// waits in the outbox; but older ones keep their order. What cannot be sealed here is left as it is, and to
/// [`super::leave_over_irc`].
pub fn act_at_once<W>(
    account: &mut Account,
    act: Act,
    fits: Fits<'_, W>,
) -> Result<(Outcome, Option<(Leaving, W)>), AccountError> {
    let to = act.addressee();
    let ((mut outcome, leaving), follow) = account.commit(|turn| {
        let decided = turn.decide(Event::User(act))?;
        let mut leaving = alone(turn, &decided, fits);
        if leaving.is_none() {
            turn.put_down(&decided)?;
            leaving = next(turn, fits);
        }
        let mut outcome = outcome(decided);
        let said = to.zip(outcome.id);
        // What cannot be read back is said all the same.
        outcome.stored = said.and_then(|(to, id)| {
            let with = turn.tx.contact(to).ok()??.conversation;
            turn.tx.texts().stored_as(with, id).ok()?.map(Box::new)
        });
        Ok((outcome, leaving))
    })?;
    match account.follow(follow) {
        Ok(notices) => {
            outcome.notices.extend(notices);
            Ok((outcome, leaving))
        }
        // It is said all the same; what was sealed does not leave without the counter: its row is free again after a while.
        Err(fault) => {
            tracing::error!("what was said is sealed later: {fault}");
            Ok((outcome, None))
        }
    }
}

/// A letter was written to IRC whole: the next turn, whatever it is for, puts that down with its own. Until then the row
/// is claimed: if we are killed before, the letter goes again, and the other side knows it for a double.
pub fn departs_with_next(account: &mut Account, leaving: &Leaving) {
    let departure = leaving.departure(Left::Written);
    account.ended.push((leaving.row, departure));
}

/// Whether there is anything that the next turn is to put down.
pub fn has_to_settle(account: &Account) -> bool {
    !account.ended.is_empty() || !account.owed.is_empty()
}

/// Posts the receipts that wait for a turn, if there are any, and seals the next letter for a link that has room.
pub fn post_receipts<W>(
    account: &mut Account,
    fits: Fits<'_, W>,
) -> Result<Option<(Leaving, W)>, AccountError> {
    if account.owed.is_empty() {
        return Ok(None);
    }
    let (leaving, notices) = account.transact(|turn| Ok(next(turn, fits)))?;
    account.caused.extend(notices);
    Ok(leaving)
}

/// Puts it down now.
pub fn settle(account: &mut Account) -> Result<Outcome, AccountError> {
    account.outcome(|_| Ok(Outcome::default()))
}

/// What was told by what turns have put down so, since the last call.
pub fn take_caused(account: &mut Account) -> Vec<Notice> {
    std::mem::take(&mut account.caused)
}

/// Seals the letter of an act and puts down the rest that it came to, all of that or nothing; not where another letter is
/// to leave before.
fn alone<W>(turn: &mut Turn<'_>, decided: &Decided, fits: Fits<'_, W>) -> Option<(Leaving, W)> {
    let (letter, rest) = decided.at_once(turn.now())?;
    let letter = Waiting::at_once(letter);
    let (way, room) = fits(&letter)?;
    sealed_or_later(turn, |turn| {
        if !turn.tx.outbox().is_empty()? && due(turn, fits)?.is_some() {
            return Ok(None);
        }
        let leaving = seal(turn, &letter, room)?;
        if leaving.is_some() {
            turn.put_down(&rest)?;
        }
        Ok(leaving.map(|leaving| (leaving, way)))
    })
}

/// Seals the next letter that fits, all of that or nothing.
fn next<W>(turn: &mut Turn<'_>, fits: Fits<'_, W>) -> Option<(Leaving, W)> {
    sealed_or_later(turn, |turn| {
        let Some((waiting, (way, room))) = due(turn, fits)? else {
            return Ok(None);
        };
        Ok(seal(turn, &waiting, room)?.map(|leaving| (leaving, way)))
    })
}

/// The letter that is to leave next over the link, and which way it goes there.
fn due<W>(turn: &Turn<'_>, fits: Fits<'_, W>) -> Result<Option<Fitting<W>>, AccountError> {
    let now = turn.now();
    let due = (turn.tx.outbox()).due(now, Some(Via::Irc), LOOKED_AT_OVER_IRC)?;
    let mut fitting = over_irc(due, now)
        .into_iter()
        .filter_map(|waiting| fits(&waiting).map(|way| (waiting, way)));
    Ok(fitting.next())
}

fn seal(
    turn: &mut Turn<'_>,
    letter: &Waiting,
    room: usize,
) -> Result<Option<Leaving>, AccountError> {
    let mut sealer = Sealer::new(turn)?;
    let sealing = sealer.leave(letter, Channel::Irc { room })?;
    sealer.finish()?;
    Ok(sealing.ok().map(|leaving| *leaving))
}

fn sealed_or_later<W>(
    turn: &mut Turn<'_>,
    work: impl FnOnce(&mut Turn<'_>) -> Result<Option<(Leaving, W)>, AccountError>,
) -> Option<(Leaving, W)> {
    turn.apart(work).unwrap_or_else(|fault| {
        tracing::error!("what was said is sealed later: {fault}");
        None
    })
}
