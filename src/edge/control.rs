//! The agent's socket: how commands and the hook talk to a running agent, and how a watcher listens.
//!
//! ```text
//! client -> {"ask":"poke"}                                          (no answer)
//! client -> {"ask":"presence"|"status"|"rooms"}    agent -> {"ok":…} or {"error":"…"}
//! client -> {"ask":"fetch","at_once":true|false}   the same; "from":"KEY" for one mailbox
//! client -> {"ask":"watch"}                        agent -> {"ok":null}, then one event a line
//! ```
//!
//! One JSON object a line, one request a connection. Only programs of the same user are heard.

mod client;
pub mod event;
mod lock;
mod server;
pub mod status;

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::protocol::shell;

pub use client::{Subscription, ask, is_there, poke, subscribe};
pub use lock::{is_of_another_version, is_running};
pub use server::{Broadcaster, Responder, Server};

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase")]
pub enum Request {
    /// "The database has changed: look."
    Poke,
    /// The presence of all friends, as the agent remembers it.
    Presence,
    /// How the agent and its networks are.
    Status,
    /// The rooms of groups, and who is there.
    Rooms,
    /// How the mailboxes are that the agent fetches from, and a look at them now.
    Fetch {
        /// At that one alone, by its key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Even if a login was refused a short while ago.
        #[serde(default)]
        at_once: bool,
    },
    /// All events from now on.
    Watch,
}

/// What the agent answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply<T> {
    /// What was asked for.
    Ok(T),
    /// Why not, for a person.
    Error(String),
}

/// Why the socket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no agent is running")]
    NoAgent,
    /// Another agent of this home is running.
    #[error("an agent of this account is running already")]
    Running,
    /// The agent refused, and said why.
    #[error("{0}")]
    Refused(String),
    /// The agent does not answer in time.
    #[error("the agent does not answer")]
    Late,
    /// What came is no answer.
    #[error("the agent gave an answer that makes no sense")]
    Garbled,
    /// The path is too long for a socket.
    #[error("{} is too long a path for a socket", .0.display())]
    LongPath(PathBuf),
    /// Something that is no socket stands at its place.
    #[error("{} is in the way of the agent's socket", .0.display())]
    InTheWay(PathBuf),
    /// Another fault.
    #[error("cannot use the agent's socket {path}: {1}", path = .0.display())]
    Io(PathBuf, #[source] io::Error),
}

impl ControlError {
    /// What the user can try, in one line.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoAgent => Some("start one with iim agent".to_owned()),
            Self::Running => Some("iim status shows it".to_owned()),
            Self::Late => Some("iim doctor looks at it".to_owned()),
            Self::LongPath(_) => Some("choose a home with a shorter path".to_owned()),
            Self::InTheWay(path) => Some(format!("move {} away", shell::path(path))),
            Self::Refused(_) | Self::Garbled | Self::Io(..) => None,
        }
    }

    fn io(path: &std::path::Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            let path = path.clone();
            match source.kind() == io::ErrorKind::InvalidInput {
                true => Self::LongPath(path),
                false => Self::Io(path, source),
            }
        }
    }
}

/// The longest request, in bytes.
const LONGEST_REQUEST: u64 = 64 * 1024;
/// The longest answer, in bytes: the presence of very many friends.
const LONGEST_REPLY: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests;
