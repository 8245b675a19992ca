//! A bare client of an IRC server, which blocks.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::Ircd;

/// The client.
pub struct Bare {
    pub nick: String,
    stream: TcpStream,
    lines: std::io::Lines<BufReader<TcpStream>>,
}

impl Bare {
    /// On a server under this nick.
    #[track_caller]
    pub fn on(server: &Ircd, nick: &str) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        let wait = Some(Duration::from_secs(60));
        stream.set_read_timeout(wait).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut bare = Self {
            nick: nick.to_owned(),
            stream,
            lines,
        };
        bare.says(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"));
        bare.until(&[" 376 ", " 422 "]);
        bare
    }

    /// Writes lines.
    pub fn says(&mut self, lines: &str) {
        write!(self.stream, "{lines}\r\n").unwrap();
    }

    /// What is answered.
    #[track_caller]
    pub fn asks(&mut self, lines: &str) -> String {
        self.says(&format!("{lines}\r\nPING enough"));
        self.until(&[" PONG "])
    }

    /// What comes, up to a line that contains one of these ends.
    #[track_caller]
    pub fn until(&mut self, ends: &[&str]) -> String {
        let mut text = String::new();
        loop {
            let Some(Ok(line)) = self.lines.next() else {
                panic!("the server closed before {ends:?}: {text}");
            };
            if let Some(token) = line.strip_prefix("PING ") {
                self.says(&format!("PONG {token}"));
            }
            text.push_str(&line);
            text.push('\n');
            if ends.iter().any(|end| line.contains(end)) {
                return text;
            }
        }
    }

    /// Leaves, and waits until the server knows.
    pub fn quits(mut self) {
        self.says("QUIT");
        while self.lines.next().is_some_and(|line| line.is_ok()) {}
    }
}
