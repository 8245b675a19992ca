//! Where a mail provider's servers are: as a small table says, as the provider's own file says, or guessed and proved by
//! a certificate.

pub mod autoconfig;
mod find;
pub mod table;
mod web;

pub use find::{Found, Source, find};

use crate::edge::config::{FetchUrl, SmtpUrl};

/// The servers of one mail account, each with the name that logs in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    /// Where mail comes from.
    pub fetch: FetchUrl,
    /// Where mail goes.
    pub smtp: SmtpUrl,
}
