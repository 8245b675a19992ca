//! From the first line to 001: CAP (IRCv3, version 302), SASL (IRCv3 sasl-3.2), NICK and USER. No I/O; time passed in.
//!
//! ```text
//! PASS, CAP LS, NICK, USER
//!   Listing ──LS──> Requesting ──ACK──> Mechanism ──+──> Answer ──903──> Waiting ──001──> Welcome
//!      │              │ NAK, no sasl: CAP END                             │
//!      └─ 5 s silent, and no SASL asked for: CAP END ────────────────────┘
//! any state: 001 -> Welcome · 433, 436, 437 -> NickInUse · 432 -> NickRejected · 464, 902, 904-906 -> Refused
//!            465 -> ThrownOut · 120 s -> Lost
//! ```
//!
//! NICK and USER leave at once, so that a server that knows nothing of CAP greets without delay. If the user asked for
//! SASL, a greeting without it is refused: the account's cloak may be all that hides our host. So CAP END waits then for
//! as long as the server takes: one that is slow may read it right behind USER, and let us in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt as _;
use rand::rngs::StdRng;

use super::NetworkSettings;
use super::end::End;
use super::line::{LINELEN, Line, LineError, write};
use crate::edge::config::{Sasl, Secret};
use crate::protocol::debug::redacted_debug;
use crate::rules::queue::irc::Ended;

/// A registration under way.
#[derive(Debug)]
pub(super) struct Registration {
    sasl: Option<Sasl<Secret>>,
    state: State,
    started: Duration,
}

#[derive(Debug)]
enum State {
    /// CAP LS is sent; what the server has offered so far.
    Listing(Vec<String>),
    /// CAP REQ is sent.
    Requesting,
    /// AUTHENTICATE with the mechanism is sent.
    Mechanism,
    /// The credentials are sent.
    Answer,
    /// CAP END is sent, after a log-in or not.
    Waiting { logged_in: bool },
}

/// What a line or the time leads to. The lines may hold a password: only their number prints.
#[derive(PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, or not yet.
    Wait,
    /// Write these lines.
    Write(Vec<String>),
    /// We are in, under this nick.
    Welcome(String),
    /// It ends here.
    Failed(End),
}

redacted_debug! { enum Step { Wait, Write(lines: count), Welcome(nick), Failed(why) } }

/// Who we say we are, besides the nick: it says nothing, and is another one for every connection.
#[derive(Debug, Clone)]
pub struct Persona {
    /// The user name.
    pub ident: String,
    /// The real name.
    pub realname: String,
}

impl Persona {
    /// Throws five to eight lower-case letters each.
    pub fn random(rng: &mut StdRng) -> Self {
        Self {
            ident: letters(rng),
            realname: letters(rng),
        }
    }
}

/// Five to eight random letters from a to z.
pub(super) fn letters(rng: &mut StdRng) -> String {
    let count = rng.random_range(5..=8);
    (0..count)
        .map(|_| char::from(rng.random_range(b'a'..=b'z')))
        .collect()
}

impl Registration {
    /// Begins; gives the first lines, unless the nick or the password cannot stand in one.
    pub(super) fn begin(
        settings: &NetworkSettings,
        nick: &str,
        persona: &Persona,
        now: Duration,
    ) -> Result<(Self, Vec<String>), LineError> {
        let limit = LINELEN;
        let mut lines = Vec::new();
        if let Some(password) = settings.server_password.as_ref().map(Secret::expose) {
            lines.push(write(&["PASS"], Some(password), limit)?);
        }
        let Persona { ident, realname } = persona;
        lines.push(write(&["CAP", "LS", "302"], None, limit)?);
        lines.push(write(&["NICK", nick], None, limit)?);
        // The 8 asks to be invisible from the first moment (RFC 2812, section 3.1.3), where a server heeds it.
        lines.push(write(&["USER", ident, "8", "*"], Some(realname), limit)?);
        let registration = Self {
            sasl: settings.sasl.clone(),
            state: State::Listing(Vec::new()),
            started: now,
        };
        Ok((registration, lines))
    }

    /// When [`Registration::tick`] has something to do.
    pub(super) fn due(&self) -> Duration {
        let wait = match self.is_listing() && self.sasl.is_none() {
            true => CAP_WAIT,
            false => ALL,
        };
        self.started.saturating_add(wait)
    }

    /// Goes on without an answer to CAP after 5 s unless SASL is asked for, and gives up after two minutes.
    pub(super) fn tick(&mut self, now: Duration) -> Step {
        if now >= self.started.saturating_add(ALL) {
            return failed(Ended::Lost, "the server took too long to let us in");
        }
        match self.is_listing() && now >= self.due() {
            true => self.end_caps(false),
            false => Step::Wait,
        }
    }

    fn is_listing(&self) -> bool {
        matches!(self.state, State::Listing(_))
    }

    /// Takes a line of the server's.
    pub(super) fn hear(&mut self, line: &Line) -> Step {
        match line.command.as_str() {
            "CAP" => self.cap(line),
            "AUTHENTICATE" => self.authenticate(line),
            _ => self.numeric(line),
        }
    }

    fn numeric(&mut self, line: &Line) -> Step {
        match line.numeric() {
            1 => self.welcome(line),
            421 if line.param(1).eq_ignore_ascii_case("CAP") => self.without_caps(),
            432 => failed(Ended::NickRejected, line.words()),
            433 | 436 | 437 => failed(Ended::NickInUse, line.words()),
            464 => refused(&format!("wrong server password: {}", line.words())),
            465 => failed(Ended::ThrownOut, line.words()),
            903 | 907 => self.end_caps(true),
            902 | 904..=906 => refused(&format!("SASL log-in failed: {}", line.words())),
            // 451 and 462 tell of lines out of turn, 908 comes with a 904: nothing to be done.
            _ => Step::Wait,
        }
    }

    fn welcome(&self, line: &Line) -> Step {
        let logged_in = matches!(self.state, State::Waiting { logged_in: true });
        if self.sasl.is_some() && !logged_in {
            return refused("the server let us in without the SASL log-in that you asked for");
        }
        Step::Welcome(line.param(0).to_owned())
    }

    fn cap(&mut self, line: &Line) -> Step {
        match (&mut self.state, line.param(1).to_ascii_uppercase().as_str()) {
            (State::Listing(offered), "LS") => {
                let last = line.params.last().map_or("", String::as_str);
                let room = MOST_CAPS.saturating_sub(offered.len());
                offered.extend(last.split(' ').take(room).map(ToOwned::to_owned));
                if line.param(2) == "*" && line.params.len() > 3 {
                    return Step::Wait;
                }
                let offered = std::mem::take(offered);
                self.request(&offered)
            }
            (State::Requesting, "ACK") => self.acknowledged(),
            (State::Requesting, "NAK") if self.sasl.is_some() => {
                refused("the server does not allow SASL")
            }
            (State::Requesting, "NAK") => self.end_caps(false),
            _ => Step::Wait,
        }
    }

    /// The server knows nothing of CAP.
    fn without_caps(&mut self) -> Step {
        match (self.is_listing(), &self.sasl) {
            (false, _) => return Step::Wait,
            (true, Some(_)) => return refused("the server does not know SASL"),
            (true, None) => self.state = State::Waiting { logged_in: false },
        }
        Step::Wait
    }

    fn request(&mut self, offered: &[String]) -> Step {
        let has = |name: &str| {
            let mut names = offered.iter().map(|cap| cap.split('=').next());
            names.any(|offered| offered == Some(name))
        };
        let mut wanted = Vec::new();
        if let Some(sasl) = &self.sasl {
            if !offered.iter().any(|cap| offers(cap, sasl)) {
                return refused(&format!(
                    "the server does not offer SASL {}",
                    mechanism(sasl)
                ));
            }
            wanted.push("sasl");
        }
        wanted.extend(has("server-time").then_some("server-time"));
        if wanted.is_empty() {
            return self.end_caps(false);
        }
        self.state = State::Requesting;
        Step::Write(vec![format!("CAP REQ :{}\r\n", wanted.join(" "))])
    }

    fn acknowledged(&mut self) -> Step {
        let Some(sasl) = &self.sasl else {
            return self.end_caps(false);
        };
        let line = format!("AUTHENTICATE {}\r\n", mechanism(sasl));
        self.state = State::Mechanism;
        Step::Write(vec![line])
    }

    fn authenticate(&mut self, line: &Line) -> Step {
        let (State::Mechanism, "+", Some(sasl)) = (&self.state, line.param(0), &self.sasl) else {
            return Step::Wait;
        };
        let lines = credentials(sasl);
        self.state = State::Answer;
        Step::Write(lines)
    }

    fn end_caps(&mut self, logged_in: bool) -> Step {
        self.state = State::Waiting { logged_in };
        Step::Write(vec!["CAP END\r\n".to_owned()])
    }
}

fn refused(why: &str) -> Step {
    failed(Ended::Refused, why)
}

fn failed(how: Ended, why: impl Into<String>) -> Step {
    Step::Failed(End::new(how, why))
}

/// `sasl`, or `sasl=PLAIN,EXTERNAL` with the mechanism in it.
fn offers(cap: &str, sasl: &Sasl<Secret>) -> bool {
    let (name, value) = cap.split_once('=').unwrap_or((cap, ""));
    let named = |m: &str| m.eq_ignore_ascii_case(mechanism(sasl));
    name == "sasl" && (value.is_empty() || value.split(',').any(named))
}

fn mechanism(sasl: &Sasl<Secret>) -> &'static str {
    match sasl {
        Sasl::Plain { .. } => "PLAIN",
        Sasl::External(..) => "EXTERNAL",
    }
}

/// The AUTHENTICATE lines: base64 in chunks of 400, a chunk of exactly 400 being followed by `+`.
fn credentials(sasl: &Sasl<Secret>) -> Vec<String> {
    let text = encoded_login(sasl);
    let chunks = text.as_bytes().chunks(CHUNK);
    let mut lines: Vec<String> = chunks
        .map(|chunk| format!("AUTHENTICATE {}\r\n", String::from_utf8_lossy(chunk)))
        .collect();
    if text.len().is_multiple_of(CHUNK) {
        lines.push("AUTHENTICATE +\r\n".to_owned());
    }
    lines
}

/// What those lines say, in one.
pub(super) fn encoded_login(sasl: &Sasl<Secret>) -> String {
    STANDARD.encode(match sasl {
        Sasl::Plain { user, password } => format!("\0{user}\0{}", password.expose()),
        // Without a name it is the one that the certificate belongs to.
        Sasl::External(user) => user.clone().unwrap_or_default(),
    })
}

/// How long the server may take to answer CAP LS.
const CAP_WAIT: Duration = Duration::from_secs(5);
/// How long all of it may take; a server that looks up our name takes up to 30 s.
const ALL: Duration = Duration::from_secs(120);
/// Bytes of base64 in one AUTHENTICATE line.
const CHUNK: usize = 400;
/// Capabilities that are remembered.
const MOST_CAPS: usize = 500;

#[cfg(test)]
mod tests;
