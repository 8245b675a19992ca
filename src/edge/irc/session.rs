//! One connection, from the first line to the last: lines in, bytes and news out. No I/O; clocks and rng passed in.
//!
//! ```text
//! Registering ──001: MODE +i──> Greeting ──376, 422, 10 s: Registered──> Settled
//!      └────────────────── refusal, ERROR, silence, another nick ──────────┴──> End
//! ```

mod writing;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::end::{End, end_of_error, end_of_kill};
use super::flood::Bucket;
use super::in_flight::Unread;
use super::isupport::Isupport;
use super::keepalive::{Life, Verdict};
use super::line::{Line, LineError, clean};
use super::now::Now;
use super::registration::{Failure, Persona, Registration, Step};
use super::send_queue::{Letters, Refusal};
use super::watch::{Change, Watch};
use super::write_buffer::Out;
use super::{NOT_SENT, NetworkSettings, News, WatchChange, line, server_time};

/// A connection's state. Its driver, in turns: gives it lines ([`Session::hear`]) and orders, lets the time pass
/// ([`Session::tick`], at the latest when [`Session::due`] says), takes the news, looks whether it [has
/// ended](Session::ended), and writes what is [to be written](Session::out). At last [`Session::close`].
#[derive(Debug)]
pub struct Session {
    settings: Arc<NetworkSettings>,
    server: String,
    /// Our nick, as the server last called us.
    me: String,
    phase: Phase,
    isupport: Isupport,
    network_doubted: bool,
    server_time: Option<u64>,
    bucket: Bucket,
    unread: Unread,
    watch: Watch,
    /// Lines of our own making that wait for a token.
    control: VecDeque<String>,
    /// The last line was no text: the next one may be.
    text_next: bool,
    letters: Letters,
    room_told: bool,
    out: Out,
    news: Vec<News>,
    life: Life,
    /// Anything that's sent to the server as a ping, the same for the whole connection.
    token: String,
    end: Option<End>,
}

#[derive(Debug)]
enum Phase {
    Registering(Registration),
    Greeting { until: Duration },
    Settled { since: Duration },
}

impl Session {
    /// Begins a registration under this nick, on a connection that was just made.
    /// Errors: If the nick or the password cannot stand in a line.
    pub fn begin(
        settings: Arc<NetworkSettings>,
        server: String,
        nick: &str,
        persona: &Persona,
        token: String,
        now: Now,
    ) -> Result<Self, LineError> {
        let (registration, lines) = Registration::begin(&settings, nick, persona, now.steady)?;
        let life = Life::begin(&settings, now);
        let mut session = Self {
            bucket: Bucket::new(settings.flood, now.steady),
            unread: Unread::default(),
            watch: Watch::new(settings.poll),
            settings,
            server,
            me: nick.to_owned(),
            phase: Phase::Registering(registration),
            isupport: Isupport::default(),
            network_doubted: false,
            server_time: None,
            control: VecDeque::new(),
            text_next: true,
            letters: Letters::default(),
            room_told: false,
            out: Out::default(),
            news: Vec::new(),
            life,
            token,
            end: None,
        };
        session.write_at_once(&lines, now.steady);
        Ok(session)
    }

    /// The server has not proved its name: what it calls its network counts for nothing.
    pub fn doubt_network(&mut self) {
        self.network_doubted = true;
    }

    /// Takes a line of the server's.
    pub fn hear(&mut self, line: &Line, now: Duration) {
        self.life.heard(now);
        self.server_time = line.time.or(self.server_time);
        if line.command == "PING" {
            self.pong(line);
        } else if let Phase::Registering(registration) = &mut self.phase {
            let step = registration.hear(line);
            self.step(step, now);
        } else {
            self.registered_hears(line, now);
        }
    }

    /// The one answer that anything from outside can cause.
    fn pong(&mut self, line: &Line) {
        let token = line.params.last().map_or("", String::as_str);
        // A token that does not fit a line cannot be a server's.
        if let Ok(pong) = line::write(&["PONG"], Some(token), self.linelen()) {
            self.out.push(&pong);
        }
    }

    fn registered_hears(&mut self, line: &Line, now: Duration) {
        match line.command.as_str() {
            "PRIVMSG" => self.message(line),
            "NICK" => self.renamed(line),
            "PONG" => self.unread.pong(),
            "KILL" if line.param(0).eq_ignore_ascii_case(&self.me) => {
                self.end(end_of_kill(line.words(), &self.me));
            }
            "ERROR" => {
                let end = end_of_error(line.words(), &self.me, Some(self.settled_for(now)));
                self.end(end);
            }
            _ => self.numeric(line, now),
        }
    }

    fn numeric(&mut self, line: &Line, now: Duration) {
        match line.numeric() {
            5 => self.isupport.merge(&line.params),
            376 | 422 => self.settle(now),
            391 => {
                let at = server_time::of_reply(&line.params);
                self.news.extend(at.map(|at| News::ServerTime { at }));
            }
            numeric @ (401 | 404 | 407 | 408 | 415 | 439 | 477 | 486 | 489 | 492 | 494 | 531
            | 707 | 716) => self.refused(line.param(1), numeric, now),
            _ => {
                let changes = self.watch.hear(line);
                self.news.extend(changes.into_iter().map(seen));
            }
        }
    }

    /// Only what a person wrote to our nick; CTCP begins with 0x01.
    fn message(&mut self, line: &Line) {
        let (to, text) = (line.param(0), line.param(1));
        if let Some(from) = &line.nick
            && to.eq_ignore_ascii_case(&self.me)
            && !text.starts_with('\u{1}')
        {
            self.news.extend(self.watch.proves(from, true).map(seen));
            self.news.push(News::Message {
                from: from.clone(),
                text: text.to_owned(),
            });
        }
    }

    fn renamed(&mut self, line: &Line) {
        let ours = line
            .nick
            .as_ref()
            .is_some_and(|n| n.eq_ignore_ascii_case(&self.me));
        let now_is = line.param(0);
        if !ours || now_is.is_empty() {
            return;
        }
        if now_is.eq_ignore_ascii_case(&self.me) {
            now_is.clone_into(&mut self.me);
        } else {
            self.end(End::Renamed(clean(now_is)));
        }
    }

    fn refused(&mut self, nick: &str, numeric: u16, now: Duration) {
        if numeric == NO_SUCH_NICK {
            self.news.extend(self.watch.proves(nick, false).map(seen));
        }
        match self.letters.refused(nick, now) {
            Refusal::News(ticket) => self.news.push(News::Undeliverable {
                ticket,
                nick: nick.to_owned(),
                numeric,
            }),
            Refusal::Again => {}
        }
    }

    fn step(&mut self, step: Step, now: Duration) {
        match step {
            Step::Wait => {}
            Step::Write(lines) => self.write_at_once(&lines, now),
            Step::Welcome(nick) => self.welcome(nick, now),
            Step::Failed(Failure::NickInUse) => self.end(End::NickInUse),
            Step::Failed(Failure::NickRejected(why)) => self.end(End::NickRejected(why)),
            Step::Failed(Failure::Refused(why)) => self.end(End::Refused(why)),
            Step::Failed(Failure::Banned(why)) => self.end(End::ThrownOut(why)),
            Step::Failed(Failure::Error(why)) => self.end(end_of_error(why, &self.me, None)),
            Step::Failed(Failure::Late) => self.end(End::Lost(TOO_LONG.to_owned())),
        }
    }

    fn welcome(&mut self, nick: String, now: Duration) {
        if !nick.eq_ignore_ascii_case(&self.me) {
            self.end(End::Renamed(clean(&nick)));
            return;
        }
        self.me = nick;
        self.phase = Phase::Greeting {
            until: now.saturating_add(GREETING),
        };
        // A server that calls us something that is no word cannot be served.
        if let Ok(line) = line::write(&["MODE", &self.me, "+i"], None, self.linelen()) {
            self.write_at_once(&[line], now);
        } else {
            self.end(End::Lost("the server's greeting makes no sense".to_owned()));
        }
    }

    /// The greeting is over.
    fn settle(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Greeting { .. }) {
            return;
        }
        self.phase = Phase::Settled { since: now };
        self.watch.offered(self.isupport.monitor);
        if self.server_time.is_none() {
            self.control.push_back("TIME\r\n".to_owned());
        }
        self.news.push(News::Registered {
            nick: self.me.clone(),
            server: self.server.clone(),
            room_prefix: self.me.len().saturating_add(USER_AND_HOST),
            linelen: self.linelen(),
            network: self
                .isupport
                .network
                .clone()
                .filter(|_| !self.network_doubted),
            nicklen: self.isupport.nicklen,
            monitor: self.isupport.monitor,
            server_time: self.server_time,
        });
    }

    /// Takes an order to send; what cannot be sent is told.
    pub fn send(&mut self, ticket: u64, to: &str, texts: &[String]) {
        self.room_told = false;
        let settled = matches!(self.phase, Phase::Settled { .. });
        let linelen = self.linelen();
        if !settled || self.letters.push(ticket, to, texts, linelen).is_err() {
            self.news.push(News::Undeliverable {
                ticket: Some(ticket),
                nick: to.to_owned(),
                numeric: NOT_SENT,
            });
        }
    }

    /// Watches other nicks than before.
    pub fn watch(&mut self, change: &WatchChange) {
        self.watch.change(change);
    }

    /// Does what the time brings: pings, timeouts, lines that a token has come for.
    pub fn tick(&mut self, now: Now) {
        let verdict = self.life.look(self.is_registering(), now);
        let now = now.steady;
        if let Phase::Registering(registration) = &mut self.phase {
            let step = registration.tick(now);
            self.step(step, now);
        }
        if matches!(self.phase, Phase::Greeting { until } if now >= until) {
            self.settle(now);
        }
        match verdict {
            Verdict::Wait => {}
            Verdict::Ping => self.ping(now),
            Verdict::Lost => self.end(End::Lost("the server fell silent".to_owned())),
        }
        if self.unread.is_overdue(now, self.settings.ping_timeout) {
            self.end(End::Lost("the server does not answer".to_owned()));
        }
        if matches!(self.phase, Phase::Settled { .. }) {
            self.pump(now);
        }
    }

    fn is_registering(&self) -> bool {
        matches!(self.phase, Phase::Registering(_))
    }

    /// Nobody listens to the server because our own side is slow; that is no silence of the server's.
    pub fn deaf(&mut self, now: Duration) {
        self.life.heard(now);
        self.unread.deaf(now);
    }

    /// When [`Session::tick`] has something to do, at the latest in ten seconds: the user's clock must be looked at.
    pub fn due(&self, now: Duration) -> Duration {
        let life = self.life.due(self.is_registering());
        let own = match &self.phase {
            Phase::Registering(registration) => registration.due(),
            Phase::Greeting { until } => *until,
            Phase::Settled { .. } => self.line_due().unwrap_or(Duration::MAX),
        };
        let soonest = now.saturating_add(Duration::from_millis(10));
        life.min(own).max(soonest).min(now.saturating_add(LOOK))
    }

    /// What there is to tell since the last call.
    pub fn news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Whether and why it's over.
    pub fn ended(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// How long we have been on the network.
    pub fn settled_for(&self, now: Duration) -> Duration {
        match self.phase {
            Phase::Settled { since } => now.saturating_sub(since),
            Phase::Registering(_) | Phase::Greeting { .. } => Duration::ZERO,
        }
    }

    /// The last news of a connection that is given up: what did not leave, and that nobody is watched any more.
    pub fn close(mut self) -> Vec<News> {
        let marked = self.out.unwritten().into_iter();
        let marked: Vec<(u64, String)> = marked
            .map(|ticket| (ticket, self.letters.nick_of(ticket).unwrap_or_default()))
            .collect();
        let lost = marked.into_iter().chain(self.letters.unwritten());
        self.news
            .extend(lost.map(|(ticket, nick)| News::Undeliverable {
                ticket: Some(ticket),
                nick,
                numeric: NOT_SENT,
            }));
        if matches!(self.phase, Phase::Settled { .. }) {
            self.news.push(News::WatchReset);
        }
        self.news
    }

    fn end(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    fn linelen(&self) -> usize {
        self.isupport
            .linelen
            .unwrap_or(self.settings.linelen_default)
    }
}

fn seen(Change { nick, up }: Change) -> News {
    match up {
        true => News::Up { nick },
        false => News::Down { nick },
    }
}

/// Bytes of `!user@host` at most: user names of up to ten with a `~`, host names of 63 (RFC 2812, section 2.3.1).
const USER_AND_HOST: usize = 1 + 11 + 1 + 63;
const TOO_LONG: &str = "the server took too long to let us in";
/// How long the greeting may take after 001.
const GREETING: Duration = Duration::from_secs(10);
/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(10);
/// ERR_NOSUCHNICK (RFC 2812, section 5.2).
const NO_SUCH_NICK: u16 = 401;

#[cfg(test)]
mod tests;
