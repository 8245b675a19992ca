//! What servers, services and strangers do to people.

use super::*;

#[test]
fn too_many_lines_kill_but_not_with_the_programs_own_settings() {
    let fast = Flood {
        burst: 100,
        per_second: 100.0,
    };
    let [insp, ng, hybrid] = all_kinds();
    let strict = Traits {
        patience: Patience::Strict,
        ..hybrid.clone()
    };
    // The servers whose queues are counted in bytes never have more of ours there than they bear.
    let cases = [
        (insp, fast, 410, false),
        (hybrid.clone(), fast, 410, false),
        (hybrid, fast, 1, false),
        (strict.clone(), fast, 1, true),
        (ng, fast, 410, false),
        (strict, Flood::default(), 410, false),
    ];
    for (traits, flood, bytes, deadly) in cases {
        let about = format!("{:?} {flood:?}", traits.patience);
        let mut play = Play::new(5, traits);
        play.join(ALICE, "alice", Some(flood));
        play.join(BOB, "bob", None);
        play.pass(30 * SECOND);
        play.say(ALICE, "bob", &["x".repeat(bytes).as_str(); 30]);
        play.watch(ALICE, &["a", "b", "c"]);
        play.pass(120 * SECOND);
        let kills = play.irc.kills();
        assert_eq!(!kills.is_empty(), deadly, "{about}");
        assert!(
            kills
                .iter()
                .all(|k| k.why == Why::Flood && k.person == Some(ALICE))
        );
        assert_eq!(play.texts(BOB).len() == 30, !deadly, "{about}");
    }
}

#[test]
fn a_forced_nick_is_told_to_all() {
    let mut play = Play::both(Traits::inspircd());
    play.watch(BOB, &["alice", "guest1"]);
    play.pass(20 * SECOND);
    play.news(BOB);
    play.irc.force_nick(ALICE, NET, "Guest1");
    play.pass(SECOND);
    assert!(play.is_over(ALICE, Ended::Renamed));
    assert_eq!(
        play.sights(BOB),
        ["-alice", "+guest1", "-guest1"],
        "and left"
    );
    play.pass(62 * SECOND);
    assert_eq!(play.irc.nick_of(ALICE, NET), Some("alice"), "as before");
}

#[test]
fn strangers_are_heard_and_get_no_answer() {
    let mut play = Play::both(Traits::inspircd());
    play.pass(60 * SECOND);
    let before = play.irc.lines_from(ALICE);
    for kind in [Kind::Privmsg, Kind::Notice, Kind::Ctcp] {
        assert!(play.irc.stranger_says(NET, "eve", kind, "alice", "VERSION"));
    }
    assert!(
        !play
            .irc
            .stranger_says(NET, "bob", Kind::Privmsg, "alice", "forged")
    );
    play.irc.flood(NET, "alice", 20);
    assert!(play.irc.replay(NET, 0, "mallory", Some("bob")));
    play.pass(60 * SECOND);
    assert_eq!(play.texts(ALICE).len(), 21);
    assert_eq!(play.texts(BOB), ["VERSION"]);
    assert_eq!(play.irc.lines_from(ALICE), before);
}

#[test]
fn lines_are_lost_doubled_and_reordered() {
    for (lost, doubled, late) in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.5)] {
        let mut play = Play::both(Traits {
            patience: Patience::Endless,
            ..Traits::inspircd()
        });
        play.irc.set_odds(NET, lost, doubled, late);
        let texts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        play.say(ALICE, "bob", &texts);
        play.pass(120 * SECOND);
        let mut got = play.texts(BOB);
        let in_order = got.is_sorted();
        got.sort();
        let want = texts.iter().filter(|_| lost == 0.0);
        let want: Vec<&str> = want
            .flat_map(|t| vec![*t; 1 + usize::from(doubled > 0.0)])
            .collect();
        assert_eq!(got, want);
        assert_eq!(in_order, lost > 0.0);
    }
}
