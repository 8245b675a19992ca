//! The two ways to fetch, by IMAP and by POP3, as one.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::account::fetch::{keep, keep_pop3};
use crate::account::{Account, AccountError, OsRng};
use crate::edge::config::Fetch;
use crate::edge::mail::fetch::{Imap, Pop3};
use crate::protocol::time::Seconds;
use crate::rules::fetch::fetcher::Fetcher;
use crate::rules::fetch::mailbox::{Answered, Command};
use crate::rules::fetch::plan::{Event, Kept, Next, Refused};
use crate::rules::fetch::pop3::Pop3Fetcher;
use crate::rules::fetch::pop3_box;
use crate::rules::fetch::pop3_mails::Pop3Kept;

/// A look is wanted before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) enum Wake {
    /// As soon as may be.
    Look,
    /// Even if a login was refused a short while ago.
    AtOnce,
}

/// A server and the rules for it.
pub(super) trait Way {
    /// What the server is asked.
    type Command;
    /// What it answers.
    type Answer;
    /// What is kept.
    type Kept;

    fn step(&mut self, event: Event<Self::Answer>, now: Seconds)
    -> Next<Self::Command, Self::Kept>;
    /// Whether all was read, and it is waited for more.
    fn is_round(next: &Next<Self::Command, Self::Kept>) -> bool;
    /// `None`: nobody wants the answer any more.
    async fn ask(
        &mut self,
        command: Self::Command,
        woken: &mut mpsc::Receiver<Wake>,
    ) -> Option<Self::Answer>;
    fn keep(account: &Account, of: &Fetch, kept: &Self::Kept) -> Result<(), AccountError>;
    fn words(&mut self) -> Vec<String>;
    /// Since when it is watched, and what is wrong.
    fn state(&self) -> (Option<Seconds>, Option<&str>);
    /// A trouble that was told is not over.
    fn is_told(&self) -> bool;
    /// So many uids were read, of so many.
    fn progress(&self) -> Option<(u32, u32)>;
    /// How logins were refused, if the last one was.
    fn refused(&self) -> Option<Refused>;
    /// The pause after that counts for nothing now.
    fn forget_pause(&mut self);
    /// That of another mailbox of the account was refused.
    fn take_up_refused(&mut self, refused: Refused);
    /// Whether it is to log in.
    fn is_login(next: &Next<Self::Command, Self::Kept>) -> bool;
}

impl Way for (Imap, Fetcher) {
    type Command = Command;
    type Answer = Answered;
    type Kept = Kept;

    fn step(&mut self, event: Event, now: Seconds) -> Next {
        self.1.step(event, now, &mut OsRng)
    }

    fn is_round(next: &Next) -> bool {
        matches!(next, Next::Ask(Command::Wait(_)))
    }

    async fn ask(
        &mut self,
        command: Command,
        woken: &mut mpsc::Receiver<Wake>,
    ) -> Option<Answered> {
        let Command::Wait(limit) = command else {
            return wanted(self.0.carry_out(command), woken).await;
        };
        let mut is_wanted = true;
        let until = async { is_wanted = woken.recv().await.is_some() };
        let answered = self.0.wait(limit, until).await;
        is_wanted.then_some(answered)
    }

    fn keep(account: &Account, of: &Fetch, kept: &Kept) -> Result<(), AccountError> {
        keep(account, of, kept)
    }

    fn words(&mut self) -> Vec<String> {
        self.1.take_notices()
    }

    fn state(&self) -> (Option<Seconds>, Option<&str>) {
        (self.1.since(), self.1.trouble())
    }

    fn is_told(&self) -> bool {
        self.1.is_told()
    }

    fn progress(&self) -> Option<(u32, u32)> {
        Some(self.1.progress())
    }

    fn refused(&self) -> Option<Refused> {
        self.1.refused()
    }

    fn forget_pause(&mut self) {
        self.1.remember_refused(self.1.refused(), true);
    }

    fn take_up_refused(&mut self, refused: Refused) {
        self.1.remember_refused(Some(refused), false);
    }

    fn is_login(next: &Next) -> bool {
        matches!(next, Next::Ask(Command::Open))
    }
}

impl Way for (Pop3, Pop3Fetcher) {
    type Command = pop3_box::Command;
    type Answer = pop3_box::Answer;
    type Kept = Pop3Kept;

    fn step(
        &mut self,
        event: Event<pop3_box::Answer>,
        now: Seconds,
    ) -> Next<pop3_box::Command, Pop3Kept> {
        self.1.step(event, now, &mut OsRng)
    }

    fn is_round(next: &Next<pop3_box::Command, Pop3Kept>) -> bool {
        matches!(next, Next::Keep(kept) if kept.looked.is_some())
    }

    async fn ask(
        &mut self,
        command: pop3_box::Command,
        woken: &mut mpsc::Receiver<Wake>,
    ) -> Option<pop3_box::Answer> {
        wanted(self.0.carry_out(command), woken).await
    }

    fn keep(account: &Account, of: &Fetch, kept: &Pop3Kept) -> Result<(), AccountError> {
        keep_pop3(account, of, kept)
    }

    fn words(&mut self) -> Vec<String> {
        self.1.take_notices()
    }

    fn state(&self) -> (Option<Seconds>, Option<&str>) {
        (self.1.since(), self.1.trouble())
    }

    fn is_told(&self) -> bool {
        self.1.is_told()
    }

    fn progress(&self) -> Option<(u32, u32)> {
        None
    }

    fn refused(&self) -> Option<Refused> {
        self.1.refused()
    }

    fn forget_pause(&mut self) {
        self.1.remember_refused(self.1.refused(), true);
    }

    fn take_up_refused(&mut self, refused: Refused) {
        self.1.remember_refused(Some(refused), false);
    }

    fn is_login(next: &Next<pop3_box::Command, Pop3Kept>) -> bool {
        matches!(next, Next::Ask(pop3_box::Command::Open))
    }
}

/// Whoever wants it to end does not wait for a server.
pub(super) async fn wanted<A>(
    asked: impl Future<Output = A>,
    woken: &mpsc::Receiver<Wake>,
) -> Option<A> {
    let mut asked = std::pin::pin!(asked);
    loop {
        tokio::select! {
            answer = &mut asked => return Some(answer),
            () = tokio::time::sleep(LOOK) => if woken.is_closed() { return None; },
        }
    }
}

/// How soon it is seen, while a server does not answer, that nobody wants its answer any more.
const LOOK: Duration = Duration::from_secs(1);
