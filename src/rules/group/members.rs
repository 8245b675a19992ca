//! What a book that has grown changes: who is in, who stands how high, what the user is told of it.

use super::book::Book;
use super::reach::is_reached;
use super::roster::{self, Roster};
use super::state::{Group, Member, Standing};
use super::{due, room, said};
use crate::protocol::clean;
use crate::protocol::group::{Act, ActId, Entry, MemberId, What};
use crate::protocol::letter::PublicKey;
use crate::protocol::time::Seconds;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::effect::{GroupNews, Notice};
use crate::rules::refusal::Refusal;
use crate::rules::view::Unreadable;

/// What has made a book grow.
#[derive(Clone, Copy)]
pub(super) struct New<'a> {
    /// The acts, those of least depth first.
    pub(super) acts: &'a [Act],
    /// Whose letter brought them; `None`: the user did it.
    pub(super) from: Option<ContactId>,
}

impl New<'_> {
    /// Who did what changed: the author of the act, whoever passed it on. `None`: the user.
    /// Where no one act shows it, it is who told it.
    fn by(&self, group: &Group, is: impl Fn(&Act) -> bool) -> Option<ContactId> {
        let act = self.acts.iter().rfind(|act| is(act));
        let author = act.map(|act| act.value.author);
        if author == Some(group.us) {
            return None;
        }
        let member = author.and_then(|author| group.member(author));
        member.map(|member| member.contact).or(self.from)
    }

    /// The act that put somebody out, or by which they went.
    fn end(&self, who: MemberId) -> Option<&Act> {
        self.acts.iter().rfind(|act| ends(act, who))
    }
}

fn ends(act: &Act, who: MemberId) -> bool {
    match &act.value.what {
        What::Remove(whom) => *whom == who,
        What::Leave => act.value.author == who,
        What::Found(_)
        | What::Add(_)
        | What::Admin(..)
        | What::Title(_)
        | What::Rooms(_)
        | What::Renew(..) => false,
    }
}

fn adds(act: &Act, key: PublicKey) -> bool {
    matches!(&act.value.what, What::Add(entry) if entry.value.keys.ed25519 == key)
}

fn sets(act: &Act, who: MemberId, on: bool) -> bool {
    matches!(act.value.what, What::Admin(whom, now) if whom == who && now == on)
}

/// The group as its book now has it.
pub(super) fn follow(
    decision: &mut Decision<'_>,
    group: &mut Group,
    book: &Book,
    new: New<'_>,
) -> Result<(), Refusal> {
    let roster = book.roster();
    group.heads = book.heads();
    follow_title(decision, group, &roster, new);
    follow_us(decision, group, &roster, new)?;
    let ours = roster
        .members
        .get(&group.us)
        .map(|ours| ours.entry.value.counter);
    let signed = group.entry.as_ref().map(|entry| entry.value.counter);
    let renewed = ours.is_some() && signed > ours;
    for (id, member) in &roster.members {
        if *id != group.us {
            let place = (book.depth_of(member.by), member.by);
            follow_member(decision, group, (*id, member, place), new, renewed)?;
        }
    }
    let gone = |member: &&Member| member.is_in && !roster.members.contains_key(&member.id);
    let gone: Vec<MemberId> = group.members.iter().filter(gone).map(|it| it.id).collect();
    for id in gone {
        is_gone(decision, group, id, new)?;
    }
    group.rooms.rank = roster.members.get(&group.us).and_then(|ours| ours.rank);
    group.rooms.networks = roster.rooms;
    room::settle(decision.now(), group);
    Ok(())
}

fn follow_title(decision: &mut Decision<'_>, group: &mut Group, roster: &Roster, new: New<'_>) {
    if let Some(title) = roster.title.as_ref().filter(|title| **title != group.title) {
        group.title.clone_from(title);
        if group.standing != (Standing::In) {
            return;
        }
        let titled = |act: &Act| matches!(&act.value.what, What::Title(one) if one == title);
        let by = new.by(group, titled);
        tell(decision, group, by, GroupNews::Titled(title.clone()));
    }
}

fn follow_us(
    decision: &mut Decision<'_>,
    group: &mut Group,
    roster: &Roster,
    new: New<'_>,
) -> Result<(), Refusal> {
    let us = group.us;
    let ours = roster.members.get(&group.us);
    match (group.standing, ours) {
        (Standing::In, None) => {
            group.standing = Standing::Out;
            group.asked.clear();
            // Keys of rooms that are not the user's any more, and a yes that was for those who were in.
            group.rooms.keys.clear();
            group.rooms.early.clear();
            group.rooms.shown = None;
            let by = new.by(group, |act| ends(act, us));
            tell(decision, group, by, GroupNews::Out);
            for member in &group.members {
                let why = "you are not in the group any more";
                said::fail_all(decision, group.conversation, member.id, why)?;
            }
        }
        (Standing::In, Some(_)) | (Standing::Asked { .. } | Standing::Out, None) => {}
        (Standing::Agreed { .. }, None) => {}
        (Standing::Agreed { .. } | Standing::Asked { .. } | Standing::Out, Some(ours)) => {
            group.standing = Standing::In;
            group.told_members.clear();
            group.since = decision.now();
            if group.entry.is_none() {
                // The book of a group that was lost says what was signed.
                group.entry = Some(ours.entry.clone());
            }
            // What they say from now on is for us.
            group.members.iter_mut().for_each(|it| it.got = None);
            let key = ours.entry.value.keys.ed25519;
            let by = new.by(group, |act| adds(act, key));
            tell(decision, group, by, GroupNews::Joined);
        }
    }
    let admin = ours.is_some_and(|ours| ours.rank.is_some());
    if admin != group.admin && group.is_in() {
        let by = new.by(group, |act| sets(act, us, admin));
        tell(decision, group, by, GroupNews::Admin(None, admin));
    }
    group.admin = admin;
    Ok(())
}

fn follow_member(
    decision: &mut Decision<'_>,
    group: &mut Group,
    (id, now, place): (MemberId, &roster::Member, (u64, ActId)),
    new: New<'_>,
    renewed: bool,
) -> Result<(), Refusal> {
    let known = group.member(id).cloned();
    let before = known.as_ref().filter(|member| member.is_in);
    let (was_in, was_admin) = (before.is_some(), before.is_some_and(|it| it.rank.is_some()));
    let mut member = match known {
        Some(member) => member,
        None => newcomer(decision, group, (id, place), &now.entry)?,
    };
    if now.entry.value.counter > member.entry.value.counter || !member.is_in {
        member.contact = decision.view.ids_at(&now.entry.value.address)?.contact;
        member.entry = now.entry.clone();
    }
    if !member.is_in {
        // What they said before was not for us, or is not missed.
        member.got = None;
    }
    (member.is_in, member.rank) = (true, now.rank);
    let contact = member.contact;
    match group.member_mut(id) {
        Some(place) => *place = member,
        None => group.members.push(member),
    }
    if !group.is_in() {
        return Ok(());
    }
    if !was_in {
        let key = now.entry.value.keys.ed25519;
        let by = new.by(group, |act| adds(act, key));
        tell(decision, group, by, GroupNews::Added(contact));
        tell_if_nobody(decision, group, id)?;
    }
    if !was_in && renewed {
        let seen = match group.member(id) {
            Some(member) => due::is_seen_by(decision, group, member)?,
            None => false,
        };
        let leave = due::receipt_to(decision, group, seen);
        if let Some(member) = group.member_mut(id) {
            member.entry_due = true;
            member.hurry(leave);
        }
    }
    let is_admin = now.rank.is_some();
    if was_admin != is_admin {
        let news = GroupNews::Admin(Some(contact), is_admin);
        let by = new.by(group, |act| sets(act, id, is_admin));
        tell(decision, group, by, news);
    }
    Ok(())
}

fn newcomer(
    decision: &Decision<'_>,
    group: &Group,
    (id, first): (MemberId, (u64, ActId)),
    entry: &Entry,
) -> Result<Member, Unreadable> {
    let person = &entry.value;
    Ok(Member {
        id,
        contact: decision.view.ids_at(&person.address)?.contact,
        name: name(decision, group, entry)?,
        entry: entry.clone(),
        first,
        is_in: false,
        rank: None,
        heads: Vec::new(),
        told: Vec::new(),
        acts_due: false,
        repairs: false,
        heads_due: false,
        key_due: false,
        room: None,
        entry_due: false,
        within: None,
        repaired_at: Seconds(0),
        showed_nothing: false,
        again: None,
        got: None,
        got_due: false,
        differs_at: Seconds(0),
        fresh: false,
        due: None,
        since_told: 0,
        new_sessions: (0, 0),
    })
}

/// What somebody is called in a group whom the user has given no name: what they call themselves, or what stands before the
/// `@`; with a number if somebody has it, in the group or on the roster.
fn name(decision: &Decision<'_>, group: &Group, entry: &Entry) -> Result<String, Unreadable> {
    let own = clean::line(&entry.value.name, LONGEST_NAME).replace(['@', '#', ','], " ");
    let local = clean::line(entry.value.address.local(), LONGEST_NAME);
    let base = match own.trim() {
        "" => local.trim(),
        own => own,
    };
    let base = if base.is_empty() { "member" } else { base };
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => base.to_owned(),
            _ => format!("{base} {number}"),
        };
        let folded = name.to_lowercase();
        let taken = group
            .members
            .iter()
            .any(|it| it.name.to_lowercase() == folded);
        let other = decision.view.person_named(&name)?;
        let other = other.filter(|person| person.address != entry.value.address);
        if !taken && other.is_none() {
            return Ok(name);
        }
        number = number.saturating_add(1);
    }
}

/// Somebody is out: nothing that waited for them leaves, and the user learns of what was on its way.
fn is_gone(
    decision: &mut Decision<'_>,
    group: &mut Group,
    id: MemberId,
    new: New<'_>,
) -> Result<(), Refusal> {
    let Some(member) = group.member_mut(id) else {
        return Ok(());
    };
    (member.is_in, member.rank, member.got_due) = (false, None, false);
    (member.key_due, member.room) = (false, None);
    let contact = member.contact;
    if group.is_in() {
        let by = match new.end(id) {
            // The address that they had is perhaps another member's now.
            Some(end) if end.value.author == id => Some(contact),
            _ => new.by(group, |act| ends(act, id)),
        };
        let news = match by == Some(contact) {
            true => GroupNews::Left(contact),
            false => GroupNews::Removed(contact),
        };
        tell(decision, group, by, news);
    }
    // Of what the user said before they went themselves the same was told.
    match group.is_in() {
        true => {
            let why = "not in the group any more";
            said::fail_all(decision, group.conversation, id, why)
        }
        false => Ok(()),
    }
}

fn tell(decision: &mut Decision<'_>, group: &Group, by: Option<ContactId>, what: GroupNews) {
    decision.tell(Notice::Group {
        group: group.conversation,
        by,
        what,
    });
}

/// Tells the user once that somebody came in under another's address.
fn tell_if_nobody(
    decision: &mut Decision<'_>,
    group: &Group,
    id: MemberId,
) -> Result<(), Unreadable> {
    let Some(member) = group.member(id) else {
        return Ok(());
    };
    if !is_reached(decision, group, member)? {
        let text = format!(
            "in {} somebody has come in under the address {} with other keys than are known there: they are not heard, and nothing is sent to them",
            group.name, member.entry.value.address
        );
        decision.word(member.contact, text);
    }
    Ok(())
}

const LONGEST_NAME: usize = 48;
