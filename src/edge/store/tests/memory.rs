//! What is remembered for a while, and the broom.

use super::*;
use crate::protocol::link::Token;
use crate::protocol::time::{DAY, Seconds};
use crate::rules::contact::Announce;
use crate::rules::message::Via;
use crate::rules::queue::budget::Class;
use crate::rules::view::{Invite, Tombstone};

const MONTH: u64 = 30 * 86_400;

#[test]
fn a_ciphertext_is_remembered_for_thirty_days() {
    let store = store();
    transact(&store, |tx| tx.dedup().mark_seen(&[1; 32], None, NOW));
    let seen = |hash, now| transact(&store, |tx| tx.dedup().seen(&hash, now));
    assert!(seen([1; 32], NOW) && seen([1; 32], NOW + MONTH - 1));
    assert!(!seen([2; 32], NOW) && !seen([1; 32], NOW + MONTH));
}

#[test]
fn one_that_names_a_prekey_is_remembered_as_long_as_that_lives() {
    let store = store();
    let late = NOW + 5 * MONTH;
    transact(&store, |tx| {
        tx.dedup().mark_seen(&[1; 32], Some(key(1)), NOW)?;
        tx.dedup().mark_seen(&[2; 32], Some(key(2)), NOW)?;
        tx.sweep(late)
    });
    let seen = |hash, now| transact(&store, |tx| tx.dedup().seen(&hash, now));
    assert!(seen([1; 32], late) && seen([2; 32], late));
    transact(&store, |tx| tx.dedup().prekeys_are([key(3), key(2)]));
    assert!(seen([1; 32], NOW) && !seen([1; 32], late) && seen([2; 32], late));
    let rows = || {
        transact(&store, |tx| {
            tx.value::<i64>("SELECT count(*) FROM seen", [])
        })
    };
    transact(&store, |tx| tx.sweep(late));
    assert_eq!(rows(), Some(1));
}

#[test]
fn a_mail_of_ours_is_known_by_its_id() {
    let store = store();
    transact(&store, |tx| {
        tx.dedup()
            .put_mail_id("abc@example.net", contact("bob"), id(1), &[3; 32], 7, NOW)
    });
    let found = |mail: &str| transact(&store, |tx| tx.dedup().mail_id(mail));
    assert_eq!(
        found("abc@example.net"),
        Some(Mailed {
            to: contact("bob"),
            letter: id(1),
            announced: 7,
            reported: false,
        })
    );
    transact(&store, |tx| tx.dedup().mark_reported("abc@example.net"));
    assert!(found("abc@example.net").is_some_and(|mail| mail.reported));
    assert_eq!(found("ABC@example.net"), None);
}

#[test]
fn what_is_over_stays_over_until_its_time() {
    let store = store();
    let request = Tombstone::Request(contact("bob"), id(1));
    let automatic = Tombstone::Automatic(contact("bob"));
    let remember = |tombstone: &Tombstone, until| {
        apply(&store, &[Effect::Remember(tombstone.clone(), until)]);
    };
    remember(&request, NOW + 5);
    remember(&request, NOW + 3);
    let holds =
        |tombstone: &Tombstone, now| transact(&store, |tx| tx.dedup().remembers(tombstone, now));
    assert!(holds(&request, NOW + 4) && !holds(&request, NOW + 5));
    assert!(!holds(&automatic, NOW));
    assert!(!holds(&Tombstone::Request(contact("bob"), id(2)), NOW));
    assert!(!holds(&Tombstone::Request(contact("carol"), id(1)), NOW));
    remember(&automatic, NOW + 5);
    assert!(holds(&automatic, NOW));
}

fn spend(store: &Store, at: Seconds, count: u32) {
    for _ in 0..count {
        transact(store, |tx| {
            tx.budget().spend(Class::Text, contact("bob"), at)
        });
    }
}

#[test]
fn mails_are_counted() {
    let store = store();
    spend(&store, NOW, 2);
    spend(&store, NOW, 1);
    spend(&store, NOW + 9, 4);
    let spent = |since| transact(&store, |tx| spent(tx, since));
    assert_eq!((spent(NOW - 1), spent(NOW), spent(NOW + 9)), (7, 4, 0));
    let refund = |class| {
        transact(&store, |tx| {
            tx.budget().refund(class, contact("bob"), NOW + 9)
        })
    };
    refund(Class::Receipt);
    assert_eq!(spent(NOW - 1), 7, "each class counts its own mails");
    refund(Class::Text);
    assert_eq!((spent(NOW - 1), spent(NOW)), (6, 3));
}

#[test]
fn a_probe_is_taken_for_an_hour() {
    let store = store();
    transact(&store, |tx| tx.dedup().put_probe(&[1; 16], NOW));
    let probe = |token, now| transact(&store, |tx| tx.dedup().probe(&token, now));
    assert!(probe([1; 16], NOW + 3599) && !probe([1; 16], NOW + 3600) && !probe([2; 16], NOW));
}

#[test]
fn single_values_are_kept() {
    let store = store();
    assert_eq!(transact(&store, |tx| tx.meta_get("key")), None);
    transact(&store, |tx| tx.meta_set("key", "one"));
    transact(&store, |tx| tx.meta_set("key", "two"));
    assert_eq!(
        transact(&store, |tx| tx.meta_get("key")),
        Some("two".into())
    );
}

#[test]
fn the_broom_takes_what_is_old_and_nothing_else() {
    let store = store();
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        store
            .connection
            .query_row(&sql, [], |row| row.get(0))
            .unwrap()
    };
    let tables = [
        "seen",
        "mail_id",
        "unread_mail",
        "tombstone",
        "invite",
        "invite_use",
        "budget",
        "probe",
        "message",
        "outbox",
    ];
    let invite = |n, expires_at| Invite {
        token: Token([n; 16]),
        made_at: NOW,
        expires_at,
        uses: 1,
        used_by: vec![address("bob")],
    };
    let grave = |n, arrival| {
        let mut message = text("bob", Direction::In, n, 0);
        (message.text, message.arrival) = (String::new(), arrival);
        message
    };
    let mut short = outgoing("bob", says(1));
    short.expires = Some(NOW);
    let mut long = outgoing("bob", says(2));
    long.expires = Some(NOW + 1);
    for (n, age) in [(1_u8, 0), (2, 1)] {
        let at = |lasts: u64| NOW - lasts + age;
        transact(&store, |tx| {
            tx.dedup().mark_seen(&[n; 32], None, at(MONTH))?;
            tx.dedup().put_mail_id(
                &n.to_string(),
                contact("bob"),
                id(n),
                &[n; 32],
                0,
                at(MONTH),
            )?;
            tx.dedup().put_unread_mail(&[n; 32], "damaged", at(MONTH))?;
            tx.budget()
                .spend(Class::Text, contact("bob"), at((2 * DAY).as_secs()))?;
            tx.dedup().put_probe(&[n; 16], at(3600))
        });
        apply(
            &store,
            &[
                Effect::Remember(Tombstone::Request(contact("bob"), id(n)), NOW + age),
                Effect::Invite(Box::new(invite(n, NOW + age))),
                Effect::Message(Box::new(grave(n, at(MONTH).millis()))),
            ],
        );
    }
    apply(
        &store,
        &[
            post(short),
            post(long),
            Effect::Message(Box::new(text("bob", Direction::In, 9, 0))),
        ],
    );
    let before: Vec<u32> = tables.iter().map(|table| count(table)).collect();
    assert_eq!(before, [2, 2, 2, 2, 2, 2, 2, 2, 3, 2]);
    transact(&store, |tx| tx.sweep(NOW));
    transact(&store, |tx| tx.outbox().drop_expired(NOW));
    let after: Vec<u32> = tables.iter().map(|table| count(table)).collect();
    assert_eq!(after, [1, 1, 1, 1, 1, 1, 1, 1, 2, 1], "{tables:?}");
}

/// What a clock that ran ahead by a day has set is due, or as far ahead as it would be; the rest stays as it is.
#[test]
fn a_clock_that_ran_ahead_is_forgiven() {
    let store = store();
    let ahead = NOW + DAY;
    let announced = |at: Seconds| {
        let mut person = person(&format!("At{at}"));
        person.announce = Some(Announce {
            since: at,
            over_irc: None,
            mail_at: at + 100,
            repair: false,
            hides: false,
        });
        Effect::Contact(Box::new(person))
    };
    let waiting = |n, via, due| {
        let mut message = text("bob", Direction::Out, n, 0);
        (message.state, message.via, message.due) = (Delivery::Sent, Some(via), Some(due));
        Effect::Message(Box::new(message))
    };
    let mut letter = outgoing("bob", says(1));
    letter.due = ahead;
    let effects = [
        announced(NOW - 5),
        announced(ahead),
        waiting(1, Via::Irc, ahead + 30),
        waiting(2, Via::Irc, NOW + 30),
        waiting(3, Via::Mail, ahead),
        post(letter),
    ];
    apply(&store, &effects);
    transact(&store, |tx| tx.forgive_clock(NOW));
    let people = view(&store, |tx| tx.people());
    let announced = people
        .iter()
        .filter_map(|one| one.announce.map(|due| due.mail_at));
    let mut times: Vec<Seconds> = announced.collect();
    times.sort_unstable();
    assert_eq!(times, [NOW + 95, NOW + 100]);
    let due = |now| {
        let texts = view(&store, |tx| tx.messages_due(now));
        texts.iter().map(|text| text.id).collect::<Vec<_>>()
    };
    assert_eq!(due(NOW), [id(1)]);
    assert_eq!(due(NOW + 30), [id(1), id(2)]);
    let letters = transact(&store, |tx| tx.outbox().due(NOW, None, 9));
    assert_eq!(letters.len(), 1);
}

/// A text that left by mail waits no longer than the pause before its next try, whatever a clock had set.
#[test]
fn a_text_by_mail_waits_for_its_pause_and_no_longer() {
    for (attempts, mailed_at, due, after) in [
        (1, NOW, NOW + DAY, (NOW, NOW + DAY)),
        (1, NOW + 9, NOW + DAY + 1, (NOW, NOW + DAY)),
        (2, NOW - DAY, NOW + 7 * DAY, (NOW - DAY, NOW + DAY)),
        (3, NOW, NOW + 5 * DAY, (NOW, NOW + 5 * DAY)),
        (3, NOW + DAY, NOW + 5 * DAY + 1, (NOW, NOW + 5 * DAY)),
    ] {
        let store = store();
        let mut message = text("bob", Direction::Out, 1, 0);
        (message.state, message.via) = (Delivery::Sent, Some(Via::Mail));
        (message.attempts, message.mailed_at, message.due) = (attempts, mailed_at, Some(due));
        apply(&store, &[Effect::Message(Box::new(message))]);
        transact(&store, |tx| tx.forgive_clock(NOW));
        let found = view(&store, |tx| tx.messages_due(Seconds(u64::MAX))).remove(0);
        let case = format!("{attempts} {due}");
        assert_eq!(
            (found.mailed_at, found.due),
            (after.0, Some(after.1)),
            "{case}"
        );
    }
}

#[test]
fn what_a_clock_that_ran_ahead_spent_counts_as_spent_now() {
    let store = store();
    for (at, count) in [(NOW - 1, 1), (NOW, 2), (NOW + 5, 4), (NOW + 9 * DAY, 8)] {
        spend(&store, at, count);
    }
    transact(&store, |tx| tx.forgive_clock(NOW));
    let since = |time| transact(&store, |tx| spent(tx, time));
    assert_eq!((since(NOW - 2), since(NOW - 1), since(NOW)), (15, 14, 0));
}
