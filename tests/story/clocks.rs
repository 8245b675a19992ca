//! Clocks that jump: no try is passed over, none is made twice, nothing waits for a time that was never.

use iim::edge::clock::Clock as _;
use iim::protocol::time::Seconds;
use iim::rules::conversation::Page;
use iim::rules::entry::Entry;
use iim::rules::message::Delivery;
use iim::rules::queue::budget::Class;

use crate::world::{DAY, HOUR, MINUTE, World};

fn jump(world: &World, days: i64) {
    let now = world.clock.now().0;
    world
        .clock
        .set(now.checked_add_signed(days * DAY as i64).unwrap());
}

/// How many mails leave in ten minutes; the agent looks again and again.
fn looks(world: &mut World, name: &str) -> usize {
    let look = |_| {
        world.wait(MINUTE);
        world.outgoing(name).len()
    };
    (0..10).map(look).sum()
}

/// The mails that leave while days pass, all lost; after how many hours each.
fn hours_of_mails(world: &mut World, name: &str, days: u64) -> Vec<u64> {
    let mut hours = Vec::new();
    for hour in 1..=days * 24 {
        world.wait(HOUR);
        hours.extend(world.outgoing(name).iter().map(|_| hour));
    }
    hours
}

/// The clock jumps by six days, in one direction, and is right again after ten minutes.
#[test]
fn a_jump_uses_up_no_try() {
    for (days, then, after) in [(6, 1, 0), (-6, 0, 1)] {
        let mut world = World::of_friends(&["alice", "bob"]);
        let id = world.say("alice", "bob", "on its way");
        let first = world.outgoing("alice").remove(0);
        jump(&world, days);
        assert_eq!(looks(&mut world, "alice"), then, "{days}");
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Sent);
        jump(&world, -days);
        assert_eq!(looks(&mut world, "alice"), after, "{days}, right again");
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Sent);
        world.deliver(&first);
        world.exchange();
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    }
}

/// A machine that was off for a week has made none of its tries: they come now, with the usual pauses.
#[test]
fn after_a_week_away_each_try_is_made() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "lost");
    world.outgoing("alice");
    jump(&world, 7);
    let hours = hours_of_mails(&mut world, "alice", 3);
    assert_eq!(hours, [1, 25], "a new session, then a request");
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Sent);
    assert_eq!(hours_of_mails(&mut world, "alice", 3), [0; 0]);
    let text = world.text("alice", "bob", id);
    assert_eq!(text.state, Delivery::Failed);
    assert_eq!(text.reason.as_deref(), Some("no answer for five days"));
}

/// What a clock that ran ahead had put off to a time far away is tried again within its usual pause.
#[test]
fn a_clock_that_ran_ahead_puts_no_try_off() {
    let mut world = World::of_friends(&["alice", "bob"]);
    jump(&world, 300);
    world.say("alice", "bob", "lost");
    assert_eq!(world.outgoing("alice").len(), 1);
    jump(&world, -300);
    assert_eq!(hours_of_mails(&mut world, "alice", 4), [25, 49]);
}

/// A lost IRC session, a text lost by mail: what was done while the clock ran ahead does not count as done lately.
#[test]
fn what_was_done_by_a_clock_that_ran_ahead_was_not_done_lately() {
    let mut world = World::of_friends(&["alice", "bob"]);
    jump(&world, 300);
    world.say("alice", "bob", "lost");
    world.outgoing("alice");
    assert_eq!(hours_of_mails(&mut world, "alice", 3), [24, 48]);
    jump(&world, -300);
    world.say("alice", "bob", "lost too");
    world.outgoing("alice");
    assert_eq!(
        hours_of_mails(&mut world, "alice", 3),
        [24, 48],
        "they ask anew"
    );
}

/// A request that nobody has answered: repeated once, not given up.
#[test]
fn a_jump_uses_up_no_repeat_of_a_request() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    assert_eq!(world.outgoing("alice").len(), 1);
    jump(&world, 40);
    assert_eq!(looks(&mut world, "alice"), 1);
    jump(&world, -40);
    assert_eq!(looks(&mut world, "alice"), 0);
    assert_eq!(
        world.words("alice"),
        [""; 0],
        "no word that they are silent"
    );
    let hours = hours_of_mails(&mut world, "alice", 10);
    assert_eq!(hours, [72, 216], "on the third and the ninth day");
}

/// The mails that left by a clock that ran ahead count for a day, not until that time has come.
#[test]
fn the_budget_is_that_of_the_day() {
    let mut world = World::of_friends(&["alice", "bob"]);
    jump(&world, 6);
    for n in 0..5 {
        world.say("alice", "bob", &format!("{n}"));
    }
    assert_eq!(world.outgoing("alice").len(), 5);
    jump(&world, -6);
    let left = |world: &mut World| {
        let now = world.clock.now().0;
        let day = world.read("alice", |tx| tx.budget().day(1000, Seconds(now)));
        day.left(Class::Text, None).unwrap()
    };
    world.wait(MINUTE);
    let after_five = left(&mut world);
    world.wait(DAY);
    world.outgoing("alice");
    world.wait(DAY + MINUTE);
    assert!(left(&mut world) >= after_five + 5);
}

/// Alice's conversation with bob, as `iim read` and as `CHATHISTORY LATEST` have it.
fn orders(world: &mut World) -> [Vec<String>; 2] {
    let entries = world.read("alice", |tx| tx.texts().entries(None, false));
    let page = Page {
        after: None,
        before: None,
        newest: true,
        limit: 100,
    };
    let with = world.ids("alice", "bob").conversation;
    let latest = world.read("alice", |tx| tx.texts().page(with, &page));
    let words = |entry: &Entry| entry.message.text.clone();
    [
        entries.iter().map(words).collect(),
        latest.iter().map(|placed| words(&placed.entry)).collect(),
    ]
}

/// They stayed first, or last, for ever.
#[test]
fn own_texts_under_a_wrong_clock_stay_neither_first_nor_last() {
    for days in [400, -400] {
        let mut world = World::of_friends(&["alice", "bob"]);
        world.say("alice", "bob", "one");
        world.pass(MINUTE);
        jump(&world, days);
        world.say("alice", "bob", "two");
        world.say("alice", "bob", "three");
        let so_far = ["one", "two", "three"];
        assert_eq!(orders(&mut world), [so_far; 2], "{days}, wrong");
        jump(&world, -days);
        world.say("alice", "bob", "four");
        world.wait(MINUTE);
        world.exchange();
        world.say("bob", "alice", "five");
        world.exchange();
        world.wait(MINUTE);
        world.say("alice", "bob", "six");
        let all = ["one", "two", "three", "four", "five", "six"];
        assert_eq!(orders(&mut world), [all; 2], "{days}, right again");
    }
}

#[test]
fn places_are_lowered_once_when_the_clock_is_seen_set_back() {
    let mut world = World::of_friends(&["alice", "bob"]);
    jump(&world, 400);
    let id = world.say("alice", "bob", "early");
    jump(&world, -400);
    world.at("alice").tick().unwrap();
    let now = world.clock.now_ms();
    let first = world.text("alice", "bob", id).arrival;
    assert_eq!(first, now);
    world.wait(HOUR);
    assert_eq!(world.text("alice", "bob", id).arrival, first, "once");
}

/// A clock that is behind must not bring down what was right: friends' clocks say so.
#[test]
fn a_clock_that_is_behind_lowers_no_place() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "in time");
    let right = world.text("alice", "bob", id).arrival;
    jump(&world, -400);
    world.wait(HOUR);
    assert_eq!(world.text("alice", "bob", id).arrival, right);
    let late = world.say("alice", "bob", "behind");
    assert_eq!(world.text("alice", "bob", late).arrival, right.next());
}
