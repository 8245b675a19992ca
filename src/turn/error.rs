//! Why a turn was not done.

use super::devices::DeviceError;
use crate::edge::config::ConfigError;
use crate::edge::home::HomeError;
use crate::edge::seal::SealError;
use crate::edge::store::StoreError;
use crate::rules::refusal::Refusal;
use crate::rules::view::Unreadable;

/// Why a turn was not done. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folders and files of the account.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys and sessions.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The user's own clients.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The mail system cannot be set up.
    #[error("{0}")]
    Mail(String),
}

impl From<Unreadable> for TurnError {
    fn from(fault: Unreadable) -> Self {
        Self::Refused(Refusal::Unreadable(fault))
    }
}
