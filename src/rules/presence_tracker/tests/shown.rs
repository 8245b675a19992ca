//! What is shown of a friend, and for how long after they have gone.

use super::*;

#[test]
fn he_is_shown_for_the_grace_time_after_he_vanished() {
    for lost in [false, true] {
        let mut side = proved();
        let wishes = match lost {
            true => side.watch.lost(NET, Seconds(100)),
            false => side.watch.down(BOB, NET, "nick", Seconds(100)),
        };
        assert_eq!(wishes, [], "nothing to be seen yet");
        assert!(side.watch.reached(BOB).is_empty(), "but no text goes there");
        side.tick(100 + GRACE.as_secs() - 1);
        assert_eq!(side.shown(), Shown::Away, "{lost}");
        let wishes = side.watch.tick(Seconds(100) + GRACE, &mut side.rng);
        let gone = Wish::Changed {
            friend: BOB,
            shown: Shown::Offline,
            text: String::new(),
        };
        assert_eq!(wishes, [gone], "{lost}");
    }
}

#[test]
fn back_within_the_grace_time_nobody_notices() {
    let mut side = proved();
    side.watch.down(BOB, NET, "nick", Seconds(100));
    let (ours, _) = side.up("next", 150)[0];
    assert_eq!(side.shown(), Shown::Away);
    side.hear("next", Status::Away, (id(80), Some(ours)), 151);
    assert_eq!(side.watch.tick(Seconds(1000), &mut side.rng), []);
    assert_eq!(
        side.watch.reached(BOB),
        [(NET.to_owned(), "next".to_owned())]
    );
}

#[test]
fn whoever_was_never_proved_has_no_grace() {
    let mut side = Side::new(0, true);
    side.up("nick", 0);
    side.watch.down(BOB, NET, "nick", Seconds(1));
    assert_eq!(side.shown(), Shown::Offline);
}

#[test]
fn another_nick_going_does_not_matter() {
    let mut side = proved();
    side.watch.down(BOB, NET, "other", Seconds(1));
    assert!(side.watch.online().eq([BOB]));
}

#[test]
fn a_status_is_shown_of_the_proved_alone() {
    for (status, text, expected) in [
        (Status::Online, "", Shown::Online),
        (Status::Busy, "writing", Shown::Busy),
        (Status::Away, "", Shown::Away),
    ] {
        let mut side = proved();
        side.watch.status(BOB, status, text);
        assert_eq!(side.watch.shown(BOB), (expected, text.to_owned()));
        let mut side = Side::new(0, true);
        side.up("nick", 0);
        assert_eq!(side.watch.status(BOB, status, text), []);
        assert_eq!(side.shown(), Shown::Unverified);
    }
}
