//! How the way out for mail stands: it rests when it is refused for our sake, with growing pauses.
//!
//! ```text
//!            refused for our sake           taken
//!  open ───────────────────────▶ resting ────────▶ open
//!                                 │   ▲
//!                 the pause is over   │ refused again: the pause doubles
//!                                 ▼   │
//!                                 tried
//! ```

use serde::{Deserialize, Serialize};

use crate::protocol::address::Address;

/// How the way out stands, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteState {
    /// Which way out this is said of; of another one it says nothing.
    pub of: String,
    /// When it was last refused, in seconds.
    pub at: u64,
    /// How often in a row.
    pub refusals: u32,
    /// Why, in one line.
    pub why: String,
    /// A receiver who was refused as if it were for our sake, none having been taken since.
    pub suspect: Option<Address>,
}

/// How handing over one mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// Taken.
    Taken,
    /// Not now.
    Later(String),
    /// Never, for this receiver or this mail.
    Refused(String),
    /// Refused at the receiver, perhaps for our sake.
    Perhaps(String),
    /// Refused for our sake.
    OfUs(String),
    /// Nobody saw the end: it may have been taken.
    Unseen(String),
    /// It was not begun.
    Unsent,
}

impl RouteState {
    /// Until when nothing is sent, in seconds, and why; `None`: it does not rest.
    #[must_use]
    pub fn rests(&self, of: &str, now: u64) -> Option<(u64, &str)> {
        let until = self.at.saturating_add(pause(self.refusals));
        // A clock that ran ahead may have set it.
        let resting = self.refusals > 0 && self.of == of && self.at <= now && now < until;
        resting.then_some((until, self.why.as_str()))
    }

    /// What a round of mails, in the order in which they were handed over, makes of it; what perhaps was for our sake
    /// is decided.
    #[must_use]
    pub fn after(
        &self,
        of: &str,
        mut round: Vec<(Address, Handed)>,
        now: u64,
    ) -> (Self, Vec<Handed>) {
        let mut state = match self.of == of {
            true => self.clone(),
            false => Self::default(),
        };
        of.clone_into(&mut state.of);
        let mut since = 0;
        let mut refused = None;
        for place in 0..round.len() {
            let Some((to, handed)) = round.get(place).cloned() else {
                break;
            };
            match handed {
                Handed::Taken => {
                    (state.suspect, state.refusals) = (None, 0);
                    since = place;
                }
                Handed::OfUs(why) => refused = Some(why),
                Handed::Perhaps(why) if state.suspect.as_ref().is_some_and(|one| *one != to) => {
                    of_us(&mut round, since, place);
                    refused = Some(why);
                }
                Handed::Perhaps(_) => state.suspect = Some(to),
                Handed::Later(_) | Handed::Refused(_) | Handed::Unseen(_) | Handed::Unsent => {}
            }
        }
        if let Some(why) = refused {
            (state.at, state.why) = (now, why);
            state.refusals = state.refusals.saturating_add(1);
        }
        let ends = round.into_iter().map(|(_, handed)| decided(handed));
        (state, ends.collect())
    }
}

/// What looked as if it were the receivers' own, none having been taken since, was for our sake.
fn of_us(round: &mut [(Address, Handed)], since: usize, last: usize) {
    for (_, handed) in round.iter_mut().take(last.saturating_add(1)).skip(since) {
        if let Handed::Perhaps(why) = handed {
            *handed = Handed::OfUs(std::mem::take(why));
        }
    }
}

fn decided(handed: Handed) -> Handed {
    match handed {
        Handed::Perhaps(why) => Handed::Refused(why),
        Handed::Taken
        | Handed::Later(_)
        | Handed::Refused(_)
        | Handed::OfUs(_)
        | Handed::Unseen(_)
        | Handed::Unsent => handed,
    }
}

/// How long the way out rests after so many refusals in a row, in seconds.
#[must_use]
pub fn pause(refusals: u32) -> u64 {
    REST.saturating_mul(1 << refusals.saturating_sub(1).min(16))
        .min(LONGEST_REST)
}

/// How long a letter waits after it could not be handed over so many times, in seconds.
#[must_use]
pub fn back_off(attempts: u32) -> u64 {
    BACK_OFF
        .saturating_mul(1 << attempts.min(16))
        .min(LONGEST_BACK_OFF)
}

/// How long an announcement waits after it did not reach a mailbox so many times in a row, in seconds: an hour, doubled up
/// to a day.
#[must_use]
pub fn untold_pause(times: u32) -> u64 {
    HOUR.saturating_mul(1 << times.saturating_sub(1).min(16))
        .min(DAY)
}

/// A trouble that the user was told, and when, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// In words.
    pub trouble: String,
    /// When.
    pub at: u64,
}

impl Told {
    /// Whether a trouble need not be told again: it was told within a day. Numbers in it may have changed.
    #[must_use]
    pub fn covers(&self, trouble: &str, now: u64) -> bool {
        let words = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        let young = self.at <= now && now < self.at.saturating_add(DAY);
        young && words(&self.trouble) == words(trouble)
    }
}

const HOUR: u64 = 3600;
const DAY: u64 = 86_400;
/// The first pause, in seconds; it doubles up to four hours.
const REST: u64 = 300;
const LONGEST_REST: u64 = 14_400;
/// The first pause of one letter, in seconds, before it is doubled; an hour at most.
const BACK_OFF: u64 = 30;
const LONGEST_BACK_OFF: u64 = 3600;
/// How long a mail is claimed by whoever hands it over, in seconds: longer than a server may take to answer after the
/// final dot (RFC 5321, section 4.5.3.2.6). If nobody saw the end, no copy leaves before.
pub const MAIL_CLAIM: u64 = 900;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const NOW: u64 = 1_000_000;

    fn to(name: &str) -> Address {
        Address::parse(&format!("{name}@example.net")).unwrap()
    }

    /// A round: `t` taken, `l` later, `r` refused, `p` perhaps of us, `u` of us, `-` unsent; to whom.
    fn round(text: &str) -> Vec<(Address, Handed)> {
        let one = |word: &str| {
            let why = String::from("no");
            let handed = match word.chars().next().unwrap() {
                't' => Handed::Taken,
                'l' => Handed::Later(why),
                'r' => Handed::Refused(why),
                'p' => Handed::Perhaps(why),
                'u' => Handed::OfUs(why),
                _ => Handed::Unsent,
            };
            (to(word.get(1..).unwrap()), handed)
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
    fn two_receivers_refused_so_with_none_taken_between_are_us() {
        for (text, suspect, ends, rests, after) in [
            ("pbob", None, "r", false, Some("bob")),
            ("pbob", Some("bob"), "r", false, Some("bob")),
            ("pbob", Some("carol"), "u", true, Some("carol")),
            ("pbob pcarol", None, "uu", true, Some("bob")),
            ("pbob pbob", None, "rr", false, Some("bob")),
            ("pbob tdora pcarol", None, "rtr", false, Some("carol")),
            ("pbob rdora pcarol", None, "uru", true, Some("bob")),
            ("pbob ldora pcarol", None, "ulu", true, Some("bob")),
            ("pbob tdora pcarol peve", None, "rtuu", true, Some("carol")),
            ("rbob rcarol rdora", None, "rrr", false, None),
            ("tbob", Some("carol"), "t", false, None),
            ("ubob -carol", None, "u-", true, None),
            ("tbob ucarol", None, "tu", true, None),
            ("", Some("bob"), "", false, Some("bob")),
        ] {
            let before = RouteState {
                of: "way".to_owned(),
                suspect: suspect.map(to),
                ..RouteState::default()
            };
            let (state, found) = before.after("way", round(text), NOW);
            assert_eq!(letters(&found), ends, "{text}");
            assert_eq!(state.rests("way", NOW).is_some(), rests, "{text}");
            assert_eq!(state.suspect, after.map(to), "{text}");
        }
    }

    #[test]
    fn the_way_out_rests_with_growing_pauses_until_a_mail_is_taken() {
        let mut state = RouteState::default();
        for pause in [300, 600, 1200, 2400, 4800, 9600, 14_400, 14_400] {
            (state, _) = state.after("way", round("ubob"), NOW);
            assert_eq!(state.rests("way", NOW), Some((NOW + pause, "no")));
            assert_eq!(state.rests("way", NOW + pause), None);
            assert_eq!(state.rests("way", NOW - 1), None, "the clock was set back");
            assert_eq!(state.rests("another", NOW), None);
        }
        (state, _) = state.after("way", round("lbob rbob"), NOW);
        assert_eq!(state.refusals, 8, "what is not about us changes nothing");
        let (open, _) = state.after("way", round("tbob"), NOW);
        assert_eq!(open.rests("way", NOW), None);
        let (first, _) = state.after("another", round("ubob"), NOW);
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
            assert_eq!(back_off(attempts), pause, "{attempts}");
        }
    }
}
