//! A contact's id is given once, and stays with the address while anything is there that is theirs.

use super::*;
use crate::protocol::time::{DAY, Seconds};
use crate::rules::view::Tombstone;

const MONTH: u64 = 30 * 86_400;

fn bob() -> Effect {
    Effect::Contact(Box::new(person("Bob")))
}

fn number(store: &Store, name: &str) -> i64 {
    transact(store, |tx| tx.find_id(&address(name)))
        .unwrap_or_default()
        .number()
}

fn sweep(store: &Store, now: Seconds) {
    transact(store, |tx| tx.sweep(now));
}

#[test]
fn an_id_is_given_once() {
    let store = store();
    let made = |name| transact(&store, |tx| tx.ids_made(&address(name)));
    let first = made("bob").contact.number();
    apply(&store, &[bob()]);
    assert_eq!(made("bob").contact.number(), first, "there, not new");
    assert_eq!(made("carol").contact.number(), first + 1);
    apply(&store, &[Effect::Contact(Box::new(person("Carol")))]);
    let carol = made("carol").contact;
    apply(&store, &[Effect::Forget(carol)]);
    sweep(&store, NOW);
    assert_eq!(number(&store, "carol"), 0, "nothing is left of carol");
    let again = made("carol").contact.number();
    assert!(again > first + 1, "and their id is nobody else's");
}

#[test]
fn who_is_added_again_is_who_they_were_while_anything_is_there() {
    let text_of_his = Effect::Message(Box::new(text("bob", Direction::In, 1, NOW.millis().0)));
    let tombstone = Effect::Remember(Tombstone::Automatic(contact("bob")), NOW + MONTH);
    for (what, left) in [("a text", text_of_his), ("a tombstone", tombstone)] {
        let store = store();
        apply(&store, &[bob(), left]);
        let id = number(&store, "bob");
        apply(&store, &[Effect::Forget(contact("bob"))]);
        sweep(&store, NOW + DAY);
        assert_eq!(number(&store, "bob"), id, "{what} is there");
        apply(&store, &[bob()]);
        assert_eq!(number(&store, "bob"), id, "{what} is there");
    }
}

#[test]
fn the_conversation_goes_on_where_it_was() {
    let store = store();
    apply(
        &store,
        &[
            bob(),
            Effect::Message(Box::new(text("bob", Direction::In, 1, 5))),
        ],
    );
    apply(&store, &[Effect::Forget(contact("bob")), bob()]);
    apply(
        &store,
        &[Effect::Message(Box::new(text("bob", Direction::Out, 2, 9)))],
    );
    let texts = transact(&store, |tx| {
        tx.texts().history(Some(conversation("bob")), false)
    });
    assert_eq!(texts.len(), 2);
}

#[test]
fn a_stranger_of_whom_something_is_remembered_is_nobody_afterwards() {
    let store = store();
    let mallory = transact(&store, |tx| tx.ids_made(&address("mallory"))).contact;
    let automatic = Effect::Remember(Tombstone::Automatic(mallory), NOW + DAY);
    apply(&store, &[automatic]);
    sweep(&store, NOW);
    assert_ne!(number(&store, "mallory"), 0);
    sweep(&store, NOW + DAY);
    assert_eq!(number(&store, "mallory"), 0);
    let count = "SELECT count(*) FROM conversation";
    let left: i64 = store
        .connection
        .query_row(count, [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

/// Whoever moved to another address, and is removed from the old one, is somebody still.
#[test]
fn whom_another_address_has_as_well_is_not_removed() {
    let store = store();
    for name in ["bob", "carol"] {
        let mut friend = person(name);
        friend.standing = Standing::friend(keys(1));
        apply(&store, &[Effect::Contact(Box::new(friend))]);
    }
    for (name, removed) in [("carol", 0), ("bob", 1)] {
        apply(&store, &[Effect::Forget(contact(name))]);
        let kept = transact(&store, |tx| tx.sessions().removed(&address(name), NOW));
        assert_eq!(kept.len(), removed, "{name}");
    }
}

/// Somebody who is removed and added again has no session that seals, though what they had opens what is under way.
#[test]
fn sessions_of_before_are_not_taken_up() {
    let store = store();
    let mut friend = person("Bob");
    friend.standing = Standing::friend(keys(1));
    let peer = Peer::of(&friend, key(1));
    let session = SessionRow {
        session_id: "old".into(),
        pickle: "pickle".to_owned().into(),
        ours: true,
        opened_at: NOW,
        created_at: NOW,
        ready: true,
        retired: false,
    };
    apply(&store, &[Effect::Contact(Box::new(friend.clone()))]);
    transact(&store, |tx| {
        tx.sessions().put(&peer, Transport::Mail, &session)
    });
    apply(&store, &[Effect::Forget(contact("bob")), bob()]);
    let sessions = |store: &Store| transact(store, |tx| tx.sessions().of(&peer, Transport::Mail));
    assert_eq!(sessions(&store), []);
    let removed = transact(&store, |tx| tx.sessions().removed(&address("bob"), NOW));
    assert_eq!(removed.len(), 1);
    let old = transact(&store, |tx| tx.sessions().of(&removed[0], Transport::Mail));
    assert_eq!(old, std::slice::from_ref(&session));
    assert_eq!(transact(&store, |tx| tx.roster().of_key(&key(1))), []);
    // With the key in force again nothing of theirs is dropped, and nothing of before seals.
    apply(&store, &[Effect::Contact(Box::new(friend))]);
    assert_eq!(
        transact(&store, |tx| tx.sessions().removed(&address("bob"), NOW)),
        []
    );
    assert_eq!(sessions(&store), []);
    sweep(&store, NOW);
    let count = "SELECT count(*) FROM session";
    let left: i64 = store
        .connection
        .query_row(count, [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
