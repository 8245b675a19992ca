//! Mail is fetched out of a mailbox: what the rules ask for is asked of its server and of the account.
//!
//! ```text
//!  rules/fetch ──▶ a command ──▶ edge/mail/fetch ──▶ its answer ──▶ rules/fetch ──▶ …
//!              ├─▶ a mail    ──▶ account: commit 1
//!              └─▶ a cursor  ──▶ account: commit 2
//! ```

mod lock;
mod once;
mod way;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::account::{Account, AccountError, fetch};
use crate::edge::clock::Clock;
use crate::edge::config::{self, Protocol};
use crate::edge::home::Home;
use crate::edge::mail::fetch::{Imap, Pop3, Settings};
use crate::protocol::time::Seconds;
use crate::rules::fetch::fetcher::Fetcher;
use crate::rules::fetch::plan::{Became, Event, Next, Refused, Until, Work};
use crate::rules::fetch::pop3::Pop3Fetcher;
use lock::Gate;
pub(super) use lock::{FetchLock, Taken};
pub(super) use once::thread_name;
pub use once::{Looking, fetch_once};
pub(super) use way::Wake;
use way::{Way, wanted};

/// What is told of fetching, as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A mail was handled, and what it caused is committed.
    Heard,
    /// What the user is to know.
    Word(String),
    /// How the mailbox is.
    State(MailboxState),
    /// So many uids were read, of so many.
    Read(u32, u32),
}

/// How a mailbox is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// Since when it is watched.
    pub since: Option<Seconds>,
    /// Why not, or what else is wrong.
    pub trouble: Option<String>,
    /// The user was told of it as of what keeps all mail away.
    pub is_told: bool,
    /// How often all was read.
    pub rounds: u64,
    /// How often a try ended in such trouble that nothing is watched.
    pub tries: u64,
}

/// What a single look is to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// At older mails, too, if they came at this time or later.
    pub since: Option<Seconds>,
    /// Even if a login was refused a short while ago.
    pub at_once: bool,
}

/// Fetching from one mailbox of an account.
pub(super) struct Fetching {
    home: Home,
    clock: Arc<dyn Clock>,
    /// The mailbox.
    of: config::Fetch,
    gate: Gate,
    server: Server,
    /// Open only while there is a mail.
    account: Option<Account>,
    /// How logins were refused, as it is kept.
    refused: Option<Refused>,
    /// Letters that came.
    heard: u32,
    state: MailboxState,
}

/// By which protocol.
enum Server {
    Imap(Box<(Imap, Fetcher)>),
    Pop3(Box<(Pop3, Pop3Fetcher)>),
    /// It is being fetched from.
    InUse,
}

impl Fetching {
    /// The pause after a login that was refused counts for nothing if one is wanted `at_once`.
    pub(super) fn open(
        home: Home,
        clock: Arc<dyn Clock>,
        (of, gate): (config::Fetch, Gate),
        until: Until,
        at_once: bool,
    ) -> anyhow::Result<Self> {
        let account = Account::open_quietly(home.clone(), Arc::clone(&clock))?;
        let plan = fetch::plan(&of, until);
        let settings = Settings::of(&of);
        let before = fetch::refused(&account, &of)?;
        let (server, refused) = match of.protocol {
            Protocol::Imap => {
                let mut fetcher = Fetcher::new(plan, fetch::begun(&account, &of)?);
                fetcher.remember_refused(before, at_once);
                let refused = fetcher.refused();
                (
                    Server::Imap(Box::new((Imap::new(settings), fetcher))),
                    refused,
                )
            }
            Protocol::Pop3 => {
                let mut fetcher = Pop3Fetcher::new(plan, fetch::pop3_known(&account, &of)?);
                fetcher.remember_refused(before, at_once);
                let refused = fetcher.refused();
                (
                    Server::Pop3(Box::new((Pop3::new(settings), fetcher))),
                    refused,
                )
            }
        };
        Ok(Self {
            server,
            home,
            clock,
            of,
            gate,
            account: None,
            refused,
            heard: 0,
            state: MailboxState::default(),
        })
    }

    /// Fetches until it is over, or nobody wants it any more (`None`): `woken` then ends, or nobody is `told`.
    pub(super) async fn run(
        &mut self,
        woken: &mut mpsc::Receiver<Wake>,
        told: &mut dyn FnMut(Told) -> bool,
    ) -> Option<Result<(), String>> {
        match std::mem::replace(&mut self.server, Server::InUse) {
            Server::Imap(mut way) => self.run_by(way.as_mut(), woken, told).await,
            Server::Pop3(mut way) => self.run_by(way.as_mut(), woken, told).await,
            Server::InUse => None,
        }
    }

    async fn run_by<W: Way>(
        &mut self,
        way: &mut W,
        woken: &mut mpsc::Receiver<Wake>,
        told: &mut dyn FnMut(Told) -> bool,
    ) -> Option<Result<(), String>> {
        let mut event = Event::Woken;
        let mut gate = None;
        loop {
            if matches!(event, Event::Woken) {
                gate = Some(wanted(Arc::clone(&self.gate).lock_owned(), woken).await?);
                self.take_up_refused(way);
            }
            let next = way.step(event, self.clock.now());
            self.keep_refused(way.refused());
            // Logged in, or not: whoever is next knows.
            gate = gate.filter(|_| W::is_login(&next));
            let rests = matches!(next, Next::Rest(_));
            if !self.tell(way, (W::is_round(&next), rests), told) {
                return None;
            }
            if W::is_round(&next) && !matches!(next, Next::Keep(_)) {
                self.account = None;
            }
            event = match next {
                Next::Ask(command) => Event::Answered(way.ask(command, woken).await?),
                Next::Hear(work) => self.hear(&work, told),
                Next::Keep(kept) => Event::Kept(self.keep::<W>(&kept)),
                Next::Rest(span) => {
                    self.account = None;
                    tokio::select! {
                        wanted = woken.recv() => if wanted? == Wake::AtOnce {
                            way.forget_pause();
                            self.refused = way.refused();
                        },
                        () = tokio::time::sleep(span) => {}
                    }
                    Event::Woken
                }
                Next::Over(end) => return Some(end),
            };
        }
    }

    /// What has changed is told.
    fn tell<W: Way>(
        &mut self,
        way: &mut W,
        (is_round, rests): (bool, bool),
        told: &mut dyn FnMut(Told) -> bool,
    ) -> bool {
        let mut wanted = way.words().into_iter().all(|word| told(Told::Word(word)));
        if let Some((read, all)) = way.progress().filter(|(read, all)| read < all) {
            wanted = wanted && told(Told::Read(read, all));
        }
        let (since, trouble) = way.state();
        let failed = rests && since.is_none() && trouble.is_some();
        let state = MailboxState {
            tries: self.state.tries.saturating_add(u64::from(failed)),
            since,
            trouble: trouble.map(str::to_owned),
            is_told: way.is_told(),
            rounds: self.state.rounds.saturating_add(u64::from(is_round)),
        };
        if state != self.state {
            self.state = state.clone();
            wanted = wanted && told(Told::State(state));
        }
        wanted
    }

    /// The login of another mailbox of this account may have been refused meanwhile.
    fn take_up_refused<W: Way>(&mut self, way: &mut W) {
        let of = self.of.clone();
        let kept = self.account().and_then(|it| fetch::refused(it, &of));
        if let Ok(Some(kept)) = kept
            && way.refused().is_none_or(|known| known.at < kept.at)
        {
            way.take_up_refused(kept);
            self.refused = way.refused();
        }
    }

    /// Whoever logs in next must know: servers lock accounts.
    fn keep_refused(&mut self, refused: Option<Refused>) {
        if refused == self.refused {
            return;
        }
        let of = self.of.clone();
        let account = self.account();
        match account.and_then(|it| fetch::keep_refused(it, &of, refused.as_ref())) {
            Ok(()) => self.refused = refused,
            Err(fault) => {
                tracing::error!("how the login was refused is not kept: {fault}");
                self.account = None;
            }
        }
    }

    fn account(&mut self) -> Result<&mut Account, AccountError> {
        let account = match self.account.take() {
            Some(account) => account,
            None => Account::open_quietly(self.home.clone(), Arc::clone(&self.clock))?,
        };
        Ok(self.account.insert(account))
    }

    fn hear<A>(&mut self, work: &Work, told: &mut dyn FnMut(Told) -> bool) -> Event<A> {
        let heard = guarded(|| {
            self.account()
                .and_then(|account| fetch::hear(account, work))
        });
        let (became, arrived) = heard.unwrap_or_else(|fault| {
            tracing::error!("a mail that was fetched is tried again: {fault}");
            self.account = None;
            (Became::Trouble, None)
        });
        if matches!(became, Became::Done | Became::Stays) {
            self.heard = self.heard.saturating_add(1);
        }
        if arrived.is_some() {
            told(Told::Heard);
        }
        Event::Heard(became)
    }

    fn keep<W: Way>(&mut self, kept: &W::Kept) -> bool {
        let of = self.of.clone();
        let done = (self.account()).and_then(|account| W::keep(account, &of, kept));
        if let Err(fault) = &done {
            tracing::error!("how far the mailbox was read is not kept: {fault}");
            self.account = None;
        }
        done.is_ok()
    }
}

/// A panic, of a parser or whatever else, is trouble with the mail at hand, and no end of fetching.
fn guarded<T>(hear: impl FnOnce() -> Result<T, AccountError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(hear)) {
        Ok(heard) => heard.map_err(|fault| fault.to_string()),
        Err(_) => Err("a fault of the program".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn a_panic_over_a_mail_is_trouble_with_that_mail() {
        assert!(guarded::<()>(|| panic!("on purpose")).is_err());
        assert_eq!(guarded(|| Ok(7)), Ok(7));
    }
}
