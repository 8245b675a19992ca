//! Rooms: one line reaches all who are there; what nobody acknowledges goes as a copy; whoever must not see us is in no room
//! with us.

use std::collections::BTreeSet;
use std::time::Duration;

use iim::agent::RoomState;
use iim::protocol::letter::LetterId;
use iim::rules::event::{Act, GroupAct};
use iim::rules::message::Delivery;

use super::hall::Hall;
use super::{group_among, group_of};
use crate::damaged::damage;
use crate::world::{DAY, HOUR, MINUTE, World, address};

/// A group of these, all of whom are in its room.
pub(super) fn in_a_room(names: &[&str]) -> (World, Hall) {
    let mut world = group_of(names);
    for name in names {
        world.group_act(name, |group| GroupAct::Shown(group, true));
    }
    into_the_window(&mut world);
    let mut hall = Hall::of(&mut world, names);
    hall.pass(&world, 200);
    for name in names {
        assert_eq!(hall.there(&mut world, name), names.len() - 1, "{name}");
    }
    (world, hall)
}

/// The edges of Alice's room's windows are hours away.
fn into_the_window(world: &mut World) {
    let now = world.clock().now();
    let keys = world.group("alice").rooms.keys;
    let made = &keys.last().unwrap().key.made.value;
    let next = made.begins(made.window_at(now) + 1);
    if next.is_within(Duration::from_secs(6 * HOUR), now) {
        world.clock.advance(next.0 - now.0 + HOUR);
    }
}

pub(super) fn say(world: &mut World, hall: &mut Hall, name: &str, text: &str) -> LetterId {
    let to = world.group(name).conversation;
    let text = text.to_owned();
    let reply_to = None;
    hall.act(name, GroupAct::Say { to, text, reply_to });
    let said = world.at(name).history(Some(to), false).unwrap();
    said.last().unwrap().id
}

fn texts(world: &mut World, name: &str) -> Vec<String> {
    world
        .reads(name)
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn one_line_reaches_all_who_are_there() {
    let names = ["alice", "bob", "carol", "dora"];
    let (mut world, mut hall) = in_a_room(&names);
    hall.said.clear();
    let id = say(&mut world, &mut hall, "bob", "hello");
    assert_eq!(hall.said.len(), 1, "one line");
    for name in ["alice", "carol", "dora"] {
        assert_eq!(texts(&mut world, name), ["hello"], "{name}");
    }
    hall.pass(&world, 15);
    assert_eq!(world.said("bob", id), Delivery::Delivered);
    assert_eq!(hall.said.len(), 4, "a receipt of each");
    world.pass(HOUR);
    assert_eq!(world.pass(7 * HOUR), 0, "no mail for it");
}

#[test]
fn what_the_room_loses_goes_as_a_copy_and_is_shown_once() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    hall.deaf = true;
    let id = say(&mut world, &mut hall, "alice", "hello");
    hall.pass(&world, 20);
    assert_eq!(world.exchange(), 0, "half a minute is waited");
    hall.pass(&world, 90);
    world.exchange();
    hall.deaf = false;
    hall.pass(&world, 700);
    world.pass(HOUR);
    for name in ["bob", "carol"] {
        assert_eq!(texts(&mut world, name), ["hello"], "{name}");
    }
    assert_eq!(world.said("alice", id), Delivery::Delivered);
}

#[test]
fn whoever_is_away_gets_a_copy_and_the_others_the_line() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    hall.stop("carol");
    hall.pass(&world, 5);
    let id = say(&mut world, &mut hall, "alice", "hello");
    assert_eq!(texts(&mut world, "bob"), ["hello"]);
    hall.pass(&world, 10);
    let to: Vec<String> = mails(&mut world);
    assert_eq!(to, [address("carol").to_string()]);
    world.pass(7 * HOUR);
    assert_eq!(world.said("alice", id), Delivery::Delivered);
}

fn mails(world: &mut World) -> Vec<String> {
    world.tick_all();
    let mut out = world.outgoing("alice");
    let to = out.iter().map(|mail| mail.to.to_string()).collect();
    for mail in out.drain(..) {
        world.deliver(&mail);
    }
    to
}

#[test]
fn hidden_from_a_member_we_are_in_no_room_from_then_on() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    let nick = hall.nick_in_rooms("alice").unwrap().clone();
    hall.user("alice", Act::Hide(vec![address("bob")]));
    assert_eq!(hall.nick_in_rooms("alice"), None, "at once");
    hall.pass(&world, 600);
    assert_eq!(hall.nick_in_rooms("alice"), None, "nor later");
    assert_eq!(hall.there(&mut world, "carol"), 1);
    hall.said.clear();
    say(&mut world, &mut hall, "alice", "by mail alone");
    assert!(hall.said.is_empty());
    assert!(
        !hall
            .channels
            .values()
            .any(|(_, nicks)| nicks.contains(&nick))
    );
}

#[test]
fn whoever_is_put_out_is_in_no_room_of_later() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    let before: BTreeSet<String> = hall.channels.keys().cloned().collect();
    let carol = hall.nick_in_rooms("carol").unwrap().clone();
    let who = world.member("alice", "carol");
    let group = world.group("alice").conversation;
    hall.act("alice", GroupAct::Remove(group, who));
    world.exchange();
    hall.pass(&world, 200);
    assert_eq!(hall.there(&mut world, "alice"), 1);
    for (channel, (_, nicks)) in &hall.channels {
        let is_new = !before.contains(channel);
        assert!(!(is_new && nicks.contains(&carol)), "{channel}");
        assert!(is_new || nicks.len() <= 1, "nobody else stays: {nicks:?}");
    }
    say(&mut world, &mut hall, "bob", "without carol");
    assert_eq!(texts(&mut world, "alice"), ["without carol"]);
    assert!(texts(&mut world, "carol").is_empty());
    let carols = world.group("carol").rooms;
    assert!(
        carols.keys.is_empty(),
        "of keys that are not carol's any more nothing is kept"
    );
    assert_eq!(carols.shown, None, "and the yes was for those who were in");
}

#[test]
fn whoever_comes_in_later_is_in_the_room_and_reads_nothing_said_before() {
    let mut world = group_among(&["alice", "bob", "carol"], &["alice", "bob"]);
    into_the_window(&mut world);
    let mut hall = Hall::of(&mut world, &["alice", "bob"]);
    hall.pass(&world, 200);
    assert_eq!(
        hall.there(&mut world, "alice"),
        1,
        "friends need not be asked"
    );
    say(&mut world, &mut hall, "alice", "before");
    hall.pass(&world, 20);
    let carol = world.contact("alice", "carol");
    let group = world.group("alice").conversation;
    hall.act("alice", GroupAct::Add(group, vec![carol]));
    world.exchange();
    world.group_act("carol", GroupAct::Accept);
    world.exchange();
    world.group_act("carol", |group| GroupAct::Shown(group, true));
    world.group_act("bob", |group| GroupAct::Shown(group, true));
    hall.start(&mut world, "carol");
    hall.pass(&world, 300);
    for name in ["alice", "bob", "carol"] {
        assert_eq!(hall.there(&mut world, name), 2, "{name}");
    }
    say(&mut world, &mut hall, "alice", "after");
    assert_eq!(texts(&mut world, "carol"), ["after"]);
    hall.pass(&world, 60);
    world.pass(7 * HOUR);
    assert_eq!(texts(&mut world, "carol"), ["after"]);
}

#[test]
fn strangers_see_us_in_a_room_only_if_we_say_so() {
    let names = ["alice", "bob", "carol"];
    let mut world = group_of(&names);
    let mut hall = Hall::of(&mut world, &names);
    hall.pass(&world, 300);
    // Alice knows both; bob and carol are strangers to one another.
    assert!(hall.nick_in_rooms("alice").is_some());
    assert_eq!(hall.nick_in_rooms("bob"), None);
    assert_eq!(hall.nick_in_rooms("carol"), None);
}

#[test]
fn invisible_we_are_in_no_room() {
    use iim::rules::event::NewStatus;
    let (mut world, mut hall) = in_a_room(&["alice", "bob"]);
    let status = |status| Act::Status {
        status: Some(status),
        text: None,
        friends: Vec::new(),
        ways: None,
    };
    hall.user("bob", status(NewStatus::Invisible));
    hall.pass(&world, 20);
    assert_eq!(hall.nick_in_rooms("bob"), None);
    assert_eq!(hall.there(&mut world, "alice"), 0);
}

#[test]
fn each_day_has_a_room_of_its_own_and_nothing_is_lost_between() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob"]);
    let first: BTreeSet<String> = channels(&hall);
    let nick = hall.nick_in_rooms("bob").unwrap().clone();
    let mut expected = Vec::new();
    for hour in 0..25 {
        hall.skip(&world, 3600 - 60);
        let text = format!("hour {hour}");

        say(&mut world, &mut hall, "alice", &text);
        expected.push(text);
        hall.skip(&world, 60);
        assert_eq!(texts(&mut world, "bob"), expected, "at once");
    }
    let second = channels(&hall);
    assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    assert_eq!(
        hall.nick_in_rooms("bob"),
        Some(&nick),
        "the same connection"
    );
    world.pass(MINUTE);
}

/// The channels in which somebody is.
pub(super) fn channels(hall: &Hall) -> BTreeSet<String> {
    let used = hall
        .channels
        .iter()
        .filter(|(_, (_, nicks))| !nicks.is_empty());
    used.map(|(name, _)| name.clone()).collect()
}

#[test]
fn a_room_that_is_taken_over_costs_no_text_and_is_not_entered_again_that_day() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob"]);
    let taken = channels(&hall).into_iter().next().unwrap();
    hall.take_over(&taken);
    hall.pass(&world, 300);
    assert_eq!(hall.there(&mut world, "alice"), 0);
    assert!(!hall.channels.contains_key(&taken));
    let id = say(&mut world, &mut hall, "alice", "hello");
    hall.pass(&world, 100);
    world.exchange();
    assert_eq!(texts(&mut world, "bob"), ["hello"]);
    world.pass(HOUR);
    assert_eq!(world.said("alice", id), Delivery::Delivered);
    hall.skip(&world, DAY);
    assert_eq!(
        hall.there(&mut world, "alice"),
        1,
        "another day, another room"
    );
}

#[test]
fn a_server_that_takes_one_connection_alone_has_no_rooms_for_a_day() {
    let mut world = group_among(&["alice", "bob"], &["alice", "bob"]);
    let mut hall = Hall::of(&mut world, &["alice", "bob"]);
    hall.one_only = true;
    hall.skip(&world, 3000);
    hall.one_only = false;
    hall.skip(&world, 3000);
    assert_eq!(hall.nick_in_rooms("alice"), None);
    hall.skip(&world, DAY);
    assert!(hall.nick_in_rooms("alice").is_some());
}

#[test]
fn whoever_got_the_name_hears_nothing_and_causes_nothing() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob"]);
    let channel = channels(&hall).into_iter().next().unwrap();
    hall.pass(&world, 60);
    let lines: Vec<String> = hall.said.iter().map(|(_, _, text)| text.clone()).collect();
    hall.said.clear();
    for line in &lines {
        hall.intrude(&channel, "stranger", line);
    }
    hall.pass(&world, 60);
    assert!(hall.said.is_empty(), "{:?}", hall.said);
    assert_eq!(hall.there(&mut world, "alice"), 1);
    assert!(texts(&mut world, "alice").is_empty());
}

#[test]
fn the_key_that_nobody_made_is_made_by_the_highest_admin() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    let group = world.group("carol").conversation;
    hall.act("carol", GroupAct::Leave(group));
    world.exchange();
    hall.pass(&world, 130);
    world.exchange();
    hall.pass(&world, 200);
    assert_eq!(hall.there(&mut world, "alice"), 1);
    assert_eq!(hall.there(&mut world, "bob"), 1);
    let keys = world.group("bob").rooms.keys;
    assert!(keys.iter().any(|kept| kept.members.len() == 2));
}

#[test]
fn what_is_said_right_after_a_removal_or_a_hiding_is_said_in_no_room() {
    for hides in [false, true] {
        let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
        hall.said.clear();
        match hides {
            true => hall.user("alice", Act::Hide(vec![address("carol")])),
            false => {
                let who = world.member("alice", "carol");
                let group = world.group("alice").conversation;
                hall.act("alice", GroupAct::Remove(group, who));
            }
        }
        say(&mut world, &mut hall, "alice", "not for carol");
        assert_eq!(hall.said, [], "hides: {hides}");
        hall.pass(&world, 5);
        world.exchange();
        world.pass(MINUTE);
        assert!(texts(&mut world, "bob").contains(&"not for carol".to_owned()));
    }
}

#[test]
fn a_damaged_row_closes_the_room_of_that_group_alone() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    for (name, who) in [("two", &["bob"][..]), ("three", &["bob", "carol"])] {
        world.found("alice", name, who);
        world.exchange();
        for one in who {
            let asked = world.at(one).groups().unwrap();
            let asked = asked.iter().find(|group| group.name == name).unwrap();
            let accept = GroupAct::Accept(asked.conversation);
            world.act(one, Act::Group(accept));
            world.exchange();
        }
    }
    world.pass(MINUTE);
    let mut hall = Hall::of(&mut world, &["alice"]);
    for group in world.at("alice").groups().unwrap() {
        hall.act("alice", GroupAct::Shown(group.conversation, true));
    }
    hall.pass(&world, 200);
    assert_eq!(hall.rooms("alice"), [RoomState::In, RoomState::In]);
    damage(
        &world,
        "UPDATE roster SET state = '{' WHERE contact = (SELECT id FROM contact WHERE address LIKE 'carol@%')",
    );
    hall.pass(&world, 200);
    assert_eq!(hall.rooms("alice"), [RoomState::In]);
    assert_eq!(channels(&hall).len(), 1);
}

#[test]
fn a_server_without_a_place_for_one_more_is_asked_again_later() {
    let mut world = group_among(&["alice", "bob"], &["alice", "bob"]);
    into_the_window(&mut world);
    let mut hall = Hall::of(&mut world, &["alice"]);
    hall.full = true;
    hall.pass(&world, 100);
    assert_eq!(hall.rooms("alice"), [RoomState::Joining]);
    hall.full = false;
    hall.pass(&world, 60);
    assert_eq!(hall.rooms("alice"), [RoomState::Joining]);
    hall.pass(&world, 300);
    assert_eq!(hall.rooms("alice"), [RoomState::In]);
}
