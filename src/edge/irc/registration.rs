//! From the first line to 001: CAP (IRCv3, version 302), SASL (IRCv3 sasl-3.2), NICK and USER. No I/O; time passed in.
//!
//! ```text
//! PASS, CAP LS, NICK, USER
//!   Listing ──LS──> Requesting ──ACK──> Mechanism ──+──> Answer ──903──> Waiting ──001──> Welcome
//!      │              │ NAK, no sasl: CAP END                             │
//!      └─ 5 s silent: CAP END ───────────────────────────────────────────┘
//! any state: 001 -> Welcome · 433, 436, 437 -> NickInUse · 432 -> NickRejected · ERROR, 464, 465, 902, 904-906 -> Refused
//! ```
//!
//! NICK and USER leave at once, so that a server that knows nothing of CAP greets without delay. If the user asked for
//! SASL, a greeting without it is refused: the account's cloak may be all that hides our host.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt as _;
use rand::rngs::StdRng;

use super::line::{Line, LineError, write};
use super::{Hidden, NetworkSettings, Sasl};

/// A registration under way.
#[derive(Debug)]
pub(super) struct Registration {
    sasl: Option<Sasl>,
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

/// What a line or the time leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, or not yet.
    Wait,
    /// Write these lines.
    Write(Vec<String>),
    /// We are in, under this nick.
    Welcome(String),
    /// It ends here.
    Failed(Failure),
}

/// Why a registration ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Somebody holds the nick.
    NickInUse,
    /// The server does not take the nick; its words.
    NickRejected(String),
    /// Anything else, in words.
    Refused(String),
}

/// Who we say we are, besides the nick: it says nothing, and is another one for every connection.
#[derive(Debug, Clone)]
pub(super) struct Persona {
    /// The user name.
    pub(super) ident: String,
    /// The real name.
    pub(super) realname: String,
}

impl Persona {
    /// Throws five to eight lower-case letters each.
    pub(super) fn random(dice: &mut StdRng) -> Self {
        Self {
            ident: letters(dice),
            realname: letters(dice),
        }
    }
}

/// Five to eight random letters from a to z.
pub(super) fn letters(dice: &mut StdRng) -> String {
    let count = dice.random_range(5..=8);
    (0..count)
        .map(|_| char::from(dice.random_range(b'a'..=b'z')))
        .collect()
}

impl Registration {
    /// Begins; gives the first lines.
    ///
    /// # Errors
    /// If the nick or the password cannot stand in a line.
    pub(super) fn begin(
        settings: &NetworkSettings,
        nick: &str,
        persona: &Persona,
        now: Duration,
    ) -> Result<(Self, Vec<String>), LineError> {
        let limit = settings.linelen_default;
        let mut lines = Vec::new();
        if let Some(password) = settings.server_password.as_ref().map(Hidden::expose) {
            lines.push(write(&["PASS"], Some(password), limit)?);
        }
        let Persona { ident, realname } = persona;
        lines.push(write(&["CAP", "LS", "302"], None, limit)?);
        lines.push(write(&["NICK", nick], None, limit)?);
        lines.push(write(&["USER", ident, "0", "*"], Some(realname), limit)?);
        let registration = Self {
            sasl: settings.sasl.clone(),
            state: State::Listing(Vec::new()),
            started: now,
        };
        Ok((registration, lines))
    }

    /// When [`Registration::tick`] has something to do.
    pub(super) fn due(&self) -> Duration {
        let wait = match self.state {
            State::Listing(_) => CAP_WAIT,
            State::Requesting | State::Mechanism | State::Answer | State::Waiting { .. } => ALL,
        };
        self.started.saturating_add(wait)
    }

    /// Goes on without an answer to CAP after 5 s, and gives up after two minutes.
    pub(super) fn tick(&mut self, now: Duration) -> Step {
        if now >= self.started.saturating_add(ALL) {
            return refused("the server took too long to let us in");
        }
        match self.state {
            State::Listing(_) if now >= self.due() => self.end_caps(false),
            State::Listing(_)
            | State::Requesting
            | State::Mechanism
            | State::Answer
            | State::Waiting { .. } => Step::Wait,
        }
    }

    /// Takes a line of the server's.
    pub(super) fn hear(&mut self, line: &Line) -> Step {
        match line.command.as_str() {
            "CAP" => self.cap(line),
            "AUTHENTICATE" => self.authenticate(line),
            "ERROR" => refused(&line.words()),
            _ => self.numeric(line),
        }
    }

    fn numeric(&mut self, line: &Line) -> Step {
        match line.numeric() {
            1 => self.welcome(line),
            432 => Step::Failed(Failure::NickRejected(line.words())),
            433 | 436 | 437 => Step::Failed(Failure::NickInUse),
            464 => refused(&format!("wrong server password: {}", line.words())),
            465 => refused(&format!("banned: {}", line.words())),
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
                let more = line.param(2) == "*" && line.params.len() > 3;
                if more { Step::Wait } else { self.request() }
            }
            (State::Requesting, "ACK") => self.acknowledged(),
            (State::Requesting, "NAK") if self.sasl.is_some() => {
                refused("the server does not allow SASL")
            }
            (State::Requesting, "NAK") => self.end_caps(false),
            _ => Step::Wait,
        }
    }

    fn request(&mut self) -> Step {
        let State::Listing(offered) = &self.state else {
            return Step::Wait;
        };
        let has = |name: &str| {
            offered
                .iter()
                .any(|cap| cap.split('=').next() == Some(name))
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
        wanted.extend(Some("server-time").filter(|name| has(name)));
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
    Step::Failed(Failure::Refused(why.to_owned()))
}

/// `sasl`, or `sasl=PLAIN,EXTERNAL` with the mechanism in it.
fn offers(cap: &str, sasl: &Sasl) -> bool {
    let (name, value) = cap.split_once('=').unwrap_or((cap, ""));
    let named = |m: &str| m.eq_ignore_ascii_case(mechanism(sasl));
    name == "sasl" && (value.is_empty() || value.split(',').any(named))
}

fn mechanism(sasl: &Sasl) -> &'static str {
    match sasl {
        Sasl::Plain { .. } => "PLAIN",
        Sasl::External { .. } => "EXTERNAL",
    }
}

/// The AUTHENTICATE lines: base64 in chunks of 400, a chunk of exactly 400 being followed by `+`.
fn credentials(sasl: &Sasl) -> Vec<String> {
    let message = match sasl {
        Sasl::Plain { user, password } => format!("\0{user}\0{}", password.expose()),
        Sasl::External { user } => user.clone(),
    };
    let text = STANDARD.encode(message);
    let chunks = text.as_bytes().chunks(CHUNK);
    let mut lines: Vec<String> = chunks
        .map(|chunk| format!("AUTHENTICATE {}\r\n", String::from_utf8_lossy(chunk)))
        .collect();
    if text.len().is_multiple_of(CHUNK) {
        lines.push("AUTHENTICATE +\r\n".to_owned());
    }
    lines
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
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use rand::SeedableRng as _;

    fn begun(sasl: Option<Sasl>) -> (Registration, Vec<String>) {
        let settings = NetworkSettings {
            sasl,
            ..NetworkSettings::new("n", Vec::new())
        };
        let persona = Persona {
            ident: "abcde".into(),
            realname: "fghij".into(),
        };
        Registration::begin(&settings, "me", &persona, Duration::ZERO).unwrap()
    }

    fn plain() -> Option<Sasl> {
        let password = Hidden("pass".into());
        Some(Sasl::Plain {
            user: "user".into(),
            password,
        })
    }

    fn external() -> Option<Sasl> {
        Some(Sasl::External {
            user: String::new(),
        })
    }

    /// Feeds lines and writes down what comes of it.
    fn play(sasl: Option<Sasl>, lines: &[&str]) -> Vec<String> {
        let (mut registration, _) = begun(sasl);
        let mut got = Vec::new();
        for line in lines {
            match registration.hear(&Line::parse(line).unwrap()) {
                Step::Wait => {}
                Step::Write(lines) => got.extend(lines.iter().map(|l| l.trim_end().to_owned())),
                Step::Welcome(nick) => got.push(format!("welcome {nick}")),
                Step::Failed(Failure::NickInUse) => got.push("in use".into()),
                Step::Failed(Failure::NickRejected(_)) => got.push("rejected".into()),
                Step::Failed(Failure::Refused(why)) => got.push(format!("refused {why}")),
            }
        }
        got
    }

    #[test]
    fn the_first_lines() {
        let (_, lines) = begun(None);
        let want = ["CAP LS 302\r\n", "NICK me\r\n", "USER abcde 0 * :fghij\r\n"];
        assert_eq!(lines, want);
        let settings = NetworkSettings {
            server_password: Some(Hidden("a b".into())),
            ..NetworkSettings::new("n", Vec::new())
        };
        let persona = Persona::random(&mut StdRng::seed_from_u64(1));
        let (_, lines) = Registration::begin(&settings, "me", &persona, Duration::ZERO).unwrap();
        assert_eq!(lines.first().unwrap(), "PASS :a b\r\n");
        assert!(Registration::begin(&settings, "m e", &persona, Duration::ZERO).is_err());
    }

    #[test]
    fn conversations() {
        const PLAIN: &str = "AUTHENTICATE AHVzZXIAcGFzcw==";
        let cases: &[(&str, Option<Sasl>, &[&str], &[&str])] = &[
            ("no CAP", None, &[":s 001 me :hi"], &["welcome me"]),
            (
                "unknown CAP",
                None,
                &[":s 421 me CAP :?", ":s 001 cut :hi"],
                &["welcome cut"],
            ),
            (
                "nothing wanted",
                None,
                &[":s CAP * LS :multi-prefix", ":s 001 me :hi"],
                &["CAP END", "welcome me"],
            ),
            (
                "server-time over several lines",
                None,
                &[
                    ":s CAP * LS * :a b",
                    ":s CAP * LS :server-time",
                    ":s CAP me ACK :server-time",
                ],
                &["CAP REQ :server-time", "CAP END"],
            ),
            (
                "NAK",
                None,
                &["CAP * LS :server-time", "CAP * NAK :server-time"],
                &["CAP REQ :server-time", "CAP END"],
            ),
            (
                "PLAIN",
                plain(),
                &[
                    "CAP * LS :sasl",
                    "CAP * ACK :sasl",
                    "AUTHENTICATE +",
                    ":s 900 me x",
                    ":s 903 me :ok",
                    ":s 001 me :hi",
                ],
                &[
                    "CAP REQ :sasl",
                    "AUTHENTICATE PLAIN",
                    PLAIN,
                    "CAP END",
                    "welcome me",
                ],
            ),
            (
                "EXTERNAL among others",
                external(),
                &[
                    "CAP * LS :sasl=PLAIN,EXTERNAL server-time",
                    "CAP * ACK :sasl server-time",
                    "AUTHENTICATE +",
                    ":s 907 me :done",
                ],
                &[
                    "CAP REQ :sasl server-time",
                    "AUTHENTICATE EXTERNAL",
                    "AUTHENTICATE +",
                    "CAP END",
                ],
            ),
            (
                "no SASL",
                plain(),
                &["CAP * LS :a"],
                &["refused the server does not offer SASL PLAIN"],
            ),
            (
                "other SASL",
                external(),
                &["CAP * LS :sasl=PLAIN"],
                &["refused the server does not offer SASL EXTERNAL"],
            ),
            (
                "SASL refused",
                plain(),
                &["CAP * LS :sasl", "CAP * NAK :sasl"],
                &["CAP REQ :sasl", "refused the server does not allow SASL"],
            ),
            (
                "wrong password",
                plain(),
                &[
                    "CAP * LS :sasl",
                    "CAP * ACK :sasl",
                    "AUTHENTICATE +",
                    ":s 908 me PLAIN :are",
                    ":s 904 me :no\x02",
                ],
                &[
                    "CAP REQ :sasl",
                    "AUTHENTICATE PLAIN",
                    PLAIN,
                    "refused SASL log-in failed: no",
                ],
            ),
            (
                "a greeting without the log-in",
                plain(),
                &[":s 001 me :hi"],
                &["refused the server let us in without the SASL log-in that you asked for"],
            ),
            ("taken", None, &[":s 433 * me :in use"], &["in use"]),
            ("collision", None, &[":s 436 * me :collision"], &["in use"]),
            ("unavailable", None, &[":s 437 * me :wait"], &["in use"]),
            ("too long", None, &[":s 432 * me :erroneous"], &["rejected"]),
            (
                "harmless",
                None,
                &[
                    ":s 451 * :not registered",
                    ":s 462 * :again",
                    ":s NOTICE * :hi",
                ],
                &[],
            ),
            (
                "password",
                None,
                &[":s 464 * :bad"],
                &["refused wrong server password: bad"],
            ),
            (
                "banned",
                None,
                &[":s 465 * :go away"],
                &["refused banned: go away"],
            ),
            (
                "error",
                None,
                &["ERROR :Closing Link: \x1b[31mred"],
                &["refused Closing Link: [31mred"],
            ),
            (
                "asked for credentials out of turn",
                plain(),
                &["AUTHENTICATE +"],
                &[],
            ),
            (
                "EXTERNAL asked out of turn",
                None,
                &["AUTHENTICATE +", "CAP * ACK :sasl"],
                &[],
            ),
        ];
        for (name, sasl, lines, want) in cases {
            assert_eq!(play(sasl.clone(), lines), *want, "{name}");
        }
    }

    #[test]
    fn silence_on_cap_is_waited_out() {
        let (mut registration, _) = begun(None);
        assert_eq!(registration.due(), Duration::from_secs(5));
        assert_eq!(registration.tick(Duration::from_secs(4)), Step::Wait);
        let step = registration.tick(Duration::from_secs(5));
        assert_eq!(step, Step::Write(vec!["CAP END\r\n".into()]));
        assert_eq!(registration.tick(Duration::from_secs(6)), Step::Wait);
        assert!(matches!(
            registration.tick(Duration::from_secs(120)),
            Step::Failed(_)
        ));
    }

    #[test]
    fn long_credentials_come_in_chunks() {
        for (length, want) in [
            (290, vec![392]),
            (297, vec![400, 1]),
            (300, vec![400, 4]),
            (597, vec![400, 400, 1]),
        ] {
            let password = Hidden("x".repeat(length));
            let lines = credentials(&Sasl::Plain {
                user: "u".into(),
                password,
            });
            let lengths: Vec<usize> = lines.iter().map(|l| l.trim_end().len() - 13).collect();
            assert_eq!(lengths, want, "{length}");
        }
    }

    #[test]
    fn personas_differ_and_are_letters() {
        let mut dice = StdRng::seed_from_u64(7);
        let idents: std::collections::BTreeSet<String> =
            (0..100).map(|_| Persona::random(&mut dice).ident).collect();
        assert!(idents.len() > 95);
        let fits =
            |i: &String| (5..=8).contains(&i.len()) && i.bytes().all(|b| b.is_ascii_lowercase());
        assert!(idents.iter().all(fits));
    }
}
