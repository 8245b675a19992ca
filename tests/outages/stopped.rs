//! An agent stands still for an hour, as on a machine that sleeps, and finds itself again.

use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;

use super::eyes;
use super::servers::{Kind, PATIENCE};
use super::world::{World, figures, long};
use crate::support::process::is_root;

/// The servers throw alice out meanwhile; texts come by mail and are there when alice wakes.
#[test]
fn stopped_for_an_hour() {
    if !is_root("stopped_for_an_hour") {
        return;
    }
    let mut world = World::new(&[Kind::Inspircd, Kind::Ngircd]);
    world.until_on_both();
    // Greetings are still answered. Who is stopped while writing holds the database: then the hook gives mails back.
    sleep(Duration::from_secs(5));
    let theirs = world.bob.now();
    world.alice.agent().signal(Signal::STOP);
    world.bob.say("alice", "while you sleep");
    let gone = world.bob.eyes().until(
        theirs,
        "alice to go",
        120,
        eyes::presence("alice", "offline"),
    );
    assert!(
        gone < f64::from(PATIENCE) + 20.0,
        "bob sees alice go after {gone} s"
    );
    world
        .alice
        .account
        .until_text("bob", "while you sleep", 60, |_| true);
    let slept = if long() { 3600 } else { 0 };
    sleep(Duration::from_secs(slept));
    for person in [&world.alice, &world.bob] {
        person.hand.turn(3600 - slept as i64);
    }
    let (ours, theirs) = (world.alice.now(), world.bob.now());
    world.alice.agent().signal(Signal::CONT);
    let text = world
        .alice
        .eyes()
        .until(ours, "the text", 30, eyes::text("while you sleep"));
    let back = world.bob.eyes().until(
        theirs,
        "alice to come",
        150,
        eyes::presence("alice", "online"),
    );
    world.until_on_both();
    let both = theirs.1.elapsed().as_secs_f64();
    world
        .bob
        .until_delivered("alice", "while you sleep", Some("mail"), 30);
    world.talk_over_irc("good morning");
    world.assert_all_once();
    figures(
        "stopped for an hour",
        &format!(
            "bob sees alice go after {gone:.0} s; after waking: the text is told {text:.1} s, alice seen {back:.0} s, \
             on both networks {both:.0} s"
        ),
    );
}
