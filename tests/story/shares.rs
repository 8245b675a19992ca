//! The day's mails are shared: no friend's writing stops what others are told, and receipts by mail tell nothing.

use iim::protocol::letter::Status;
use iim::rules::event::{Act, NewStatus};
use iim::rules::queue::budget::Class;
use iim::rules::queue::choice::Announcements;

use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, address};

/// Alice, whose mails are counted, is a friend of these; what the handshakes took is forgotten.
fn world(per_day: u32, friends: &[&str]) -> World {
    let mut world = World::of(friends);
    let more = format!("[mail]\nper_day = {per_day}\n");
    world.settle_in("alice", "alice", &more);
    for friend in friends {
        world.befriend(friend, "alice");
        world.clock.advance(2 * DAY);
        world.tick_all();
    }
    world.exchange();
    world.clock.advance(2 * DAY);
    world
}

/// Brings texts to alice; nothing of alice's leaves.
fn write(world: &mut World, from: &str, texts: usize) {
    for n in 0..texts {
        world.say(from, "alice", &format!("{n}"));
    }
    let mails = world.outgoing(from);
    assert_eq!(mails.len(), texts);
    for mail in &mails {
        world.deliver(mail).unwrap();
    }
}

/// When mails to bob leave, in minutes after the first of three texts, a minute between them; and how many.
fn receipts(world: &mut World) -> Vec<(u64, usize)> {
    let begun = world.at("alice").now().0;
    let mut left = Vec::new();
    for minute in 0..25 {
        if minute < 12 {
            write(world, "bob", 1);
        }
        let mails = world.outgoing("alice");
        let to_bob = mails
            .iter()
            .filter(|mail| mail.to == address("bob"))
            .count();
        if to_bob > 0 {
            left.push(((world.at("alice").now().0 - begun) / MINUTE, to_bob));
        }
        world.clock.advance(MINUTE);
    }
    left
}

#[test]
fn receipts_by_mail_are_gathered_alike_for_hidden_away_and_visible() {
    // The texts of the minutes 1 to 10 need two receipts, that of minute 11 waits for the next ten minutes.
    let expected = [(0, 1), (10, 2), (20, 1)];
    let mut visible = world(200, &["bob"]);
    assert_eq!(receipts(&mut visible), expected, "visible");
    let mut hidden = world(200, &["bob"]);
    hidden.act("alice", Act::Hide(vec![address("bob")]));
    hidden.exchange();
    assert_eq!(receipts(&mut hidden), expected, "hidden");
    let mut away = world(200, &["bob"]);
    away.act(
        "alice",
        Act::Status {
            status: Some(NewStatus::Shown(Status::Away)),
            text: None,
            friends: Vec::new(),
            ways: None,
        },
    );
    away.pass(HOUR);
    assert_eq!(receipts(&mut away), expected, "away");
}

#[test]
fn counting_receipts_tells_a_hidden_friend_nothing_of_mails_to_others() {
    let seen = |texts: usize| {
        let mut world = world(40, &["bob", "carol"]);
        world.act("alice", Act::Hide(vec![address("bob")]));
        world.pass(HOUR);
        world.clock.advance(2 * DAY);
        for n in 0..texts {
            world.say("alice", "carol", &format!("{n}"));
        }
        let mails = world.outgoing("alice");
        let to_carol = mails.iter().filter(|mail| mail.to == address("carol"));
        assert!(to_carol.count() >= texts);
        let mut left = receipts(&mut world);
        // Bob goes on, until there are none for them any more.
        for round in 0..20 {
            world.clock.advance(10 * MINUTE);
            write(&mut world, "bob", 1);
            let mails = world.outgoing("alice");
            let to_bob = mails.iter().filter(|mail| mail.to == address("bob"));
            left.push((100 + round, to_bob.count()));
        }
        left
    };
    let alone = seen(0);
    let all: usize = alone.iter().map(|(_, mails)| mails).sum();
    assert_eq!(all, 5, "an eighth of the day's mails");
    for texts in [1, 10, 25] {
        assert_eq!(seen(texts), alone, "{texts} texts to carol");
    }
}

#[test]
fn flush_leaves_gathered_receipts_until_their_time() {
    let mut world = world(200, &["bob"]);
    write(&mut world, "bob", 1);
    assert_eq!(world.outgoing("alice").len(), 1);
    write(&mut world, "bob", 3);
    let mut bag = Mailbag::default();
    world.send("alice", &mut bag, Announcements::All);
    assert_eq!(bag.mails.len(), 0);
    world.wait(10 * MINUTE);
    assert_eq!(world.outgoing("alice").len(), 1);
}

#[test]
fn a_hidden_friend_who_writes_much_stops_no_announcement() {
    let mut world = world(16, &["bob", "carol", "dave"]);
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.pass(HOUR);
    world.clock.advance(2 * DAY);
    // Bob has a mail system of their own, and no limit.
    for _ in 0..10 {
        write(&mut world, "bob", 40);
        world.outgoing("alice");
        world.wait(HOUR);
    }
    let spent = world.at("alice").shares_spent().unwrap();
    let classes: Vec<_> = spent
        .iter()
        .map(|(class, to, _)| (*class, to.clone()))
        .collect();
    assert_eq!(classes, [(Class::Receipt, Some(address("bob")))]);
    let now = world.at("alice").now().0;
    assert!(spent[0].2.0 > now && spent[0].2.0 <= now + DAY);
    world.act("alice", Act::Rotate { if_older: None });
    world.pass(HOUR);
    let ours = world.at("alice").state().unwrap().epoch;
    for friend in ["carol", "dave"] {
        let held = world
            .person(friend, "alice")
            .friend()
            .unwrap()
            .presence
            .clone()
            .unwrap();
        assert_eq!(held.presence.epoch, Some(ours), "{friend}");
    }
    // The others' receipts go on, too.
    let id = world.say("carol", "alice", "and me?");
    world.exchange();
    let state = world.text("carol", "alice", id).state;
    assert_eq!(state, iim::rules::message::Delivery::Delivered);
}

#[test]
fn what_hides_is_announced_before_anything_else() {
    let mut world = world(200, &["bob", "carol", "dave"]);
    world.act("alice", Act::Hide(vec![address("bob")]));
    for friend in ["carol", "dave"] {
        assert!(
            world.person("alice", friend).announce.unwrap().hides,
            "{friend}"
        );
    }
    world.pass(HOUR);
    world.act("alice", Act::Rotate { if_older: None });
    assert!(!world.person("alice", "carol").announce.unwrap().hides);
}
