//! A mailbox that is fetched from: when its mails are looked at says that a program of its owner's runs, and so whoever is
//! hidden from is answered much later.

use iim::account::fetch;
use iim::rules::event::{Act, Adding};
use iim::rules::fetch::plan::{Became, Work};
use iim::rules::message::Delivery;

use iim::edge::clock::Clock as _;
use iim::edge::mail::OutMail;
use iim::rules::queue::choice::Announcements;

use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, adding, address};

const FETCHED: &str = "[mail]\nper_day = 0\n[mail.fetch]\nserver = \"imap://127.0.0.1:1143\"\npassword_command = \"true\"\n";

/// Bob and carol by hooks; alice, who fetches, and is friends with carol.
fn world() -> World {
    let mut world = World::of(&["bob", "carol"]);
    world.settle_in("alice", "alice", FETCHED);
    world.befriend("alice", "carol");
    world
}

/// The same with bob as a friend from whom alice hides.
fn with_bob_hidden() -> World {
    let mut world = world();
    world.befriend("alice", "bob");
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.pass(5 * MINUTE);
    world.pass(DAY);
    world
}

/// Alice's mailbox is fetched with all that somebody has sent by now; gives how many mails that was.
fn fetch(world: &mut World, from: &str) -> usize {
    let mails = world.outgoing(from);
    for mail in &mails {
        assert_eq!(mail.to, address("alice"));
        fetch_one(world, &mail.mail);
    }
    mails.len()
}

fn fetch_one(world: &mut World, mail: &[u8]) {
    let mail = mail.to_vec();
    let work = Work::Mail { mail, junk: false };
    let heard = fetch::hear(world.at("alice"), &work);
    assert_eq!(heard.unwrap().0, Became::Done);
}

/// What leaves from alice by `iim flush`, which cron runs after `iim fetch`.
fn flush(world: &mut World) -> Vec<OutMail> {
    let now = world.clock.now();
    let hurried = world.store("alice").transact(|tx| tx.outbox().hurry(now));
    hurried.unwrap();
    let mut bag = Mailbag::default();
    world.send("alice", &mut bag, Announcements::All);
    bag.mails
}

/// Minutes until one mail leaves from alice to somebody; it is delivered.
fn until_it_leaves(world: &mut World, to: &str) -> u64 {
    for minute in 0..7 * 60 {
        if let [mail] = &flush(world)[..] {
            assert_eq!(mail.to, address(to));
            world.deliver(mail);
            return minute;
        }
        world.wait(MINUTE);
    }
    panic!("nothing leaves in seven hours");
}

#[track_caller]
fn assert_much_later(minutes: u64) {
    assert!((60..=361).contains(&minutes), "after {minutes} min");
}

#[test]
fn the_hidden_are_answered_hours_after_their_text_was_fetched() {
    let mut world = with_bob_hidden();
    let mut delays = Vec::new();
    for n in 0..6 {
        let text = format!("text {n}");
        let id = world.say("bob", "alice", &text);
        assert_eq!(fetch(&mut world, "bob"), 1);
        assert_eq!(world.heard("alice", "bob").last(), Some(&text));
        let minutes = until_it_leaves(&mut world, "bob");
        assert_much_later(minutes);
        assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
        assert!(world.outgoing("alice").is_empty());
        delays.push(minutes);
        world.pass(HOUR);
    }
    delays.sort_unstable();
    delays.dedup();
    assert!(delays.len() > 2, "nobody reckons back from it: {delays:?}");
}

#[test]
fn others_are_answered_at_once() {
    let mut world = with_bob_hidden();
    let id = world.say("carol", "alice", "hello");
    fetch(&mut world, "carol");
    assert_eq!(until_it_leaves(&mut world, "carol"), 0);
    let state = world.text("carol", "alice", id).state;
    assert_eq!(state, Delivery::Delivered);
    // And by whoever has a hook, which tells nothing of when they are there.
    world.act("bob", Act::Hide(vec![address("alice")]));
    world.pass(5 * MINUTE);
    world.say("alice", "bob", "hello");
    for mail in world.outgoing("alice") {
        world.deliver(&mail);
    }
    assert_eq!(world.outgoing("bob").len(), 1);
}

/// A text that comes twice, as after a session that was cut, is answered once, when its first copy would have been; one more
/// text does not bring it forward.
#[test]
fn no_second_mail_brings_the_answer_forward() {
    let mut world = with_bob_hidden();
    let first = world.say("bob", "alice", "first");
    let mails = world.outgoing("bob");
    for _ in 0..3 {
        for mail in &mails {
            fetch_one(&mut world, &mail.mail);
        }
        world.wait(10 * MINUTE);
        assert!(world.outgoing("alice").is_empty());
    }
    let second = world.say("bob", "alice", "second");
    fetch(&mut world, "bob");
    let mut left = 0;
    for _ in 0..12 * 6 {
        let mails = world.outgoing("alice");
        left += mails.len();
        for mail in &mails {
            world.deliver(mail);
        }
        world.wait(5 * MINUTE);
    }
    assert!((1..=2).contains(&left), "{left} receipts");
    for id in [first, second] {
        let state = world.text("bob", "alice", id).state;
        assert_eq!(state, Delivery::Delivered);
    }
}

/// Alice asks bob, from whom they hide: his accept is fetched, and what it causes leaves hours later.
#[test]
fn a_confirm_to_the_hidden_leaves_hours_later() {
    let mut world = world();
    let Act::Add(adding) = adding("bob") else {
        panic!("adding");
    };
    world.act(
        "alice",
        Act::Add(Adding {
            hidden: true,
            ..adding
        }),
    );
    for mail in world.outgoing("alice") {
        world.deliver(&mail);
    }
    world.accept("bob", "alice");
    assert_eq!(fetch(&mut world, "bob"), 1);
    assert_much_later(until_it_leaves(&mut world, "bob"));
    let mut said = world.say("bob", "alice", "so it is you");
    fetch(&mut world, "bob");
    assert_much_later(until_it_leaves(&mut world, "bob"));
    assert_eq!(world.text("bob", "alice", said).state, Delivery::Delivered);
    said = world.say("alice", "bob", "it is");
    // What a person says leaves as they say it.
    assert_eq!(until_it_leaves(&mut world, "bob"), 0);
    assert_eq!(world.heard("bob", "alice"), ["it is"]);
    fetch(&mut world, "bob");
    assert_eq!(world.text("alice", "bob", said).state, Delivery::Delivered);
}

/// Alice's accept is lost, and bob asks again a day later: the same accept is no sign that their mailbox was looked into.
#[test]
fn an_accept_that_is_repeated_to_the_hidden_leaves_hours_later() {
    let mut world = world();
    world.add("bob", "alice");
    fetch(&mut world, "bob");
    let act = Act::Accept {
        address: address("bob"),
        name: None,
        hidden: true,
    };
    world.act("alice", act);
    assert_eq!(world.outgoing("alice").len(), 1, "it is lost");
    world.wait(DAY + MINUTE);
    // Their own repeat of the accept is lost, too.
    world.outgoing("alice");
    assert_eq!(fetch(&mut world, "bob"), 1, "bob asks again");
    assert_much_later(until_it_leaves(&mut world, "bob"));
    world.exchange();
    assert!(world.sees("alice", "bob"));
}

/// A decoy is lost; a text of bob's shows it. That it is told again hangs on when the text was fetched, too.
#[test]
fn what_is_told_again_to_the_hidden_leaves_hours_later() {
    let mut world = with_bob_hidden();
    world.act("alice", Act::Rotate { if_older: None });
    world.wait(2 * MINUTE);
    for mail in world.outgoing("alice") {
        if mail.to != address("bob") {
            world.deliver(&mail);
        }
    }
    world.pass(2 * HOUR);
    let before = world.held("bob", "alice");
    world.say("bob", "alice", "hello");
    fetch(&mut world, "bob");
    assert_much_later(until_it_leaves(&mut world, "bob"));
    world.pass(7 * HOUR);
    assert_ne!(world.held("bob", "alice"), before, "it was told again");
}
