//! Hiding, showing, blocking and removing: what it takes, and when the secret changes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{LetterId, OneTimeKeys, Secret};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::contact::Shown;
use crate::rules::effect::Notice;
use crate::rules::fake_state::{FakeState, NOW, address, contact, friend, keys, messages, said};
use crate::rules::handshake::{Asked, Handshake};
use crate::rules::message::Delivery;

/// Bob, who was sent something of an epoch (ours is 100).
fn bob(shown: Option<(u64, bool)>) -> Contact {
    let mut bob = friend("bob");
    bob.shown = shown.map(|(epoch, real)| Shown {
        epoch,
        secret: Secret([9; 32]),
        real,
        at: NOW - 10,
        by_mail: true,
    });
    bob
}

fn fake(bob: Contact) -> FakeState {
    let mut fake = FakeState::new();
    fake.people.push(bob);
    fake
}

fn rotates(effects: &[Effect]) -> bool {
    let rotated = |effect: &Effect| matches!(effect, Effect::Tell(Notice::Rotated { .. }));
    effects.iter().any(rotated)
}

fn people(effects: &[Effect]) -> Vec<&Contact> {
    let mut people = Vec::new();
    for effect in effects {
        if let Effect::Contact(person) = effect {
            people.push(&**person);
        }
    }
    people
}

#[test]
fn the_secret_changes_for_those_who_know_it_and_for_those_with_a_decoy() {
    for (shown, hides, shows, removes) in [
        (None, false, false, false),
        (Some((100, true)), true, false, true),
        (Some((99, true)), false, false, false),
        (Some((100, false)), false, true, true),
        (Some((99, false)), false, false, false),
    ] {
        let friends = [address("bob")];
        let effects = fake(bob(shown)).effects(|decision| hide(decision, &friends));
        assert_eq!(rotates(&effects), hides, "hide from {shown:?}");
        assert!(!people(&effects)[0].visible, "{shown:?}");
        let mut hidden = bob(shown);
        hidden.visible = false;
        let effects = fake(hidden).effects(|decision| show(decision, &friends));
        assert_eq!(rotates(&effects), shows, "show to {shown:?}");
        assert!(people(&effects)[0].visible, "{shown:?}");
        let mut hidden = bob(shown);
        hidden.visible = false;
        let effects = fake(hidden).effects(|decision| remove(decision, &friends));
        assert_eq!(rotates(&effects), removes, "remove after {shown:?}");
    }
}

#[test]
fn one_who_knows_is_enough() {
    let mut fake = fake(bob(Some((100, true))));
    fake.people.push(friend("carol"));
    let both = [address("bob"), address("carol")];
    assert!(rotates(&fake.effects(|decision| hide(decision, &both))));
    fake.people[0] = bob(Some((100, false)));
    assert!(rotates(&fake.effects(|decision| show(decision, &both))));
}

#[test]
fn what_waits_for_the_blocked_and_the_removed_has_failed() {
    let mut fake = fake(bob(None));
    let mut text = said("bob", 40, Delivery::Sent);
    text.due = Some(NOW + 10);
    fake.messages.push(text.clone());
    text.state = Delivery::Failed;
    text.reason = Some("blocked by you".into());
    text.due = None;
    let friends = [address("bob")];
    for effects in [
        fake.effects(|decision| block(decision, &friends)),
        fake.effects(|decision| remove(decision, &friends)),
    ] {
        assert_eq!(messages(&effects), [text.clone()]);
        assert!(effects.contains(&Effect::CancelAll(contact("bob"))));
        let told = |effect: &&Effect| matches!(effect, Effect::Tell(Notice::State { .. }));
        assert_eq!(effects.iter().filter(told).count(), 1);
    }
}

#[test]
fn the_blocked_keep_their_friendship_and_lose_their_question() {
    let asked = || {
        Standing::Asked(Asked {
            request: LetterId([50; 16]),
            sent: Millis(0),
            at: Seconds(0),
            repeats: 0,
            next_at: None,
            note: None,
            pinned: None,
            token: None,
            verified: false,
            one_time_keys: OneTimeKeys::default(),
        })
    };
    let friend = || Standing::friend(keys(10));
    for (before, after) in [
        (Standing::Stranger, Standing::Stranger),
        (asked(), Standing::Stranger),
        (
            Standing::Handshake(Handshake::Asking(Vec::new())),
            Standing::Stranger,
        ),
        (friend(), friend()),
    ] {
        let mut person = bob(None);
        person.standing = before.clone();
        let effects = fake(person).effects(|decision| block(decision, &[address("bob")]));
        let bob = people(&effects)[0];
        assert_eq!(bob.standing, after, "{before:?}");
        assert!(bob.blocked && !bob.visible, "{before:?}");
    }
}

#[test]
fn a_stranger_can_be_blocked_and_we_cannot() {
    let fake = FakeState::new();
    let effects = fake.effects(|decision| block(decision, &[address("eve")]));
    assert!(people(&effects)[0].blocked);
    let ourselves = fake.effects(|decision| {
        let no = block(decision, &[address("alice")]);
        assert_eq!(no, Err(Refusal::Ourselves(address("alice"))));
        Ok(())
    });
    assert_eq!(ourselves, []);
}

#[test]
fn a_block_that_ends_leaves_a_friend_hidden_and_a_stranger_forgotten() {
    for (blocked, friends, expected) in [
        (true, true, "hidden"),
        (true, false, "forgotten"),
        (false, true, "nothing"),
        (false, false, "nothing"),
    ] {
        let mut person = bob(None);
        person.blocked = blocked;
        if !friends {
            person.standing = Standing::Stranger;
        }
        let effects = fake(person).effects(|decision| unblock(decision, &[address("bob")]));
        let found = match effects.as_slice() {
            [Effect::Contact(bob)] if !bob.blocked && !bob.visible => "hidden",
            [Effect::Forget(_)] => "forgotten",
            [] => "nothing",
            _ => "else",
        };
        assert_eq!(found, expected, "blocked: {blocked}, friend: {friends}");
    }
}

#[test]
fn nobody_who_is_blocked_is_shown_anything() {
    let mut person = bob(None);
    person.blocked = true;
    fake(person).effects(|decision| {
        let no = show(decision, &[address("bob")]);
        assert_eq!(no, Err(Refusal::Blocked("bob".into())));
        Ok(())
    });
}
