//! Days and weeks of connections, simulated.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests"
)]

use super::*;

/// How many connections the worst day of a week has in which they end so, one after the other, each having held for so
/// long, with the shortest pauses.
fn most_of_a_day(ends: impl IntoIterator<Item = (Ended, u64)>) -> usize {
    let (mut retries, mut now) = (Retries::default(), 0);
    let mut begun: Vec<u64> = Vec::new();
    for (ended, held) in ends {
        begun.push(now);
        now += held;
        now += retries
            .pause(ended, Duration::from_secs(held), Duration::from_secs(now))
            .least
            .as_secs();
        if now >= 7 * DAY.as_secs() {
            break;
        }
    }
    assert!(now >= 7 * DAY.as_secs(), "the week is not over");
    let of_day = |from: u64| {
        begun
            .iter()
            .filter(move |at| (from..from + DAY.as_secs()).contains(at))
    };
    begun
        .iter()
        .map(|from| of_day(*from).count())
        .max()
        .unwrap_or(0)
}

const MADE: [Ended; 6] = [
    Ended::Lost,
    Ended::Refused,
    Ended::NickInUse,
    Ended::NickRejected,
    Ended::Renamed,
    Ended::ThrownOut,
];
/// How long a connection may hold, in seconds.
const HELD: [u64; 22] = [
    0, 1, 5, 10, 20, 30, 45, 59, 60, 61, 62, 90, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600,
    7200,
];

#[test]
fn however_long_each_connection_holds_a_server_sees_fewer_than_sixty_a_day() {
    for ended in MADE {
        for held in HELD {
            let connections = most_of_a_day(std::iter::repeat((ended, held)));
            assert!(connections < 60, "{ended:?}, {held} s: {connections}");
            let enough = 86_400 / (held + 2700);
            let hard = ended == Ended::ThrownOut;
            assert!(
                hard || connections as u64 >= enough.min(15),
                "{ended:?}, {held} s: {connections}"
            );
        }
    }
}

#[test]
fn a_squatter_who_comes_and_goes_makes_us_come_no_oftener() {
    use Ended::{Lost, NickInUse, Refused, Renamed, ThrownOut};
    for ends in [
        &[(Lost, 62), (NickInUse, 0)][..],
        &[(Lost, 62), (NickInUse, 0), (NickInUse, 0), (NickInUse, 0)],
        &[(Renamed, 62), (NickInUse, 0)],
        &[(Renamed, 62), (Lost, 300), (NickInUse, 0)],
        &[(Lost, 3600), (NickInUse, 0), (NickInUse, 0), (Refused, 0)],
        &[(ThrownOut, 3700), (Lost, 60), (Refused, 0), (NickInUse, 0)],
    ] {
        let connections = most_of_a_day(ends.iter().copied().cycle());
        assert!(connections < 60, "{ends:?}: {connections}");
    }
    // And in any order at all.
    let mut state: u64 = 1;
    let mut any = |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap_or(0) % most
    };
    for round in 0..200 {
        let ends = std::iter::from_fn(|| Some((MADE[any(5)], HELD[any(HELD.len())])));
        let connections = most_of_a_day(ends);
        assert!(connections < 60, "round {round}: {connections}");
    }
}

#[test]
fn a_link_that_is_lost_now_and_then_is_tried_again_at_once() {
    // Each honest stay, and how many of them in a row.
    for (held, times) in [
        (86_400, 50),
        (7200, 200),
        (2700, 300),
        (1800, 30),
        (600, 16),
        (62, 15),
    ] {
        let (mut retries, mut now) = (Retries::default(), 0);
        for number in 0..times {
            now += held;
            let pause = retries.pause(
                Ended::Lost,
                Duration::from_secs(held),
                Duration::from_secs(now),
            );
            let longest = Duration::from_secs(3);
            assert!(
                pause.most <= longest,
                "{held} s, number {number}: {pause:?}"
            );
            now += pause.least.as_secs();
        }
    }
}

#[test]
fn where_nobody_listens_five_minutes_are_the_longest_pause() {
    let (mut retries, mut now) = (Retries::default(), 0);
    for _ in 0..500 {
        let pause = retries.pause(
            Ended::Unreached,
            Duration::from_secs(0),
            Duration::from_secs(now),
        );
        assert!(pause.most <= Duration::from_secs(450));
        now += pause.least.as_secs();
    }
    let next = retries.pause(
        Ended::Lost,
        Duration::from_secs(3600),
        Duration::from_secs(now),
    );
    assert!(next.most <= Duration::from_secs(3), "no server has seen us");
}

fn pauses(ended: Ended, held: u64, times: usize) -> Vec<u64> {
    let (mut retries, mut now) = (Retries::default(), 0);
    let mut pauses = Vec::new();
    for _ in 0..times {
        let pause = retries.pause(ended, Duration::from_secs(held), Duration::from_secs(now));
        assert!(pause.least <= pause.most);
        pauses.push(pause.least.as_secs());
        now += pause.least.as_secs();
    }
    pauses
}

#[test]
fn pauses_grow_as_the_table_says() {
    let lost = [1, 2, 4, 8, 16, 32, 64, 128, 150, 150];
    assert_eq!(pauses(Ended::Unreached, 0, 10), lost);
    assert_eq!(pauses(Ended::Lost, 0, 10), lost);
    let refused = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600];
    assert_eq!(pauses(Ended::Refused, 0, 13), refused);
    let rejected = [5, 10, 20, 40, 60, 60].map(|minutes| minutes * MINUTE.as_secs());
    assert_eq!(pauses(Ended::NickRejected, 0, 6), rejected);
    let out = [1, 2, 4, 8, 16, 24, 24].map(|hours| hours * HOUR.as_secs());
    assert_eq!(pauses(Ended::ThrownOut, 62, 7), out);
    assert_eq!(pauses(Ended::NickInUse, 0, 16), [20; 16]);
    // With pauses as they are on the average: ten minutes, as for a ghost.
    let (mut retries, mut now, mut in_use) = (Retries::default(), 0, Vec::new());
    for _ in 0..21 {
        let pause = retries
            .pause(
                Ended::NickInUse,
                Duration::from_secs(0),
                Duration::from_secs(now),
            )
            .least
            .as_secs();
        in_use.push(pause);
        now += if pause == 20 { 40 } else { pause };
    }
    assert_eq!(in_use[..15], [20; 15]);
    assert_eq!(in_use[15..], rejected);
}

#[test]
fn a_link_that_was_well_for_a_minute_is_tried_again_at_once() {
    let mut retries = Retries::default();
    for _ in 0..6 {
        retries.pause(Ended::Lost, Duration::from_secs(0), Duration::from_secs(0));
        retries.pause(
            Ended::NickInUse,
            Duration::from_secs(0),
            Duration::from_secs(0),
        );
    }
    let again = retries.pause(
        Ended::Lost,
        Duration::from_secs(60),
        Duration::from_secs(5000),
    );
    assert_eq!(again.most, Duration::from_secs(3));
    let ghost = retries.pause(
        Ended::NickInUse,
        Duration::from_secs(0),
        Duration::from_secs(6000),
    );
    assert_eq!(ghost.most, Duration::from_secs(60), "another ghost");
}

#[test]
fn what_the_server_does_to_us_is_forgiven_after_an_hour_alone() {
    for (held, hours) in [(62, 2), (3599, 2), (3600, 1)] {
        let mut retries = Retries::default();
        retries.pause(
            Ended::ThrownOut,
            Duration::from_secs(1),
            Duration::from_secs(0),
        );
        let again = retries.pause(
            Ended::ThrownOut,
            Duration::from_secs(held),
            Duration::from_secs(9000),
        );
        assert_eq!(again.least, hours * HOUR, "{held}");
    }
}

#[test]
fn another_nick_is_held_by_nobody() {
    for (first, renamed) in [(Ended::NickInUse, false), (Ended::Renamed, true)] {
        let mut retries = Retries::default();
        retries.pause(first, Duration::from_secs(0), Duration::from_secs(0));
        retries.under("another");
        let next = retries.pause(
            Ended::NickInUse,
            Duration::from_secs(0),
            Duration::from_secs(700),
        );
        assert_eq!(next.least >= Duration::from_secs(300), renamed, "{first:?}");
    }
}

#[test]
fn a_thousand_failures_do_no_harm() {
    let mut retries = Retries::default();
    for _ in 0..1000 {
        let pause = retries.pause(Ended::ThrownOut, Duration::ZERO, Duration::MAX);
        assert!(pause.most <= Duration::from_secs(100_000));
    }
}
