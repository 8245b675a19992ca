//! An open listener: a Unix socket, loopback, and with TLS any address.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

use super::address::{Listen, ListenError};
use super::event::Peer;
use super::throttle::Source;
use super::tls;
use crate::edge::socket_file::{SocketError, SocketFile};
use crate::edge::tls::Stream;

/// An open listener.
pub(super) enum Listener {
    Unix(UnixListener),
    /// Perhaps with TLS.
    Tcp(TcpListener, Option<TlsAcceptor>),
}

/// A client that has just come.
pub(super) struct Arrival {
    pub(super) stream: Box<dyn Stream>,
    /// The same socket, for what is done to it without waiting.
    pub(super) handle: OwnedFd,
    pub(super) source: Source,
    pub(super) peer: Peer,
    pub(super) tls: Option<TlsAcceptor>,
}

impl Arrival {
    /// A client of this name for the log.
    pub(super) fn new(
        stream: impl Stream + AsFd + 'static,
        source: Source,
        name: String,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        Ok(Self {
            handle: stream.as_fd().try_clone_to_owned()?,
            stream: Box::new(stream),
            source,
            peer: Peer {
                tls: tls.is_some(),
                name,
            },
            tls,
        })
    }
}

impl Listener {
    /// Begins to listen; of a Unix socket also its file.
    pub(super) fn open(listen: &Listen) -> Result<(Self, Option<SocketFile>), ListenError> {
        let fault = ListenError::io(listen);
        match listen {
            Listen::Unix(path) => {
                let (socket, file) = SocketFile::bind(path).map_err(|why| unix(why, path))?;
                let socket = UnixListener::from_std(socket).map_err(fault)?;
                Ok((Self::Unix(socket), Some(file)))
            }
            Listen::Tcp(at) if !at.ip().to_canonical().is_loopback() => {
                Err(ListenError::Readable(*at))
            }
            Listen::Tcp(at) => Ok((Self::Tcp(tcp(*at).map_err(fault)?, None), None)),
            Listen::Tls(at, certificate) => {
                let acceptor = tls::acceptor(certificate.clone())?;
                Ok((Self::Tcp(tcp(*at).map_err(fault)?, Some(acceptor)), None))
            }
        }
    }

    /// The address, with the port that it has; a Unix socket has none.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Unix(_) => None,
            Self::Tcp(listener, _) => listener.local_addr().ok(),
        }
    }

    /// The next client.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Arrival>> {
        match self {
            Self::Unix(listener) => listener.poll_accept(cx).map(|come| {
                let (stream, _) = come?;
                Arrival::new(stream, Source::Unix, "unix".to_owned(), None)
            }),
            Self::Tcp(listener, tls) => listener.poll_accept(cx).map(|come| {
                let (stream, from) = come?;
                let name = from.ip().to_canonical().to_string();
                Arrival::new(stream, Source::of(from.ip()), name, tls.clone())
            }),
        }
    }
}

fn tcp(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = std::net::TcpListener::bind(at)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

fn unix(why: SocketError, path: &Path) -> ListenError {
    let listen = Listen::Unix(path.to_owned());
    match why {
        SocketError::Taken => ListenError::Taken(listen),
        SocketError::InTheWay => ListenError::InTheWay(path.to_owned()),
        SocketError::Io(source) => ListenError::Io(listen, source),
    }
}
