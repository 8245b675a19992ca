//! Mails that are handed over together, by a few lanes at once, until the time is up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, timeout_at};

use super::lane::{Begun, Event, Lane};
use super::mail::OutMail;
use crate::rules::queue::route::Handed;

/// Mails that are handed over together.
#[derive(Debug)]
pub(super) struct Round {
    queue: Mutex<VecDeque<(Begun, OutMail)>>,
    until: Option<Instant>,
    after_dot: Duration,
}

impl Round {
    /// With these mails, within this time; answers after the final dot have so long at least.
    pub(super) fn new(
        queue: VecDeque<(Begun, OutMail)>,
        within: Option<Duration>,
        after_dot: Duration,
    ) -> Self {
        Self {
            queue: Mutex::new(queue),
            until: within.and_then(|within| Instant::now().checked_add(within)),
            after_dot,
        }
    }

    /// How many have not been begun.
    pub(super) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// All that has not been begun ends unsent.
    pub(super) fn give_up(&self) {
        let rest: Vec<_> = self.lock().drain(..).collect();
        for (begun, _) in rest {
            begun.end(Handed::Unsent);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Begun, OutMail)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over one mail, as long as may be waited; the lane is of no use after what was cut short.
    async fn send(&self, lane: &mut Lane, mail: &OutMail, begun: &Begun) -> (Handed, bool) {
        let program = matches!(lane, Lane::Sendmail(_));
        if program && self.until.is_some_and(|until| until <= Instant::now()) {
            return (Handed::Unsent, true);
        }
        // What a program that is cut short has done nobody knows: none is begun late, and one that is has its time.
        let grace = match program {
            true => self.after_dot.max(PROGRAM),
            false => self.after_dot,
        };
        let mut sending = Box::pin(lane.send(mail, begun));
        let Some(until) = self.until else {
            return (sending.await, true);
        };
        if let Ok(sent) = timeout_at(until, &mut sending).await {
            return (sent, true);
        }
        let Some(begun) = begun.at.get() else {
            let late = "not handed over in the time there was";
            return (Handed::Later(late.to_owned()), false);
        };
        let until = begun.checked_add(grace).unwrap_or(until).max(until);
        match timeout_at(until, &mut sending).await {
            Ok(sent) => (sent, true),
            Err(_) => (unseen(), false),
        }
    }
}

/// A lane in use; the mailer learns its end and that of its mail, however it ends.
pub(super) struct Busy {
    pub(super) lane: Option<Lane>,
    /// What is being sent.
    pub(super) mail: Option<Begun>,
    pub(super) events: UnboundedSender<Event>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        // A lane that panics leaves its mail without an end that anybody saw.
        if let Some(begun) = &self.mail {
            begun.end(unseen());
        }
        // Where nobody listens any more, nobody needs the lane.
        drop(self.events.send(Event::Idle(self.lane.take())));
    }
}

/// Empties the queue through one lane; gives the lane back if nothing was cut short in it.
pub(super) async fn work(mut busy: Busy, round: Arc<Round>) {
    let Some(mut lane) = busy.lane.take() else {
        return;
    };
    loop {
        let Some((begun, mail)) = round.lock().pop_front() else {
            break;
        };
        let begun = busy.mail.insert(begun);
        let (sent, whole) = round.send(&mut lane, &mail, begun).await;
        let of_us = matches!(sent, Handed::OfUs(_));
        begun.end(sent);
        busy.mail = None;
        if of_us {
            round.give_up();
        }
        if !whole {
            return;
        }
    }
    busy.lane = Some(lane);
}

fn unseen() -> Handed {
    Handed::Unseen("handed over, but no answer came in the time there was".to_owned())
}

/// How long a program that was begun in a hurry may take: a hook has ten seconds in all (Pigeonhole).
const PROGRAM: Duration = Duration::from_secs(6);
