//! A question into a group, and its answer, over IRC: nobody acknowledges either, so what brings nothing goes once more, by
//! mail, under its id.

use super::acts::question;
use super::state::{ASKED, Group, Standing, Unsure};
use crate::protocol::group::letters::Bid;
use crate::protocol::letter::{Body, LetterId};
use crate::protocol::time::HOUR;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::event::{Departure, Left};
use crate::rules::outgoing::{PLAIN, Route};
use crate::rules::refusal::Refusal;

/// It has left, or could not.
pub(in crate::rules) fn left(
    decision: &mut Decision<'_>,
    departure: &Departure,
) -> Result<(), Refusal> {
    let Body::Bid(Bid::Ask { group, .. } | Bid::Answer { group, .. }) = &departure.letter.body
    else {
        return Ok(());
    };
    let Some(mut group) = decision.group_of(*group)? else {
        return Ok(());
    };
    let (to, letter) = (departure.to, departure.letter.id);
    match departure.how {
        Left::Written => {
            let at = decision.now().after(HOUR);
            group.unsure.retain(|one| one.to != to);
            group.unsure.push(Unsure { to, letter, at });
            decision.put_group(group);
            Ok(())
        }
        Left::Unreachable => by_mail(decision, &group, to, letter),
        Left::Mailed | Left::Delayed | Left::Refused(_) => Ok(()),
    }
}

/// What was written an hour ago and has brought nothing goes by mail.
pub(super) fn again(decision: &mut Decision<'_>, group: &mut Group) -> Result<(), Refusal> {
    let now = decision.now();
    let due: Vec<Unsure> = group.unsure.extract_if(.., |one| one.at <= now).collect();
    for one in due {
        by_mail(decision, group, one.to, one.letter)?;
    }
    Ok(())
}

/// It goes by mail, if it still is to be asked or answered.
fn by_mail(
    decision: &mut Decision<'_>,
    group: &Group,
    to: ContactId,
    letter: LetterId,
) -> Result<(), Refusal> {
    let Some(mut person) = decision.person(to)?.filter(|person| !person.blocked) else {
        return Ok(());
    };
    let now = decision.now();
    let waits = |one: &(ContactId, _)| one.0 == to && now.is_within(ASKED, one.1);
    let bid = match (group.standing, &group.entry) {
        (Standing::Agreed { by, .. }, Some(entry)) if by == to => Bid::Answer {
            group: group.id,
            entry: entry.clone(),
        },
        (Standing::In, _) if group.admin && group.asked.iter().any(waits) => {
            let Some(bid) = question(decision, group, &person)? else {
                return Ok(());
            };
            bid
        }
        _ => return Ok(()),
    };
    let letter = decision.letter(&mut person, letter, Body::Bid(bid));
    decision.post(&person, letter, PLAIN, Route::Mail);
    decision.put(person);
    Ok(())
}
