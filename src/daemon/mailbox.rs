//! The mailbox that the agent fetches from: how it is, and what fetches.

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
    /// What fetches, and as what it was configured.
    worker: Option<(FetchWorker, config::Fetch)>,
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
            worker: None,
            state: MailboxState::default(),
            letters: 0,
            in_trouble: false,
            both: None,
        }
    }

    /// A look is wanted now. Gives how it is; `None` if nothing is fetched.
    pub(super) fn wake(&self, wake: Wake) -> Option<status::Mailbox> {
        let (worker, _) = self.worker.as_ref()?;
        worker.wake(wake);
        self.status()
    }

    pub(super) fn status(&self) -> Option<status::Mailbox> {
        self.worker.as_ref().map(|_| status::Mailbox {
            since: self.state.since.map(|since| since.0),
            trouble: self.state.trouble.clone(),
            rounds: self.state.rounds,
            tries: self.state.tries,
            letters: self.letters,
        })
    }

    /// Begins to fetch, or ends it, as the configuration says. What is in trouble begins anew, without its pause: the
    /// password may be another one now.
    pub(super) fn follow(&mut self, account: &Account) {
        let wanted = account.config.mail.fetch.clone();
        let same = self.worker.as_ref().map(|(_, fetch)| fetch) == wanted.as_ref();
        if same && self.state.trouble.is_none() {
            return;
        }
        (self.worker, self.state) = (None, MailboxState::default());
        let Some(wanted) = wanted else {
            return;
        };
        let (home, clock) = (account.home.clone(), account.clock());
        match FetchWorker::start(home, clock, self.told.clone()) {
            Ok(worker) => self.worker = Some((worker, wanted)),
            Err(fault) => tracing::error!("no mail is fetched: {fault}"),
        }
    }

    /// A letter came.
    pub(super) fn came(&mut self) {
        self.letters = self.letters.saturating_add(1);
    }

    /// A trouble was told.
    pub(super) fn is_in_trouble(&mut self) {
        self.in_trouble = true;
    }

    /// How it is now, if that has changed.
    pub(super) fn take_state(&mut self) -> Option<Now> {
        let (worker, _) = self.worker.as_mut()?;
        let state = worker.new_state()?;
        Some(self.is(state))
    }

    fn is(&mut self, state: MailboxState) -> Now {
        if let Some(trouble) = &state.trouble
            && Some(trouble) != self.state.trouble.as_ref()
        {
            tracing::warn!("no mail is fetched: {trouble}");
        }
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
    use super::*;

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
