//! How far mailboxes have been read.

use std::num::NonZeroU32;

use super::*;
use crate::protocol::time::{MINUTE, Seconds, days};
use crate::rules::fetch::mailbox::Uid;
use crate::rules::fetch::plan::{Cursor, Kept, Refused, Retry};
use crate::rules::fetch::pop3_mails::{Hash8, Pop3Kept, Pop3Retry};

const BOB: &str = "bob@mail.example";

fn uid(n: u32) -> Uid {
    Uid(NonZeroU32::new(n).unwrap())
}

#[test]
fn what_is_kept_of_a_mailbox_is_read_again() {
    let store = store();
    let mut kept = Kept {
        cursor: Cursor {
            name: "INBOX".to_owned(),
            uidvalidity: u32::MAX,
            next: uid(u32::MAX),
            looked: NOW,
        },
        retries: vec![
            Retry {
                uid: uid(9),
                tries: 2,
                due: NOW,
                came: NOW,
            },
            Retry {
                uid: uid(7),
                tries: 1,
                due: NOW.after(MINUTE),
                came: Seconds(0),
            },
        ],
        letters: 2,
        gone: 1,
    };
    transact(&store, |tx| tx.mailboxes().keep(BOB, &kept));
    assert_eq!(
        transact(&store, |tx| tx.mailboxes().all(BOB)),
        [kept.clone()]
    );
    // Counts are added; what is tried again is what it is now.
    kept.retries.clear();
    transact(&store, |tx| tx.mailboxes().keep(BOB, &kept));
    (kept.letters, kept.gone) = (4, 2);
    assert_eq!(transact(&store, |tx| tx.mailboxes().all(BOB)), [kept]);
}

#[test]
fn what_is_tried_again_as_before_is_not_written_anew() {
    let store = store();
    let retry = |n, due| Retry {
        uid: uid(n),
        tries: 1,
        due,
        came: NOW,
    };
    let mut kept = kept("INBOX", 9, NOW);
    kept.retries = vec![retry(7, NOW.after(MINUTE)), retry(8, NOW), retry(6, NOW)];
    transact(&store, |tx| tx.mailboxes().keep(BOB, &kept));
    let guard = "CREATE TEMP TRIGGER kept BEFORE DELETE ON fetch_retry
                 BEGIN SELECT raise(ABORT, 'written anew'); END";
    store.connection.execute(guard, []).unwrap();
    for _ in 0..2 {
        transact(&store, |tx| tx.mailboxes().keep(BOB, &kept));
        kept.retries.reverse();
    }
    kept.retries[0].tries = 2;
    let changed = store.transact(|tx| tx.mailboxes().keep(BOB, &kept));
    assert!(changed.is_err());
}

fn kept(name: &str, next: u32, looked: Seconds) -> Kept {
    Kept {
        cursor: Cursor {
            name: name.to_owned(),
            uidvalidity: 1,
            next: uid(next),
            looked,
        },
        retries: Vec::new(),
        letters: 1,
        gone: 0,
    }
}

fn pop3(added: &[Hash8], gone: &[Hash8], retries: Vec<Pop3Retry>) -> Pop3Kept {
    Pop3Kept {
        added: added.iter().copied().collect(),
        gone: gone.iter().copied().collect(),
        retries,
        looked: Some(NOW),
        letters: 0,
    }
}

#[test]
fn what_is_kept_of_a_mailbox_is_its_servers() {
    let store = store();
    let other = "bob@other.example";
    transact(&store, |tx| {
        tx.mailboxes().keep(BOB, &kept("INBOX", 900, NOW))?;
        tx.mailboxes()
            .keep_pop3(BOB, &pop3(&[[1; 8]], &[], Vec::new()))
    });
    assert_eq!(transact(&store, |tx| tx.mailboxes().all(other)), []);
    assert!(transact(&store, |tx| tx.mailboxes().pop3_seen(other)).is_empty());
    assert_eq!(
        transact(&store, |tx| tx.mailboxes().looked_last()),
        Some(NOW)
    );
}

#[test]
fn what_was_kept_without_its_server_is_that_of_the_first() {
    let store = store();
    let mut before = kept("INBOX", 9, NOW);
    before.retries = vec![Retry {
        uid: uid(3),
        tries: 1,
        due: NOW,
        came: NOW,
    }];
    transact(&store, |tx| {
        tx.mailboxes().keep("", &before)?;
        tx.mailboxes()
            .keep_pop3("", &pop3(&[[7; 8]], &[], Vec::new()))
    });
    assert!(transact(&store, |tx| tx.mailboxes().is_unclaimed()));
    transact(&store, |tx| tx.mailboxes().claim(BOB));
    assert!(!transact(&store, |tx| tx.mailboxes().is_unclaimed()));
    assert_eq!(transact(&store, |tx| tx.mailboxes().all(BOB)), [before]);
    assert_eq!(
        transact(&store, |tx| tx.mailboxes().pop3_seen(BOB)),
        [[7; 8]]
    );
}

#[test]
fn what_an_older_program_kept_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    for migration in &super::super::migrate::MIGRATIONS[..9] {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch(
        "INSERT INTO mailbox (name, uidvalidity, next, since, letters, gone) VALUES ('INBOX', 7, 42, 99, 3, 1);
         INSERT INTO fetch_retry (mailbox, uid, tries, due) VALUES ('INBOX', 40, 2, 100);
         INSERT INTO pop3_seen (hash8) VALUES (x'0101010101010101'); PRAGMA user_version = 9",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path, Create::No).unwrap();
    transact(&store, |tx| tx.mailboxes().claim(BOB));
    let all = transact(&store, |tx| tx.mailboxes().all(BOB));
    let expected = Kept {
        cursor: Cursor {
            name: "INBOX".to_owned(),
            uidvalidity: 7,
            next: uid(42),
            looked: Seconds(99),
        },
        retries: vec![Retry {
            uid: uid(40),
            tries: 2,
            due: Seconds(100),
            came: Seconds(0),
        }],
        letters: 3,
        gone: 1,
    };
    assert_eq!(all, [expected]);
    let seen = transact(&store, |tx| tx.mailboxes().pop3_seen(BOB));
    assert_eq!(seen, [[1; 8]]);
}

#[test]
fn a_mailbox_is_forgotten_a_year_after_it_was_left() {
    let store = store();
    let [old, left] = ["bob@old.example", "bob@left.example"];
    let year = days(365);
    let mut inbox = kept("INBOX", 9, NOW);
    inbox.retries = vec![Retry {
        uid: uid(3),
        tries: 1,
        due: NOW,
        came: NOW,
    }];
    let retry = Pop3Retry {
        hash: [9; 8],
        tries: 1,
        due: NOW,
    };
    let refused = Refused {
        times: 1,
        at: NOW,
        pause: MINUTE,
    };
    transact(&store, |tx| {
        tx.mailboxes().keep(old, &inbox)?;
        let seen = pop3(&[[1; 8]], &[], vec![retry]);
        tx.mailboxes().keep_pop3(old, &seen)?;
        tx.mailboxes().keep_refused(old, Some(&refused))?;
        tx.mailboxes()
            .keep(left, &kept("INBOX", 9, NOW.after(MINUTE)))?;
        tx.mailboxes().keep(left, &kept("Junk", 9, NOW))
    });
    let count = || {
        transact(&store, |tx| {
            let mut all = tx.mailboxes().all(old)?.len() + tx.mailboxes().pop3_seen(old)?.len();
            all += tx.mailboxes().pop3_retries(old)?.len();
            let left = tx.mailboxes().all(left)?.len();
            Ok((all, tx.mailboxes().refused(old)?.is_some(), left))
        })
    };
    transact(&store, |tx| {
        tx.mailboxes().sweep(NOW.after(year).before(MINUTE), &[])
    });
    assert_eq!(count(), (3, true, 2));
    transact(&store, |tx| tx.mailboxes().sweep(NOW.after(year), &[]));
    assert_eq!(count(), (0, false, 2));
    // Where it was looked last is known however long ago that was.
    transact(&store, |tx| tx.mailboxes().sweep(NOW.after(year * 2), &[]));
    assert_eq!(count(), (0, false, 2));
}

#[test]
fn a_row_that_is_damaged_holds_up_no_other() {
    for damage in [
        "UPDATE mailbox SET uidvalidity = -1 WHERE name = 'INBOX'",
        "UPDATE mailbox SET next = 5000000000 WHERE name = 'INBOX'",
        "UPDATE mailbox SET name = CAST(x'ff' AS TEXT) WHERE name = 'INBOX'",
        "UPDATE fetch_retry SET uid = 5000000000 WHERE uid = 3",
    ] {
        let store = store();
        let mut inbox = kept("INBOX", 9, NOW);
        let retry = |n| Retry {
            uid: uid(n),
            tries: 1,
            due: NOW,
            came: NOW,
        };
        inbox.retries = vec![retry(3), retry(4)];
        transact(&store, |tx| {
            tx.mailboxes().keep(BOB, &inbox)?;
            tx.mailboxes().keep(BOB, &kept("Junk", 5, NOW))
        });
        assert_eq!(transact(&store, |tx| tx.run(damage, [])), 1, "{damage}");
        let all = transact(&store, |tx| tx.mailboxes().all(BOB));
        let whole = all.iter().map(|it| it.retries.len() + 1).sum::<usize>();
        let expected = if damage.contains("retry") { 3 } else { 1 };
        assert_eq!(whole, expected, "{damage}");
        // Whoever begins anew begins where it was looked last.
        let looked = transact(&store, |tx| tx.mailboxes().looked_last());
        assert_eq!(looked, Some(NOW), "{damage}");
        assert_eq!(
            transact(&store, |tx| tx.roster().damaged_rows()),
            1,
            "{damage}"
        );
        transact(&store, |tx| tx.mailboxes().keep(BOB, &inbox));
    }
}

#[test]
fn a_row_that_is_damaged_is_counted_in_each_table() {
    for (table, values) in [
        (
            "mailbox (server, name, uidvalidity, next, since, letters, gone)",
            "'s', 'n', -1, 1, 1, 1, 1",
        ),
        ("pop3_seen (server, hash8)", "'s', zeroblob(7)"),
        (
            "pop3_retry (server, hash8, tries, due)",
            "'s', zeroblob(7), 1, 1",
        ),
    ] {
        let store = store();
        let sql = format!("INSERT INTO {table} VALUES ({values})");
        transact(&store, |tx| {
            tx.run("PRAGMA ignore_check_constraints = 1", [])
        });
        transact(&store, |tx| tx.run(&sql, []));
        let damaged = transact(&store, |tx| tx.roster().damaged_rows());
        assert_eq!(damaged, 1, "{table}");
    }
}

#[test]
fn how_a_login_was_refused_is_known_until_one_is_not() {
    let store = store();
    let refused = Refused {
        times: 2,
        at: NOW,
        pause: MINUTE * 10,
    };
    for kept in [Some(refused), None] {
        transact(&store, |tx| tx.mailboxes().keep_refused(BOB, kept.as_ref()));
        assert_eq!(transact(&store, |tx| tx.mailboxes().refused(BOB)), kept);
        assert_eq!(transact(&store, |tx| tx.mailboxes().refused("b@x")), None);
    }
}

#[test]
fn what_was_seen_by_pop3_is_what_it_is_now() {
    let store = store();
    let retry = Pop3Retry {
        hash: [9; 8],
        tries: 3,
        due: NOW,
    };
    for (added, gone, retries, seen) in [
        (
            vec![[1; 8], [2; 8]],
            vec![],
            vec![retry],
            vec![[1; 8], [2; 8]],
        ),
        (
            vec![[3; 8]],
            vec![[1; 8]],
            vec![retry],
            vec![[2; 8], [3; 8]],
        ),
        (vec![], vec![[2; 8], [3; 8]], vec![], vec![]),
    ] {
        let kept = pop3(&added, &gone, retries.clone());
        transact(&store, |tx| tx.mailboxes().keep_pop3(BOB, &kept));
        assert_eq!(transact(&store, |tx| tx.mailboxes().pop3_seen(BOB)), seen);
        let kept = transact(&store, |tx| tx.mailboxes().pop3_retries(BOB));
        assert_eq!(kept, retries);
    }
}
