//! Channels: coming in, splits, takeovers, and what those outside see.

use super::super::traits::Merge;
use super::*;

const CAROL: usize = 2;
const DAVE: usize = 3;
const ROOM: &str = "#room";

impl Play {
    /// So many people are on the network, each under a name of their own.
    fn people(count: usize, traits: Traits) -> Self {
        let mut play = Self::new(7, traits);
        for (person, nick) in ["alice", "bob", "carol", "dave"]
            .iter()
            .enumerate()
            .take(count)
        {
            play.join(person, nick, None);
        }
        play.pass(20 * SECOND);
        play
    }

    /// And all are in the room, and nothing is to be told.
    fn in_room(count: usize, traits: Traits) -> Self {
        let mut play = Self::people(count, traits);
        for person in 0..count {
            play.enter(person, "key");
        }
        for person in 0..count {
            assert!(
                play.news(person)
                    .iter()
                    .any(|news| matches!(news, LinkEvent::Entered { .. }))
            );
        }
        play
    }

    fn enter(&mut self, person: usize, key: &str) {
        let (channel, key) = (ROOM.to_owned(), key.to_owned());
        self.irc.order(person, NET, Order::Enter { channel, key });
        self.pass(10 * SECOND);
    }

    fn part(&mut self, person: usize) {
        self.irc.order(person, NET, Order::Part(ROOM.to_owned()));
        self.pass(10 * SECOND);
    }

    /// What was told of channels since the last call: `=nick,nick` on coming in, `+nick`, `-nick`, `<nick> text`, and the
    /// numeric of what is shut.
    fn of_room(&mut self, person: usize) -> Vec<String> {
        let news = self.news(person).into_iter();
        news.filter_map(|news| match news {
            LinkEvent::Entered { nicks, .. } => Some(format!(
                "={}",
                nicks.into_iter().collect::<Vec<_>>().join(",")
            )),
            LinkEvent::Came { nick, .. } => Some(format!("+{nick}")),
            LinkEvent::Gone { nick, .. } => Some(format!("-{nick}")),
            LinkEvent::Heard { from, text, .. } => Some(format!("<{from}> {text}")),
            LinkEvent::Shut { numeric, .. } => Some(numeric.to_string()),
            _ => None,
        })
        .collect()
    }
}

#[test]
fn people_meet_in_a_channel_on_every_kind_of_server() {
    for traits in all_kinds() {
        let mut play = Play::people(3, traits.clone());
        play.enter(ALICE, "key");
        assert_eq!(play.of_room(ALICE), ["="], "{traits:?}");
        play.enter(BOB, "wrong");
        assert_eq!(play.of_room(BOB), ["475"], "{traits:?}");
        play.enter(BOB, "key");
        assert_eq!(play.of_room(BOB), ["=alice"], "{traits:?}");
        play.say(ALICE, ROOM, &["hello", "there"]);
        play.say(BOB, ROOM, &["hi"]);
        play.pass(10 * SECOND);
        assert_eq!(play.of_room(ALICE), ["+bob", "<bob> hi"]);
        assert_eq!(play.of_room(BOB), ["<alice> hello", "<alice> there"]);
        play.enter(CAROL, "key");
        play.part(BOB);
        play.irc.order(CAROL, NET, Order::Leave);
        play.pass(10 * SECOND);
        assert_eq!(play.of_room(ALICE), ["+carol", "-bob", "-carol"]);
        assert_eq!(play.of_room(BOB), ["+carol"]);
        assert_eq!(play.of_room(CAROL), ["=alice,bob", "-bob"]);
        play.irc.force_nick(ALICE, NET, "guest");
        play.pass(SECOND);
        assert_eq!(play.irc.exposed(), [], "{traits:?}");
        assert!(play.irc.kills().is_empty());
    }
}

#[test]
fn an_operator_sees_who_is_where_and_was() {
    let mut play = Play::in_room(2, Traits::inspircd());
    let listed = play.irc.operator_lists(NET);
    let who = |nick: &str, person: usize| {
        (
            nick.to_owned(),
            format!("host-{person}.example.org"),
            Some(person),
        )
    };
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&*listed[0].channel, listed[0].key.as_deref()),
        (ROOM, Some("key"))
    );
    assert_eq!(listed[0].members, [who("alice", ALICE), who("bob", BOB)]);
    play.say(ALICE, ROOM, &["sealed"]);
    play.pass(SECOND);
    let seen = play.irc.log(NET).last().unwrap();
    assert_eq!(
        (&*seen.from_nick, &*seen.to, &*seen.text),
        ("alice", ROOM, "sealed")
    );
    play.part(ALICE);
    play.part(BOB);
    assert_eq!(play.irc.operator_lists(NET), []);
    let stays = play.irc.stays();
    assert_eq!(stays.len(), 2);
    assert!(
        stays
            .iter()
            .all(|stay| stay.key == "key" && stay.until_ms > Some(stay.from_ms))
    );
}

#[test]
fn a_second_link_has_a_nick_of_its_own_where_one_host_may_have_two() {
    for (clones, comes_in) in [(2, true), (1, false)] {
        let mut play = Play::both(Traits {
            clones,
            ..Traits::ngircd()
        });
        let settings = play.irc.settings(NET);
        let poll = std::time::Duration::from_secs(15);
        play.irc.second_link(ALICE, "rooms", NET, settings, poll);
        play.irc.order(ALICE, "rooms", Order::Connect("xyz".into()));
        play.pass(20 * SECOND);
        let told: Vec<Told> = std::mem::take(&mut play.told);
        assert!(
            told.iter()
                .all(|told| told.person == ALICE && told.network == "rooms")
        );
        let refused = |told: &Told| matches!(&told.news, LinkEvent::Over(end, _) if end.how == Ended::Refused);
        assert_eq!(told.iter().any(refused), !comes_in, "{told:?}");
        assert_eq!(play.irc.nick_of(ALICE, "rooms"), comes_in.then_some("xyz"));
        assert_eq!(
            play.irc.nick_of(ALICE, NET),
            Some("alice"),
            "the first stays"
        );
    }
}

#[test]
fn half_of_a_channel_vanishes_and_comes_back() {
    for traits in all_kinds() {
        let mut play = Play::in_room(4, traits.clone());
        for _ in 0..2 {
            assert!(play.irc.split_channel(NET, ROOM));
            play.say(ALICE, ROOM, &["who is there?"]);
            play.pass(10 * SECOND);
            assert_eq!(play.of_room(ALICE), ["-bob", "-dave"], "{traits:?}");
            let said = "<alice> who is there?";
            assert_eq!(play.of_room(CAROL), ["-bob", "-dave", said]);
            assert_eq!(play.of_room(BOB), ["-alice", "-carol"]);
            assert_eq!(play.of_room(DAVE), ["-alice", "-carol"]);
            play.irc.heal(NET);
            play.say(BOB, ROOM, &["again"]);
            play.pass(10 * SECOND);
            assert_eq!(play.of_room(ALICE), ["+bob", "+dave", "<bob> again"]);
            assert_eq!(play.of_room(DAVE), ["+alice", "+carol", "<bob> again"]);
            assert_eq!(play.of_room(CAROL), ["+bob", "+dave", "<bob> again"]);
            assert_eq!(play.of_room(BOB), ["+alice", "+carol"]);
        }
        let modes = play.irc.operator_lists(NET);
        assert_eq!(modes[0].key.as_deref(), Some("key"), "{traits:?}");
        assert_eq!(play.irc.exposed(), []);
    }
}

#[test]
fn a_takeover_throws_all_out_and_keeps_them_out() {
    let mut play = Play::in_room(2, Traits::ngircd());
    assert!(!play.irc.take_over(NET, 0, "mallory", "#other"));
    play.say(ALICE, ROOM, &["a"; 9]);
    assert!(play.irc.take_over(NET, 0, "mallory", ROOM));
    play.pass(10 * SECOND);
    assert_eq!(play.of_room(ALICE), ["+mallory", "1"]);
    assert_eq!(play.of_room(BOB).last().unwrap(), "1");
    let before = play.irc.log(NET).len();
    play.enter(ALICE, "key");
    assert_eq!(play.of_room(ALICE), ["474"]);
    assert_eq!(play.irc.log(NET).len(), before, "what waited was dropped");
    play.irc.calm();
    play.enter(ALICE, "new");
    assert_eq!(play.of_room(ALICE), ["="], "nobody is left in it");
}

#[test]
fn words_are_refused_where_a_stranger_wills_it() {
    for change in ["+m", "+b *!*@*"] {
        let mut play = Play::in_room(2, Traits::hybrid());
        assert!(play.irc.stranger_rules(NET, 0, "mallory", ROOM));
        play.irc.stranger_sets(NET, "mallory", ROOM, change);
        // Alice made the channel, and is its operator.
        play.say(BOB, ROOM, &["a"]);
        play.pass(10 * SECOND);
        assert_eq!(play.of_room(BOB), ["+mallory", "404"], "{change}");
        assert_eq!(play.of_room(ALICE), ["+mallory"], "{change}");
        play.part(BOB);
        assert_eq!(play.of_room(ALICE), ["-bob"], "{change}");
    }
    let mut play = Play::in_room(1, Traits::hybrid());
    assert!(play.irc.stranger_rules(NET, 0, "mallory", ROOM));
    play.irc.stranger_sets(NET, "mallory", ROOM, "+i");
    assert!(play.irc.server_kicks(ALICE, NET, ROOM));
    play.pass(SECOND);
    play.enter(ALICE, "key");
    assert_eq!(play.of_room(ALICE), ["+mallory", "1", "473"]);
}

/// Whoever makes the channel anew on a side where nobody is in it is its operator there: what that is worth when the split
/// heals differs.
#[test]
fn a_channel_made_on_the_empty_side_of_a_split() {
    for (merge, stands) in [(Merge::Both, true), (Merge::OlderWins, false)] {
        let mut play = Play::in_room(
            2,
            Traits {
                servers: 2,
                merge,
                ..Traits::ngircd()
            },
        );
        play.irc.split(NET, &[1]);
        assert!(
            play.irc.stranger_joins(NET, 1, "mallory", ROOM, ""),
            "without the key"
        );
        play.irc.stranger_sets(NET, "mallory", ROOM, "+b *!*@*");
        play.irc.heal(NET);
        play.say(BOB, ROOM, &["a"]);
        play.pass(10 * SECOND);
        let refused = play.of_room(BOB).contains(&"404".to_owned());
        assert_eq!(refused, stands, "{merge:?}");
        assert!(
            play.of_room(ALICE).contains(&"+mallory".to_owned()),
            "stays in any case"
        );
        assert!(
            !play.irc.stranger_joins(NET, 0, "eve", ROOM, ""),
            "needs the key"
        );
    }
}

#[test]
fn a_server_says_what_nobody_said() {
    let mut play = Play::in_room(2, Traits::inspircd());
    play.say(ALICE, ROOM, &["first"]);
    play.pass(SECOND);
    play.irc.server_forges(NET, "alice", ROOM, "first");
    play.irc.server_forges(NET, "nobody", ROOM, "first");
    assert!(
        play.irc
            .stranger_says(NET, "eve", Kind::Privmsg, ROOM, "from outside")
    );
    play.pass(SECOND);
    assert_eq!(play.of_room(BOB), ["<alice> first", "<alice> first"]);
    assert_eq!(play.of_room(ALICE), [""; 0]);
}

#[test]
fn where_founders_are_no_operators_a_channel_stays_open() {
    let mut play = Play::people(
        2,
        Traits {
            founder_op: false,
            ..Traits::inspircd()
        },
    );
    play.enter(ALICE, "key");
    assert_eq!(play.of_room(ALICE), ["=", "482"], "it is to be left");
    let exposed = play.irc.exposed();
    assert_eq!(exposed.len(), 1);
    assert_eq!(exposed[0].until_ms, None);
    play.enter(BOB, "wrong");
    assert_eq!(play.of_room(BOB), ["=alice"]);
}

#[test]
fn a_client_is_in_so_many_channels() {
    let mut play = Play::people(
        1,
        Traits {
            max_channels: 1,
            ..Traits::ngircd()
        },
    );
    let (channel, key) = ("#first".to_owned(), "key".to_owned());
    play.irc.order(ALICE, NET, Order::Enter { channel, key });
    play.enter(ALICE, "key");
    assert_eq!(play.of_room(ALICE), ["=", "405"]);
}

/// ngircd takes four lines at once here: a JOIN that was the fourth would be seen until it takes the fifth.
#[test]
fn nobody_sees_a_channel_before_it_is_secret() {
    for traits in all_kinds() {
        for texts in 0..6 {
            let mut play = Play::people(2, traits.clone());
            play.pass(60 * SECOND);
            play.say(ALICE, "bob", &["a", "b", "c", "d", "e"][..texts.min(5)]);
            let (channel, key) = (ROOM.to_owned(), "key".to_owned());
            play.irc.order(ALICE, NET, Order::Enter { channel, key });
            play.pass(60 * SECOND);
            assert_eq!(play.of_room(ALICE), ["="], "{texts}");
            assert_eq!(play.irc.exposed(), [], "{texts} {traits:?}");
        }
    }
}
