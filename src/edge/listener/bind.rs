//! An open listener: a Unix socket, loopback, and with TLS any address.

use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::{fmt, io};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use super::address::{Listen, ListenError};
use super::socket_file::SocketFile;
use super::throttle::Source;
use super::tls;

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
    pub(super) fn open(listen: &Listen) -> Result<(Self, Option<SocketFile>), ListenError> {
        let fault = ListenError::io(listen);
        match listen {
            Listen::Unix(path) => {
                let (socket, file) = SocketFile::bind(path)?;
                let socket = Socket::Unix(UnixListener::from_std(socket).map_err(fault)?);
                let at = listen.clone();
                Ok((Self { socket, at }, Some(file)))
            }
            Listen::Tcp(at) if !at.ip().to_canonical().is_loopback() => {
                Err(ListenError::Readable(*at))
            }
            Listen::Tcp(at) => {
                let socket = tcp(*at).map_err(&fault)?;
                let at = Listen::Tcp(socket.local_addr().map_err(&fault)?);
                let socket = Socket::Tcp(socket);
                Ok((Self { socket, at }, None))
            }
            Listen::Tls { at, certificate } => {
                let acceptor = tls::acceptor(certificate.clone())?;
                let socket = tcp(*at).map_err(&fault)?;
                let at = Listen::Tls {
                    at: socket.local_addr().map_err(&fault)?,
                    certificate: certificate.clone(),
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
