//! The writing side of a connection, which keeps room for a last word to who does not read.
//!
//! ```text
//! the system's buffer   [ lines that nobody reads, the last cut off ][ ERROR ]
//!                                                 its size until then ▲       ▲ its size for the last word
//! ```

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustix::net::{SendFlags, Shutdown, send, shutdown, sockopt};
use tokio::io::{AsyncWriteExt as _, WriteHalf};
use tokio::net::{TcpStream, tcp, unix};
use tokio_rustls::server::TlsStream;

/// Takes bytes, and at the end a last word that does not wait.
pub(super) enum Writer {
    /// A plain socket.
    Plain(Plain),
    /// One with TLS.
    Tls(Box<WriteHalf<TlsStream<TcpStream>>>),
}

/// The writing half of a plain socket, which takes bytes from whoever holds it.
#[derive(Debug, Clone)]
pub(super) enum Plain {
    /// Of an address.
    Tcp(Arc<tcp::OwnedWriteHalf>),
    /// Of a file.
    Unix(Arc<unix::OwnedWriteHalf>),
}

impl Writer {
    /// Writes some of the bytes, when the system takes any; safe to be dropped half-way.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(plain) => plain.write(bytes).await,
            Self::Tls(half) => half.write(bytes).await,
        }
    }

    /// TLS may hold bytes back.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(half) => half.flush().await,
        }
    }

    /// Says that nothing more comes.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(plain) => Ok(shutdown(plain, Shutdown::Write)?),
            Self::Tls(half) => half.shutdown().await,
        }
    }

    /// Leaves a last word with the system, after lines that were cut off anywhere; best effort. The client finds it if
    /// it ever reads. With TLS nothing can follow a record that was cut off.
    pub(super) fn push(&self, last: &[u8]) {
        if let Self::Plain(plain) = self {
            leave(plain, last);
        }
    }

    /// What may be written to without waiting.
    pub(super) fn plain(&self) -> Option<Plain> {
        match self {
            Self::Plain(plain) => Some(plain.clone()),
            Self::Tls(_) => None,
        }
    }
}

impl Plain {
    async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self {
                Self::Tcp(half) => half.writable().await?,
                Self::Unix(half) => half.writable().await?,
            }
            match self.try_write(bytes) {
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }

    /// Writes what the system takes now.
    /// Errors: `WouldBlock` if that is nothing, or what the connection meets.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(half) => half.try_write(bytes),
            Self::Unix(half) => half.try_write(bytes),
        }
    }
}

impl AsFd for Plain {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(half) => half.as_ref().as_ref().as_fd(),
            Self::Unix(half) => half.as_ref().as_ref().as_fd(),
        }
    }
}

/// Bounds what the system holds for a client that does not read; the rest of what the system would take is for
/// [`Writer::push`].
pub(super) fn bound(socket: impl AsFd) {
    // Without it there may be no room for a last word; that is all.
    let _best_effort = sockopt::set_socket_send_buffer_size(socket, BUFFER);
}

fn leave(socket: impl AsFd, last: &[u8]) {
    let _best_effort = sockopt::set_socket_send_buffer_size(&socket, LARGEST);
    // The log has the reason as well.
    let _best_effort = send(&socket, last, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
}

/// Bytes that the system holds for a client (Linux doubles it for its own needs).
const BUFFER: usize = 64 * 1024;
/// As much as the system allows; by default 208 KiB.
const LARGEST: usize = 1024 * 1024;
