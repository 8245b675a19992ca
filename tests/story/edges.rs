//! Corners: late reports, replays of old requests, requests without keys, people at a limit.

use iim::account::send;
use iim::protocol::time::Seconds;
use iim::rules::event::{Act, Event, Left};
use iim::rules::message::{Delivery, Via};
use iim::rules::queue::choice::Announcements;
use iim::rules::queue::route::Handed;

use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, address};

#[test]
fn a_failed_text_stays_failed_when_its_mail_leaves_after_all() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let id = world.say("alice", "bob", "half out of the door");
    let row = send::due_over_irc(world.at("alice")).unwrap()[0].row;
    let leaving = send::leave_over_irc(world.at("alice"), row, 400)
        .unwrap()
        .unwrap();
    world.act("alice", Act::Block(vec![address("bob")]));
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Failed);
    send::departed(world.at("alice"), &leaving, Left::Written).unwrap();
    let text = world.text("alice", "bob", id);
    assert_eq!((text.state, text.due), (Delivery::Failed, None));
    assert_eq!(text.reason.as_deref(), Some("blocked by you"));
    world.pass(5 * MINUTE);
    assert!(world.heard("bob", "alice").is_empty());
}

#[test]
fn a_crossing_request_replayed_later_is_not_answered_again() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.add("bob", "alice");
    let mails = world.all_outgoing();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        world.deliver(mail);
    }
    world.exchange();
    world.pass(2 * HOUR);
    for mail in &mails {
        world.deliver(mail);
    }
    assert_eq!(
        world.exchange(),
        0,
        "they are friends; nothing has to be healed"
    );
}

#[test]
fn the_accept_of_new_keys_does_not_stand_for_what_the_old_ones_are_due() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let kept = world.some("bob").home.clone();
    world.settle_in("bob", "forger", "");
    world.add("bob", "alice");
    let forged = world.outgoing("bob");
    world.deliver(&forged[0]);
    world.some("bob").home = kept;
    world.reopen("bob");
    world.act("alice", Act::Rotate { if_older: None });
    world.accept("alice", "bob");
    let accept = world.outgoing("alice");
    assert_eq!(accept.len(), 1);
    assert!(!world.deliver(&accept[0]).unwrap().done, "bob did not ask");
    world.pass(5 * MINUTE);
    assert!(world.sees("bob", "alice"), "they are told all the same");
}

#[test]
fn at_most_three_keys_ask_from_one_address() {
    let mut world = World::of(&["alice"]);
    for n in 0..5 {
        world.settle_in("eve", &format!("eve{n}"), "");
        world.add("eve", "alice");
        let request = world.outgoing("eve");
        let arrived = world.deliver(&request[0]).unwrap();
        assert_eq!(arrived.done, n < 3, "{n}: {}", arrived.status);
    }
    world.accept("alice", "eve");
    assert_eq!(world.outgoing("alice").len(), 3, "each key gets an accept");
}

#[test]
fn requests_from_strangers_are_bounded() {
    let mut world = World::of(&["alice"]);
    world.settle_in("eve", "eve", "");
    world.add("eve", "alice");
    let request = world.outgoing("eve").remove(0);
    let text = String::from_utf8(request.mail).unwrap();
    // A forger with many addresses needs as many signatures; one account per address is enough to show the limit.
    let mut taken = 0;
    for n in 0..3 {
        let name = format!("eve{n}");
        world.settle_in(&name, &name, "");
        world.add(&name, "alice");
        let request = world.outgoing(&name);
        taken += usize::from(world.deliver(&request[0]).unwrap().done);
    }
    assert_eq!(taken, 3);
    assert!(world.hear("alice", text.as_bytes()).done);
    let people = world.at("alice").people().unwrap();
    assert_eq!(people.len(), 4);
    world.clock.advance(31 * DAY);
    world.tick_all();
    assert!(
        world.at("alice").people().unwrap().is_empty(),
        "none older than 30 days"
    );
}

#[test]
fn a_text_through_a_list_is_acknowledged_and_one_in_circles_is_not() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("bob", "alice", "through a list");
    let mail = world.outgoing("bob").remove(0);
    let mut listed = b"Precedence: list\nList-Id: <x.example.org>\n".to_vec();
    listed.extend(&mail.mail);
    assert!(world.hear("alice", &listed).done);
    assert_eq!(world.heard("alice", "bob"), ["through a list"]);
    world.exchange();
    let texts = world.at("bob").entries(None, false).unwrap();
    assert_eq!(texts[0].message.state, Delivery::Delivered);

    world.say("bob", "alice", "round and round");
    let mail = world.outgoing("bob").remove(0);
    let mut circling = b"Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\n".repeat(51);
    circling.extend(&mail.mail);
    assert!(world.hear("alice", &circling).done);
    assert_eq!(world.heard("alice", "bob").len(), 2);
    assert!(world.outgoing("alice").is_empty());
}

#[test]
fn a_text_too_long_or_empty_is_refused() {
    let mut world = World::of_friends(&["alice", "bob"]);
    for (text, fits) in [
        (String::new(), false),
        ("x".repeat(65_536), true),
        ("x".repeat(65_537), false),
    ] {
        let length = text.len();
        let say = world.saying("alice", "bob", &text);
        assert_eq!(world.try_act("alice", say).is_ok(), fits, "{length}");
    }
    world.exchange();
    assert_eq!(world.heard("bob", "alice")[0].len(), 65_536);
}

#[test]
fn without_a_session_the_friend_is_asked_anew_once_a_day() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = world.keys("bob").curve25519;
    let mut person = world.person("alice", "bob");
    person.friend_mut().unwrap().theirs = iim::protocol::letter::OneTimeKeys::default();
    world
        .store("alice")
        .transact(|tx| {
            tx.apply(
                &iim::rules::effect::Effect::DropSessions(person.id, key),
                Seconds(0),
            )?;
            tx.apply(
                &iim::rules::effect::Effect::Contact(Box::new(person.clone())),
                Seconds(0),
            )
        })
        .unwrap();
    let id = world.say("alice", "bob", "how do I reach you?");
    let first = world.outgoing("alice");
    assert_eq!(first.len(), 1, "the request");
    for _ in 0..12 {
        world.wait(HOUR);
        assert!(world.outgoing("alice").is_empty());
    }
    world.deliver(&first[0]);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn a_friend_answers_a_healing_request_with_other_keys() {
    // Bob has lost everything and knows alice no more; alice's request that should heal finds a stranger.
    let mut world = World::of_friends(&["alice", "bob"]);
    let old = world.keys("bob");
    world.settle_in("bob", "reinstalled", "");
    world.act("alice", Act::Restored);
    world.exchange();
    assert_eq!(world.standing("bob", "alice"), "asking");
    world.accept("bob", "alice");
    world.exchange();
    let bob = world.person("alice", "bob");
    assert_eq!(bob.keys(), Some(&old));
    assert!(bob.has_new_keys(), "shown as changed");
    world.pass(MINUTE);
    // Bob asks, too, and alice says yes to the new keys.
    world.act("bob", Act::Remove(vec![address("alice")]));
    world.add("bob", "alice");
    world.exchange();
    let alices = world.person("alice", "bob");
    assert_eq!(alices.requests().len(), 1);
    world.accept("alice", "bob");
    world.exchange();
    world.are_friends("alice", "bob");
}

#[test]
fn a_hidden_friend_opens_no_irc_session() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.pass(5 * MINUTE);
    let before = world.sessions("bob", "alice", Via::Irc).len();
    world.say("alice", "bob", "by mail");
    world.exchange();
    assert_eq!(world.sessions("bob", "alice", Via::Irc).len(), before);
}

#[test]
fn a_refused_announcement_is_not_lost_with_its_text() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Rotate { if_older: None });
    world.say("alice", "bob", "refused, and the presence with it");
    let mut refusing = Mailbag {
        answer: Some(Handed::Refused("552 too large".into())),
        ..Mailbag::default()
    };
    world.send("alice", &mut refusing, Announcements::Due);
    world.pass(5 * MINUTE);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn an_announcement_alone_survives_a_mail_system_that_is_down() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.act("alice", Act::Hide(vec![address("carol")]));
    world.pass(5 * MINUTE);
    world.act("alice", Act::Rotate { if_older: None });
    world.wait(2 * MINUTE);
    let mut down = Mailbag {
        answer: Some(Handed::Later("down".into())),
        ..Mailbag::default()
    };
    world.send("alice", &mut down, Announcements::Due);
    world.wait(HOUR);
    world.exchange();
    assert!(world.sees("bob", "alice"));
    let decoy = world.held("carol", "alice").unwrap();
    assert_ne!(decoy, world.secret("alice"));
    let epoch =
        |world: &mut World, name: &str| world.person(name, "alice").presence().unwrap().epoch;
    assert_eq!(epoch(&mut world, "carol"), epoch(&mut world, "bob"));
}

#[test]
fn hidden_between_the_announcement_and_its_leaving() {
    // The announcement waits in the outbox when alice hides from bob: what leaves must be the old secret or none.
    let mut world = World::of_friends(&["alice", "bob"]);
    let before = world.secret("alice");
    world.act("alice", Act::Rotate { if_older: None });
    world.wait(2 * MINUTE);
    let mut down = Mailbag {
        answer: Some(Handed::Later("down".into())),
        ..Mailbag::default()
    };
    world.send("alice", &mut down, Announcements::Due);
    let rotated = world.secret("alice");
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.wait(HOUR);
    world.exchange();
    let held = world.held("bob", "alice");
    assert!(held == Some(before) || held == Some(rotated));
    assert!(!world.sees("bob", "alice"));
}

#[test]
fn a_status_for_those_online_goes_over_irc() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let busy = Act::Status {
        status: Some(iim::rules::event::NewStatus::Shown(
            iim::protocol::letter::Status::Busy,
        )),
        text: Some("writing".into()),
        friends: Vec::new(),
        ways: None,
    };
    world.act("alice", busy);
    let told = Event::TellStatus(world.id("alice", "bob"));
    world.at("alice").event(told).unwrap();
    assert_eq!(world.chat("alice", "bob"), 1);
    let held = world.person("bob", "alice").presence().unwrap().clone();
    assert_eq!(held.status_text.as_deref(), Some("writing"));
    assert_eq!(world.pass(DAY), 0, "and nowhere else");
}

#[test]
fn a_clock_that_ran_ahead_holds_nothing_up() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let now = iim::edge::clock::Clock::now(&world.clock).0;
    world.clock.set(now + 300 * DAY);
    let id = world.say("alice", "bob", "from the future");
    world.clock.set(now);
    world.pass(MINUTE);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    assert_eq!(world.heard("bob", "alice"), ["from the future"]);
}
