//! A plain socket, written to without waiting, which keeps room for a last word to who does not read.
//!
//! ```text
//! the system's buffer   [ lines that nobody reads, the last cut off ][ ERROR ]
//!                                                 its size until then ▲       ▲ its size for the last word
//! ```

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{SendFlags, send, sockopt};

/// A plain socket, which takes bytes from whoever holds it.
#[derive(Debug)]
pub(super) struct Plain(pub(super) OwnedFd);

impl Plain {
    /// Writes what the system takes now.
    /// Errors: `WouldBlock` if that is nothing, or what the connection meets.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        Ok(send(&self.0, bytes, flags)?)
    }

    /// Leaves a last word with the system, after lines that were cut off anywhere; best effort. The client finds it if
    /// it ever reads.
    pub(super) fn leave(&self, last: &[u8]) {
        let _best_effort = sockopt::set_socket_send_buffer_size(&self.0, LARGEST);
        // The log has the reason as well.
        let _best_effort = self.try_write(last);
    }
}

/// Bounds what the system holds for a client that does not read; the rest of what the system would take is for
/// [`Plain::leave`].
pub(super) fn bound(socket: impl AsFd) {
    // Without it there may be no room for a last word; that is all.
    let _best_effort = sockopt::set_socket_send_buffer_size(socket, BUFFER);
}

/// Bytes that the system holds for a client (Linux doubles it for its own needs).
const BUFFER: usize = 64 * 1024;
/// As much as the system allows; by default 208 KiB.
const LARGEST: usize = 1024 * 1024;
