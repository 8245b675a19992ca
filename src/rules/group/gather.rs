//! What a letter to a member takes along when it leaves: all that is to be told to them, in every group that they share with the
//! user.
//!
//! ```text
//!  by mail   acts that they lack ─ what was said ─ what came of them      whole letters, gathered in one
//!  over IRC  the oldest that was said, or what came of them               one letter
//! ```

use super::book::Book;
use super::copy::Copy;
use super::due::is_watched;
use super::letter;
use super::room;
use super::state::{Group, Member};
use crate::protocol::codec::group::encode_act;
use crate::protocol::codec::{MAX_ACTS_TOLD, MAX_GATHERED, encode};
use crate::protocol::group::letters::{Gather, Got, Told};
use crate::protocol::group::{Act, Entry, MemberId};
use crate::protocol::letter::{Body, Letter, LetterId, PublicKey};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::conversation::{Author, ContactId};
use crate::rules::decision::Rng;
use crate::rules::effect::Effect;
use crate::rules::message::{Delivery, Via};
use crate::rules::queue::retry::{IRC_PATIENCE, LONGEST_TEXT, next_try};
use crate::rules::view::{Unreadable, View};

/// To whom, and within which letter.
#[derive(Debug, Clone, Copy)]
pub struct To {
    /// Who has their address.
    pub contact: ContactId,
    /// Their Curve25519 key.
    pub key: PublicKey,
    /// The letter in the outbox.
    pub within: LetterId,
    /// The time.
    pub now_ms: Millis,
}

/// What leaves, and what that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whole letters.
    pub letters: Vec<Letter>,
    /// The groups and copies as they are after that.
    pub effects: Vec<Effect>,
}

impl To {
    fn now(&self) -> Seconds {
        self.now_ms.seconds()
    }
}

/// All that is to be told to them by mail in these groups, which they share with the user: as much as one mail takes.
pub fn by_mail(
    view: &dyn View,
    groups: Vec<Group>,
    to: To,
    rng: &mut dyn Rng,
) -> Result<Taken, Unreadable> {
    let mut taken = Taken::default();
    let mut room = ROOM;
    for mut group in groups {
        let Some(id) = group.known_by(to.contact, to.key) else {
            continue;
        };
        let Some(mut member) = group.member(id).cloned() else {
            continue;
        };
        let before = member.clone();
        member.due = None;
        let whole = take_all(view, to, (&group, &mut member), rng, &mut room, &mut taken)?;
        if !whole {
            member.due = Some(to.now());
        }
        if member != before {
            put(&mut group, id, member);
            taken.effects.push(Effect::Group(Box::new(group)));
        }
    }
    Ok(taken)
}

/// One letter that goes over IRC, if there is one: not where somebody is in who must not learn when the user is there.
pub fn over_irc(view: &dyn View, to: To, rng: &mut dyn Rng) -> Result<Taken, Unreadable> {
    for mut group in view.groups_with(to.contact)? {
        let Some(id) = group.known_by(to.contact, to.key) else {
            continue;
        };
        let Some(mut member) = group.member(id).filter(|member| member.is_in).cloned() else {
            continue;
        };
        if !group.is_in() || is_watched(view, &group)? {
            continue;
        }
        for copy in waiting(view, &group, id, (to.within, to.now()))? {
            let since = copy.1;
            if let Some((letter, copy)) = said(view, &group, copy, to, Via::Irc)? {
                member.since_told = member.since_told.max(since);
                put(&mut group, id, member);
                return Ok(Taken {
                    letters: vec![letter],
                    effects: vec![Effect::Copy(Box::new(copy)), Effect::Group(Box::new(group))],
                });
            }
        }
        if let Some(got) = got(&group, &mut member, to, rng) {
            put(&mut group, id, member);
            return Ok(Taken {
                letters: vec![got],
                effects: vec![Effect::Group(Box::new(group))],
            });
        }
    }
    Ok(Taken::default())
}

fn put(group: &mut Group, id: MemberId, member: Member) {
    if let Some(place) = group.member_mut(id) {
        *place = member;
    }
}

/// Says whether nothing is left.
fn take_all(
    view: &dyn View,
    to: To,
    (group, member): (&Group, &mut Member),
    rng: &mut dyn Rng,
    room: &mut usize,
    taken: &mut Taken,
) -> Result<bool, Unreadable> {
    let (told, mut whole) = told(view, (group, member), to, rng, *room)?;
    if let Some(told) = told {
        fits(room, &told);
        taken.letters.push(told);
    }
    if !group.is_in() || !member.is_in {
        return Ok(whole);
    }
    for copy in waiting(view, group, member.id, (to.within, to.now()))? {
        let since = copy.1;
        let Some((letter, copy)) = said(view, group, copy, to, Via::Mail)? else {
            continue;
        };
        if taken.letters.len() >= MOST || !fits(room, &letter) {
            whole = false;
            break;
        }
        member.since_told = member.since_told.max(since);
        taken.letters.push(letter);
        taken.effects.push(Effect::Copy(Box::new(copy)));
    }
    if let Some(got) = got(group, member, to, rng) {
        taken.letters.push(got);
    }
    Ok(whole)
}

/// Takes the room that a letter needs, if there is as much.
fn fits(room: &mut usize, letter: &Letter) -> bool {
    match room.checked_sub(encode(letter).len()) {
        Some(left) => {
            *room = left;
            true
        }
        None => false,
    }
}

/// Their copies that have not left, or within this very letter: it may be sealed again. With the number before which nothing is
/// still to come to them.
fn waiting(
    view: &dyn View,
    group: &Group,
    id: MemberId,
    (within, now): (LetterId, Seconds),
) -> Result<Vec<(Copy, u64)>, Unreadable> {
    let mut copies = view.copies_to(group.conversation, id)?;
    // A report that one never arrived may be forged: it is waited for as long as any other.
    let mut failed = view.copies_failed(group.conversation, id)?;
    let may_come = |until: Seconds| until > now && until <= now.after(LONGEST_TEXT);
    failed.retain(|copy| copy.due.is_some_and(may_come));
    let all = copies.iter().chain(&failed);
    let since = all.map(|copy| copy.number).min();
    copies.retain(|copy| copy.state == Delivery::Queued || copy.within == Some(within));
    let since = since.unwrap_or_default();
    Ok(copies.into_iter().map(|copy| (copy, since)).collect())
}

/// A copy as it leaves.
fn said(
    view: &dyn View,
    group: &Group,
    (mut copy, since): (Copy, u64),
    to: To,
    via: Via,
) -> Result<Option<(Letter, Copy)>, Unreadable> {
    let message = view.message(group.conversation, Author::Us, copy.of)?;
    let Some(letter) = message.and_then(|message| letter::said(group, &message, since)) else {
        return Ok(None);
    };
    let again = copy.within == Some(to.within);
    copy.state = Delivery::Sent;
    (copy.via, copy.within) = (Some(via), Some(to.within));
    match via {
        Via::Irc => copy.due = Some(to.now().after(IRC_PATIENCE)),
        Via::Mail => {
            if copy.mailed_at == Seconds(0) {
                copy.mailed_at = to.now();
            }
            copy.attempts = copy.attempts.saturating_add(u8::from(!again)).max(1);
            copy.due = Some(next_try(copy.mailed_at, copy.attempts, to.now()));
        }
    }
    Ok(Some((letter, copy)))
}

/// The acts that they lack, or only our heads; and whether that is all of them.
fn told(
    view: &dyn View,
    (group, member): (&Group, &mut Member),
    to: To,
    rng: &mut dyn Rng,
    room: usize,
) -> Result<(Option<Letter>, bool), Unreadable> {
    let again = member.within == Some(to.within);
    if !member.acts_due && !member.heads_due && !member.entry_due && !member.key_due && !again {
        return Ok((None, true));
    }
    let Some(mut book) = Book::restored(view.acts(group.conversation)?.0) else {
        return Ok((None, true));
    };
    if !member.is_in {
        // What those do who know it is not for them.
        book = book.open_to(member.id);
    }
    let mut known = book.named(&member.heads);
    known.extend(member.told.iter().filter(|_| !again));
    let lacking = book.lacking(&known);
    let mut acts: Vec<Act> = Vec::new();
    let mut size = 0_usize;
    for act in lacking.iter().take(MAX_ACTS_TOLD) {
        size = size.saturating_add(encode_act(act).len());
        if size > room / 2 {
            break;
        }
        acts.push((*act).clone());
    }
    let whole = acts.len() == lacking.len();
    let entries = entries(group, member, &book, &acts);
    let room = room::key_for(group, member, again, to.now());
    let heads = book.heads();
    if acts.is_empty() && entries.is_empty() && room.is_none() && !member.heads_due {
        (member.acts_due, member.key_due, member.repairs) = (false, false, false);
        return Ok((None, true));
    }
    member.within = Some(to.within);
    if let Some(key) = &room {
        member.room = Some(key.made.value.name);
    }
    match whole {
        true => {
            (member.acts_due, member.repairs, member.key_due) = (false, false, false);
            (member.heads_due, member.entry_due) = (false, false);
            member.told.clone_from(&heads);
        }
        // What stands before the rest is known then.
        false => member.told.extend(acts.iter().map(Act::id)),
    }
    let body = Body::Told(Told {
        group: group.id,
        acts,
        room,
        heads: heads.iter().map(|id| id.head()).collect(),
        entries,
    });
    Ok((Some(fresh(body, to, rng)), whole))
}

/// The user's own entry, where it is newer than that in the book; of whom nothing has come, who is new, also the others'.
fn entries(group: &Group, member: &Member, book: &Book, acts: &[Act]) -> Vec<Entry> {
    if !member.is_in {
        return Vec::new();
    }
    let ours = group.entry.iter().filter(|_| member.entry_due).cloned();
    if acts.is_empty() || !member.heads.is_empty() {
        return ours.collect();
    }
    let roster = book.roster();
    let newer = |one: &&Member| {
        let held = roster.members.get(&one.id);
        held.is_some_and(|held| held.entry.value.counter < one.entry.value.counter)
    };
    let others = group.others().filter(newer);
    ours.chain(others.map(|one| one.entry.clone())).collect()
}

fn got(group: &Group, member: &mut Member, to: To, rng: &mut dyn Rng) -> Option<Letter> {
    let again = member.within == Some(to.within);
    if !std::mem::take(&mut member.got_due) && !again {
        return None;
    }
    member.within = Some(to.within);
    let body = Body::Got(Got {
        group: Some(group.id),
        of: vec![member.got.clone()?],
        heads: group.shown_heads(),
        opened: Vec::new(),
    });
    Some(fresh(body, to, rng))
}

fn fresh(body: Body, to: To, rng: &mut dyn Rng) -> Letter {
    let mut id = [0; 16];
    rng.fill(&mut id);
    Letter::bare(LetterId(id), to.now_ms, body)
}

/// The letter that holds those that were taken for a mail.
pub fn gathered(outgoing: &Letter, letters: &[Letter]) -> Letter {
    let body = Body::Gather(Gather {
        letters: letters.iter().map(encode).collect(),
    });
    Letter::bare(outgoing.id, outgoing.sent, body)
}

/// Bytes of the letters in one mail.
const ROOM: usize = 96 * 1024;
/// So that acts and what came fit beside what was said.
const MOST: usize = MAX_GATHERED - 24;
