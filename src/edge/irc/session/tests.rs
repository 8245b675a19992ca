//! A session against a server that is played by the test, line by line, with the test's clock.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod channels;
mod ending;
mod writing;

use super::super::{KICKED, NOT_SENT};
use super::*;
use crate::edge::config::{Flood, Network, Secret};

struct Play {
    session: Session,
    /// Both clocks; the user's runs ahead by `ahead`.
    now: u64,
    ahead: u64,
}

impl Play {
    fn begun(settings: NetworkSettings) -> Self {
        let persona = Persona {
            ident: "abcde".into(),
            realname: "fghij".into(),
        };
        let now = Now {
            steady: Duration::ZERO,
            wall: Seconds(1000),
        };
        let (server, token) = ("s:6697".to_owned(), "token".to_owned());
        let poll = Duration::from_secs(15);
        let session = Session::begin(&settings, poll, server, "me", &persona, token, now);
        Self {
            session: session.unwrap(),
            now: 0,
            ahead: 1000,
        }
    }

    /// On the network, with all tokens there and everything so far forgotten.
    fn settled(isupport: &str) -> Self {
        let mut play = Self::begun(settings());
        play.hear(":s 001 me :Welcome");
        play.hear(&format!(":s 005 me {isupport} :are supported"));
        play.hear("@time=1970-01-01T00:16:40Z :s 376 me :End");
        play.session.bucket = Bucket::new(Flood::default(), Duration::ZERO);
        play.out();
        play.news();
        play
    }

    fn hear(&mut self, line: &str) {
        let line = Line::parse(line).unwrap();
        self.session.hear(&line, Duration::from_secs(self.now));
        self.tick();
    }

    fn tick(&mut self) {
        self.session.tick(Now {
            steady: Duration::from_secs(self.now),
            wall: Seconds(self.now + self.ahead),
        });
    }

    fn at(&mut self, now: u64) {
        self.now = now;
        self.tick();
    }

    /// What the socket takes now.
    fn out(&mut self) -> Vec<String> {
        let text = String::from_utf8(self.session.out().to_vec()).unwrap();
        self.session.wrote(text.len());
        self.tick();
        text.split_terminator("\r\n")
            .map(ToOwned::to_owned)
            .collect()
    }

    fn news(&mut self) -> Vec<LinkEvent> {
        self.session.events()
    }

    fn send(&mut self, ticket: u64, texts: &[&str]) {
        let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
        self.session.send(ticket, "bob", &texts);
        self.tick();
    }

    fn watch(&mut self, nicks: &[&str]) {
        let more = nicks.iter().map(|n| (*n).to_owned()).collect();
        let nicks = WatchChange {
            more,
            less: Default::default(),
        };
        self.session.watch(&nicks);
        self.tick();
    }
}

fn settings() -> NetworkSettings {
    Network::new("test", Vec::new())
}

fn undeliverable(ticket: Option<u64>, nick: &str, numeric: u16) -> LinkEvent {
    LinkEvent::Undeliverable {
        ticket,
        nick: nick.into(),
        numeric,
    }
}

#[test]
fn from_the_first_line_to_the_network() {
    let mut play = Play::begun(settings());
    assert_eq!(
        play.out(),
        ["CAP LS 302", "NICK me", "USER abcde 8 * :fghij"]
    );
    play.hear(":s CAP * LS :multi-prefix");
    assert_eq!(play.out(), ["CAP END"]);
    play.hear(":s 001 me :Welcome me!abcde@host");
    assert_eq!(play.out(), ["MODE me +i"], "at once");
    play.hear(":s 005 me NETWORK=Net NICKLEN=9 MONITOR=3 :are supported");
    assert_eq!(play.news(), []);
    play.hear(":s 376 me :End of MOTD");
    let want = Registered {
        nick: "me".into(),
        server: "s:6697".into(),
        room_prefix: 2 + 76,
        linelen: 512,
        network: Some("Net".into()),
        nicklen: Some(9),
    };
    assert_eq!(play.news(), [LinkEvent::Registered(want)]);
    play.at(9);
    assert_eq!(play.out(), ["TIME"]);
    play.hear(":s 391 me s :Thursday January 1 1970 -- 00:20:00 +00:00");
    assert!(play.news().contains(&LinkEvent::ServerTime(Seconds(1200))));
}

#[test]
fn a_server_without_an_end_of_its_greeting() {
    let mut play = Play::begun(settings());
    play.hear(":s 001 ME :Welcome");
    play.at(9);
    assert_eq!(play.news(), []);
    play.at(10);
    let news = play.news();
    assert!(
        matches!(&news[0], LinkEvent::Registered(on) if on.nick == "ME"),
        "{news:?}"
    );
}

#[test]
fn who_watches_before_registering_is_told_after() {
    let mut play = Play::begun(settings());
    play.watch(&["bob"]);
    play.hear(":s 001 me :Welcome");
    play.hear(":s 005 me MONITOR=3 :are supported");
    play.hear(":s 422 me :No MOTD");
    play.at(20);
    assert!(play.out().contains(&"MONITOR + bob".to_owned()));
    play.hear(":s 730 me :bob!x@y");
    assert!(play.news().contains(&LinkEvent::Up("bob".into())));
}

#[test]
fn nothing_from_outside_causes_anything_but_pong() {
    let lines = [
        ":eve!e@h NOTICE me :hello",
        ":eve!e@h NOTICE me :\u{1}PING 1\u{1}",
        ":eve!e@h PRIVMSG me :\u{1}VERSION\u{1}",
        ":eve!e@h PRIVMSG me :\u{1}ACTION waves",
        ":eve!e@h PRIVMSG #chan :hello",
        ":eve!e@h PRIVMSG $* :hello",
        ":eve!e@h PRIVMSG",
        ":eve!e@h PRIVMSG @#chan :hello",
        ":irc.server PRIVMSG me :hello",
        "PRIVMSG me :hello",
        ":eve!e@h INVITE me #chan",
        ":eve!e@h JOIN #chan",
        ":eve!e@h NICK eva",
        ":eve!e@h KILL bob :x",
        ":s 303 me :eve",
        ":s 730 me :eve",
        ":s 001 me :again",
        ":s 376 me :again",
        ":s 433 me me :in use",
        ":s 005 me",
        ":s 999",
        "CAP * NEW :sasl",
        "AUTHENTICATE +",
        "WALLOPS :x",
    ];
    for line in lines {
        let mut play = Play::settled("");
        play.hear(line);
        assert_eq!(play.out(), [""; 0], "{line}");
        assert_eq!(play.news(), [], "{line}");
        assert_eq!(play.session.ended(), None, "{line}");
    }
}

#[test]
fn texts_to_us_are_told() {
    let mut play = Play::settled("");
    play.hear(":Eve!e@h PRIVMSG ME :iim1 x");
    let (from, text) = ("Eve".to_owned(), "iim1 x".to_owned());
    assert_eq!(play.news(), [LinkEvent::Message { from, text }]);
    assert_eq!(play.out(), [""; 0]);
}

/// Between two polls, a line from a nick or one that is refused may be all that shows that it came or went.
#[test]
fn what_lines_prove_of_a_nick_is_told_too() {
    let mut play = Play::settled("");
    play.watch(&["bob"]);
    assert_eq!(play.out(), ["ISON :bob"]);
    play.hear(":s 303 me :");
    let (up, down) = (LinkEvent::Up("bob".into()), LinkEvent::Down("bob".into()));
    assert!(play.news().contains(&down));
    play.hear(":Bob!u@h PRIVMSG me :here I am");
    let said = LinkEvent::Message {
        from: "Bob".into(),
        text: "here I am".into(),
    };
    assert_eq!(
        play.news(),
        [up.clone(), said],
        "they came between two polls"
    );
    play.at(20);
    assert_eq!(play.out(), ["ISON :bob"]);
    play.hear(":s 303 me :");
    assert_eq!(
        play.news(),
        std::slice::from_ref(&down),
        "and left before the next"
    );
    play.hear(":bob!u@h PRIVMSG me :again");
    play.news();
    play.hear(":s 401 me bob :No such nick");
    assert_eq!(play.news(), [down, undeliverable(None, "bob", 401)]);
    play.at(40);
    play.out();
    play.hear(":s 303 me :bob");
    assert_eq!(play.news(), [up], "they are back before the next poll");
    play.hear(":stranger!u@h PRIVMSG me :hello");
    assert_eq!(play.news().len(), 1, "a stranger is watched by nobody");
}

#[test]
fn pings_are_answered_without_tokens() {
    let mut play = Play::begun(settings());
    play.out();
    play.hear("PING :a b");
    assert_eq!(play.out(), ["PONG :a b"]);
    let mut play = Play::settled("");
    for n in 0..100 {
        play.hear(&format!("PING {n}"));
        assert_eq!(play.out(), [format!("PONG :{n}")]);
    }
    play.send(1, &["a"]);
    assert_eq!(play.out(), ["PRIVMSG bob :a"], "pongs cost nothing");
    play.hear(&format!("PING {}", "x".repeat(600)));
    assert_eq!(play.out(), [""; 0]);
}

#[test]
fn a_server_that_pings_and_reads_nothing_is_not_heard_further() {
    let mut play = Play::settled("");
    for _ in 0..400 {
        play.hear(&format!("PING {}", "x".repeat(100)));
    }
    assert!(!play.session.may_hear());
    play.out();
    assert!(play.session.may_hear());
}

#[test]
fn odd_values_in_005_do_no_harm() {
    let mut play = Play::begun(settings());
    play.hear(":s 001 me :Welcome");
    for odd in [
        "MONITOR=-1 LINELEN=0 NICKLEN=99999999999999999999999 NETWORK=",
        "= =x -= - NETWORK=\\x20\\x0a LINELEN=18446744073709551615",
        "MONITOR=0 PREFIX CHANMODES=,,, CASEMAPPING=klingon",
        "",
    ] {
        play.hear(&format!(":s 005 me {odd} :are supported"));
    }
    play.hear(":s 005");
    play.hear(":s 376 me :End");
    play.watch(&["bob"]);
    play.at(60);
    assert_eq!(play.session.ended(), None);
    assert!(play.out().contains(&"ISON :bob".to_owned()));
}

#[test]
fn where_monitor_is_announced_and_not_known_everybody_is_asked_for() {
    let mut play = Play::settled("MONITOR=100");
    play.watch(&["bob"]);
    assert_eq!(play.out(), ["MONITOR + bob"]);
    play.hear(":s 421 me MONITOR :Unknown command");
    play.at(20);
    assert_eq!(play.out(), ["ISON :bob"]);
    play.hear(":s 303 me :bob");
    assert!(play.news().contains(&LinkEvent::Up("bob".into())));
}

#[test]
fn the_session_asks_to_be_woken_when_something_is_due() {
    let mut play = Play::settled("");
    let due = |play: &Play| play.session.due(Duration::from_secs(play.now)).as_secs();
    assert_eq!(due(&play), 10, "to look at the clocks");
    play.at(55);
    assert_eq!(due(&play), 60, "to ping");
    let mut play = Play::settled("");
    play.send(1, &["a", "b", "c", "d", "e"]);
    play.out();
    assert_eq!(due(&play), 2, "for a token");
}

#[test]
fn passwords_do_not_print() {
    let settings = Network {
        server_password: Some(Secret::new("geheim".into())),
        ..settings()
    };
    let shown = format!("{settings:?}");
    assert!(!shown.contains("geheim"), "{shown}");
}

/// How often the session wants to be woken in vain, until this time or its end.
fn woken(play: &mut Play, until: u64, writes: bool) -> usize {
    let (mut now, mut count) = (Duration::from_secs(play.now), 0);
    while now < Duration::from_secs(until) && play.session.ended().is_none() {
        now = play.session.due(now);
        count += 1;
        play.session.tick(Now {
            steady: now,
            wall: Seconds(play.ahead + now.as_secs()),
        });
        if writes {
            play.session.wrote(play.session.out().len());
        }
    }
    count
}

#[test]
fn nobody_is_woken_in_vain() {
    let mut play = Play::begun(settings());
    let count = woken(&mut play, 200, true);
    assert!(
        play.session.ended().is_some() && count < 20,
        "silent from the start: {count}"
    );
    let mut play = Play::settled("");
    let count = woken(&mut play, 200, true);
    assert!(
        play.session.ended().is_some() && count < 20,
        "silent later: {count}"
    );
    let mut play = Play::settled("");
    play.send(1, &["a"]);
    let count = woken(&mut play, 50, false);
    assert!(count < 10, "a line that the socket does not take: {count}");
    let mut play = Play::settled("");
    for _ in 0..400 {
        play.hear(&format!("PING {}", "x".repeat(100)));
    }
    play.send(1, &["a"]);
    let count = woken(&mut play, 50, false);
    assert!(count < 10, "a full queue: {count}");
}
