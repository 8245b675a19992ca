//! Pages of texts and how far the user has read, for clients that scroll back or were away.

use super::{Account, AccountError};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Page, Place, Placed, Rest, Stored};
use crate::rules::refusal::Refusal;
use crate::rules::view::View as _;

impl Account {
    /// A page of the conversation with a friend, oldest first.
    pub fn page(&mut self, friend: &Address, page: &Page) -> Result<Vec<Placed>, AccountError> {
        self.look(|tx| Ok(tx.texts().page(friend, page)?))
    }

    /// The texts around a place in a conversation, oldest first; a text at the place is among them.
    pub fn page_around(
        &mut self,
        friend: &Address,
        at: Place,
        limit: usize,
    ) -> Result<Vec<Placed>, AccountError> {
        self.look(|tx| Ok(tx.texts().page_around(friend, at, limit)?))
    }

    /// The text of an id in a conversation, and its place.
    pub fn placed(
        &mut self,
        friend: &Address,
        id: LetterId,
    ) -> Result<Option<Placed>, AccountError> {
        self.look(|tx| Ok(tx.texts().entry(friend, id)?))
    }

    /// At most `limit` of what a device is still to be handed, by row.
    pub fn rest(&mut self, rest: Rest, limit: usize) -> Result<Vec<Stored>, AccountError> {
        self.look(|tx| Ok(tx.texts().rest(rest, limit)?))
    }

    /// At most `limit` changes of texts above one row, up to another.
    pub fn changes_between(
        &mut self,
        after: u64,
        until: u64,
        limit: usize,
    ) -> Result<Vec<Stored>, AccountError> {
        self.look(|tx| Ok(tx.texts().changes_between(after, until, limit)?))
    }

    /// The newest row of all.
    pub fn newest_row(&mut self) -> Result<u64, AccountError> {
        self.look(|tx| Ok(tx.texts().newest_row()?))
    }

    /// For [`Rest::read_after`]: what leaves at most `most` rows above `after`, but everything that is unread.
    pub fn read_floor(&mut self, after: u64, most: u64) -> Result<u64, AccountError> {
        self.look(|tx| Ok(tx.texts().read_floor(after, most)?))
    }

    /// The text or change of an id in a conversation.
    pub fn stored_as(
        &mut self,
        friend: &Address,
        id: LetterId,
    ) -> Result<Option<Stored>, AccountError> {
        self.look(|tx| Ok(tx.texts().stored_as(friend, id)?))
    }

    /// A page of texts and changes, oldest first.
    pub fn page_of_all(
        &mut self,
        friend: &Address,
        page: &Page,
    ) -> Result<Vec<Stored>, AccountError> {
        self.look(|tx| Ok(tx.texts().page_of_all(friend, page)?))
    }

    /// What was done to a text after a row.
    pub fn done_after(
        &mut self,
        friend: &Address,
        text: LetterId,
        row: u64,
    ) -> Result<Vec<Stored>, AccountError> {
        self.look(|tx| Ok(tx.texts().done_after(friend, text, row)?))
    }

    /// Whose texts came strictly between two times, in ms, and when the latest of each came; with `changes`, what was
    /// done to a text counts as well.
    pub fn conversations(
        &mut self,
        after: u64,
        before: u64,
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(Address, u64)>, AccountError> {
        self.look(|tx| Ok(tx.texts().conversations(after, before, changes, limit)?))
    }

    /// Up to when the user has read the conversation with a friend, in ms. [`Act::Seen`] moves it.
    ///
    /// [`Act::Seen`]: crate::rules::event::Act::Seen
    pub fn marker(&mut self, friend: &Address) -> Result<Option<u64>, AccountError> {
        self.look(|tx| Ok(tx.marker(friend).map_err(Refusal::from)?))
    }

    /// Up to when the user has read what is no conversation with a friend, in ms.
    pub fn place_marker(&mut self, place: &str) -> Result<Option<u64>, AccountError> {
        self.look(|tx| Ok(tx.texts().place_marker(place)?))
    }

    /// Keeps such a marker; it never falls.
    pub fn put_place_marker(&mut self, place: &str, up_to: u64) -> Result<(), AccountError> {
        self.store
            .transact(|tx| Ok(tx.texts().put_place_marker(place, up_to)?))
    }
}
