//! Where clients may come in: a Unix socket, loopback, and with TLS any address.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::{fmt, io};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use super::socket_file::SocketFile;
use super::throttle::Source;
use super::tls;
use crate::protocol::shell;

/// A place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A socket for programs of this user.
    Unix(PathBuf),
    /// An address of this machine alone; port 0 chooses one.
    Tcp(SocketAddr),
    /// Any address, with TLS.
    Tls {
        /// The address.
        at: SocketAddr,
        /// PEM file with the certificate and those that lead to a known authority.
        certificate: PathBuf,
        /// PEM file with its key.
        key: PathBuf,
    },
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(at) => at.fmt(f),
            Self::Tls { at, .. } => write!(f, "{at} (TLS)"),
        }
    }
}

/// Why nobody can come in somewhere.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Others could read along.
    #[error("cannot listen on {0} without TLS: it is not this machine alone")]
    Readable(SocketAddr),
    /// Another program listens there.
    #[error("cannot listen on {0}: another program does")]
    Taken(Listen),
    /// Something that is no socket stands at its place.
    #[error("{} is in the way of the gateway's socket", .0.display())]
    InTheWay(PathBuf),
    /// The certificate or its key is no good.
    #[error("cannot use {}: {why}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another fault.
    #[error("cannot listen on {listen}: {source}")]
    Io {
        /// The place.
        listen: Listen,
        /// The fault.
        source: io::Error,
    },
}

impl DoorError {
    /// What the user can try, in one line.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Readable(at) => Some(format!(
                "give a certificate and its key, or listen on 127.0.0.1:{}",
                at.port()
            )),
            Self::Taken(Listen::Unix(_)) => Some("choose another path".to_owned()),
            Self::Taken(_) => Some("choose another port".to_owned()),
            Self::InTheWay(path) => Some(format!("move {} away", shell::path(path))),
            Self::Certificate { .. } | Self::Io { .. } => None,
        }
    }

    fn io(listen: &Listen) -> impl Fn(io::Error) -> Self {
        move |source| match source.kind() == ErrorKind::AddrInUse {
            true => Self::Taken(listen.clone()),
            false => Self::Io {
                listen: listen.clone(),
                source,
            },
        }
    }
}

/// An open listener.
#[derive(Debug)]
pub(super) struct Listener {
    socket: Socket,
    /// Where it listens, with the port that it has.
    pub(super) at: Listen,
}

enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
    Tls(TcpListener, TlsAcceptor),
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unix(_) => "Unix",
            Self::Tcp(_) => "Tcp",
            Self::Tls(..) => "Tls",
        })
    }
}

/// A client that has just come.
pub(super) struct Arrival {
    pub(super) stream: Stream,
    pub(super) source: Source,
    pub(super) tls: Option<TlsAcceptor>,
}

/// Its connection.
pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Listener {
    /// Begins to listen; of a Unix socket also its file.
    pub(super) fn open(listen: &Listen) -> Result<(Self, Option<SocketFile>), DoorError> {
        let fault = DoorError::io(listen);
        match listen {
            Listen::Unix(path) => {
                let (socket, file) = SocketFile::bind(path)?;
                let socket = Socket::Unix(UnixListener::from_std(socket).map_err(fault)?);
                let at = listen.clone();
                Ok((Self { socket, at }, Some(file)))
            }
            Listen::Tcp(at) if !at.ip().to_canonical().is_loopback() => {
                Err(DoorError::Readable(*at))
            }
            Listen::Tcp(at) => {
                let socket = tcp(*at).map_err(&fault)?;
                let at = Listen::Tcp(socket.local_addr().map_err(&fault)?);
                let socket = Socket::Tcp(socket);
                Ok((Self { socket, at }, None))
            }
            Listen::Tls {
                at,
                certificate,
                key,
            } => {
                let acceptor = tls::acceptor(certificate, key)?;
                let socket = tcp(*at).map_err(&fault)?;
                let at = Listen::Tls {
                    at: socket.local_addr().map_err(&fault)?,
                    certificate: certificate.clone(),
                    key: key.clone(),
                };
                let socket = Socket::Tls(socket, acceptor);
                Ok((Self { socket, at }, None))
            }
        }
    }

    /// The next client.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Arrival>> {
        let tcp = |(stream, from): (_, SocketAddr), tls| Arrival {
            stream: Stream::Tcp(stream),
            source: Source::of(from.ip()),
            tls,
        };
        match &self.socket {
            Socket::Unix(listener) => listener.poll_accept(cx).map_ok(|(stream, _)| Arrival {
                stream: Stream::Unix(stream),
                source: Source::Unix,
                tls: None,
            }),
            Socket::Tcp(listener) => listener.poll_accept(cx).map_ok(|new| tcp(new, None)),
            Socket::Tls(listener, acceptor) => listener
                .poll_accept(cx)
                .map_ok(|new| tcp(new, Some(acceptor.clone()))),
        }
    }
}

fn tcp(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = std::net::TcpListener::bind(at)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}
