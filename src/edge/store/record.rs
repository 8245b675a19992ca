//! Texts and changes of texts in the order of their rows, for whoever writes them down.

use rusqlite::params;

use super::error::Result;
use super::message::message;
use super::tables::{Texts, int, uint};
use super::window::is_handed;
use crate::rules::message::Message;

pub(super) const FROM: &str = concat!(
    "SELECT * FROM message WHERE row >= ?1 AND ",
    is_handed!("message"),
    " ORDER BY row"
);

impl Texts<'_> {
    /// What has this row or a later one, whoever's, with its row; at most so many.
    pub fn from_row(&self, row: u64, limit: usize) -> Result<Vec<(u64, Message)>> {
        self.some_readable(limit, FROM, params![int(row)], |row| {
            Ok((uint(row, "row")?, message(row)?))
        })
    }
}
