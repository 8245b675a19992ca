//! When a connection is tried again, and what of its faults a person is told.

use std::time::Duration;

use super::mailbox::Fault;
use super::plan::Refused;
use crate::protocol::time::{DAY, HOUR, MINUTE, Seconds};
use crate::rules::decision::Rng;
use crate::rules::queue::doubled;
use crate::rules::words;

/// What is remembered of the connections of before.
#[derive(Debug, Clone, Default)]
pub(super) struct Link {
    /// Failed in a row since all was read.
    failed: u32,
    /// How logins were refused, if the last one was.
    pub(super) refused: Option<Refused>,
    /// The last two logins, the older first.
    logins: [Option<Seconds>; 2],
    /// The last answer that was none, and how often it came in a row.
    malformed: Option<(String, u32)>,
    /// What is wrong.
    pub(super) trouble: Option<String>,
    /// A person was told that no mail is fetched.
    pub(super) is_told: bool,
    /// Why handled letters stay where they are.
    stays: Option<String>,
    /// What a person is to be told.
    pub(super) notices: Vec<String>,
}

impl Link {
    /// How long a login has to wait: for the pause after one that was refused, and so that there are at most two in two
    /// minutes.
    pub(super) fn must_wait(&self, now: Seconds) -> Option<Duration> {
        let [older, _] = self.logins;
        let refused = self.refused.map(|it| (it.at, it.pause));
        let waits = [refused, older.map(|at| (at, LOGIN_SPAN))];
        let waits = waits.into_iter().flatten();
        let waits = waits.filter(|&(at, span)| now.is_within(span, at));
        waits.map(|(at, span)| at.after(span).since(now)).max()
    }

    /// Takes up how logins were refused before; the pause counts for nothing if somebody wants the login `at_once`, who is
    /// to hear of it if it is refused again.
    pub(super) fn remember(&mut self, refused: Option<Refused>, at_once: bool) {
        self.refused = refused.map(|Refused { times, at, pause }| match at_once {
            true => Refused {
                times: times.min(1),
                at,
                pause: Duration::ZERO,
            },
            false => Refused {
                times,
                at,
                pause: pause.min(HOUR),
            },
        });
    }

    /// Says why no login is tried, to whoever looks once and has heard of no refusal.
    pub(super) fn say_pause(&mut self, now: Seconds) {
        let refused = self.refused.filter(|it| now.is_within(it.pause, it.at));
        if let (Some(Refused { at, pause, .. }), None) = (refused, &self.trouble) {
            let span = words::span(at.after(pause).since(now));
            self.trouble = Some(format!(
                "the login was refused a while ago, and is tried again in {span} at the earliest: servers lock the accounts \
                 of whoever tries often"
            ));
        }
    }

    /// We are logged in.
    pub(super) fn opened(&mut self, now: Seconds) {
        self.login(now);
        self.refused = None;
    }

    fn login(&mut self, now: Seconds) {
        self.logins = [self.logins[1], Some(now)];
    }

    /// What is wrong at the moment.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref().or(self.stays.as_deref())
    }

    /// The server does not let handled letters go, which is told once.
    pub(super) fn letters_stay(&mut self, why: &str) {
        if self.stays.is_none() {
            let text = format!("handled letters stay in the mailbox: {why}");
            self.notices.push(text.clone());
            self.stays = Some(text);
        }
    }

    /// It lets them go.
    pub(super) fn letters_leave(&mut self) {
        self.stays = None;
    }

    /// All was read.
    pub(super) fn well(&mut self) {
        self.failed = 0;
        self.malformed = None;
        self.trouble = None;
        self.is_told = false;
    }

    /// There is no connection any more: how long nothing is tried.
    pub(super) fn closed(
        &mut self,
        fault: &Fault,
        token: bool,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Duration {
        let text = fault.to_string();
        self.trouble = Some(text.clone());
        let (span, told) = match fault {
            Fault::Login(_) => {
                self.login(now);
                let times = self.refused.map_or(0, |it| it.times).saturating_add(1);
                let told = (times == 2).then(|| format!("no mail is fetched: {text}"));
                let pause = match (times, token) {
                    // The command makes a new one.
                    (1, true) => SHORTEST,
                    (times, _) => doubled(LOGIN_SHORTEST, times.saturating_sub(1), HOUR),
                };
                let at = now;
                self.refused = Some(Refused { times, at, pause });
                (pause, told)
            }
            Fault::Malformed(_) => {
                let before = self.malformed.take().filter(|(before, _)| *before == text);
                let times = before.map_or(1, |(_, times)| times.saturating_add(1));
                self.malformed = Some((text.clone(), times));
                let told = (times == 3)
                    .then(|| format!("the mailbox answers what cannot be read: {text}"));
                (self.back_off(rng), told)
            }
            // Without a password nothing was said to the server that it could count.
            Fault::Tls(_) | Fault::NoPassword(_) => {
                let told = (self.failed == 1).then(|| format!("no mail is fetched: {text}"));
                (self.back_off(rng), told)
            }
            Fault::Network(_) | Fault::Bye(_) | Fault::TooLarge(_) => (self.back_off(rng), None),
        };
        self.is_told |= told.is_some();
        self.notices.extend(told);
        span
    }

    /// From 2 s to 5 min, by half more or less.
    pub(super) fn back_off(&mut self, rng: &mut dyn Rng) -> Duration {
        let rest = doubled(SHORTEST, self.failed, LONGEST);
        self.failed = self.failed.saturating_add(1);
        let mut dice = [0; 2];
        rng.fill(&mut dice);
        let half = rest.checked_div(2).unwrap_or(rest);
        let more = rest.mul_f64(f64::from(u16::from_le_bytes(dice)) / f64::from(u16::MAX));
        half.saturating_add(more)
    }
}

/// Whether a mail that could not be handled is to be tried again now.
pub(super) fn is_due(due: Seconds, now: Seconds) -> bool {
    now.is_turn_of(due, LONGEST_RETRY)
}

/// When a mail that could not be handled is tried again first, and how long it is left alone at most.
pub(super) const RETRY: Duration = MINUTE;
pub(super) const LONGEST_RETRY: Duration = DAY;
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(5);
const LOGIN_SHORTEST: Duration = Duration::from_mins(5);
/// There are at most two logins in this.
const LOGIN_SPAN: Duration = MINUTE.saturating_mul(2);
