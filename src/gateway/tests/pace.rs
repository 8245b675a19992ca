//! Who is sent which text when: replay, cursors, clients that do not read, events that are late or lost.

use super::*;
use crate::gateway::host::DeviceId;

fn device(world: &mut World, name: &str, cursor: u64) -> DeviceId {
    let device = DeviceId(name.to_owned());
    world.host.cursors.insert(device.clone(), cursor);
    device
}

fn texts(lines: &[String]) -> Vec<&str> {
    let said = lines.iter().filter(|line| body(line).contains(" PRIVMSG "));
    said.map(|line| line.rsplit_once(':').unwrap().1).collect()
}

#[test]
fn a_device_gets_what_it_has_not_had_and_nothing_twice() {
    let mut world = World::new();
    let phone = device(&mut world, "phone", 0);
    for number in 0..250 {
        world.host.store("bob", false, &format!("old {number}"));
    }
    world.host.cursors.insert(phone.clone(), 150);
    let got = world.attached(1, "phone", "server-time");
    let said = texts(&got);
    assert_eq!((said.len(), said[0], said[99]), (100, "old 150", "old 249"));
    assert!(
        got.iter()
            .all(|line| !line.contains(" PRIVMSG ") || line.starts_with("@time=2026-"))
    );
    world.text("bob", "new");
    assert_eq!(texts(&world.got(1)), ["new"]);
    world.leave(1);
    assert_eq!(world.host.cursors[&phone], 251);
    world.host.store("bob", false, "meanwhile");
    assert_eq!(
        texts(&world.attached(2, "phone", "server-time")),
        ["meanwhile"]
    );
    world.leave(2);
    assert_eq!(texts(&world.attached(3, "phone", "")), [""; 0]);
}

#[test]
fn without_server_time_the_time_stands_in_front() {
    let mut world = World::new();
    device(&mut world, "phone", 0);
    world.host.store("bob", false, "old");
    let got = world.attached(1, "phone", "");
    assert!(
        got.last().unwrap().ends_with("PRIVMSG phone :[07:50] old"),
        "{got:?}"
    );
}

#[test]
fn who_asks_for_history_gets_no_replay() {
    let mut world = World::new();
    device(&mut world, "phone", 0);
    world.host.store("bob", false, "old");
    let got = world.attached(1, "phone", "draft/chathistory");
    assert_eq!(texts(&got), [""; 0]);
    world.text("bob", "new");
    assert_eq!(texts(&world.got(1)), ["new"]);
}

#[test]
fn a_bounded_replay_is_what_is_unread_then_the_newest() {
    for (unread, most, want) in [
        (vec![], 3, vec![7, 8, 9]),
        (vec![], 0, vec![]),
        (vec![2, 8], 3, vec![2, 8, 9]),
        (vec![1, 2, 8], 3, vec![1, 2, 8]),
        (vec![1, 2, 3, 4], 3, vec![1, 2, 3, 4]),
        (vec![1, 2, 3, 4], 6, vec![1, 2, 3, 4, 8, 9]),
        (vec![1], 100, (0..10).collect()),
    ] {
        let mut settings = settings(true);
        settings.gateway.replay = Some(most);
        let mut world = World::with(settings);
        let phone = device(&mut world, "phone", 0);
        for number in 0..10 {
            let row = world.host.store("bob", false, &format!("{number}")).row;
            if !unread.contains(&number) {
                world.host.read.insert(row);
            }
        }
        let got = world.attached(1, "phone", "server-time");
        let want: Vec<String> = want.iter().map(ToString::to_string).collect();
        assert_eq!(texts(&got), want, "{unread:?} {most}");
        // What was left out is not to come later.
        world.text("bob", "live");
        assert_eq!(texts(&world.got(1)), ["live"], "{unread:?} {most}");
        world.leave(1);
        assert_eq!(world.host.cursor(&phone), 11);
    }
}

#[test]
fn whose_lines_are_written_at_once_is_called_again_while_more_is_stored() {
    let mut world = World::new();
    let phone = device(&mut world, "phone", 0);
    for number in 0..10_000 {
        world.host.store("bob", false, &format!("old {number}"));
    }
    world.at_once.insert(1);
    let got = world.attached(1, "phone", "");
    assert_eq!(texts(&got).len(), 10_000);
    assert!(world.called > 10, "{}", world.called);
    world.called = 0;
    world.text("bob", "live");
    assert_eq!((world.called, texts(&world.got(1)).len()), (0, 1));
    world.tick(1000);
    assert_eq!(world.host.cursor(&phone), 10_001);
}

/// Without `echo-message` a client shows what it says by itself.
#[test]
fn who_speaks_while_it_is_behind_does_not_see_its_own_line_again() {
    let mut world = World::new();
    let phone = device(&mut world, "phone", 0);
    world.attach(1, "phone", "");
    world.attach(2, "echoed", "echo-message");
    world.stuck.extend([1, 2]);
    for number in 0..2_000 {
        world.text("bob", &format!("text {number}"));
    }
    world.send(1, "PRIVMSG bob :said while choked");
    world.text("bob", "after it");
    world.send(1, "PRIVMSG bob :and again");
    world.send(2, "PRIVMSG bob :from the other");
    world.lines.clear();
    world.stuck.clear();
    for conn in [1, 2] {
        world.gateway.drained(ConnId(conn), &mut world.host);
    }
    world.pump();
    let got = world.got(1);
    assert_eq!(
        texts(&got)[got.len() - 3..],
        ["text 1999", "after it", "from the other"]
    );
    let other = world.got(2);
    assert_eq!(
        texts(&other)[other.len() - 4..],
        [
            "said while choked",
            "after it",
            "and again",
            "from the other"
        ]
    );
    world.tick(1000);
    assert_eq!(world.host.cursor(&phone), 2_004);
}

/// An event is a hint, the store is the truth.
#[test]
fn events_may_be_late_double_or_lost() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let first = world.host.store("bob", false, "1");
    let second = world.host.store("bob", false, "2");
    world.event(Event::Stored(Box::new(stored(second.clone()))));
    world.event(Event::Stored(Box::new(stored(first))));
    world.event(Event::Stored(Box::new(stored(second))));
    assert_eq!(texts(&world.got(1)), ["1", "2"]);
    let unknown = Stored {
        before: 0,
        ..stored(world.host.store("bob", false, "3"))
    };
    world.event(Event::Stored(Box::new(unknown)));
    assert_eq!(texts(&world.got(1)), ["3"]);
}

/// What the hook or a command has stored is read in the store, once.
#[test]
fn texts_of_which_nothing_was_told_are_read_in_the_store() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    let first = world.host.store("bob", false, "1");
    let second = world.host.store("bob", false, "2");
    world.event(Event::Texts);
    for client in [1, 2] {
        assert_eq!(texts(&world.got(client)), ["1", "2"], "{client}");
    }
    let reads = world.host.reads;
    world.event(Event::Texts);
    for text in [first, second] {
        world.event(Event::Stored(Box::new(stored(text))));
    }
    assert_eq!(world.lines.len(), 0);
    assert_eq!(world.host.reads, reads, "nobody has missed anything");
}

#[test]
fn an_own_text_does_not_hide_an_earlier_one() {
    let mut world = World::new();
    world.attach(1, "me", "batch echo-message labeled-response message-tags");
    let earlier = world.host.store("bob", false, "earlier");
    let got = world.send(1, "@label=x PRIVMSG bob :mine");
    assert_eq!(texts(&got), ["earlier", "mine"]);
    assert_eq!(
        (tag(&got[0], "label"), tag(&got[1], "label")),
        (None, Some("x"))
    );
    world.event(Event::Stored(Box::new(stored(earlier))));
    assert_eq!(world.got(1), [""; 0]);
    world.attach(2, "two", "");
    let earlier = world.host.store("bob", false, "earlier");
    assert_eq!(texts(&world.send(2, "PRIVMSG bob :mine")), ["earlier"]);
    world.event(Event::Stored(Box::new(stored(earlier))));
    assert_eq!(world.got(2), [""; 0]);
}

#[test]
fn a_client_that_does_not_read_costs_no_memory_and_loses_nothing() {
    let mut world = World::new();
    let phone = device(&mut world, "phone", 0);
    world.attach(1, "phone", "");
    world.stuck.insert(1);
    for number in 0..20_000 {
        world.text("bob", &format!("text {number}"));
    }
    let before = world.got(1);
    let bytes: usize = before.iter().map(String::len).sum();
    assert!(bytes < 80 * 1024, "{bytes}");
    world.tick(1000);
    assert_eq!(world.got(1), [""; 0]);
    assert_eq!(
        world.host.cursor(&phone),
        0,
        "nothing is known to be written"
    );
    world.stuck.clear();
    world.gateway.drained(ConnId(1), &mut world.host);
    world.pump();
    let after = world.got(1);
    let all: Vec<&str> = texts(&before).into_iter().chain(texts(&after)).collect();
    assert_eq!(all.len(), 20_000);
    for (number, text) in all.iter().enumerate() {
        assert_eq!(*text, format!("text {number}"));
    }
    world.tick(1000);
    assert_eq!(world.host.cursor(&phone), 20_000);
}

#[test]
fn what_was_not_written_comes_again() {
    let mut world = World::new();
    let phone = device(&mut world, "phone", 0);
    world.attach(1, "phone", "");
    world.text("bob", "written");
    world.stuck.insert(1);
    world.text("bob", "perhaps not");
    world.leave(1);
    assert_eq!(world.host.cursor(&phone), 1);
    world.stuck.clear();
    let got = world.attached(2, "phone", "server-time");
    assert_eq!(texts(&got), ["perhaps not"]);
}

#[test]
fn who_asks_without_reading_is_closed() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "other", "");
    world.stuck.insert(1);
    for _ in 0..40_000 {
        world.send(1, "MOTD");
    }
    assert!(
        world.closed[&1].contains("does not read"),
        "{:?}",
        world.closed
    );
    assert_eq!(world.send(2, "PING a").len(), 1);
}

/// A PING is answered after the replies that it follows, and is not kept waiting by a replay.
#[test]
fn a_ping_is_answered_during_a_replay() {
    let mut world = World::new();
    device(&mut world, "phone", 0);
    for number in 0..5_000 {
        world.host.store("bob", false, &format!("old {number}"));
    }
    world.open(1);
    world.stuck.insert(1);
    world.send(1, "NICK phone");
    world.send(1, "USER phone 0 * :x");
    assert_eq!(
        world.send(1, "PING now"),
        [":iim.local PONG iim.local :now"]
    );
}

#[test]
fn one_text_costs_a_client_no_look_into_the_store() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    let reads = world.host.reads;
    for _ in 0..100 {
        world.text("bob", "x");
        world.send(1, "PRIVMSG bob :y");
    }
    assert_eq!(world.host.reads, reads);
}

#[test]
fn who_comes_again_before_he_has_gone_gets_nothing_twice() {
    let mut world = World::new();
    world.attach(1, "phone", "");
    world.text("bob", "live");
    assert_eq!(texts(&world.got(1)), ["live"]);
    world.send(1, "QUIT");
    // Its socket lingers: that it is closed was not told yet.
    assert_eq!(texts(&world.attached(2, "phone", "")), [""; 0]);
}
