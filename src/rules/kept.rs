//! What of the roster is in a kept copy, and what becomes of it where everything else is lost.
//!
//! ```text
//! friend, asked, blocked ──▶ kept ──▶ the same again; nothing is known of what was told, sealed or sent
//!                                 └── the copy is old: nobody sees us
//! ```

pub mod due;
pub mod waits;

use super::account::Settings;
use super::contact::{Contact, Shown, Standing};
use super::conversation::{ContactId, Ids};
use super::friend::Friend;
use super::group::state::{Group, Member};
use super::handshake::{Asked, Handshake};
use crate::protocol::codec::{MAX_CALLED, MAX_NOTE, MAX_WAYS};
use crate::protocol::kept::{
    ASKED, BLOCKED, KeptGroup, KeptPerson, MOST_FRIENDS, MUTED, NO_ROOMS, TOLD, VERIFIED, VISIBLE,
};
use crate::protocol::letter::{Keys, LetterId, OneTimeKeys, Secret};
use crate::protocol::time::{DAY, Millis, Seconds};

/// Whether anything of somebody is kept: not of who only asks, and will ask again.
pub fn is_kept(person: &Contact) -> bool {
    match &person.standing {
        Standing::Asked(_) | Standing::Handshake(Handshake::Confirming(_)) => true,
        Standing::Stranger | Standing::Handshake(Handshake::Asking(_)) => person.blocked,
        Standing::Friend(_) => true,
    }
}

/// What of somebody is kept.
pub fn person(person: &Contact, settings: &Settings) -> Option<KeptPerson> {
    if !is_kept(person) {
        return None;
    }
    let is_asked = matches!(
        &person.standing,
        Standing::Asked(_) | Standing::Handshake(Handshake::Confirming(_))
    );
    let asked = person.asked().filter(|_| is_asked);
    let ours = person.our_address(settings);
    let ways = person
        .ways
        .iter()
        .filter(|way| (1..=MAX_NOTE).contains(&way.len()));
    let ways: Vec<String> = ways.take(MAX_WAYS).cloned().collect();
    Some(KeptPerson {
        address: person.address.clone(),
        name: called(person),
        keys: person.keys().copied(),
        flags: flag(person.visible, VISIBLE)
            | flag(person.blocked, BLOCKED)
            | flag(
                person.verified || asked.is_some_and(|asked| asked.verified),
                VERIFIED,
            )
            | flag(person.shown.is_some(), TOLD)
            | flag(is_asked, ASKED),
        note: Some(cut(&person.note, MAX_NOTE)).filter(|note| !note.is_empty()),
        ways: Some(ways).filter(|ways| !ways.is_empty()),
        last_request: (person.friend())
            .map(|friend| friend.last_request)
            .filter(|at| *at > Millis(0)),
        knows_us_by: Some(ours.clone()).filter(|ours| *ours != settings.address),
        pinned: pinned(person).filter(|_| is_asked),
        token: asked.and_then(|asked| asked.token),
    })
}

/// The only keys that may prove somebody who was asked: an invite link named them, or the user said yes to them and to no others.
fn pinned(person: &Contact) -> Option<Keys> {
    let asked = person.asked().and_then(|asked| asked.pinned);
    let pinned = asked.or(person.pinned.map(|pinned| pinned.keys));
    pinned.or(match person.accepted() {
        [one] => Some(one.keys),
        _ => None,
    })
}

fn flag(is: bool, flag: u64) -> u64 {
    if is { flag } else { 0 }
}

/// What a copy has room for; one that could not be read is nobody else's matter.
fn called(person: &Contact) -> String {
    match person.name.is_empty() {
        true => person.address.to_string(),
        false => cut(&person.name, MAX_CALLED),
    }
}

fn cut(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most);
    text.get(..end).unwrap_or_default().to_owned()
}

/// The same person again. If the copy is `old` they do not see us; who was told a presence gets another, which leads nowhere.
/// `random` is theirs alone.
pub fn contact(
    kept: &KeptPerson,
    ids: Ids,
    (old, random): (bool, [u8; 32]),
    now: Seconds,
) -> Contact {
    let has = |flag: u64| kept.flags & flag != 0;
    let mut person = Contact::new(ids, kept.address.clone(), kept.name.clone(), now);
    person.visible = has(VISIBLE) && !old;
    person.blocked = has(BLOCKED);
    person.verified = has(VERIFIED) && kept.keys.is_some();
    person.note = kept.note.clone().unwrap_or_default();
    person.ways = kept.ways.clone().unwrap_or_default();
    // What it was is not known any more: they are told anew. It is of no epoch, and never sent.
    person.shown = has(TOLD).then_some(Shown {
        epoch: 0,
        secret: Secret(random),
        real: false,
        at: now,
        by_mail: true,
    });
    if let Some(keys) = kept.keys {
        let us = kept.knows_us_by.iter();
        let us = us.map(|address| (keys.curve25519, address.clone()));
        person.knows_us_by = us.collect();
        person.standing = Standing::Friend(Box::new(Friend {
            last_request: kept.last_request.unwrap_or(Millis(0)),
            ..Friend::new(keys)
        }));
    } else if has(ASKED) {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = random;
        person.standing = Standing::Asked(Asked {
            request: LetterId(id),
            sent: now.millis(),
            at: now,
            repeats: 0,
            next_at: Some(now.after(DAY)),
            note: None,
            pinned: kept.pinned,
            token: kept.token,
            verified: has(VERIFIED) && kept.pinned.is_some(),
            one_time_keys: OneTimeKeys::default(),
        });
    }
    person
}

/// Whether somebody who was kept has a place on the roster again.
pub fn is_somebody(person: &Contact) -> bool {
    person.blocked || !matches!(person.standing, Standing::Stranger)
}

/// What of a group is kept: of one in which no friend is who could send its book, nothing. `known`: who is on the roster. As long
/// as its book has not come back, all that is known of it was in a copy, and is again.
pub fn group<'a>(
    group: &Group,
    known: impl Fn(ContactId) -> Option<&'a Contact>,
) -> Option<KeptGroup> {
    let mut members: Vec<_> = group.others().collect();
    // An admin is the likeliest to hold all of it.
    members.sort_by_key(|member| (member.rank.is_none(), member.first));
    let member = |member: &Member| {
        let person = known(member.contact)?;
        (person.keys() == Some(&member.entry.value.keys)).then_some(person)
    };
    let is_asked = |person: &&Contact| person.friend().is_some() && !person.blocked;
    let asked = group.recovers.as_ref().map(|it| it.from.as_slice());
    let asked = asked.unwrap_or_default().iter();
    let from = asked.filter_map(|id| known(*id));
    let friends = from
        .chain(members.into_iter().filter_map(member))
        .filter(is_asked);
    let friends = friends.map(|person| person.address.clone());
    let friends: Vec<_> = friends.take(MOST_FRIENDS).collect();
    let is_ours = group.is_in() || group.recovers.is_some();
    (is_ours && !friends.is_empty()).then(|| KeptGroup {
        id: group.id,
        name: group.name.clone(),
        friends,
        flags: flag(group.muted, MUTED) | flag(group.rooms.shown == Some(false), NO_ROOMS),
    })
}
