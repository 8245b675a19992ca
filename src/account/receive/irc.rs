//! Sealed parts that come over IRC.

use crate::protocol::time::Millis;
use std::time::Instant;

use super::decrypt::{Senders, Unopened};
use super::open::{Opened, open_sealed};
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

/// The first of the friends whose sessions open it has written it.
pub(super) fn open(
    tx: &Transaction<'_>,
    frame: &Frame,
    now_ms: Millis,
) -> Result<Opened, Unopened> {
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
    now_ms: Millis,
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
