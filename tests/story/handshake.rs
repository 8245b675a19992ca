//! How two become friends, and who cannot.

mod forged;

use iim::edge::mail::OutMail;
use iim::protocol::time::Seconds;
use iim::rules::effect::Effect;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{DAY, HOUR, MINUTE, World, address};

#[test]
fn one_human_act_on_each_side_makes_two_friends() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let request = world.outgoing("alice");
    assert_eq!(request.len(), 1);
    assert_eq!(world.standing("alice", "bob"), "asked");
    let arrived = world.deliver(&request[0]).unwrap();
    assert!(arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("bob", "alice"), "asking");
    assert!(
        world.outgoing("bob").is_empty(),
        "nothing answers a stranger"
    );

    world.accept("bob", "alice");
    assert_eq!(world.standing("bob", "alice"), "confirming");
    let accept = world.outgoing("bob");
    assert_eq!(accept.len(), 1);
    assert_eq!(accept[0].to, address("alice"));
    let arrived = world.deliver(&accept[0]).unwrap();
    assert!(arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("alice", "bob"), "friend");
    assert!(world.sees("alice", "bob"));

    let confirm = world.outgoing("alice");
    assert_eq!(confirm.len(), 1);
    let arrived = world.deliver(&confirm[0]).unwrap();
    assert!(arrived.done, "{}", arrived.status);
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    assert_eq!(world.pass(600), 0, "everything is said with three mails");
}

fn subjects(mails: &[OutMail]) -> Vec<String> {
    mails
        .iter()
        .map(|mail| String::from_utf8_lossy(&mail.mail).into_owned())
        .map(|mail| {
            let line = mail.lines().find(|line| line.starts_with("Subject:"));
            line.unwrap_or_default().to_owned()
        })
        .collect()
}

#[test]
fn sealed_mails_look_alike() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    let accept = world.outgoing("bob");
    world.deliver(&accept[0]);
    let confirm = world.outgoing("alice");
    assert_eq!(subjects(&accept), subjects(&confirm));
}

#[test]
fn a_refused_request_stays_refused() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let request = world.outgoing("alice");
    world.deliver(&request[0]);
    world.act("bob", Act::Refuse(address("alice")));
    assert_eq!(world.standing("bob", "alice"), "nobody");
    world.wait(DAY);
    let again = world.outgoing("alice");
    assert_eq!(again.len(), 1, "the request is repeated after a day");
    assert!(world.deliver(&again[0]).unwrap().done);
    assert_eq!(world.standing("bob", "alice"), "nobody");
    assert!(
        world.outgoing("bob").is_empty(),
        "silence is the only refusal"
    );
}

#[test]
fn unanswered_requests_are_repeated_and_told() {
    let mut world = World::of(&["alice"]);
    world.add("alice", "bob");
    let mut days = Vec::new();
    for day in 0..60 {
        if !world.outgoing("alice").is_empty() {
            days.push(day);
        }
        world.wait(DAY);
    }
    assert_eq!(days, [0, 1, 3, 9]);
    assert_eq!(
        world.words("alice"),
        ["bob has not answered your request for 30 days"]
    );
}

#[test]
fn a_repeated_request_gets_the_same_accept_and_that_the_same_confirm() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    let lost = world.outgoing("bob");
    assert_eq!(lost.len(), 1);
    let accepted = world.person("bob", "alice").accepted()[0].accept;

    // The accept is lost; alice asks again after a day, bob answers the repeat and repeats unasked.
    world.wait(DAY);
    let repeat = world.outgoing("alice");
    assert_eq!(repeat.len(), 1);
    world.deliver(&repeat[0]);
    assert_eq!(world.person("bob", "alice").accepted().len(), 1);
    assert_eq!(world.person("bob", "alice").accepted()[0].accept, accepted);
    let again = world.outgoing("bob");
    assert_eq!(again.len(), 1, "one accept, whoever wanted it");
    world.deliver(&again[0]);
    assert_eq!(world.standing("alice", "bob"), "friend");
    let confirm = world
        .person("alice", "bob")
        .friend()
        .unwrap()
        .confirmed
        .unwrap();
    assert_eq!(confirm.0, accepted);

    // The confirm is lost; bob repeats their accept after three days.
    assert_eq!(world.outgoing("alice").len(), 1);
    world.wait(2 * DAY);
    let again = world.outgoing("bob");
    assert_eq!(again.len(), 1);
    assert!(world.deliver(&again[0]).unwrap().done);
    assert_eq!(
        world.person("alice", "bob").friend().unwrap().confirmed,
        Some(confirm)
    );
    world.exchange();
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");

    // The very first accept arrives after all: a friend already.
    world.deliver(&lost[0]);
    world.exchange();
    world.are_friends("alice", "bob");
}

#[test]
fn requests_that_cross_spare_both_the_question() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.add("bob", "alice");
    world.exchange();
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    world.pass(5 * MINUTE);
    for (from, to) in [("alice", "bob"), ("bob", "alice"), ("alice", "bob")] {
        world.say(from, to, "crossed");
        world.exchange();
        assert_eq!(world.heard(to, from).last().unwrap(), "crossed");
    }
    world.meet("alice", "bob");
    let id = world.say("bob", "alice", "over IRC");
    world.chat("alice", "bob");
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
}

#[test]
fn crossing_requests_of_which_one_is_lost() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.add("bob", "alice");
    let lost = world.outgoing("alice");
    assert_eq!(lost.len(), 1);
    world.exchange();
    world.are_friends("alice", "bob");
    // A replay of the request that was answered already, and the lost one, come late.
    world.pass(HOUR);
    world.deliver(&lost[0]);
    world.exchange();
    world.are_friends("alice", "bob");
    world.say("alice", "bob", "still there");
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["still there"]);
}

/// The mail system puts an address into From that nobody knows, and no other field tells: the key of a new session does.
#[test]
fn a_new_session_is_known_by_its_key_whatever_address_stands_outside() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("bob", "alice", "hello");
    assert_eq!(world.outgoing("bob").len(), 1, "it is lost");
    world.wait(DAY + MINUTE);
    let again = world.outgoing("bob").remove(0);
    let arrived = world.hear("alice", &as_if_from(&again.mail, "bob", "carol"));
    assert!(arrived.done, "{}", arrived.status);
    assert_eq!(world.heard("alice", "bob"), ["hello"]);
}

#[test]
fn a_request_for_somebody_else_is_left_alone() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    // Mail to carol is forwarded to bob, who reads it under their own address.
    world.add("alice", "carol");
    let request = world.outgoing("alice");
    assert!(!world.hear("bob", &request[0].mail).done, "it asks carol");
    assert_eq!(world.standing("bob", "alice"), "nobody");
}

#[test]
fn an_answer_from_another_address_is_told() {
    let mut world = World::of(&["alice", "carol"]);
    world.add("alice", "carol");
    world.exchange();
    // Carol has moved before they say yes, and their program does not remember by which address they were asked.
    let mut asks = world.person("carol", "alice");
    asks.knows_us_by.clear();
    let now = world.clock().now().0;
    let forgets = Effect::Contact(Box::new(asks));
    let store = world.store("carol");
    store
        .transact(|tx| tx.apply(&forgets, Seconds(now)))
        .unwrap();
    let config = world.some("carol").home.config();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace(address("carol").as_str(), "carol@new.example");
    iim::edge::home::replace_file(&config, text.as_bytes()).unwrap();
    world.reopen("carol");
    world.accept("carol", "alice");
    let accept = world.outgoing("carol").remove(0);
    assert!(!world.hear("alice", &accept.mail).done);
    assert_eq!(world.standing("alice", "carol"), "asked");
    let words = world.words("alice");
    let told =
        "you asked carol@example.com, carol@new.example answers: `iim add carol@new.example`";
    assert_eq!(words, [told]);
}

#[test]
fn what_waits_for_the_asked_goes_when_he_is_a_friend() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let one = world.say("alice", "bob", "one");
    let two = world.say("alice", "bob", "two");
    world.exchange();
    assert_eq!(world.text("alice", "bob", one).state, Delivery::Queued);
    world.accept("bob", "alice");
    world.say("bob", "alice", "from the confirming side");
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["one", "two"]);
    assert_eq!(world.heard("alice", "bob"), ["from the confirming side"]);
    for id in [one, two] {
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    }
}

#[test]
fn accepted_hidden_means_unseen() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    let hidden = Act::Accept {
        address: address("alice"),
        name: Some("Al".into()),
        hidden: true,
    };
    world.act("bob", hidden);
    world.exchange();
    world.are_friends("alice", "bob");
    assert_eq!(world.held("alice", "bob"), None);
    assert!(world.sees("bob", "alice"));
    world.act("bob", Act::Rotate { if_older: None });
    world.pass(5 * MINUTE);
    assert_eq!(world.held("alice", "bob"), None, "not even a decoy");
    world.act("bob", Act::Show(vec![address("alice")]));
    world.pass(5 * MINUTE);
    assert!(world.sees("alice", "bob"));
}

/// The same mail with another From.
pub(crate) fn as_if_from(mail: &[u8], name: &str, other: &str) -> Vec<u8> {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    let from = text
        .lines()
        .find(|line| line.starts_with("From:"))
        .unwrap()
        .to_owned();
    let forged = from.replace(address(name).as_str(), address(other).as_str());
    assert_ne!(from, forged);
    text.replacen(&from, &forged, 1).into_bytes()
}
