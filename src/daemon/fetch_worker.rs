//! The agent's fetching: a thread of its own, for hearing a mail takes as long as its commit.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::fetch::{Fetching, MailboxState, Told};
use crate::edge::clock::Clock;
use crate::edge::home::{Home, lock_file};
use crate::edge::runtime::runtime;
use crate::rules::fetch::plan::Until;

/// The thread; dropping it lets it end after the mail at hand.
pub(super) struct FetchWorker {
    wake: mpsc::Sender<()>,
}

impl FetchWorker {
    pub(super) fn start(
        home: Home,
        clock: Arc<dyn Clock>,
        told: mpsc::Sender<Told>,
    ) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::channel(1);
        let runtime = runtime()?;
        thread::Builder::new()
            .name("fetch".to_owned())
            .stack_size(1024 * 1024)
            .spawn(move || runtime.block_on(work(&home, &clock, woken, &told)))?;
        Ok(Self { wake })
    }

    /// A look is wanted at once.
    pub(super) fn wake(&self) {
        // A full channel says that it will look anyway.
        let _already_woken = self.wake.try_send(());
    }
}

/// Fetches; what cannot be begun is tried again after a moment.
async fn work(
    home: &Home,
    clock: &Arc<dyn Clock>,
    mut woken: mpsc::Receiver<()>,
    told: &mpsc::Sender<Told>,
) {
    let mut tell = |what| tell(told, what);
    loop {
        let why = match round(home, clock, &mut woken, &mut tell).await {
            Ok(()) => return,
            Err(why) => why.to_string(),
        };
        let state = MailboxState {
            trouble: Some(why),
            ..MailboxState::default()
        };
        if !tell(Told::State(state)) {
            return;
        }
        tokio::select! {
            wanted = woken.recv() => if wanted.is_none() { return; },
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// An error says why it did not begin; it ends when nobody wants it any more.
async fn round(
    home: &Home,
    clock: &Arc<dyn Clock>,
    woken: &mut mpsc::Receiver<()>,
    tell: &mut dyn FnMut(Told) -> bool,
) -> anyhow::Result<()> {
    let Some(_lock) = lock_file(&home.fetch_lock())? else {
        anyhow::bail!("another program fetches from it at the moment");
    };
    let mut fetching = Fetching::open(home.clone(), Arc::clone(clock), Until::Ended, true)?;
    fetching.run(woken, tell).await;
    Ok(())
}

/// The loop is told; where it has much to do, what is mere progress is not.
fn tell(told: &mpsc::Sender<Told>, what: Told) -> bool {
    match &what {
        Told::Read(..) => true,
        Told::Heard | Told::Word(_) | Told::State(_) => match told.try_send(what) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        },
    }
}

/// How soon what could not begin is tried again.
const AGAIN: Duration = Duration::from_secs(10);
