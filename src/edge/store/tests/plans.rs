//! What is looked up is found by an index: a turn about one text does not grow with the roster.

use super::super::{friend, message, outbox, session};
use super::*;

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

#[test]
fn every_look_up_has_its_index() {
    let store = store();
    for (sql, index) in [
        (
            friend::BY_ADDRESS,
            "SEARCH friend USING INDEX sqlite_autoindex_friend_1 (address=?)",
        ),
        (
            friend::BY_NAME,
            "SEARCH friend USING INDEX sqlite_autoindex_friend_2 (name_folded=?)",
        ),
        (
            friend::DUE,
            "SEARCH friend USING INDEX friend_timer (next_at>? AND next_at<?)",
        ),
        (
            friend::PENDING,
            "friend USING COVERING INDEX friend_pending",
        ),
        (friend::ANNOUNCING, "friend USING INDEX friend_announcing"),
        (
            friend::ANNOUNCING,
            "SEARCH message USING COVERING INDEX message_in_order (friend=?)",
        ),
        (
            message::BY_ID,
            "SEARCH message USING INDEX sqlite_autoindex_message_1 (friend=? AND direction=? AND id=?)",
        ),
        (
            message::UNFINISHED,
            "SEARCH message USING INDEX message_unfinished (friend=?)",
        ),
        (
            message::UNREAD,
            "SEARCH message USING INDEX message_unread (friend=?)",
        ),
        (
            message::CHANGES,
            "SEARCH message USING INDEX message_changes (friend=? AND about=?)",
        ),
        (
            message::WAITING_CHANGES,
            "SEARCH changes USING INDEX message_changes (friend=? AND about>?)",
        ),
        (
            message::WAITING_CHANGES,
            "SEARCH text USING INDEX sqlite_autoindex_message_1 (friend=? AND direction=? AND id=?)",
        ),
        (
            message::BY_ID_ALONE,
            "SEARCH message USING INDEX message_by_id (id>? AND id<?)",
        ),
        (
            message::DUE,
            "SEARCH message USING INDEX message_due (due>? AND due<?)",
        ),
        (
            message::OF_FRIEND,
            "SEARCH message USING INDEX message_in_order (friend=?)",
        ),
        (
            outbox::DUE,
            "SEARCH outbox USING INDEX outbox_in_order (priority=? AND due<?)",
        ),
        (
            outbox::DUE_TO,
            "SEARCH outbox USING INDEX outbox_by_friend (friend=? AND priority=? AND due<?)",
        ),
        (
            outbox::OF_FRIEND,
            "SEARCH outbox USING INDEX outbox_by_friend (friend=?)",
        ),
        (
            session::IN_ORDER,
            "SEARCH session USING INDEX sqlite_autoindex_session_1 (peer=? AND transport=?)",
        ),
    ] {
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
        message::OF_FRIEND,
        message::UNREAD,
        message::CHANGES,
        outbox::DUE,
        outbox::DUE_TO,
        outbox::OF_FRIEND,
    ] {
        let plan = plan(&store, sql);
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE")),
            "{sql}: {plan:?}"
        );
    }
}
