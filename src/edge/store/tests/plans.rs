//! What is looked up is found by an index: a turn about one text does not grow with the roster.

use super::*;
use crate::edge::store::{
    backlog, copy, friend, group, history, message, outbox, record, removed, session, transaction,
    unread_mail,
};

fn plan(store: &Store, sql: &str) -> Vec<String> {
    let mut statement = store
        .connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let nothing = vec![rusqlite::types::Null; statement.parameter_count()];
    let rows = statement
        .query_map(rusqlite::params_from_iter(nothing), |row| {
            row.get::<_, String>("detail")
        })
        .unwrap();
    rows.map(|row| row.unwrap()).collect()
}

/// Look-ups, and what their plans must say.
const LOOK_UPS: &[(&str, &str)] = &[
    (
        friend::BY_ADDRESS,
        "SEARCH roster USING INTEGER PRIMARY KEY (rowid=?)",
    ),
    (
        friend::BY_ID,
        "SEARCH roster USING INTEGER PRIMARY KEY (rowid=?)",
    ),
    (
        friend::BY_NAME,
        "SEARCH roster USING INDEX sqlite_autoindex_roster_1 (name_folded=?)",
    ),
    (
        friend::DUE,
        "SEARCH roster USING INDEX roster_timer (next_at>? AND next_at<?)",
    ),
    (friend::ASKED, "roster USING INDEX roster_asked"),
    (
        friend::OF_KEYS,
        "SEARCH roster USING INDEX roster_curve25519 (curve25519=?)",
    ),
    (
        friend::OF_KEYS,
        "SEARCH roster USING INDEX roster_ed25519 (ed25519=?)",
    ),
    (
        removed::IS_BACK,
        "SEARCH removed USING INDEX removed_peer (peer=?)",
    ),
    (
        friend::ASKED_BY,
        "SEARCH roster USING INDEX roster_request (request=?)",
    ),
    (
        friend::OF_KEY,
        "SEARCH session USING INDEX session_peer (peer=?)",
    ),
    (
        friend::OF_KEY,
        "SEARCH roster USING INTEGER PRIMARY KEY (rowid=?)",
    ),
    (
        unread_mail::LAST,
        "SEARCH unread_mail USING INDEX unread_mail_age (at>?)",
    ),
    (
        friend::PENDING,
        "roster USING COVERING INDEX roster_pending",
    ),
    (friend::ANNOUNCING, "roster USING INDEX roster_announcing"),
    (
        friend::ANNOUNCING,
        "SEARCH message USING INDEX message_by_arrival (conversation=?)",
    ),
    (
        record::FROM,
        "SEARCH message USING INTEGER PRIMARY KEY (rowid>?)",
    ),
    (
        message::BY_ID,
        "SEARCH message USING INDEX sqlite_autoindex_message_1 (conversation=? AND id=? AND author=?)",
    ),
    (
        message::TEXTS,
        "SEARCH message USING INDEX sqlite_autoindex_message_1 (conversation=? AND id=?)",
    ),
    (
        message::UNFINISHED,
        "SEARCH message USING INDEX message_unfinished (conversation=?)",
    ),
    (
        message::UNREAD,
        "SEARCH message USING INDEX message_unread (conversation=?)",
    ),
    (
        message::CHANGES,
        "SEARCH message USING INDEX message_changes (conversation=? AND about=?)",
    ),
    (
        message::WAITING_CHANGES,
        "SEARCH changes USING INDEX message_changes (conversation=? AND about>?)",
    ),
    (
        message::WAITING_CHANGES,
        "SEARCH text USING INDEX sqlite_autoindex_message_1 (conversation=? AND id=?)",
    ),
    (
        message::BY_ID_ALONE,
        "SEARCH message USING INDEX sqlite_autoindex_message_1 (conversation=? AND id>? AND id<?)",
    ),
    (
        message::DUE,
        "SEARCH message USING INDEX message_due (due>? AND due<?)",
    ),
    (
        message::OF_CONVERSATION,
        "SEARCH message USING INDEX message_by_arrival (conversation=?)",
    ),
    (
        history::OLDEST,
        "SEARCH message USING INDEX message_by_arrival (conversation=? AND arrival>? AND arrival<?)",
    ),
    (
        history::NEWEST,
        "SEARCH message USING INDEX message_by_arrival (conversation=? AND arrival>? AND arrival<?)",
    ),
    (
        backlog::OLDEST,
        "SEARCH message USING INDEX message_by_arrival (conversation=? AND arrival>? AND arrival<?)",
    ),
    (
        backlog::NEWEST,
        "SEARCH message USING INDEX message_by_arrival (conversation=? AND arrival>? AND arrival<?)",
    ),
    (
        backlog::REST,
        "SEARCH message USING INTEGER PRIMARY KEY (rowid>?)",
    ),
    (
        backlog::REST,
        "SEARCH other USING INTEGER PRIMARY KEY (rowid<?)",
    ),
    (
        backlog::LAST,
        "SEARCH other USING INTEGER PRIMARY KEY (rowid<?)",
    ),
    (
        backlog::CHANGES_BETWEEN,
        "SEARCH message USING INDEX message_changes_by_row (row>? AND row<?)",
    ),
    (
        backlog::BY_ID,
        "SEARCH message USING INDEX sqlite_autoindex_message_1 (conversation=? AND id=?)",
    ),
    (
        backlog::CHANGES_AFTER,
        "SEARCH message USING INDEX message_changes (conversation=? AND about=?)",
    ),
    (
        backlog::CHANGES_BEFORE,
        "SEARCH message USING INDEX message_changes (conversation=? AND about=?)",
    ),
    (
        backlog::ABOUT,
        "SEARCH message USING INDEX sqlite_autoindex_message_1 (conversation=? AND id=?)",
    ),
    (
        history::BY_ID,
        "SEARCH message USING INDEX sqlite_autoindex_message_1 (conversation=? AND id=?)",
    ),
    (
        history::TARGETS_OF_ALL,
        "SEARCH message USING INDEX message_by_arrival (conversation=? AND arrival>?)",
    ),
    (
        history::TARGETS,
        "SEARCH message USING INDEX message_by_arrival (conversation=? AND arrival>?)",
    ),
    (
        outbox::RECEIPTS,
        "SEARCH outbox USING INDEX outbox_by_receiver (receiver=? AND priority=?)",
    ),
    (
        outbox::HERES,
        "SEARCH outbox USING INDEX outbox_by_receiver (receiver=? AND priority=?)",
    ),
    (
        outbox::DUE,
        "SEARCH outbox USING INDEX outbox_in_order (priority=? AND due<?)",
    ),
    (
        outbox::OF_RECEIVER,
        "SEARCH outbox USING INDEX outbox_by_receiver (receiver=?)",
    ),
    (
        session::IN_ORDER,
        "SEARCH session USING INDEX sqlite_autoindex_session_1 (contact=? AND peer=? AND transport=?)",
    ),
    (
        group::BY_ID,
        "SEARCH grp USING INTEGER PRIMARY KEY (rowid=?)",
    ),
    (
        group::BY_GID,
        "SEARCH grp USING INTEGER PRIMARY KEY (rowid=?)",
    ),
    (
        group::BY_GID,
        "SEARCH conversation USING COVERING INDEX sqlite_autoindex_conversation_2 (gid=?)",
    ),
    (
        group::WITH,
        "SEARCH grp USING INTEGER PRIMARY KEY (rowid=?)",
    ),
    (
        group::WITH,
        "SEARCH grp_member USING COVERING INDEX grp_member_contact (contact=?)",
    ),
    (
        group::DUE,
        "SEARCH grp USING INDEX grp_timer (next_at>? AND next_at<?)",
    ),
    (
        group::ACTS,
        "SEARCH grp_act USING INDEX grp_act_in_order (conversation=?)",
    ),
    (
        group::ACTS_WAITING,
        "SEARCH grp_waiting USING INDEX grp_waiting_in_order (conversation=?)",
    ),
    (
        group::MEMBERS,
        "SEARCH grp_member USING PRIMARY KEY (conversation=?)",
    ),
    (
        group::MEMBERS_OF_KEY,
        "SEARCH grp_member USING INDEX grp_member_curve25519 (curve25519=?)",
    ),
    (
        group::KEYS_OF,
        "SEARCH grp_member USING INDEX grp_member_contact (contact=?)",
    ),
    (
        message::SAID,
        "SEARCH message USING INDEX message_said (conversation=? AND author=? AND number=?)",
    ),
    (
        copy::OF,
        "SEARCH said_to USING PRIMARY KEY (conversation=? AND of=?)",
    ),
    (
        copy::TO,
        "SEARCH said_to USING INDEX said_to_unfinished (conversation=? AND mid=?)",
    ),
    (
        copy::WITHIN,
        "SEARCH said_to USING INDEX said_to_within (within=?)",
    ),
    (
        copy::DUE,
        "SEARCH said_to USING INDEX said_to_due (due>? AND due<?)",
    ),
    (
        transaction::NEXT,
        "SEARCH grp USING COVERING INDEX grp_timer (next_at>?)",
    ),
    (
        transaction::NEXT,
        "SEARCH said_to USING INDEX said_to_due (due>?)",
    ),
    (
        session::NEW,
        "SEARCH grp_member USING COVERING INDEX grp_member_contact (contact=?)",
    ),
];

#[test]
fn every_look_up_has_its_index() {
    let store = store();
    for (sql, index) in LOOK_UPS {
        let plan = plan(&store, sql);
        assert!(
            plan.iter().any(|step| step.contains(index)),
            "{sql}: {plan:?}"
        );
    }
}

#[test]
fn the_order_comes_from_the_index_where_many_may_wait() {
    let store = store();
    for sql in [
        message::UNFINISHED,
        message::UNREAD,
        message::CHANGES,
        history::OLDEST,
        history::NEWEST,
        backlog::OLDEST,
        backlog::NEWEST,
        backlog::REST,
        backlog::CHANGES_BETWEEN,
        group::ACTS,
        group::ACTS_WAITING,
        copy::OF,
        copy::TO,
        copy::DUE,
        message::SAID,
        outbox::DUE,
        outbox::OF_RECEIVER,
    ] {
        let plan = plan(&store, sql);
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE")),
            "{sql}: {plan:?}"
        );
    }
}

#[test]
fn a_page_costs_the_same_however_long_the_history_is() {
    let store = store();
    let sql = "INSERT INTO message (conversation, author, id, sent, arrival, text, state, attempts, mailed_at,
                   acknowledged_read, notice)
               WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
               SELECT n % 10, n % 10, unhex(printf('%032x', n)), n, n, 'hello', 'read', 0, 0, 0, 0
               FROM n";
    let steps = |rows: i64| {
        let connection = &store.connection;
        connection.execute("DELETE FROM message", []).unwrap();
        connection.execute(sql, [rows]).unwrap();
        [history::OLDEST, history::NEWEST].map(|sql| {
            let mut statement = connection.prepare(sql).unwrap();
            let middle = rows / 2;
            let values = rusqlite::params![5, middle, 0, i64::MAX, i64::MAX];
            let mut rows = statement.query(values).unwrap();
            for _ in 0..100 {
                assert!(rows.next().unwrap().is_some());
            }
            drop(rows);
            statement.get_status(rusqlite::StatementStatus::VmStep)
        })
    };
    let (few, many) = (steps(4_000), steps(40_000));
    assert_eq!(few, many, "steps of SQLite's machine");
}

#[test]
fn whose_a_key_is_costs_the_same_however_many_friends_there_are() {
    let store = store();
    let contacts = "INSERT INTO contact (id, address)
               WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
               SELECT n, 'f' || n || '@example.net' FROM n";
    let sql = "INSERT INTO roster (contact, name, name_folded, since, standing, visible, blocked, verified, pending, state,
                   curve25519, ed25519, request)
               WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
               SELECT n, 'f' || n, 'f' || n, n, 'friend', 1, 0, 0, 0, '',
                   unhex(printf('%064x', n)), unhex(printf('%064x', n)), unhex(printf('%032x', n))
               FROM n";
    let steps = |friends: i64| {
        let connection = &store.connection;
        connection
            .execute_batch("DELETE FROM roster; DELETE FROM contact")
            .unwrap();
        connection.execute(contacts, [friends]).unwrap();
        connection.execute(sql, [friends]).unwrap();
        let (key, id) = (
            |n: u8| [&[0; 31][..], &[n]].concat(),
            [[0; 15].as_slice(), &[7]].concat(),
        );
        let steps = |sql: &str, values: &[Vec<u8>], expected: usize| {
            let mut statement = connection.prepare(sql).unwrap();
            let values = rusqlite::params_from_iter(values);
            let found = statement.query_map(values, |_| Ok(())).unwrap().count();
            assert_eq!(found, expected, "{sql}");
            statement.get_status(rusqlite::StatementStatus::VmStep)
        };
        [
            steps(friend::OF_KEYS, &[key(7), key(7)], 1),
            steps(friend::OF_KEYS, &[key(7), key(8)], 2),
            steps(friend::OF_KEYS, &[vec![9; 32], vec![9; 32]], 0),
            steps(friend::ASKED_BY, &[id], 1),
        ]
    };
    assert_eq!(steps(50), steps(5_000), "steps of SQLite's machine");
}
