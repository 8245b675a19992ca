//! The mailbox that the agent fetches from: how it is, and what fetches.

use std::io;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::fetch::{MailboxState, Told, Wake};
use super::fetch_worker::FetchWorker;
use crate::account::Account;
use crate::edge::config;
use crate::edge::control::event::Event;
use crate::edge::control::status;
use crate::protocol::clean;
use crate::protocol::time::{MINUTE, Seconds};

/// The mailbox that is fetched from.
pub(super) struct Mailbox {
    told: mpsc::Sender<Told>,
    /// As what it was configured; `None`: nothing is fetched.
    wanted: Option<config::Fetch>,
    /// What fetches; `None`, where something is wanted, if it could not begin.
    worker: Option<FetchWorker>,
    state: MailboxState,
    /// How many letters came.
    letters: u64,
    /// A trouble was told, and not yet that it is over.
    in_trouble: bool,
    /// The time by the system's clock, and by one that stands still with the machine, when both were last compared.
    both: Option<(Seconds, Instant)>,
}

/// What is to be told of how it is now.
pub(super) struct Now {
    /// A trouble that was told is over.
    pub(super) is_over: bool,
    /// For those who watch.
    pub(super) event: Option<Event>,
}

impl Mailbox {
    /// None yet; what fetches is to tell there.
    pub(super) fn new(told: mpsc::Sender<Told>) -> Self {
        Self {
            told,
            wanted: None,
            worker: None,
            state: MailboxState::default(),
            letters: 0,
            in_trouble: false,
            both: None,
        }
    }

    /// A look is wanted now. Gives how it is; `None` if nothing is fetched.
    pub(super) fn wake(&self, wake: Wake) -> Option<status::Mailbox> {
        if let Some(worker) = &self.worker {
            worker.wake(wake);
        }
        self.status()
    }

    pub(super) fn status(&self) -> Option<status::Mailbox> {
        self.wanted.as_ref().map(|_| status::Mailbox {
            since: self.state.since.map(|since| since.0),
            trouble: self.state.trouble.clone(),
            rounds: self.state.rounds,
            tries: self.state.tries,
            letters: self.letters,
        })
    }

    /// Begins to fetch, or ends it, as the configuration says. What is in trouble begins anew, without its pause: the
    /// password may be another one now.
    pub(super) fn follow(&mut self, account: &Account) -> Option<Now> {
        let wanted = account.config.mail.fetch.clone();
        if wanted == self.wanted && self.state.trouble.is_none() {
            return None;
        }
        (self.worker, self.state) = (None, MailboxState::default());
        self.wanted = wanted;
        self.begin_if_wanted(account)
    }

    /// Begins what could not begin before: there may be file handles and memory now.
    pub(super) fn begin_if_wanted(&mut self, account: &Account) -> Option<Now> {
        let told = self.told.clone();
        self.begin_by(|| FetchWorker::start(account.home.clone(), account.clock(), told))
    }

    fn begin_by(&mut self, start: impl FnOnce() -> io::Result<FetchWorker>) -> Option<Now> {
        if self.wanted.is_none() || self.worker.is_some() {
            return None;
        }
        match start() {
            Ok(worker) => {
                (self.worker, self.state) = (Some(worker), MailboxState::default());
                None
            }
            Err(fault) => Some(self.is(MailboxState {
                trouble: Some(format!("it cannot begin: {fault}")),
                tries: self.state.tries.saturating_add(1),
                ..MailboxState::default()
            })),
        }
    }

    /// A letter came.
    pub(super) fn came(&mut self) {
        self.letters = self.letters.saturating_add(1);
    }

    /// How it is now, if that has changed.
    pub(super) fn take_state(&mut self) -> Option<Now> {
        let state = self.worker.as_mut()?.new_state()?;
        Some(self.is(state))
    }

    fn is(&mut self, state: MailboxState) -> Now {
        if let Some(trouble) = &state.trouble
            && Some(trouble) != self.state.trouble.as_ref()
        {
            tracing::warn!("no mail is fetched: {trouble}");
        }
        self.in_trouble |= state.is_told;
        let well = state.since.is_some() && state.trouble.is_none();
        let event = event(&state).filter(|now| event(&self.state).as_ref() != Some(now));
        self.state = state;
        Now {
            is_over: well && std::mem::take(&mut self.in_trouble),
            event,
        }
    }

    /// After a sleep of the machine its connection is of no use, and mails have come meanwhile.
    pub(super) fn wake_after_sleep(&mut self, now: Seconds) {
        let here = Instant::now();
        if let Some((then, there)) = self.both.replace((now, here))
            && now.since(then) > here.duration_since(there).saturating_add(MINUTE)
        {
            self.wake(Wake::Look);
        }
    }
}

/// How it is, for those who watch; `None`: that is not known yet.
fn event(state: &MailboxState) -> Option<Event> {
    let (since, trouble) = (state.since, state.trouble.as_ref());
    let state = match (since, trouble) {
        (Some(_), _) => "watched",
        (None, Some(_)) => "trouble",
        (None, None) => return None,
    };
    Some(Event::Mailbox {
        state: state.to_owned(),
        reason: trouble.map(|why| clean::line(why, 300)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;

    #[test]
    fn what_cannot_begin_is_trouble_and_tried_again() {
        let text = "address = 'a@b.example'\n[mail]\npassword_file = '/x'\n[mail.fetch]\nserver = 'imaps://imap.b.example'";
        let config = config::Config::parse(text, Path::new("/x/config.toml")).unwrap();
        let mut mailbox = Mailbox::new(mpsc::channel(1).0);
        let no_handle = || Err(io::Error::other("no file handle is left"));
        assert!(mailbox.begin_by(no_handle).is_none());
        assert_eq!(mailbox.status(), None);
        mailbox.wanted = config.mail.fetch;
        for tries in 1..3 {
            let now = mailbox.begin_by(no_handle).unwrap();
            assert_eq!(now.event.is_some(), tries == 1);
            let status = mailbox.wake(Wake::Look).unwrap();
            assert!(status.trouble.unwrap().ends_with("no file handle is left"));
            assert_eq!(status.tries, tries);
        }
    }

    #[test]
    fn mail_is_fetched_again_only_if_it_was_told_that_none_is() {
        let at = Some(Seconds(1_800_000_000));
        for (is_told, trouble) in [(false, "handled letters stay"), (true, "no such folder")] {
            let mut mailbox = Mailbox::new(mpsc::channel(1).0);
            let since = at.filter(|_| !is_told);
            let before = MailboxState {
                since,
                trouble: Some(trouble.to_owned()),
                is_told,
                ..MailboxState::default()
            };
            assert!(!mailbox.is(before).is_over, "{trouble}");
            for told in [is_told, false] {
                let well = MailboxState {
                    since: at,
                    ..MailboxState::default()
                };
                assert_eq!(mailbox.is(well).is_over, told, "{trouble}");
            }
        }
    }

    #[test]
    fn those_who_watch_are_told_of_each_change_once() {
        let mut mailbox = Mailbox::new(mpsc::channel(1).0);
        let at = Some(Seconds(1_800_000_000));
        let mut told = Vec::new();
        for (since, trouble, rounds) in [
            (None, None, 0),
            (None, Some("the login is refused"), 0),
            (None, Some("the login is refused"), 1),
            (at, None, 2),
            (at, None, 3),
            (at, Some("handled letters stay"), 4),
        ] {
            let now = mailbox.is(MailboxState {
                since,
                trouble: trouble.map(str::to_owned),
                rounds,
                tries: rounds,
                ..MailboxState::default()
            });
            told.extend(
                now.event
                    .map(|it| serde_json::to_string(&it).unwrap_or_default()),
            );
        }
        let expected = [
            r#"{"event":"mailbox","state":"trouble","reason":"the login is refused"}"#,
            r#"{"event":"mailbox","state":"watched","reason":null}"#,
            r#"{"event":"mailbox","state":"watched","reason":"handled letters stay"}"#,
        ];
        assert_eq!(told, expected);
    }
}
