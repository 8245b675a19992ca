//! Who keeps what of the acts that wait.
#![allow(clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::protocol::group::{Deed, MemberId, Signed, What};
use crate::protocol::letter::Signature;
use crate::protocol::time::Seconds;

fn act(n: u64) -> Act {
    Signed {
        value: Deed {
            group: None,
            author: MemberId([0; 8]),
            parents: Vec::new(),
            depth: n,
            time: Seconds(0),
            what: What::Leave,
            before: None,
            number: 1,
        },
        bytes: n.to_be_bytes().to_vec(),
        signature: Signature([0; 64]),
    }
}

/// A letter of somebody's brings acts of these numbers.
fn brings(waits: Vec<WaitingAct>, from: i64, numbers: std::ops::Range<u64>) -> Vec<WaitingAct> {
    with_new(waits, ContactId::new(from), numbers.map(act))
}

fn of(waits: &[WaitingAct], from: i64) -> Vec<u64> {
    let theirs = waits.iter().filter(|one| one.from == ContactId::new(from));
    theirs.map(|one| one.act.value.depth).collect()
}

#[test]
fn of_one_sender_eight_wait() {
    let waits = brings(Vec::new(), 1, 0..100);
    assert_eq!(of(&waits, 1), (0..8).collect::<Vec<_>>(), "of one letter");
    let waits = brings(waits, 1, 4..9);
    assert_eq!(of(&waits, 1), (1..9).collect::<Vec<_>>(), "the latest");
    let again = brings(waits.clone(), 1, 5..8);
    assert_eq!(again, waits, "known ones");
}

#[test]
fn nobody_pushes_out_what_another_sent_or_keeps_it_out() {
    let mut waits = brings(Vec::new(), 1, 0..2);
    for letter in 0..50_u64 {
        waits = brings(waits, 2, 100 + letter * 8..108 + letter * 8);
    }
    assert_eq!(of(&waits, 1), [0, 1]);
    // Another brings one of these, too: what they do to theirs is nothing to the first.
    waits = brings(waits, 2, 0..1);
    waits = brings(waits, 2, 900..910);
    assert_eq!(of(&waits, 1), [0, 1]);
    // Many together fill it.
    for sender in 2..20 {
        waits = brings(waits, sender, 1000..1008);
    }
    assert_eq!(waits.len(), 64);
    assert_eq!(of(&waits, 1), [0, 1]);
    waits = brings(waits, 30, 7..9);
    assert_eq!(of(&waits, 30), [7, 8]);
    assert_eq!(of(&waits, 1), [0, 1]);
    assert_eq!(waits.len(), 64);
}
