//! How far mailboxes have been read.

use std::num::NonZeroU32;

use super::*;
use crate::rules::fetch::mailbox::Uid;
use crate::rules::fetch::plan::{Cursor, Kept, Retry};

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
            },
            Retry {
                uid: uid(7),
                tries: 1,
                due: NOW.after(crate::protocol::time::MINUTE),
            },
        ],
        letters: 2,
        gone: 1,
    };
    transact(&store, |tx| tx.mailboxes().keep(&kept));
    assert_eq!(transact(&store, |tx| tx.mailboxes().all()), [kept.clone()]);
    // Counts are added; what is tried again is what it is now.
    kept.retries.clear();
    transact(&store, |tx| tx.mailboxes().keep(&kept));
    (kept.letters, kept.gone) = (4, 2);
    assert_eq!(transact(&store, |tx| tx.mailboxes().all()), [kept]);
}

#[test]
fn what_was_seen_by_pop3_is_what_it_is_now() {
    let store = store();
    for seen in [vec![[1; 8], [2; 8]], vec![[2; 8]], vec![]] {
        transact(&store, |tx| tx.mailboxes().keep_pop3_seen(&seen));
        assert_eq!(transact(&store, |tx| tx.mailboxes().pop3_seen()), seen);
    }
}
