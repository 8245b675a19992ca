//! A clock jumps: somebody sets it, or it was wrong when the machine began. Nothing storms, nothing sticks.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::eyes;
use super::servers::Kind;
use super::world::{World, figures};
use crate::support::process::{is_root, try_until};

/// Alice's clock is a day ahead until they are on their way to another nick; then it is right again.
#[test]
fn clock_a_day_ahead_and_right_again() {
    if !is_root("clock_a_day_ahead_and_right_again") {
        return;
    }
    let world = World::new(&[Kind::Inspircd]);
    let (alice, bob) = (&world.alice, &world.bob);
    let mails = world.postman.carried().len();
    alice.hand.turn(DAY);
    try_until("alice to leave for another nick", 90, || {
        let state = alice.network("net0")["state"].clone();
        if state == "away" {
            return Ok(());
        }
        alice.hand.turn(20);
        Err(state.to_string())
    });
    let (ours, theirs) = (alice.now(), bob.now());
    alice.hand.turn(-alice.hand.shift());
    let joined = alice
        .eyes()
        .until(ours, "the network", 60, eyes::network("net0", "connected"));
    let seen = bob.eyes().until(
        theirs,
        "alice to come",
        60,
        eyes::presence("alice", "online"),
    );
    alice.account.until_friend("bob", "presence", "online", 60);
    world.talk_over_irc("what time is it?");
    world.assert_all_once();
    let more = world.postman.carried().len() - mails;
    assert!(more <= 1, "{more} mails went out for it");
    figures(
        "clock a day ahead and right again",
        &format!("joined {joined:.0} s, alice seen {seen:.0} s after it is right; {more} mails"),
    );
}

/// Alice's clock goes back by a day while a text waits for a receipt and an announcement for its minute: both go on.
#[test]
fn clock_a_day_back() {
    if !is_root("clock_a_day_back") {
        return;
    }
    let mut world = World::new(&[Kind::Inspircd]);
    let mails = world.postman.carried().len();
    world.bob.agent().signal(Signal::STOP);
    world.alice.say("bob", "are you listening?");
    world
        .alice
        .account
        .until_text("bob", "are you listening?", 10, |text| {
            text["state"] == "sent"
        });
    world.alice.hand.turn(-DAY);
    let begun = Instant::now();
    world
        .bob
        .account
        .until_text("alice", "are you listening?", 60, |_| true);
    let text = begun.elapsed().as_secs_f64();
    world.bob.agent().signal(Signal::CONT);
    world
        .alice
        .until_delivered("bob", "are you listening?", None, 30);

    assert!(world.bob.agent().stop(), "bob's agent ends");
    world
        .alice
        .account
        .until_friend("bob", "presence", "offline", 60);
    world.alice.hand.turn(DAY);
    world.alice.account.ok(&["rotate"]);
    world.alice.hand.turn(-DAY);
    let mut waited = 0;
    try_until("bob to be told", 60, || {
        if world.alice.account.of_friend("bob", "told") == "true" {
            return Ok(());
        }
        world.alice.hand.turn(10);
        waited += 10;
        sleep(Duration::from_millis(500));
        Err(format!("after {waited} s by their clock"))
    });
    assert!(waited <= 400, "the announcement took {waited} s");
    world.alice.hand.turn(-world.alice.hand.shift());
    world.bob.wake();
    // They were under the nick of the day before: they leave it at once, and come back after the usual pause.
    let (from, begun) = (world.alice.now(), Instant::now());
    try_until("alice to come under the nick of today", 90, || {
        let seen = world.alice.eyes().since(from.0);
        if seen.iter().any(eyes::presence("bob", "online")) {
            return Ok(());
        }
        for person in [&world.alice, &world.bob] {
            person.hand.turn(2);
        }
        sleep(Duration::from_secs(1));
        Err(format!("{seen:?}"))
    });
    let right = begun.elapsed().as_secs_f64() + world.alice.hand.shift() as f64;
    world.until_online();
    world.talk_over_irc("what day is it?");
    world.assert_all_once();
    let more = world.postman.carried().len() - mails;
    assert!(more <= 8, "{more} mails went out for it");
    figures(
        "clock a day back",
        &format!(
            "a text over IRC goes by mail after {text:.0} s, an announcement after {waited} s; \
             right again: friends seen after {right:.0} s; {more} mails"
        ),
    );
}

/// Alice's clock goes six days ahead while a text waits for its receipt by mail, and is right again after that: the
/// tries of six days are not made in a second, and the text has not failed.
#[test]
fn clock_six_days_ahead_under_a_text() {
    if !is_root("clock_six_days_ahead_under_a_text") {
        return;
    }
    let mut world = World::new(&[Kind::Inspircd]);
    assert!(world.bob.agent().stop(), "bob's agent ends");
    let offline = |world: &World| {
        world
            .alice
            .account
            .until_friend("bob", "presence", "offline", 60);
    };
    offline(&world);
    world.postman.sleep(true);
    world.alice.say("bob", "still on its way?");
    let waiting = |world: &World| world.post.waiting().len();
    let until = |world: &World, mails: usize| {
        try_until("mails that wait", 30, || match waiting(world) {
            count if count == mails => Ok(()),
            count => Err(count.to_string()),
        });
        sleep(Duration::from_secs(10));
        assert_eq!(waiting(world), mails, "and no more");
        let text = |text: &serde_json::Value| text["state"] == "sent";
        let account = &world.alice.account;
        account.until_text("bob", "still on its way?", 1, text);
    };
    until(&world, 1);
    world.alice.hand.turn(6 * DAY);
    until(&world, 2);
    world.alice.hand.turn(-6 * DAY);
    until(&world, 2);
    world.postman.sleep(false);
    world.bob.wake();
    world
        .alice
        .until_delivered("bob", "still on its way?", None, 30);
    world.assert_all_once();
    figures(
        "clock six days ahead under a text",
        "one of its tries is made, and it arrives",
    );
}

const DAY: i64 = 86_400;
