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
//!
//! A refusal that is only perhaps for our sake is the letter's own at first: it waits, goes last, and fails after the third.
//! It was for our sake once mails to two domains were refused so and none was taken between; from then on every other one is,
//! until one is taken. Such a rest is short all the same: two friends whose servers refuse us both hold nobody up for long.
//!
//! Domains are compared, not addresses: two receivers at one domain who are refused so tell of that domain's rules, or of
//! theirs, and nothing of what the others would say. A way out that takes nothing from us refuses mails to whatever domain.

use serde::{Deserialize, Serialize};

use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::time::{DAY, HOUR};

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
    /// Nothing that was said can be meant of anybody else.
    #[serde(default)]
    pub sure: bool,
    /// A domain to which a mail was refused as if it were for our sake, none having been taken since.
    #[serde(default)]
    pub suspect: Option<String>,
    /// Letters that were refused so, the last refused at the end: they leave after all others.
    #[serde(default)]
    pub doubted: Vec<Doubted>,
}

/// A letter that was refused, perhaps for our sake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubted {
    /// Its id.
    pub letter: LetterId,
    /// How often; not counted are refusals that were for our sake.
    pub times: u32,
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
    /// Refused, perhaps for our sake; after the decision: the letter waits by itself.
    Perhaps(String),
    /// Refused for our sake.
    OfUs(String),
    /// Nobody saw the end: it may have been taken.
    Unseen(String),
    /// It was not begun.
    Unsent,
}

/// A letter that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its id.
    pub letter: LetterId,
    /// To whom.
    pub to: Address,
    /// How it ended.
    pub handed: Handed,
}

impl RouteState {
    /// Until when nothing is sent, in seconds, and why; `None`: it does not rest.
    #[must_use]
    pub fn rests(&self, of: &str, now: u64) -> Option<(u64, &str)> {
        let until = self.at.saturating_add(self.rest());
        // A clock that ran ahead may have set it.
        let resting = self.refusals > 0 && self.of == of && self.at <= now && now < until;
        resting.then_some((until, self.why.as_str()))
    }

    /// How long it rests after its refusals, in seconds.
    fn rest(&self) -> u64 {
        let longest = match self.sure {
            true => LONGEST_REST,
            false => LONGEST_DOUBTFUL_REST,
        };
        pause(self.refusals).min(longest)
    }

    /// The place of a letter among those that leave last; `None`: it leaves before them.
    #[must_use]
    pub fn last(&self, letter: LetterId) -> Option<usize> {
        self.doubted.iter().position(|one| one.letter == letter)
    }

    /// How often a letter was refused, perhaps for our sake.
    #[must_use]
    pub fn times(&self, letter: LetterId) -> u32 {
        let found = self.last(letter).and_then(|place| self.doubted.get(place));
        found.map_or(0, |one| one.times)
    }

    /// What a round of mails, in the order in which they were handed over, makes of it; what perhaps was for our sake
    /// is decided.
    #[must_use]
    pub fn after(&self, of: &str, round: Vec<Tried>, now: u64) -> (Self, Vec<Handed>) {
        let mut state = match self.of == of {
            true => self.clone(),
            false => Self::default(),
        };
        of.clone_into(&mut state.of);
        let ours = state.is_refused(&round);
        let (mut refused, mut sure) = (None, false);
        let mut ends = Vec::new();
        for tried in round {
            let end = state.end(&tried, ours);
            match &end {
                Handed::Taken => {
                    (state.suspect, state.refusals) = (None, 0);
                    (refused, sure) = (None, false);
                }
                Handed::OfUs(why) => {
                    refused = Some(why.clone());
                    sure |= matches!(tried.handed, Handed::OfUs(_));
                }
                Handed::Later(_)
                | Handed::Refused(_)
                | Handed::Perhaps(_)
                | Handed::Unseen(_)
                | Handed::Unsent => {}
            }
            ends.push(end);
        }
        if let Some(why) = refused {
            (state.at, state.why, state.sure) = (now, why, sure);
            state.refusals = state.refusals.saturating_add(1);
        }
        (state, ends)
    }

    /// Whether what perhaps was for our sake was: mails to two domains, and none was taken, not in this round either.
    fn is_refused(&self, round: &[Tried]) -> bool {
        let mut first = self.suspect.as_deref();
        let mut another = self.refusals > 0;
        for tried in round {
            let domain = tried.to.domain();
            match &tried.handed {
                Handed::Taken => return false,
                Handed::Perhaps(_) => another |= *first.get_or_insert(domain) != domain,
                Handed::Later(_)
                | Handed::Refused(_)
                | Handed::OfUs(_)
                | Handed::Unseen(_)
                | Handed::Unsent => {}
            }
        }
        another
    }

    fn end(&mut self, tried: &Tried, ours: bool) -> Handed {
        let times = self.times(tried.letter);
        match &tried.handed {
            Handed::Taken | Handed::Refused(_) => {
                self.forget(tried.letter);
                tried.handed.clone()
            }
            Handed::OfUs(_) => {
                self.goes_last(tried.letter, times);
                tried.handed.clone()
            }
            Handed::Perhaps(why) if ours => {
                self.goes_last(tried.letter, 0);
                self.suspect = Some(tried.to.domain().to_owned());
                Handed::OfUs(why.clone())
            }
            Handed::Perhaps(why) => {
                let domain = || tried.to.domain().to_owned();
                self.suspect.get_or_insert_with(domain);
                let times = times.saturating_add(1);
                if times >= MOST_DOUBTED_TIMES {
                    self.forget(tried.letter);
                    return Handed::Refused(format!("{why} (refused three times)"));
                }
                self.goes_last(tried.letter, times);
                tried.handed.clone()
            }
            Handed::Later(_) | Handed::Unseen(_) | Handed::Unsent => tried.handed.clone(),
        }
    }

    fn forget(&mut self, letter: LetterId) {
        self.doubted.retain(|one| one.letter != letter);
    }

    fn goes_last(&mut self, letter: LetterId, times: u32) {
        self.forget(letter);
        if self.doubted.len() >= MOST_DOUBTED {
            self.doubted.remove(0);
        }
        self.doubted.push(Doubted { letter, times });
    }
}

/// How long what was refused waits after so many times in a row, in seconds.
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

/// A letter fails by itself when it was refused so often, perhaps for our sake.
const MOST_DOUBTED_TIMES: u32 = 3;
/// So many letters are remembered that were refused; of more the first are forgotten.
const MOST_DOUBTED: usize = 256;
/// The first pause, in seconds; it doubles up to four hours.
const REST: u64 = 300;
const LONGEST_REST: u64 = 14_400;
/// The longest where it is only perhaps for our sake.
const LONGEST_DOUBTFUL_REST: u64 = 600;
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
