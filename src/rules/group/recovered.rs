//! Everything was lost but a kept copy: what is known of a group is its name, and which friends are in it.
//!
//! ```text
//! asks each of these friends, by a book that shows nothing ──▶ they send what is lacked ──▶ in, with a new entry: as from a backup
//!        ▲ a day, two days later: again │
//!        └──────────────────────────────┘
//! ```

use super::due::told_again;
use super::state::{Group, Recovers, Standing};
use crate::protocol::group::letters::Told;
use crate::protocol::group::{MemberId, Title};
use crate::protocol::kept::{KeptGroup, MUTED, NO_ROOMS};
use crate::protocol::letter::Body;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::outgoing::{PLAIN, Route};
use crate::rules::refusal::Refusal;

/// A group as it was kept; `from`: which of its friends are on the roster.
pub fn group(
    kept: &KeptGroup,
    conversation: ConversationId,
    us: MemberId,
    from: Vec<ContactId>,
    now: Seconds,
) -> Option<Group> {
    let title = Title {
        name: kept.name.clone(),
        topic: String::new(),
    };
    let by = *from.first()?;
    let known = (kept.name.clone(), title);
    let mut group = Group {
        standing: Standing::Agreed { by, ended: None },
        recovers: Some(Recovers { from, again: None }),
        muted: kept.flags & MUTED != 0,
        ..Group::unknown((kept.id, conversation), us, known, now)
    };
    group.rooms.shown = (kept.flags & NO_ROOMS != 0).then_some(false);
    Some(group)
}

/// Whether somebody is asked for the book.
pub(super) fn is_asked(group: &Group, who: ContactId) -> bool {
    let recovers = group.recovers.as_ref();
    recovers.is_some_and(|it| it.from.contains(&who))
}

/// Asks for the book, once more if it was done so many `times`.
pub(super) fn ask(
    decision: &mut Decision<'_>,
    group: &mut Group,
    times: u8,
) -> Result<(), Refusal> {
    let Some(recovers) = &mut group.recovers else {
        return Ok(());
    };
    recovers.again = told_again(decision.now(), times);
    if recovers.again.is_none() {
        if !group.heads.is_empty() {
            // What has come of it says that the user is out.
            (group.standing, group.recovers) = (Standing::Out, None);
        }
        return Ok(());
    }
    for id in recovers.from.clone() {
        let person = decision.person(id)?;
        let is_friend = |person: &Contact| person.friend().is_some() && !person.blocked;
        let Some(mut person) = person.filter(is_friend) else {
            continue;
        };
        let body = Body::Told(Told {
            group: group.id,
            acts: Vec::new(),
            room: None,
            heads: Vec::new(),
            entries: Vec::new(),
        });
        let letter = decision.fresh_id();
        let letter = decision.letter(&mut person, letter, body);
        decision.post(&person, letter, PLAIN, Route::Mail);
        decision.put(person);
    }
    Ok(())
}
