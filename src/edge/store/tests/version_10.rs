//! A database of version 10, in which each conversation was with a contact, is taken over whole.

use rusqlite::Connection;

use super::groups::gid;
use super::*;
use crate::rules::conversation::{ContactId, ConversationId};

/// As a program of then left it: a friend, somebody who was removed, their texts, how far they were read, a session; and a
/// conversation that was swept away.
const LEFT: &str = "
    INSERT INTO contact (id, address) VALUES (3, 'bob@example.net'), (4, 'carol@example.net'), (9, 'gone@example.net');
    INSERT INTO conversation (id, contact) VALUES (5, 3), (7, 4), (20, 9);
    DELETE FROM contact WHERE id = 9;
    INSERT INTO message (row, conversation, author, id, sent, arrival, text, state, attempts, mailed_at, acknowledged_read, notice)
        VALUES (1, 5, 3, x'01010101010101010101010101010101', 1, 1, 'hello', 'read', 0, 0, 0, 0),
               (2, 5, 0, x'02020202020202020202020202020202', 2, 2, 'hi', 'queued', 0, 0, 0, 0),
               (4, 7, 4, x'01010101010101010101010101010101', 3, 3, 'there', 'delivered', 0, 0, 0, 0);
    INSERT INTO read_marker (conversation, up_to) VALUES (5, 1), (7, 2);
    INSERT INTO session (contact, former, peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired)
        VALUES (3, 0, zeroblob(32), 'mail', 'a', 'p', 1, 7, 5, 1, 0);";

fn brought_up() -> Store {
    let old = Connection::open_in_memory().unwrap();
    old.pragma_update(None, "foreign_keys", true).unwrap();
    for migration in &super::super::migrate::MIGRATIONS[..10] {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch(LEFT).unwrap();
    old.pragma_update(None, "user_version", 10).unwrap();
    Store::prepared(old).unwrap()
}

#[test]
fn everything_is_taken_over() {
    let store = brought_up();
    let (bob, carol) = (ConversationId::new(5), ConversationId::new(7));
    let ids = transact(&store, |tx| tx.find_ids(&address("bob"))).unwrap();
    assert_eq!((ids.contact, ids.conversation), (ContactId::new(3), bob));
    let texts = transact(&store, |tx| tx.texts().history(None, false));
    let found: Vec<_> = texts
        .iter()
        .map(|text| (text.conversation, text.id))
        .collect();
    assert_eq!(found, [(bob, id(1)), (bob, id(2)), (carol, id(1))]);
    assert!(texts.iter().all(|text| text.in_group.is_none()));
    for (with, up_to, contact) in [(bob, 1, 3), (carol, 2, 4)] {
        assert_eq!(view(&store, |v| v.marker(with)), Some(Millis(up_to)));
        assert_eq!(
            view(&store, |v| v.contact_in(with)),
            ContactId::new(contact)
        );
    }
    let peer = Peer {
        contact: ContactId::new(3),
        key: key(0),
        former: false,
    };
    assert_eq!(
        transact(&store, |tx| tx.sessions().of(&peer, Transport::Mail)).len(),
        1
    );
    assert_eq!(transact(&store, |tx| tx.texts().newest_row()), 4);
}

#[test]
fn no_number_is_given_twice_and_what_hung_together_still_does() {
    let store = brought_up();
    let group = transact(&store, |tx| tx.group_conversation(gid(1)).map_err(other));
    assert_eq!(group, ConversationId::new(21));
    let dave = transact(&store, |tx| tx.ids_made(&address("dave")));
    assert_eq!(
        (dave.contact, dave.conversation),
        (ContactId::new(10), ConversationId::new(22))
    );
    // Who is swept away takes their conversation and how far it was read along.
    transact(&store, |tx| {
        tx.execute("DELETE FROM message WHERE conversation = 7", [])?;
        tx.sweep(NOW)
    });
    assert_eq!(view(&store, |v| v.marker(ConversationId::new(7))), None);
    assert_eq!(transact(&store, |tx| tx.find_ids(&address("carol"))), None);
    let strange = store.transact(|tx| {
        tx.execute(
            "INSERT INTO conversation (contact, gid) VALUES (NULL, NULL)",
            [],
        )
    });
    assert!(strange.is_err(), "a conversation with nobody");
    let problems: i64 = (store.connection)
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(problems, 0);
}
