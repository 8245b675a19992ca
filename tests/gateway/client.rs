//! An IRC client that does what a test says, and lines as it reads them.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A line from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As it came.
    pub raw: String,
    pub tags: BTreeMap<String, String>,
    pub source: String,
    pub command: String,
    pub params: Vec<String>,
}

impl Line {
    /// Reads a line; written apart from the gateway's own reader.
    pub fn read(raw: &str) -> Self {
        let mut rest = raw;
        let (mut tags, mut source) = (BTreeMap::new(), String::new());
        if let Some(text) = rest.strip_prefix('@') {
            let (words, after) = text.split_once(' ').unwrap();
            for word in words.split(';') {
                let (key, value) = word.split_once('=').unwrap_or((word, ""));
                tags.insert(key.to_owned(), unescaped(value));
            }
            rest = after;
        }
        if let Some(text) = rest.strip_prefix(':') {
            let (word, after) = text.split_once(' ').unwrap();
            source = word.to_owned();
            rest = after;
        }
        let (words, last) = match rest.split_once(" :") {
            Some((words, last)) => (words, Some(last)),
            None => (rest, None),
        };
        let mut words = words.split(' ').map(ToOwned::to_owned);
        let command = words.next().unwrap();
        let params = words.chain(last.map(ToOwned::to_owned)).collect();
        Self {
            raw: raw.to_owned(),
            tags,
            source,
            command,
            params,
        }
    }

    /// The parameter at this place, or "".
    pub fn param(&self, at: usize) -> &str {
        self.params.get(at).map_or("", String::as_str)
    }

    /// The last parameter.
    pub fn last(&self) -> &str {
        self.params.last().map_or("", String::as_str)
    }

    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    /// The nick of its source.
    pub fn nick(&self) -> &str {
        self.source.split('!').next().unwrap()
    }

    /// Its command and the parameters between the client's nick and the words for people.
    pub fn short(&self) -> String {
        let middle = match self.command.parse::<u16>() {
            Ok(_) => &self.params[1..self.params.len() - 1],
            Err(_) => &self.params,
        };
        [std::slice::from_ref(&self.command), middle]
            .concat()
            .join(" ")
    }
}

fn unescaped(value: &str) -> String {
    let mut chars = value.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some(':') => plain.push(';'),
                Some('s') => plain.push(' '),
                Some('r') => plain.push('\r'),
                Some('n') => plain.push('\n'),
                other => plain.extend(other),
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}

/// The commands of lines, in order.
pub fn commands(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.command.as_str()).collect()
}

/// [`Line::short`] of each.
pub fn shorts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::short).collect()
}

/// The texts of those that are a PRIVMSG.
pub fn texts(lines: &[Line]) -> Vec<&str> {
    let said = lines.iter().filter(|line| line.command == "PRIVMSG");
    said.map(Line::last).collect()
}

/// Something that is read and written.
pub trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// A connection, and what has come on it.
pub struct Client {
    wire: Box<dyn Wire>,
    come: Vec<u8>,
    pings: usize,
    /// What the last [`Client::answers`] read: what a test waits for next may have come early.
    answered: Vec<Line>,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    /// Connects and says nothing.
    #[track_caller]
    pub fn connect(port: u16) -> Self {
        Self::over(tcp(port))
    }

    #[track_caller]
    pub fn unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self::over(stream)
    }

    pub fn over(wire: impl Wire + 'static) -> Self {
        Self {
            wire: Box::new(wire),
            come: Vec::new(),
            pings: 0,
            answered: Vec::new(),
        }
    }

    /// Connects and registers without any capability; what it is told at first is read.
    #[track_caller]
    pub fn new(port: u16, nick: &str) -> Self {
        Self::with(port, nick, "")
    }

    /// The same with these capabilities, which must all be there.
    #[track_caller]
    pub fn with(port: u16, nick: &str, caps: &str) -> Self {
        let mut client = Self::connect(port);
        client.register(nick, caps);
        client
    }

    /// Registers as the device that is named as the nick; gives all that it is told at first.
    #[track_caller]
    pub fn register(&mut self, nick: &str, caps: &str) -> Vec<Line> {
        if !caps.is_empty() {
            self.send(&format!("CAP REQ :{caps}"));
            let answer = self.line();
            assert_eq!(answer.param(1), "ACK", "{answer:?}");
        }
        self.send(&format!("NICK {nick}"));
        self.send(&format!("USER {} 0 * :{nick}'s owner", nick.to_lowercase()));
        if !caps.is_empty() {
            self.send("CAP END");
        }
        self.answers()
    }

    pub fn send(&mut self, line: &str) {
        self.bytes(format!("{line}\r\n").as_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.wire.write_all(bytes).unwrap();
    }

    /// Sends bytes to a server that may have closed the connection already.
    pub fn try_bytes(&mut self, bytes: &[u8]) -> bool {
        self.wire.write_all(bytes).is_ok()
    }

    /// The next line, which must come.
    #[track_caller]
    pub fn line(&mut self) -> Line {
        self.next()
            .expect("a line; the server closed the connection")
    }

    /// The next line; `None` when the server has closed the connection.
    #[track_caller]
    pub fn next(&mut self) -> Option<Line> {
        self.raw().as_deref().map(Line::read)
    }

    /// The next line, which need not be one of IRC.
    #[track_caller]
    pub fn raw(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.come.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.come.drain(..end + 2).collect();
                let text = String::from_utf8(line).expect("UTF-8");
                let text = text.strip_suffix("\r\n").unwrap();
                assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
                return Some(text.to_owned());
            }
            let mut more = [0; 16 * 1024];
            match self.wire.read(&mut more) {
                Ok(0) => return None,
                Ok(length) => self.come.extend(&more[..length]),
                Err(e) if e.kind() == ErrorKind::ConnectionReset => return None,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => panic!(
                    "waited in vain for a line: {e}; come: {:?}",
                    String::from_utf8_lossy(&self.come)
                ),
            }
        }
    }

    /// All lines up to now: a PING is answered after what was answered before it.
    #[track_caller]
    pub fn answers(&mut self) -> Vec<Line> {
        self.pings += 1;
        let token = format!("sync-{}", self.pings);
        self.send(&format!("PING {token}"));
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if line.command == "PONG" && line.last() == token {
                self.answered.clone_from(&lines);
                return lines;
            }
            if line.command == "PING" {
                self.send(&format!("PONG {}", line.last()));
            } else {
                lines.push(line);
            }
        }
    }

    /// What a line is answered by.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> Vec<Line> {
        self.send(line);
        self.answers()
    }

    /// What a line is answered by, in short.
    #[track_caller]
    pub fn short(&mut self, line: &str) -> Vec<String> {
        shorts(&self.ask(line))
    }

    /// Reads until a line is right; gives it. It may stand among the last answers already.
    #[track_caller]
    pub fn until(&mut self, right: impl Fn(&Line) -> bool) -> Line {
        let mut answered = std::mem::take(&mut self.answered);
        if let Some(at) = answered.iter().position(&right) {
            self.answered = answered.split_off(at + 1);
            return answered.remove(at);
        }
        loop {
            let line = self.line();
            if right(&line) {
                return line;
            }
        }
    }

    /// Reads until somebody says a text that holds this.
    #[track_caller]
    pub fn until_said(&mut self, part: &str) -> Line {
        self.until(|line| line.command == "PRIVMSG" && line.last().contains(part))
    }

    /// All lines until the server closes the connection.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<Line> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

#[track_caller]
pub fn tcp(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}
