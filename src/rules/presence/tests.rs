//! What a friend tells of their presence, and what we tell of ours.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{Letter, Secret};
use crate::protocol::time::Seconds;
use crate::rules::contact::Standing;
use crate::rules::effect::Effect;
use crate::rules::event::{Event, Proof};
use crate::rules::fake_state::{
    Counting, FakeState, NOW, address, contact, friend, id, keys, posts,
};

/// A presence of an epoch, with the secret of that number.
fn of(epoch: Option<u64>, secret: Option<u8>, status: Option<Status>) -> Presence {
    Presence {
        epoch,
        secret: secret.map(|byte| Secret([byte; 32])),
        status,
        ..Presence::default()
    }
}

/// What is held after both, and which notices that gave.
fn taken(
    old: Option<(&Presence, u64)>,
    told: &Presence,
    sent: Seconds,
) -> (Option<Held>, Vec<Notice>) {
    let mut bob = friend("bob");
    bob.friend_mut().unwrap().presence = old.map(|(presence, sent)| Held {
        presence: presence.clone(),
        sent: Millis(sent),
    });
    let fake = FakeState::new();
    let mut rng = Counting(0);
    let mut case = fake.decision(&mut rng);
    take(&mut case, &mut bob, told, Millis(sent.0));
    let notices = case.finish().into_iter().filter_map(|effect| match effect {
        Effect::Tell(notice) => Some(notice),
        _ => None,
    });
    (bob.friend().unwrap().presence.clone(), notices.collect())
}

#[test]
fn the_higher_epoch_wins_then_the_later() {
    use Status::{Away, Online};
    let held = of(Some(5), Some(1), Some(Online));
    let without = of(None, None, Some(Online));
    for (case, old, told, sent, expected) in [
        (
            "newer epoch",
            &held,
            of(Some(6), Some(2), None),
            20,
            Some((Some(6), Some(2), Online)),
        ),
        (
            "newer epoch, older letter",
            &held,
            of(Some(6), Some(2), None),
            5,
            Some((Some(6), Some(2), Online)),
        ),
        (
            "newer epoch, no secret",
            &held,
            of(Some(6), None, Some(Away)),
            20,
            Some((Some(5), Some(1), Away)),
        ),
        (
            "same epoch, later",
            &held,
            of(Some(5), Some(2), Some(Away)),
            11,
            Some((Some(5), Some(1), Away)),
        ),
        (
            "same epoch, same time",
            &held,
            of(Some(5), Some(2), Some(Away)),
            10,
            None,
        ),
        (
            "same epoch, earlier",
            &held,
            of(Some(5), None, Some(Away)),
            9,
            None,
        ),
        (
            "older epoch, later",
            &held,
            of(Some(4), Some(2), Some(Away)),
            20,
            None,
        ),
        (
            "no epoch, later",
            &held,
            of(None, None, Some(Away)),
            11,
            Some((Some(5), Some(1), Away)),
        ),
        (
            "no epoch, earlier",
            &held,
            of(None, None, Some(Away)),
            9,
            None,
        ),
        ("nothing", &held, Presence::default(), 20, None),
        (
            "the first secret",
            &without,
            of(Some(1), Some(2), None),
            20,
            Some((Some(1), Some(2), Online)),
        ),
    ] {
        let (after, _) = taken(Some((old, 10)), &told, Seconds(sent));
        let after = after.unwrap();
        let expected = expected.map_or((old.clone(), 10), |(epoch, secret, status)| {
            (of(epoch, secret, Some(status)), sent)
        });
        assert_eq!((after.presence, after.sent.0), expected, "{case}");
    }
}

#[test]
fn the_agent_hears_of_a_move_and_the_user_of_a_status() {
    let held = of(Some(5), Some(1), Some(Status::Online));
    let old = Some((&held, 10));
    let moved = || Notice::Presence {
        friend: contact("bob"),
    };
    let status = |status| Notice::Status {
        friend: contact("bob"),
        status,
        text: String::new(),
    };
    let away = || status(Status::Away);
    let wider = Presence {
        window: Some(7200),
        ..of(Some(5), None, None)
    };
    let first = of(Some(5), Some(1), Some(Status::Online));
    for (case, old, told, expected) in [
        (
            "the first",
            None,
            first,
            vec![moved(), status(Status::Online)],
        ),
        (
            "the first, no status",
            None,
            of(Some(5), Some(1), None),
            vec![moved()],
        ),
        ("new secret", old, of(Some(6), Some(2), None), vec![moved()]),
        ("new window", old, wider, vec![moved()]),
        (
            "away",
            old,
            of(Some(5), None, Some(Status::Away)),
            vec![away()],
        ),
        (
            "both",
            old,
            of(Some(6), Some(2), Some(Status::Away)),
            vec![moved(), away()],
        ),
        (
            "the same status",
            old,
            of(Some(5), None, Some(Status::Online)),
            vec![],
        ),
        ("nothing", old, Presence::default(), vec![]),
    ] {
        assert_eq!(taken(old, &told, Seconds(20)).1, expected, "{case}");
    }
}

fn here(nick: &str) -> Here {
    Here {
        nick: nick.into(),
        network: "testnet".into(),
        status: Status::Online,
        status_text: None,
        capabilities: Vec::new(),
        echo: None,
    }
}

#[test]
fn a_here_counts_from_the_nick_that_it_names() {
    let irc = |nick: &str| Came::Irc {
        network: "testnet".into(),
        nick: nick.into(),
    };
    for (case, via, visible, expected) in [
        ("from there", irc("bobnick"), true, 1),
        ("in other letters", irc("BobNick"), true, 1),
        ("from elsewhere", irc("evenick"), true, 0),
        ("hidden from", irc("bobnick"), false, 0),
        ("both", irc("evenick"), false, 0),
        ("by mail", Came::Mail, true, 0),
    ] {
        let mut bob = friend("bob");
        bob.visible = visible;
        let here = here("bobnick");
        let heard = Heard {
            letter: Letter {
                id: id(1),
                sent: NOW.millis(),
                body: Body::Here(here.clone()),
                holds: None,
                presence: None,
                one_time_keys: None,
                irc: None,
            },
            proof: Proof::Signed {
                bytes: Vec::new(),
                invite: None,
            },
            from: address("bob"),
            via,
            answerable: crate::protocol::mail_form::Answerable::Anybody,
        };
        let effects = FakeState::new().effects(|case| {
            hear(case, &mut bob, &heard, &here);
            Ok(())
        });
        assert_eq!(effects.len(), expected, "{case}");
    }
}

#[test]
fn only_friends_who_may_see_us_are_greeted() {
    let greeting = Greeting {
        friend: contact("bob"),
        network: "testnet".into(),
        nick: "bobnick".into(),
        our_nick: "alicenick".into(),
        id: id(7),
        echo: Some(id(8)),
    };
    let friend = || Standing::friend(keys(10));
    for (case, standing, visible, blocked, invisible, expected) in [
        ("a friend", friend(), true, false, false, 1),
        ("no friend", Standing::Stranger, true, false, false, 0),
        ("hidden from", friend(), false, false, false, 0),
        ("blocked", friend(), true, true, false, 0),
        ("while invisible", friend(), true, false, true, 0),
    ] {
        let mut fake = FakeState::with(&["bob"]);
        fake.people[0].standing = standing;
        fake.people[0].visible = visible;
        fake.people[0].blocked = blocked;
        fake.account.invisible = invisible;
        let effects = fake.after(Event::Greet(greeting.clone()));
        assert_eq!(posts(&effects).len(), expected, "{case}");
    }
}

#[test]
fn a_greeting_tells_the_status_that_is_for_this_friend() {
    for (all, one, status, text) in [
        ("", None, Status::Online, None),
        ("hello", None, Status::Online, Some("hello")),
        (
            "hello",
            Some((Status::Away, "lunch")),
            Status::Away,
            Some("lunch"),
        ),
        ("hello", Some((Status::Away, "")), Status::Away, None),
    ] {
        let mut fake = FakeState::new();
        fake.account.status_text = all.into();
        fake.people.push(friend("bob"));
        fake.people[0].status_for = one.map(|(status, text)| (status, text.to_owned()));
        let greeting = Greeting {
            friend: contact("bob"),
            network: "testnet".into(),
            nick: "bobnick".into(),
            our_nick: "alicenick".into(),
            id: id(7),
            echo: None,
        };
        let post = posts(&fake.after(Event::Greet(greeting))).remove(0);
        let expected = Here {
            status,
            status_text: text.map(str::to_owned),
            capabilities: crate::rules::announce::CAPABILITIES.to_vec(),
            ..here("alicenick")
        };
        assert_eq!(post.letter.body, Body::Here(expected), "{all:?}, {one:?}");
        assert_eq!((post.letter.id, post.expires), (id(7), Some(NOW + 60)));
    }
}

#[test]
fn who_is_not_proved_gets_an_irc_session_with_the_next_mail() {
    for (known, before, expected) in [
        (true, false, Some(true)),
        (true, true, None),
        (false, false, None),
    ] {
        let mut fake = FakeState::new();
        let mut bob = friend("bob");
        bob.friend_mut().unwrap().reopen_irc = before;
        fake.people.extend(known.then_some(bob));
        let effects = fake.after(Event::Unproved(contact("bob")));
        let reopens = effects.iter().map(|effect| match effect {
            Effect::Contact(bob) => bob.friend().unwrap().reopen_irc,
            other => panic!("{other:?}"),
        });
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(reopens.collect::<Vec<_>>(), expected, "{known} {before}");
    }
}
