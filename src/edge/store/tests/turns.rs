//! Turns: all or nothing, one at a time.

use crate::protocol::time::DAY;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

fn two(folder: &tempfile::TempDir) -> (Store, Store) {
    let path = folder.path().join("iim.db");
    let first = Store::open(&path, Create::Yes).unwrap();
    let second = Store::open_within(&path, Create::No, Duration::from_millis(1)).unwrap();
    (first, second)
}

fn bob() -> Effect {
    Effect::Contact(Box::new(person("Bob")))
}

#[test]
fn an_error_takes_everything_back() {
    #[derive(Debug)]
    struct Why;
    impl From<StoreError> for Why {
        fn from(error: StoreError) -> Self {
            panic!("{error}")
        }
    }
    let store = store();
    let turn: std::result::Result<(), Why> = store.transact(|tx| {
        know(tx, &address("bob"))?;
        tx.apply(&bob(), NOW)?;
        Err(Why)
    });
    assert!(turn.is_err());
    assert_eq!(view(&store, |tx| tx.people()), []);
}

#[test]
fn a_panic_takes_everything_back() {
    let store = store();
    let turn = catch_unwind(AssertUnwindSafe(|| {
        store.transact::<(), StoreError>(|tx| {
            know(tx, &address("bob"))?;
            tx.apply(&bob(), NOW)?;
            panic!("in the middle of a turn")
        })
    }));
    assert!(turn.is_err());
    assert_eq!(view(&store, |tx| tx.people()), []);
    apply(&store, &[bob()]);
    assert_eq!(view(&store, |tx| tx.people()).len(), 1);
}

#[test]
fn a_second_turn_waits_no_longer_than_it_may_and_reading_does_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = two(&folder);
    transact(&first, |tx| {
        know(tx, &address("bob"))?;
        tx.apply(&bob(), NOW)?;
        let error = second.transact(|tx| tx.bump_sealings(1)).unwrap_err();
        assert!(matches!(error, StoreError::Busy), "{error}");
        assert_eq!(view(&second, |tx| tx.people()), [], "not committed yet");
        Ok(())
    });
    assert_eq!(view(&second, |tx| tx.people()).len(), 1);
    transact(&second, |tx| tx.bump_sealings(1));
}

#[test]
fn the_commit_of_another_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = two(&folder);
    let before = first.version().unwrap();
    transact(&first, |tx| tx.outbox().drop_expired(NOW));
    assert_eq!(
        first.version().unwrap(),
        before,
        "a turn that changes nothing"
    );
    apply(&first, &[bob()]);
    assert_eq!(
        first.version().unwrap(),
        Version {
            // The contact, the conversation, the place on the roster, and the row that tells of it.
            own: before.own + 4,
            ..before
        },
        "our own commit is told apart"
    );
    apply(&second, &[Effect::Forget(contact("bob"))]);
    assert_ne!(first.version().unwrap().others, before.others);
}

#[test]
fn a_turn_within_a_turn_is_refused() {
    let store = store();
    transact(&store, |_| {
        assert!(store.transact(|tx| tx.bump_sealings(1)).is_err());
        Ok(())
    });
}

#[test]
fn applying_twice_is_as_applying_once() {
    let mut invite = crate::rules::view::Invite {
        token: crate::protocol::link::Token([9; 16]),
        made_at: NOW,
        expires_at: NOW + DAY,
        uses: 2,
        used_by: vec![address("carol")],
    };
    invite.used_by.push(address("dave"));
    let effects = [
        Effect::Account(Box::new(account())),
        bob(),
        Effect::Message(Box::new(text("bob", Direction::In, 1, 5))),
        post(outgoing("bob", says(2))),
        Effect::Invite(Box::new(invite)),
        Effect::Remember(
            crate::rules::view::Tombstone::Automatic(contact("bob")),
            NOW + DAY,
        ),
        Effect::Cancel(contact("bob"), id(7)),
        Effect::Revoke([7; 8]),
        Effect::RetireSessions(contact("bob"), key(7)),
        Effect::DropSessions(contact("bob"), key(7)),
    ];
    let state = |store: &Store| {
        store
            .read(|tx| -> Result<_> {
                let account = tx.find_account()?;
                Ok((
                    account,
                    tx.people().unwrap(),
                    tx.texts().history(None, false)?,
                    tx.given_out().all()?,
                ))
            })
            .unwrap()
    };
    let store = store();
    apply(&store, &effects);
    let once = state(&store);
    apply(&store, &effects);
    assert_eq!(state(&store), once);
    let waiting = store.read(|tx| tx.outbox().of(contact("bob"))).unwrap();
    assert_eq!(waiting.len(), 1);
}

/// A contact is kept from one transaction to the next: as they stand there, and no longer.
#[test]
fn who_is_kept_is_who_stands_there() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = two(&folder);
    apply(&first, &[bob()]);
    let noted = |note: &str| {
        let mut bob = person("Bob");
        bob.note = note.into();
        Effect::Contact(Box::new(bob))
    };
    let find = |tx: &Transaction<'_>| Ok(tx.roster().find_at(&address("bob"))?.unwrap().note);
    assert_eq!(transact(&first, find), "");
    apply(&second, &[noted("of another")]);
    assert_eq!(transact(&first, find), "of another");
    let failed = first.transact(|tx| {
        tx.apply(&noted("never"), NOW)?;
        Err::<(), _>(StoreError::Other(find(tx)?))
    });
    assert!(failed.unwrap_err().to_string().ends_with("never"));
    assert_eq!(transact(&first, find), "of another");
    let in_part = transact(&first, |tx| {
        let part = tx.apart(|| {
            tx.apply(&noted("never"), NOW)?;
            Err::<(), _>(StoreError::Other(String::new()))
        });
        assert!(part.is_err());
        find(tx)
    });
    assert_eq!(in_part, "of another");
    let sql = "UPDATE roster SET state = json_set(state, '$.note', 'by hand')";
    first.connection.execute(sql, []).unwrap();
    assert_eq!(transact(&first, find), "by hand");
    apply(&first, &[Effect::Forget(ids(&address("bob")).contact)]);
    let gone = transact(&first, |tx| tx.roster().find_at(&address("bob")));
    assert_eq!(gone, None);
}
