//! People.

use super::*;
use crate::protocol::letter::{Network, Presence};
use crate::protocol::link::Token;
use crate::protocol::time::{DAY, Millis, Seconds};
use crate::rules::contact::{Announce, Shown};
use crate::rules::friend::{Healing, Held};
use crate::rules::handshake::{Accepted, Asked, Confirming, Handshake};

pub(super) fn asked(next_at: Option<Seconds>) -> Asked {
    Asked {
        request: id(1),
        sent: Millis(u64::MAX),
        at: NOW,
        repeats: 1,
        next_at,
        note: Some("it is me".into()),
        pinned: Some(keys(4)),
        token: Some(Token([8; 16])),
        verified: true,
        one_time_keys: OneTimeKeys {
            mail: Some(key(5)),
            irc: Some(key(6)),
        },
    }
}

pub(super) fn accepted(next_at: Option<Seconds>) -> Accepted {
    Accepted {
        accept: id(2),
        request: id(3),
        request_sent: Millis(1),
        again: 0,
        at: NOW,
        repeats: 0,
        next_at,
        keys: keys(7),
        theirs: OneTimeKeys {
            mail: Some(key(8)),
            irc: None,
        },
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
        ahead: Vec::new(),
    }
}

/// Somebody of whom everything is known that can be of a friend.
pub(super) fn full() -> Contact {
    let mut bob = person("Bob");
    bob.standing = Standing::friend(keys(1));
    bob.set_handshake(Handshake::accepted(vec![accepted(Some(NOW + 7))]));
    bob.shown = Some(Shown {
        epoch: 5,
        secret: Secret([1; 32]),
        real: false,
        at: NOW,
        by_mail: true,
    });
    bob.announce = Some(Announce {
        since: NOW,
        over_irc: Some(NOW),
        mail_at: NOW,
        repair: true,
        hides: false,
    });
    bob.verified = true;
    let friend = bob.friend_mut().unwrap();
    (friend.answer_irc, friend.holds) = (true, 100);
    friend.confirmed = Some((id(6), id(7)));
    friend.healings.taken = vec![(id(8), Millis(9))];
    friend.ours.mail = Some(key(9));
    friend.healing = Some(Healing {
        request: id(4),
        sent: Millis(5),
        at: Seconds(6),
        one_time_keys: OneTimeKeys::default(),
        unanswered: 2,
        soon: false,
    });
    let network = Network {
        name: "libera".into(),
        servers: vec!["irc.libera.chat:6697".into()],
    };
    let presence = Presence {
        epoch: Some(u64::MAX),
        secret: Some(Secret([7; 32])),
        window: Some(3600),
        networks: Some(vec![network]),
        status: Some(Status::Busy),
        status_text: Some("\u{1b}[31m \" \\ ü".into()),
        capabilities: Some(vec![1, 2]),
        ways: Some(vec!["tel:+1".into()]),
    };
    bob.friend_mut().unwrap().presence = Some(Held {
        presence,
        sent: Millis(3),
    });
    bob.status_for = Some((Status::Away, "for you".into()));
    bob.new_sessions = (20_000, 3);
    bob
}

/// Somebody who asked us, and whom we asked.
pub(super) fn crossed() -> Contact {
    let mut carol = person("Carol");
    carol.standing = Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: vec![accepted(Some(NOW + 7))],
        asked: Some(asked(Some(NOW + 9))),
    }));
    carol
}

#[test]
fn a_person_is_kept_whole() {
    let store = store();
    for person in [full(), crossed(), person("Dave")] {
        apply(&store, &[Effect::Contact(Box::new(person.clone()))]);
        let found = store
            .read(|tx| tx.contact_at(&person.address).map_err(other))
            .unwrap();
        assert_eq!(found, Some(person));
    }
}

#[test]
fn names_are_found_without_regard_to_case_and_are_given_once() {
    let store = store();
    let mut bob = person("Bob");
    bob.name = "Jürgen B".into();
    apply(&store, &[Effect::Contact(Box::new(bob.clone()))]);
    for (name, found) in [
        ("Jürgen B", true),
        ("jürgen b", true),
        ("JÜRGEN B", true),
        ("Jürgen", false),
        ("%", false),
    ] {
        let person = view(&store, |tx| tx.person_named(name));
        assert_eq!(person.is_some(), found, "{name}");
    }
    let mut twin = person("Twin");
    twin.name = "JÜRGEN b".into();
    assert!(
        store
            .transact(|tx| tx.apply(&Effect::Contact(Box::new(twin)), NOW))
            .is_err()
    );
    bob.name = "jürgen b".into();
    apply(&store, &[Effect::Contact(Box::new(bob))]);
    assert_eq!(view(&store, |tx| tx.people()).len(), 1);
}

#[test]
fn everybody_comes_by_name() {
    let store = store();
    for name in ["carol", "Bob", "alice", "Dave"] {
        apply(&store, &[Effect::Contact(Box::new(person(name)))]);
    }
    let names: Vec<_> = view(&store, |tx| tx.people())
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert_eq!(names, ["alice", "Bob", "carol", "Dave"]);
}

const MONTH: u64 = 30 * 86_400;

#[test]
fn timers_of_the_handshake_are_found_when_due() {
    let with = |standing, new_keys: Option<Handshake>| {
        let mut bob = person("Bob");
        bob.standing = standing;
        if let Some(handshake) = new_keys {
            bob.set_handshake(handshake);
        }
        bob
    };
    let friend = || Standing::friend(keys(1));
    let both = Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: vec![accepted(Some(NOW + 7)), accepted(Some(NOW + 3))],
        asked: Some(asked(Some(NOW + 5))),
    }));
    let mut blocked = with(Standing::Asked(asked(Some(NOW))), None);
    blocked.blocked = true;
    let cases = [
        ("stranger", person("Bob"), None),
        (
            "asked",
            with(Standing::Asked(asked(Some(NOW + 1))), None),
            Some(NOW + 1),
        ),
        (
            "asked, told",
            with(Standing::Asked(asked(None)), None),
            None,
        ),
        (
            "asking",
            with(
                Standing::Handshake(Handshake::Asking(vec![asking(1, NOW + 2), asking(2, NOW)])),
                None,
            ),
            Some(NOW + MONTH),
        ),
        ("confirming", with(both, None), Some(NOW + 3)),
        ("friend", with(friend(), None), None),
        (
            "new keys",
            with(friend(), Some(Handshake::Asking(vec![asking(1, NOW)]))),
            Some(NOW + MONTH),
        ),
        (
            "accepted",
            with(
                friend(),
                Some(Handshake::accepted(vec![accepted(Some(NOW + 2))])),
            ),
            Some(NOW + 2),
        ),
        ("blocked", blocked, None),
    ];
    for (case, person, at) in cases {
        let store = store();
        apply(&store, &[Effect::Contact(Box::new(person))]);
        assert_eq!(
            transact(&store, |tx| tx.next_timers(Seconds(0))),
            at,
            "{case}"
        );
        let due = |now| view(&store, |tx| tx.handshakes_due(now)).len();
        match at {
            Some(at) => assert_eq!((due(at - 1), due(at)), (0, 1), "{case}"),
            None => assert_eq!(due(Seconds(u64::MAX)), 0, "{case}"),
        }
    }
}

/// Times of a handshake that are a month away, set by a clock that ran ahead, are taken from now.
#[test]
fn a_handshake_of_a_clock_that_ran_ahead_is_taken_from_now() {
    let ahead = NOW + 300 * DAY;
    let asked_ahead = Asked {
        at: ahead,
        repeats: 1,
        ..asked(Some(ahead + DAY))
    };
    let accepted_ahead = Accepted {
        at: ahead,
        ..accepted(Some(ahead + DAY))
    };
    let cases = [
        (Standing::Asked(asked_ahead.clone()), NOW + 3 * DAY),
        (
            Standing::Handshake(Handshake::Asking(vec![asking(1, ahead)])),
            NOW + MONTH,
        ),
        (
            Standing::Handshake(Handshake::Confirming(Confirming {
                accepted: vec![accepted_ahead],
                asked: Some(asked_ahead),
            })),
            NOW + DAY,
        ),
        (Standing::Asked(asked(Some(NOW + 20 * DAY))), NOW + 20 * DAY),
    ];
    for (standing, at) in cases {
        let store = store();
        let mut bob = person("Bob");
        bob.standing = standing.clone();
        apply(&store, &[Effect::Contact(Box::new(bob))]);
        transact(&store, |tx| tx.forgive_clock(NOW));
        let next = transact(&store, |tx| tx.next_timers(Seconds(0)));
        assert_eq!(next, Some(at), "{standing:?}");
    }
}

#[test]
fn pending_requests_are_counted_by_their_keys() {
    let store = store();
    assert_eq!(view(&store, |tx| tx.pending_requests()), 0);
    let mut bob = person("Bob");
    bob.standing = Standing::Handshake(Handshake::Asking(vec![asking(1, NOW), asking(2, NOW)]));
    let mut carol = person("Carol");
    carol.standing = Standing::friend(keys(3));
    carol.friend_mut().unwrap().new_keys = Some(Handshake::Asking(vec![asking(4, NOW)]));
    apply(
        &store,
        &[
            Effect::Contact(Box::new(bob.clone())),
            Effect::Contact(Box::new(carol)),
        ],
    );
    assert_eq!(view(&store, |tx| tx.pending_requests()), 3);
    apply(&store, &[Effect::Forget(bob.id)]);
    assert_eq!(view(&store, |tx| tx.pending_requests()), 1);
}

#[test]
fn who_is_forgotten_leaves_his_texts_and_no_more() {
    let store = store();
    let mut bob = person("Bob");
    bob.standing = Standing::friend(keys(1));
    bob.friend_mut().unwrap().new_keys = Some(Handshake::accepted(vec![accepted(None)]));
    let row = sessions::row("s", NOW.0);
    let carol = person("Carol");
    let (one, seven) = (Peer::of(&bob, key(1)), Peer::of(&bob, key(7)));
    let other = Peer::of(&carol, key(1));
    apply(
        &store,
        &[
            Effect::Contact(Box::new(bob.clone())),
            Effect::Contact(Box::new(carol)),
        ],
    );
    transact(&store, |tx| {
        tx.sessions().put(&one, Transport::Mail, &row)?;
        tx.sessions().put(&seven, Transport::Irc, &row)?;
        tx.sessions().put(&other, Transport::Irc, &row)
    });
    apply(
        &store,
        &[
            Effect::Message(Box::new(text("bob", Direction::Out, 1, 5))),
            post(outgoing("bob", says(1))),
            post(outgoing("carol", says(2))),
            Effect::Forget(bob.id),
        ],
    );
    transact(&store, |tx| {
        assert_eq!(tx.roster().find_at(&bob.address)?, None);
        assert_eq!(tx.texts().history(Some(bob.conversation), false)?.len(), 1);
        assert_eq!(tx.outbox().of(bob.id)?, []);
        assert_eq!(tx.outbox().of(contact("carol"))?.len(), 1);
        assert_eq!(tx.sessions().of(&one, Transport::Mail)?, []);
        assert_eq!(tx.sessions().of(&seven, Transport::Irc)?, []);
        assert_eq!(
            tx.sessions().of(&other, Transport::Irc)?.len(),
            1,
            "of somebody else"
        );
        Ok(())
    });
}

#[test]
fn announcements_go_to_the_latest_friends_first() {
    let store = store();
    let announcing = |name: &str, since_roster: u64| {
        let mut person = person(name);
        person.since = Seconds(since_roster);
        person.announce = Some(Announce {
            since: NOW,
            over_irc: None,
            mail_at: NOW + 60,
            repair: false,
            hides: false,
        });
        Effect::Contact(Box::new(person))
    };
    apply(
        &store,
        &[
            announcing("Old", (NOW - 900).0),
            announcing("Talking", (NOW - 800).0),
            announcing("New", (NOW - 10).0),
            Effect::Contact(Box::new(person("Told"))),
            Effect::Message(Box::new(text(
                "talking",
                Direction::In,
                1,
                (NOW - 5).millis().0,
            ))),
            Effect::Message(Box::new(text(
                "old",
                Direction::In,
                2,
                (NOW - 500).millis().0,
            ))),
        ],
    );
    let due = |now| transact(&store, |tx| tx.roster().announce_due(now));
    assert_eq!(
        due(NOW).iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        ["Talking", "New", "Old"]
    );
    assert_eq!(due(NOW - 1), []);
    assert_eq!(
        transact(&store, |tx| tx.next_timers(Seconds(0))),
        Some(NOW + 60)
    );
}
