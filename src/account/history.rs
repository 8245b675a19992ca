//! Pages of texts and how far the user has read, for clients that scroll back or were away.

use super::{Account, AccountError};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::Placed;
use crate::rules::refusal::Refusal;
use crate::rules::view::View as _;

impl Account {
    /// The text of an id in a conversation, and its place.
    pub fn placed(
        &mut self,
        friend: &Address,
        id: LetterId,
    ) -> Result<Option<Placed>, AccountError> {
        self.look(|tx| Ok(tx.texts().entry(friend, id)?))
    }

    /// The newest row of all.
    pub fn newest_row(&mut self) -> Result<u64, AccountError> {
        self.look(|tx| Ok(tx.texts().newest_row()?))
    }

    /// Up to when the user has read the conversation with a friend, in ms. [`Act::Seen`] moves it.
    ///
    /// [`Act::Seen`]: crate::rules::event::Act::Seen
    pub fn marker(&mut self, friend: &Address) -> Result<Option<u64>, AccountError> {
        self.look(|tx| Ok(tx.marker(friend).map_err(Refusal::from)?))
    }

    /// Up to when the user has read what is no conversation with a friend, in ms; it never falls.
    pub fn put_place_marker(&mut self, place: &str, up_to: u64) -> Result<(), AccountError> {
        self.store
            .transact(|tx| Ok(tx.texts().put_place_marker(place, up_to)?))
    }
}
