//! Lines from a socket, and when they came.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

/// What reads lines as fast as it can.
pub struct Reading {
    from: BufReader<TcpStream>,
    line: Vec<u8>,
    /// When the last bytes of the last line came.
    pub came: SystemTime,
}

impl Reading {
    pub fn new(wire: &TcpStream) -> Self {
        wire.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            from: BufReader::with_capacity(1 << 16, wire.try_clone().unwrap()),
            line: Vec::new(),
            came: SystemTime::UNIX_EPOCH,
        }
    }

    /// The next line without its end.
    pub fn line(&mut self) -> &str {
        self.line.clear();
        if self.from.buffer().is_empty() {
            self.from.fill_buf().unwrap();
            self.came = SystemTime::now();
        }
        let whole = self.from.buffer().contains(&b'\n');
        let read = self.from.read_until(b'\n', &mut self.line).unwrap();
        assert!(read > 0, "the other side hung up");
        if !whole {
            self.came = SystemTime::now();
        }
        std::str::from_utf8(&self.line).unwrap().trim_end()
    }
}

/// How long a line may be waited for.
const PATIENCE: Duration = Duration::from_secs(30);
