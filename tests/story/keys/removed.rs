//! Somebody who was removed.

use crate::world::{DAY, MINUTE, World, address};
use iim::edge::clock::Clock;
use iim::edge::store::Transport;
use iim::protocol::time::Seconds;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

#[test]
fn what_somebody_who_was_removed_still_sends_is_dropped() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.exchange();
    let hears = |world: &mut World, text: &str| {
        world.say("bob", "alice", text);
        let mails = world.outgoing("bob");
        assert!(!mails.is_empty());
        let done = mails.iter().map(|mail| world.deliver(mail).unwrap().done);
        let done: Vec<_> = done.collect();
        assert_eq!(world.standing("alice", "bob"), "nobody");
        let answers = world.outgoing("alice");
        assert!(answers.iter().all(|mail| mail.to != address("bob")));
        done
    };
    assert_eq!(hears(&mut world, "one"), [true]);
    // Replayed, it is a double.
    world.say("bob", "alice", "two");
    let mail = world.outgoing("bob").remove(0);
    assert!(world.deliver(&mail).unwrap().done && world.deliver(&mail).unwrap().done);
    // What the sessions do not open stays.
    world.say("carol", "alice", "I am bob");
    let forged = world.outgoing("carol").remove(0);
    let forged = crate::handshake::as_if_from(&forged.mail, "carol", "bob");
    assert!(!world.hear("alice", &forged).done);
    // Thirty days after the last that was opened.
    world.clock.advance(20 * DAY);
    assert!(!hears(&mut world, "three").contains(&false));
    world.clock.advance(20 * DAY);
    world.at("alice").tick().unwrap();
    assert!(!hears(&mut world, "four").contains(&false));
    // A new session, made with a one-time key that they hold: it names their key.
    world.clock.advance(DAY);
    world.at("bob").tick().unwrap();
    for mail in world.outgoing("bob") {
        assert!(world.deliver(&mail).unwrap().done);
    }
    world.clock.advance(30 * DAY);
    world.at("alice").tick().unwrap();
    assert!(!hears(&mut world, "five").contains(&true));
}

/// Removed and asked again, twice: the answer to the first request, which cannot be read any more, stays in the mailbox.
#[test]
fn an_answer_of_somebody_who_was_removed_and_asked_again_is_not_dropped() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.exchange();
    world.add("alice", "bob");
    for mail in world.outgoing("alice") {
        world.deliver(&mail);
    }
    let under_way = world.outgoing("bob");
    assert!(!under_way.is_empty());
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.add("alice", "bob");
    world.clock.advance(10 * MINUTE);
    for mail in &under_way {
        let heard = world.deliver(mail).unwrap();
        assert!(!heard.done, "{}", heard.status);
    }
}

/// A removed person's letters are dropped; a friend's are not, though it is the same person with the same key.
#[test]
fn a_removed_person_who_is_a_friend_again_is_heard() {
    for asks in ["alice", "bob"] {
        let mut world = World::of_friends(&["alice", "bob"]);
        world.act("alice", Act::Remove(vec![address("bob")]));
        world.exchange();
        if asks == "bob" {
            world.act("bob", Act::Remove(vec![address("alice")]));
            world.exchange();
        }
        match asks {
            // Bob still has alice as a friend: that request heals.
            "alice" => world.befriend_by_itself("alice", "bob"),
            _ => world.befriend("bob", "alice"),
        }
        let rows = |world: &mut World| {
            let now = world.clock.now().0;
            world
                .read("alice", |tx| {
                    tx.sessions().removed(&address("bob"), Seconds(now))
                })
                .len()
        };
        assert_eq!(rows(&mut world), 0, "{asks} asked: nobody is removed");
        for (from, to) in [("alice", "bob"), ("bob", "alice")] {
            let id = world.say(from, to, "by mail");
            world.exchange();
            assert_eq!(world.heard(to, from), ["by mail"]);
            assert_eq!(world.text(from, to, id).state, Delivery::Delivered);
        }
        world.pass(10 * MINUTE);
        world.see_each_other("alice", "bob");
        world.meet("alice", "bob");
        for (from, to) in [("alice", "bob"), ("bob", "alice")] {
            let id = world.say(from, to, "over IRC");
            world.chat("alice", "bob");
            assert_eq!(world.heard(to, from).last().unwrap(), "over IRC");
            let text = world.text(from, to, id);
            assert_eq!(text.state, Delivery::Delivered);
            assert_eq!(text.via, Some(Transport::Irc));
        }
        world.part("alice", "bob");
        // A letter of theirs that does not open is a friend's, and stays.
        let bob = world.peer("alice", "bob");
        let theirs = iim::rules::effect::Effect::DropSessions(bob.contact, bob.key);
        world.say("bob", "alice", "lost");
        let lost = world.outgoing("bob").remove(0);
        world
            .store("alice")
            .transact(|tx| tx.apply(&theirs, Seconds(0)))
            .unwrap();
        let arrived = world.deliver(&lost).unwrap();
        assert!(!arrived.done, "{}", arrived.status);
    }
}

#[test]
fn a_request_of_somebody_who_was_removed_is_a_strangers() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.exchange();
    world.act("bob", Act::Remove(vec![address("alice")]));
    world.add("bob", "alice");
    world.exchange();
    assert_eq!(world.standing("alice", "bob"), "asking");
    world.accept("alice", "bob");
    world.exchange();
    world.are_friends("alice", "bob");
    world.say("bob", "alice", "again");
    world.exchange();
    assert_eq!(world.heard("alice", "bob"), ["again"]);
}
