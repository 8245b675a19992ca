//! The group that alice has founded, and how bob stands in it.

use std::sync::OnceLock;

use iim::edge::store::{Store, StoreError, Transaction};
use iim::protocol::codec::encode_room_key_made;
use iim::protocol::codec::group::{encode_deed, encode_person};
use iim::protocol::group::letters::Bid;
use iim::protocol::group::room::{RoomKey, RoomKeyMade, RoomKeyName};
use iim::protocol::group::{Act, Deed, Entry, GroupId, MemberId, Person, Signed, What};
use iim::protocol::letter::{Body, Letter, Presence, Secret, Signature};
use iim::protocol::mail_form::Answerable;
use iim::protocol::time::{Millis, Seconds};
use iim::rules::contact::{Contact, Standing};
use iim::rules::decide::decide;
use iim::rules::effect::Effect;
use iim::rules::event::{self, Came, Event, GroupAct, Heard, Proof, Seal};
use iim::rules::friend::Held;
use iim::rules::group::state::Group;
use iim::rules::message::{Delivery, Via};
use iim::rules::view::View;

use super::outcome::{Counting, Good};
use super::person::{BOBS, NOW, account, bob, id, key, keys, settings};

/// How bob stands in alice's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Membership {
    /// Alice has asked them, and they have not answered.
    Asked,
    /// They are in.
    In,
    /// They were put out.
    Out,
}

/// The group as alice keeps it, with its book and what alice has said in it, which is on its way.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) group: Group,
    pub(super) acts: Vec<Act>,
    pub(super) said: Vec<Effect>,
}

/// All that alice keeps of the group.
pub(super) fn kept(bob: Membership) -> Kept {
    static KEPT: OnceLock<[Kept; 3]> = OnceLock::new();
    let made = || [Membership::Asked, Membership::In, Membership::Out].map(make);
    KEPT.get_or_init(made)[bob as usize].clone()
}

impl Kept {
    pub(super) fn apply(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let here = tx.group_conversation(self.group.id).unwrap();
        assert_eq!(here, self.group.conversation, "made as it was made first");
        let acts = Effect::Acts(here, self.acts.clone(), Vec::new());
        let group = Effect::Group(Box::new(self.group.clone()));
        for effect in [acts, group].iter().chain(&self.said) {
            tx.apply(effect, Seconds(NOW))?;
        }
        Ok(())
    }
}

fn make(membership: Membership) -> Kept {
    let store = Store::in_memory().unwrap();
    let mut said = Vec::new();
    let bobs = store
        .transact(|tx| {
            tx.create_account(&account(), "{}")?;
            let ids = tx.ids_at(&bob()).unwrap();
            // The conversation with carol, that of the table is the third.
            let _ = tx.ids_at(&super::person::carol()).unwrap();
            let mut person = Contact::new(ids, bob(), "bob".into(), Seconds(NOW - 1000));
            person.standing = Standing::friend(keys(BOBS));
            let told = Presence {
                capabilities: Some(vec![18]),
                ..Presence::default()
            };
            person.friend_mut().unwrap().presence = Some(Held {
                presence: told,
                sent: Millis(1),
            });
            tx.apply(&Effect::Contact(Box::new(person)), Seconds(NOW))?;
            Ok::<_, StoreError>(ids)
        })
        .unwrap();
    let happens = |event: Event| {
        let effects = store
            .transact(|tx| {
                tx.at(Seconds(NOW - 900));
                let (rng, now) = (&mut Counting(50), Millis((NOW - 900) * 1000));
                let decided = decide(&settings(), tx, event, now, rng, &Good).unwrap();
                for effect in &decided.effects {
                    tx.apply(effect, Seconds(NOW - 900))?;
                }
                Ok::<_, StoreError>(decided.effects)
            })
            .unwrap();
        effects.into_iter().filter(is_said).collect::<Vec<_>>()
    };
    let acts = |act| Event::User(event::Act::Group(act));
    happens(acts(GroupAct::New {
        name: "climbing".into(),
        who: vec![bobs.contact],
    }));
    let group = || {
        let all = store
            .read(|tx| Ok::<_, StoreError>(View::groups(tx).unwrap()))
            .unwrap();
        all.into_iter().next().unwrap()
    };
    let here = group().conversation;
    if membership != Membership::Asked {
        let answer = Bid::Answer {
            group: group().id,
            entry: entry(group().id),
        };
        happens(Event::Letter(Box::new(Heard {
            letter: letter(200, Body::Bid(answer)),
            proof: Proof::Sealed(Seal {
                key: key(BOBS),
                session: "bobs".into(),
                used: None,
                accept_signed: true,
                irc: None,
            }),
            from: bob(),
            via: Came::Mail,
            answerable: Answerable::Anybody,
        })));
        said = happens(acts(GroupAct::Say {
            to: here,
            text: "said".into(),
            reply_to: None,
        }));
    }
    if membership == Membership::Out {
        said.extend(happens(acts(GroupAct::Remove(here, bobs_mid()))));
    }
    let book = store.read(|tx| Ok::<_, StoreError>(tx.acts(here).unwrap().0));
    // What was due to them has left.
    for effect in &mut said {
        if let Effect::Copy(copy) = effect {
            (copy.state, copy.via) = (Delivery::Sent, Some(Via::Mail));
            (copy.attempts, copy.mailed_at) = (1, Seconds(NOW - 900));
        }
    }
    let mut group = group();
    for member in &mut group.members {
        (member.acts_due, member.heads_due, member.again) = (false, false, None);
    }
    Kept {
        group,
        acts: book.unwrap(),
        said,
    }
}

fn is_said(effect: &Effect) -> bool {
    matches!(effect, Effect::Message(_) | Effect::Copy(_))
}

pub(super) fn bobs_mid() -> MemberId {
    MemberId::of(keys(BOBS).ed25519)
}

/// What bob signs to be in a group.
pub(super) fn entry(group: GroupId) -> Entry {
    let value = Person {
        address: bob(),
        name: "Bob".into(),
        keys: keys(BOBS),
        prekey: key(60),
        counter: 0,
        group: Some(group),
        ended: None,
    };
    Signed {
        bytes: encode_person(&value),
        value,
        signature: Signature([0; 64]),
    }
}

/// Bob goes: the one act that is theirs to do, on top of the book in which they are.
pub(super) fn leaves() -> Act {
    let Kept { group, acts, .. } = kept(Membership::In);
    let value = Deed {
        group: Some(group.id),
        author: bobs_mid(),
        parents: group.heads.clone(),
        depth: acts.len() as u64,
        time: Seconds(NOW),
        what: What::Leave,
        before: None,
        number: 1,
    };
    Signed {
        bytes: encode_deed(&value),
        value,
        signature: Signature([0; 64]),
    }
}

/// A key of the group's rooms, as it is when bob is in, made by alice or by bob, who is no admin.
pub(super) fn room_key(maker: MemberId) -> RoomKey {
    let Kept { group, .. } = kept(Membership::In);
    let (secret, name) = (Secret([8; 32]), RoomKeyName([9; 8]));
    let of = (group.id, maker, name);
    let value = RoomKeyMade::of(of, group.heads, &secret, Seconds(NOW), 3);
    let window = value.first;
    RoomKey {
        made: Signed {
            bytes: encode_room_key_made(&value),
            value,
            signature: Signature([0; 64]),
        },
        window,
        secret,
    }
}

pub(super) fn letter(number: u8, body: Body) -> Letter {
    Letter {
        holds: Some(0),
        ..Letter::bare(id(number), Millis(NOW * 1000), body)
    }
}

/// What has changed of the group, in words.
pub(super) fn changes(now: &Group, before: Option<&Group>) -> Vec<String> {
    let Some(before) = before.filter(|before| before.id == now.id) else {
        return vec!["another group: a question waits".into()];
    };
    let mut words = Vec::new();
    let (in_now, in_before) = (now.others().count(), before.others().count());
    if in_now != in_before {
        words.push(format!("{in_now} others are in"));
    }
    let (Some(bob), Some(was)) = (now.member(bobs_mid()), before.member(bobs_mid())) else {
        return words;
    };
    for (differs, word) in [
        (bob.heads != was.heads, "their heads are known"),
        (bob.got != was.got, "what came is known"),
        (bob.due != was.due, "something is due to them"),
        (bob.new_sessions != was.new_sessions, "a session is counted"),
        (bob.room != was.room, "they have a key of the rooms"),
        (
            now.rooms.keys != before.rooms.keys,
            "a key of the rooms is kept",
        ),
    ] {
        words.extend(differs.then(|| word.to_owned()));
    }
    words
}
