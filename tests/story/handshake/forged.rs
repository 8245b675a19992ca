//! Requests and accepts that somebody forged, or sends again.

use super::as_if_from;
use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, adding, address};
use iim::edge::store::{Peer, Transport};
use iim::rules::event::Act;

#[test]
fn a_forged_request_gets_its_sender_nothing() {
    let mut world = World::of(&["alice", "bob", "eve"]);
    let forged = forge(&mut world, "alice", "bob");
    assert!(world.hear("alice", &forged).done);
    assert_eq!(world.standing("alice", "bob"), "asking");
    world.accept("alice", "bob");
    let accept = world.outgoing("alice");
    assert_eq!(accept.len(), 1);
    assert_eq!(accept[0].to, address("bob"), "it goes to bob's mailbox");

    // Bob never asked: it is nothing to them. Eve cannot get at it; if Eve could, it would prove nothing.
    let arrived = world.deliver(&accept[0]).unwrap();
    assert!(!arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("bob", "alice"), "nobody");

    // Bob asks, too: no more questions, and the keys in that request decide.
    world.add("bob", "alice");
    world.exchange();
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    let eve = Peer {
        contact: world.id("alice", "bob"),
        key: world.keys("eve").curve25519,
        former: false,
    };
    let left = world.read("alice", |tx| tx.sessions().of(&eve, Transport::Mail));
    assert_eq!(left, [], "eve's session is gone");
}

#[test]
fn a_friend_who_forges_a_request_cannot_prove_it_with_her_own_sessions() {
    let mut world = World::of(&["alice", "eve"]);
    let forged = forge(&mut world, "alice", "bob");
    assert!(world.hear("alice", &forged).done);
    world.accept("alice", "bob");
    assert_eq!(world.outgoing("alice").len(), 1);
    world.befriend("eve", "alice");

    // Sealed in eve's own session with alice, under bob's From: by mail, and over IRC.
    world.say("eve", "alice", "I am bob");
    let mail = world.outgoing("eve").remove(0);
    let arrived = world.hear("alice", &as_if_from(&mail.mail, "eve", "bob"));
    assert!(!arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("alice", "bob"), "confirming");
    assert!(world.heard("alice", "bob").is_empty());

    // And a fresh session, with the one-time key that alice gave to eve as a friend.
    world.wait(DAY + MINUTE);
    let mail = world.outgoing("eve").remove(0);
    let arrived = world.hear("alice", &as_if_from(&mail.mail, "eve", "bob"));
    assert!(!arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("alice", "bob"), "confirming");
    // What alice and eve have with each other goes on.
    world.deliver(&mail);
    world.exchange();
    assert_eq!(world.heard("alice", "eve"), ["I am bob"]);
    assert_eq!(world.standing("alice", "eve"), "friend");
}

/// A public key stands in every invite: whoever writes it into a request could push out the sessions that it is used in.
#[test]
fn requests_that_name_a_friends_key_leave_his_sessions_alone() {
    let mut world = World::of_friends(&["alice", "eve"]);
    let before = world.sessions("alice", "eve", Transport::Mail);
    for forged_for in ["bob", "bob", "carol"] {
        let forged = forge(&mut world, "alice", forged_for);
        let arrived = world.hear("alice", &forged);
        assert!(!arrived.done, "{}", arrived.status);
        assert_eq!(world.standing("alice", forged_for), "nobody");
        let words = world.words("alice");
        let told = words.iter().filter(|text| text.contains("the key of eve"));
        assert_eq!(told.count(), 1, "once, whoever is said to ask: {words:?}");
    }
    assert_eq!(world.sessions("alice", "eve", Transport::Mail), before);
    world.say("eve", "alice", "still here");
    world.exchange();
    assert_eq!(world.heard("alice", "eve"), ["still here"]);
}

#[test]
fn an_accept_that_nobody_asked_for_is_nothing() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    let accept = world.outgoing("bob");
    // To somebody else, whatever stands outside.
    for mail in [
        accept[0].mail.clone(),
        as_if_from(&accept[0].mail, "bob", "alice"),
    ] {
        assert!(!world.hear("carol", &mail).done);
        assert_eq!(world.standing("carol", "bob"), "nobody");
    }
    // Under another From it is what it says within: bob's answer to alice's request.
    let arrived = world.hear("alice", &as_if_from(&accept[0].mail, "bob", "carol"));
    assert!(arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("alice", "bob"), "friend");
    assert_eq!(world.standing("alice", "carol"), "nobody");
}

/// A request in the name of `forged`, as eve's program would write it if eve's address were that one.
fn forge(world: &mut World, to: &str, forged: &str) -> Vec<u8> {
    // Eve's account, copied, with another address in its configuration: eve's keys, bob's name.
    let copy = world.copy_home("eve", "eve-as-other");
    let config = copy.config();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace(address("eve").as_str(), address(forged).as_str());
    iim::edge::home::replace_file(&config, text.as_bytes()).unwrap();
    let mut account = iim::account::Account::open(copy, world.clock()).unwrap();
    if account.who(address(to).as_str()).is_ok() {
        account.act(Act::Remove(vec![address(to)])).unwrap();
    }
    account.act(adding(to)).unwrap();
    let mut bag = Mailbag::default();
    crate::world::send(&mut account, &mut bag);
    let mail = bag.mails.pop().unwrap();
    assert_eq!(mail.to, address(to));
    mail.mail
}

/// An open request can be replayed by anybody who has seen it, for months: the accept of it goes three times more, and
/// then no more than the handshake's own repeats.
#[test]
fn a_replayed_request_is_answered_three_times_more() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let request = world.outgoing("alice").remove(0);
    world.deliver(&request);
    world.accept("bob", "alice");
    assert_eq!(world.outgoing("bob").len(), 1);
    let mut accepts = 0;
    for _ in 0..40 * 24 {
        world.wait(HOUR);
        world.deliver(&request);
        accepts += world.outgoing("bob").len();
        world.outgoing("alice");
    }
    assert_eq!(
        accepts,
        3 + 3,
        "for the replays, and on the days 1, 3 and 9"
    );
    assert_eq!(world.standing("bob", "alice"), "confirming");
}

/// Who is confirming and asks anew, under the same key, has forgotten their first request: the new one is answered.
#[test]
fn a_new_request_of_the_same_key_gets_an_accept_of_its_own() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    let lost = world.outgoing("bob").remove(0);
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.outgoing("alice");
    world.wait(HOUR);
    world.add("alice", "bob");
    world.exchange();
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    world.deliver(&lost);
    world.exchange();
    world.are_friends("alice", "bob");
}
