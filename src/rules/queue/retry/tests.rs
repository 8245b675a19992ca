//! Tries and pauses.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::*;
use crate::rules::queue::route::Doubted;

const NOW: Seconds = Seconds(1_000_000);

#[test]
fn a_letter_that_was_handed_over_ends_waits_or_stays_claimed() {
    let letter = LetterId([7; 16]);
    let no = || "no".to_owned();
    let open = RouteState::default();
    let doubted = RouteState {
        doubted: vec![Doubted { letter, times: 2 }],
        ..RouteState::default()
    };
    let resting = RouteState {
        at: NOW,
        refusals: 1,
        sure: true,
        ..RouteState::default()
    };
    for (end, route, attempts, expected) in [
        (Handed::Taken, &open, 3, RowEnd::Over),
        (Handed::Refused(no()), &open, 3, RowEnd::Over),
        (Handed::Unseen(no()), &open, 3, RowEnd::Claimed),
        (Handed::Later(no()), &open, 0, RowEnd::Waits(NOW + 60, 1)),
        (
            Handed::Later(no()),
            &resting,
            1,
            RowEnd::Waits(NOW + 120, 2),
        ),
        (
            Handed::Perhaps(no()),
            &doubted,
            0,
            RowEnd::Waits(NOW + 600, 1),
        ),
        (Handed::OfUs(no()), &resting, 0, RowEnd::Waits(NOW + 300, 1)),
        (Handed::OfUs(no()), &open, 0, RowEnd::Waits(NOW + 60, 1)),
        (Handed::Unsent, &resting, 0, RowEnd::Waits(NOW + 300, 1)),
        (Handed::Unsent, &open, 4, RowEnd::Waits(NOW, 4)),
    ] {
        let found = handed_over(&end, letter, attempts, route, NOW);
        assert_eq!(found, expected, "{end:?} after {attempts}");
    }
}

#[test]
fn a_letter_that_was_not_sealed_waits_or_is_over() {
    for (why, expected) in [
        (Unsealed::Over, RowEnd::Over),
        (Unsealed::Never("no".to_owned()), RowEnd::Over),
        (Unsealed::Cannot, RowEnd::Waits(NOW + 60, 2)),
        (Unsealed::NoSession, RowEnd::Waits(NOW + HOUR, 2)),
        (
            Unsealed::NotNow("no".to_owned()),
            RowEnd::Waits(NOW + 240, 3),
        ),
    ] {
        assert_eq!(unsealed(&why, 2, NOW), expected, "{why:?}");
    }
}

#[test]
fn what_did_not_arrive_is_announced_again_with_growing_pauses() {
    for (times, pause) in [
        (1, HOUR),
        (2, 2 * HOUR),
        (5, 16 * HOUR),
        (6, DAY),
        (u32::MAX, DAY),
    ] {
        assert_eq!(untold_pause(times), pause, "{times}");
    }
}

#[test]
fn a_letter_backs_off_up_to_an_hour() {
    for (attempts, pause) in [(1, 60), (2, 120), (6, 1920), (7, 3600), (u32::MAX, 3600)] {
        assert_eq!(back_off(attempts).as_secs(), pause, "{attempts}");
    }
}

#[test]
fn tries_come_after_one_two_and_five_days_and_keep_their_pauses() {
    for (attempts, late, days) in [
        (0, 0, 1),
        (1, 0, 1),
        (1, 3, 4),
        (2, 0, 2),
        (2, 1, 2),
        (2, 7, 8),
        (3, 0, 5),
        (3, 2, 5),
        (3, 7, 10),
    ] {
        let day = |days: u32| NOW + days * DAY;
        let next = next_try(NOW, attempts, day(late));
        assert_eq!(next, day(days), "{attempts} {late}");
    }
}

#[test]
fn requests_are_repeated_after_one_three_and_nine_days() {
    for (repeats, days) in [
        (0, Some(1)),
        (1, Some(3)),
        (2, Some(9)),
        (3, Some(30)),
        (4, None),
        (u8::MAX, None),
    ] {
        let expected = days.map(|days: u32| NOW + days * DAY);
        assert_eq!(next_repeat(NOW, repeats, NOW), expected, "{repeats}");
    }
}

#[test]
fn a_repeat_that_was_late_puts_off_the_next() {
    for (repeats, late, days) in [
        (1, 1, 3),
        (1, 2, 4),
        (2, 3, 9),
        (2, 40, 46),
        (3, 9, 30),
        (3, 40, 61),
    ] {
        let day = |days: u32| NOW + days * DAY;
        let next = next_repeat(NOW, repeats, day(late));
        assert_eq!(next, Some(day(days)), "{repeats} {late}");
    }
}
