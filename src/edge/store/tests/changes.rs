//! What transactions changed is told to whoever has read what was before.

use super::*;
use crate::protocol::time::{DAY, Millis};
use crate::rules::view::Tombstone;

fn since(store: &Store, number: u64) -> Changes {
    store.read(|tx| tx.changes_since(number)).unwrap()
}

fn only(names: &[&str]) -> Contacts {
    Contacts::Only(names.iter().map(|name| contact(name)).collect())
}

fn bob() -> Effect {
    Effect::Contact(Box::new(person("Bob")))
}

fn bob_noted() -> Effect {
    let note = "a note".to_owned();
    Effect::Contact(Box::new(Contact {
        note,
        ..person("Bob")
    }))
}

/// What there is after the last change, if it did this.
fn changed(last: u64, what: impl FnOnce(&mut Changes)) -> Changes {
    let mut changes = Changes {
        last,
        ..Changes::default()
    };
    what(&mut changes);
    changes
}

#[test]
fn what_an_effect_changes_is_told() {
    type Told = fn(&mut Changes);
    let store = store();
    let cases: [(Effect, Told); 11] = [
        (bob(), |told| told.contacts = only(&["bob"])),
        (Effect::Account(Box::new(account())), |told| {
            told.account = true
        }),
        (
            Effect::Message(Box::new(text("bob", Direction::In, 1, 5))),
            |told| told.texts = true,
        ),
        (Effect::Marker(conversation("bob"), Millis(5)), |told| {
            told.texts = true
        }),
        (post(outgoing("bob", says(2))), |told| told.outbox = true),
        (Effect::Cancel(contact("bob"), id(2)), |told| {
            told.outbox = true
        }),
        (
            Effect::Remember(Tombstone::Automatic(contact("bob")), NOW + DAY),
            |_| {},
        ),
        (post(outgoing("bob", says(3))), |told| told.outbox = true),
        (Effect::CancelAll(contact("bob")), |told| told.outbox = true),
        (bob_noted(), |told| told.contacts = only(&["bob"])),
        (Effect::Forget(contact("bob")), |told| {
            (told.contacts, told.outbox) = (only(&["bob"]), true);
        }),
    ];
    for (effect, told) in cases {
        let before = since(&store, 0).last;
        apply(&store, std::slice::from_ref(&effect));
        assert_eq!(
            since(&store, before),
            changed(before + 1, told),
            "{effect:?}"
        );
    }
}

#[test]
fn several_changes_are_told_together() {
    let store = store();
    let before = since(&store, 0).last;
    apply(&store, &[bob()]);
    apply(&store, &[Effect::Contact(Box::new(person("Carol")))]);
    transact(&store, |tx| tx.outbox().drop_expired(NOW));
    apply(&store, &[Effect::Account(Box::new(account()))]);
    let told = since(&store, before);
    assert_eq!(
        told,
        changed(before + 3, |told| {
            (told.contacts, told.account) = (only(&["bob", "carol"]), true);
        })
    );
    assert_eq!(since(&store, told.last), changed(told.last, |_| {}));
    assert!(since(&store, told.last).contacts.are_none());
    apply(&store, &[bob_noted()]);
    let told = since(&store, told.last);
    apply(&store, &[bob_noted()]);
    assert_eq!(since(&store, told.last), changed(told.last, |_| {}));
}

#[test]
fn what_is_taken_back_is_no_change() {
    let store = store();
    let before = since(&store, 0).last;
    let failed = store.transact(|tx| {
        tx.apply(&bob(), NOW)?;
        Err::<(), _>(StoreError::Busy)
    });
    assert!(failed.is_err());
    assert_eq!(since(&store, before), changed(before, |_| {}));
}

#[test]
fn a_number_that_is_not_kept_asks_for_everything() {
    let store = store();
    let first = since(&store, 0).last;
    apply(&store, &[bob()]);
    for unknown in [0, first + 2, u64::MAX] {
        let told = since(&store, unknown);
        assert_eq!(
            (told.last, told.contacts),
            (first + 1, Contacts::All),
            "{unknown}"
        );
        assert!(told.account && told.texts && told.outbox && told.devices && told.notices);
    }
    // What cannot be read may have been anything.
    let damage = "UPDATE change SET what = 'damaged' WHERE number > 1";
    store.connection.execute(damage, []).unwrap();
    assert_eq!(since(&store, first).contacts, Contacts::All);
}

#[test]
fn only_the_last_changes_stay() {
    let store = store();
    for _ in 0..5000 {
        transact(&store, |tx| tx.bump_sealings(1));
    }
    let count = "SELECT count(*) FROM change";
    let rows: i64 = store
        .connection
        .query_row(count, [], |row| row.get(0))
        .unwrap();
    assert!((4096..=4096 + 256).contains(&rows), "{rows}");
    let last = since(&store, 0).last;
    assert!(since(&store, last - 4000).contacts.are_none());
    assert_eq!(since(&store, last - 4900).contacts, Contacts::All);
}

#[test]
fn very_many_contacts_are_everybody() {
    let store = store();
    let many = |n: usize| -> Vec<Effect> {
        let people = (0..n).map(|n| person(&format!("friend{n}")));
        people
            .map(|person| Effect::Contact(Box::new(person)))
            .collect()
    };
    let before = since(&store, 0).last;
    apply(&store, &many(256));
    assert!(matches!(since(&store, before).contacts, Contacts::Only(these) if these.len() == 256));
    apply(&store, &many(257));
    assert_eq!(since(&store, before).contacts, Contacts::All);
}

#[test]
fn devices_and_notices_are_told() {
    let store = store();
    let before = since(&store, 0).last;
    let phone = DeviceName::parse("phone").unwrap();
    transact(&store, |tx| tx.devices().add(&phone, None, NOW));
    transact(&store, |tx| tx.devices().set_cursor(&phone, 0));
    let told = since(&store, before);
    assert_eq!(told, changed(before + 1, |told| told.devices = true));
    let word = Notice::Word {
        friend: None,
        text: "word".into(),
    };
    transact(&store, |tx| tx.notices().leave(&word));
    let notice = changed(told.last + 1, |told| told.notices = true);
    assert_eq!(since(&store, told.last), notice);
}
