//! The shares of a day's mails.

#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::*;
use crate::rules::fake_state::contact;

const NOW: Seconds = Seconds(1_000_000);
const BOB: Option<&str> = Some("bob");
const CAROL: Option<&str> = Some("carol");
const DAVE: Option<&str> = Some("dave");

fn day(per_day: u32, counted: &[(u64, Option<&str>, u64)]) -> Day {
    let one = |(class, friend, count): &(u64, Option<&str>, u64)| Counted {
        class: *class,
        to: friend.map(contact),
        at: NOW - 100,
        count: *count,
    };
    Day::new(per_day, NOW, counted.iter().map(one).collect())
}

#[test]
#[allow(clippy::too_many_lines, reason = "a row for each class")]
fn each_class_has_its_share_of_the_day() {
    use Class::{Announcement, Answer, Copy, Group, Hiding, Receipt, Text};
    for (case, per_day, counted, class, left) in [
        ("texts have all", 200, &[][..], Text, 200),
        ("receipts to one person", 200, &[], Receipt, 25),
        ("announcements", 200, &[], Announcement, 100),
        ("announcements that hide", 200, &[], Hiding, 100),
        ("kept copies", 200, &[], Copy, 25),
        ("of them one", 2, &[], Copy, 1),
        ("they are spent", 200, &[(8, None, 25)], Copy, 0),
        ("they stop no receipts", 200, &[(8, None, 25)], Receipt, 25),
        (
            "the texts' own is not theirs",
            200,
            &[(1, BOB, 150)],
            Copy,
            0,
        ),
        (
            "receipts to one are spent",
            200,
            &[(2, BOB, 25)],
            Receipt,
            0,
        ),
        (
            "those to another are not",
            200,
            &[(2, CAROL, 25)],
            Receipt,
            25,
        ),
        ("in all", 200, &[(2, CAROL, 25), (2, DAVE, 24)], Receipt, 1),
        (
            "receipts stop no announcement",
            200,
            &[(2, BOB, 50)],
            Announcement,
            100,
        ),
        (
            "both kinds have one share",
            200,
            &[(3, None, 60), (5, None, 40)],
            Hiding,
            0,
        ),
        (
            "announcements stop no receipt",
            200,
            &[(5, None, 100)],
            Receipt,
            25,
        ),
        (
            "a quarter is the texts' own",
            200,
            &[(1, None, 149)],
            Receipt,
            1,
        ),
        (
            "a quarter is the texts' own",
            200,
            &[(1, None, 150)],
            Receipt,
            0,
        ),
        ("and announcements", 200, &[(1, None, 150)], Announcement, 0),
        ("and texts go on", 200, &[(1, None, 150)], Text, 50),
        ("to the end", 200, &[(1, None, 150), (2, BOB, 50)], Text, 0),
        (
            "counted before there were classes",
            200,
            &[(0, None, 190)],
            Text,
            10,
        ),
        (
            "counted before there were classes",
            200,
            &[(0, None, 190)],
            Receipt,
            0,
        ),
        ("answers in groups to one", 200, &[], Answer, 13),
        ("are spent", 200, &[(7, BOB, 13)], Answer, 0),
        (
            "those to another are not",
            200,
            &[(7, CAROL, 13)],
            Answer,
            13,
        ),
        ("nor what is said", 200, &[(7, BOB, 13)], Group, 87),
        ("answers to all", 200, &[(7, CAROL, 45)], Answer, 5),
        (
            "leave a half to what is said",
            200,
            &[(7, CAROL, 50)],
            Group,
            50,
        ),
        ("which may have all", 200, &[(6, CAROL, 99)], Answer, 1),
        ("a share is one at least", 4, &[], Receipt, 1),
        ("but texts go first", 1, &[], Receipt, 0),
        ("but texts go first", 1, &[], Announcement, 0),
        ("one text", 1, &[], Text, 1),
    ] {
        let found = day(per_day, counted).left(class, Some(contact("bob")));
        assert_eq!(found, Some(left), "{case}: {class:?} of {per_day}");
    }
    assert_eq!(
        day(0, &[(1, None, 9999)]).left(Receipt, Some(contact("bob"))),
        None
    );
}

#[test]
fn a_share_is_free_again_a_day_after_it_was_spent() {
    let bob = Some(contact("bob"));
    let spent = day(200, &[(2, BOB, 25)]);
    let at = spent.free_at(Class::Receipt, bob);
    assert_eq!(at, NOW - 100 + DAY);
    assert_eq!(spent.spent(), [(Class::Receipt, bob, at)]);
    let later = Day { now: at, ..spent };
    assert_eq!(later.left(Class::Receipt, bob), Some(25));
    let never = Day::new(1, NOW, Vec::new());
    assert_eq!(never.free_at(Class::Receipt, bob), NOW + DAY);
}

#[test]
fn what_is_said_in_groups_is_gathered_longer_as_its_share_is_spent() {
    for (per_day, spent, waited, longer) in [
        (200, 49, 0, None),
        (200, 50, 0, Some(600)),
        (200, 79, 599, Some(1)),
        (200, 79, 600, None),
        (200, 80, 600, Some(3000)),
        (200, 100, 3600, None),
        (0, 100, 0, None),
    ] {
        let day = day(per_day, &[(6, None, spent)]);
        let until = day.gathers_until(Class::Group, NOW - waited);
        let case = format!("{spent} of {per_day}, {waited} s");
        assert_eq!(until, longer.map(|more| NOW + more), "{case}");
        assert_eq!(day.gathers_until(Class::Act, NOW - waited), None, "{case}");
    }
    let ahead = day(200, &[(6, None, 90)]);
    assert_eq!(
        ahead.gathers_until(Class::Group, NOW + 5),
        None,
        "a clock set back"
    );
}

#[test]
fn groups_have_half_and_acts_go_on() {
    let spent = day(200, &[(6, None, 100)]);
    assert_eq!(spent.left(Class::Group, None), Some(0));
    assert_eq!(spent.left(Class::Act, None), Some(50));
    assert_eq!(spent.left(Class::Text, None), Some(100));
}

#[test]
fn what_is_taken_counts() {
    let mut day = day(8, &[]);
    let [bob, carol, dave] = ["bob", "carol", "dave"].map(contact);
    assert!(day.take(Class::Receipt, bob) && !day.take(Class::Receipt, bob));
    assert!(day.take(Class::Receipt, carol) && !day.take(Class::Receipt, dave));
    for _ in 0..4 {
        assert!(day.take(Class::Announcement, bob));
    }
    assert!(!day.take(Class::Announcement, bob));
    assert!(day.take(Class::Text, bob) && day.take(Class::Text, bob));
    assert!(!day.take(Class::Text, bob));
    let spent: Vec<_> = day.spent().into_iter().map(|(class, ..)| class).collect();
    assert_eq!(spent, [Class::Text, Class::Receipt, Class::Announcement]);
}

#[test]
fn the_first_receipt_leaves_at_once_and_those_of_ten_minutes_together() {
    let (mut last, mut leave) = (Seconds(0), Vec::new());
    for after in [0, 1, 599, 600, 601, 1199, 1200, 1201, 5000, 5001] {
        last = receipts_leave(last, NOW + after);
        leave.push(last.since(NOW).as_secs());
    }
    assert_eq!(
        leave,
        [0, 600, 600, 1200, 1200, 1200, 1800, 1800, 5000, 5600]
    );
    assert_eq!(receipts_leave(NOW + 5000, NOW), NOW, "a clock set back");
}
