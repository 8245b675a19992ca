//! One look into each mailbox, by a program that ends after it.

use std::sync::{Arc, mpsc};
use std::thread;

use super::lock::{FetchLock, Taken};
use super::{Fetching, Look, Told};
use crate::daemon::caught::caught;
use crate::edge::clock::Clock;
use crate::edge::config::Fetch;
use crate::edge::home::Home;
use crate::edge::runtime::runtime;
use crate::rules::fetch::plan::Until;

/// What a look into a mailbox tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looking {
    /// Something on the way.
    Told(Told),
    /// It is over: so many letters came, or why no mail is fetched, for a person.
    Over(Result<u32, String>),
}

/// Looks once into each mailbox, by a thread for each: whatever one does or does not do, holds up no other.
pub fn fetch_once(
    home: &Home,
    clock: &Arc<dyn Clock>,
    from: &[Fetch],
    look: Look,
    told: &mut dyn FnMut(&Fetch, Looking),
) {
    let lock = FetchLock::of(home);
    let one = |fetch: &Fetch, told: &mut dyn FnMut(Told)| {
        caught(|| of_one(home, clock, &lock, fetch, look, told))
    };
    if let [fetch] = from {
        let over = one(fetch, &mut |it| told(fetch, Looking::Told(it)));
        return told(fetch, Looking::Over(over));
    }
    let (tell, heard) = mpsc::channel();
    thread::scope(|scope| {
        for fetch in from {
            let (one, to) = (&one, tell.clone());
            let run = move || {
                let tell = |it| {
                    // Whoever hears it stays until all is over.
                    let _nobody = to.send((fetch, it));
                };
                let over = one(fetch, &mut |it| tell(Looking::Told(it)));
                tell(Looking::Over(over));
            };
            let thread = thread::Builder::new().name(thread_name(fetch));
            if let Err(fault) = thread.spawn_scoped(scope, run) {
                let why = format!("it cannot begin: {fault}");
                told(fetch, Looking::Over(Err(why)));
            }
        }
        drop(tell);
        for (fetch, it) in heard {
            told(fetch, it);
        }
    });
}

/// Its thread is named after it, for the log.
pub(in crate::daemon) fn thread_name(fetch: &Fetch) -> String {
    format!("fetch {}", fetch.name.replace(char::is_control, " "))
}

fn of_one(
    home: &Home,
    clock: &Arc<dyn Clock>,
    lock: &Arc<FetchLock>,
    fetch: &Fetch,
    look: Look,
    told: &mut dyn FnMut(Told),
) -> anyhow::Result<u32> {
    let Taken::Ours(_held) = lock.take(&fetch.key())? else {
        anyhow::bail!("another program fetches from this mailbox at the moment");
    };
    let Look { since, at_once } = look;
    let (home, clock) = (home.clone(), Arc::clone(clock));
    let until = Until::Looked(since);
    let of = (fetch.clone(), lock.gate(&fetch.account()));
    let mut fetching = Fetching::open(home, clock, of, until, at_once)?;
    let (_wake, mut woken) = tokio::sync::mpsc::channel(1);
    let mut all = |one| {
        told(one);
        true
    };
    let ended = runtime()?.block_on(fetching.run(&mut woken, &mut all));
    match ended {
        Some(Err(why)) => anyhow::bail!("{why}"),
        Some(Ok(())) | None => Ok(fetching.heard),
    }
}
