//! How a group begins for the user: they found it, or come in when a friend asks.

use super::book::Book;
use super::link;
use super::members::{New, follow};
use super::sign::{entry, signed};
use super::state::{ASKED, Group, Standing};
use super::title::check_title;
use crate::protocol::clean;
use crate::protocol::codec::group::encode_deed;
use crate::protocol::group::letters::Bid;
use crate::protocol::group::{Act, ActId, Deed, Founding, GroupId, MemberId, Title, What};
use crate::protocol::letter::{Body, LetterId};
use crate::protocol::time::HOUR;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::effect::{Effect, GroupNews, Notice};
use crate::rules::outgoing::{PLAIN, Route};
use crate::rules::refusal::Refusal;

/// Founds a group in which nobody else is yet.
pub(super) fn found(decision: &mut Decision<'_>, name: &str) -> Result<Group, Refusal> {
    let title = Title {
        name: name.trim_start_matches('#').to_owned(),
        topic: String::new(),
    };
    check_title(&title)?;
    has_room(decision)?;
    let local = free_name(decision, &title.name, None)?;
    let entry = entry(decision, decision.settings.address.clone(), None, None, 0)?;
    let ours = entry.clone();
    let deed = Deed {
        group: None,
        author: MemberId::of(entry.value.keys.ed25519),
        parents: Vec::new(),
        depth: 0,
        time: decision.now(),
        what: What::Found(Founding {
            entry,
            title: title.clone(),
            salt: decision.random(),
        }),
        before: None,
        number: 1,
    };
    let (us, bytes) = (deed.author, encode_deed(&deed));
    let act = signed(decision, deed, bytes, Act::signed_bytes)?;
    let verify = |key, bytes: &[u8], signature: &_| decision.signer.verify(key, bytes, signature);
    let book = Book::found(act.clone(), &verify)
        .map_err(|why| Refusal::Book(local.clone(), why.to_string()))?;
    let mut group = begun(decision, book.group(), local, title)?;
    (group.us, group.standing) = (us, Standing::Out);
    group.entry = Some(ours);
    let new = New {
        acts: &[],
        from: None,
    };
    decision.cause(Effect::Acts(group.conversation, vec![act], Vec::new()));
    follow(decision, &mut group, &book, new)?;
    Ok(group)
}

/// A group of which no more is known than its name.
pub(super) fn begun(
    decision: &Decision<'_>,
    id: GroupId,
    name: String,
    title: Title,
) -> Result<Group, Refusal> {
    let us = MemberId::of(decision.account()?.keys.ed25519);
    let conversation = decision.view.group_conversation(id)?;
    let now = decision.now();
    Ok(Group::unknown((id, conversation), us, (name, title), now))
}

/// The user comes in: the friend who asked gets their entry.
pub(super) fn accept(decision: &mut Decision<'_>, mut group: Group) -> Result<(), Refusal> {
    let (Standing::Asked { by, ended } | Standing::Agreed { by, ended }) = group.standing else {
        return Err(Refusal::NotAsked(group.name));
    };
    let mut person = decision.known(by)?;
    // The one by which the friend who asks knows us: an entry under another would be somebody else's.
    let address = person.our_address(decision.settings).clone();
    let entry = entry(
        decision,
        address,
        Some(group.id),
        ended,
        group.next_counter(),
    )?;
    group.entry = Some(entry.clone());
    let body = Body::Bid(Bid::Answer {
        group: group.id,
        entry,
    });
    let id = decision.fresh_id();
    let letter = decision.letter(&mut person, id, body);
    decision.post(&person, letter, PLAIN, Route::Any);
    decision.put(person);
    (group.standing, group.since) = (Standing::Agreed { by, ended }, decision.now());
    decision.put_group(group);
    Ok(())
}

/// The user does not come in: nobody is told.
pub(super) fn refuse(decision: &mut Decision<'_>, mut group: Group) -> Result<(), Refusal> {
    let (Standing::Asked { .. } | Standing::Agreed { .. }) = group.standing else {
        return Err(Refusal::NotAsked(group.name));
    };
    (group.standing, group.since) = (Standing::Out, decision.now());
    decision.put_group(group);
    Ok(())
}

/// What a friend asks.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// The letter that asks.
    pub(super) letter: LetterId,
    /// Into which group.
    pub(super) id: GroupId,
    /// What it is called.
    pub(super) name: &'a str,
    /// Who is in.
    pub(super) members: &'a [MemberId],
    /// The act that ended the user's last membership.
    pub(super) ended: Option<ActId>,
}

/// A friend asks whether the user wants to come in: that is shown, or answered at once where the user has followed a link of
/// theirs into the group.
pub(super) fn asked(
    decision: &mut Decision<'_>,
    by: ContactId,
    question: &Question<'_>,
) -> Result<(), Refusal> {
    let Question {
        letter,
        id,
        name,
        members,
        ended,
    } = *question;
    let known = decision.group_of(id)?;
    let waiting = decision.view.groups()?;
    let now = decision.now();
    let follows = link::follows(decision, by, id)?;
    let asked = |group: &&Group| {
        matches!(group.standing, Standing::Asked { .. }) && now.is_within(ASKED, group.since)
    };
    let mut group = match known {
        // Who was told yes may have sent the book already.
        Some(group) if group.is_in() => return Ok(()),
        Some(group) if !follows && is_agreed_with_another(&group, by) => return Ok(()),
        Some(group) if !follows && group.standing == (Standing::Agreed { by, ended }) => {
            return agreed(decision, group, members);
        }
        // It came over IRC, and comes by mail as nobody acknowledges it there.
        Some(group) if !follows && group.question == Some(letter) => return Ok(()),
        Some(group) => group,
        None if !follows && of_one(&waiting, by) >= MOST_OF_ONE => return Ok(()),
        None if !follows && waiting.iter().filter(asked).count() >= MOST_WAITING => return Ok(()),
        None if waiting.len() >= MOST_KEPT => {
            let name = clean::line(name, LONGEST);
            let text = format!("asks you into {name}: {}", Refusal::ManyKept(MOST_KEPT));
            decision.word(by, text);
            return Ok(());
        }
        None => unheard_of(decision, id, name)?,
    };
    let told = is_asked_by(&group, by) && now.is_within(HOUR, group.since);
    group.standing = Standing::Asked { by, ended };
    group.told_members = members.to_vec();
    (group.since, group.question) = (now, Some(letter));
    if follows {
        return accept(decision, group);
    }
    if !told {
        decision.tell(Notice::Group {
            group: group.conversation,
            by: Some(by),
            what: GroupNews::Asked,
        });
    }
    decision.put_group(group);
    Ok(())
}

/// A group of which nothing was known.
fn unheard_of(decision: &Decision<'_>, id: GroupId, name: &str) -> Result<Group, Refusal> {
    let (local, topic) = (made_name(decision, name)?, String::new());
    let name = name.to_owned();
    begun(decision, id, local, Title { name, topic })
}

/// The question that the user has said yes to comes again: the answer was lost, or is on its way. It goes again, once an hour
/// at most.
fn agreed(
    decision: &mut Decision<'_>,
    mut group: Group,
    members: &[MemberId],
) -> Result<(), Refusal> {
    group.told_members = members.to_vec();
    if decision.now().is_within(HOUR, group.since) {
        decision.put_group(group);
        return Ok(());
    }
    accept(decision, group)
}

/// How many questions of somebody wait.
fn of_one(groups: &[Group], who: ContactId) -> usize {
    groups.iter().filter(|it| is_asked_by(it, who)).count()
}

fn is_agreed_with_another(group: &Group, who: ContactId) -> bool {
    matches!(group.standing, Standing::Agreed { by, .. } if by != who)
}

pub(super) fn is_asked_by(group: &Group, who: ContactId) -> bool {
    matches!(group.standing, Standing::Asked { by, .. } if by == who)
}

fn has_room(decision: &Decision<'_>) -> Result<(), Refusal> {
    let groups = decision.view.groups()?;
    if groups.len() >= MOST_KEPT {
        return Err(Refusal::ManyKept(MOST_KEPT));
    }
    match groups.iter().filter(|group| group.is_in()).count() < MOST_GROUPS {
        true => Ok(()),
        false => Err(Refusal::ManyGroups(MOST_GROUPS)),
    }
}

/// A name that the user chose for a group, if no other group has it.
pub(super) fn free_name(
    decision: &Decision<'_>,
    name: &str,
    of: Option<ConversationId>,
) -> Result<String, Refusal> {
    let name = name.trim_start_matches('#');
    check_title(&Title {
        name: name.to_owned(),
        topic: String::new(),
    })?;
    match is_taken(decision, name, of)? {
        true => Err(Refusal::GroupTaken(name.to_owned())),
        false => Ok(name.to_owned()),
    }
}

/// A name of what a stranger calls a group, with a number if another has it.
fn made_name(decision: &Decision<'_>, called: &str) -> Result<String, Refusal> {
    let clean = clean::line(called.trim_start_matches('#'), LONGEST);
    let base = match clean.trim() {
        "" => "group",
        name => name,
    };
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => base.to_owned(),
            _ => format!("{base} {number}"),
        };
        if !is_taken(decision, &name, None)? {
            return Ok(name);
        }
        number = number.saturating_add(1);
    }
}

fn is_taken(
    decision: &Decision<'_>,
    name: &str,
    but: Option<ConversationId>,
) -> Result<bool, Refusal> {
    let folded = name.to_lowercase();
    let groups = decision.view.groups()?;
    let mut others = groups
        .iter()
        .filter(|group| Some(group.conversation) != but);
    Ok(others.any(|group| group.name.to_lowercase() == folded))
}

/// Groups that the user is in.
const MOST_GROUPS: usize = 20;
/// Questions that wait.
const MOST_WAITING: usize = 8;
/// Of one friend.
const MOST_OF_ONE: usize = 4;
/// Groups that are kept, those that the user was in or was asked into among them.
const MOST_KEPT: usize = 200;
/// A name that is made has room for a number.
const LONGEST: usize = 56;
