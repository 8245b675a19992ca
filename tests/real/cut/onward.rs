//! The agent's fetching, over real connections, with its pauses in no time: what it remembers of a connection that was cut.

use std::sync::Arc;
use std::time::Duration;

use iim::account::{Account, OsRng, fetch};
use iim::edge::clock::{Clock as _, SystemClock, TestClock};
use iim::edge::home::Home;
use iim::edge::mail::fetch::{Imap, Pop3, Settings};
use iim::rules::fetch::fetcher::Fetcher;
use iim::rules::fetch::plan::{Event, Next, Until};
use iim::rules::fetch::pop3::Pop3Fetcher;
use iim::rules::fetch::{mailbox, pop3_box};
use tokio::runtime::Runtime;

use super::Kind;

/// What was rested or waited for, at most: each is a minute or so of the agent's.
const PATIENCE: u32 = 20;

/// Fetches until the mailbox is empty of what is ours.
pub fn fetch(home: &Home, kind: Kind, is_empty: impl Fn() -> bool) {
    let clock = TestClock::at(SystemClock.now().0);
    let account = Account::open_quietly(home.clone(), Arc::new(clock.clone())).unwrap();
    let settings = Settings::of(&account.config.mail.fetch[0]);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    let agent = Agent {
        account,
        clock,
        runtime,
        waited: 0,
    };
    match kind {
        Kind::Delete | Kind::Move | Kind::Copy => agent.by_imap(Imap::new(settings), is_empty),
        Kind::Pop3 => agent.by_pop3(Pop3::new(settings), is_empty),
    }
}

struct Agent {
    account: Account,
    clock: TestClock,
    runtime: Runtime,
    waited: u32,
}

impl Agent {
    fn by_imap(mut self, mut imap: Imap, is_empty: impl Fn() -> bool) {
        let of = self.account.config.mail.fetch[0].clone();
        let plan = fetch::plan(&of, Until::Ended);
        let mut fetcher = Fetcher::new(plan, fetch::begun(&self.account, &of).unwrap());
        let mut event = Event::Woken;
        loop {
            event = match fetcher.step(event, self.clock.now(), &mut OsRng) {
                Next::Ask(mailbox::Command::Wait(_)) if is_empty() => return,
                Next::Ask(mailbox::Command::Wait(limit)) => {
                    self.pass(limit);
                    let at_once = mailbox::Command::Wait(Duration::ZERO);
                    Event::Answered(self.runtime.block_on(imap.carry_out(at_once)))
                }
                Next::Ask(command) => {
                    Event::Answered(self.runtime.block_on(imap.carry_out(command)))
                }
                Next::Hear(work) => Event::Heard(fetch::hear(&mut self.account, &work).unwrap().0),
                Next::Keep(kept) => Event::Kept(fetch::keep(&self.account, &of, &kept).is_ok()),
                Next::Rest(span) => {
                    self.pass(span);
                    Event::Woken
                }
                Next::Over(end) => panic!("it is over: {end:?}"),
            };
        }
    }

    fn by_pop3(mut self, mut pop3: Pop3, is_empty: impl Fn() -> bool) {
        let of = self.account.config.mail.fetch[0].clone();
        let plan = fetch::plan(&of, Until::Ended);
        let mut fetcher = Pop3Fetcher::new(plan, fetch::pop3_known(&self.account, &of).unwrap());
        let mut event: Event<pop3_box::Answer> = Event::Woken;
        loop {
            event = match fetcher.step(event, self.clock.now(), &mut OsRng) {
                Next::Ask(command) => {
                    Event::Answered(self.runtime.block_on(pop3.carry_out(command)))
                }
                Next::Hear(work) => Event::Heard(fetch::hear(&mut self.account, &work).unwrap().0),
                Next::Keep(kept) => {
                    Event::Kept(fetch::keep_pop3(&self.account, &of, &kept).is_ok())
                }
                Next::Rest(_) if is_empty() => return,
                Next::Rest(span) => {
                    self.pass(span);
                    Event::Woken
                }
                Next::Over(end) => panic!("it is over: {end:?}"),
            };
        }
    }

    /// Time goes by.
    fn pass(&mut self, span: Duration) {
        self.waited += 1;
        assert!(self.waited < PATIENCE, "it waits for ever");
        self.clock.advance(span.as_secs() + 1);
    }
}
