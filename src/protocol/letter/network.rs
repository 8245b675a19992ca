//! An IRC network, as letters name it.

use serde::{Deserialize, Serialize};

/// An IRC network as its user lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Network {
    /// The name, ASCII lower case, 1 to 64 bytes; part of the nickname's derivation.
    pub name: String,
    /// One to four `host:port`.
    pub servers: Vec<String>,
}
