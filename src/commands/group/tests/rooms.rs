//! Why there is no room, and who is in one.

use super::*;

/// Bob is a friend who sees the user, carol one who does not, dave is blocked, and eve is a stranger.
fn meeting() -> Members {
    let all = [("bob", 2), ("carol", 3), ("dave", 4), ("eve", 5)];
    let all = all.map(|(name, byte)| inside(name, byte));
    let mut people = [friend("bob", 2), friend("carol", 3), friend("dave", 4)];
    people[1].visible = false;
    people[2].blocked = true;
    Members::with(climbing(all.to_vec()), people)
}

/// The room is on one network, which is the user's, too.
fn room(closed: Option<Closed>, agent: Option<status::Room>) -> Room {
    Room {
        networks: vec!["oftc".to_owned()],
        closed,
        shared: vec!["oftc".to_owned()],
        off: "no",
        agent,
    }
}

#[test]
fn why_there_is_no_room_is_said_with_what_to_do() {
    let members = meeting();
    let ids = [2, 3, 4].map(|byte| MemberId::of(PublicKey([byte; 32])));
    for (closed, word, line) in [
        (
            Closed::Nowhere,
            "none",
            "it has none on any network (`iim group rooms climbing NETWORK`)",
        ),
        (Closed::Off, "off", "no"),
        (Closed::Invisible, "invisible", "you are invisible"),
        (
            Closed::Watched(ids.to_vec()),
            "hidden",
            "bob (not told yet where you are), carol (hidden), dave (blocked) are in",
        ),
        (
            Closed::Watched(vec![ids[1]]),
            "hidden",
            "carol (hidden) is in",
        ),
        (
            Closed::NotShown,
            "not shown",
            "3 members may not see when you are there (`iim group show --show climbing` lets them)",
        ),
        (
            Closed::NoKey,
            "no key",
            "there is no key for all who are in yet (`iim group rooms --new climbing` makes one)",
        ),
    ] {
        let room = room(Some(closed), None);
        assert_eq!(room.line(&members), Some(format!("no room: {line}")));
        assert_eq!(room.as_json(&members)["why"], word);
        assert!(!room.is_open());
    }
    let mut members = meeting();
    members.group.admin = false;
    let line = room(Some(Closed::NoKey), None).line(&members).unwrap();
    assert!(line.ends_with("; an admin's side makes one"), "{line}");
    let elsewhere = Room {
        shared: Vec::new(),
        ..room(None, Some(status::Room::default()))
    };
    let line = elsewhere.line(&members).unwrap();
    assert_eq!(line, "no room: it is on oftc, where you join none");
    assert_eq!(elsewhere.as_json(&members)["why"], "not shared");
    // Nobody else is in.
    let alone = Members::with(climbing(Vec::new()), []);
    assert_eq!(room(Some(Closed::NoKey), None).line(&alone), None);
}

#[test]
fn who_is_in_the_room_is_shown() {
    let members = meeting();
    let network = |name: &str, state: &str, until| status::RoomNetwork {
        name: name.to_owned(),
        state: state.to_owned(),
        until,
    };
    let of = |networks, there: &[u8]| {
        let id = |byte: &u8| MemberId::of(PublicKey([*byte; 32])).to_string();
        let there = there.iter().map(id).collect();
        room(None, Some(status::Room { networks, there }))
    };
    for (room, line) in [
        (
            room(None, None),
            "on oftc, once an agent runs (`iim agent`)",
        ),
        (of(Vec::new(), &[]), "on oftc, about to be joined"),
        (
            of(vec![network("oftc", "joining", None)], &[]),
            "about to be joined on oftc",
        ),
        (
            of(vec![network("oftc", "in", None)], &[]),
            "on oftc; nobody else is there",
        ),
        (
            of(vec![network("oftc", "in", None)], &[5, 2]),
            "on oftc; there: bob, eve",
        ),
        (
            of(
                vec![
                    network("oftc", "in", None),
                    network("libera", "closed", None),
                ],
                &[2],
            ),
            "on oftc, closed on libera until tomorrow or another key; there: bob",
        ),
    ] {
        assert_eq!(room.line(&members), Some(format!("room: {line}")));
        assert!(room.is_open());
    }
    let closed = of(vec![network("oftc", "closed", Some(1_767_225_600))], &[]);
    let line = closed.line(&members).unwrap();
    assert!(line.starts_with("room: closed on oftc until 20"), "{line}");
    let object = closed.as_json(&members);
    assert_eq!(
        object["on"],
        json!([{"network": "oftc", "state": "closed", "until": "2026-01-01T00:00:00Z"}])
    );
    assert_eq!(object["shown"], json!(null));
    let there = of(Vec::new(), &[2]).there_json(&members);
    assert_eq!(
        there,
        Some(vec![json!({"friend": "bob", "address": "bob@example.net"})])
    );
    assert_eq!(room(None, None).there_json(&members), None);
}
