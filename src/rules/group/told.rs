//! Acts that came: what they change, and who lacks what we hold.

use super::book::{Book, Refused};
use super::heads::shown;
use super::members::{New, follow};
use super::sender::Sender;
use super::state::{Group, Standing};
use super::waiting::{WaitingAct, with_new};
use super::{due, recovered, restored, room};
use crate::protocol::group::letters::Told;
use crate::protocol::group::{Act, Entry, GroupId, MemberId};
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::refusal::Refusal;

/// Acts and entries of a book.
pub(super) fn hear(
    decision: &mut Decision<'_>,
    sender: Sender,
    told: &Told,
) -> Result<(), Refusal> {
    let Some(mut group) = decision.group_of(told.group)? else {
        return Ok(());
    };
    let from = group.known_by(sender.contact, sender.key);
    if from.is_none() && !begins(&group, sender) {
        return Ok(());
    }
    let was_in = group.is_in();
    if !told.acts.is_empty() {
        take(decision, &mut group, sender, &told.acts)?;
    }
    if group.is_in() && group.recovers.take().is_some() {
        restored::recovered(decision, &mut group)?;
    }
    for entry in &told.entries {
        renew(decision, &mut group, entry);
    }
    if let Some(from) = group.known_by(sender.contact, sender.key) {
        if !told.acts.is_empty() {
            room::hear_early(decision, &mut group)?;
        }
        if let Some(key) = &told.room {
            room::hear(decision, &mut group, from, key)?;
        }
        shown(decision, &mut group, from, &told.heads)?;
        if group.is_in() && !was_in {
            show_heads(decision, &mut group, from)?;
        }
    }
    decision.put_group(group);
    Ok(())
}

/// Whether it may be the book of a group that the user has agreed to come into: from the friend whom they told, or one of
/// those who are asked for it anew.
fn begins(group: &Group, sender: Sender) -> bool {
    let agreed = |by: ContactId| by == sender.contact && sender.friend;
    matches!(group.standing, Standing::Agreed { by, .. } if agreed(by))
        || (sender.friend && recovered::is_asked(group, sender.contact))
}

fn take(
    decision: &mut Decision<'_>,
    group: &mut Group,
    sender: Sender,
    acts: &[Act],
) -> Result<(), Refusal> {
    let (held, waiting) = decision.view.acts(group.conversation)?;
    let mut news: Vec<Act> = acts.to_vec();
    news.extend(waiting.iter().map(|one| one.act.clone()));
    let signer = decision.signer;
    let verify = |key, bytes: &[u8], signature: &_| signer.verify(key, bytes, signature);
    let known = held.len();
    let mut taken = Vec::new();
    let mut book = match Book::restored(held) {
        Some(book) => book,
        None if known > 0 => return Ok(()),
        None => {
            let founds = |act: &&Act| GroupId::of(act.id()) == group.id;
            let Some(founding) = acts.iter().find(founds).cloned() else {
                return Ok(());
            };
            let Ok(book) = Book::found(founding.clone(), &verify) else {
                return Ok(());
            };
            taken.push(founding);
            book
        }
    };
    let before = book.clone();
    let left = book.take(news.clone(), &verify);
    let mut new: Vec<Act> = Vec::new();
    for act in news {
        let id = act.id();
        let is_new = book.holds(id) && !before.holds(id);
        if is_new && !new.iter().any(|known| known.id() == id) {
            new.push(act);
        }
    }
    new.sort_by_key(|act| act.value.depth);
    taken.extend(new);
    let waits = still_waiting(&waiting, sender.contact, acts, &left);
    let changed = !taken.is_empty() || book.heads() != group.heads;
    if !changed && waits == waiting {
        return Ok(());
    }
    if changed {
        let new = New {
            acts: &taken,
            from: Some(sender.contact),
        };
        follow(decision, group, &book, new)?;
    }
    decision.cause(Effect::Acts(group.conversation, taken, waits));
    Ok(())
}

/// The acts that wait from now on, those that came from somebody now among them.
fn still_waiting(
    waiting: &[WaitingAct],
    from: ContactId,
    acts: &[Act],
    left: &[(Act, Refused)],
) -> Vec<WaitingAct> {
    let why = |act: &Act| {
        let found = left.iter().find(|(one, _)| one == act);
        found.map(|(_, why)| *why)
    };
    let may_come =
        |why: Refused| matches!(why, Refused::Waits | Refused::Enough) || why.is_too_many();
    let mut waits = waiting.to_vec();
    waits.retain(|one| why(&one.act).is_some_and(may_come));
    let new = acts.iter().filter(|act| why(act) == Some(Refused::Waits));
    with_new(waits, from, new.cloned())
}

/// A newer entry of a member's, under the same keys, at the same address.
fn renew(decision: &Decision<'_>, group: &mut Group, entry: &Entry) {
    let person = &entry.value;
    let same = |old: &Entry| {
        old.value.keys == person.keys
            && old.value.address == person.address
            && old.value.counter < person.counter
    };
    if person.group != Some(group.id) {
        return;
    }
    let mut members = group.members.iter_mut();
    let Some(member) = members.find(|member| same(&member.entry)) else {
        return;
    };
    let said = entry.signed_bytes();
    if decision
        .signer
        .verify(person.keys.ed25519, &said, &entry.signature)
    {
        member.entry = entry.clone();
        // They may have gone back to a time before the key of the rooms.
        member.room = None;
    }
}

/// Whoever took us in learns that we hold the book.
fn show_heads(decision: &mut Decision<'_>, group: &mut Group, to: MemberId) -> Result<(), Refusal> {
    let seen = match group.member(to) {
        Some(member) => due::is_seen_by(decision, group, member)?,
        None => false,
    };
    let leave = due::receipt_to(decision, group, seen);
    if let Some(member) = group.member_mut(to) {
        member.heads_due = true;
    }
    due::by(decision, group, to, leave)?;
    Ok(())
}
