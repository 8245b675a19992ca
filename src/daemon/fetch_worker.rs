//! The agent's fetching: a thread of its own, for hearing a mail takes as long as its commit.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::caught::caught;
use super::fetch::{FetchLock, Fetching, MailboxState, Taken, Told, Wake, thread_name};
use crate::edge::clock::Clock;
use crate::edge::config::Fetch;
use crate::edge::home::Home;
use crate::edge::runtime::runtime;
use crate::rules::fetch::plan::Until;

/// The thread; dropping it lets it end after the mail at hand.
pub(super) struct FetchWorker {
    wake: mpsc::Sender<Wake>,
    state: watch::Receiver<MailboxState>,
}

impl FetchWorker {
    pub(super) fn start(
        home: Home,
        clock: Arc<dyn Clock>,
        (of, lock): (Fetch, Arc<FetchLock>),
        told: mpsc::Sender<FromMailbox>,
    ) -> std::io::Result<Self> {
        let (wake, mut woken) = mpsc::channel(WAKES);
        let (now, state) = watch::channel(MailboxState::default());
        let mailbox = of.key().into();
        let tell = Tell { mailbox, told, now };
        let runtime = runtime()?;
        thread::Builder::new()
            .name(thread_name(&of))
            .stack_size(1024 * 1024)
            .spawn(move || {
                let begin = |woken: &mut _| {
                    let mut tell = |what| tell.tell(what);
                    runtime.block_on(round(&home, &clock, (&of, &lock), woken, &mut tell))
                };
                let mut tries = 0_u64;
                while let Err(why) = caught(|| begin(&mut woken)) {
                    tries = tries.saturating_add(1);
                    let wanted = tell.tell(Told::State(failed(why, tries)));
                    if !wanted || !runtime.block_on(rest(&mut woken)) {
                        break;
                    }
                }
            })?;
        Ok(Self { wake, state })
    }

    /// How the mailbox is, if that has changed since it was last asked for.
    pub(super) fn new_state(&mut self) -> Option<MailboxState> {
        let state = self.state.borrow_and_update();
        state.has_changed().then(|| state.clone())
    }

    /// A look is wanted now.
    pub(super) fn wake(&self, wake: Wake) {
        let is_woken = self.wake.capacity() < WAKES;
        if wake == Wake::AtOnce || !is_woken {
            // One that is full holds one of each: it will look anyway.
            let _already_woken = self.wake.try_send(wake);
        }
    }
}

fn failed(why: String, tries: u64) -> MailboxState {
    MailboxState {
        trouble: Some(why),
        tries,
        ..MailboxState::default()
    }
}

/// Until it is to be tried again; `false` where nobody wants it any more.
async fn rest(woken: &mut mpsc::Receiver<Wake>) -> bool {
    tokio::select! {
        wanted = woken.recv() => wanted.is_some(),
        () = tokio::time::sleep(AGAIN) => true,
    }
}

/// An error says why it did not begin; it ends when nobody wants it any more.
async fn round(
    home: &Home,
    clock: &Arc<dyn Clock>,
    (of, lock): (&Fetch, &Arc<FetchLock>),
    woken: &mut mpsc::Receiver<Wake>,
    tell: &mut dyn FnMut(Told) -> bool,
) -> anyhow::Result<()> {
    let _held = loop {
        match lock.take(&of.key())? {
            Taken::Ours(held) => break held,
            // The one before it, which was told to end, and does so after the answer at hand.
            Taken::ByUs if woken.is_closed() => return Ok(()),
            Taken::ByUs => tokio::time::sleep(ENDS).await,
            Taken::ByOther => anyhow::bail!("another program fetches from it at the moment"),
        }
    };
    let (home, clock) = (home.clone(), Arc::clone(clock));
    let of = (of.clone(), lock.gate(&of.account()));
    let mut fetching = Fetching::open(home, clock, of, Until::Ended, true)?;
    fetching.run(woken, tell).await;
    Ok(())
}

/// What the loop is told, and of which mailbox.
pub(super) type FromMailbox = (Arc<str>, Told);

/// The loop is told.
struct Tell {
    mailbox: Arc<str>,
    told: mpsc::Sender<FromMailbox>,
    /// How the mailbox is now: the loop looks after each thing that it is told. So a state of which there is no room to
    /// tell is not lost: all for which there was room are taken later.
    now: watch::Sender<MailboxState>,
}

impl Tell {
    /// Where the loop has much to do, what is mere progress is not told.
    fn tell(&self, what: Told) -> bool {
        match &what {
            Told::Read(..) => return true,
            Told::State(state) => drop(self.now.send_replace(state.clone())),
            Told::Heard | Told::Word(_) => {}
        }
        match self.told.try_send((Arc::clone(&self.mailbox), what)) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

/// Looks that are wanted and not begun: one of each kind.
const WAKES: usize = 2;
/// How soon it is seen that the one before it has ended.
const ENDS: Duration = Duration::from_millis(100);
/// How soon what could not begin is tried again.
const AGAIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use crate::daemon::caught::broken::{Broken, home, mailbox};
    use crate::edge::clock::SystemClock;

    #[test]
    fn a_panic_is_told_and_it_begins_again() {
        let (_folder, home) = home();
        let (told, mut taken) = mpsc::channel(8);
        let lock = FetchLock::of(&home);
        let of = mailbox(&home);
        let worker = FetchWorker::start(home, Arc::new(Broken), (of, lock), told).unwrap();
        for tries in 1..4 {
            let Some((_, Told::State(state))) = taken.blocking_recv() else {
                panic!("no state is told");
            };
            let trouble = state.trouble.unwrap();
            assert!(trouble.contains("a fault of iim's own"), "{trouble}");
            assert_eq!(state.tries, tries);
            worker.wake(Wake::Look);
        }
    }

    /// The one before it of this program takes its time to end, which is no other program's.
    #[test]
    fn it_waits_for_the_one_before_it() {
        let (_folder, home) = home();
        let (told, mut taken) = mpsc::channel(8);
        let (of, lock) = (mailbox(&home), FetchLock::of(&home));
        let before = lock.take(&of.key()).unwrap();
        let clock = Arc::new(Broken);
        let _worker = FetchWorker::start(home, clock, (of, lock), told).unwrap();
        thread::sleep(ENDS * 3);
        assert!(taken.try_recv().is_err());
        drop(before);
        let Some((_, Told::State(state))) = taken.blocking_recv() else {
            panic!("no state is told");
        };
        let trouble = state.trouble.unwrap();
        assert!(trouble.contains("a fault of iim's own"), "{trouble}");
    }

    #[test]
    fn a_panic_in_one_ends_no_other() {
        let (_folder, home) = home();
        let (told, mut taken) = mpsc::channel(8);
        let lock = FetchLock::of(&home);
        let start = |user: &str, clock: Arc<dyn Clock>| {
            let mut of = mailbox(&home);
            of.user = user.to_owned();
            let with = (of, Arc::clone(&lock));
            FetchWorker::start(home.clone(), clock, with, told.clone()).unwrap()
        };
        let broken = start("broken", Arc::new(Broken));
        let other = start("other", Arc::new(SystemClock));
        let (mut of_broken, mut of_other) = (0_u32, 0_u32);
        while of_broken < 2 || of_other < 2 {
            let Some((key, Told::State(state))) = taken.blocking_recv() else {
                continue;
            };
            let Some(trouble) = state.trouble else {
                continue;
            };
            let is_broken = key.starts_with("broken@");
            let of_own = trouble.contains("a fault of iim's own");
            assert_eq!(of_own, is_broken, "{key}: {trouble}");
            let count = match is_broken {
                true => &mut of_broken,
                false => &mut of_other,
            };
            *count = count.saturating_add(1);
            broken.wake(Wake::Look);
            other.wake(Wake::AtOnce);
        }
    }

    #[test]
    fn a_look_that_waits_keeps_back_none_at_once() {
        let (wake, mut woken) = mpsc::channel(WAKES);
        let (_now, state) = watch::channel(MailboxState::default());
        let worker = FetchWorker { wake, state };
        for wake in [
            Wake::Look,
            Wake::Look,
            Wake::AtOnce,
            Wake::Look,
            Wake::AtOnce,
        ] {
            worker.wake(wake);
        }
        assert_eq!(woken.blocking_recv(), Some(Wake::Look));
        assert_eq!(woken.blocking_recv(), Some(Wake::AtOnce));
        assert!(woken.try_recv().is_err());
    }

    #[test]
    fn the_last_state_is_known_however_much_the_loop_has_to_do() {
        let (told, mut taken) = mpsc::channel(2);
        let (now, state) = watch::channel(MailboxState::default());
        let (wake, _woken) = mpsc::channel(1);
        let mut worker = FetchWorker { wake, state };
        let tell = Tell {
            mailbox: "a".into(),
            told,
            now,
        };
        assert_eq!(worker.new_state(), None);
        let after = |rounds| MailboxState {
            rounds,
            ..MailboxState::default()
        };
        for rounds in 1..9 {
            assert!(tell.tell(Told::Heard));
            assert!(tell.tell(Told::State(after(rounds))));
        }
        assert_eq!(taken.blocking_recv(), Some(("a".into(), Told::Heard)));
        assert_eq!(worker.new_state(), Some(after(8)));
        assert!(taken.blocking_recv().is_some());
        assert_eq!(worker.new_state(), None);
        drop(taken);
        assert!(!tell.tell(Told::State(after(9))));
    }
}
