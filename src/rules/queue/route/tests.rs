//! Refusals, rounds and rests.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

const NOW: Seconds = Seconds(1_000_000);

/// A round: `t` taken, `l` later, `r` refused, `p` perhaps of us, `u` of us, `-` unsent; which letter; to which domain.
fn round(text: &str) -> Vec<Tried> {
    let one = |word: &str| {
        let why = String::from("no");
        let mut signs = word.chars();
        let handed = match signs.next().unwrap() {
            't' => Handed::Taken,
            'l' => Handed::Later(why),
            'r' => Handed::Refused(why),
            'p' => Handed::Perhaps(why),
            'u' => Handed::OfUs(why),
            _ => Handed::Unsent,
        };
        let letter = LetterId([signs.next().unwrap().to_digit(10).unwrap() as u8; 16]);
        let to = format!("x{}@{}.example", letter.0[0], signs.as_str());
        let to = Address::parse(&to).unwrap();
        Tried { letter, to, handed }
    };
    text.split_whitespace().map(one).collect()
}

fn letters(ends: &[Handed]) -> String {
    let one = |handed: &Handed| match handed {
        Handed::Taken => 't',
        Handed::Later(_) => 'l',
        Handed::Refused(_) => 'r',
        Handed::Perhaps(_) => 'p',
        Handed::OfUs(_) => 'u',
        Handed::Unseen(_) => '?',
        Handed::Unsent => '-',
    };
    ends.iter().map(one).collect()
}

#[test]
fn mails_to_two_domains_refused_so_with_none_taken_between_are_us() {
    for (text, suspect, ends, rests, after) in [
        ("p1a", None, "p", false, Some("a")),
        ("p1a", Some("a"), "p", false, Some("a")),
        ("p1a", Some("b"), "u", true, Some("a")),
        ("p1a p2b", None, "uu", true, Some("b")),
        ("p1a p2a", None, "pp", false, Some("a")),
        ("p1a t2b p3c", None, "ptp", false, Some("c")),
        ("p1a p2b t3a", None, "ppt", false, None),
        ("t1a p2b p3c", None, "tpp", false, Some("b")),
        ("t1a p2b", Some("c"), "tp", false, Some("b")),
        ("p1a r2c p3b", None, "uru", true, Some("b")),
        ("p1a l2c p3b", None, "ulu", true, Some("b")),
        ("r1a r2b r3c", None, "rrr", false, None),
        ("t1a", Some("b"), "t", false, None),
        ("u1a -2b", None, "u-", true, None),
        ("t1a u2b", None, "tu", true, None),
        ("u1a t2b", None, "ut", false, None),
        ("", Some("a"), "", false, Some("a")),
    ] {
        let domain = |name: &str| format!("{name}.example");
        let before = RouteState {
            of: "way".to_owned(),
            suspect: suspect.map(domain),
            ..RouteState::default()
        };
        let (state, found) = before.after("way", round(text), NOW);
        assert_eq!(letters(&found), ends, "{text}");
        assert_eq!(state.rests("way", NOW).is_some(), rests, "{text}");
        assert_eq!(state.suspect, after.map(domain), "{text}");
    }
}

#[test]
fn a_letter_that_is_refused_alone_goes_last_and_fails_after_the_third_time() {
    let mut state = RouteState::default();
    let mut all = Vec::new();
    for text in ["p1a t2b", "p1a", "l1a", "t3b p1a", "p1a"] {
        let (after, ends) = state.after("way", round(text), NOW);
        all.push(letters(&ends));
        state = after;
    }
    assert_eq!(all, ["pt", "p", "l", "tr", "p"]);
    let (state, _) = state.after("way", round("p2a p3a"), NOW);
    let (state, _) = state.after("way", round("u4b"), NOW);
    let places = [1, 2, 3, 4, 5].map(|one| state.last(LetterId([one; 16])));
    assert_eq!(places, [Some(0), Some(1), Some(2), Some(3), None]);
    // What was for our sake is not counted.
    let (state, _) = state.after("way", round("p1a p2b"), NOW);
    assert_eq!(state.times(LetterId([1; 16])), 0);
    let (state, _) = state.after("way", round("t1a r2b t3a t4b"), NOW);
    assert!(state.doubted.is_empty());
}

#[test]
fn no_text_fails_for_the_sake_of_the_way_out() {
    let mut state = RouteState::default();
    for text in ["p1a p2a p3b p4c", "p1a", "p2a", "p3b", "p4c", "l1a p2a"].repeat(9) {
        let (after, ends) = state.after("way", round(text), NOW);
        assert!(!letters(&ends).contains(['p', 'r']), "{text}: {ends:?}");
        state = after;
    }
    assert_eq!(state.doubted.len(), 4);
    // One that is taken begins it anew.
    let (state, ends) = state.after("way", round("t5d p1a"), NOW);
    assert_eq!(letters(&ends), "tp");
    assert_eq!(state.times(LetterId([1; 16])), 1);
}

#[test]
fn two_friends_whose_servers_refuse_us_hold_nobody_up_for_long() {
    let mut state = RouteState::default();
    for pause in [300, 600, 600, 600] {
        (state, _) = state.after("way", round("p1a p2b"), NOW);
        assert_eq!(state.rests("way", NOW), Some((NOW + pause, "no")));
    }
    (state, _) = state.after("way", round("u1a"), NOW);
    assert_eq!(state.rests("way", NOW), Some((NOW + 4800, "no")));
}

#[test]
fn the_way_out_rests_with_growing_pauses_until_a_mail_is_taken() {
    let mut state = RouteState::default();
    for pause in [300, 600, 1200, 2400, 4800, 9600, 14_400, 14_400] {
        (state, _) = state.after("way", round("u1a"), NOW);
        assert_eq!(state.rests("way", NOW), Some((NOW + pause, "no")));
        assert_eq!(state.rests("way", NOW + pause), None);
        assert_eq!(state.rests("way", NOW - 1), None, "the clock was set back");
        assert_eq!(state.rests("another", NOW), None);
    }
    (state, _) = state.after("way", round("l1a r1a"), NOW);
    assert_eq!(state.refusals, 8, "what is not about us changes nothing");
    let (open, _) = state.after("way", round("t1a"), NOW);
    assert_eq!(open.rests("way", NOW), None);
    let (first, _) = state.after("another", round("u1a"), NOW);
    assert_eq!(first.rests("another", NOW), Some((NOW + 300, "no")));
}

#[test]
fn a_trouble_is_told_once_a_day_or_when_it_changes() {
    let told = Told {
        trouble: "450 wait 297 s".to_owned(),
        at: NOW,
    };
    for (trouble, now, covered) in [
        ("450 wait 297 s", NOW, true),
        ("450 wait 12 s", NOW + 300, true),
        ("450 wait 297 s", NOW + DAY - 1, true),
        ("450 wait 297 s", NOW + DAY, false),
        ("450 wait 297 s", NOW - 1, false),
        ("450 waited 297 s", NOW, false),
    ] {
        assert_eq!(told.covers(trouble, now), covered, "{trouble} {now}");
    }
}
