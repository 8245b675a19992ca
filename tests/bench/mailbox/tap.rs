//! What a program and its mail server say to one another, line by line, and when.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crate::support::proxy::{Part, Proxy};

/// Stands between the two.
pub struct Tap {
    proxy: Proxy,
    parts: Receiver<Part>,
    /// Of the server and of the program, what was said of a line that has not ended.
    begun: [Vec<u8>; 2],
    lines: VecDeque<Said>,
}

/// A line of either side, without its end.
pub struct Said {
    /// Before it was passed on.
    pub at: Instant,
    pub line: String,
}

impl Tap {
    /// Between whoever connects and this port of loopback; one at a time.
    pub fn before(server: u16) -> Self {
        let proxy = Proxy::start(server);
        Self {
            parts: proxy.listen(),
            proxy,
            begun: Default::default(),
            lines: VecDeque::new(),
        }
    }

    pub fn port(&self) -> u16 {
        self.proxy.port
    }

    /// The next line that is right; those before it are forgotten.
    pub fn until(&mut self, what: &str, right: impl Fn(&str) -> bool) -> Said {
        loop {
            while let Some(said) = self.lines.pop_front() {
                if right(&said.line) {
                    return said;
                }
            }
            let part = self.parts.recv_timeout(PATIENCE);
            self.take(part.unwrap_or_else(|_| panic!("waited in vain for {what}")));
        }
    }

    fn take(&mut self, part: Part) {
        let begun = &mut self.begun[usize::from(part.from_client)];
        begun.extend(part.bytes);
        while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = begun.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.lines.push_back(Said { at: part.at, line });
        }
    }
}

/// How long a line may be waited for: a server counts half a million mails first.
const PATIENCE: Duration = Duration::from_secs(120);
