//! A database of version 5, in which sessions were kept by key alone, is brought up with all that can be used of it.

use rusqlite::{Connection, params};

use super::people::accepted;
use super::*;
use crate::edge::seal::{Keyring, Ratchet};
use crate::rules::handshake::{Accepted, Asked, Confirming, Handshake};
use crate::rules::view::Tombstone;

/// A database of version 5 with these people in it.
fn version_5(people: &[Contact]) -> Connection {
    let old = Connection::open_in_memory().unwrap();
    for migration in [
        include_str!("../migrations/0001.sql"),
        include_str!("../migrations/0002.sql"),
        include_str!("../migrations/0003.sql"),
        include_str!("../migrations/0004.sql"),
        include_str!("../migrations/0005.sql"),
    ] {
        old.execute_batch(migration).unwrap();
    }
    old.pragma_update(None, "user_version", 5).unwrap();
    for person in people {
        let standing = match person.standing {
            Standing::Friend(_) => "friend",
            Standing::Handshake(Handshake::Confirming(_)) => "confirming",
            Standing::Stranger | Standing::Asked(_) | Standing::Handshake(Handshake::Asking(_)) => {
                "asked"
            }
        };
        let state = as_of_then(person);
        let (name, since) = (person.name.to_lowercase(), NOW.0.cast_signed());
        old.execute(
            "INSERT INTO friend (address, name, name_folded, since, standing, visible, blocked, verified, pending, state)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, 0, 0, ?6)",
            params![person.address.as_str(), person.name, name, since, standing, state],
        )
        .unwrap();
    }
    old
}

fn session(old: &Connection, key: PublicKey, transport: &str, name: &str, pickle: &str) {
    old.execute(
        "INSERT INTO session (peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired)
         VALUES (?1, ?2, ?3, ?4, 1, 7, 5, 1, 0)",
        params![key.0, transport, name, pickle],
    )
    .unwrap();
}

fn brought_up(old: Connection) -> Store {
    Store::prepared(old).unwrap()
}

/// The names of somebody's sessions by mail.
fn names(store: &Store, who: &Contact, key: PublicKey) -> Vec<String> {
    let peer = Peer::of(&transact(store, |tx| there(tx, who)), key);
    let rows = transact(store, |tx| tx.sessions().of(&peer, Transport::Mail));
    let mut names: Vec<_> = rows.into_iter().map(|row| row.session_id).collect();
    names.sort();
    names
}

fn friend_of(name: &str, key: PublicKey) -> Contact {
    let mut person = person(name);
    person.standing = Standing::friend(Keys {
        curve25519: key,
        ed25519: key,
    });
    person
}

#[test]
fn sessions_that_could_talk_talk_on() {
    let (alice, mut bob) = (Keyring::generate(), Keyring::generate());
    let (theirs, one_time) = (bob.keys(), bob.new_one_time_key().unwrap());
    let mut session_with_bob = alice.open_session(&theirs.curve25519, &one_time).unwrap();
    let first = session_with_bob.seal(b"one").unwrap();
    let (mut at_bob, _) = bob
        .accept_session(&alice.keys().curve25519, &first.ciphertext)
        .unwrap();
    let friend = friend_of("Bob", theirs.curve25519);
    let old = version_5(std::slice::from_ref(&friend));
    let (name, pickle) = (
        session_with_bob.session_id(),
        session_with_bob.pickle().unwrap(),
    );
    session(&old, theirs.curve25519, "mail", &name, &pickle);
    session(&old, theirs.curve25519, "irc", &name, &pickle);
    old.execute(
        "INSERT INTO overtaken (peer, session_id, chain, pickle, at) VALUES (?1, ?2, ?1, ?3, 9)",
        params![theirs.curve25519.0, name, pickle.as_str()],
    )
    .unwrap();

    let store = brought_up(old);
    let friend = transact(&store, |tx| there(tx, &friend));
    let peer = Peer::of(&friend, theirs.curve25519);
    for transport in [Transport::Mail, Transport::Irc] {
        let rows = transact(&store, |tx| tx.sessions().of(&peer, transport));
        let row = &rows[0];
        assert_eq!(
            (row.session_id.as_str(), row.opened_at),
            (name.as_str(), Seconds(7))
        );
        assert!(row.ours && row.ready && !row.retired);
    }
    let rows = transact(&store, |tx| tx.sessions().of(&peer, Transport::Mail));
    let mut kept = Ratchet::from_pickle(&rows[0].pickle).unwrap();
    assert_eq!(
        kept.open(&at_bob.seal(b"two").unwrap()),
        Ok(b"two".to_vec())
    );
    let before = transact(&store, |tx| tx.sessions().overtaken(&peer));
    assert_eq!(
        (before.len(), before[0].pickle.as_str()),
        (1, pickle.as_str())
    );
    let found = transact(&store, |tx| tx.roster().find_at(&friend.address));
    assert_eq!(found, Some(friend));
}

#[test]
fn a_session_goes_to_one_person_and_a_strangers_is_gone() {
    let mut carol = friend_of("Carol", key(2));
    carol.friend_mut().unwrap().new_keys = Some(Handshake::accepted(vec![accepted(None)]));
    let its_key = accepted(None).keys.curve25519;
    let mut dave = person("Dave");
    // Somebody asked with bob's key, and was accepted: the accept's session is theirs.
    let of_his = Accepted {
        keys: Keys {
            curve25519: key(1),
            ed25519: key(9),
        },
        sessions: vec!["d".to_owned()],
        ..accepted(None)
    };
    dave.standing = Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: vec![of_his],
        asked: None,
    }));
    let bob = friend_of("Bob", key(1));
    let people = [dave.clone(), bob.clone(), carol.clone()];
    let old = version_5(&people);
    for (of, name) in [
        (key(1), "b1"),
        (key(1), "b2"),
        (key(1), "d"),
        (key(2), "c"),
        (its_key, "n"),
        (key(77), "nobody's"),
    ] {
        session(&old, of, "mail", name, "pickle");
    }
    let store = brought_up(old);
    assert_eq!(names(&store, &bob, key(1)), ["b1", "b2"]);
    assert_eq!(names(&store, &dave, key(1)), ["d"]);
    assert_eq!(names(&store, &carol, key(2)), ["c"]);
    assert_eq!(names(&store, &carol, its_key), ["n"]);
    let left: i64 = store
        .connection
        .query_row("SELECT count(*) FROM session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 5);
    // Whose a key is, is that of whom it is in force with; what was accepted counts for nobody.
    for (of, owner) in [(key(1), "Bob"), (key(2), "Carol")] {
        let either = Keys {
            curve25519: of,
            ed25519: of,
        };
        let found = view(&store, |tx| tx.friends_of_keys(&either));
        let found: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(found, [owner]);
    }
}

#[test]
fn our_requests_that_wait_are_found_by_their_ids() {
    let mut asked = person("Bob");
    asked.standing = Standing::Asked(request(1));
    let mut crossed = person("Carol");
    crossed.standing = Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: vec![accepted(None)],
        asked: Some(request(2)),
    }));
    let store = brought_up(version_5(&[asked.clone(), crossed.clone()]));
    for (number, expected) in [(1, Some(asked)), (2, Some(crossed)), (3, None)] {
        let found = view(&store, |tx| tx.asked_by(id(number)));
        let expected = expected.map(|one| transact(&store, |tx| there(tx, &one)));
        assert_eq!(found, expected, "{number}");
    }
}

fn request(number: u8) -> Asked {
    Asked {
        request: id(number),
        ..super::people::asked(None)
    }
}

#[test]
fn what_was_counted_and_remembered_stays_so() {
    let old = version_5(&[]);
    old.execute_batch(
        "INSERT INTO budget (at, count) VALUES (1767225600, 7);
         INSERT INTO tombstone VALUES ('automatic', 'bob@example.net', x'', 1767225700);",
    )
    .unwrap();
    let store = brought_up(old);
    assert_eq!(transact(&store, |tx| spent(tx, NOW - 1)), 7);
    assert!(transact(&store, |tx| {
        let tombstone = Tombstone::Automatic(tx.find_id(&address("bob"))?.unwrap());
        tx.dedup().remembers(&tombstone, NOW)
    }));
}
