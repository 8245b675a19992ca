//! Channels: coming in, who is there, what is said there, and how it ends.

mod entering;

use super::*;

const ROOM: &str = "#room";

impl Play {
    /// The order is given, and all that was written before is read.
    fn enter(&mut self) {
        self.session.enter(ROOM, "key");
        self.tick();
        self.out();
        self.hear(":s PONG s :token");
    }

    /// In the channel, with these others, and all tokens there.
    fn among(nicks: &str) -> Self {
        let mut play = Self::settled("");
        play.enter();
        play.out();
        play.hear(":me!abcde@h JOIN :#room");
        play.hear(&format!(":s 353 me = #room :me {nicks}"));
        play.hear(":s 366 me #room :End of NAMES list");
        assert!(play.news().contains(&entered(nicks)), "{nicks}");
        play.session.bucket = Bucket::new(Flood::default(), Duration::ZERO);
        play
    }

    fn say(&mut self, ticket: u64, texts: &[&str]) {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        self.session.send(ticket, ROOM, &texts);
        self.tick();
    }

    /// What is told but that there is room for texts.
    fn told(&mut self) -> Vec<LinkEvent> {
        let news = self.news().into_iter();
        news.filter(|one| *one != LinkEvent::Room).collect()
    }
}

fn entered(nicks: &str) -> LinkEvent {
    LinkEvent::Entered {
        channel: ROOM.into(),
        nicks: nicks.split_whitespace().map(ToOwned::to_owned).collect(),
    }
}

fn came(nick: &str) -> LinkEvent {
    let (channel, nick) = (ROOM.into(), nick.into());
    LinkEvent::Came { channel, nick }
}

fn gone(nick: &str) -> LinkEvent {
    let (channel, nick) = (ROOM.into(), nick.into());
    LinkEvent::Gone { channel, nick }
}

fn shut(numeric: u16) -> LinkEvent {
    let channel = ROOM.into();
    LinkEvent::Shut { channel, numeric }
}

fn heard(from: &str, text: &str) -> LinkEvent {
    LinkEvent::Heard {
        channel: ROOM.into(),
        from: from.into(),
        text: text.into(),
    }
}

/// As ngircd, InspIRCd and ircd-hybrid say it, and with what IRCv3 and older servers add.
#[test]
fn who_is_there_is_told_when_all_are_named() {
    for (echo, names, nicks) in [
        (":me!~a@h JOIN :#room", ["= #room :@Bob me", ""], "Bob"),
        (
            ":me!a@h JOIN #room",
            ["@ #room :me @bob", "@ #room :eve"],
            "bob eve",
        ),
        (
            ":me!a@h JOIN #ROOM * :fghij",
            ["* #Room :@+bob!x@y ~&me", ""],
            "bob",
        ),
        (
            ":Me!a@h JOIN #room",
            ["#room :!bob .eve %+ %carol", ""],
            "bob carol eve",
        ),
        (":me JOIN #room", ["= #room me", "= #other :bob"], ""),
    ] {
        let mut play = Play::settled("");
        play.enter();
        assert_eq!(
            play.out(),
            ["JOIN #room key", "MODE #room +snk key"],
            "{echo}"
        );
        play.hear(echo);
        for more in names.iter().filter(|names| !names.is_empty()) {
            play.hear(&format!(":s 353 me {more}"));
        }
        assert_eq!(play.told(), [], "{echo}");
        play.hear(":s 366 me #room :End of /NAMES list.");
        assert_eq!(play.told(), [entered(nicks)], "{echo}");
        for line in [
            ":s MODE #room +n",
            ":me!a@h MODE #room +snk key",
            ":s 324 me #room +nt",
            ":s 329 me #room 1",
            ":s 332 me #room :welcome",
            ":s 467 me #room :Channel key already set",
            ":s 472 me s :is unknown mode char to me",
            ":s 353 me = #room :late",
            ":s 366 me #room :End of NAMES list",
            ":bob!x@y TOPIC #room :hello",
            ":bob!x@y INVITE me #room",
        ] {
            play.hear(line);
            assert_eq!((play.told(), play.out().len()), (vec![], 0), "{line}");
        }
    }
}

#[test]
fn whoever_comes_and_goes_is_told() {
    let mut play = Play::among("bob");
    for (line, want) in [
        (":Eve!e@h JOIN :#room", vec![came("Eve")]),
        (":eve!e@h JOIN #room", vec![]),
        (":eve!e@h NICK :carol", vec![gone("Eve"), came("carol")]),
        (":carol!e@h NICK Carol", vec![gone("carol"), came("Carol")]),
        (":CAROL!e@h PART #ROOM :bye", vec![gone("Carol")]),
        (":carol!e@h PART #room", vec![]),
        (":dave!d@h JOIN #room", vec![came("dave")]),
        (":bob!b@h KICK #room dave :out", vec![gone("dave")]),
        (":dave!d@h JOIN #room", vec![came("dave")]),
        (":dave!d@h QUIT :a.example b.example", vec![gone("dave")]),
        (":dave!d@h QUIT :again", vec![]),
        (":bob!b@h QUIT :Killed (oper (bye))", vec![gone("bob")]),
        (":dan!d@h NICK bob", vec![]),
        (":dan!d@h JOIN #other", vec![]),
        (":dan!d@h PART #other", vec![]),
        (":irc.server JOIN #room", vec![]),
        ("JOIN #room", vec![]),
        (":dan!d@h JOIN", vec![]),
        (":s KICK #room", vec![]),
        (":me!a@h QUIT :forced", vec![]),
    ] {
        play.hear(line);
        assert_eq!((play.told(), play.out().len()), (want, 0), "{line}");
    }
}

#[test]
fn who_is_with_us_is_heard() {
    let mut play = Play::among("bob");
    for (line, want) in [
        (
            ":Bob!b@h PRIVMSG #ROOM :iim1 x",
            vec![heard("bob", "iim1 x")],
        ),
        (":bob!b@h PRIVMSG #room :", vec![heard("bob", "")]),
        (":bob!b@h PRIVMSG #room", vec![heard("bob", "")]),
        (":bob!b@h PRIVMSG #room :\u{1}ACTION waves\u{1}", vec![]),
        (":bob!b@h PRIVMSG @#room :ops only", vec![]),
        (":bob!b@h PRIVMSG #other :hello", vec![]),
        (":bob!b@h NOTICE #room :hello", vec![]),
        (":eve!e@h PRIVMSG #room :from outside", vec![]),
        (":me!a@h PRIVMSG #room :our own", vec![]),
        (":s PRIVMSG #room :hello", vec![]),
    ] {
        play.hear(line);
        assert_eq!((play.told(), play.out().len()), (want, 0), "{line}");
    }
}

#[test]
fn texts_go_where_we_are() {
    let mut play = Play::settled("");
    play.say(1, &["a"]);
    let refused = undeliverable(Some(1), ROOM, NOT_SENT);
    assert_eq!(play.told(), [refused], "not asked for");
    play.enter();
    play.out();
    play.say(2, &["a"]);
    let refused = undeliverable(Some(2), ROOM, NOT_SENT);
    assert_eq!(play.told(), [refused], "not in it");
    let mut play = Play::among("bob");
    play.say(3, &["a", "b"]);
    assert_eq!(play.out(), ["PRIVMSG #room :a", "PRIVMSG #room :b"]);
    assert_eq!(play.told(), [LinkEvent::Written(3)]);
}

#[test]
fn a_way_that_is_shut_is_told() {
    for numeric in [
        403, 405, 437, 471, 473, 474, 475, 476, 477, 479, 480, 489, 520,
    ] {
        let mut play = Play::settled("");
        play.enter();
        play.out();
        play.hear(&format!(":s {numeric} me #Room :No"));
        play.hear(":s 442 me #room :You're not on that channel");
        play.hear(":s 366 me #room :End");
        assert_eq!(play.told(), [shut(numeric)], "{numeric}");
        play.session.part(ROOM);
        play.tick();
        assert_eq!(play.out(), [""; 0], "{numeric}");
        play.at(10);
        play.enter();
        assert_eq!(play.out().len(), 2, "{numeric}: a new try");
    }
    for line in [
        ":s 461 me JOIN :Not enough parameters",
        ":s 421 me JOIN :What?",
    ] {
        let mut play = Play::settled("");
        play.enter();
        play.out();
        play.hear(line);
        assert_eq!(play.told().len(), 1, "{line}");
        let mut play = Play::among("bob");
        play.hear(line);
        assert_eq!(play.told(), [], "{line}");
    }
}

#[test]
fn what_ends_a_stay_is_told_once() {
    let unsent = undeliverable(Some(1), ROOM, NOT_SENT);
    let refused = |numeric| vec![undeliverable(Some(1), ROOM, numeric), shut(numeric)];
    for (line, want) in [
        (
            ":bob!b@h KICK #room me :out",
            vec![shut(KICKED), unsent.clone()],
        ),
        (":s KICK #ROOM ME", vec![shut(KICKED), unsent.clone()]),
        (
            ":me!a@h PART #room :forced",
            vec![shut(KICKED), unsent.clone()],
        ),
        (":s 403 me #room :No such channel", refused(403)),
        (":s 442 me #room :You're not on that channel", refused(442)),
    ] {
        let mut play = Play::among("bob");
        play.say(1, &["a", "b", "c", "d", "e"]);
        play.out();
        play.told();
        play.hear(line);
        assert_eq!(play.told(), want, "{line}");
        for more in [
            line,
            ":s 404 me #room :Cannot send to channel",
            ":bob!b@h PRIVMSG #room :hi",
            ":eve!e@h JOIN #room",
        ] {
            play.hear(more);
            assert_eq!(play.told(), [], "{line}: {more}");
        }
        play.at(60);
        assert_eq!(play.out(), ["PING :token"], "{line}");
    }
}

/// They are a ban's or +m's, and we are in it still.
#[test]
fn where_our_words_are_refused_nothing_more_is_told_and_we_may_part() {
    let mut play = Play::among("bob");
    play.say(1, &["a"]);
    play.say(2, &["b"]);
    play.out();
    play.told();
    play.hear(":s 404 me #room :Cannot send to channel");
    let refused = |ticket| undeliverable(Some(ticket), ROOM, 404);
    assert_eq!(play.told(), [refused(1), shut(404)]);
    play.hear(":s 404 me #room :Cannot send to channel");
    assert_eq!(play.told(), [refused(2)]);
    for line in [
        ":bob!b@h PRIVMSG #room :hi",
        ":eve!e@h JOIN #room",
        ":bob!b@h QUIT",
        ":s 404 me #room :Cannot send to channel",
    ] {
        play.hear(line);
        assert_eq!(play.told(), [], "{line}");
    }
    play.enter();
    assert_eq!(play.told(), [shut(NOT_SENT)], "we are in it");
    play.session.part(ROOM);
    play.at(10);
    assert_eq!(play.out(), ["PART #room"]);
}

#[test]
fn we_part_without_a_word() {
    let mut play = Play::among("bob");
    play.say(1, &["a", "b", "c", "d", "e"]);
    play.session.part("#ROOM");
    assert_eq!(play.told(), [undeliverable(Some(1), ROOM, NOT_SENT)]);
    play.at(10);
    assert_eq!(play.out().last().unwrap(), "PART #room");
    for line in [
        ":bob!b@h PRIVMSG #room :hi",
        ":me!a@h PART #room",
        ":s 442 me #room :You're not on that channel",
    ] {
        play.hear(line);
        assert_eq!(play.told(), [], "{line}");
    }
    play.session.part(ROOM);
    play.at(20);
    assert_eq!(play.out(), [""; 0], "we are gone already");
}

#[test]
fn whoever_comes_back_at_once_is_not_taken_for_gone() {
    let mut play = Play::among("bob");
    play.at(20);
    play.session.part(ROOM);
    play.enter();
    assert_eq!(play.out().len(), 2);
    play.hear(":eve!e@h JOIN #room");
    play.hear(":s 404 me #room :Cannot send to channel");
    play.hear(":s 442 me #room :You're not on that channel");
    play.hear(":me!a@h PART #room");
    play.hear(":me!a@h JOIN #room");
    play.hear(":s 353 me = #room :me bob");
    play.hear(":s 366 me #room :End");
    assert_eq!(play.told(), [entered("bob")]);
}

#[test]
fn channels_and_nicks_are_bounded() {
    let mut play = Play::settled("");
    for n in 0..65 {
        play.session.enter(&format!("#c{n}"), "key");
    }
    let channel = "#c64".to_owned();
    let numeric = NOT_SENT;
    assert_eq!(play.told(), [LinkEvent::Shut { channel, numeric }]);
    let mut play = Play::settled("");
    play.enter();
    play.out();
    play.hear(":me!a@h JOIN #room");
    for n in 0..200 {
        let nicks: Vec<String> = (0..10).map(|m| format!("n{n}x{m}")).collect();
        play.hear(&format!(":s 353 me = #room :{}", nicks.join(" ")));
    }
    play.hear(":s 366 me #room :End");
    let news = play.told();
    let [LinkEvent::Entered { nicks, .. }] = news.as_slice() else {
        panic!("{news:?}");
    };
    assert_eq!(nicks.len(), 1024);
    play.hear(":more!a@h JOIN #room");
    play.hear(":more!a@h PRIVMSG #room :hello");
    assert_eq!(play.told(), []);
    play.hear(":n0x0!a@h PART #room");
    play.hear(":more!a@h JOIN #room");
    assert_eq!(play.told(), [gone("n0x0"), came("more")]);
}
