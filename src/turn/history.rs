//! Pages of texts and how far the user has read, for clients that scroll back or were away.

use super::{Station, TurnError};
use crate::edge::store::{Page, Place, Placed};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::refusal::Refusal;
use crate::rules::view::View as _;

impl Station {
    /// A page of the conversation with a friend, oldest first.
    ///
    /// # Errors
    /// Whatever the store meets, here and below.
    pub fn page(&mut self, friend: &Address, page: &Page) -> Result<Vec<Placed>, TurnError> {
        self.look(|desk| Ok(desk.page(friend, page)?))
    }

    /// The texts around a place in a conversation, oldest first; a text at the place is among them.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn page_around(
        &mut self,
        friend: &Address,
        at: Place,
        limit: usize,
    ) -> Result<Vec<Placed>, TurnError> {
        self.look(|desk| Ok(desk.page_around(friend, at, limit)?))
    }

    /// The text of an id in a conversation, and its place.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn placed(&mut self, friend: &Address, id: LetterId) -> Result<Option<Placed>, TurnError> {
        self.look(|desk| Ok(desk.entry(friend, id)?))
    }

    /// The texts of all friends above a row, by row: what a device has not had.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn after_row(&mut self, row: u64, limit: usize) -> Result<Vec<Placed>, TurnError> {
        self.look(|desk| Ok(desk.after_row(row, limit)?))
    }

    /// The row above which exactly the `but` newest texts lie; with 0 the newest row.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn newest_row_but(&mut self, but: u64) -> Result<u64, TurnError> {
        self.look(|desk| Ok(desk.newest_row_but(but)?))
    }

    /// Whose texts came strictly between two times, in ms, and when the latest of each came.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn conversations(
        &mut self,
        after: u64,
        before: u64,
        limit: usize,
    ) -> Result<Vec<(Address, u64)>, TurnError> {
        self.look(|desk| Ok(desk.conversations(after, before, limit)?))
    }

    /// Up to when the user has read the conversation with a friend, in ms. [`Act::Seen`] moves it.
    ///
    /// [`Act::Seen`]: crate::rules::event::Act::Seen
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn marker(&mut self, friend: &Address) -> Result<Option<u64>, TurnError> {
        self.look(|desk| Ok(desk.marker(friend).map_err(Refusal::from)?))
    }
}
