//! The agent's mail: a thread of its own, for the mail system may be slow.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::mpsc;

use super::caught::caught;
use crate::account::kept::send_copy;
use crate::account::mail::SendReport;
use crate::account::{Account, AccountError, mail};
use crate::edge::clock::Clock;
use crate::edge::home::Home;
use crate::rules::conversation::ContactId;
use crate::rules::queue::choice::{Announcements, Round};
use crate::rules::queue::retry::LONGEST_WAIT;

/// The friends who are reached over IRC at the moment; their texts do not go by mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Online(Arc<Mutex<BTreeSet<ContactId>>>);

impl Online {
    pub(super) fn set(&self, friend: ContactId, is_reached: bool) {
        let mut online = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match is_reached {
            true => online.insert(friend),
            false => online.remove(&friend),
        };
    }

    fn has(&self, friend: ContactId) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&friend)
    }
}

/// The thread; dropping it lets it end after the mail at hand.
pub(super) struct MailWorker {
    wake: SyncSender<()>,
}

impl MailWorker {
    pub(super) fn start(
        home: Home,
        clock: Arc<dyn Clock>,
        online: Online,
        told: mpsc::Sender<SendReport>,
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
    told: &mpsc::Sender<SendReport>,
) {
    let mut copy_trouble = None;
    loop {
        let done = caught(|| round(home, clock, online, &mut copy_trouble));
        let report = done.unwrap_or_else(|fault| SendReport {
            trouble: Some(fault),
            ..SendReport::default()
        });
        // That a mail has left ends the trouble; a round without one says nothing of it.
        let news = report.sent > 0 || !report.notices.is_empty() || report.trouble.is_some();
        if news && told.blocking_send(report).is_err() {
            return;
        }
        match woken.recv_timeout(LONGEST_WAIT) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// One look at the outbox, with a connection to the database that is open only as long as it lasts.
fn round(
    home: &Home,
    clock: &Arc<dyn Clock>,
    online: &Online,
    copy_trouble: &mut Option<String>,
) -> Result<SendReport, AccountError> {
    let mut account = Account::open_quietly(home.clone(), Arc::clone(clock))?.of_agent();
    let round = Round {
        announcements: Announcements::Due,
        online: &|friend| online.has(friend),
    };
    let report = mail::send_due(&mut account, &round, None)?;
    let copy = send_copy(&mut account).unwrap_or_else(|fault| Some(fault.to_string()));
    note_copy(copy_trouble, copy);
    Ok(report)
}

/// That a kept copy has not left is no trouble of letters: `iim status` tells it, and the log, once.
fn note_copy(known: &mut Option<String>, trouble: Option<String>) {
    if *known != trouble {
        if let Some(why) = &trouble {
            tracing::warn!("the kept copy has not left: {why}");
        }
        *known = trouble;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::daemon::caught::broken::{Broken, home};

    #[test]
    fn a_panic_is_told_and_it_looks_again() {
        let (_folder, home) = home();
        let (told, mut taken) = mpsc::channel(8);
        let worker = MailWorker::start(home, Arc::new(Broken), Online::default(), told).unwrap();
        for _ in 0..3 {
            let trouble = taken.blocking_recv().unwrap().trouble.unwrap();
            assert!(trouble.contains("a fault of iim's own"), "{trouble}");
            worker.wake();
        }
    }
}
