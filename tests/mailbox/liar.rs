//! A scripted server: honest but for one thing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use iim::edge::config::{MailLogin, Secret, Security};
use iim::edge::mail::fetch::Settings;

/// What it does instead of the honest answer.
#[derive(Debug, Clone, Copy)]
pub enum Lie {
    /// Says this, `{tag}` being the command's.
    Say(&'static str),
    /// Says this, and the honest answer after it.
    First(&'static str),
    /// The honest answer, but for the words after the tagged OK, which has none.
    Wordless,
    /// Says this, and closes the connection.
    End(&'static str),
    /// Says this many times over, as long as anybody takes it.
    Endless(&'static str),
    /// Says nothing any more.
    Silence,
}

/// A server that runs until the connection ends.
pub struct Liar {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

/// The honest answer to a line; `tag` is that of the command under way.
pub type Honest = fn(line: &str, tag: &str) -> String;

impl Liar {
    /// Serves one connection; lies at the nth line that begins so (`""`: the greeting), counted from 0.
    pub fn start(honest: Honest, at: &'static str, nth: usize, lie: Option<Lie>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::default();
        let log = Arc::clone(&heard);
        let serve = move || {
            let (stream, _) = listener.accept().unwrap();
            serve(stream, honest, (at, nth, lie), &log);
        };
        let thread = Some(thread::spawn(serve));
        Self {
            port,
            heard,
            thread,
        }
    }

    /// What it heard, line by line, up to the end of the connection.
    pub fn heard(mut self) -> Vec<String> {
        self.thread.take().unwrap().join().unwrap();
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    pub fn settings(&self, security: Security) -> Settings {
        Settings {
            server: format!("127.0.0.1:{}", self.port).try_into().unwrap(),
            security,
            user: "bob@example.org".to_owned(),
            login: Box::new(|| Ok(MailLogin::Password(Secret::new("hunter22".to_owned())))),
            ca: None,
        }
    }

    pub fn settings_with_token(&self) -> Settings {
        Settings {
            login: Box::new(|| Ok(MailLogin::Token(Secret::new("ya29.token".to_owned())))),
            ..self.settings(Security::Plain)
        }
    }
}

fn serve(
    stream: TcpStream,
    honest: Honest,
    (at, nth, lie): (&str, usize, Option<Lie>),
    heard: &Mutex<Vec<String>>,
) {
    let mut out = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).split(b'\n');
    let (mut tag, mut left) = (String::new(), nth);
    let mut line = String::new();
    loop {
        let command = line
            .split_once(' ')
            .map_or(line.as_str(), |(_, command)| command);
        let is_here = match at {
            "" => line.is_empty(),
            // POP3 has no tags.
            at => command.starts_with(at) || line.starts_with(at),
        };
        let lie = match (is_here, left) {
            (true, 0) => {
                left = usize::MAX;
                lie
            }
            (true, _) => {
                left -= 1;
                None
            }
            (false, _) => None,
        };
        if line.starts_with('A') && line.contains(' ') {
            tag = line.split(' ').next().unwrap().to_owned();
        }
        let said = honest(&line, &tag);
        let (said, goes_on) = match lie {
            None => (said, true),
            Some(Lie::Say(words)) => (words.replace("{tag}", &tag), true),
            Some(Lie::First(words)) => (format!("{words}{said}"), true),
            Some(Lie::Wordless) => (wordless(&said, &tag), true),
            Some(Lie::End(words)) => (words.replace("{tag}", &tag), false),
            Some(Lie::Endless(words)) => {
                let many = words.repeat(64 * 1024 / words.len());
                let mut taken = 0_usize;
                while out.write_all(many.as_bytes()).is_ok() {
                    taken += many.len();
                    assert!(
                        taken < 64 * 1024 * 1024,
                        "the client takes whatever it is told"
                    );
                }
                return;
            }
            Some(Lie::Silence) => (String::new(), true),
        };
        // Whoever has gone hears no more.
        if out.write_all(said.as_bytes()).is_err() || !goes_on {
            return;
        }
        match lines.next() {
            Some(Ok(next)) => line = String::from_utf8_lossy(&next).trim_end().to_owned(),
            None | Some(Err(_)) => return,
        }
        heard.lock().unwrap().push(line.clone());
        if line.is_empty() {
            line = " ".to_owned();
        }
    }
}

fn wordless(said: &str, tag: &str) -> String {
    let ok = format!("{tag} OK");
    match said.find(&ok) {
        Some(at) => format!("{}\r\n", &said[..at + ok.len()]),
        None => said.to_owned(),
    }
}
