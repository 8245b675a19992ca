//! An IRC client of alice's at her gateway, that reads as fast as it can.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A registered client.
pub struct Attached {
    wire: TcpStream,
    lines: BufReader<TcpStream>,
    line: String,
    /// From before connecting until the friends in the control channel were shown.
    pub took: Duration,
    /// The friends that were shown.
    pub shown: usize,
}

impl Attached {
    /// Connects and registers as a device with a password of its own.
    pub fn new(port: u16, (device, password): &(String, String), caps: &str) -> Self {
        let hello = format!(
            "CAP REQ :{caps}\r\nPASS {password}\r\nNICK {device}\r\nUSER {device} 0 * :{device}\r\nCAP END\r\n"
        );
        let begun = Instant::now();
        let wire = TcpStream::connect(("127.0.0.1", port)).unwrap();
        wire.set_nodelay(true).unwrap();
        let lines = BufReader::with_capacity(1 << 16, wire.try_clone().unwrap());
        let mut client = Self {
            wire,
            lines,
            line: String::new(),
            took: Duration::ZERO,
            shown: 0,
        };
        client.send(&hello);
        let mut shown = 0;
        client.until(|line| {
            assert!(!line.starts_with("ERROR"), "{line}");
            if line.contains(" 353 ") {
                shown += line.split_once(" :").unwrap().1.split_whitespace().count();
            }
            line.contains(" 366 ")
        });
        client.took = begun.elapsed();
        // Itself and `iim`.
        client.shown = shown - 2;
        client.wire.set_read_timeout(Some(PATIENCE)).unwrap();
        client
    }

    pub fn send(&mut self, lines: &str) {
        self.wire.write_all(lines.as_bytes()).unwrap();
    }

    /// Reads until a line is right.
    pub fn until(&mut self, mut right: impl FnMut(&str) -> bool) {
        loop {
            self.line.clear();
            let read = self.lines.read_line(&mut self.line).unwrap();
            assert!(read > 0, "the gateway hung up");
            if let Some(token) = self.line.strip_prefix("PING ") {
                let pong = format!("PONG {token}");
                self.wire.write_all(pong.as_bytes()).unwrap();
            }
            if right(self.line.trim_end()) {
                return;
            }
        }
    }

    /// The time from sending a line until another comes.
    pub fn ask(&mut self, line: &str, right: impl FnMut(&str) -> bool) -> Duration {
        let begun = Instant::now();
        self.send(line);
        self.until(right);
        begun.elapsed()
    }
}

/// How long a line may be waited for.
const PATIENCE: Duration = Duration::from_secs(30);
