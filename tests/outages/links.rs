//! Links and servers fail.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::eyes;
use super::servers::Kind;
use super::world::{World, figures, long};
use crate::support::process::is_root;

/// Alice's link is cut in silence: only a timer can tell. What is said meanwhile arrives by mail, once.
fn silent_cut(kind: Kind) {
    if !is_root("silent_cut") {
        return;
    }
    let world = World::new(&[kind]);
    let (alice, bob) = (&world.alice, &world.bob);
    let (ours, theirs) = (alice.now(), bob.now());
    alice.host.cut();
    let begun = Instant::now();
    alice.say("bob", "do you hear me?");
    bob.say("alice", "are you there?");
    let to_bob = bob
        .eyes()
        .until(theirs, "alice's text", 60, eyes::text("do you hear me?"));
    let to_alice = alice
        .eyes()
        .until(ours, "bob's text", 60, eyes::text("are you there?"));
    let gone = bob.eyes().until(
        theirs,
        "alice to go",
        90,
        eyes::presence("alice", "offline"),
    );
    let notices = alice
        .eyes()
        .until(ours, "the loss", 130, eyes::network("net0", "disconnected"));
    assert!(
        notices < 125.0,
        "alice's agent notices after {notices:.0} s"
    );
    let alone = alice
        .eyes()
        .until(ours, "bob to go", 30, eyes::presence("bob", "offline"));
    alice.say("bob", "by mail now");
    let late = bob.now();
    let at_once = bob
        .eyes()
        .until(late, "the next text", 30, eyes::text("by mail now"));
    if long() {
        sleep(Duration::from_secs(600).saturating_sub(begun.elapsed()));
    }
    let lasted = begun.elapsed().as_secs();
    let (ours, theirs) = (alice.now(), bob.now());
    alice.host.mend();
    let (joined, seen) = alice.until_back(ours, "net0", "bob", 500);
    let back = bob.eyes().until(
        theirs,
        "alice to come",
        60,
        eyes::presence("alice", "online"),
    );
    alice.until_delivered("bob", "do you hear me?", Some("mail"), 30);
    bob.until_delivered("alice", "are you there?", Some("mail"), 30);
    world.talk_over_irc("there you are");
    world.assert_all_once();
    figures(
        &format!("silent cut of {lasted} s ({kind:?})"),
        &format!(
            "texts meanwhile by mail after {to_bob:.0} and {to_alice:.0} s; bob sees alice go after {gone:.0} s; \
             alice's agent notices after {notices:.0} s (bob gone after {alone:.0} s, then a text takes \
             {at_once:.1} s); after the link: joined {joined:.0} s, bob seen {seen:.0} s, alice seen {back:.0} s"
        ),
    );
}

#[test]
fn silent_cut_on_inspircd() {
    silent_cut(Kind::Inspircd);
}

#[test]
fn silent_cut_on_ngircd() {
    silent_cut(Kind::Ngircd);
}

/// The only server dies and comes back.
fn server_killed(kind: Kind) {
    if !is_root("server_killed") {
        return;
    }
    let mut world = World::new(&[kind]);
    let (ours, theirs) = (world.alice.now(), world.bob.now());
    world.servers[0].kill();
    let (alice, bob) = (&world.alice, &world.bob);
    let notices = alice
        .eyes()
        .until(ours, "the loss", 10, eyes::network("net0", "disconnected"));
    alice.say("bob", "the server is gone");
    let held = bob
        .eyes()
        .until(theirs, "the text", 40, eyes::text("the server is gone"));
    let gone = alice
        .eyes()
        .until(ours, "bob to go", 20, eyes::presence("bob", "offline"));
    world.servers[0].start_again();
    let (ours, theirs) = (world.alice.now(), world.bob.now());
    let (joined, seen) = world.alice.until_back(ours, "net0", "bob", 90);
    let back = world.bob.eyes().until(
        theirs,
        "alice to come",
        60,
        eyes::presence("alice", "online"),
    );
    world.talk_over_irc("it is back");
    world.assert_all_once();
    figures(
        &format!("server killed ({kind:?})"),
        &format!(
            "noticed after {notices:.1} s; a text goes by mail within {held:.1} s; bob gone after {gone:.0} s; \
             after the server: joined {joined:.0} s, bob seen {seen:.0} s, alice seen {back:.0} s"
        ),
    );
}

#[test]
fn server_killed_inspircd() {
    server_killed(Kind::Inspircd);
}

#[test]
fn server_killed_ngircd() {
    server_killed(Kind::Ngircd);
}

/// One of two networks dies: friends stay online on the other, and texts go there without a mail.
#[test]
fn one_of_two_networks_killed() {
    if !is_root("one_of_two_networks_killed") {
        return;
    }
    let mut world = World::new(&[Kind::Inspircd, Kind::Ngircd]);
    world.until_on_both();
    let mails = world.postman.carried().len();
    let (ours, theirs) = (world.alice.now(), world.bob.now());
    world.servers[0].kill();
    // What goes to a server in the moment of its death comes by mail: this is about what is said once it is noticed.
    for (person, from) in [(&world.alice, ours), (&world.bob, theirs)] {
        person
            .eyes()
            .until(from, "the loss", 10, eyes::network("net0", "disconnected"));
    }
    let mut worst: f64 = 0.0;
    for number in 0..5 {
        let (text, from) = (format!("number {number}"), world.bob.now());
        world.alice.say("bob", &text);
        worst = worst.max(
            world
                .bob
                .eyes()
                .until(from, "the text", 20, eyes::text(&text)),
        );
    }
    world.talk_over_irc("on the other one");
    sleep(Duration::from_secs(8));
    assert_eq!(world.postman.carried().len(), mails, "no mail was needed");
    let offline =
        |who: &str, seen: Vec<serde_json::Value>| seen.iter().any(eyes::presence(who, "offline"));
    assert!(
        !offline("bob", world.alice.eyes().since(ours.0)),
        "bob stays online"
    );
    assert!(
        !offline("alice", world.bob.eyes().since(theirs.0)),
        "alice stays online"
    );
    world.servers[0].start_again();
    let back = world.alice.now();
    let joined =
        world
            .alice
            .eyes()
            .until(back, "the network", 90, eyes::network("net0", "connected"));
    world.talk_over_irc("on both again");
    world.assert_all_once();
    figures(
        "one of two networks killed",
        &format!(
            "friends stay online, no mail; a text takes {worst:.1} s at most; back on it {joined:.0} s after it"
        ),
    );
}

/// The first of two networks falls silent: what went there comes by mail after the time for a receipt, and as soon
/// as the loss is noticed all goes over the other.
#[test]
fn one_of_two_networks_silent() {
    if !is_root("one_of_two_networks_silent") {
        return;
    }
    let world = World::new(&[Kind::Inspircd, Kind::Ngircd]);
    world.until_on_both();
    let (alice, bob) = (&world.alice, &world.bob);
    let (ours, theirs) = (alice.now(), bob.now());
    world.servers[0].host.cut();
    alice.say("bob", "the first");
    let first = bob
        .eyes()
        .until(theirs, "the first text", 60, eyes::text("the first"));
    let (text, from) = ("the second", bob.now());
    alice.say("bob", text);
    let second = bob
        .eyes()
        .until(from, "the second text", 60, eyes::text(text));
    let notices = alice
        .eyes()
        .until(ours, "the loss", 130, eyes::network("net0", "disconnected"));
    bob.eyes().until(
        theirs,
        "the loss",
        130,
        eyes::network("net0", "disconnected"),
    );
    let mails = world.postman.carried().len();
    world.talk_over_irc("on the other one");
    assert_eq!(
        world.postman.carried().len(),
        mails,
        "no mail was needed any more"
    );
    for (person, friend, from) in [(alice, "bob", ours), (bob, "alice", theirs)] {
        let seen = person.eyes().since(from.0);
        assert!(
            !seen.iter().any(eyes::presence(friend, "offline")),
            "{friend} stays online: {seen:?}"
        );
    }
    world.assert_all_once();
    figures(
        "one of two networks silent",
        &format!(
            "friends stay online; the first text is held up {first:.0} s, the next {second:.0} s; \
             noticed after {notices:.0} s, then no mail is needed"
        ),
    );
}
