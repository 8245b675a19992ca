//! What came is kept and told: a text with what had been done to it before it came, a change where it may be made.

use super::acts::MOST_CHANGES;
use crate::protocol::time::MONTH;
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::effect::{Effect, Notice};
use crate::rules::entry::Entry;
use crate::rules::message::{Change, ChangeKind, Message};
use crate::rules::refusal::Refusal;

/// Keeps a text that came, and tells it with what had been done to it before it came.
pub(in crate::rules) fn keep_text(
    decision: &mut Decision<'_>,
    message: Message,
) -> Result<(), Refusal> {
    decision.tell(Notice::Text {
        message: Box::new(message.clone()),
    });
    let changes = decision.view.changes(message.conversation, message.id)?;
    tell_changes(decision, &Entry::of(message.clone(), &changes));
    decision.cause(Effect::Message(Box::new(message)));
    Ok(())
}

/// Keeps a change that came, if it may be made, and tells it if anything looks different now; says whether it was kept.
pub(in crate::rules) fn keep_change(
    decision: &mut Decision<'_>,
    place: Place,
    row: Message,
) -> Result<bool, Refusal> {
    match place {
        Place::Refused => return Ok(false),
        Place::Waits => {}
        Place::Of(text) => tell_if_different(decision, *text, &row)?,
    }
    decision.cause(Effect::Message(Box::new(row)));
    Ok(true)
}

/// Where a change that came belongs.
pub(in crate::rules) enum Place {
    /// To a text that is here.
    Of(Box<Message>),
    /// To one that has not come: mail brings letters in any order.
    Waits,
    /// Nowhere.
    Refused,
}

/// Where a change by somebody belongs, if its text is this.
pub(in crate::rules) fn place_of(
    decision: &Decision<'_>,
    text: Option<Message>,
    with: ConversationId,
    change: Change,
    by: Author,
) -> Result<Place, Refusal> {
    match text {
        Some(text) if text.change.is_some() => Ok(Place::Refused),
        Some(text) if has_room(decision, with, change, by)? => Ok(Place::Of(Box::new(text))),
        None if waiting_has_room(decision, with, change, by)? => Ok(Place::Waits),
        Some(_) | None => Ok(Place::Refused),
    }
}

/// The same in a group, where nobody's changes keep those of others from waiting.
pub(in crate::rules) fn place_in_group(
    decision: &Decision<'_>,
    text: Option<Message>,
    with: ConversationId,
    change: Change,
    by: Author,
) -> Result<Place, Refusal> {
    match text {
        None if has_room(decision, with, change, by)? => Ok(Place::Waits),
        text => place_of(decision, text, with, change, by),
    }
}

/// Whether somebody may change this text once more. Taking it back is always possible once.
fn has_room(
    decision: &Decision<'_>,
    with: ConversationId,
    change: Change,
    by: Author,
) -> Result<bool, Refusal> {
    let changes = decision.view.changes(with, change.of)?;
    let theirs = changes.iter().filter(|one| one.author == by);
    let same = |one: &Message| one.change.is_some_and(|one| one.kind == change.kind);
    let back = change.kind == ChangeKind::Retract && !theirs.clone().any(same);
    Ok(back || theirs.count() < MOST_CHANGES)
}

fn waiting_has_room(
    decision: &Decision<'_>,
    with: ConversationId,
    change: Change,
    by: Author,
) -> Result<bool, Refusal> {
    let since = decision.now_ms.before(MONTH);
    let waiting = decision.view.changes_waiting(with, since)?;
    Ok(waiting < MOST_WAITING && has_room(decision, with, change, by)?)
}

/// Tells a change of a text, unless a later one counts or the text was taken back.
fn tell_if_different(
    decision: &mut Decision<'_>,
    text: Message,
    row: &Message,
) -> Result<(), Refusal> {
    let changes = decision.view.changes(text.conversation, text.id)?;
    if let Some(after) = Entry::changed(text, &changes, row) {
        tell_change(decision, &after, row);
    }
    Ok(())
}

/// Tells what had come before its text; of a text that was taken back nothing but that.
fn tell_changes(decision: &mut Decision<'_>, entry: &Entry) {
    match &entry.retraction {
        Some(retraction) => tell_change(decision, entry, retraction),
        None => entry
            .changes()
            .for_each(|row| tell_change(decision, entry, row)),
    }
}

fn tell_change(decision: &mut Decision<'_>, entry: &Entry, change: &Message) {
    decision.tell(Notice::Change {
        change: Box::new(change.clone()),
        of: Box::new(entry.message.clone()),
    });
}

/// How many changes of a friend may wait for texts that have not come, of one month.
const MOST_WAITING: usize = 64;
