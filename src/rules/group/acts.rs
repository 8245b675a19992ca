//! What the user does to a group: founds it, asks people in, comes in, goes, puts out, makes admins, names it.

use super::book::{Book, Refused};
use super::members::{New, follow};
use super::sign::signed;
use super::state::{ASKED, Group, Member, Standing};
use super::title::check_title;
use super::{due, found, link, room, says};
use crate::protocol::codec::group::encode_deed;
use crate::protocol::codec::{MAX_MEMBERS, MAX_ROOM_NETWORKS};
use crate::protocol::group::letters::Bid;
use crate::protocol::group::{Act, Entry, MemberId, Title, What};
use crate::protocol::letter::{Body, Network};
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::event::GroupAct;
use crate::rules::outgoing::{PLAIN, Route};
use crate::rules::refusal::Refusal;

/// An act of the user in or about a group.
pub(in crate::rules) fn act(decision: &mut Decision<'_>, act: GroupAct) -> Result<(), Refusal> {
    match act {
        GroupAct::New { name, who } => new(decision, &name, &who),
        GroupAct::Add(group, who) => in_group(decision, group, |decision, group| {
            ask_all(decision, group, &who)
        }),
        GroupAct::Link {
            group,
            uses,
            expires_at,
        } => in_group(decision, group, |decision, group| {
            must_be_admin(group)?;
            link::make(decision, group, uses, expires_at)
        }),
        GroupAct::Accept(group) => found::accept(decision, known(decision, group)?),
        GroupAct::Refuse(group) => found::refuse(decision, known(decision, group)?),
        GroupAct::Leave(group) => in_group(decision, group, leave),
        GroupAct::Remove(group, who) => in_group(decision, group, |decision, group| {
            remove(decision, group, who)
        }),
        GroupAct::Admin(group, who, on) => in_group(decision, group, |decision, group| {
            admin(decision, group, who, on)
        }),
        GroupAct::Rename(group, name) => own(decision, group, |decision, group| {
            group.name = found::free_name(decision, &name, Some(group.conversation))?;
            Ok(())
        }),
        GroupAct::Title(group, title) => in_group(decision, group, |decision, group| {
            retitle(decision, group, title)
        }),
        GroupAct::Rooms(group, networks) => in_group(decision, group, |decision, group| {
            rooms(decision, group, networks)
        }),
        GroupAct::NewKey(group) => in_group(decision, group, |decision, group| {
            must_be_admin(group)?;
            room::make_anew(decision, group)
        }),
        GroupAct::Shown(group, on) => own(decision, group, |_, group| {
            group.rooms.shown = Some(on);
            Ok(())
        }),
        GroupAct::Mute(group, on) => own(decision, group, |_, group| {
            group.muted = on;
            Ok(())
        }),
        GroupAct::Say { to, text, reply_to } => says::say(decision, to, text, reply_to),
        GroupAct::Edit { to, of, text } => says::edit(decision, to, of, text),
        GroupAct::Retract { to, of, why } => says::retract(decision, to, of, why),
        GroupAct::React { to, of, emoji, on } => says::react(decision, to, of, emoji, on),
        GroupAct::Seen(group, up_to) => says::seen(decision, group, up_to),
    }
}

/// A group with these, if they agree, and with rooms where they can be.
fn new(decision: &mut Decision<'_>, name: &str, who: &[ContactId]) -> Result<(), Refusal> {
    let mut group = found::found(decision, name)?;
    let networks = room::proposed(decision, who)?;
    if !networks.is_empty() {
        rooms(decision, &mut group, networks)?;
    }
    ask_all(decision, &mut group, who)?;
    decision.put_group(group);
    Ok(())
}

/// What the user keeps of a group for themselves, whether they are in or not.
fn own(
    decision: &mut Decision<'_>,
    group: ConversationId,
    work: impl FnOnce(&mut Decision<'_>, &mut Group) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut group = known(decision, group)?;
    work(decision, &mut group)?;
    decision.put_group(group);
    Ok(())
}

/// A group that the user is in.
fn in_group(
    decision: &mut Decision<'_>,
    group: ConversationId,
    work: impl FnOnce(&mut Decision<'_>, &mut Group) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let group = known(decision, group)?;
    if !group.is_in() {
        return Err(Refusal::NotIn(group.name));
    }
    own(decision, group.conversation, work)
}

fn known(decision: &Decision<'_>, group: ConversationId) -> Result<Group, Refusal> {
    let found = decision.group(group)?;
    found.ok_or_else(|| Refusal::NoGroup(String::new()))
}

fn must_be_admin(group: &Group) -> Result<(), Refusal> {
    match group.admin {
        true => Ok(()),
        false => Err(Refusal::NotAdmin(group.name.clone())),
    }
}

/// Asks friends to come in; each is asked, or nobody is.
fn ask_all(
    decision: &mut Decision<'_>,
    group: &mut Group,
    who: &[ContactId],
) -> Result<(), Refusal> {
    must_be_admin(group)?;
    for contact in who {
        ask(decision, group, *contact)?;
    }
    Ok(())
}

/// Asks a friend to come in.
pub(super) fn ask(
    decision: &mut Decision<'_>,
    group: &mut Group,
    who: ContactId,
) -> Result<(), Refusal> {
    let mut person = decision.known(who)?;
    if person.blocked {
        return Err(Refusal::Blocked(person.name));
    }
    if person.keys().is_none() {
        return Err(Refusal::NotFriend(person.name));
    }
    let Some(bid) = question(decision, group, &person)? else {
        return Err(Refusal::InAlready(person.name, group.name.clone()));
    };
    if !person.knows_groups() {
        return Err(Refusal::KnowsNoGroups(person.name));
    }
    let now = decision.now();
    group
        .asked
        .retain(|(one, at)| *one != who && now.is_within(ASKED, *at));
    if group.count().saturating_add(group.asked.len()) >= MAX_MEMBERS {
        return Err(Refusal::GroupFull(group.name.clone()));
    }
    group.asked.push((who, now));
    let id = decision.fresh_id();
    let letter = decision.letter(&mut person, id, Body::Bid(bid));
    decision.post(&person, letter, PLAIN, Route::Any);
    decision.put(person);
    Ok(())
}

/// What asks a friend to come in; none of who is in already, or is no friend any more.
pub(super) fn question(
    decision: &Decision<'_>,
    group: &Group,
    person: &Contact,
) -> Result<Option<Bid>, Refusal> {
    let Some(keys) = person.keys() else {
        return Ok(None);
    };
    if group.others().any(|it| it.entry.value.keys == *keys) {
        return Ok(None);
    }
    let book = Book::restored(decision.acts(group.conversation)?);
    let members = group.others().map(|member| member.id).chain([group.us]);
    Ok(Some(Bid::Ask {
        group: group.id,
        name: group.title.name.clone(),
        members: members.collect(),
        ended: book.and_then(|book| book.last_end(keys.ed25519)),
    }))
}

fn leave(decision: &mut Decision<'_>, group: &mut Group) -> Result<(), Refusal> {
    let others = group.others().count();
    let admins = (group.others().filter(|member| member.rank.is_some())).count();
    if group.admin && others > 0 && admins == 0 {
        return Err(Refusal::LastAdmin(group.name.clone()));
    }
    author(decision, group, What::Leave)
}

fn remove(decision: &mut Decision<'_>, group: &mut Group, who: MemberId) -> Result<(), Refusal> {
    must_be_admin(group)?;
    let member = member(group, who)?.clone();
    let name = name_of(decision, &member)?;
    author(decision, group, What::Remove(who)).map_err(|no| stands_above(no, name))
}

fn admin(
    decision: &mut Decision<'_>,
    group: &mut Group,
    who: MemberId,
    on: bool,
) -> Result<(), Refusal> {
    must_be_admin(group)?;
    let member = member(group, who)?.clone();
    if member.rank.is_some() == on {
        return Ok(());
    }
    let name = name_of(decision, &member)?;
    author(decision, group, What::Admin(who, on)).map_err(|no| stands_above(no, name))
}

fn retitle(decision: &mut Decision<'_>, group: &mut Group, title: Title) -> Result<(), Refusal> {
    must_be_admin(group)?;
    check_title(&title)?;
    if title == group.title {
        return Ok(());
    }
    author(decision, group, What::Title(title))
}

/// On these networks are the group's rooms, at most two.
fn rooms(
    decision: &mut Decision<'_>,
    group: &mut Group,
    networks: Vec<Network>,
) -> Result<(), Refusal> {
    must_be_admin(group)?;
    if networks.len() > MAX_ROOM_NETWORKS {
        return Err(Refusal::ManyRooms(MAX_ROOM_NETWORKS));
    }
    author(decision, group, What::Rooms(networks))
}

fn member(group: &Group, who: MemberId) -> Result<&Member, Refusal> {
    let found = group.member(who).filter(|member| member.is_in);
    found.ok_or_else(|| Refusal::NotMember(who.to_string(), group.name.clone()))
}

fn name_of(decision: &Decision<'_>, member: &Member) -> Result<String, Refusal> {
    let person = decision.person(member.contact)?;
    Ok(person.map_or_else(|| member.name.clone(), |person| person.name))
}

/// Without effect where everything else was looked at is what only who stands above somebody may do.
fn stands_above(no: Refusal, who: String) -> Refusal {
    if let Refusal::Book(..) = no {
        return Refusal::StandsAbove(who);
    }
    no
}

/// An act of the user's: signed, taken into the book, told to everybody whom it was and is for.
pub(super) fn author(
    decision: &mut Decision<'_>,
    group: &mut Group,
    what: What,
) -> Result<(), Refusal> {
    let acts = decision.acts(group.conversation)?;
    let unreadable = || Refusal::Book(group.name.clone(), "its book cannot be read".to_owned());
    let mut book = Book::restored(acts).ok_or_else(unreadable)?;
    let deed = book.next(group.us, what, decision.now());
    let bytes = encode_deed(&deed);
    let act = signed(decision, deed, bytes, Act::signed_bytes)?;
    take(decision, &mut book, act.clone()).map_err(|why| match why == Refused::Full {
        true => Refusal::BookFull(group.name.clone()),
        false => Refusal::Book(group.name.clone(), why.to_string()),
    })?;
    decision.cause(Effect::Acts(
        group.conversation,
        vec![act.clone()],
        Vec::new(),
    ));
    let before: Vec<MemberId> = group.others().map(|member| member.id).collect();
    let needs_key = matches!(
        act.value.what,
        What::Add(_) | What::Remove(_) | What::Rooms(_)
    );
    let new = New {
        acts: &[act],
        from: None,
    };
    follow(decision, group, &book, new)?;
    if needs_key {
        room::make(decision, group, &book)?;
    }
    tell_all(decision, group, &before)
}

fn take(decision: &Decision<'_>, book: &mut Book, act: Act) -> Result<(), Refused> {
    let verify = |key, bytes: &[u8], signature: &_| decision.signer.verify(key, bytes, signature);
    match book.take(vec![act], &verify).pop() {
        Some((_, why)) => Err(why),
        None => Ok(()),
    }
}

/// Everybody who was in and who is in now is told.
fn tell_all(
    decision: &mut Decision<'_>,
    group: &mut Group,
    before: &[MemberId],
) -> Result<(), Refusal> {
    let now = decision.now();
    let concerned = |member: &&Member| member.is_in || before.contains(&member.id);
    let these: Vec<MemberId> = group
        .members
        .iter()
        .filter(concerned)
        .map(|it| it.id)
        .collect();
    for id in these {
        if let Some(member) = group.member_mut(id) {
            (member.acts_due, member.repairs) = (true, false);
            if member.is_in && !before.contains(&id) {
                member.again = due::told_again(now, 0);
            }
        }
        due::by(decision, group, id, now)?;
    }
    Ok(())
}

/// A friend's answer to a question of ours has come, with their entry.
pub(super) fn add(
    decision: &mut Decision<'_>,
    group: &mut Group,
    entry: Entry,
) -> Result<(), Refusal> {
    author(decision, group, What::Add(entry))
}

/// Whether the user stands in a group so that what they do takes effect.
pub(super) const fn may_add(group: &Group) -> bool {
    matches!(group.standing, Standing::In) && group.admin
}
