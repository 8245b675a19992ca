//! Two memories that greet each other, and squatters who would like to be taken for friends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod later;
mod shown;

use super::*;

struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        buffer.fill(self.0);
    }
}

const NET: &str = "testnet";
const GRACE: Duration = Duration::from_mins(3);

const BOB: ContactId = ContactId::new(1);

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
        watch.set_friend(BOB, Some(greetable));
        Self {
            watch,
            rng: Counting(seed),
            status: Status::Online,
        }
    }

    fn up(&mut self, nick: &str, now: u64) -> Vec<Greeting> {
        greetings(self.watch.up(BOB, NET, nick, Seconds(now), &mut self.rng))
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
        let wishes = self
            .watch
            .here(BOB, NET, id, &here, Seconds(now), &mut self.rng);
        greetings(wishes)
    }

    fn tick(&mut self, now: u64) -> Vec<Greeting> {
        greetings(self.watch.tick(Seconds(now), &mut self.rng))
    }

    fn shown(&self) -> Shown {
        self.watch.shown(BOB).0
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
            one.watch.reached(BOB),
            [(NET.to_owned(), "nick".to_owned())]
        );
        assert!(one.watch.online().eq([BOB]));
    }
}

#[test]
fn a_nick_alone_proves_nothing() {
    let mut side = Side::new(0, true);
    let greeting = side.up("nick", 0);
    assert_eq!(greeting.len(), 1);
    assert_eq!(greeting[0].1, None);
    assert_eq!(side.shown(), Shown::Unverified);
    assert!(side.watch.reached(BOB).is_empty(), "no text goes there");
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
    side.watch.down(BOB, NET, "nick", Seconds(5));
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
        true => side.watch.lost(NET, Seconds(now)),
        false => side.watch.down(BOB, NET, "nick", Seconds(now)),
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
        assert!(one.watch.online().eq([BOB]));
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
                side.watch.unsent(BOB, ours);
            }
        }
        if renewed {
            side.watch.renewed(BOB);
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
    assert!(side.watch.reached(BOB).is_empty());
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

#[test]
fn a_greeting_that_could_not_leave_does_not_count() {
    let mut side = Side::new(0, true);
    let (first, _) = side.up("nick", 0)[0];
    side.watch.unsent(BOB, first);
    for second in [20, 40] {
        let again = side.tick(second);
        assert_eq!(again.len(), 1, "{second}");
    }
    assert!(side.tick(60).is_empty());
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
        side.watch.reached(BOB),
        [(NET.to_owned(), "nick".to_owned())]
    );
    side.watch.down(BOB, NET, "nick", Seconds(3));
    assert_eq!(side.tick(4).len(), 1, "now they are greeted");
    assert!(side.watch.reached(BOB).is_empty());
}

/// A side that has seen proof from the nick `nick` at time 0.
fn proved() -> Side {
    let mut side = Side::new(0, true);
    let (ours, _) = side.up("nick", 0)[0];
    side.hear("nick", Status::Away, (id(77), Some(ours)), 0);
    assert_eq!(side.shown(), Shown::Away);
    side
}
