//! What leaves, and at what pace.

use super::*;

#[test]
fn letters_leave_through_the_bucket() {
    let mut play = Play::settled("");
    play.send(1, &["a", "b", "c", "d", "e"]);
    assert_eq!(play.out().len(), 4);
    assert_eq!(play.news(), []);
    play.at(2);
    assert_eq!(play.out(), ["PRIVMSG bob :e"]);
    assert_eq!(play.news(), [LinkEvent::Written(1)]);
    play.at(3);
    assert_eq!(play.news(), []);
    play.at(4);
    assert_eq!(play.news(), [LinkEvent::Room]);
    play.at(60);
    assert_eq!(play.news(), [], "told once");
    play.out();
    play.send(2, &["f"]);
    assert_eq!(play.out(), ["PRIVMSG bob :f"]);
    assert_eq!(play.news(), [LinkEvent::Written(2), LinkEvent::Room]);
}

/// A line of 400 bytes.
fn long(n: usize) -> String {
    format!("{n:0>382}")
}

/// However many tokens there are: the server must have read most of what came before.
#[test]
fn no_more_is_under_way_than_two_long_lines() {
    let mut play = Play::settled("");
    let flood = Flood {
        burst: 100,
        per_second: 100.0,
    };
    play.session.bucket = Bucket::new(flood, Duration::ZERO);
    let texts: Vec<String> = (0..5).map(long).collect();
    play.send(1, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let want = |n: usize| format!("PRIVMSG bob :{}", long(n));
    assert_eq!(play.out(), [want(0), want(1), "PING :token".into()]);
    play.at(30);
    assert_eq!(play.out(), [""; 0], "though 30 seconds have passed");
    assert_eq!(play.news(), []);
    play.hear(":s PONG s :token");
    assert_eq!(play.out(), [want(2), want(3), "PING :token".into()]);
    play.hear(":s PONG s :token");
    assert_eq!(play.out(), [want(4)]);
    assert_eq!(play.news(), [LinkEvent::Written(1), LinkEvent::Room]);
}

/// What two sides say when they meet waits for no PONG.
#[test]
fn three_lines_of_ordinary_length_leave_at_once() {
    let mut play = Play::settled("");
    let text = "a".repeat(300);
    for ticket in 0..3 {
        play.send(ticket, &[&text]);
    }
    let lines = play.out();
    let pings = lines.iter().filter(|line| line.starts_with("PING")).count();
    assert_eq!((lines.len(), pings), (4, 1), "{lines:?}");
}

/// In a talk of ordinary pace nothing waits for it.
#[test]
fn a_ping_follows_what_fills_the_room() {
    let mut play = Play::settled("");
    let text = "a".repeat(200);
    let mut pings = 0;
    for now in 1..=20 {
        play.at(now * 5);
        play.send(now, &[&text]);
        let mut lines = play.out();
        assert_eq!(lines.remove(0), format!("PRIVMSG bob :{text}"), "{now}");
        if let [ping] = lines.as_slice() {
            assert_eq!(ping, "PING :token");
            play.hear(":s PONG s :token");
            pings += 1;
        }
    }
    assert_eq!(pings, 6, "one for three lines");
}

/// What was asked for after a silence stands for what was written meanwhile, too.
#[test]
fn room_that_was_used_up_behind_a_ping_is_asked_for_anew() {
    let mut play = Play::settled("");
    play.at(60);
    assert_eq!(play.out(), ["PING :token"]);
    play.send(1, &[&long(0), &long(1), &long(2)]);
    assert_eq!(play.out().len(), 2);
    play.hear(":s PONG s :token");
    assert_eq!(play.out(), ["PING :token"]);
    play.at(65);
    assert_eq!(play.out(), [""; 0]);
    play.hear(":s PONG s :token");
    assert_eq!(play.out(), [format!("PRIVMSG bob :{}", long(2))]);
}

/// It may babble: what was asked is not answered.
#[test]
fn a_server_that_does_not_read_is_given_up() {
    let mut play = Play::settled("");
    play.send(1, &[&long(0), &long(1), &long(2)]);
    play.out();
    for now in (0..60).step_by(10) {
        play.at(now);
        play.hear(":s NOTICE me :busy");
    }
    assert_eq!(play.session.ended(), None);
    play.at(60);
    let lost = End::new(Ended::Lost, "the server does not answer");
    assert_eq!(play.session.ended(), Some(&lost));
    let news = play.session.close();
    assert!(
        news.contains(&undeliverable(Some(1), "bob", NOT_SENT)),
        "{news:?}"
    );
}

#[test]
fn a_letter_is_written_when_its_last_byte_is_taken() {
    let mut play = Play::settled("");
    play.send(1, &["a"]);
    play.session.wrote(3);
    assert_eq!(play.news(), []);
    play.out();
    assert!(play.news().contains(&LinkEvent::Written(1)));
}

#[test]
fn neither_polling_nor_letters_starve() {
    let mut play = Play::settled("");
    play.session.watch = Watch::new(Duration::from_secs(1));
    play.watch(&["bob"]);
    play.send(0, &["a"]);
    let (mut isons, mut texts) = (0, 0);
    for now in 1..=100 {
        play.at(now);
        let lines = play.out();
        isons += lines.iter().filter(|l| l.starts_with("ISON :bob")).count();
        texts += lines.iter().filter(|l| l.starts_with("PRIVMSG")).count();
        play.hear(":s 303 me :bob");
        play.hear(":s PONG s :token");
        if play.news().contains(&LinkEvent::Room) {
            play.send(now, &["a", "b"]);
        }
    }
    assert!(isons >= 20 && texts >= 20, "{isons} {texts}");
    assert!(isons + texts <= 54, "{isons} {texts}");
}

#[test]
fn refusals_are_told_once_a_letter() {
    for (line, numeric) in [
        (":s 401 me Bob :No such nick", 401),
        (":s 439 me bob :Too fast", 439),
        (":s 707 me bob :Too fast", 707),
        (":s 531 me bob :You cannot", 531),
        (":s 716 me bob :+g", 716),
        (":s 477 me bob :register", 477),
    ] {
        let mut play = Play::settled("");
        play.send(5, &["a", "b"]);
        play.out();
        play.news();
        play.hear(line);
        play.hear(line);
        let nick = line.split(' ').nth(3).unwrap();
        let news: Vec<LinkEvent> = play
            .news()
            .into_iter()
            .filter(|n| *n != LinkEvent::Room)
            .collect();
        assert_eq!(news, [undeliverable(Some(5), nick, numeric)], "{line}");
        play.hear(line);
        assert_eq!(play.news(), [undeliverable(None, nick, numeric)], "{line}");
    }
}

#[test]
fn a_connection_given_up_tells_what_did_not_leave() {
    let mut play = Play::settled("");
    play.send(1, &["a"]);
    play.send(2, &["b", "c", "d", "e", "f"]);
    play.news();
    let want = [
        undeliverable(Some(1), "bob", NOT_SENT),
        undeliverable(Some(2), "bob", NOT_SENT),
    ];
    assert_eq!(play.session.close(), want);
}

#[test]
fn orders_to_send_that_cannot_be_are_told() {
    let mut play = Play::begun(settings());
    play.send(1, &["a"]);
    assert_eq!(play.news(), [undeliverable(Some(1), "bob", NOT_SENT)]);
    let mut play = Play::settled("");
    play.out();
    play.send(2, &["a\r\nQUIT"]);
    assert_eq!(play.news()[0], undeliverable(Some(2), "bob", NOT_SENT));
    assert_eq!(play.out(), [""; 0]);
}
