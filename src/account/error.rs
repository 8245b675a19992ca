//! Why a turn was not done.

use crate::edge::config::{ConfigError, JoinError};
use crate::edge::home::HomeError;
use crate::edge::seal::SealError;
use crate::edge::seal::archive::ArchiveError;
use crate::edge::store::{DeviceName, StoreError};
use crate::rules::refusal::Refusal;
use crate::rules::view::Unreadable;

/// Why a turn was not done. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
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
    /// A network cannot be joined or left.
    #[error(transparent)]
    Network(#[from] JoinError),
    /// Another program takes the account out, in or back.
    #[error("an export, import or return of this account is under way")]
    Moving,
    /// An archive of the account cannot be written or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The mail system cannot be set up.
    #[error("{0}")]
    Mail(String),
}

impl AccountError {
    /// Whether it is no one letter's: whatever is done next would meet it as well.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Refused(Refusal::Unreadable(fault)) => fault.whole,
            Self::Refused(Refusal::MovedOut(_)) => true,
            Self::Refused(_) | Self::Seal(_) => false,
            Self::Store(fault) => fault.is_whole(),
            Self::Home(_)
            | Self::Config(_)
            | Self::Device(_)
            | Self::Network(_)
            | Self::Archive(_)
            | Self::Moving
            | Self::Mail(_) => true,
        }
    }

    /// Of work that is one letter's or one person's: `Err` within is its own failure, on which the rest does not wait.
    pub(super) fn alone<T>(done: Result<T, Self>) -> Result<Result<T, Self>, Self> {
        match done {
            Err(fault) if fault.is_whole() => Err(fault),
            own => Ok(own),
        }
    }

    /// The same, where nobody but the log is told of a failure, and what it is of.
    pub(super) fn logged<T>(done: Result<T, Self>, of: &str) -> Result<Option<T>, Self> {
        Ok(Self::alone(done)?
            .map_err(|fault| tracing::error!("of {of}: {fault}"))
            .ok())
    }
}

impl From<Unreadable> for AccountError {
    fn from(fault: Unreadable) -> Self {
        Self::Refused(Refusal::Unreadable(fault))
    }
}

/// Why a device cannot be made or removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// There is one of this name.
    #[error("there is a device {0} already")]
    There(DeviceName),
    /// There is none of this name.
    #[error("there is no device {0}")]
    Missing(DeviceName),
    /// There are as many as there may be.
    #[error("there are {0} devices, and no more are kept")]
    TooMany(usize),
}

impl DeviceError {
    /// What the user can try, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::There(_) => "for a new password, remove it and add it again",
            Self::Missing(_) => "iim device list shows all",
            Self::TooMany(_) => "iim device remove NAME makes room",
        }
    }
}
