//! What a moment brings to a connection of rooms: the time, random bytes, a link that takes orders, the account's key.

use crate::agent::networks;
use crate::edge::irc::Order;
use crate::protocol::irc_form::TAG;
use crate::protocol::letter::Signature;
use crate::protocol::time::Seconds;
use crate::rules::decision::Rng;

/// What the moment brings.
pub(super) struct Moment<'a> {
    /// The time.
    pub(super) now: Seconds,
    /// Random bytes.
    pub(super) rng: &'a mut dyn Rng,
    /// Takes orders for the link.
    pub(super) order: &'a mut dyn FnMut(Order),
    /// Signs what says who is there.
    pub(super) sign: &'a mut dyn FnMut(&[u8]) -> Option<Signature>,
}

impl Moment<'_> {
    /// A nick that is derived from nothing.
    pub(super) fn nick(&mut self) -> String {
        networks::random_nick(self.rng)
    }

    /// The tag of a frame.
    pub(super) fn tag(&mut self) -> String {
        let mut tag = self.nick();
        tag.truncate(TAG);
        tag
    }
}
