//! Why an agent cannot start.

use crate::account::AccountError;

/// Why an agent cannot start, or does not take a configuration.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The account.
    #[error(transparent)]
    Turn(#[from] AccountError),
    /// A link.
    #[error("network {network}: {reason}")]
    Link {
        /// To which network.
        network: String,
        /// Why, in one line.
        reason: String,
    },
}
