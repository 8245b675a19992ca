//! Announcing: the day's budget, IRC first, repair of what was lost.

use iim::protocol::letter::Status;
use iim::rules::event::{Act, Event, NewStatus};
use iim::rules::queue::choice::Announcements;

use crate::world::{DAY, HOUR, MINUTE, Mailbag, START, World, address};

fn rotate(world: &mut World, name: &str) {
    world.act(name, Act::Rotate { if_older: None });
}

#[test]
fn the_budget_of_a_day_is_kept() {
    let mut world = World::of(&["bob"]);
    world.settle_in("alice", "alice", "[mail]\nper_day = 10\n");
    world.befriend("bob", "alice");
    world.clock.advance(2 * DAY);
    for n in 0..12 {
        world.say("alice", "bob", &format!("{n}"));
    }
    assert_eq!(world.outgoing("alice").len(), 10);
    world.wait(HOUR);
    assert!(world.outgoing("alice").is_empty());
    world.wait(DAY);
    assert!(!world.outgoing("alice").is_empty(), "another day");
}

#[test]
fn a_mail_that_was_not_taken_costs_nothing_of_the_budget() {
    let mut world = World::of(&["bob"]);
    world.settle_in("alice", "alice", "[mail]\nper_day = 10\n");
    world.befriend("bob", "alice");
    world.clock.advance(2 * DAY);
    world.say("alice", "bob", "patience");
    let mut down = Mailbag {
        answer: Some(iim::rules::queue::route::Handed::Later("down".into())),
        ..Mailbag::default()
    };
    for _ in 0..20 {
        world.send("alice", &mut down, Announcements::Due);
        world.wait(HOUR);
    }
    assert_eq!(world.outgoing("alice").len(), 1);
}

#[test]
fn announcements_take_half_of_the_budget_and_texts_go_first() {
    let names = ["alice", "a", "b", "c", "d", "e", "f", "g"];
    let mut world = World::of(&names[1..]);
    world.settle_in("alice", "alice", "[mail]\nper_day = 8\n");
    for (day, name) in names.iter().enumerate().skip(1) {
        world.befriend(name, "alice");
        world.clock.set(START + day as u64 * 2 * DAY);
    }
    rotate(&mut world, "alice");
    world.wait(10 * MINUTE);
    assert_eq!(world.outgoing("alice").len(), 4, "half of eight");
    for _ in 0..3 {
        world.say("alice", "a", "text");
    }
    assert_eq!(world.outgoing("alice").len(), 3, "texts still go");
    world.wait(DAY + MINUTE);
    assert!(!world.outgoing("alice").is_empty(), "the rest the next day");
    for _ in 0..3 {
        world.wait(DAY);
        world.exchange();
    }
    let untold = names[1..].iter().filter(|name| !{
        let person = world.person("alice", name);
        person.shown.unwrap().epoch == world.at("alice").state().unwrap().epoch
    });
    assert_eq!(untold.count(), 0);
}

#[test]
fn a_budget_of_one_announces_nothing_at_the_cost_of_texts() {
    let mut world = World::of(&["bob"]);
    world.settle_in("alice", "alice", "[mail]\nper_day = 1\n");
    world.befriend("bob", "alice");
    world.clock.advance(2 * DAY);
    rotate(&mut world, "alice");
    world.wait(10 * MINUTE);
    assert!(world.outgoing("alice").is_empty(), "half of one is none");
    world.say("alice", "bob", "with a text it goes");
    assert_eq!(world.all_outgoing().len(), 1);
}

#[test]
fn flush_announces_at_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    rotate(&mut world, "alice");
    let mut bag = Mailbag::default();
    world.send("alice", &mut bag, Announcements::All);
    assert_eq!(bag.mails.len(), 1);
    world.deliver(&bag.mails[0]);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn those_online_are_told_over_irc_and_the_answer_saves_the_mail() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    rotate(&mut world, "alice");
    let told = Event::Announce(world.id("alice", "bob"));
    world.at("alice").event(told).unwrap();
    let letters = world.irc_lines("alice", "bob");
    assert_eq!((letters.len(), letters[0].len()), (1, 1), "one line");
    world.hear_lines("alice", "bob", &letters[0]);
    assert!(world.sees("bob", "alice"));
    world.wait(2 * MINUTE);
    assert!(
        world.outgoing("alice").is_empty(),
        "the mail waits five minutes"
    );
    world.say("bob", "alice", "seen");
    world.chat("bob", "alice");
    assert_eq!(
        world.person("alice", "bob").announce,
        None,
        "their letter holds it"
    );
    world.wait(10 * MINUTE);
    assert!(world.outgoing("alice").is_empty());
}

#[test]
fn told_over_irc_without_an_answer_the_mail_follows() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    rotate(&mut world, "alice");
    let told = Event::Announce(world.id("alice", "bob"));
    world.at("alice").event(told).unwrap();
    world.irc_lines("alice", "bob");
    world.wait(5 * MINUTE);
    assert_eq!(world.exchange(), 1);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn a_lost_announcement_is_repaired_once_a_day() {
    let mut world = World::of_friends(&["alice", "bob"]);
    rotate(&mut world, "alice");
    world.wait(2 * MINUTE);
    assert_eq!(world.outgoing("alice").len(), 1, "and lost");
    world.say("bob", "alice", "too early to tell");
    world.exchange();
    world.wait(2 * MINUTE);
    assert_eq!(world.exchange(), 0, "the mail may still be on its way");
    for (text, repaired) in [("I hold the old one", true), ("still", false)] {
        world.wait(2 * HOUR);
        world.say("bob", "alice", text);
        let mails = world.outgoing("bob");
        world.deliver(&mails[0]);
        let due = world.person("alice", "bob").announce;
        assert_eq!(due.is_some(), repaired, "{text}: once a day");
        assert_eq!(
            world.outgoing("alice").len(),
            1,
            "it rides beside the receipt, and is lost"
        );
    }
    world.wait(DAY);
    world.say("bob", "alice", "and now");
    world.exchange();
    world.pass(2 * MINUTE);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn a_change_of_networks_is_announced_without_a_rotation() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let secret = world.secret("alice");
    let config = world.some("alice").home.config();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("127.0.0.1:6667", "127.0.0.1:6668");
    iim::edge::home::replace_file(&config, text.as_bytes()).unwrap();
    world.at("alice").reload().unwrap();
    world.tick_all();
    world.pass(2 * MINUTE);
    let held = world.person("bob", "alice").presence().unwrap().clone();
    assert_eq!(held.networks.unwrap()[0].servers, ["127.0.0.1:6668"]);
    assert_eq!(held.secret, Some(secret));
    assert_eq!(world.pass(DAY), 0, "once");
}

#[test]
fn an_old_announcement_that_comes_late_changes_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    rotate(&mut world, "alice");
    world.wait(2 * MINUTE);
    let old = world.outgoing("alice");
    world.clock.advance(HOUR);
    rotate(&mut world, "alice");
    world.pass(2 * MINUTE);
    assert!(world.sees("bob", "alice"));
    world.deliver(&old[0]);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn ways_are_told_to_whom_they_are_for() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let ways = Act::Status {
        status: None,
        text: None,
        friends: vec![address("bob")],
        ways: Some(vec!["tel:+123".into()]),
    };
    world.act("alice", ways);
    world.pass(2 * MINUTE);
    let ways = |world: &mut World, name: &str| {
        world
            .person(name, "alice")
            .presence()
            .unwrap()
            .ways
            .clone()
            .unwrap()
    };
    assert_eq!(ways(&mut world, "bob"), ["tel:+123"]);
    assert!(ways(&mut world, "carol").is_empty());
}

#[test]
fn a_new_window_is_told_over_irc_too() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let config = world.some("alice").home.config();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = format!("{text}[presence]\nwindow = \"2h\"\n");
    iim::edge::home::replace_file(&config, text.as_bytes()).unwrap();
    world.at("alice").reload().unwrap();
    rotate(&mut world, "alice");
    let announce = Event::Announce(world.id("alice", "bob"));
    world.at("alice").event(announce).unwrap();
    let letters = world.irc_lines("alice", "bob");
    world.hear_lines("alice", "bob", &letters[0]);
    let held = world.person("bob", "alice").presence().unwrap().clone();
    assert_eq!(held.window, Some(7200));
}

#[test]
fn a_status_is_told_over_irc_with_its_word() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    world.act(
        "alice",
        Act::Status {
            status: Some(NewStatus::Shown(Status::Away)),
            text: Some("at lunch".into()),
            friends: Vec::new(),
            ways: None,
        },
    );
    let tell = Event::TellStatus(world.id("alice", "bob"));
    world.at("alice").event(tell).unwrap();
    for lines in world.irc_lines("alice", "bob") {
        world.hear_lines("alice", "bob", &lines);
    }
    let held = world.person("bob", "alice").presence().unwrap().clone();
    assert_eq!(held.status, Some(Status::Away));
    assert_eq!(held.status_text.as_deref(), Some("at lunch"));
}

/// What was lost is sent again as it was: a hidden friend must not learn by a repair what they were not to learn.
#[test]
fn a_repair_for_the_hidden_is_what_he_was_sent() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.clock.advance(HOUR);
    rotate(&mut world, "alice");
    world.wait(2 * MINUTE);
    assert_eq!(world.outgoing("alice").len(), 1, "the decoy, and lost");
    let decoy = world.person("alice", "bob").shown.unwrap();
    world.wait(2 * HOUR);
    world.say("bob", "alice", "I hold the old one");
    world.exchange();
    world.pass(2 * MINUTE);
    assert_eq!(world.held("bob", "alice"), Some(decoy.secret));
    assert_ne!(world.held("bob", "alice"), Some(world.secret("alice")));
}
