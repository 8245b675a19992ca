//! What servers are like, measured on real ones: ngircd 26, InspIRCd 3, ircd-hybrid 8.

use std::collections::VecDeque;

/// What a network is like.
#[derive(Clone, Debug)]
pub struct Traits {
    /// How many servers it has.
    pub servers: usize,
    /// Bytes of a nick.
    pub nicklen: usize,
    pub long_nick: LongNick,
    pub sight: Sight,
    pub mapping: Mapping,
    pub patience: Patience,
    pub caps: Caps,
    /// Asks for a PONG before it lets anybody in.
    pub cookie: bool,
    /// Has a message of the day; else 422.
    pub motd: bool,
    /// Bytes of a line with CR LF, without tags.
    pub linelen: usize,
    pub collision: Collision,
    /// What becomes of a channel when two sides of a split bring it along.
    pub merge: Merge,
    /// Whoever makes a channel is its operator.
    pub founder_op: bool,
    /// Channels of one client.
    pub max_channels: usize,
    /// Connections of one host.
    pub clones: usize,
    /// Seconds that the servers' clock is ahead of the true one.
    pub clock_off: i64,
}

impl Traits {
    /// InspIRCd 3 with its IRCv3 modules.
    pub fn inspircd() -> Self {
        Self {
            servers: 1,
            nicklen: 30,
            long_nick: LongNick::Rejected,
            sight: Sight::monitor(30),
            mapping: Mapping::Rfc1459,
            patience: Patience::Inspircd,
            caps: Caps::ServerTime,
            cookie: false,
            motd: true,
            linelen: 512,
            collision: Collision::BothKilled,
            merge: Merge::OlderWins,
            founder_op: true,
            max_channels: 20,
            clones: usize::MAX,
            clock_off: 0,
        }
    }

    /// ngircd 26.
    pub fn ngircd() -> Self {
        Self {
            nicklen: 9,
            sight: Sight::IsonOnly,
            mapping: Mapping::Ascii,
            patience: Patience::Ngircd,
            caps: Caps::Few,
            motd: false,
            merge: Merge::Both,
            max_channels: 10,
            ..Self::inspircd()
        }
    }

    /// ircd-hybrid 8.
    pub fn hybrid() -> Self {
        Self {
            nicklen: 9,
            long_nick: LongNick::Cut,
            sight: Sight::monitor(50),
            mapping: Mapping::Ascii,
            patience: Patience::Hybrid,
            caps: Caps::Few,
            cookie: true,
            collision: Collision::YoungerKilled,
            max_channels: 25,
            ..Self::inspircd()
        }
    }
}

/// What becomes of a nick that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongNick {
    /// 432.
    Rejected,
    /// Cut, without a word.
    Cut,
}

/// How nicks are watched, besides by ISON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// MONITOR for as many as 005 tells, and for as many as are taken in truth.
    Monitor { told: usize, taken: usize },
    /// 421 for MONITOR.
    IsonOnly,
}

impl Sight {
    /// MONITOR with an honest limit.
    pub fn monitor(limit: usize) -> Self {
        Self::Monitor {
            told: limit,
            taken: limit,
        }
    }
}

/// ISUPPORT CASEMAPPING.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    Ascii,
    Rfc1459,
}

impl Mapping {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Rfc1459 => "rfc1459",
        }
    }

    /// RFC 1459, section 2.2: "the characters {}| are considered to be the lower case equivalents of the characters
    /// []\, respectively"; and ^ of ~, as servers do it.
    pub(super) fn lower(self, nick: &str) -> String {
        let lower = nick.to_ascii_lowercase();
        match self {
            Self::Ascii => lower,
            Self::Rfc1459 => lower
                .replace('[', "{")
                .replace(']', "}")
                .replace('\\', "|")
                .replace('~', "^"),
        }
    }
}

/// What CAP LS is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caps {
    /// `server-time` among others.
    ServerTime,
    /// `multi-prefix` alone.
    Few,
    /// Nothing at all: the server greets as if it had not been there.
    Silent,
}

/// Who stays when a healed split brings two of one nick together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collision {
    BothKilled,
    YoungerKilled,
}

/// What becomes of a channel whose two halves meet again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The modes and operators of the older one stand alone.
    OlderWins,
    /// Those of both.
    Both,
}

/// What becomes of too many lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Ten lines at once, then one a second; killed when more than 4,096 bytes wait, or come at once.
    Inspircd,
    /// Four lines at once, then 2.5 a second; the rest waits as long as it takes.
    Ngircd,
    /// Five lines at once, then one a second; killed when more than 2,560 bytes wait.
    Hybrid,
    /// Stricter than any that was measured: five lines at once, then one a second; killed when one more comes.
    Strict,
    /// Takes all.
    Endless,
}

/// What a server does with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Now,
    /// In so many ms.
    Later(u64),
    Kill(&'static str),
}

/// How much a client has written lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    lines: f64,
    at: u64,
    /// Bytes that came in this very moment.
    moment: usize,
    /// Lines that wait: until when, and their bytes.
    waiting: VecDeque<(u64, usize)>,
}

impl Meter {
    /// Takes one more line.
    pub(super) fn line(&mut self, patience: Patience, now: u64, bytes: usize) -> Verdict {
        let (burst, rate) = match patience {
            Patience::Inspircd => (10.0, 1.0),
            Patience::Ngircd => (4.0, 2.5),
            Patience::Hybrid | Patience::Strict => (5.0, 1.0),
            Patience::Endless => return Verdict::Now,
        };
        self.moment = if self.at == now {
            self.moment + bytes
        } else {
            bytes
        };
        let passed = now.saturating_sub(self.at) as f64 / 1000.0;
        self.lines = (self.lines - passed * rate).max(0.0) + 1.0;
        self.at = now;
        self.waiting.retain(|(until, _)| *until > now);
        let wait = ((self.lines - burst).max(0.0) / rate * 1000.0) as u64;
        if wait > 0 {
            self.waiting.push_back((now + wait, bytes));
        }
        match self.too_much(patience) {
            Some(why) => Verdict::Kill(why),
            None if wait > 0 => Verdict::Later(wait),
            None => Verdict::Now,
        }
    }

    fn too_much(&self, patience: Patience) -> Option<&'static str> {
        let waiting: usize = self.waiting.iter().map(|(_, bytes)| bytes).sum();
        match patience {
            Patience::Inspircd if waiting.max(self.moment) > 4096 => Some("RecvQ exceeded"),
            Patience::Hybrid if waiting > 2560 => Some("Excess Flood"),
            Patience::Strict if waiting > 0 => Some("Excess Flood"),
            _ => None,
        }
    }
}
