//! An IRC client of alice's at their gateway, that reads as fast as it can.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime};

use crate::reading::Reading;

/// A registered client.
pub struct Attached {
    wire: TcpStream,
    lines: Reading,
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
        let mut client = Self {
            lines: Reading::new(&wire),
            wire,
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
        client
    }

    pub fn send(&mut self, lines: &str) {
        self.wire.write_all(lines.as_bytes()).unwrap();
    }

    /// Reads until a line is right; when that came.
    pub fn until(&mut self, mut right: impl FnMut(&str) -> bool) -> SystemTime {
        loop {
            let line = self.lines.line();
            if let Some(token) = line.strip_prefix("PING ") {
                let pong = format!("PONG {token}\r\n");
                self.wire.write_all(pong.as_bytes()).unwrap();
            }
            if right(line) {
                return self.lines.came;
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
