//! Where clients connect, and why they cannot.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::{fmt, io};

use crate::edge::config::Certificate;
use crate::edge::tls::TlsError;
use crate::protocol::shell;

/// An address to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A socket for programs of this user.
    Unix(PathBuf),
    /// An address of this machine alone; port 0 chooses one.
    Tcp(SocketAddr),
    /// Any address, with TLS, and what is shown to clients there.
    Tls(SocketAddr, Certificate),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(at) => at.fmt(f),
            Self::Tls(at, _) => write!(f, "{at} (TLS)"),
        }
    }
}

/// Why nobody can connect there.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Others could read along.
    #[error("cannot listen on {0} without TLS: it is not this machine alone")]
    Readable(SocketAddr),
    /// Another program listens there.
    #[error("cannot listen on {0}: another program does")]
    Taken(Listen),
    /// Something that is no socket has its path.
    #[error("{} is in the way of the gateway's socket", .0.display())]
    InTheWay(PathBuf),
    /// The certificate or its key is no good.
    #[error("cannot use {0}")]
    Certificate(#[from] TlsError),
    /// Another fault.
    #[error("cannot listen on {0}: {1}")]
    Io(Listen, #[source] io::Error),
}

impl ListenError {
    /// What the user can try, in one line.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Readable(at) => Some(format!(
                "give a certificate and its key, or listen on 127.0.0.1:{}",
                at.port()
            )),
            Self::Taken(Listen::Unix(_)) => Some("choose another path".to_owned()),
            Self::Taken(_) => Some("choose another port".to_owned()),
            Self::InTheWay(path) => Some(format!("move {} away", shell::path(path))),
            Self::Certificate(_) | Self::Io(..) => None,
        }
    }

    pub(super) fn io(listen: &Listen) -> impl Fn(io::Error) -> Self {
        move |source| match source.kind() == ErrorKind::AddrInUse {
            true => Self::Taken(listen.clone()),
            false => Self::Io(listen.clone(), source),
        }
    }
}
