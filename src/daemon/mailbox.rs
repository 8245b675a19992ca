//! A mailbox that the agent fetches from: how it is, and what fetches.

use std::io;

use super::fetch::{MailboxState, Wake};
use super::fetch_worker::FetchWorker;
use crate::edge::config;
use crate::edge::control::event::Event;
use crate::edge::control::status;
use crate::protocol::clean;

/// A mailbox that is fetched from.
pub(super) struct Mailbox {
    /// As what it was configured.
    wanted: config::Fetch,
    /// What fetches; `None` if it could not begin.
    worker: Option<FetchWorker>,
    state: MailboxState,
    /// How many letters came.
    letters: u64,
    /// A trouble was told, and not yet that it is over.
    in_trouble: bool,
}

/// What is to be told of how it is now.
pub(super) struct Now {
    /// Of which mailbox.
    pub(super) key: String,
    /// A trouble that was told is over.
    pub(super) is_over: bool,
    /// For those who watch.
    pub(super) event: Option<Event>,
}

impl Mailbox {
    /// Not begun yet.
    pub(super) fn new(wanted: config::Fetch) -> Self {
        Self {
            wanted,
            worker: None,
            state: MailboxState::default(),
            letters: 0,
            in_trouble: false,
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.wanted.name
    }

    /// Whether it is known by that.
    pub(super) fn is(&self, key: &str) -> bool {
        self.wanted.key() == key
    }

    /// A look is wanted now. Gives how it is.
    pub(super) fn wake(&self, wake: Wake) -> status::Mailbox {
        if let Some(worker) = &self.worker {
            worker.wake(wake);
        }
        self.status()
    }

    pub(super) fn status(&self) -> status::Mailbox {
        status::Mailbox {
            name: self.wanted.name.clone(),
            key: self.wanted.key(),
            since: self.state.since.map(|since| since.0),
            trouble: self.state.trouble.clone(),
            rounds: self.state.rounds,
            tries: self.state.tries,
            letters: self.letters,
        }
    }

    /// Fetches as it is configured now. What is in trouble begins anew, without its pause: the password may be another one
    /// now.
    pub(super) fn follow(&mut self, wanted: &config::Fetch) {
        // What it is called is nothing to its connection.
        let as_before = config::Fetch {
            name: self.wanted.name.clone(),
            ..wanted.clone()
        };
        if as_before != self.wanted || self.state.trouble.is_some() {
            (self.worker, self.state) = (None, MailboxState::default());
        }
        self.wanted = wanted.clone();
    }

    /// Begins what has not begun: where it could not before, there may be file handles and memory now.
    pub(super) fn begin(
        &mut self,
        start: impl FnOnce(config::Fetch) -> io::Result<FetchWorker>,
    ) -> Option<Now> {
        if self.worker.is_some() {
            return None;
        }
        match start(self.wanted.clone()) {
            Ok(worker) => {
                (self.worker, self.state) = (Some(worker), MailboxState::default());
                None
            }
            Err(fault) => Some(self.comes_to(MailboxState {
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
        Some(self.comes_to(state))
    }

    fn comes_to(&mut self, state: MailboxState) -> Now {
        if let Some(trouble) = &state.trouble
            && Some(trouble) != self.state.trouble.as_ref()
        {
            tracing::warn!(mailbox = self.name(), "no mail is fetched: {trouble}");
        }
        self.in_trouble |= state.is_told;
        let well = state.since.is_some() && state.trouble.is_none();
        let event = event(self.name(), &state)
            .filter(|now| event(self.name(), &self.state).as_ref() != Some(now));
        self.state = state;
        Now {
            key: self.wanted.key(),
            is_over: well && std::mem::take(&mut self.in_trouble),
            event,
        }
    }
}

/// How it is, for those who watch; `None`: that is not known yet.
fn event(name: &str, state: &MailboxState) -> Option<Event> {
    let (since, trouble) = (state.since, state.trouble.as_ref());
    let state = match (since, trouble) {
        (Some(_), _) => "watched",
        (None, Some(_)) => "trouble",
        (None, None) => return None,
    };
    Some(Event::Mailbox {
        name: name.to_owned(),
        state: state.to_owned(),
        reason: trouble.map(|why| clean::line(why, 300)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use crate::protocol::time::Seconds;

    fn mailbox() -> Mailbox {
        let text = "address = 'a@b.example'\n[mail]\npassword_file = '/x'\n[mail.fetch]\nserver = 'imaps://imap.b.example'";
        let config = config::Config::parse(text, Path::new("/x/config.toml")).unwrap();
        Mailbox::new(config.mail.fetch.into_iter().next().unwrap())
    }

    #[test]
    fn what_cannot_begin_is_trouble_and_tried_again() {
        let mut mailbox = mailbox();
        let no_handle = |_| Err(io::Error::other("no file handle is left"));
        for tries in 1..3 {
            let now = mailbox.begin(no_handle).unwrap();
            assert_eq!(now.event.is_some(), tries == 1);
            let status = mailbox.wake(Wake::Look);
            assert!(status.trouble.unwrap().ends_with("no file handle is left"));
            assert_eq!(status.tries, tries);
        }
    }

    /// The configuration was read again, and says of it the same, another name, or another folder beside it.
    #[test]
    fn only_what_its_connection_is_to_do_begins_it_anew() {
        let (folder, home) = crate::daemon::caught::broken::home();
        let at = Some(Seconds(1_800_000_000));
        let mut wanted = crate::daemon::caught::broken::mailbox(&home);
        let mut mailbox = Mailbox::new(wanted.clone());
        let start = |of: config::Fetch| {
            let lock = crate::daemon::fetch::FetchLock::of(&home);
            let clock = std::sync::Arc::new(crate::edge::clock::SystemClock);
            let (told, _) = tokio::sync::mpsc::channel(8);
            FetchWorker::start(home.clone(), clock, (of, lock), told)
        };
        assert!(mailbox.begin(start).is_none());
        mailbox.state.since = at;
        mailbox.follow(&wanted);
        wanted.name = "other".to_owned();
        mailbox.follow(&wanted);
        assert_eq!((mailbox.name(), mailbox.state.since), ("other", at));
        assert!(mailbox.worker.is_some());
        wanted.others.push("Chat".to_owned());
        mailbox.follow(&wanted);
        assert!(mailbox.worker.is_none());
        drop(folder);
    }

    #[test]
    fn mail_is_fetched_again_only_if_it_was_told_that_none_is() {
        let at = Some(Seconds(1_800_000_000));
        for (is_told, trouble) in [(false, "handled letters stay"), (true, "no such folder")] {
            let mut mailbox = mailbox();
            let since = at.filter(|_| !is_told);
            let before = MailboxState {
                since,
                trouble: Some(trouble.to_owned()),
                is_told,
                ..MailboxState::default()
            };
            assert!(!mailbox.comes_to(before).is_over, "{trouble}");
            for told in [is_told, false] {
                let well = MailboxState {
                    since: at,
                    ..MailboxState::default()
                };
                assert_eq!(mailbox.comes_to(well).is_over, told, "{trouble}");
            }
        }
    }

    #[test]
    fn those_who_watch_are_told_of_each_change_once() {
        let mut mailbox = mailbox();
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
            let now = mailbox.comes_to(MailboxState {
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
            r#"{"event":"mailbox","name":"a@b.example","state":"trouble","reason":"the login is refused"}"#,
            r#"{"event":"mailbox","name":"a@b.example","state":"watched","reason":null}"#,
            r#"{"event":"mailbox","name":"a@b.example","state":"watched","reason":"handled letters stay"}"#,
        ];
        assert_eq!(told, expected);
    }
}
