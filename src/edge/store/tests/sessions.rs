//! Sessions: which one seals, which ones stay.

use super::*;
use crate::protocol::time::{DAY, Seconds};

pub(super) fn row(session_id: &str, opened_at: u64) -> SessionRow {
    SessionRow {
        session_id: session_id.into(),
        pickle: format!("pickle of {session_id}").into(),
        ours: opened_at == 0,
        opened_at: Seconds(opened_at),
        created_at: NOW,
        ready: opened_at > 0,
        retired: false,
    }
}

/// Bob, by one of their keys.
fn bob(byte: u8) -> Peer {
    Peer {
        contact: contact("bob"),
        key: key(byte),
        former: false,
    }
}

/// A store with bob on the roster.
fn store() -> Store {
    let store = crate::edge::store::tests::store();
    apply(&store, &[Effect::Contact(Box::new(person("Bob")))]);
    store
}

fn put(store: &Store, row: &SessionRow) {
    transact(store, |tx| tx.sessions().put(&bob(1), Transport::Mail, row));
}

fn ids(store: &Store) -> Vec<String> {
    let rows = transact(store, |tx| tx.sessions().of(&bob(1), Transport::Mail));
    rows.into_iter().map(|row| row.session_id).collect()
}

#[test]
fn a_session_is_kept_whole_and_moves_on_in_its_place() {
    let store = store();
    let mut session = row("a", 0);
    put(&store, &session);
    (session.pickle, session.opened_at, session.ready) = ("moved".to_owned().into(), NOW, true);
    put(&store, &session);
    assert_eq!(
        transact(&store, |tx| tx.sessions().of(&bob(1), Transport::Mail)),
        [session]
    );
}

#[test]
fn peers_and_transports_are_apart() {
    let store = store();
    put(&store, &row("a", 1));
    transact(&store, |tx| {
        tx.sessions().put(&bob(1), Transport::Irc, &row("b", 1))?;
        tx.sessions().put(&bob(2), Transport::Mail, &row("c", 1))?;
        assert_eq!(tx.sessions().of(&bob(1), Transport::Irc)?, [row("b", 1)]);
        assert_eq!(tx.sessions().of(&bob(2), Transport::Mail)?, [row("c", 1)]);
        assert_eq!(tx.sessions().of(&bob(2), Transport::Irc)?, []);
        Ok(())
    });
    assert_eq!(ids(&store), ["a"]);
}

#[test]
fn the_last_that_opened_a_letter_seals_before_that_one_of_ours() {
    let retired = SessionRow {
        retired: true,
        ..row("r", (NOW + 9).0)
    };
    let older = SessionRow {
        created_at: NOW - 5,
        ..row("o", 0)
    };
    for (rows, order) in [
        (vec![row("a", 5), row("b", 6)], vec!["b", "a"]),
        (vec![row("b", 6), row("a", 5)], vec!["b", "a"]),
        (vec![row("ours", 0), row("bobs", 5)], vec!["bobs", "ours"]),
        (vec![row("new", 0), older.clone()], vec!["new", "o"]),
        (vec![retired.clone(), row("a", 5)], vec!["a", "r"]),
        (vec![retired, row("ours", 0)], vec!["ours", "r"]),
        (vec![row("a", 5), row("b", 5)], vec!["b", "a"]),
    ] {
        let store = store();
        rows.iter().for_each(|row| put(&store, row));
        assert_eq!(ids(&store), order, "{rows:?}");
    }
}

#[test]
fn of_more_than_two_the_new_one_and_the_newest_of_the_others_stay() {
    let cases = [
        (
            "their third opening",
            vec![row("a", 5), row("b", 6), row("c", 7)],
            vec!["c", "b"],
        ),
        (
            "our healing pushes out nothing that opened",
            vec![row("a", 5), row("b", 6), row("c", 0), row("d", 0)],
            vec!["b", "a", "d", "c"],
        ),
        (
            "nor does the third of ours",
            vec![row("a", 5), row("b", 0), row("c", 0), row("d", 0)],
            vec!["a", "d", "c"],
        ),
        (
            "their opening crosses ours",
            vec![row("old", 5), row("ours", 0), row("bobs", 7)],
            vec!["bobs", "old", "ours"],
        ),
        (
            "their openings leave ours, which they may seal with",
            vec![row("ours", 0), row("b", 6), row("c", 7), row("d", 8)],
            vec!["d", "c", "ours"],
        ),
        (
            "ours has opened at last",
            vec![row("a", 5), row("b", 6), row("c", 0), row("c", 7)],
            vec!["c", "b"],
        ),
    ];
    for (case, rows, left) in cases {
        let store = store();
        rows.iter().for_each(|row| put(&store, row));
        assert_eq!(ids(&store), left, "{case}");
    }
}

#[test]
fn the_same_key_of_somebody_else_has_sessions_of_its_own() {
    let store = store();
    apply(&store, &[Effect::Contact(Box::new(person("Carol")))]);
    let carol = Peer {
        contact: contact("carol"),
        key: key(1),
        former: false,
    };
    put(&store, &row("a", 5));
    transact(&store, |tx| {
        for name in ["x", "y", "z"] {
            tx.sessions().put(&carol, Transport::Mail, &row(name, 9))?;
        }
        tx.apply(&Effect::RetireSessions(contact("carol"), key(1)), NOW)?;
        tx.apply(&Effect::DropSessions(contact("carol"), key(1)), NOW)
    });
    assert_eq!(
        transact(&store, |tx| tx.sessions().of(&bob(1), Transport::Mail)),
        [row("a", 5)]
    );
    apply(&store, &[Effect::Forget(contact("carol"))]);
    assert_eq!(ids(&store), ["a"]);
}

#[test]
fn sessions_retire_and_end_by_their_key() {
    let store = store();
    put(&store, &row("a", 5));
    put(&store, &row("b", 6));
    transact(&store, |tx| {
        tx.sessions().put(&bob(2), Transport::Mail, &row("c", 1))
    });
    apply(&store, &[Effect::RetireSessions(contact("bob"), key(1))]);
    let retired = |peer| {
        let rows = transact(&store, |tx| tx.sessions().of(&bob(peer), Transport::Mail));
        rows.iter().map(|row| row.retired).collect::<Vec<_>>()
    };
    assert_eq!((retired(1), retired(2)), (vec![true, true], vec![false]));
    apply(&store, &[Effect::DropSessions(contact("bob"), key(1))]);
    assert_eq!((retired(1), retired(2)), (vec![], vec![false]));
}

#[test]
fn a_session_does_not_print_its_pickle() {
    let printed = format!("{:?}", row("a", 5));
    assert!(!printed.contains("pickle"), "{printed}");
}

fn before(session_id: &str, chain: u8, pickle: &str) -> Overtaken {
    Overtaken {
        session_id: session_id.into(),
        chain: [chain; 32],
        pickle: pickle.to_owned().into(),
    }
}

#[test]
fn what_opens_the_overtaken_is_the_first_of_a_chain_and_bounded() {
    let store = store();
    let put = |before: &Overtaken, at| {
        transact(&store, |tx| {
            tx.sessions().put_overtaken(&bob(1), before, at)
        });
    };
    let kept = || {
        let rows = transact(&store, |tx| tx.sessions().overtaken(&bob(1)));
        let pickles = rows.into_iter().map(|row| row.pickle.to_string());
        pickles.collect::<Vec<_>>().join(" ")
    };
    put(&before("a", 1, "a1"), NOW);
    put(&before("a", 1, "later"), NOW);
    put(&before("a", 2, "a2"), NOW + 1);
    put(&before("b", 1, "b1"), NOW + 1);
    assert_eq!(kept(), "a1 a2 b1");
    put(&before("b", 2, "b2"), NOW + 1);
    put(&before("b", 3, "b3"), NOW + 2);
    assert_eq!(kept(), "a2 b1 b2 b3");
    assert_eq!(transact(&store, |tx| tx.sessions().overtaken(&bob(2))), []);
    transact(&store, |tx| tx.sweep(NOW + 7 * DAY + 1));
    assert_eq!(kept(), "b3");
    apply(&store, &[Effect::DropSessions(contact("bob"), key(1))]);
    assert_eq!(kept(), "");
    let shown = format!("{:?}", before("a", 1, "secret"));
    assert!(!shown.contains("secret") && !shown.contains('1'), "{shown}");
}
