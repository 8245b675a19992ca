//! What is said in groups, and what the rest of the store makes of their members.

use super::groups::{gid, kept, member, put, said};
use super::*;
use crate::protocol::group::letters::Gather;
use crate::protocol::time::DAY;
use crate::rules::conversation::{ContactId, Page, Rest};
use crate::rules::group::state::{Group, Unsure};
use crate::rules::message::InGroup;

#[test]
fn what_is_said_is_found_by_its_number() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    let (bob, carol) = (
        Author::Contact(contact("bob")),
        Author::Contact(contact("carol")),
    );
    for message in [
        said(group, bob, 1, 1),
        said(group, bob, 2, 1),
        said(group, bob, 3, u64::MAX),
        said(group, carol, 1, 1),
        said(group, Author::Us, 4, 1),
    ] {
        put(&store, message);
    }
    let found = |by: Author, number: u64| view(&store, |v| v.said(group, by, number));
    let of = |by: Author, number: u64| found(by, number).map(|one| one.id);
    assert_eq!(of(bob, 1), Some(id(1)), "the first that came");
    assert_eq!(of(bob, u64::MAX), Some(id(3)));
    assert_eq!(of(Author::Us, 1), Some(id(4)));
    assert_eq!(of(carol, 2), None);
    let place = said(group, bob, 1, 1).in_group;
    assert_eq!(found(bob, 1).unwrap().in_group, place);
    let texts = view(&store, |v| v.texts_of(group, id(1)));
    let authors: Vec<_> = texts.iter().map(|text| text.author).collect();
    assert_eq!(authors.len(), 2);
    assert!(authors.contains(&bob) && authors.contains(&carol));
    for whose in [None, Some(Author::Us), Some(carol)] {
        let mut message = said(group, bob, 9, 9);
        message.in_group = message.in_group.map(|place| InGroup {
            whose,
            named: whose.map(|_| super::groups::mid(3)),
            ..place
        });
        put(&store, message.clone());
        assert_eq!(found(bob, 9).unwrap().in_group, message.in_group);
    }
}

#[test]
fn whoever_writes_down_what_is_said_gets_it_in_the_order_of_its_rows() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    let bob = Author::Contact(contact("bob"));
    for number in [3, 1, 2] {
        put(&store, said(group, bob, number, number.into()));
    }
    let from = |row: u64, limit: usize| -> Vec<(u64, LetterId)> {
        let read = store.read(|tx| tx.texts().from_row(row, limit));
        let rows = read.unwrap().into_iter();
        rows.map(|(row, message)| (row, message.id)).collect()
    };
    let all = from(0, 10);
    let ids: Vec<LetterId> = all.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids, [id(3), id(1), id(2)]);
    assert_eq!(from(0, 2), all[..2]);
    assert_eq!(from(all[1].0, 10), all[1..]);
    assert_eq!(from(all[2].0 + 1, 10), []);
}

#[test]
fn texts_in_a_group_are_read_as_those_with_a_friend() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    let bob = Author::Contact(contact("bob"));
    put(&store, said(group, bob, 1, 1));
    put(&store, said(group, Author::Us, 2, 1));
    apply(
        &store,
        &[Effect::Message(Box::new(text("bob", Direction::In, 3, 9)))],
    );
    apply(&store, &[Effect::Marker(group, Millis(40))]);
    assert_eq!(view(&store, |v| v.marker(group)), Some(Millis(40)));
    let page = Page {
        after: None,
        before: None,
        newest: true,
        limit: 9,
    };
    transact(&store, |tx| {
        let texts = tx.texts();
        assert_eq!(texts.page(group, &page)?.len(), 2);
        assert_eq!(texts.page_of_all(group, &page)?.len(), 2);
        assert_eq!(texts.history(Some(group), false)?.len(), 2);
        assert_eq!(texts.entries(Some(group), true)?.len(), 1);
        assert_eq!(
            texts
                .rest(
                    Rest {
                        after: 0,
                        read_after: 0
                    },
                    9
                )?
                .len(),
            3
        );
        assert!(texts.stored_as(group, id(2))?.is_some());
        let with_bob = conversation("bob");
        for changes in [false, true] {
            let latest = texts.latest(Millis(0), Millis::MAX, changes, 9)?;
            let latest: Vec<_> = latest.into_iter().map(|(with, _)| with).collect();
            assert_eq!(latest, [group, with_bob]);
            let friends = texts.conversations(Millis(0), Millis::MAX, changes, 9)?;
            let friends: Vec<_> = friends.into_iter().map(|(with, _)| with).collect();
            assert_eq!(friends, [contact("bob")]);
        }
        assert_eq!(
            texts.named(id(2), id(3))?,
            [(group, id(2)), (with_bob, id(3))]
        );
        assert_eq!(texts.between(id(2), id(3))?, [(contact("bob"), id(3))]);
        Ok(())
    });
}

#[test]
fn members_have_sessions_and_are_not_swept() {
    let store = store();
    let ids = ["bob", "carol", "dave"].map(|name| {
        transact(&store, |tx| know(tx, &address(name)));
        contact(name)
    });
    let session = super::sessions::row("a", 0);
    let of = |contact: ContactId| Peer {
        contact,
        key: key(2),
        former: false,
    };
    let put_all = || {
        for contact in ids {
            transact(&store, |tx| {
                tx.sessions().put(&of(contact), Transport::Mail, &session)
            });
        }
    };
    put_all();
    let mut out = member(3, "carol");
    out.is_in = false;
    let group = kept(&store, 1, vec![member(2, "bob"), out]);
    let counts =
        || ids.map(|one| transact(&store, |tx| tx.sessions().of(&of(one), Transport::Mail)).len());
    assert_eq!(counts(), [0, 0, 0]);
    put_all();
    assert_eq!(counts(), [1, 1, 0]);
    transact(&store, |tx| tx.sweep(NOW));
    let there = || ids.map(|one| transact(&store, |tx| tx.address_of(one)).is_some());
    assert_eq!(there(), [true, true, false]);
    // Who said something is known as long as that is.
    put(
        &store,
        said(group.conversation, Author::Contact(ids[1]), 1, 1),
    );
    apply(
        &store,
        &[Effect::Group(Box::new(Group {
            members: vec![],
            ..group
        }))],
    );
    transact(&store, |tx| tx.sweep(NOW));
    assert_eq!(there(), [false, true, false]);
}

#[test]
fn a_clock_that_ran_ahead_puts_off_no_group_for_long() {
    let store = store();
    let with = |due: u64, again: u64| {
        let mut one = member(2, "bob");
        (one.due, one.again) = (Some(NOW + due), Some((NOW + again, 1)));
        one
    };
    let day = DAY.as_secs();
    for (n, before, expected) in [
        (1, with(day, 5 * day), with(day, 5 * day)),
        (2, with(day + 1, 5 * day), with(0, 5 * day)),
        (3, with(40 * day, 5 * day + 1), with(0, 0)),
    ] {
        let group = kept(&store, n, vec![before]);
        transact(&store, |tx| tx.forgive_clock(NOW));
        let found = view(&store, |v| v.group_of(gid(n))).unwrap();
        assert_eq!(
            found,
            Group {
                members: vec![expected],
                ..group
            },
            "{n}"
        );
    }
    assert_eq!(view(&store, |v| v.groups_due(NOW)).len(), 2);
    // A question of which nobody knows whether it came, too.
    let unsure = |at| Unsure {
        to: contact("bob"),
        letter: id(9),
        at,
    };
    let mut group = kept(&store, 4, vec![]);
    group.unsure = vec![unsure(NOW + 40 * day)];
    apply(&store, &[Effect::Group(Box::new(group))]);
    transact(&store, |tx| tx.forgive_clock(NOW));
    let found = view(&store, |v| v.group_of(gid(4))).unwrap();
    assert_eq!(found.unsure, [unsure(NOW)]);
}

#[test]
fn what_is_gathered_for_a_member_can_be_hurried_but_not_where_they_are_hidden_from() {
    let store = store();
    for (name, visible) in [("bob", true), ("carol", false)] {
        let person = Contact {
            visible,
            ..person(name)
        };
        apply(&store, &[Effect::Contact(Box::new(person))]);
    }
    let gather = || Body::Gather(Gather::default());
    let receipt = Body::Receipt(Receipt {
        ids: vec![id(1)],
        state: ReceiptState::Delivered,
    });
    for (n, to, body) in [
        (1, "bob", gather()),
        (2, "carol", gather()),
        (3, "bob", receipt),
    ] {
        let letter = Outgoing {
            due: NOW + 90,
            ..outgoing(to, letter(n, body))
        };
        apply(&store, &[post(letter)]);
    }
    transact(&store, |tx| {
        tx.execute("INSERT INTO outbox (receiver, letter_id, priority, route, due, claimed_until, attempts, form, letter)
                    SELECT receiver, randomblob(16), priority, route, due, 0, 0, '', 'x' FROM outbox WHERE letter_id = ?1", [id(3).0])?;
        tx.outbox().hurry(NOW)
    });
    let due = transact(&store, |tx| tx.outbox().due(NOW, None, 9));
    let due: Vec<_> = due.iter().map(|one| one.outgoing.letter.id).collect();
    assert_eq!(due, [id(1)]);
}

#[test]
fn changes_of_groups_are_told() {
    let store = store();
    let group = kept(&store, 1, vec![]);
    let before = store.read(|tx| tx.changes_since(0)).unwrap().last;
    let copy = super::copies::copy(group.conversation, 1, 2);
    for (effect, groups, texts) in [
        (
            Effect::Acts(
                group.conversation,
                vec![],
                vec![super::groups::waits("bob", 1)],
            ),
            true,
            false,
        ),
        (Effect::Group(Box::new(group)), true, false),
        (Effect::Copy(Box::new(copy)), false, true),
    ] {
        let before = store.read(|tx| tx.changes_since(0)).unwrap().last;
        apply(&store, std::slice::from_ref(&effect));
        let told = store.read(|tx| tx.changes_since(before)).unwrap();
        assert_eq!((told.groups, told.texts), (groups, texts), "{effect:?}");
    }
    assert!(store.read(|tx| tx.changes_since(before)).unwrap().groups);
}
