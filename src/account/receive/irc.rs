//! Sealed parts that come over IRC.

use std::time::Instant;

use super::decrypt::Senders;
use super::{Arrived, Hearing, Opened, Unopened, open_sealed};
use crate::account::{Account, AccountError};
use crate::edge::store::{Transaction, Transport};
use crate::protocol::address::Address;
use crate::protocol::mail_form::Answerable;
use crate::protocol::part::Sealed;
use crate::rules::event::{Came, Heard};

/// A sealed part that came over IRC, from a nick that is derived for these friends.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The friends whose nick it may be, the likeliest first: the sessions of each are tried.
    pub friends: Vec<Address>,
    /// The network's name, as we list it.
    pub network: String,
    /// The nick.
    pub nick: String,
    /// What came.
    pub sealed: Sealed,
    /// When.
    pub heard: Instant,
}

impl Account {
    /// Hears a sealed part that came over IRC: one turn. A frame that opens nothing causes nothing.
    pub fn hear_frame(&mut self, frame: &Frame) -> Result<Arrived, AccountError> {
        let now_ms = self.clock.now_ms();
        self.hear(frame.heard, |tx| open(tx, frame, now_ms))
    }

    /// Hears sealed parts that came over IRC together, in their order: one turn, and one commit, for all. If that
    /// fails each has a turn of its own, so that none is lost for another's sake.
    pub fn hear_frames(&mut self, frames: &[Frame]) -> Vec<Result<Arrived, AccountError>> {
        if let [_, _, ..] = frames {
            match self.hear_together(frames) {
                Ok(arrived) => return arrived.into_iter().map(Ok).collect(),
                Err(fault) => tracing::debug!("one by one, for together they fail: {fault}"),
            }
        }
        frames.iter().map(|frame| self.hear_frame(frame)).collect()
    }

    /// An error says that nothing of them was kept.
    fn hear_together(&mut self, frames: &[Frame]) -> Result<Vec<Arrived>, AccountError> {
        let now_ms = self.clock.now_ms();
        let first = frames.iter().map(|frame| frame.heard).min();
        let mut hearing = Hearing::begun(first.unwrap_or_else(Instant::now));
        let (mut heard, roster) = self.commit(|turn| {
            let take = |frame| hearing.take(turn, |tx| open(tx, frame, now_ms));
            frames.iter().map(take).collect::<Result<Vec<_>, _>>()
        })?;
        if let Some(first) = heard.first_mut() {
            first.took = Some(hearing.took());
        }
        match (self.follow(roster), heard.last_mut()) {
            (Ok(notices), Some(last)) => last.notices.extend(notices),
            (Ok(_), None) => {}
            // They are heard all the same; the file follows with the next turn.
            (Err(fault), _) => tracing::error!("{fault}"),
        }
        Ok(heard)
    }
}

/// The first of the friends whose sessions open it has written it.
fn open(tx: &Transaction<'_>, frame: &Frame, now_ms: u64) -> Result<Opened, Unopened> {
    if frame.sealed.prekey {
        return Err(Unopened::Left("no pre-key message is taken from IRC"));
    }
    let mut why = Unopened::Left("it comes from nobody's nick");
    for friend in &frame.friends {
        match open_as(tx, frame, friend, now_ms) {
            Err(unopened @ (Unopened::Done(_) | Unopened::Left(_))) => why = unopened,
            opened => return opened,
        }
    }
    Err(why)
}

fn open_as(
    tx: &Transaction<'_>,
    frame: &Frame,
    friend: &Address,
    now_ms: u64,
) -> Result<Opened, Unopened> {
    let came = |from, letter, proof| Heard {
        letter,
        proof,
        from,
        via: Came::Irc {
            network: frame.network.clone(),
            nick: frame.nick.clone(),
        },
        answerable: Answerable::Anybody,
    };
    let senders = Senders {
        from: friend,
        others: &[],
    };
    open_sealed(tx, &senders, &frame.sealed, Transport::Irc, now_ms, came)
}
