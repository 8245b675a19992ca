//! Who may see whom: hide, show, rotate, block, remove; and what the hidden learn.

use iim::edge::clock::Clock as _;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{DAY, HOUR, MINUTE, World, address};

fn hide(world: &mut World, name: &str, other: &str) {
    world.act(name, Act::Hide(vec![address(other)]));
}

fn rotate(world: &mut World, name: &str) {
    world.act(name, Act::Rotate { if_older: None });
}

#[test]
fn a_rotation_is_announced_after_a_minute() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    rotate(&mut world, "alice");
    assert!(!world.sees("bob", "alice"));
    assert!(world.outgoing("alice").is_empty(), "not at once");
    rotate(&mut world, "alice");
    world.wait(MINUTE);
    assert_eq!(
        world.outgoing("alice").len(),
        2,
        "two rotations, one announcement each"
    );
    world.wait(DAY);
    assert!(world.outgoing("alice").is_empty());
}

#[test]
fn an_announcement_arrives_and_is_struck_off() {
    let mut world = World::of_friends(&["alice", "bob"]);
    rotate(&mut world, "alice");
    world.pass(2 * MINUTE);
    assert!(world.sees("bob", "alice"));
    assert_eq!(world.person("alice", "bob").announce, None);
    let epoch = world.at("alice").state().unwrap().epoch;
    world.say("bob", "alice", "hello");
    world.exchange();
    assert_eq!(world.person("alice", "bob").friend().unwrap().holds, epoch);
}

#[test]
fn it_rides_beside_the_next_letter() {
    let mut world = World::of_friends(&["alice", "bob"]);
    rotate(&mut world, "alice");
    world.say("alice", "bob", "by the way");
    let mails = world.outgoing("alice");
    assert_eq!(mails.len(), 1);
    world.deliver(&mails[0]);
    assert!(world.sees("bob", "alice"));
    world.exchange();
    assert_eq!(world.pass(10 * MINUTE), 0);
}

#[test]
fn whoever_was_hidden_from_learns_nothing_new() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let before = world.secret("alice");
    hide(&mut world, "alice", "bob");
    let after = world.secret("alice");
    assert_ne!(before, after, "hiding rotates");
    world.pass(5 * MINUTE);
    assert!(world.sees("carol", "alice"));
    assert_eq!(
        world.held("bob", "alice"),
        Some(before),
        "bob was told nothing"
    );

    // Letters from alice to bob, and from bob to alice, do not give it away either.
    world.say("bob", "alice", "where are you?");
    world.say("alice", "bob", "here and there");
    world.exchange();
    assert_eq!(world.heard("alice", "bob"), ["where are you?"]);
    assert_eq!(world.heard("bob", "alice"), ["here and there"]);
    for _ in 0..3 {
        world.pass(DAY);
        world.say("bob", "alice", "still?");
        world.exchange();
    }
    assert_eq!(world.held("bob", "alice"), Some(before));

    // At the next rotation they get a decoy, as the others get the real one.
    rotate(&mut world, "alice");
    world.pass(5 * MINUTE);
    let decoy = world.held("bob", "alice").unwrap();
    assert_ne!(decoy, before);
    assert_ne!(decoy, world.secret("alice"));
    assert!(world.sees("carol", "alice"));
    let held = world.person("bob", "alice").presence().unwrap().clone();
    let real = world.person("carol", "alice").presence().unwrap().clone();
    assert_eq!(held.epoch, real.epoch, "the same epoch");
    assert_eq!((held.networks, held.window), (real.networks, real.window));
}

#[test]
fn all_the_hidden_get_the_same_decoy() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    hide(&mut world, "alice", "bob");
    hide(&mut world, "alice", "carol");
    rotate(&mut world, "alice");
    world.pass(5 * MINUTE);
    let decoy = world.held("bob", "alice");
    assert_eq!(decoy, world.held("carol", "alice"));
    assert_ne!(decoy, Some(world.secret("alice")));
}

#[test]
fn hiding_him_who_never_knew_rotates_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    hide(&mut world, "alice", "bob");
    let secret = world.secret("alice");
    hide(&mut world, "alice", "bob");
    assert_eq!(world.secret("alice"), secret, "hidden already");
    world.add("alice", "carol");
    hide(&mut world, "alice", "carol");
    assert_eq!(world.secret("alice"), secret, "carol was never sent it");
    world.pass(5 * MINUTE);
}

#[test]
fn shown_again_he_sees_under_a_new_epoch() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    for decoyed in [false, true] {
        hide(&mut world, "alice", "bob");
        world.pass(5 * MINUTE);
        if decoyed {
            world.clock.advance(HOUR);
            rotate(&mut world, "alice");
            world.pass(5 * MINUTE);
        }
        let held = world.person("bob", "alice").presence().unwrap().epoch;
        world.clock.advance(MINUTE);
        world.act("alice", Act::Show(vec![address("bob")]));
        world.pass(5 * MINUTE);
        assert!(world.sees("bob", "alice"), "decoyed {decoyed}");
        assert!(world.sees("carol", "alice"), "decoyed {decoyed}");
        let shown = world.person("bob", "alice").presence().unwrap().epoch;
        assert!(shown > held, "decoyed {decoyed}");
    }
}

#[test]
fn an_announcement_on_its_way_does_not_reach_the_hidden() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    rotate(&mut world, "alice");
    let announced = world.secret("alice");
    hide(&mut world, "alice", "bob");
    world.pass(5 * MINUTE);
    assert_ne!(world.held("bob", "alice"), Some(announced));
    assert!(!world.sees("bob", "alice"));
    assert!(world.sees("carol", "alice"));
    assert_eq!(
        world.secret("alice"),
        announced,
        "bob was never sent it: no second rotation"
    );
}

#[test]
fn the_hidden_get_no_read_receipts_and_nothing_over_irc() {
    let mut world = World::of(&["bob"]);
    world.settle_in("alice", "alice", "[receipts]\nread = true\n");
    world.befriend("bob", "alice");
    world.meet("alice", "bob");
    hide(&mut world, "alice", "bob");
    let id = world.say("bob", "alice", "psst");
    world.chat("bob", "alice");
    assert_eq!(world.heard("alice", "bob"), ["psst"], "taken");
    assert_eq!(
        world.text("bob", "alice", id).state,
        Delivery::Sent,
        "and not acknowledged"
    );
    world.say("alice", "bob", "by mail only");
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    world.catches_up("alice", None);
    world.exchange();
    // Without a receipt it goes by mail, and that copy is acknowledged.
    world.pass(MINUTE);
    world.exchange();
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
    assert_eq!(world.heard("alice", "bob"), ["psst"], "once");
    assert_eq!(world.heard("bob", "alice"), ["by mail only"]);
}

#[test]
fn a_text_for_irc_is_not_said_there_after_hiding() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    world.say("alice", "bob", "said while visible");
    world.greet("alice", "bob", 1, None);
    hide(&mut world, "alice", "bob");
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["said while visible"]);
}

#[test]
fn nothing_is_said_over_irc_while_invisible() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let invisible = Act::Status {
        status: Some(iim::rules::event::NewStatus::Invisible),
        text: None,
        friends: Vec::new(),
        ways: None,
    };
    world.say("alice", "bob", "by mail");
    world.act("alice", invisible);
    world.greet("alice", "bob", 1, None);
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["by mail"]);
}

#[test]
fn a_blocked_person_gets_no_answer_of_any_kind() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let before = world.secret("alice");
    let waits = world.say("alice", "bob", "waits");
    world.act("alice", Act::Block(vec![address("bob")]));
    assert_ne!(world.secret("alice"), before, "blocking rotates");
    let failed = world.text("alice", "bob", waits);
    assert_eq!(failed.state, Delivery::Failed);
    assert_eq!(failed.reason.as_deref(), Some("blocked by you"));

    let id = world.say("bob", "alice", "hello?");
    rotate(&mut world, "alice");
    let mails = world.outgoing("bob");
    assert!(world.deliver(&mails[0]).unwrap().done, "taken and dropped");
    world.pass(5 * MINUTE);
    assert!(world.heard("alice", "bob").is_empty());
    assert_eq!(world.held("bob", "alice"), Some(before), "not even a decoy");
    assert!(world.sees("carol", "alice"));
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Sent);
    let say = world.saying("alice", "bob", "no");
    assert!(world.try_act("alice", say).is_err());

    // Over the block they are hidden, and talk again by mail; what was dropped comes again in time.
    world.act("alice", Act::Unblock(vec![address("bob")]));
    let person = world.person("alice", "bob");
    assert!(!person.blocked && !person.visible);
    for _ in 0..3 {
        world.pass(DAY);
    }
    assert_eq!(world.heard("alice", "bob"), ["hello?"]);
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
    assert!(!world.sees("bob", "alice"));
}

#[test]
fn a_stranger_can_be_blocked() {
    let mut world = World::of(&["alice", "eve"]);
    world.act("alice", Act::Block(vec![address("eve")]));
    world.add("eve", "alice");
    let request = world.outgoing("eve");
    let arrived = world.deliver(&request[0]).unwrap();
    assert!(arrived.done, "dropped, not left: {}", arrived.status);
    assert_eq!(world.standing("alice", "eve"), "stranger");
    world.act("alice", Act::Unblock(vec![address("eve")]));
    assert_eq!(world.standing("alice", "eve"), "nobody");
}

#[test]
fn the_removed_is_forgotten_and_no_longer_told() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let before = world.secret("alice");
    world.say("alice", "bob", "never leaves");
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.pass(5 * MINUTE);
    assert_eq!(world.standing("alice", "bob"), "nobody");
    assert_eq!(world.held("bob", "alice"), Some(before));
    assert!(world.heard("bob", "alice").is_empty());
    world.say("bob", "alice", "hello?");
    let mails = world.outgoing("bob");
    assert!(
        world.deliver(&mails[0]).unwrap().done,
        "dropped, and not left in the inbox"
    );
}

#[test]
fn refusing_after_accepting_takes_it_back() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    let accept = world.outgoing("bob");
    let shown = world.secret("bob");
    world.act("bob", Act::Refuse(address("alice")));
    assert_ne!(world.secret("bob"), shown, "they may hold it");
    world.deliver(&accept[0]);
    world.exchange();
    assert_eq!(world.standing("bob", "alice"), "nobody");
    assert!(!world.sees("alice", "bob"));
}

#[test]
fn a_hide_hurries_a_rotation_of_which_the_hidden_was_not_told_yet() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.act("alice", Act::Rotate { if_older: None });
    let now = world.clock.now().0;
    let by = |world: &mut World| world.at("alice").state().unwrap().leave_by.unwrap().0;
    assert_eq!(by(&mut world), now + 600);
    // Bob knows the nick of before, under which alice still is.
    world.wait(5);
    world.act("alice", Act::Hide(vec![address("bob")]));
    assert_eq!(by(&mut world), now + 25);
    world.wait(30);
    world.act("alice", Act::Block(vec![address("carol")]));
    assert!(by(&mut world) <= now + 60);
}
