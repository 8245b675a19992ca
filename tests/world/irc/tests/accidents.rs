//! Cut cables, dead servers, splits, sleeping machines.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::*;

#[test]
fn a_silent_cut_shows_by_pings_and_leaves_a_ghost() {
    let mut play = Play::both(Traits::inspircd());
    play.watch(BOB, &["alice"]);
    play.pass(10 * HOUR);
    assert_eq!(play.sights(BOB), ["+alice"]);
    play.irc.cut(ALICE, NET);
    play.say(BOB, "alice", &["lost"]);
    play.pass(50 * SECOND);
    assert_eq!(play.news(ALICE), [], "nothing shows yet");
    play.pass(80 * SECOND);
    let lost = |news: &LinkEvent| matches!(news, LinkEvent::Over(end, _) if end.words == "the server fell silent");
    assert!(play.news(ALICE).iter().any(lost));
    play.pass(600 * SECOND);
    assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"));
    let kills: Vec<Why> = play.irc.kills().iter().map(|kill| kill.why).collect();
    assert_eq!(kills, [Why::Silent]);
    assert_eq!(play.texts(ALICE), [""; 0]);
    assert_eq!(
        play.irc
            .nicks()
            .iter()
            .filter(|had| had.person == ALICE)
            .count(),
        2
    );
}

#[test]
fn days_without_anything_cost_nothing() {
    for traits in all_kinds() {
        let mut play = Play::both(traits);
        play.watch(ALICE, &["bob", "carol"]);
        play.pass(HOUR);
        let made = play.irc.made;
        play.pass(100 * 24 * HOUR);
        assert!(play.irc.made - made < 10, "{}", play.irc.made - made);
        play.news(ALICE);
        assert!(play.irc.squat(NET, 0, "carol"));
        play.pass(16 * SECOND);
        assert_eq!(play.sights(ALICE), ["+carol"], "within a round of ISON");
        let pings = |play: &Play| play.irc.lines_from(BOB).get("PING").copied();
        let before = pings(&play);
        play.say(BOB, "alice", &["x"]);
        play.pass(SECOND);
        assert_eq!(play.texts(ALICE), ["x"]);
        assert_eq!(
            pings(&play),
            before,
            "as if it had been pinged all the time"
        );
        play.news(BOB);
        play.pass(HOUR);
        assert_eq!(play.news(BOB), []);
    }
}

#[test]
fn a_split_hides_people_and_heals() {
    for traits in all_kinds() {
        let mut play = Play::new(
            3,
            Traits {
                servers: 2,
                ..traits
            },
        );
        play.join(ALICE, "alice", None);
        let mut settings = play.irc.settings(NET);
        settings.servers.reverse();
        play.irc
            .link(BOB, NET, settings, std::time::Duration::from_secs(15));
        play.connect(BOB, "bob");
        play.watch(ALICE, &["bob"]);
        play.pass(30 * SECOND);
        assert_eq!(play.sights(ALICE), ["+bob"]);
        play.say(ALICE, "bob", &["over two servers"]);
        play.pass(10 * SECOND);
        assert_eq!(play.texts(BOB), ["over two servers"]);
        play.say(ALICE, "bob", &["on its way"]);
        while play.irc.log(NET).len() < 2 {
            play.pass(1);
        }
        play.irc.split(NET, &[1]);
        play.say(ALICE, "bob", &["into the split"]);
        play.pass(20 * SECOND);
        assert_eq!(play.sights(ALICE), ["-bob"]);
        assert_eq!(play.texts(BOB), [""; 0]);
        play.irc.heal(NET);
        play.pass(20 * SECOND);
        assert_eq!(play.sights(ALICE), ["+bob"]);
        assert!(play.irc.kills().is_empty());
    }
}

#[test]
fn two_of_one_nick_collide_when_a_split_heals() {
    for (collision, both) in [
        (Collision::BothKilled, true),
        (Collision::YoungerKilled, false),
    ] {
        let mut play = Play::both(Traits {
            servers: 2,
            collision,
            ..Traits::inspircd()
        });
        play.irc.split(NET, &[1]);
        assert!(!play.irc.squat(NET, 0, "alice"));
        assert!(play.irc.squat(NET, 1, "alice"));
        play.irc.heal(NET);
        play.pass(SECOND);
        let killed = play
            .irc
            .kills()
            .iter()
            .any(|kill| kill.person == Some(ALICE));
        assert_eq!(
            (killed, play.irc.kills().len()),
            (both, 1 + usize::from(both))
        );
        assert!(
            play.irc
                .kills()
                .iter()
                .all(|kill| kill.why == Why::Collision)
        );
        play.pass(60 * SECOND);
        assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"), "again");
    }
}

#[test]
fn a_machine_that_slept_asks_whether_its_link_still_is() {
    let mut play = Play::both(Traits::inspircd());
    let wake = play.irc.now_ms() + 8 * HOUR;
    play.irc.sleep(ALICE, wake);
    play.pass(8 * HOUR - 1);
    assert_eq!(play.news(ALICE), []);
    assert!(!play.irc.online(NET, "alice"));
    play.pass(70 * SECOND);
    assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"));
    let wake = play.irc.now_ms() + 30 * SECOND;
    play.irc.sleep(ALICE, wake);
    play.news(ALICE);
    play.pass(2 * HOUR);
    assert_eq!(play.news(ALICE), [], "a short sleep does no harm");
    play.irc.set_clock_offset(ALICE, -7200);
    play.pass(2 * HOUR);
    assert_eq!(play.news(ALICE), [], "nor does a clock that is set");
}

#[test]
fn the_next_server_is_tried() {
    let mut play = Play::both(Traits {
        servers: 2,
        ..Traits::ngircd()
    });
    play.irc.server_down(NET, 0);
    play.pass(60 * SECOND);
    assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"));
    play.irc.network_down(NET);
    play.pass(2 * HOUR);
    assert_eq!(play.irc.nick_of(ALICE, NET), None);
    play.irc.unplug(ALICE);
    play.irc.network_up(NET);
    play.pass(600 * SECOND);
    assert!(!play.irc.online(NET, "alice") && play.irc.online(NET, "bob"));
    play.irc.calm();
    play.pass(600 * SECOND);
    assert!(play.irc.online(NET, "alice"));
}

/// What was written during the gap comes at once; of a long letter that is never so much that InspIRCd takes it for a
/// flood.
#[test]
fn after_a_gap_nothing_is_a_flood() {
    for gap in [8, 20, 50] {
        let mut play = Play::both(Traits::inspircd());
        play.pass(60 * SECOND);
        play.irc.stall(ALICE, NET, gap * SECOND);
        play.say(ALICE, "bob", &["x".repeat(410).as_str(); 12]);
        play.pass((gap - 1) * SECOND);
        assert_eq!(play.texts(BOB), [""; 0]);
        play.pass(90 * SECOND);
        assert_eq!(play.irc.kills(), [], "{gap}");
        assert_eq!(play.texts(BOB).len(), 12, "{gap}");
    }
}

#[test]
fn a_crash_and_a_long_line() {
    let mut play = Play::both(Traits::inspircd());
    play.irc.crash(ALICE, false);
    play.pass(SECOND);
    assert!(!play.irc.online(NET, "alice"));
    play.connect(ALICE, "alice");
    play.pass(20 * SECOND);
    play.say(ALICE, "bob", &["ä".repeat(240).as_str()]);
    play.pass(20 * SECOND);
    let texts = play.texts(BOB);
    let [text] = texts.as_slice() else {
        panic!("{texts:?}")
    };
    assert!(
        text.ends_with('\u{fffd}') || text.len() < 480,
        "cut: {}",
        text.len()
    );
    play.irc.crash(ALICE, true);
    play.pass(SECOND);
    assert!(play.irc.online(NET, "alice"), "a ghost");
}

/// A day with all that can go wrong.
fn played(seed: u64) -> (u64, usize) {
    let mut play = Play::new(
        seed,
        Traits {
            servers: 3,
            ..Traits::hybrid()
        },
    );
    for person in 0..5 {
        play.join(person, &format!("p{person}"), None);
        play.watch(person, &["p0", "p1", "p2", "p3", "p4"]);
    }
    play.irc.set_odds(NET, 0.1, 0.1, 0.1);
    for step in 0..40 {
        match step % 8 {
            0 => play.irc.cut(step % 5, NET),
            1 => play.irc.split(NET, &[step % 3]),
            2 => play.irc.heal(NET),
            3 => play.irc.server_down(NET, step % 3),
            4 => play.irc.network_up(NET),
            5 => play.irc.flood(NET, "p3", 5),
            6 => play.irc.reset(step % 5, NET),
            _ => play.irc.calm(),
        }
        play.say(step % 5, &format!("p{}", (step + 1) % 5), &["one", "two"]);
        play.pass(90 * SECOND + step as u64 * 1777);
    }
    let mut hasher = DefaultHasher::new();
    play.irc.log(NET).hash(&mut hasher);
    format!("{:?} {:?}", play.told, play.irc.kills()).hash(&mut hasher);
    (hasher.finish(), play.told.len())
}

#[test]
fn the_same_seed_gives_the_same_day() {
    let (first, told) = played(11);
    assert_eq!(played(11), (first, told));
    assert_ne!(played(12).0, first);
    assert!(told > 100, "{told}");
}
