//! Letters of groups that came: who may say what.
//!
//! ```text
//!                      acts          said, got     a question     an answer
//!  friend, member      taken         taken         shown          adds, if we asked
//!  member, no friend   taken         taken         nothing        nothing
//!  gone in our book    taken         nothing       as above       as above
//!  blocked             taken         nothing       nothing        nothing
//!  anybody else        nothing       nothing       nothing        nothing
//! ```

use super::reach::is_reached;
use super::sender::Sender;
use super::state::{ASKED, Group, Member};
use super::{acts, due, found, got, heads, told, took};
use crate::protocol::codec::decode;
use crate::protocol::group::letters::{Bid, Gather, Told};
use crate::protocol::group::{Entry, GroupId, Head, MemberId};
use crate::protocol::letter::{Body, Letter, LetterId, PublicKey};
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::event::{Came, Heard};
use crate::rules::policy;
use crate::rules::refusal::Refusal;
use crate::rules::verdict::Taken;

/// Whether it is a letter of a group.
pub(in crate::rules) const fn is_of_group(body: &Body) -> bool {
    matches!(
        body,
        Body::Told(_) | Body::Said(_) | Body::Got(_) | Body::Bid(_) | Body::Gather(_)
    )
}

/// Hears a letter of a group from a friend.
pub(in crate::rules) fn from_friend(
    decision: &mut Decision<'_>,
    heard: &Heard,
    person: &Contact,
    key: PublicKey,
) -> Result<(), Refusal> {
    let sender = Sender {
        contact: person.id,
        key,
        blocked: person.blocked,
        friend: true,
    };
    hear(decision, heard, sender)
}

/// Hears a letter of a group from a member who is no friend, or who is blocked: by mail alone.
pub(in crate::rules) fn from_member(
    decision: &mut Decision<'_>,
    heard: &Heard,
    sender: Sender,
    new_sessions: u32,
) -> Result<Taken, Refusal> {
    if heard.via != Came::Mail {
        return Ok(Taken::Left("only friends are heard over IRC"));
    }
    let groups = decision.view.groups_with(sender.contact)?;
    let known = |group: &&Group| group.known_by(sender.contact, sender.key).is_some();
    let Some(group) = groups.iter().find(known) else {
        return Ok(Taken::Left("its key is no member's of a group"));
    };
    if let Some(mut group) = decision.group(group.conversation)?
        && !counted(decision, &mut group, sender, new_sessions)
    {
        return Ok(Taken::Left("this member opened too many sessions today"));
    }
    hear(decision, heard, sender)?;
    Ok(Taken::Yes)
}

/// Counts new sessions; more than ten a day are refused.
fn counted(
    decision: &mut Decision<'_>,
    group: &mut Group,
    sender: Sender,
    new_sessions: u32,
) -> bool {
    let now = decision.now();
    let member = group.known_by(sender.contact, sender.key);
    let Some(member) = member.and_then(|id| group.member_mut(id)) else {
        return false;
    };
    let (day, so_far) = policy::today(member.new_sessions, now);
    if new_sessions == 0 {
        return true;
    }
    member.new_sessions = (day, so_far.saturating_add(new_sessions));
    decision.put_group(group.clone());
    so_far < MOST_SESSIONS
}

fn hear(decision: &mut Decision<'_>, heard: &Heard, sender: Sender) -> Result<(), Refusal> {
    match &heard.letter.body {
        Body::Gather(gather) if heard.via == Came::Mail => {
            gathered(decision, heard, sender, gather)
        }
        Body::Gather(_) => Ok(()),
        Body::Bid(bid) => hear_bid(decision, sender, heard.letter.id, bid),
        Body::Told(_) | Body::Said(_) | Body::Got(_) => {
            one(decision, sender, &heard.via, &heard.letter)
        }
        Body::Request(_)
        | Body::Accept(_)
        | Body::Confirm(_)
        | Body::Presence(_)
        | Body::Here(_)
        | Body::Text(_)
        | Body::Receipt(_)
        | Body::Edit(_)
        | Body::Retract(_)
        | Body::React(_)
        | Body::Typing(_)
        | Body::There(_)
        | Body::Unknown { .. } => Ok(()),
    }
}

/// Each of the letters in one mail is heard by itself: acts first, then what was said in the order of its numbers. One that
/// cannot be read is nobody else's matter.
fn gathered(
    decision: &mut Decision<'_>,
    heard: &Heard,
    sender: Sender,
    gather: &Gather,
) -> Result<(), Refusal> {
    let letters = gather.letters.iter().filter_map(|bytes| decode(bytes).ok());
    let mut letters: Vec<Letter> = letters.collect();
    letters.sort_by_key(|letter| order(&letter.body));
    let letters = joined(letters);
    for letter in letters {
        one(decision, sender, &heard.via, &letter)?;
    }
    Ok(())
}

/// What several letters tell of one book is judged together: of what one of them brings the next would know nothing.
fn joined(letters: Vec<Letter>) -> Vec<Letter> {
    let mut all: Vec<Letter> = Vec::new();
    for letter in letters {
        if let Body::Told(more) = &letter.body
            && let Some(told) = all.iter_mut().find_map(|one| same_book(one, more.group))
        {
            told.acts.extend(more.acts.iter().cloned());
            told.entries.extend(more.entries.iter().cloned());
            told.room = told.room.take().or_else(|| more.room.clone());
            told.heads.clone_from(&more.heads);
        } else {
            all.push(letter);
        }
    }
    all
}

fn same_book(letter: &mut Letter, group: GroupId) -> Option<&mut Told> {
    if let Body::Told(told) = &mut letter.body {
        return Some(told).filter(|told| told.group == group);
    }
    None
}

fn order(body: &Body) -> (u8, u64) {
    if let Body::Said(said) = body {
        return (1, said.number);
    }
    match matches!(body, Body::Told(_)) {
        true => (0, 0),
        false => (2, 0),
    }
}

/// One letter of kinds 15 to 17.
fn one(
    decision: &mut Decision<'_>,
    sender: Sender,
    via: &Came,
    letter: &Letter,
) -> Result<(), Refusal> {
    let body = &letter.body;
    if let Body::Told(told) = body {
        return told::hear(decision, sender, told);
    }
    if let Body::Said(said) = body
        && let Some((group, id)) = member(decision, said.group, sender)?
    {
        return match (group.is_in(), sender.blocked) {
            (true, false) => took::hear(decision, group, id, via, letter, said),
            (true, true) => Ok(()),
            (false, _) => outside(decision, group, id, &said.heads),
        };
    }
    // Of who is blocked, too: so much the user's own texts may still say.
    if let Body::Got(got) = body
        && let Some((group, id)) = member(decision, got.group, sender)?
    {
        return match group.is_in() {
            true => got::hear(decision, group, id, got),
            false => outside(decision, group, id, &got.heads),
        };
    }
    Ok(())
}

/// The user is out: only whether the sender knows that is looked at.
fn outside(
    decision: &mut Decision<'_>,
    mut group: Group,
    from: MemberId,
    heads: &[Head],
) -> Result<(), Refusal> {
    heads::shown(decision, &mut group, from, heads)?;
    decision.put_group(group);
    Ok(())
}

/// The group of a letter and who of it sent it: a member, as its book has it here.
fn member(
    decision: &Decision<'_>,
    group: Option<GroupId>,
    sender: Sender,
) -> Result<Option<(Group, MemberId)>, Refusal> {
    let Some(group) = group else { return Ok(None) };
    let Some(group) = decision.group_of(group)? else {
        return Ok(None);
    };
    let id = group.known_by(sender.contact, sender.key);
    let member = id.and_then(|id| group.member(id)).filter(|it| it.is_in);
    match member {
        Some(member) if is_reached(decision, &group, member)? => {
            let id = member.id;
            Ok(Some((group, id)))
        }
        Some(_) | None => Ok(None),
    }
}

fn hear_bid(
    decision: &mut Decision<'_>,
    sender: Sender,
    letter: LetterId,
    bid: &Bid,
) -> Result<(), Refusal> {
    if !sender.friend || sender.blocked {
        return Ok(());
    }
    match bid {
        Bid::Ask {
            group,
            name,
            members,
            ended,
        } => {
            let question = found::Question {
                letter,
                id: *group,
                name,
                members,
                ended: *ended,
            };
            found::asked(decision, sender.contact, &question)
        }
        Bid::Answer { group, entry } => answered(decision, sender, *group, entry),
    }
}

/// A friend whom the user asked into a group says yes: they are taken in, once, under the keys and the address by which they are
/// a friend.
fn answered(
    decision: &mut Decision<'_>,
    sender: Sender,
    id: GroupId,
    entry: &Entry,
) -> Result<(), Refusal> {
    let Some(mut group) = decision.group_of(id)? else {
        return Ok(());
    };
    let Some(person) = decision.person(sender.contact)? else {
        return Ok(());
    };
    let now = decision.now();
    let waits = |one: &(ContactId, _)| one.0 == sender.contact && now.is_within(ASKED, one.1);
    let is_theirs =
        person.keys() == Some(&entry.value.keys) && entry.value.address == person.address;
    let is_them = |member: &&Member| member.entry.value.keys == entry.value.keys;
    let known = group.others().find(is_them).map(|it| it.id);
    if let Some(id) = known
        && is_theirs
        && acts::may_add(&group)
    {
        return in_already(decision, group, id);
    }
    if !acts::may_add(&group) || !is_theirs || !group.asked.iter().any(waits) {
        return Ok(());
    }
    match acts::add(decision, &mut group, entry.clone()) {
        Ok(()) => {
            group.asked.retain(|(one, _)| *one != sender.contact);
            decision.put_group(group);
            Ok(())
        }
        Err(Refusal::Unreadable(fault)) => Err(fault.into()),
        // What they signed does not hold, or they are in.
        Err(_) => Ok(()),
    }
}

/// Whoever says yes and is in does not know it, and so holds nothing of the book.
fn in_already(decision: &mut Decision<'_>, mut group: Group, id: MemberId) -> Result<(), Refusal> {
    heads::shown(decision, &mut group, id, &[])?;
    let again = due::told_again(decision.now(), 0);
    if let Some(member) = group.member_mut(id) {
        member.again = again;
    }
    decision.put_group(group);
    Ok(())
}

/// New sessions that one member may open in a day.
const MOST_SESSIONS: u32 = 10;

#[cfg(test)]
mod tests;
