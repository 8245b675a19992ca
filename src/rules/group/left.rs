//! What becomes of a letter that took along what was to be told to a member.

use super::copy::Copy;
use super::said;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::event::{Departure, Left};
use crate::rules::message::Delivery;
use crate::rules::refusal::Refusal;

/// A letter has left, or could not.
pub(in crate::rules) fn left(
    decision: &mut Decision<'_>,
    departure: &Departure,
) -> Result<(), Refusal> {
    let mut copies = within(decision, departure.letter.id)?;
    match &departure.how {
        // That it left was noted when it was sealed; only what that comes to is told now.
        Left::Mailed | Left::Written => {}
        // The same row is sealed again.
        Left::Delayed => return Ok(()),
        Left::Unreachable => {
            let now = decision.now();
            for copy in &mut copies {
                copy.again(said::ends(copy, now));
            }
            hurry(decision, &copies)?;
        }
        Left::Refused(why) => {
            if copies.is_empty() {
                copies = unsealed(decision, departure.to)?;
            }
            for copy in copies {
                said::fail(decision, copy, why)?;
            }
            return Ok(());
        }
    }
    said::put(decision, copies)
}

/// What IRC did not take leaves by mail, with the next that does.
fn hurry(decision: &mut Decision<'_>, copies: &[Copy]) -> Result<(), Refusal> {
    let now = decision.now();
    for copy in copies {
        if let Some(mut group) = decision.group(copy.conversation)? {
            if let Some(member) = group.member_mut(copy.to) {
                member.hurry(now);
            }
            decision.put_group(group);
        }
    }
    Ok(())
}

/// What could not be sealed, for no letter with it ever left.
fn unsealed(decision: &Decision<'_>, to: ContactId) -> Result<Vec<Copy>, Refusal> {
    let mut copies = Vec::new();
    for group in decision.view.groups_with(to)? {
        for member in group.members.iter().filter(|it| it.contact == to) {
            copies.extend(decision.view.copies_to(group.conversation, member.id)?);
        }
    }
    copies.retain(|copy| copy.state == Delivery::Queued);
    Ok(copies)
}

/// The mail system reports that a mail will never arrive.
pub(in crate::rules) fn bounced(
    decision: &mut Decision<'_>,
    letter: LetterId,
    why: &str,
) -> Result<(), Refusal> {
    for copy in within(decision, letter)? {
        said::reported(decision, copy, why)?;
    }
    Ok(())
}

fn within(decision: &Decision<'_>, letter: LetterId) -> Result<Vec<Copy>, Refusal> {
    let mut copies = decision.view.copies_within(letter)?;
    copies.retain(|copy| copy.state < Delivery::Failed);
    Ok(copies)
}
