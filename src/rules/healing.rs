//! Requests that heal: our own, and what is remembered of those that a friend sent, so that none is answered twice.
//!
//! A request counts if it is later than the last, where *later* compares min(sent, arrival). One whose `sent` lies in our
//! future would be later at every arrival: so each that was taken is remembered until its `sent` lies a day in our past, and
//! from then on only what was sent after it counts.

use std::time::Duration;

use super::contact::Contact;
use super::decision::Decision;
use super::friend::{Healing, Healings};
use super::handshake::letters;
use super::outgoing::{Form, Route};
use super::refusal::Refusal;
use crate::protocol::letter::{LetterId, OneTimeKeys};
use crate::protocol::link::Token;
use crate::protocol::time::{DAY, HOUR, Millis, Seconds};

/// Notes a request under keys that are not in force, if it was sent in our future: once they are, it would be later than the
/// last at every arrival. Says whether there was room for it.
pub(super) fn note(
    ahead: &mut Vec<(LetterId, Millis)>,
    id: LetterId,
    sent: Millis,
    now_ms: Millis,
) -> bool {
    if sent <= now_ms || ahead.contains(&(id, sent)) {
        return true;
    }
    let room = ahead.len() < MOST;
    if room {
        ahead.push((id, sent));
    }
    room
}

impl Healings {
    /// What is remembered when keys come into force: the requests under them that were sent in our future.
    pub(super) fn after(ahead: &[(LetterId, Millis)]) -> Self {
        Self {
            at: Seconds(0),
            taken: ahead.to_vec(),
        }
    }

    /// Takes a request of this id, sent then, or says why it is dropped. `last` is when the last request was taken
    /// from that key: min(sent, arrival).
    pub(super) fn take(
        &mut self,
        last: &mut Millis,
        id: LetterId,
        sent: Millis,
        now_ms: Millis,
    ) -> Result<(), &'static str> {
        self.forget(last, now_ms);
        let (made, now) = (sent.min(now_ms), now_ms.seconds());
        if self.taken.contains(&(id, sent)) {
            return Err("it has been answered");
        }
        if made <= *last {
            return Err("it is no later than the last request of this friend");
        }
        if now.is_within(PAUSE, self.at) {
            return Err("another has been answered within the hour");
        }
        if self.taken.len() >= MOST {
            return Err(TOO_MANY);
        }
        self.taken.push((id, sent));
        self.at = now;
        *last = made;
        Ok(())
    }

    /// Those whose `sent` lies a day in our past are known by their time.
    fn forget(&mut self, last: &mut Millis, now_ms: Millis) {
        let past = |sent: Millis| sent.after(KEPT) <= now_ms;
        let newest = self.taken.iter().map(|(_, sent)| *sent);
        *last = newest
            .filter(|sent| past(*sent))
            .fold(*last, |last, sent| last.max(sent));
        self.taken.retain(|(_, sent)| !past(*sent));
    }
}

/// When a friend who does not answer the request that heals is asked the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Once their side would answer another one, which it does once an hour.
    Soon,
    /// After a day, then ever more seldom.
    Later,
}

/// The signed request that heals lost sessions with a friend. One that had to come soon after another is that one, sent later:
/// whichever of the two they answer, their accept fits. A request that proves an invite heals as any other.
pub(super) fn ask_anew(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    again: Again,
    token: Option<Token>,
) -> Result<(), Refusal> {
    let before = person.friend_mut().and_then(|one| one.healing.take());
    let times = before.as_ref().map(|one| one.unanswered.saturating_add(1));
    // So soon after the last a friend's side answers no request that heals.
    let within = |one: &Healing| again == Again::Soon && !decision.is_past(one.at, HOUR);
    let repeated = before.filter(|one| one.soon || within(one));
    let request = repeated.as_ref().map(|one| one.request);
    let request = request.unwrap_or_else(|| decision.fresh_id());
    let body = letters::request_body(decision, person, None, OneTimeKeys::default())?;
    let letter = decision.letter(person, request, body);
    let unanswered = repeated.as_ref().map(|one| one.unanswered).or(times);
    let healing = Healing {
        request,
        sent: letter.sent,
        at: decision.now(),
        one_time_keys: repeated.map(|one| one.one_time_keys).unwrap_or_default(),
        unanswered: unanswered.unwrap_or(0),
        soon: again == Again::Soon,
    };
    if let Some(friend) = person.friend_mut() {
        friend.healing = Some(healing);
    }
    decision.post(person, letter, Form::Open { token }, Route::Mail);
    Ok(())
}

/// Why one more is dropped.
pub(super) const TOO_MANY: &str = "too many such requests are remembered";
/// How many are remembered of a friend.
const MOST: usize = 16;
/// For how long after its `sent`.
const KEPT: Duration = DAY;
/// No sooner after the last is another one answered.
const PAUSE: Duration = HOUR;

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests")]
    use super::*;
    use crate::protocol::time::HOUR;
    use crate::rules::fake_state::id;

    const NOW: Millis = Millis(1_748_779_200_000);
    const LAST: Millis = NOW.before(DAY.saturating_mul(5));

    /// What becomes of requests (id, sent, arrival), one after the other.
    fn all(requests: &[(u8, Millis, Millis)]) -> Vec<bool> {
        let (mut healings, mut last) = (Healings::default(), LAST);
        let one = |(number, sent, now): &(u8, Millis, Millis)| {
            let taken = healings.take(&mut last, id(*number), *sent, *now);
            taken.is_ok()
        };
        requests.iter().map(one).collect()
    }

    #[test]
    fn each_healing_request_is_answered_once() {
        let ahead = NOW + 10 * DAY;
        for (case, requests, expected) in [
            (
                "later than the last, then again",
                vec![(1, NOW, NOW), (1, NOW, NOW + 2 * HOUR)],
                vec![true, false],
            ),
            ("no later", vec![(1, LAST, NOW)], vec![false]),
            (
                "sent in our future, at every later arrival",
                vec![
                    (1, ahead, NOW),
                    (1, ahead, NOW + 2 * HOUR),
                    (1, ahead, ahead + HOUR),
                    (1, ahead, ahead + DAY - 1),
                    (1, ahead, ahead + DAY),
                    (1, ahead, ahead + 40 * DAY),
                ],
                vec![true, false, false, false, false, false],
            ),
            (
                "the same id, sent later, is another one",
                vec![(1, NOW, NOW), (1, NOW + HOUR, NOW + HOUR)],
                vec![true, true],
            ),
            (
                "one an hour",
                vec![
                    (1, NOW, NOW),
                    (2, NOW + HOUR - 1000, NOW + HOUR - 1000),
                    (3, NOW + HOUR, NOW + HOUR),
                ],
                vec![true, false, true],
            ),
            (
                "a clock set right again",
                vec![
                    (1, ahead, NOW),
                    (2, NOW + DAY, NOW + DAY),
                    (3, ahead + DAY, ahead + DAY),
                    (4, ahead - 1, ahead + 2 * DAY),
                ],
                vec![true, true, true, false],
            ),
        ] {
            assert_eq!(all(&requests), expected, "{case}");
        }
    }

    #[test]
    fn sixteen_are_remembered_and_what_goes_beyond_is_dropped() {
        let (mut healings, mut last) = (Healings::default(), LAST);
        for n in 0..20_u8 {
            let now = NOW + u32::from(n) * HOUR;
            let taken = healings.take(&mut last, id(n), NOW + 90 * DAY, now);
            assert_eq!(taken.is_ok(), n < 16, "{n}");
        }
        let now = NOW + 91 * DAY;
        assert!(healings.take(&mut last, id(30), now, now).is_ok());
        assert_eq!(healings.taken.len(), 1);
    }

    #[test]
    fn our_own_clock_set_back_holds_nothing_up() {
        let (mut healings, mut last) = (Healings::default(), LAST);
        assert!(healings.take(&mut last, id(1), NOW, NOW + 9 * DAY).is_ok());
        let now = NOW + HOUR;
        assert!(healings.take(&mut last, id(2), now, now).is_ok());
    }
}
