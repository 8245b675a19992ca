//! People on networks where nothing goes wrong: registering, watching, nicks.

use super::*;

#[test]
fn two_people_meet_on_every_kind_of_server() {
    for traits in all_kinds() {
        let mut play = Play::both(traits.clone());
        assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"), "{traits:?}");
        assert!(play.irc.online(NET, "BOB"));
        play.watch(ALICE, &["Bob", "carol"]);
        play.pass(20 * SECOND);
        assert_eq!(play.sights(ALICE), ["+Bob", "-carol"], "{traits:?}");
        play.say(ALICE, "bob", &["hello", "there"]);
        play.pass(20 * SECOND);
        assert_eq!(play.texts(BOB), ["hello", "there"]);
        assert!(play.news(ALICE).contains(&LinkEvent::Written(1)));
        let seen = &play.irc.log(NET)[0];
        assert_eq!(
            (&*seen.from_nick, &*seen.to, &*seen.text),
            ("alice", "bob", "hello")
        );
        play.irc.order(BOB, NET, Order::Leave);
        play.pass(30 * SECOND);
        assert_eq!(play.news(BOB).last(), Some(&LinkEvent::Left));
        assert_eq!(play.sights(ALICE), ["-Bob"], "{traits:?}");
        play.say(ALICE, "bob", &["still there?"]);
        play.pass(10 * SECOND);
        let refused = LinkEvent::Undeliverable {
            ticket: Some(1),
            nick: "bob".into(),
            numeric: 401,
        };
        assert!(play.news(ALICE).contains(&refused));
        assert!(play.irc.kills().is_empty());
    }
}

#[test]
fn a_greeting_says_what_the_server_is_like() {
    let (insp, ng, hybrid) = (Traits::inspircd(), Traits::ngircd(), Traits::hybrid());
    let silent = Traits {
        caps: Caps::Silent,
        ..hybrid.clone()
    };
    // The second as it is told; ngircd tells the minute alone, and InspIRCd, besides by tags, no zone.
    let untagged = Traits {
        caps: Caps::Few,
        ..insp.clone()
    };
    let cases = [
        (insp, 100..130),
        (ng, 30..130),
        (hybrid, 100..130),
        (silent, 100..130),
        (untagged, 0..0),
    ];
    for (traits, range) in cases {
        let (caps, told) = (traits.caps, traits.nicklen);
        let mut play = Play::new(
            1,
            Traits {
                clock_off: 100,
                ..traits
            },
        );
        play.join(ALICE, "alice", None);
        play.pass(20 * SECOND);
        let news = play.news(ALICE);
        let of_it = |news: &LinkEvent| match news {
            LinkEvent::ServerTime(at) => Some(*at),
            _ => None,
        };
        let registered = news.iter().position(|news| match news {
            LinkEvent::Registered(on) => {
                assert_eq!(on.nicklen, Some(told));
                true
            }
            _ => false,
        });
        let tagged = registered.and_then(|at| of_it(news.get(at + 1)?));
        let ahead = news.iter().find_map(of_it).map(|at| at.0 - START / 1000);
        let right = ahead.is_some_and(|ahead| range.contains(&ahead));
        assert!(
            right || (ahead.is_none() && range.is_empty()),
            "{caps:?}: {ahead:?}"
        );
        assert_eq!(tagged.is_some(), caps == Caps::ServerTime);
    }
}

#[test]
fn more_nicks_than_monitor_takes() {
    let nicks = ["n1", "n2", "n3", "n4", "n5"];
    for (told, taken) in [(2, 2), (30, 2), (30, 30)] {
        let sight = Sight::Monitor { told, taken };
        let mut play = Play::both(Traits {
            sight,
            ..Traits::inspircd()
        });
        play.watch(ALICE, &nicks);
        play.pass(30 * SECOND);
        assert_eq!(play.sights(ALICE).len(), 5, "{told} {taken}");
        for nick in nicks {
            assert!(play.irc.squat(NET, 0, nick));
        }
        play.pass(30 * SECOND);
        let mut sights = play.sights(ALICE);
        sights.sort();
        assert_eq!(
            sights,
            nicks.map(|nick| format!("+{nick}")),
            "{told} {taken}"
        );
        let polls = play.irc.lines_from(ALICE).contains_key("ISON");
        assert_eq!(polls, taken < 5);
    }
}

#[test]
fn the_servers_list_is_cleared_of_whom_nobody_looks_for() {
    let mut play = Play::both(Traits {
        sight: Sight::monitor(2),
        ..Traits::inspircd()
    });
    let mut before = Vec::new();
    for nicks in [["n1", "n2"], ["n3", "n4"], ["n5", "n6"]] {
        play.watch_instead(ALICE, &before, &nicks);
        before = nicks.to_vec();
        play.pass(30 * SECOND);
        assert_eq!(play.sights(ALICE), nicks.map(|nick| format!("-{nick}")));
    }
    assert!(!play.irc.lines_from(ALICE).contains_key("ISON"));
}

#[test]
fn a_nick_that_is_too_long_is_cut_or_rejected() {
    let mut play = Play::new(
        1,
        Traits {
            long_nick: LongNick::Cut,
            nicklen: 9,
            ..Traits::inspircd()
        },
    );
    play.join(ALICE, "abcdefghijk", None);
    play.pass(20 * SECOND);
    assert_eq!(play.irc.nick_of(ALICE, NET), None, "nobody looks for it");
    let renamed = End::new(Ended::Renamed, "abcdefghi");
    let cut = |news: &LinkEvent| matches!(news, LinkEvent::Over(end, _) if *end == renamed);
    assert!(play.news(ALICE).iter().any(cut));
    let mut play = Play::new(1, Traits::ngircd());
    play.join(ALICE, "abcdefghijk", None);
    play.pass(20 * SECOND);
    assert!(play.is_over(ALICE, Ended::NickRejected));
    assert_eq!(play.irc.nick_of(ALICE, NET), None);
}

#[test]
fn a_nick_that_is_held_becomes_free() {
    let mut play = Play::new(1, Traits::ngircd());
    assert!(play.irc.squat(NET, 0, "alice"));
    play.join(ALICE, "alice", None);
    play.pass(10 * SECOND);
    assert!(play.is_over(ALICE, Ended::NickInUse));
    assert!(play.irc.unsquat(NET, "alice"));
    play.irc.hold_nick(NET, "alice", START + 300 * SECOND);
    play.pass(280 * SECOND);
    assert!(play.is_over(ALICE, Ended::NickInUse), "437");
    play.pass(90 * SECOND);
    assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"));
}

#[test]
fn brackets_are_braces_in_one_mapping_alone() {
    for (mapping, same) in [(Mapping::Rfc1459, true), (Mapping::Ascii, false)] {
        let mut play = Play::new(
            1,
            Traits {
                mapping,
                ..Traits::inspircd()
            },
        );
        assert!(play.irc.squat(NET, 0, "A[x]"));
        assert!(!play.irc.squat(NET, 0, "a[X]"));
        assert_eq!(play.irc.squat(NET, 0, "a{x}"), !same);
    }
}
