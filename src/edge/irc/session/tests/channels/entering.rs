//! The two lines that enter a channel: when they leave, and what cannot be entered.

use super::*;

/// Apart, LIST and WHOIS would show the channel to anybody in between; and servers take some lines at once, then pause.
#[test]
fn both_lines_of_coming_in_leave_in_one_write_when_all_before_is_read() {
    let mut play = Play::settled("");
    play.send(1, &["a"]);
    play.session.enter(ROOM, "key");
    play.send(2, &["b"]);
    assert_eq!(play.out(), ["PRIVMSG bob :a", "PING :token"]);
    play.at(20);
    assert_eq!(play.out(), [""; 0], "tokens alone are not enough");
    play.hear(":s PONG s :token");
    let joining = ["JOIN #room key", "MODE #room +snk key"];
    assert_eq!(play.out(), [joining[0], joining[1], "PRIVMSG bob :b"]);
    let mut play = Play::settled("");
    play.send(1, &["a", "b"]);
    play.out();
    play.session.enter(ROOM, "key");
    play.tick();
    assert_eq!(play.out(), ["PING :token"]);
    play.hear(":s PONG s :token");
    assert_eq!(play.out(), [""; 0], "one token is left");
    assert_eq!(play.session.due(Duration::ZERO), Duration::from_secs(2));
    play.at(2);
    assert_eq!(play.out(), joining);
}

/// Nor do texts shut them out.
#[test]
fn several_channels_are_entered_one_by_one() {
    let mut play = Play::settled("");
    let rooms: Vec<String> = (0..5).map(|n| format!("#room{n}")).collect();
    for room in &rooms {
        play.session.enter(room, "key");
    }
    let mut joins = Vec::new();
    for now in 0..60 {
        play.at(now);
        play.send(now, &["text"]);
        let lines = play.out();
        let joined = lines.iter().position(|line| line.starts_with("JOIN "));
        if let Some(at) = joined {
            assert_eq!(at, 0, "{lines:?}");
            assert!(lines[1].starts_with("MODE "), "{lines:?}");
            joins.push(lines[0].clone());
        }
        play.hear(":s PONG s :token");
    }
    let want: Vec<String> = rooms
        .iter()
        .map(|room| format!("JOIN {room} key"))
        .collect();
    assert_eq!(joins, want);
}

#[test]
fn they_leave_though_the_bucket_is_small() {
    let mut play = Play::settled("");
    let flood = Flood {
        burst: 1,
        per_second: 1.0,
    };
    play.session.bucket = Bucket::new(flood, Duration::ZERO);
    play.enter();
    assert_eq!(play.out(), [""; 0], "the PING has taken the token");
    play.at(1);
    assert_eq!(play.out().len(), 2);
}

#[test]
fn an_order_to_enter_that_cannot_be_is_told() {
    let mut play = Play::begun(settings());
    play.enter();
    assert_eq!(play.told(), [shut(NOT_SENT)], "not on the network");
    let mut play = Play::settled("");
    for (name, key) in [
        ("room", "key"),
        ("#", "key"),
        ("#a,#b", "key"),
        ("#a b", "key"),
        ("#a\r\nQUIT", "key"),
        ("#a", ""),
        ("#a", "k,l"),
        ("#a", "k\r\nQUIT"),
        ("#a", ":k"),
        (&format!("#{}", "a".repeat(500)), "key"),
    ] {
        play.session.enter(name, key);
        play.tick();
        let numeric = NOT_SENT;
        let channel = name.to_owned();
        assert_eq!(play.told(), [LinkEvent::Shut { channel, numeric }]);
        assert_eq!(play.out(), [""; 0], "{name} {key}");
    }
    play.session.enter(ROOM, "key");
    play.enter();
    assert_eq!((play.told(), play.out().len()), (vec![], 2), "once");
}

#[test]
fn a_join_that_waits_is_taken_back() {
    let mut play = Play::settled("");
    play.session.enter(ROOM, "key");
    play.session.part(ROOM);
    play.hear(":s PONG s :token");
    play.at(59);
    assert_eq!(play.out(), [""; 0]);
}

#[test]
fn a_key_does_not_print() {
    let (channel, key) = (ROOM.to_owned(), "geheim".to_owned());
    let order = crate::edge::irc::Order::Enter { channel, key };
    assert_eq!(format!("{order:?}"), "Enter(\"#room\")");
}

#[test]
fn where_the_server_puts_us_we_do_not_stay() {
    for (line, want) in [
        (":me!a@h JOIN #welcome", "PART #welcome"),
        (":ME JOIN :#a,b", "PART #a,b"),
        (":eve!e@h JOIN #welcome", ""),
        (":me!a@h JOIN me", ""),
        (":me!a@h JOIN :#a b", ""),
    ] {
        let mut play = Play::among("bob");
        play.hear(line);
        assert_eq!(play.out().concat(), want, "{line}");
        assert_eq!(play.told(), [], "{line}");
    }
    let mut play = Play::among("bob");
    for n in 0..100 {
        play.hear(&format!(":me!a@h JOIN #c{n}"));
    }
    let parted = (1..60).map(|minute| {
        play.at(60 * minute);
        let out = play.out();
        out.iter().filter(|line| line.starts_with("PART")).count()
    });
    assert_eq!(
        parted.sum::<usize>(),
        16,
        "it is not made to write for ever"
    );
}

#[test]
fn a_channel_that_we_make_and_may_not_hide_is_shut() {
    const DENIED: &str = ":s 482 me #room :You're not channel operator";
    for (others, want) in [("", vec![shut(482)]), ("bob", vec![])] {
        let mut play = Play::among(others);
        play.hear(DENIED);
        assert_eq!(play.told(), want, "{others}");
        play.hear(DENIED);
        assert_eq!(play.told(), [], "once");
    }
}
