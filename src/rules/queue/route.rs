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

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::doubled;
use super::verdict::Verdict;
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::protocol::time::{DAY, Seconds};

/// How the way out stands, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteState {
    /// Which way out this is said of; of another one it says nothing.
    pub of: String,
    /// When it was last refused.
    pub at: Seconds,
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

impl Handed {
    /// A refusal as it was judged, and why in one clean line that holds no secret.
    pub fn refused(verdict: Verdict, why: String) -> Self {
        match verdict {
            Verdict::Later => Self::Later(why),
            Verdict::Receiver => Self::Refused(why),
            Verdict::Perhaps => Self::Perhaps(why),
            Verdict::Route => Self::OfUs(why),
        }
    }

    /// Why the mail was not taken, as far as that is known.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Later(why) | Self::Refused(why) | Self::Perhaps(why) => Some(why),
            Self::OfUs(why) | Self::Unseen(why) => Some(why),
            Self::Taken | Self::Unsent => None,
        }
    }
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
    /// Until when nothing is sent, and why; `None`: it does not rest.
    pub fn rests(&self, of: &str, now: Seconds) -> Option<(Seconds, &str)> {
        let until = self.at.after(self.rest());
        // A clock that ran ahead may have set it.
        let resting = self.refusals > 0 && self.of == of && self.at <= now && now < until;
        resting.then_some((until, self.why.as_str()))
    }

    fn rest(&self) -> Duration {
        let longest = match self.sure {
            true => LONGEST_REST,
            false => LONGEST_DOUBTFUL_REST,
        };
        pause(self.refusals).min(longest)
    }

    /// The place of a letter among those that leave last; `None`: it leaves before them.
    pub fn last(&self, letter: LetterId) -> Option<usize> {
        self.doubted.iter().position(|one| one.letter == letter)
    }

    /// How often a letter was refused, perhaps for our sake.
    pub fn times(&self, letter: LetterId) -> u32 {
        let found = self.last(letter).and_then(|place| self.doubted.get(place));
        found.map_or(0, |one| one.times)
    }

    /// What a round of mails, in the order in which they were handed over, makes of it; what perhaps was for our sake
    /// is decided.
    pub fn after(&self, of: &str, round: Vec<Tried>, now: Seconds) -> (Self, Vec<Handed>) {
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

/// How long what was refused waits after so many times in a row.
pub fn pause(refusals: u32) -> Duration {
    doubled(REST, refusals.saturating_sub(1), LONGEST_REST)
}

/// A trouble that the user was told, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// In words.
    pub trouble: String,
    /// When.
    pub at: Seconds,
}

impl Told {
    /// Whether a trouble need not be told again: it was told within a day. Numbers in it may have changed.
    pub fn covers(&self, trouble: &str, now: Seconds) -> bool {
        let words = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        let young = now.is_within(DAY, self.at);
        young && words(&self.trouble) == words(trouble)
    }
}

/// A letter fails by itself when it was refused so often, perhaps for our sake.
const MOST_DOUBTED_TIMES: u32 = 3;
/// So many letters are remembered that were refused; of more the first are forgotten.
const MOST_DOUBTED: usize = 256;
/// The first pause; it doubles up to four hours.
const REST: Duration = Duration::from_mins(5);
const LONGEST_REST: Duration = Duration::from_hours(4);
/// The longest where it is only perhaps for our sake.
const LONGEST_DOUBTFUL_REST: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests;
