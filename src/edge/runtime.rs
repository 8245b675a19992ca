//! A runtime for those who do not live in tokio: commands, the hook, and threads that block.

use std::io;
use std::os::unix::net::UnixStream;

use tokio::runtime::{Builder, Runtime};

/// Twice so many file handles are enough for a runtime.
const PAIRS: usize = 4;

/// A runtime of one thread.
/// Errors: No file handle is left for it.
pub fn runtime() -> io::Result<Runtime> {
    // Then it returns no error, it panics: so there must be enough.
    let pairs: io::Result<Vec<_>> = (0..PAIRS).map(|_| UnixStream::pair()).collect();
    drop(pairs?);
    Builder::new_current_thread().enable_all().build()
}
