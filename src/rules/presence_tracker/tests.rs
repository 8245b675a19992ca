//! Two memories that greet each other, and squatters who would like to be taken for friends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use super::*;

struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        buffer.fill(self.0);
    }
}

const NET: &str = "testnet";
const GRACE: u64 = 180;

fn bob() -> Address {
    Address::parse("bob@example.net").unwrap()
}

/// One side: who it watches and its rng.
struct Side {
    watch: PresenceTracker,
    rng: Counting,
    status: Status,
}

type Greeting = (LetterId, Option<LetterId>);

impl Side {
    fn new(seed: u8, greetable: bool) -> Self {
        let mut watch = PresenceTracker::new(GRACE);
        watch.set_friend(&bob(), Some(greetable));
        Self {
            watch,
            rng: Counting(seed),
            status: Status::Online,
        }
    }

    fn up(&mut self, nick: &str, now: u64) -> Vec<Greeting> {
        greetings(self.watch.up(&bob(), NET, nick, now, &mut self.rng))
    }

    fn hear(&mut self, nick: &str, status: Status, greeting: Greeting, now: u64) -> Vec<Greeting> {
        let (id, echo) = greeting;
        let here = Here {
            nick: nick.to_owned(),
            network: NET.to_owned(),
            status,
            status_text: None,
            capabilities: Vec::new(),
            echo,
        };
        let wishes = self.watch.here(&bob(), NET, id, &here, now, &mut self.rng);
        greetings(wishes)
    }

    fn tick(&mut self, now: u64) -> Vec<Greeting> {
        greetings(self.watch.tick(now, &mut self.rng))
    }

    fn shown(&self) -> Shown {
        self.watch.shown(&bob()).0
    }
}

fn greetings(wishes: Vec<Wish>) -> Vec<Greeting> {
    let greet = |wish| match wish {
        Wish::Greet { id, echo, .. } => Some((id, echo)),
        Wish::Changed { .. } | Wish::Doubt { .. } => None,
    };
    wishes.into_iter().filter_map(greet).collect()
}

fn id(byte: u8) -> LetterId {
    LetterId([byte; 16])
}

/// Lets two sides greet each other until both are silent. Gives how many each sent.
fn converse(one: &mut Side, two: &mut Side, first: [Vec<Greeting>; 2]) -> [usize; 2] {
    let [mut to_two, mut to_one] = first;
    let mut sent = [0, 0];
    let mut count = 0;
    while !to_one.is_empty() || !to_two.is_empty() {
        let mut answers = [Vec::new(), Vec::new()];
        for (at, greetings) in [to_two, to_one].into_iter().enumerate() {
            for greeting in greetings {
                sent[at] += 1;
                count += 1;
                let (hearer, status) = match at {
                    0 => (&mut *two, one.status),
                    _ => (&mut *one, two.status),
                };
                answers[at].extend(hearer.hear("nick", status, greeting, 0));
            }
        }
        assert!(count < 20, "they greet each other for ever");
        let [of_two, of_one] = answers;
        to_one = of_two;
        to_two = of_one;
    }
    sent
}

#[test]
fn two_sides_prove_themselves_with_two_letters_each() {
    for (one_sees, two_sees) in [(true, true), (true, false), (false, true)] {
        let case = format!("{one_sees} {two_sees}");
        let (mut one, mut two) = (Side::new(0, true), Side::new(100, true));
        let begin = |side: &mut Side, sees: bool| match sees {
            true => side.up("nick", 0),
            false => Vec::new(),
        };
        let first = [begin(&mut one, one_sees), begin(&mut two, two_sees)];
        let sent = converse(&mut one, &mut two, first);
        assert!(sent.iter().all(|sent| *sent <= 2), "{case}: {sent:?}");
        assert_eq!(
            (one.shown(), two.shown()),
            (Shown::Online, Shown::Online),
            "{case}"
        );
        assert_eq!(
            one.watch.reached(&bob()),
            [(NET.to_owned(), "nick".to_owned())]
        );
        assert!(one.watch.online().eq([&bob()]));
    }
}

#[test]
fn a_nick_alone_proves_nothing() {
    let mut side = Side::new(0, true);
    let greeting = side.up("nick", 0);
    assert_eq!(greeting.len(), 1);
    assert_eq!(greeting[0].1, None);
    assert_eq!(side.shown(), Shown::Unverified);
    assert!(side.watch.reached(&bob()).is_empty(), "no text goes there");
    assert!(side.up("nick", 1).is_empty(), "still the same coming");
    assert!(side.tick(19).is_empty());
    assert_eq!(side.tick(20).len(), 1);
    assert!(side.tick(1000).is_empty(), "twice at most");
    assert_eq!(side.shown(), Shown::Unverified);
}

#[test]
fn an_echo_of_what_was_never_sent_proves_nothing() {
    let mut side = Side::new(0, true);
    side.up("nick", 0);
    assert!(
        side.hear("nick", Status::Online, (id(77), Some(id(99))), 0)
            .is_empty()
    );
    assert_eq!(side.shown(), Shown::Unverified);
    // One with no echo is greeted back, and proves nothing either.
    assert_eq!(
        side.hear("nick", Status::Online, (id(78), None), 0).len(),
        1
    );
    assert_eq!(side.shown(), Shown::Unverified);
}

#[test]
fn an_echo_is_worth_something_for_its_own_coming_alone() {
    let mut side = Side::new(0, true);
    let (ours, _) = side.up("nick", 0)[0];
    side.watch.down(&bob(), NET, "nick", 5);
    side.up("nick", 10);
    side.hear("nick", Status::Online, (id(77), Some(ours)), 10);
    assert_eq!(
        side.shown(),
        Shown::Unverified,
        "it was sent to the coming before"
    );
}

/// How a server says that a nick is gone.
fn flap(side: &mut Side, lost: bool, now: u64) {
    match lost {
        true => side.watch.lost(NET, now),
        false => side.watch.down(&bob(), NET, "nick", now),
    };
}

#[test]
fn a_nick_that_comes_again_within_a_minute_has_not_come_anew() {
    // Seconds between two comings, how many there are, and how many greetings leave in all.
    for (apart, comings, sent) in [
        (0, 1_000, 2),
        (1, 60, 2),
        (1, 600, 20),
        (59, 2, 2),
        (60, 2, 2),
        (60, 10, 10),
        (600, 10, 10),
    ] {
        for lost in [false, true] {
            let mut side = Side::new(0, true);
            let mut greetings = 0;
            for coming in 0..comings {
                let now = 1_000 + coming * apart;
                greetings += side.up("nick", now).len();
                greetings += side.up("nick", now).len();
                flap(&mut side, lost, now);
            }
            assert_eq!(greetings, sent, "{apart} {comings} {lost}");
        }
    }
}

#[test]
fn echoes_of_a_flapping_nick_are_counted_as_well() {
    let mut side = Side::new(0, true);
    let mut echoes = 0;
    for now in 0..60 {
        let heard = side.hear("nick", Status::Online, (id(77), None), now);
        echoes += heard.iter().filter(|(_, echo)| echo.is_some()).count();
        flap(&mut side, now % 2 == 0, now);
    }
    assert_eq!(echoes, 2);
}

#[test]
fn whoever_flapped_and_stays_is_greeted_after_a_minute_and_proved() {
    let mut side = Side::new(0, true);
    for now in 0..10 {
        side.up("nick", now);
        flap(&mut side, false, now);
    }
    assert_eq!(side.up("nick", 10), [], "it was greeted twice");
    for now in 11..60 {
        assert_eq!(side.tick(now), [], "{now}");
    }
    let (ours, echo) = side.tick(60)[0];
    assert_eq!(echo, None);
    side.hear("nick", Status::Online, (id(77), Some(ours)), 61);
    assert_eq!(side.shown(), Shown::Online);
}

#[test]
fn one_whose_link_breaks_for_a_moment_is_proved_at_once() {
    let (mut one, mut two) = (Side::new(0, true), Side::new(100, true));
    for _ in 0..2 {
        let first = [one.up("nick", 0), two.up("nick", 0)];
        converse(&mut one, &mut two, first);
        assert_eq!((one.shown(), two.shown()), (Shown::Online, Shown::Online));
        assert!(one.watch.online().eq([&bob()]));
        flap(&mut one, false, 0);
        flap(&mut two, true, 0);
    }
}

#[test]
fn what_counts_for_one_nick_does_not_count_for_another() {
    let mut side = Side::new(0, true);
    for now in 0..10 {
        side.up("nick", now);
        flap(&mut side, false, now);
    }
    assert_eq!(side.up("next", 10).len(), 1);
}

#[test]
fn what_could_not_leave_and_what_an_old_session_sealed_does_not_count_either() {
    for renewed in [false, true] {
        let mut side = Side::new(0, true);
        for now in 0..2 {
            let (ours, _) = side.up("nick", now)[0];
            flap(&mut side, false, now);
            if !renewed {
                side.watch.unsent(&bob(), ours);
            }
        }
        if renewed {
            side.watch.renewed(&bob());
        }
        assert_eq!(side.up("nick", 2).len(), 1, "{renewed}");
    }
}

#[test]
fn a_clock_that_ran_ahead_silences_nobody() {
    let mut side = Side::new(0, true);
    for now in [9_000, 9_001] {
        side.up("nick", now);
        flap(&mut side, false, now);
    }
    assert_eq!(side.up("nick", 5).len(), 1);
}

#[test]
fn from_another_nick_it_is_another_coming() {
    let mut side = Side::new(0, true);
    let (ours, _) = side.up("nick", 0)[0];
    side.hear("squatter", Status::Online, (id(77), Some(ours)), 1);
    assert_eq!(side.shown(), Shown::Unverified);
    assert!(side.watch.reached(&bob()).is_empty());
}

#[test]
fn the_hidden_are_never_greeted() {
    let mut side = Side::new(0, false);
    assert!(side.up("nick", 0).is_empty());
    assert!(
        side.hear("nick", Status::Online, (id(77), None), 0)
            .is_empty()
    );
    assert!(
        side.hear("nick", Status::Online, (id(78), Some(id(1))), 0)
            .is_empty()
    );
    assert!(side.tick(100).is_empty());
    assert_eq!(side.shown(), Shown::Unverified);
}

/// A side that has seen proof from the nick `nick` at time 0.
fn proved() -> Side {
    let mut side = Side::new(0, true);
    let (ours, _) = side.up("nick", 0)[0];
    side.hear("nick", Status::Away, (id(77), Some(ours)), 0);
    assert_eq!(side.shown(), Shown::Away);
    side
}

#[test]
fn he_is_shown_for_the_grace_time_after_he_vanished() {
    for lost in [false, true] {
        let mut side = proved();
        let wishes = match lost {
            true => side.watch.lost(NET, 100),
            false => side.watch.down(&bob(), NET, "nick", 100),
        };
        assert_eq!(wishes, [], "nothing to be seen yet");
        assert!(
            side.watch.reached(&bob()).is_empty(),
            "but no text goes there"
        );
        side.tick(100 + GRACE - 1);
        assert_eq!(side.shown(), Shown::Away, "{lost}");
        let wishes = side.watch.tick(100 + GRACE, &mut side.rng);
        let gone = Wish::Changed {
            friend: bob(),
            shown: Shown::Offline,
            text: String::new(),
        };
        assert_eq!(wishes, [gone], "{lost}");
    }
}

#[test]
fn back_within_the_grace_time_nobody_notices() {
    let mut side = proved();
    side.watch.down(&bob(), NET, "nick", 100);
    let (ours, _) = side.up("next", 150)[0];
    assert_eq!(side.shown(), Shown::Away);
    side.hear("next", Status::Away, (id(80), Some(ours)), 151);
    assert_eq!(side.watch.tick(1000, &mut side.rng), []);
    assert_eq!(
        side.watch.reached(&bob()),
        [(NET.to_owned(), "next".to_owned())]
    );
}

#[test]
fn whoever_was_never_proved_has_no_grace() {
    let mut side = Side::new(0, true);
    side.up("nick", 0);
    side.watch.down(&bob(), NET, "nick", 1);
    assert_eq!(side.shown(), Shown::Offline);
}

#[test]
fn another_nick_going_does_not_matter() {
    let mut side = proved();
    side.watch.down(&bob(), NET, "other", 1);
    assert!(side.watch.online().eq([&bob()]));
}

#[test]
fn a_status_is_shown_of_the_proved_alone() {
    for (status, text, expected) in [
        (Status::Online, "", Shown::Online),
        (Status::Busy, "writing", Shown::Busy),
        (Status::Away, "", Shown::Away),
    ] {
        let mut side = proved();
        side.watch.status(&bob(), status, text);
        assert_eq!(side.watch.shown(&bob()), (expected, text.to_owned()));
        let mut side = Side::new(0, true);
        side.up("nick", 0);
        assert_eq!(side.watch.status(&bob(), status, text), []);
        assert_eq!(side.shown(), Shown::Unverified);
    }
}

#[test]
fn a_greeting_that_could_not_leave_does_not_count() {
    let mut side = Side::new(0, true);
    let (first, _) = side.up("nick", 0)[0];
    side.watch.unsent(&bob(), first);
    for second in [20, 40] {
        let again = side.tick(second);
        assert_eq!(again.len(), 1, "{second}");
    }
    assert!(side.tick(60).is_empty());
}

#[test]
fn whoever_leaves_the_roster_is_forgotten() {
    let mut side = proved();
    side.watch.set_friend(&bob(), None);
    assert_eq!(side.shown(), Shown::Offline);
    assert!(side.up("nick", 1).is_empty());
    assert_eq!(side.watch.online().count(), 0);
}

/// Whichever one frame of the greeting is lost, both are proved in the end.
#[test]
fn one_lost_here_keeps_nobody_unverified() {
    for lost in 0..4 {
        let (mut one, mut two) = (Side::new(0, true), Side::new(100, true));
        let mut flying: Vec<(bool, Greeting)> = Vec::new();
        flying.extend(
            one.up("nick", 0)
                .into_iter()
                .map(|greeting| (true, greeting)),
        );
        flying.extend(
            two.up("nick", 0)
                .into_iter()
                .map(|greeting| (false, greeting)),
        );
        let mut count = 0;
        for now in 0..60 {
            while !flying.is_empty() {
                let (to_two, greeting) = flying.remove(0);
                count += 1;
                assert!(count < 20, "they greet each other for ever");
                if count - 1 == lost {
                    continue;
                }
                let hearer = if to_two { &mut two } else { &mut one };
                let answers = hearer.hear("nick", Status::Online, greeting, now);
                flying.extend(answers.into_iter().map(|answer| (!to_two, answer)));
            }
            flying.extend(one.tick(now).into_iter().map(|greeting| (true, greeting)));
            flying.extend(two.tick(now).into_iter().map(|greeting| (false, greeting)));
        }
        assert_eq!(
            (one.shown(), two.shown()),
            (Shown::Online, Shown::Online),
            "lost {lost}"
        );
    }
}

/// A nick of the next window that somebody squats does not take the place of the friend who is proved to be there.
#[test]
fn a_proved_nick_keeps_its_place_until_it_goes() {
    let mut side = Side::new(0, true);
    let greeting = side.up("nick", 0);
    side.hear("nick", Status::Online, (id(200), Some(greeting[0].0)), 1);
    assert_eq!(side.shown(), Shown::Online);
    assert!(
        side.up("next", 2).is_empty(),
        "nothing is said to the one who waits"
    );
    assert_eq!(
        side.watch.reached(&bob()),
        [(NET.to_owned(), "nick".to_owned())]
    );
    side.watch.down(&bob(), NET, "nick", 3);
    assert_eq!(side.tick(4).len(), 1, "now he is greeted");
    assert!(side.watch.reached(&bob()).is_empty());
}

/// A day: by how much the clock goes back.
const DAY: u64 = 86_400;

#[test]
fn a_clock_that_goes_back_keeps_nobody_shown() {
    let (mut one, mut two) = (Side::new(0, true), Side::new(100, true));
    let first = [one.up("nick", DAY), two.up("nick", DAY)];
    converse(&mut one, &mut two, first);
    one.watch.down(&bob(), NET, "nick", DAY);
    one.tick(DAY + GRACE - 1);
    assert_eq!(one.shown(), Shown::Online, "the grace time");
    one.tick(0);
    assert_eq!(one.shown(), Shown::Offline);
}

#[test]
fn a_clock_that_goes_back_does_not_keep_us_from_trying_again() {
    let mut side = Side::new(0, true);
    assert_eq!(side.up("nick", DAY).len(), 1);
    assert!(side.tick(DAY + 1).is_empty());
    assert_eq!(side.tick(0).len(), 1);
}

#[test]
fn what_is_seen_of_him_is_told_when_it_changes() {
    let mut side = Side::new(0, true);
    let changed = |shown, text: &str| Wish::Changed {
        friend: bob(),
        shown,
        text: text.to_owned(),
    };
    let wishes = side.watch.up(&bob(), NET, "nick", 0, &mut side.rng);
    assert_eq!(wishes.last(), Some(&changed(Shown::Unverified, "")));
    assert!(side.watch.nicks_on(NET).eq(["nick"]));
    assert!(side.watch.nicks_of(&bob()).eq([(NET, "nick")]));
    let [Wish::Greet { id: ours, .. }, ..] = wishes[..] else {
        unreachable!("{wishes:?}");
    };
    side.hear("nick", Status::Online, (id(77), Some(ours)), 1);
    for (status, text, expected) in [
        (Status::Online, "", vec![]),
        (Status::Away, "lunch", vec![changed(Shown::Away, "lunch")]),
        (Status::Away, "lunch", vec![]),
        (
            Status::Away,
            "back soon",
            vec![changed(Shown::Away, "back soon")],
        ),
    ] {
        assert_eq!(side.watch.status(&bob(), status, text), expected, "{text}");
    }
    side.watch.down(&bob(), NET, "nick", 2);
    assert_eq!(side.watch.nicks_on(NET).count(), 0);
}

#[test]
fn the_grace_time_can_be_changed() {
    let mut side = proved();
    side.watch.set_grace(10);
    side.watch.down(&bob(), NET, "nick", 100);
    side.tick(109);
    assert_eq!(side.shown(), Shown::Away);
    side.tick(110);
    assert_eq!(side.shown(), Shown::Offline);
}

#[test]
fn whoever_is_not_proved_keeps_no_place() {
    let mut side = Side::new(0, true);
    assert_eq!(side.up("nick", 0).len(), 1);
    assert_eq!(side.up("next", 1).len(), 1, "greeted at once");
    assert!(side.watch.nicks_of(&bob()).eq([(NET, "next")]));
}

#[test]
fn an_echo_that_could_not_leave_does_not_count() {
    let mut side = Side::new(0, true);
    side.up("nick", 0);
    for number in 70..72 {
        assert_eq!(
            side.hear("nick", Status::Online, (id(number), None), 1)
                .len(),
            1
        );
    }
    assert!(
        side.hear("nick", Status::Online, (id(72), None), 1)
            .is_empty()
    );
    side.watch.unsent(&bob(), id(99));
    assert!(
        side.hear("nick", Status::Online, (id(73), None), 1)
            .is_empty()
    );
    side.watch.unsent(&bob(), id(3));
    assert_eq!(
        side.hear("nick", Status::Online, (id(74), None), 1).len(),
        1
    );
}

fn doubts(side: &mut Side, now: u64) -> usize {
    let wishes = side.watch.tick(now, &mut side.rng);
    let doubt = |wish: &&Wish| matches!(wish, Wish::Doubt { .. });
    wishes.iter().filter(doubt).count()
}

/// Two minutes without proof, and only of whom we greet; told once, until the nick comes again.
#[test]
fn who_is_not_proved_for_long_is_doubted_once() {
    let mut side = Side::new(0, true);
    side.up("nick", 1000);
    assert_eq!(doubts(&mut side, 1000), 0);
    assert_eq!(doubts(&mut side, 1119), 0);
    assert_eq!(doubts(&mut side, 1120), 1);
    assert_eq!(doubts(&mut side, 9000), 0);
    side.watch.down(&bob(), NET, "nick", 9000);
    side.up("nick", 9010);
    assert_eq!((doubts(&mut side, 9129), doubts(&mut side, 9130)), (0, 1));
    side.watch.down(&bob(), NET, "nick", 9200);
    side.up("nick", 9300);
    assert_eq!(doubts(&mut side, 10), 1, "the clock was set back");

    let mut hidden = Side::new(0, false);
    hidden.up("nick", 1000);
    assert_eq!(doubts(&mut hidden, 2000), 0, "the hidden are not greeted");

    let mut proved = Side::new(0, true);
    let (id, _) = proved.up("nick", 1000).remove(0);
    proved.hear("nick", Status::Online, (LetterId([9; 16]), Some(id)), 1001);
    assert_eq!(doubts(&mut proved, 2000), 0);
}

#[test]
fn with_a_new_session_who_is_not_proved_is_greeted_anew() {
    let mut side = Side::new(0, true);
    assert_eq!(side.up("nick", 1000).len(), 1);
    assert_eq!(side.tick(1020).len(), 1);
    assert_eq!(side.tick(1200), []);
    side.watch.renewed(&bob());
    let (id, _) = side.tick(1201).remove(0);
    assert_eq!(side.tick(1221).len(), 1);
    assert_eq!(side.tick(2000), [], "twice, as ever");
    side.hear("nick", Status::Online, (LetterId([9; 16]), Some(id)), 2001);
    assert_eq!(side.shown(), Shown::Online);
    side.watch.renewed(&bob());
    assert_eq!(side.tick(2100), [], "he is proved");
    assert_eq!(side.shown(), Shown::Online);
}

#[test]
fn who_was_greeted_is_told_a_new_status_too() {
    let mut side = Side::new(0, true);
    assert!(!side.watch.is_greeted(&bob()));
    side.up("nick", 1000);
    assert!(side.watch.is_greeted(&bob()));
    assert_eq!(side.watch.online().count(), 0);
    side.watch.down(&bob(), NET, "nick", 1100);
    assert!(!side.watch.is_greeted(&bob()));
    let mut hidden = Side::new(0, false);
    hidden.up("nick", 1000);
    assert!(!hidden.watch.is_greeted(&bob()));
}

#[test]
fn the_clock_looks_only_at_those_for_whom_it_may_do_something() {
    let mut side = proved();
    let carol = Address::parse("carol@example.net").unwrap();
    side.watch.set_friend(&carol, Some(true));
    assert!(
        side.watch.restless.is_empty(),
        "nobody is there, or is proved"
    );
    assert_eq!(side.watch.seen().count(), 1);
    side.watch.down(&bob(), NET, "nick", 100);
    assert_eq!(side.watch.restless.len(), 1, "for the grace time");
    side.tick(100 + GRACE);
    assert!(side.watch.restless.is_empty());
    assert_eq!(side.watch.seen().count(), 0);
    assert!(side.watch.take_moved().iter().eq([&bob()]));
    assert!(side.watch.take_moved().is_empty());
    side.up("nick", 1000);
    assert_eq!(side.watch.restless.len(), 1, "until there is proof");
}
