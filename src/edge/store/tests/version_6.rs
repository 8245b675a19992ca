//! A database of version 6, in which everything was kept by address, is taken over whole, and quickly; and a program of then
//! that still runs can do it no harm.

use rusqlite::{Connection, params};

use super::people::{asked, crossed, full};
use super::*;
use crate::rules::conversation::ContactId;
use crate::rules::handshake::Handshake;
use crate::rules::view::Tombstone;
use crate::rules::words;

/// As a program of then left it: alice, with bob a friend, carol removed, four texts, and a letter that waits.
fn version_6(path: &Path) -> Connection {
    let old = Connection::open(path).unwrap();
    old.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
        .unwrap();
    for migration in &super::super::migrate::MIGRATIONS[..6] {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch(include_str!("version-6.sql")).unwrap();
    old.pragma_update(None, "user_version", 6).unwrap();
    old
}

/// So many friends in all, each a copy of bob, with so many texts in all, every third of them alice's.
fn grown(old: &Connection, friends: u32, texts: u32) {
    let people = "WITH RECURSIVE n (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM n WHERE n < ?1 + 8)
        INSERT INTO friend (address, name, name_folded, since, standing, visible, blocked, verified, pending, next_at,
            announce_since, announce_mail_at, state, curve25519, ed25519)
        SELECT 'f' || n || '@example.net', 'f' || n, 'f' || n, since, standing, visible, blocked, verified, pending, next_at,
            announce_since, announce_mail_at,
            replace(replace(state, 'bob@example.net', 'f' || n || '@example.net'), '\"bob\"', '\"f' || n || '\"'),
            unhex(printf('%064x', n)), unhex(printf('%064x', n))
        FROM n, friend WHERE friend.id = 1";
    old.execute(people, [friends]).unwrap();
    let sessions = "INSERT INTO session (friend, peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired)
        SELECT friend.id, friend.curve25519, transport, session_id, pickle, ours, opened_at, created_at, ready, retired
        FROM friend, session WHERE session.friend = 1 AND friend.id > 1";
    old.execute(sessions, []).unwrap();
    let said = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?1 - 5)
        INSERT INTO message (friend, direction, id, sent, arrival, text, state, via, attempts, mailed_at, acknowledged_read)
        SELECT 'f' || (10 + n % (?2 - 1)) || '@example.net', iif(n % 3 = 2, 'out', 'in'), randomblob(16), ?3 + n, ?3 + n,
            'text ' || n || ' of a long friendship, about sixty bytes long', 'read', 'mail', 1, 0, 0 FROM n";
    old.execute(said, params![texts, friends, NOW.millis()])
        .unwrap();
}

fn count(store: &Store, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store
        .connection
        .query_row(&sql, [], |row| row.get(0))
        .unwrap()
}

fn id_of(store: &Store, name: &str) -> ContactId {
    transact(store, |tx| tx.find_id(&address(name))).unwrap_or_default()
}

#[test]
fn everything_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let old = version_6(&path);
    old.execute_batch(
        "INSERT INTO tombstone VALUES ('automatic', 'mallory@example.net', x'', 4102444800);
         INSERT INTO overtaken (friend, peer, session_id, chain, pickle, at)
             SELECT friend, peer, session_id, peer, pickle, 9 FROM session WHERE friend = 1 AND transport = 'mail';",
    )
    .unwrap();
    let letter: i64 = old
        .query_row("SELECT row FROM outbox", [], |row| row.get(0))
        .unwrap();
    drop(old);
    let store = Store::open(&path, Create::No).unwrap();
    let bob = transact(&store, |tx| tx.roster().find_at(&address("bob"))).unwrap();
    let key = bob.keys().unwrap().curve25519;
    assert_eq!(id_of(&store, "bob").number(), 1, "the id of before");
    let peer = Peer::of(&bob, key);
    for transport in [Transport::Mail, Transport::Irc] {
        assert_eq!(
            transact(&store, |tx| tx.sessions().of(&peer, transport)).len(),
            1
        );
    }
    assert_eq!(
        transact(&store, |tx| tx.sessions().overtaken(&peer)).len(),
        1
    );
    assert_eq!(
        transact(&store, |tx| tx.roster().of_key(&key)),
        std::slice::from_ref(&bob)
    );
    let carol = transact(&store, |tx| tx.sessions().removed(&address("carol"), NOW));
    assert_eq!(
        transact(&store, |tx| tx.sessions().of(&carol[0], Transport::Mail)).len(),
        1
    );
    let texts = transact(&store, |tx| tx.texts().history(None, false));
    let said: Vec<_> = texts
        .iter()
        .map(|text| (text.conversation, text.author, text.state))
        .collect();
    let carols = transact(&store, |tx| tx.ids_made(&address("carol")));
    let expected = [
        (bob.conversation, Author::Us, Delivery::Delivered),
        (bob.conversation, Author::Contact(bob.id), Delivery::Read),
        (
            carols.conversation,
            Author::Contact(carols.contact),
            Delivery::Read,
        ),
        (bob.conversation, Author::Us, Delivery::Queued),
    ];
    assert_eq!(said, expected);
    let waiting = transact(&store, |tx| tx.outbox().of(bob.id));
    assert_eq!(
        (waiting[0].row, waiting[0].outgoing.letter.id),
        (letter, texts[3].id)
    );
    let unread = view(&store, |tx| tx.marker(bob.conversation));
    assert!(unread > Some(texts[1].arrival), "{unread:?}");
    let mallory = Tombstone::Automatic(id_of(&store, "mallory"));
    assert!(transact(&store, |tx| tx.dedup().remembers(&mallory, NOW)));
    assert_eq!(transact(&store, |tx| spent(tx, Seconds(0))), 7);
    assert_eq!(id_of(&store, "bob").number(), 1);
    assert_eq!(transact(&store, |tx| tx.sealings()), 8);
    assert_eq!(transact(&store, |tx| tx.notices().all()).len(), 1);
    assert_eq!(transact(&store, |tx| tx.devices().all()).len(), 1);
    let mail = "SELECT message_id FROM mail_id WHERE receiver = 1 LIMIT 1";
    let mail: String = store
        .connection
        .query_row(mail, [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        transact(&store, |tx| tx.dedup().mail_id(&mail)).unwrap().to,
        bob.id
    );
    let changes = transact(&store, |tx| tx.changes_since(0));
    assert!(
        changes.last > 40,
        "the count of turns goes on: {}",
        changes.last
    );
    // Rows that are put in have numbers that none had.
    apply(
        &store,
        &[
            post(outgoing("bob", says(77))),
            Effect::Contact(Box::new(person("Dave"))),
        ],
    );
    let posted = transact(&store, |tx| tx.outbox().of(bob.id));
    assert!(posted.iter().all(|one| one.row >= letter));
    assert!(id_of(&store, "dave").number() > 2);
}

#[test]
fn every_standing_is_taken_over_with_every_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let old = version_6(&path);
    old.execute("DELETE FROM friend", []).unwrap();
    let with = |name: &str, standing| Contact {
        standing,
        ..person(name)
    };
    let handshake = |handshake| Standing::Handshake(handshake);
    let mut asked_anew = with("Erin", Standing::friend(keys(4)));
    asked_anew.set_handshake(Handshake::Asking(vec![asking(5, NOW)]));
    let people = [
        full(),
        crossed(),
        asked_anew,
        with("Frank", Standing::friend(keys(6))),
        with("Grace", handshake(Handshake::accepted(Vec::new()))),
        with("Heidi", handshake(Handshake::Asking(vec![asking(7, NOW)]))),
        with("Ivan", Standing::Asked(asked(Some(NOW)))),
        person("Judy"),
    ];
    let put = "INSERT INTO friend (address, name, name_folded, since, standing, visible, blocked, verified, pending, state)
        VALUES (?1, ?2, ?2, 0, ?3, 1, 0, 0, 0, ?4)";
    let lay = |name: &str, standing: &str, state: &str| {
        let address = address(name);
        let values = params![address.as_str(), name, standing, state];
        old.execute(put, values).unwrap();
    };
    for one in &people {
        lay(&one.name, words::standing(&one.standing), &as_of_then(one));
    }
    // What cannot be read is that contact's alone, and stays so.
    let mallory = as_of_then(&Contact {
        name: "Mallory".into(),
        ..full()
    });
    for (name, state) in [
        ("cut", mallory[..mallory.len() - 9].to_owned()),
        ("empty", String::new()),
        ("number", "5".to_owned()),
        ("lacking", mallory.replace("\"holds\"", "\"held\"")),
        (
            "mistaken",
            mallory.replace("\"holds\":100", "\"holds\":\"100\""),
        ),
    ] {
        lay(name, "friend", &state);
    }
    drop(old);
    let store = Store::open(&path, Create::No).unwrap();
    for one in &people {
        let found = transact(&store, |tx| tx.roster().find_at(&one.address));
        let expected = transact(&store, |tx| there(tx, one));
        assert_eq!(found, Some(expected), "{}", one.name);
    }
    assert_eq!(transact(&store, |tx| tx.roster().damaged_rows()), 5);
}

#[test]
fn a_thousand_friends_and_fifty_thousand_texts_take_less_than_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let old = version_6(&path);
    grown(&old, 1_000, 50_000);
    // It lies as a program of then leaves it.
    drop(old);
    // The quickest of three: other tests run beside this one.
    let open = |number: u32| {
        let copy = folder.path().join(number.to_string());
        std::fs::copy(&path, &copy).unwrap();
        let begun = Instant::now();
        (Store::open(&copy, Create::No).unwrap(), begun.elapsed())
    };
    let quickest = (0..3).map(open).min_by_key(|(_, took)| *took);
    let (store, took) = quickest.unwrap();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(
        (count(&store, "roster"), count(&store, "message")),
        (1_000, 50_000)
    );
    assert_eq!(count(&store, "session"), 3 + 2 * 999);
    let friend = address("f500");
    let with = transact(&store, |tx| tx.ids_made(&friend)).conversation;
    let texts = transact(&store, |tx| tx.texts().history(Some(with), false));
    assert!((50..=51).contains(&texts.len()), "{}", texts.len());
    assert!(transact(&store, |tx| tx.roster().find_at(&friend)).is_some());
    let whole: String = store
        .connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
}

/// Statements of a program of version 6, of which each of its transactions has one: what it asks every second, and what counts
/// the transaction before it commits.
const OF_THEN: [&str; 8] = [
    "SELECT (SELECT value FROM meta WHERE key = 'roster_stamp') AS one, (SELECT value FROM meta WHERE key = 'roster_dirty') AS other,
         NOT EXISTS (SELECT 1 FROM outbox) AS empty",
    "INSERT INTO meta (key, value) VALUES ('turns', '1')
         ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)",
    "SELECT state FROM friend WHERE address = 'bob@example.net'",
    "UPDATE friend SET state = '' WHERE address = 'bob@example.net'",
    "INSERT INTO message (friend, direction, id, sent, arrival, text, state, attempts, mailed_at, acknowledged_read)
         VALUES ('bob@example.net', 'in', x'00000000000000000000000000000000', 1, 1, '', 'read', 0, 0, 0)",
    "INSERT INTO outbox (friend, letter_id, priority, route, due, claimed_until, attempts, form, letter)
         VALUES ('bob@example.net', x'00000000000000000000000000000000', 0, 'any', 1, 0, 0, '', '')",
    "UPDATE session SET pickle = '' WHERE friend = 1",
    "INSERT INTO budget (class, friend, at, count) VALUES (1, 1, 1, 1)",
];

#[test]
fn a_program_of_then_that_runs_commits_nothing_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let old = version_6(&path);
    old.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    {
        let compiled: Vec<_> = OF_THEN
            .iter()
            .map(|sql| old.prepare(sql).unwrap())
            .collect();
        let store = Store::open(&path, Create::No).unwrap();
        for (mut statement, sql) in compiled.into_iter().zip(OF_THEN) {
            let fault = match statement.column_count() {
                0 => statement.execute([]).map(drop).unwrap_err(),
                _ => statement.query_row([], |_| Ok(())).unwrap_err(),
            };
            let said = fault.to_string();
            assert!(
                said.contains("no such table")
                    || said.contains("no column")
                    || said.contains("no such column"),
                "{sql}: {said}"
            );
        }
        let found = transact(&store, |tx| tx.roster().find_at(&address("bob")));
        assert!(found.is_some());
    }
    // What it may change in other tables goes with the transaction that cannot be counted.
    let turn = old.unchecked_transaction().unwrap();
    turn.execute("UPDATE device SET cursor = cursor + 7", [])
        .unwrap();
    assert!(turn.execute(OF_THEN[1], []).is_err());
}
