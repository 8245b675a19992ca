//! New keys for a known friend, and verified ones.

mod removed;

use iim::edge::clock::Clock;
use iim::edge::store::{Peer, Transport};
use iim::protocol::letter::PublicKey;
use iim::protocol::time::Seconds;
use iim::rules::effect::Notice;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{DAY, HOUR, MINUTE, World, address};

fn reinstall(world: &mut World, name: &str) {
    world.settle_in(name, "reinstalled", "");
}

fn key_changes(world: &mut World, name: &str) -> usize {
    let told = &world.some(name).told;
    let changed = |notice: &&Notice| {
        matches!(
            notice,
            Notice::Request {
                key_changed: true,
                ..
            }
        )
    };
    told.iter().filter(changed).count()
}

#[test]
fn a_friend_with_new_keys_waits_for_the_user() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let old = world.keys("bob");
    world.act("alice", Act::Verify(address("bob"), old));
    let old_secret = world.secret("bob");
    reinstall(&mut world, "bob");
    let new = world.keys("bob");
    assert_ne!(old, new);
    world.add("bob", "alice");
    world.exchange();

    // Shown as changed; the old keys, the presence and "verified" stay.
    assert_eq!(key_changes(&mut world, "alice"), 1);
    let person = world.person("alice", "bob");
    assert_eq!(person.keys(), Some(&old));
    assert!(person.verified && person.has_new_keys());
    assert_eq!(world.held("alice", "bob"), Some(old_secret));
    let id = world.say("alice", "bob", "are you still you?");
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Sent);
    assert!(
        world.heard("bob", "alice").is_empty(),
        "sealed to the old keys"
    );

    world.accept("alice", "bob");
    assert_eq!(world.person("alice", "bob").keys(), Some(&old));
    let accept = world.outgoing("alice");
    assert_eq!(accept.len(), 1);
    world.deliver(&accept[0]);
    assert_eq!(world.standing("bob", "alice"), "friend");
    assert_eq!(
        world.person("alice", "bob").keys(),
        Some(&old),
        "in force until the new ones are proved"
    );
    world.exchange();
    world.are_friends("alice", "bob");
    let person = world.person("alice", "bob");
    assert!(!person.verified && person.friend().unwrap().new_keys.is_none());
    world.pass(10 * MINUTE);
    world.see_each_other("alice", "bob");
    assert_eq!(world.heard("bob", "alice"), ["are you still you?"]);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    let old = Peer {
        contact: world.id("alice", "bob"),
        key: old.curve25519,
        former: false,
    };
    let left = world.read("alice", |tx| tx.sessions().of(&old, Transport::Mail));
    assert_eq!(left, [], "the old sessions end");
}

#[test]
fn refused_new_keys_change_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let old = world.keys("bob");
    reinstall(&mut world, "bob");
    world.add("bob", "alice");
    world.exchange();
    world.act("alice", Act::Refuse(address("bob")));
    world.wait(DAY);
    world.exchange();
    let person = world.person("alice", "bob");
    assert_eq!(person.keys(), Some(&old));
    assert_eq!(
        person.friend().unwrap().new_keys,
        None,
        "the repeat is dropped"
    );
    assert_eq!(key_changes(&mut world, "alice"), 1);
    assert_eq!(world.standing("bob", "alice"), "asked");
}

#[test]
fn an_invite_does_not_spare_the_question_for_new_keys() {
    let mut world = World::of(&["bob"]);
    world.settle_in("alice", "alice", "[accept]\nauto = [\"*@example.net\"]\n");
    world.befriend_by_itself("bob", "alice");
    reinstall(&mut world, "bob");
    world.add("bob", "alice");
    world.exchange();
    assert_eq!(key_changes(&mut world, "alice"), 1);
    assert_eq!(world.standing("bob", "alice"), "asked");
}

#[test]
fn the_old_keys_go_on_while_forged_new_ones_wait() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let bob = world.keys("bob");
    let kept = world.some("bob").home.clone();
    // Somebody forges a request of bob's and alice, careless, accepts it; the accept reaches bob's mailbox only.
    reinstall(&mut world, "bob");
    world.add("bob", "alice");
    let forged = world.outgoing("bob");
    world.some("bob").home = kept;
    world.reopen("bob");
    world.deliver(&forged[0]);
    world.accept("alice", "bob");
    let accept = world.outgoing("alice");
    assert!(!world.deliver(&accept[0]).unwrap().done, "bob did not ask");
    world.pass(HOUR);
    assert_eq!(world.person("alice", "bob").keys(), Some(&bob));
    world.act("alice", Act::Rotate { if_older: None });
    world.pass(5 * MINUTE);
    world.see_each_other("alice", "bob");
    let id = world.say("alice", "bob", "to the real one");
    world.say("bob", "alice", "from the real one");
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    assert_eq!(world.heard("alice", "bob"), ["from the real one"]);
}

#[test]
fn removed_here_asked_again_from_there() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Remove(vec![address("bob")]));
    assert_eq!(world.standing("alice", "bob"), "nobody");
    assert!(!world.sees("bob", "alice"), "and the presence is another");
    world.exchange();
    // Bob still has alice as a friend: that request heals on bob's side, with no question asked.
    world.add("alice", "bob");
    world.exchange();
    world.are_friends("alice", "bob");
    world.pass(5 * MINUTE);
    world.see_each_other("alice", "bob");
    world.say("bob", "alice", "welcome back");
    world.say("alice", "bob", "thanks");
    world.exchange();
    assert_eq!(world.heard("alice", "bob"), ["welcome back"]);
    assert_eq!(world.heard("bob", "alice"), ["thanks"]);
}

/// Bob has lost everything; alice's request that heals finds a new account, whose user says yes.
fn answers_with_other_keys(world: &mut World) {
    reinstall(world, "bob");
    world.act("alice", Act::Restored);
    world.exchange();
    world.accept("bob", "alice");
}

#[test]
fn an_accept_with_other_keys_to_our_healing_request_is_shown_as_key_changed() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let old = world.keys("bob");
    world.act("alice", Act::Verify(address("bob"), old));
    let id = world.say("alice", "bob", "are you there?");
    answers_with_other_keys(&mut world);
    let accept = world.outgoing("bob").remove(0);
    assert!(world.deliver(&accept).unwrap().done);
    assert_eq!(key_changes(&mut world, "alice"), 1);
    let person = world.person("alice", "bob");
    assert_eq!(
        person.keys(),
        Some(&old),
        "in force until the user says yes"
    );
    assert!(person.verified);
    // The accept again, as on the next days: nothing is shown twice.
    for _ in 0..3 {
        world.wait(3 * DAY);
        for mail in world.outgoing("bob") {
            assert!(world.deliver(&mail).unwrap().done);
        }
    }
    assert_eq!(key_changes(&mut world, "alice"), 1);

    world.accept("alice", "bob");
    assert!(!world.person("alice", "bob").verified);
    world.exchange();
    world.are_friends("alice", "bob");
    world.pass(10 * MINUTE);
    world.see_each_other("alice", "bob");
    for (from, to) in [("alice", "bob"), ("bob", "alice")] {
        world.say(from, to, "here we are");
        world.exchange();
        assert_eq!(world.heard(to, from).last().unwrap(), "here we are");
    }
    let state = world.text("alice", "bob", id).state;
    assert_eq!(state, Delivery::Failed, "its five days were over before");
}

#[test]
fn other_keys_that_answered_are_refused_for_good() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let old = world.keys("bob");
    answers_with_other_keys(&mut world);
    world.exchange();
    world.act("alice", Act::Refuse(address("bob")));
    world.wait(DAY + HOUR);
    world.exchange();
    assert_eq!(key_changes(&mut world, "alice"), 1);
    let person = world.person("alice", "bob");
    assert_eq!(person.keys(), Some(&old));
    assert_eq!(person.friend().unwrap().new_keys, None);
}

/// Somebody who keeps a request that heals, made by a clock that ran ahead, can play it again for as long.
#[test]
fn a_healing_request_from_our_future_is_answered_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let now = world.clock.now().0;
    world.clock.advance(10 * DAY);
    world.act("bob", Act::Restored);
    let request = world.outgoing("bob").remove(0);
    world.clock.set(now);
    assert!(world.deliver(&request).unwrap().done);
    world.exchange();
    let kept = world.sessions("alice", "bob", Transport::Mail);
    for day in 1..15 {
        world.clock.set(now + day * DAY);
        assert!(world.deliver(&request).unwrap().done);
        let answers = world.outgoing("alice");
        assert!(
            answers.iter().all(|mail| mail.to != address("bob")),
            "{day}"
        );
    }
    assert_eq!(world.sessions("alice", "bob", Transport::Mail), kept);
}

/// The one-time keys of ours that could still be used.
fn one_time_keys(world: &mut World, name: &str) -> Vec<PublicKey> {
    let pickle = world.read(name, |tx| tx.account_pickle()).unwrap();
    iim::edge::seal::one_time_keys(&pickle).unwrap()
}

#[test]
fn one_time_keys_of_a_dead_request_are_discarded() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let of_bob = world.person("alice", "bob").friend().unwrap().ours;
    world.add("alice", "carol");
    world.outgoing("alice");
    let asked = world
        .person("alice", "carol")
        .asked()
        .unwrap()
        .one_time_keys;
    let there = |world: &mut World, key: Option<PublicKey>| {
        one_time_keys(world, "alice").contains(&key.unwrap())
    };
    assert!(there(&mut world, asked.mail) && there(&mut world, asked.irc));
    world.act("alice", Act::Remove(vec![address("carol")]));
    for day in 0..9 {
        world.pass(DAY);
        let kept = there(&mut world, asked.mail) && there(&mut world, asked.irc);
        assert_eq!(kept, day < 7, "an answer may be under way: day {day}");
    }
    assert!(!there(&mut world, asked.irc));
    // Those that a friend holds stay, and open what they seal with them.
    assert!(there(&mut world, of_bob.mail) && there(&mut world, of_bob.irc));
    let peer = world.peer("bob", "alice");
    let store = world.store("bob");
    let gone = iim::rules::effect::Effect::DropSessions(peer.contact, peer.key);
    store.transact(|tx| tx.apply(&gone, Seconds(0))).unwrap();
    world.say("bob", "alice", "in a new session");
    world.exchange();
    assert_eq!(world.heard("alice", "bob"), ["in a new session"]);
}
