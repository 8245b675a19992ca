//! How far conversations are read.

use super::history::CAPS;
use super::*;
use crate::gateway::host::With;

/// IRCv3 `draft/read-marker`: "The last read timestamp of a target SHOULD only ever increase."
#[test]
fn markers_are_the_same_on_all_devices_and_never_fall() {
    let mut world = World::new();
    let join = world.attached(1, "me", CAPS);
    let at = |part: &str| join.iter().position(|line| line.contains(part)).unwrap();
    assert!(at(" JOIN &friends") < at("MARKREAD &friends *") && at("MARKREAD") < at(" 366 "));
    world.attach(2, "two", CAPS);
    world.attach(3, "old", "");
    let early = "timestamp=2026-11-21T07:00:00.000Z";
    let late = "timestamp=2026-11-21T07:30:00.000Z";
    let line = |time: &str| format!(":iim.local MARKREAD bob {time}");
    for (sent, got, other) in [
        ("MARKREAD bob".to_owned(), line("*"), None),
        (
            format!("MARKREAD BOB {early}"),
            line(early),
            Some(line(early)),
        ),
        (format!("MARKREAD bob {late}"), line(late), Some(line(late))),
        (format!("MARKREAD bob {early}"), line(late), None),
        ("MARKREAD bob".to_owned(), line(late), None),
        (
            "MARKREAD".to_owned(),
            ":iim.local FAIL MARKREAD NEED_MORE_PARAMS :Missing parameters".to_owned(),
            None,
        ),
        (
            "MARKREAD bob *".to_owned(),
            ":iim.local FAIL MARKREAD INVALID_PARAMS bob * :Invalid parameters".to_owned(),
            None,
        ),
        (
            "MARKREAD eve".to_owned(),
            ":iim.local MARKREAD eve *".to_owned(),
            None,
        ),
        (
            format!("MARKREAD eve {early}"),
            ":iim.local FAIL MARKREAD INVALID_PARAMS eve :No such conversation".to_owned(),
            None,
        ),
    ] {
        assert_eq!(world.send(1, &sent), [got], "{sent}");
        assert_eq!(world.got(2), Vec::from_iter(other), "{sent}");
        assert_eq!(world.got(3), [""; 0]);
    }
    // "it can clamp it between the last read timestamp and the current time".
    let got = world.send(1, "MARKREAD bob timestamp=2030-01-01T00:00:00.000Z");
    assert_eq!(got, [line("timestamp=2026-11-21T07:50:05.000Z")]);
    world.got(2);
    world.event(Event::Marker {
        with: With::Friend(crate::rules::fake_state::contact("bob")),
        at: START + 1,
    });
    assert_eq!(world.got(2), [line("timestamp=2026-11-21T07:50:05.001Z")]);
    world.got(1);
    for place in ["&friends", "iim"] {
        let early = format!("MARKREAD {place} {early}");
        assert_eq!(world.send(1, &early).len(), 1);
        assert_eq!(world.got(2).len(), 1);
    }
    let kept: Vec<&String> = world.host.place_markers.keys().collect();
    assert_eq!(kept, ["&friends", "iim"]);
}
