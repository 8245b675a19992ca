//! Who comes into a group, and who is heard in it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod differs;
mod kept;
mod repairs;

use super::*;
use crate::protocol::codec::group::encode_person;
use crate::protocol::codec::spoken;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::group::{Act, ActId, Person, Signed, What};
use crate::protocol::letter::{Keys, LetterId, Said, Signature, Text};
use crate::protocol::time::Millis;
use crate::rules::effect::Effect;
use crate::rules::event::GroupAct;
use crate::rules::fake_state::{Counting, FakeState, NOW, address, contact, friend, keys};
use crate::rules::group::acts::act;

/// What they sign who say yes.
fn entry(name: &str, keys: Keys, group: GroupId) -> Entry {
    let value = Person {
        address: address(name),
        name: name.to_owned(),
        keys,
        prekey: PublicKey([50; 32]),
        counter: 0,
        group: Some(group),
        ended: None,
    };
    Signed {
        bytes: encode_person(&value),
        value,
        signature: Signature([7; 64]),
    }
}

fn acts(effects: &[Effect]) -> Vec<Act> {
    let taken = |effect: &Effect| match effect {
        Effect::Acts(_, taken, _) => taken.clone(),
        _ => Vec::new(),
    };
    effects.iter().flat_map(taken).collect()
}

fn group(effects: &[Effect]) -> Group {
    let group = |effect: &Effect| match effect {
        Effect::Group(group) => Some((**group).clone()),
        _ => None,
    };
    effects.iter().find_map(group).unwrap()
}

/// Alice has founded a group and asked bob.
fn asked() -> FakeState {
    let mut fake = FakeState::with(&["bob", "carol"]);
    fake.people[0] = friend("bob");
    let mut bob = fake.people[0].clone();
    let told = crate::protocol::letter::Presence {
        capabilities: Some(vec![18]),
        ..Default::default()
    };
    bob.friend_mut().unwrap().presence = Some(crate::rules::friend::Held {
        presence: told,
        sent: Millis(1),
    });
    fake.people[0] = bob;
    let new = GroupAct::New {
        name: "climbing".to_owned(),
        who: vec![contact("bob")],
    };
    let effects = fake.effects(|decision| act(decision, new));
    fake.acts = acts(&effects);
    fake.groups = vec![group(&effects)];
    fake
}

fn by_bob() -> Sender {
    Sender {
        contact: contact("bob"),
        key: keys(10).curve25519,
        blocked: false,
        friend: true,
    }
}

fn answered_with(fake: &FakeState, entry: Entry, sender: Sender) -> Vec<Effect> {
    let group = fake.groups[0].id;
    let bid = Bid::Answer { group, entry };
    fake.effects(|decision| hear_bid(decision, sender, LetterId([9; 16]), &bid))
}

#[test]
fn whoever_was_asked_is_taken_in_under_what_they_are_known_by() {
    let fake = asked();
    let id = fake.groups[0].id;
    let unknown = Sender {
        friend: false,
        ..by_bob()
    };
    let blocked = Sender {
        blocked: true,
        ..by_bob()
    };
    for (case, name, keys_of, sender, taken) in [
        ("they say yes", "bob", 10, by_bob(), 1),
        (
            "under an address that is not theirs",
            "carol",
            10,
            by_bob(),
            0,
        ),
        ("under other keys", "bob", 11, by_bob(), 0),
        ("no friend", "bob", 10, unknown, 0),
        ("blocked", "bob", 10, blocked, 0),
    ] {
        let effects = answered_with(&fake, entry(name, keys(keys_of), id), sender);
        assert_eq!(acts(&effects).len(), taken, "{case}");
    }
    let mut late = asked();
    late.groups[0].asked[0].1 = NOW - ASKED;
    let effects = answered_with(&late, entry("bob", keys(10), id), by_bob());
    assert_eq!(acts(&effects).len(), 0, "a month later");
}

/// Bob has said yes.
fn with_bob() -> FakeState {
    let mut fake = asked();
    let id = fake.groups[0].id;
    let effects = answered_with(&fake, entry("bob", keys(10), id), by_bob());
    fake.acts.extend(acts(&effects));
    fake.groups = vec![group(&effects)];
    fake
}

/// Bob says something in the group, numbered and under a text's id.
fn said_by(fake: &FakeState, sender: Sender) -> Vec<Effect> {
    let said = Said {
        group: Some(fake.groups[0].id),
        number: 1,
        before: SaidHash::default(),
        body: spoken(Body::Text(Text {
            text: "hello".to_owned(),
            reply_to: None,
            notice: false,
        })),
        whose: None,
        heads: Vec::new(),
        since: Some(1),
    };
    let letter = Letter::bare(LetterId([3; 16]), NOW.millis(), Body::Said(said));
    let mut rng = Counting(0);
    let mut decision = fake.decision(&mut rng);
    one(&mut decision, sender, &Came::Mail, &letter).unwrap();
    decision.finish()
}

#[test]
fn who_is_in_is_heard_but_not_under_another_s_address() {
    let fake = with_bob();
    let heard = |fake: &FakeState, sender| {
        let effects = said_by(fake, sender);
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Message(_)))
    };
    let blocked = Sender {
        blocked: true,
        ..by_bob()
    };
    let other_key = Sender {
        key: keys(11).curve25519,
        ..by_bob()
    };
    assert!(heard(&fake, by_bob()));
    assert!(!heard(&fake, blocked) && !heard(&fake, other_key));
    // Somebody else was taken in under the same address.
    let mut two = FakeState {
        groups: fake.groups.clone(),
        ..asked()
    };
    let mut other = two.groups[0].members[0].clone();
    other.id = MemberId([77; 8]);
    other.entry.value.keys = keys(13);
    two.groups[0].members.push(other.clone());
    assert!(heard(&two, by_bob()), "bob's keys are known");
    // Of strangers whoever was there first has the address, and keeps it when they are out.
    let puppet = Sender {
        key: keys(13).curve25519,
        friend: false,
        ..by_bob()
    };
    assert!(!heard(&two, puppet));
    two.people.clear();
    two.groups[0].members[0].is_in = false;
    two.groups[0].members[1].first = (9, other.first.1);
    assert!(!heard(&two, puppet));
    two.groups[0].members[0].first = (10, other.first.1);
    assert!(heard(&two, puppet));
    // Bob's keys are others now.
    let mut changed = fake;
    changed.people[0].friend_mut().unwrap().keys = keys(12);
    assert!(!heard(&changed, by_bob()));
    let mut out = changed;
    out.people[0].friend_mut().unwrap().keys = keys(10);
    out.groups[0].members[0].is_in = false;
    assert!(!heard(&out, by_bob()));
}

/// Bob tells acts of the group.
fn told_by(fake: &FakeState, sender: Sender, acts: Vec<Act>) -> Vec<Effect> {
    let told = Told {
        group: fake.groups[0].id,
        acts,
        room: None,
        heads: Vec::new(),
        entries: Vec::new(),
    };
    fake.effects(|decision| told::hear(decision, sender, &told))
}

/// Acts without their parents, each another.
fn orphans(fake: &FakeState, from: u32) -> Vec<Act> {
    let orphan = |n: u32| {
        let mut act = fake.acts[0].clone();
        act.value.group = Some(fake.groups[0].id);
        act.value.what = What::Leave;
        act.value.parents = vec![ActId([9; 32])];
        act.bytes = n.to_be_bytes().to_vec();
        act
    };
    (from..).take(128).map(orphan).collect()
}

#[test]
fn of_ten_thousand_acts_without_their_parents_eight_wait() {
    let mut fake = asked();
    let id = fake.groups[0].id;
    let effects = answered_with(&fake, entry("bob", keys(10), id), by_bob());
    fake.acts.extend(acts(&effects));
    fake.groups = vec![group(&effects)];
    let unknown = Sender {
        contact: contact("carol"),
        key: keys(11).curve25519,
        ..by_bob()
    };
    assert_eq!(told_by(&fake, unknown, orphans(&fake, 0)), []);
    for n in 0..79 {
        let effects = told_by(&fake, by_bob(), orphans(&fake, n * 128));
        assert!(acts(&effects).is_empty(), "none is taken");
        let waits = effects.iter().find_map(|effect| match effect {
            Effect::Acts(_, _, waits) => Some(waits.clone()),
            _ => None,
        });
        fake.acts_waiting = waits.unwrap();
        assert_eq!(fake.acts_waiting.len(), 8, "after {n}");
    }
}

/// A question of bob's about a group.
fn bid_by(fake: &FakeState, sender: Sender, id: GroupId, name: &str) -> Vec<Effect> {
    let bid = Bid::Ask {
        group: id,
        name: name.to_owned(),
        members: vec![MemberId([1; 8])],
        ended: None,
    };
    fake.effects(|decision| hear_bid(decision, sender, LetterId([9; 16]), &bid))
}

fn is_answered(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| match effect {
        Effect::Post(letter) => matches!(letter.letter.body, Body::Bid(Bid::Answer { .. })),
        _ => false,
    })
}

#[test]
fn only_who_gave_the_link_is_answered_unasked_for_its_group_once() {
    let (here, there) = (GroupId([5; 16]), GroupId([6; 16]));
    let followed = |at| {
        let mut fake = asked();
        fake.groups.clear();
        fake.people[1] = friend("carol");
        fake.people[0].follows_into = vec![(here, at)];
        fake
    };
    let by_carol = Sender {
        contact: contact("carol"),
        ..by_bob()
    };
    let fake = followed(NOW);
    let answered = |fake: &FakeState, sender, id| is_answered(&bid_by(fake, sender, id, "it"));
    assert!(answered(&fake, by_bob(), here));
    assert!(!answered(&fake, by_bob(), there), "another group");
    assert!(!answered(&fake, by_carol, here), "another friend");
    let member = Sender {
        friend: false,
        ..by_bob()
    };
    assert!(!answered(&fake, member, here), "a member");
    assert!(
        !answered(&followed(NOW - ASKED), by_bob(), here),
        "a month later"
    );
    // Whose link was followed is told nothing of what the user is asked besides; the user is not asked what they have said.
    let effects = bid_by(&fake, by_bob(), here, "it");
    let asked = |effect: &Effect| matches!(effect, Effect::Tell(_));
    assert!(!effects.iter().any(asked));
    let mut then = followed(NOW);
    then.people[0] = effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Contact(person) if person.id == contact("bob") => Some((**person).clone()),
            _ => None,
        })
        .unwrap();
    then.groups = vec![group(&effects)];
    assert!(!answered(&then, by_bob(), here), "once");
}

#[test]
fn what_strangers_call_a_group_is_cleaned() {
    for (called, name) in [
        ("cli\u{1b}[31mmb\r\n", "climb"),
        ("\u{7}\u{202e}", "group"),
        ("#climbing", "climbing 2"),
    ] {
        let effects = bid_by(&asked(), by_bob(), GroupId([5; 16]), called);
        assert_eq!(group(&effects).name, name, "{called:?}");
    }
}
