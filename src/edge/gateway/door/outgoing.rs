//! The writing side of a connection, which keeps room for a last word to who does not read.
//!
//! ```text
//! the system's buffer   [ lines that nobody reads, the last cut off ][ ERROR ]
//!                                                 its size until then ▲       ▲ its size for the last word
//! ```

use std::os::fd::AsFd;

use rustix::net::{SendFlags, send, sockopt};
use tokio::io::{AsyncWrite, WriteHalf};
use tokio::net::{TcpStream, tcp, unix};
use tokio_rustls::server::TlsStream;

/// Takes bytes, and at the end a last word that does not wait.
pub(super) trait Outgoing: AsyncWrite + Send + Unpin {
    /// Leaves a last word with the system, after lines that were cut off anywhere; best effort. The client finds it if
    /// it ever reads.
    fn push(&self, last: &[u8]);
}

impl Outgoing for tcp::OwnedWriteHalf {
    fn push(&self, last: &[u8]) {
        leave(self.as_ref(), last);
    }
}

impl Outgoing for unix::OwnedWriteHalf {
    fn push(&self, last: &[u8]) {
        leave(self.as_ref(), last);
    }
}

impl Outgoing for WriteHalf<TlsStream<TcpStream>> {
    /// A record that was cut off can be followed by nothing.
    fn push(&self, _: &[u8]) {}
}

/// Bounds what the system holds for a client that does not read; the rest of what the system would take is for
/// [`Outgoing::push`].
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
