//! One connection, from the first line to the last: lines in, bytes and events out. No I/O; clocks and rng passed in.
//!
//! ```text
//! Registering ──001: MODE +i──> Greeting ──376, 422, 10 s: Registered──> Settled
//!      └────────────────── refusal, ERROR, silence, another nick ──────────┴──> End
//! ```

mod channels;
mod writing;

use std::collections::VecDeque;
use std::time::Duration;

use super::channels::{Channels, is_about_channel, is_channel};
use super::end::{End, end_of_error, end_of_kill};
use super::flood::Bucket;
use super::in_flight::InFlight;
use super::isupport::Isupport;
use super::keepalive::{Keepalive, Verdict};
use super::line::{self, LINELEN, Line, LineError};
use super::registration::{Persona, Registration, Step};
use super::send_queue::{Refusal, SendQueue};
use super::watch::Watch;
use super::write_buffer::WriteBuffer;
use super::{LinkEvent, NetworkSettings, Now, Registered, WatchChange, server_time};
use crate::protocol::irc_line::clean;
use crate::protocol::time::Seconds;
use crate::rules::queue::irc::Ended;

/// A connection's state. Its driver, in turns: gives it lines ([`Session::hear`]) and orders, lets the time pass
/// ([`Session::tick`], at the latest when [`Session::due`] says), takes the events, looks whether it [has
/// ended](Session::ended), and writes what is [to be written](Session::out). At last [`Session::close`].
#[derive(Debug)]
pub struct Session {
    server: String,
    /// Our nick, as the server last called us.
    me: String,
    phase: Phase,
    isupport: Isupport,
    network_doubted: bool,
    server_time: Option<Seconds>,
    bucket: Bucket,
    in_flight: InFlight,
    watch: Watch,
    channels: Channels,
    /// Lines of our own making that wait for a token, some two together for as many.
    control: VecDeque<String>,
    /// The last line was no text: the next one may be.
    text_next: bool,
    queue: SendQueue,
    room_told: bool,
    out: WriteBuffer,
    events: Vec<LinkEvent>,
    keepalive: Keepalive,
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
    /// Begins a registration under this nick, on a connection that was just made; every `poll` it asks for the nicks that
    /// the server does not watch. It fails if the nick or the password cannot stand in a line.
    pub fn begin(
        settings: &NetworkSettings,
        poll: Duration,
        server: String,
        nick: &str,
        persona: &Persona,
        token: String,
        now: Now,
    ) -> Result<Self, LineError> {
        let (registration, lines) = Registration::begin(settings, nick, persona, now.steady)?;
        let mut session = Self {
            bucket: Bucket::new(settings.flood, now.steady),
            in_flight: InFlight::default(),
            watch: Watch::new(poll),
            channels: Channels::default(),
            server,
            me: nick.to_owned(),
            phase: Phase::Registering(registration),
            isupport: Isupport::default(),
            network_doubted: false,
            server_time: None,
            control: VecDeque::new(),
            text_next: true,
            queue: SendQueue::default(),
            room_told: false,
            out: WriteBuffer::default(),
            events: Vec::new(),
            keepalive: Keepalive::begin(now),
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
        self.keepalive.heard(now);
        let time = line.tag("time").and_then(server_time::of_tag);
        self.server_time = time.or(self.server_time);
        if line.command == "PING" {
            self.pong(line);
        } else if line.command == "ERROR" {
            let settled_for = (!self.is_registering()).then(|| self.settled_for(now));
            self.end(end_of_error(line.words(), &self.me, settled_for));
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
            "JOIN" | "PART" | "KICK" | "QUIT" => self.hear_of_channels(line),
            "PONG" => self.in_flight.pong(),
            "KILL" if line.param(0).eq_ignore_ascii_case(&self.me) => {
                self.end(end_of_kill(line.words(), &self.me));
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
                self.events.extend(at.map(LinkEvent::ServerTime));
            }
            353 | 366 => self.hear_of_channels(line),
            numeric @ 400..=599 if is_about_channel(line) => {
                self.channel_refuses(line.param(1), numeric, now)
            }
            numeric @ (401 | 404 | 407 | 408 | 415 | 439 | 477 | 486 | 489 | 492 | 494 | 531
            | 707 | 716) => self.refused(line.param(1), numeric, now),
            _ => {
                let changes = self.watch.hear(line);
                self.events.extend(changes);
            }
        }
    }

    /// Only what a person wrote to our nick; CTCP begins with 0x01.
    fn message(&mut self, line: &Line) {
        let (to, text) = (line.param(0), line.param(1));
        self.events.extend(self.channels.heard(line));
        if let Some(from) = line.nick()
            && to.eq_ignore_ascii_case(&self.me)
            && !text.starts_with('\u{1}')
        {
            self.events.extend(self.watch.seen(&from, true));
            self.events.push(LinkEvent::Message {
                from,
                text: text.to_owned(),
            });
        }
    }

    fn renamed(&mut self, line: &Line) {
        let nick = line.nick();
        let ours = nick.is_some_and(|nick| nick.eq_ignore_ascii_case(&self.me));
        let now_is = line.param(0);
        if now_is.is_empty() {
            return;
        }
        if !ours {
            self.hear_of_channels(line);
        } else if now_is.eq_ignore_ascii_case(&self.me) {
            now_is.clone_into(&mut self.me);
        } else {
            self.end(End::new(Ended::Renamed, clean(now_is)));
        }
    }

    fn refused(&mut self, nick: &str, numeric: u16, now: Duration) {
        if numeric == NO_SUCH_NICK {
            self.events.extend(self.watch.seen(nick, false));
        }
        match self.queue.refused(nick, now) {
            Refusal::First(ticket) => self.events.push(LinkEvent::Undeliverable {
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
            Step::Failed(end) => self.end(end),
        }
    }

    fn welcome(&mut self, nick: String, now: Duration) {
        if !nick.eq_ignore_ascii_case(&self.me) {
            self.end(End::new(Ended::Renamed, clean(&nick)));
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
            self.lost("the server's greeting makes no sense");
        }
    }

    /// The greeting is over.
    fn settle(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Greeting { .. }) {
            return;
        }
        self.phase = Phase::Settled { since: now };
        self.watch.offered(self.isupport.monitor);
        let registered = Registered {
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
        };
        self.events.push(LinkEvent::Registered(registered));
        match self.server_time {
            Some(at) => self.events.push(LinkEvent::ServerTime(at)),
            None => self.control.push_back("TIME\r\n".to_owned()),
        }
    }

    /// Takes an order to send; what cannot be sent is told.
    pub fn send(&mut self, ticket: u64, to: &str, texts: &[String]) {
        self.room_told = false;
        let settled = matches!(self.phase, Phase::Settled { .. });
        let settled = settled && (!is_channel(to) || self.channels.is_in(to));
        let linelen = self.linelen();
        if !settled || !self.queue.push(ticket, to, texts, linelen) {
            self.events.push(LinkEvent::not_sent(ticket, to.to_owned()));
        }
    }

    /// Watches other nicks than before.
    pub fn watch(&mut self, change: &WatchChange) {
        self.watch.change(change);
    }

    /// Does what the time brings: pings, timeouts, lines that a token has come for.
    pub fn tick(&mut self, now: Now) {
        let (registering, asked) = (self.is_registering(), self.in_flight.asked());
        let verdict = self.keepalive.look(registering, asked, now);
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
            Verdict::Lost(why) => self.lost(why),
        }
        if matches!(self.phase, Phase::Settled { .. }) {
            self.write_due(now);
        }
    }

    fn is_registering(&self) -> bool {
        matches!(self.phase, Phase::Registering(_))
    }

    /// Nobody listens to the server because our own side is slow; that is no silence of the server's.
    pub fn deaf(&mut self, now: Duration) {
        self.keepalive.heard(now);
        self.in_flight.deaf(now);
    }

    /// When [`Session::tick`] has something to do, at the latest in ten seconds: the user's clock must be looked at.
    pub fn due(&self, now: Duration) -> Duration {
        let asked = self.in_flight.asked();
        let keepalive = self.keepalive.due(self.is_registering(), asked);
        let own = match &self.phase {
            Phase::Registering(registration) => registration.due(),
            Phase::Greeting { until } => *until,
            Phase::Settled { .. } => self.line_due().unwrap_or(Duration::MAX),
        };
        let soonest = now.saturating_add(Duration::from_millis(10));
        keepalive
            .min(own)
            .max(soonest)
            .min(now.saturating_add(LOOK))
    }

    /// What there is to tell since the last call.
    pub fn events(&mut self) -> Vec<LinkEvent> {
        std::mem::take(&mut self.events)
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

    /// The last events of a connection that is given up: what did not leave.
    pub fn close(mut self) -> Vec<LinkEvent> {
        let marked = self.out.unwritten().into_iter();
        let marked: Vec<(u64, String)> = marked
            .map(|ticket| (ticket, self.queue.nick_of(ticket).unwrap_or_default()))
            .collect();
        let lost = marked.into_iter().chain(self.queue.unwritten());
        self.events
            .extend(lost.map(|(ticket, nick)| LinkEvent::not_sent(ticket, nick)));
        self.events
    }

    fn lost(&mut self, why: &str) {
        self.end(End::new(Ended::Lost, why));
    }

    fn end(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    fn linelen(&self) -> usize {
        self.isupport.linelen.unwrap_or(LINELEN)
    }
}

/// Bytes of `!user@host` at most: user names of up to ten with a `~`, host names of 63 (RFC 2812, section 2.3.1).
const USER_AND_HOST: usize = 1 + 11 + 1 + 63;
/// How long the greeting may take after 001.
const GREETING: Duration = Duration::from_secs(10);
/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(10);
/// ERR_NOSUCHNICK (RFC 2812, section 5.2).
const NO_SUCH_NICK: u16 = 401;

#[cfg(test)]
mod tests;
