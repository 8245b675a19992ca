//! The agent's mail: a thread of its own, for the mail system may be slow.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::account::{Account, AccountError, Announcements, Round, Settled};
use crate::edge::clock::Clock;
use crate::edge::home::Home;
use crate::protocol::address::Address;
use crate::rules::effect::Notice;

/// The friends who are reached over IRC at the moment; their texts do not go by mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Online(Arc<Mutex<BTreeSet<Address>>>);

impl Online {
    pub(super) fn set(&self, online: BTreeSet<Address>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = online;
    }

    fn has(&self, friend: &Address) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(friend)
    }
}

/// The thread; dropping it lets it end after the mail at hand.
pub(super) struct Courier {
    wake: SyncSender<()>,
}

/// What the courier tells the agent.
#[derive(Debug)]
pub(super) struct Sent {
    /// What people and programs are told.
    pub(super) notices: Vec<Notice>,
    /// What went wrong, in one line.
    pub(super) trouble: Option<String>,
}

impl Courier {
    pub(super) fn start(
        home: Home,
        clock: Arc<dyn Clock>,
        online: Online,
        told: mpsc::Sender<Sent>,
    ) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        thread::Builder::new()
            .name("mail".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || work(&home, &clock, &online, &woken, &told))?;
        Ok(Self { wake })
    }

    /// Something may be due.
    pub(super) fn wake(&self) {
        // A full channel says that it will look anyway.
        let _already_woken = self.wake.try_send(());
    }
}

fn work(
    home: &Home,
    clock: &Arc<dyn Clock>,
    online: &Online,
    woken: &Receiver<()>,
    told: &mpsc::Sender<Sent>,
) {
    loop {
        let (left, sent) = match round(home, clock, online) {
            Ok(settled) => (
                settled.sent > 0,
                Sent {
                    notices: settled.notices,
                    trouble: settled.trouble,
                },
            ),
            Err(fault) => (
                false,
                Sent {
                    notices: Vec::new(),
                    trouble: Some(fault.to_string()),
                },
            ),
        };
        // That a mail has left ends the trouble; a round without one says nothing of it.
        let news = left || !sent.notices.is_empty() || sent.trouble.is_some();
        if news && told.blocking_send(sent).is_err() {
            return;
        }
        match woken.recv_timeout(LONGEST) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// One look at the outbox, with a connection to the database that is open only as long as it lasts.
fn round(home: &Home, clock: &Arc<dyn Clock>, online: &Online) -> Result<Settled, AccountError> {
    let mut account = Account::open_quietly(home.clone(), Arc::clone(clock))?.of_agent();
    let reached = |friend: &Address| online.has(friend);
    account.send_due(&Round {
        announcements: Announcements::Due,
        online: &reached,
        until: None,
    })
}

/// The longest time between two looks.
const LONGEST: Duration = Duration::from_secs(60);
