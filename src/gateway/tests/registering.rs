//! Registration, CAP, SASL, passwords (Modern, "Connection registration"; IRCv3 capability negotiation and `sasl`).

use super::*;
use crate::rules::presence_tracker::Shown;

#[test]
fn nick_and_user_register_in_any_order() {
    for lines in [
        ["NICK me", "USER me 0 * :Me"],
        ["USER me 0 * :Me", "NICK me"],
    ] {
        let mut world = World::new();
        world.open(1);
        assert_eq!(world.send(1, lines[0]), [""; 0]);
        let got = world.send(1, lines[1]);
        assert_eq!(
            got[0],
            ":iim.local 001 me :Welcome to the iim Network, me!me@iim.local"
        );
        let first = numerics(&got);
        assert_eq!(first[..6], ["001", "002", "003", "004", "005", "005"]);
        assert!(
            first.contains(&"376") && first.contains(&"366"),
            "{first:?}"
        );
    }
}

/// "Clients that support capabilities but do not wish to enter negotiation SHOULD send CAP END": without LS it has no
/// effect; with LS or REQ, registration waits for it.
#[test]
fn cap_holds_registration_until_its_end() {
    let mut world = World::new();
    world.open(1);
    let got = world.send(1, "CAP LS 302");
    assert!(got[0].starts_with(":iim.local CAP * LS "), "{got:?}");
    assert!(got.concat().contains("sasl=PLAIN,SCRAM-SHA-256"), "{got:?}");
    let more = got.len() - 1;
    assert!(
        got[..more].iter().all(|line| line.contains(" LS * :")),
        "{got:?}"
    );
    converse(
        &mut world,
        1,
        &[
            ("NICK me", &[]),
            ("USER me 0 * :Me", &[]),
            (
                "CAP REQ :foo qux bar",
                &[":iim.local CAP me NAK :foo qux bar"],
            ),
            (
                "CAP REQ :server-time foo",
                &[":iim.local CAP me NAK :server-time foo"],
            ),
            (
                "CAP REQ :-cap-notify",
                &[":iim.local CAP me NAK :-cap-notify"],
            ),
            ("CAP LIST", &[":iim.local CAP me LIST :cap-notify"]),
            (
                "CAP REQ :batch echo-message",
                &[":iim.local CAP me ACK :batch echo-message"],
            ),
            ("CAP REQ :-batch", &[":iim.local CAP me ACK :-batch"]),
            ("CAP FOO", &[":iim.local 410 me FOO :Invalid CAP command"]),
        ],
    );
    assert!(world.send(1, "CAP END")[0].contains(" 001 "));
    assert_eq!(world.send(1, "CAP END"), [""; 0]);
    assert_eq!(
        world.send(1, "CAP LIST"),
        [":iim.local CAP me LIST :cap-notify echo-message"]
    );

    world.open(2);
    assert_eq!(world.send(2, "CAP END"), [""; 0]);
    assert_eq!(world.send(2, "CAP LIST"), [":iim.local CAP * LIST :"]);
    let old = world.send(2, "CAP LS");
    assert_eq!(old.len(), 1);
    assert!(!old[0].contains('='), "{old:?}");
}

#[test]
fn nicks_are_refused_for_their_reasons() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.open(2);
    converse(
        &mut world,
        2,
        &[
            ("NICK", &[":iim.local 431 * :No nickname given"]),
            ("NICK :", &[":iim.local 431 * :No nickname given"]),
            ("NICK 1a", &[":iim.local 432 * 1a :Erroneous nickname"]),
            (
                "NICK IIM",
                &[":iim.local 433 * IIM :Nickname is already in use"],
            ),
            ("NICK other", &[]),
            (
                "USER x * * :",
                &[":iim.local 461 other USER :Not enough parameters"],
            ),
            (
                "PRIVMSG bob :hi",
                &[":iim.local 451 other :You have not registered"],
            ),
            (
                "NONSENSE",
                &[":iim.local 451 other :You have not registered"],
            ),
            ("PING a", &[":iim.local PONG iim.local :a"]),
        ],
    );
    converse(
        &mut world,
        1,
        &[
            ("NICK new", &[":me!me@iim.local NICK new"]),
            ("NICK NEW", &[":new!me@iim.local NICK NEW"]),
            ("NICK NEW", &[]),
            (
                "NICK BOB",
                &[":iim.local 433 NEW BOB :Nickname is already in use"],
            ),
            (
                "USER a b c d",
                &[":iim.local 462 NEW :You may not reregister"],
            ),
            ("PASS a", &[":iim.local 462 NEW :You may not reregister"]),
        ],
    );
}

/// "The server acknowledges this by sending an ERROR message to the client" (RFC 2812, section 3.1.7).
#[test]
fn quit_is_answered_by_error_before_and_after() {
    let mut world = World::new();
    world.open(1);
    world.send(1, "QUIT :bye");
    assert_eq!(world.closed[&1], "ERROR :Closing link: * (Quit: bye)");
    world.attach(2, "me", "");
    world.send(2, "QUIT");
    assert_eq!(world.closed[&2], "ERROR :Closing link: me (Quit)");
    assert_eq!(world.send(2, "PING a"), [""; 0]);
}

#[test]
fn a_friends_nick_is_refused_at_the_end() {
    let mut world = World::new();
    world.open(1);
    assert_eq!(world.send(1, "NICK Bob"), [""; 0]);
    for line in ["USER y 0 * :y", "NICK BOB"] {
        let refused = world.send(1, line);
        assert_eq!(numerics(&refused), ["433"], "{line}");
    }
    assert_eq!(numerics(&world.send(1, "NICK other"))[0], "001");
}

#[test]
fn two_devices_may_share_one_nick() {
    let mut world = World::new();
    world.attach(9, "watcher", "");
    world.send(9, "MONITOR + me");
    world.attached(1, "me", "");
    assert_eq!(numerics(&world.got(9)), ["730"]);
    world.open(2);
    world.send(2, "NICK ME");
    let got = world.send(2, "USER phone 0 * :x");
    assert_eq!(numerics(&got)[0], "001");
    assert_eq!(world.got(9), [""; 0], "to others they are one");
    let who = world.send(9, "WHO me");
    assert_eq!(numerics(&who), ["352", "315"]);
    // What is said to the nick, both get.
    world.got(1);
    world.send(9, "PRIVMSG me :both?");
    for client in [1, 2] {
        let got = world.got(client);
        assert!(got[0].ends_with("both?"), "{client}: {got:?}");
    }
    // The nick is gone with the last of them.
    world.leave(2);
    assert_eq!(world.got(9), [""; 0]);
    world.send(1, "NICK other");
    assert_eq!(numerics(&world.got(9)), ["731"]);
    // NICK takes a nick that another device has.
    world.attach(3, "third", "");
    assert_eq!(
        world.send(3, "NICK other"),
        [":third!third@iim.local NICK other"]
    );
    assert_eq!(world.send(9, "PRIVMSG other :x"), [""; 0]);
}

#[test]
fn logging_in_again_takes_the_nick_from_the_own_ghost() {
    let mut world = World::with(settings(false));
    let log_in = |world: &mut World, conn| {
        world.open(conn);
        world.send(conn, "PASS secret");
        world.send(conn, "NICK me");
        world.send(conn, "USER phone 0 * :x")
    };
    log_in(&mut world, 1);
    assert_eq!(numerics(&log_in(&mut world, 2))[0], "001", "at once");
    assert_eq!(world.got(1), [":iim.local PING :iim.local"]);
    world.tick(16_000);
    assert!(
        world.closed[&1].contains("logged in again"),
        "{:?}",
        world.closed
    );
    assert!(!world.closed.contains_key(&2));
    // One that is alive stays.
    assert_eq!(numerics(&log_in(&mut world, 3))[0], "001");
    world.send(2, "PONG :iim.local");
    world.tick(16_000);
    world.tick(16_000);
    assert!(!world.closed.contains_key(&2) && !world.closed.contains_key(&3));
}

/// Which nicks are taken says whom the user knows: only they are told.
#[test]
fn a_stranger_does_not_learn_which_nicks_are_taken() {
    for nick in ["bob", "nobody"] {
        let mut world = World::with(settings(false));
        world.open(1);
        assert_eq!(world.send(1, &format!("NICK {nick}")), [""; 0], "{nick}");
        let got = world.send(1, "USER phone 0 * :x");
        assert_eq!(numerics(&got)[0], "464", "{nick}");
    }
    let mut world = World::with(settings(false));
    world.open(1);
    world.send(1, "NICK alice");
    world.open(2);
    for line in ["PASS secret", "NICK bob"] {
        assert_eq!(world.send(2, line), [""; 0]);
    }
    assert_eq!(
        world.send(2, "USER phone 0 * :x"),
        [":iim.local 433 * bob :Nickname is already in use"]
    );
    assert!(world.closed.is_empty(), "another nick will do");
    let got = world.send(2, "NICK alice");
    assert_eq!(numerics(&got)[0], "001", "a stranger keeps nobody from it");
}

#[test]
fn a_stranger_does_not_learn_who_is_on_the_roster() {
    let mut world = World::with(settings(false));
    for (conn, nick) in [(1, "bob"), (2, "nobody")] {
        world.open(conn);
        world.send(conn, &format!("NICK {nick}"));
        world.host.friends[2].presence = Shown::Online;
        world.event(Event::Contacts(None));
        let want = format!(":iim.local 451 {nick} :You have not registered");
        assert_eq!(world.send(conn, "LIST"), [want]);
    }
}

#[test]
fn the_silent_are_asked_and_closed() {
    let mut world = World::new();
    world.open(1);
    world.attach(2, "me", "");
    world.tick(61_000);
    assert!(world.closed[&1].contains("Registration timed out"));
    world.tick(60_000);
    assert_eq!(world.got(2), [":iim.local PING :iim.local"]);
    world.send(2, "PONG :iim.local");
    world.tick(121_000);
    world.tick(121_000);
    assert!(world.closed[&2].contains("Ping timeout"));
}

/// IRCv3 `pre-away`: "servers MUST accept the AWAY command before connection registration has completed".
#[test]
fn away_is_taken_before_registration() {
    let mut world = World::new();
    world.open(1);
    world.send(1, "CAP REQ draft/pre-away");
    assert_eq!(world.send(1, "AWAY *"), [""; 0]);
    assert_eq!(world.send(1, "AWAY :asleep"), [""; 0]);
    world.send(1, "NICK me");
    world.send(1, "USER me 0 * :x");
    let got = world.send(1, "CAP END");
    assert!(numerics(&got).contains(&"306"), "{got:?}");
    assert_eq!(world.host.away.as_deref(), Some("asleep"));
    world.host.calls.clear();
    assert_eq!(numerics(&world.send(1, "AWAY *")), ["306"]);
    assert_eq!(world.host.calls, [""; 0]);
}

/// "If any user modes are set upon connection": after the message of the day, as clients expect it.
#[test]
fn the_users_modes_come_after_the_message_of_the_day() {
    let mut world = World::new();
    let told = world.attached(1, "me", "");
    let all = numerics(&told);
    let at = |numeric: &str| all.iter().position(|one| *one == numeric).unwrap();
    assert!(at("376") < at("221") && at("221") < at("332"), "{all:?}");
}

/// A client that was refused a nick asks for capabilities anew, and has ended that already.
#[test]
fn who_reopens_cap_after_433_gets_in() {
    for again in ["CAP LS 302", "CAP REQ :batch"] {
        let mut world = World::new();
        world.open(1);
        world.send(1, "CAP LS 302");
        world.send(1, "NICK bob");
        world.send(1, "USER me 0 * :x");
        assert_eq!(numerics(&world.send(1, "CAP END")), ["433"]);
        world.send(1, again);
        let told = world.send(1, "NICK me");
        assert_eq!(numerics(&told)[0], "001", "{again}");
    }
}
