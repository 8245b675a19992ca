//! What time does: clocks set back, the grace time changed, doubts of who is never proved.

use super::*;

/// A day: by how much the clock goes back.
const DAY: u64 = 86_400;

#[test]
fn a_clock_that_goes_back_keeps_nobody_shown() {
    let (mut one, mut two) = (Side::new(0, true), Side::new(100, true));
    let first = [one.up("nick", DAY), two.up("nick", DAY)];
    converse(&mut one, &mut two, first);
    one.watch.down(BOB, NET, "nick", Seconds(DAY));
    one.tick(DAY + GRACE.as_secs() - 1);
    assert_eq!(one.shown(), Shown::Online, "the grace time");
    one.tick(0);
    assert_eq!(one.shown(), Shown::Offline);
}

#[test]
fn a_clock_that_goes_back_does_not_keep_us_from_trying_again() {
    let mut side = Side::new(0, true);
    assert_eq!(side.up("nick", DAY).len(), 1);
    assert!(side.tick(DAY + 1).is_empty());
    assert_eq!(side.tick(0).len(), 1);
}

#[test]
fn what_is_seen_of_him_is_told_when_it_changes() {
    let mut side = Side::new(0, true);
    let changed = |shown, text: &str| Wish::Changed {
        friend: BOB,
        shown,
        text: text.to_owned(),
    };
    let wishes = side.watch.up(BOB, NET, "nick", Seconds(0), &mut side.rng);
    assert_eq!(wishes.last(), Some(&changed(Shown::Unverified, "")));
    assert!(side.watch.nicks_on(NET).eq(["nick"]));
    assert!(side.watch.nicks_of(BOB).eq([(NET, "nick")]));
    let [Wish::Greet { id: ours, .. }, ..] = wishes[..] else {
        unreachable!("{wishes:?}");
    };
    side.hear("nick", Status::Online, (id(77), Some(ours)), 1);
    for (status, text, expected) in [
        (Status::Online, "", vec![]),
        (Status::Away, "lunch", vec![changed(Shown::Away, "lunch")]),
        (Status::Away, "lunch", vec![]),
        (
            Status::Away,
            "back soon",
            vec![changed(Shown::Away, "back soon")],
        ),
    ] {
        assert_eq!(side.watch.status(BOB, status, text), expected, "{text}");
    }
    side.watch.down(BOB, NET, "nick", Seconds(2));
    assert_eq!(side.watch.nicks_on(NET).count(), 0);
}

#[test]
fn the_grace_time_can_be_changed() {
    let mut side = proved();
    side.watch.set_grace(Duration::from_secs(10));
    side.watch.down(BOB, NET, "nick", Seconds(100));
    side.tick(109);
    assert_eq!(side.shown(), Shown::Away);
    side.tick(110);
    assert_eq!(side.shown(), Shown::Offline);
}

#[test]
fn whoever_is_not_proved_keeps_no_place() {
    let mut side = Side::new(0, true);
    assert_eq!(side.up("nick", 0).len(), 1);
    assert_eq!(side.up("next", 1).len(), 1, "greeted at once");
    assert!(side.watch.nicks_of(BOB).eq([(NET, "next")]));
}

#[test]
fn an_echo_that_could_not_leave_does_not_count() {
    let mut side = Side::new(0, true);
    side.up("nick", 0);
    for number in 70..72 {
        assert_eq!(
            side.hear("nick", Status::Online, (id(number), None), 1)
                .len(),
            1
        );
    }
    assert!(
        side.hear("nick", Status::Online, (id(72), None), 1)
            .is_empty()
    );
    side.watch.unsent(BOB, id(99));
    assert!(
        side.hear("nick", Status::Online, (id(73), None), 1)
            .is_empty()
    );
    side.watch.unsent(BOB, id(3));
    assert_eq!(
        side.hear("nick", Status::Online, (id(74), None), 1).len(),
        1
    );
}

fn doubts(side: &mut Side, now: u64) -> usize {
    let wishes = side.watch.tick(Seconds(now), &mut side.rng);
    let doubt = |wish: &&Wish| matches!(wish, Wish::Doubt { .. });
    wishes.iter().filter(doubt).count()
}

/// Two minutes without proof, and only of whom we greet; told once, until the nick comes again.
#[test]
fn who_is_not_proved_for_long_is_doubted_once() {
    let mut side = Side::new(0, true);
    side.up("nick", 1000);
    assert_eq!(doubts(&mut side, 1000), 0);
    assert_eq!(doubts(&mut side, 1119), 0);
    assert_eq!(doubts(&mut side, 1120), 1);
    assert_eq!(doubts(&mut side, 9000), 0);
    side.watch.down(BOB, NET, "nick", Seconds(9000));
    side.up("nick", 9010);
    assert_eq!((doubts(&mut side, 9129), doubts(&mut side, 9130)), (0, 1));
    side.watch.down(BOB, NET, "nick", Seconds(9200));
    side.up("nick", 9300);
    assert_eq!(doubts(&mut side, 10), 1, "the clock was set back");

    let mut hidden = Side::new(0, false);
    hidden.up("nick", 1000);
    assert_eq!(doubts(&mut hidden, 2000), 0, "the hidden are not greeted");

    let mut proved = Side::new(0, true);
    let (id, _) = proved.up("nick", 1000).remove(0);
    proved.hear("nick", Status::Online, (LetterId([9; 16]), Some(id)), 1001);
    assert_eq!(doubts(&mut proved, 2000), 0);
}

#[test]
fn with_a_new_session_who_is_not_proved_is_greeted_anew() {
    let mut side = Side::new(0, true);
    assert_eq!(side.up("nick", 1000).len(), 1);
    assert_eq!(side.tick(1020).len(), 1);
    assert_eq!(side.tick(1200), []);
    side.watch.renewed(BOB);
    let (id, _) = side.tick(1201).remove(0);
    assert_eq!(side.tick(1221).len(), 1);
    assert_eq!(side.tick(2000), [], "twice, as ever");
    side.hear("nick", Status::Online, (LetterId([9; 16]), Some(id)), 2001);
    assert_eq!(side.shown(), Shown::Online);
    side.watch.renewed(BOB);
    assert_eq!(side.tick(2100), [], "they are proved");
    assert_eq!(side.shown(), Shown::Online);
}

#[test]
fn who_was_greeted_is_told_a_new_status_too() {
    let mut side = Side::new(0, true);
    assert!(!side.watch.is_greeted(BOB));
    side.up("nick", 1000);
    assert!(side.watch.is_greeted(BOB));
    assert_eq!(side.watch.online().count(), 0);
    side.watch.down(BOB, NET, "nick", Seconds(1100));
    assert!(!side.watch.is_greeted(BOB));
    let mut hidden = Side::new(0, false);
    hidden.up("nick", 1000);
    assert!(!hidden.watch.is_greeted(BOB));
}

#[test]
fn the_clock_looks_only_at_those_for_whom_it_may_do_something() {
    let mut side = proved();
    let carol = ContactId::new(2);
    side.watch.set_friend(carol, Some(true));
    assert!(
        side.watch.restless.is_empty(),
        "nobody is there, or is proved"
    );
    assert_eq!(side.watch.seen().count(), 1);
    side.watch.down(BOB, NET, "nick", Seconds(100));
    assert_eq!(side.watch.restless.len(), 1, "for the grace time");
    side.tick(100 + GRACE.as_secs());
    assert!(side.watch.restless.is_empty());
    assert_eq!(side.watch.seen().count(), 0);
    assert!(side.watch.take_moved().iter().eq([&BOB]));
    assert!(side.watch.take_moved().is_empty());
    side.up("nick", 1000);
    assert_eq!(side.watch.restless.len(), 1, "until there is proof");
}

#[test]
fn whoever_leaves_the_roster_is_forgotten() {
    let mut side = proved();
    side.watch.set_friend(BOB, None);
    assert_eq!(side.shown(), Shown::Offline);
    assert!(side.up("nick", 1).is_empty());
    assert_eq!(side.watch.online().count(), 0);
}

/// Whichever one frame of the greeting is lost, both are proved in the end.
#[test]
fn one_lost_here_keeps_nobody_unverified() {
    for lost in 0..4 {
        let (mut one, mut two) = (Side::new(0, true), Side::new(100, true));
        let mut flying: Vec<(bool, Greeting)> = Vec::new();
        flying.extend(
            one.up("nick", 0)
                .into_iter()
                .map(|greeting| (true, greeting)),
        );
        flying.extend(
            two.up("nick", 0)
                .into_iter()
                .map(|greeting| (false, greeting)),
        );
        let mut count = 0;
        for now in 0..60 {
            while !flying.is_empty() {
                let (to_two, greeting) = flying.remove(0);
                count += 1;
                assert!(count < 20, "they greet each other for ever");
                if count - 1 == lost {
                    continue;
                }
                let hearer = if to_two { &mut two } else { &mut one };
                let answers = hearer.hear("nick", Status::Online, greeting, now);
                flying.extend(answers.into_iter().map(|answer| (!to_two, answer)));
            }
            flying.extend(one.tick(now).into_iter().map(|greeting| (true, greeting)));
            flying.extend(two.tick(now).into_iter().map(|greeting| (false, greeting)));
        }
        assert_eq!(
            (one.shown(), two.shown()),
            (Shown::Online, Shown::Online),
            "lost {lost}"
        );
    }
}
