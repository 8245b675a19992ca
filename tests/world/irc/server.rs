//! What a server does with a client's line.

use iim::edge::irc::Line;
use jiff::Timestamp;
use rand::RngExt as _;

use super::network::Conn;
use super::traits::{Caps, LongNick, Patience, Sight, Verdict};
use super::{Event, Irc, Seen, Why};

impl Irc {
    /// A line of a client's has arrived.
    pub(super) fn arrive(&mut self, conn: usize, line: String) {
        let Conn { net, open, cut, .. } = self.conns[conn];
        if !open || cut {
            return;
        }
        let traits = &self.networks[net].traits;
        if traits.patience == Patience::Ngircd && line.len() + 2 > traits.linelen {
            return self.kill(conn, Why::Flood, "Request too long");
        }
        let (patience, registered) = (traits.patience, self.conns[conn].is_registered());
        let meter = &mut self.conns[conn].user.meter;
        match meter.line(patience, self.now, line.len() + 2) {
            Verdict::Kill(why) if registered => self.kill(conn, Why::Flood, why),
            Verdict::Later(wait) if registered => {
                self.at(self.now + wait, Event::Late { conn, line });
            }
            _ => self.obey_line(conn, &line),
        }
    }

    /// Does what a line says.
    pub(super) fn obey_line(&mut self, conn: usize, line: &str) {
        let room = self.networks[self.conns[conn].net].traits.linelen - 2;
        let bytes = &line.as_bytes()[..line.len().min(room)];
        let Some(line) = Line::parse(&String::from_utf8_lossy(bytes)) else {
            return;
        };
        if !self.conns[conn].open {
            return;
        }
        match line.command.as_str() {
            "PING" => {
                let (server, token) = (self.server_name(conn), line.param(0));
                self.say(conn, &format!(":{server} PONG {server} :{token}"));
            }
            "PONG" => {
                self.conns[conn].user.cookie = false;
                self.admit(conn);
            }
            "QUIT" => {
                self.say(conn, "ERROR :Closing Link: (Quit)");
                self.close(conn);
            }
            "CAP" => self.cap(conn, line.param(0), line.param(1)),
            _ if self.conns[conn].is_registered() => self.registered_says(conn, &line),
            "NICK" => self.nick(conn, line.param(0)),
            "USER" => {
                self.conns[conn].user.ident = Some(line.param(0).chars().take(9).collect());
                self.admit(conn);
            }
            "PASS" => {}
            _ => self.numeric(conn, 451, ":You have not registered"),
        }
    }

    fn registered_says(&mut self, conn: usize, line: &Line) {
        match line.command.as_str() {
            "PRIVMSG" if line.param(0).starts_with('#') => {
                self.note(conn, line.param(0), line.param(1));
                self.say_in_channel(conn, line.param(0), line.param(1));
            }
            "PRIVMSG" => self.privmsg(conn, line.param(0), line.param(1)),
            "ISON" => self.ison(conn, &line.params.join(" ")),
            "MONITOR" if self.networks[self.conns[conn].net].traits.sight != Sight::IsonOnly => {
                self.monitor(conn, line.param(0), line.param(1));
            }
            "TIME" => {
                let (server, words) = (self.server_name(conn), self.time_in_words(conn));
                self.numeric(conn, 391, &format!("{server} :{words}"));
            }
            "MODE" if line.param(0).starts_with('#') => self.channel_mode(conn, line),
            "JOIN" => self.join(conn, line.param(0), line.param(1)),
            "PART" => self.part(conn, line.param(0)),
            "NAMES" => self.names(conn, line.param(0)),
            "MODE" => {
                let nick = line.param(0);
                self.say(conn, &format!(":{nick} MODE {nick} :{}", line.param(1)));
            }
            "USER" | "PASS" => self.numeric(conn, 462, ":You may not reregister"),
            "NICK" => self.rename(conn, line.param(0)),
            other => self.numeric(conn, 421, &format!("{other} :Unknown command")),
        }
    }

    pub(super) fn server_clock(&self, conn: usize) -> Timestamp {
        let off = self.networks[self.conns[conn].net].traits.clock_off;
        let ms = i64::try_from(self.now).unwrap() + off * 1000;
        Timestamp::from_millisecond(ms).unwrap()
    }

    /// As each kind of server says it.
    fn time_in_words(&self, conn: usize) -> String {
        let form = match self.networks[self.conns[conn].net].traits.patience {
            Patience::Inspircd => "%a %b %d %Y %H:%M:%S",
            Patience::Ngircd => "%A %B %d %Y -- %H:%M UTC",
            Patience::Hybrid | Patience::Strict | Patience::Endless => {
                "%A %B %d %Y -- %H:%M:%S +0000"
            }
        };
        self.server_clock(conn).strftime(form).to_string()
    }

    fn cap(&mut self, conn: usize, what: &str, which: &str) {
        let caps = self.networks[self.conns[conn].net].traits.caps;
        if caps == Caps::Silent {
            return;
        }
        let offered: &[&str] = match caps {
            Caps::ServerTime => &["multi-prefix", "server-time"],
            Caps::Few | Caps::Silent => &["multi-prefix"],
        };
        let server = self.server_name(conn);
        let registered = self.conns[conn].is_registered();
        let user = &mut self.conns[conn].user;
        match what.to_ascii_uppercase().as_str() {
            "LS" => {
                user.negotiating = !registered;
                self.say(conn, &format!(":{server} CAP * LS :{}", offered.join(" ")));
            }
            "REQ" => {
                let known = which.split(' ').all(|cap| offered.contains(&cap));
                user.tags |= known && which.contains("server-time");
                let answer = if known { "ACK" } else { "NAK" };
                self.say(conn, &format!(":{server} CAP * {answer} :{which}"));
            }
            "END" => {
                user.negotiating = false;
                self.admit(conn);
            }
            _ => {}
        }
    }

    /// A nick as this server takes it, or the numeric that says why not.
    fn taken(&self, conn: usize, nick: &str) -> Result<String, u16> {
        let Conn { net, server, .. } = self.conns[conn];
        let network = &self.networks[net];
        let traits = &network.traits;
        let fits = nick.len() <= traits.nicklen || traits.long_nick == LongNick::Cut;
        let word = |c: char| c.is_ascii_alphanumeric() || "[]\\`_^{|}-".contains(c);
        let begins = |c: char| !c.is_ascii_digit() && c != '-';
        if !(fits && nick.starts_with(begins) && nick.chars().all(word)) {
            return Err(432);
        }
        let nick = &nick[..nick.len().min(traits.nicklen)];
        let lower = traits.mapping.lower(nick);
        if network
            .held
            .get(&lower)
            .is_some_and(|until| *until > self.now)
        {
            return Err(437);
        }
        let holder = self.visible(net, server, nick);
        match holder.filter(|holder| *holder != conn) {
            Some(_) => Err(433),
            None => Ok(nick.to_owned()),
        }
    }

    fn nick_refused(&mut self, conn: usize, nick: &str, numeric: u16) {
        let words = match numeric {
            432 => "Erroneous Nickname",
            433 => "Nickname is already in use.",
            _ => "Nick/channel is temporarily unavailable",
        };
        self.numeric(conn, numeric, &format!("{nick} :{words}"));
    }

    fn nick(&mut self, conn: usize, nick: &str) {
        match self.taken(conn, nick) {
            Ok(nick) => {
                self.conns[conn].user.nick = Some(nick);
                self.admit(conn);
            }
            Err(numeric) => self.nick_refused(conn, nick, numeric),
        }
    }

    /// A registered client's nick is another one from now on, by itself or by force.
    pub(super) fn rename(&mut self, conn: usize, nick: &str) {
        match self.taken(conn, nick) {
            Ok(nick) => {
                let mask = self.conns[conn].mask();
                let text = format!(":{mask} NICK :{nick}");
                self.say(conn, &text);
                self.tell_companions(conn, &text);
                self.conns[conn].user.nick = Some(nick);
                self.named(conn);
            }
            Err(numeric) => self.nick_refused(conn, nick, numeric),
        }
    }

    /// Lets a client in that has said all it must.
    fn admit(&mut self, conn: usize) {
        let traits = self.networks[self.conns[conn].net].traits.clone();
        let user = &mut self.conns[conn].user;
        let Some(nick) = user.nick.clone().filter(|_| user.ident.is_some()) else {
            return;
        };
        if user.since.is_some() || user.negotiating {
            return;
        }
        if traits.cookie && !user.asked {
            user.asked = true;
            user.cookie = true;
            return self.say(conn, "PING :3d5c7a19");
        }
        if user.cookie {
            return;
        }
        match self.taken(conn, &nick) {
            Ok(_) => self.greet(conn),
            Err(numeric) => self.nick_refused(conn, &nick, numeric),
        }
    }

    fn greet(&mut self, conn: usize) {
        let network = &self.networks[self.conns[conn].net];
        let (name, traits) = (network.name.clone(), network.traits.clone());
        let (server, mask) = (self.server_name(conn), self.conns[conn].mask());
        self.numeric(conn, 1, &format!(":Welcome to the {name} network, {mask}"));
        self.numeric(conn, 2, &format!(":Your host is {server}"));
        self.numeric(conn, 3, ":This server has been started long ago");
        self.numeric(conn, 4, &format!("{server} sim-1 iow biklmnopstv"));
        let mut tokens = format!(
            "NETWORK={name} CASEMAPPING={} NICKLEN={} CHANTYPES=#",
            traits.mapping.name(),
            traits.nicklen
        );
        if let Sight::Monitor { told, .. } = traits.sight {
            tokens += &format!(" MONITOR={told}");
        }
        if traits.linelen > 512 {
            tokens += &format!(" LINELEN={}", traits.linelen);
        }
        self.numeric(conn, 5, &format!("{tokens} :are supported by this server"));
        self.enter_network(conn);
        if traits.motd {
            self.numeric(conn, 375, &format!(":- {server} Message of the day - "));
            self.numeric(conn, 372, ":- Be kind.");
            self.numeric(conn, 376, ":End of MOTD command");
        } else {
            self.numeric(conn, 422, ":MOTD file is missing");
        }
    }

    fn ison(&mut self, conn: usize, nicks: &str) {
        let Conn { net, server, .. } = self.conns[conn];
        let words = nicks.split(' ').filter(|nick| !nick.is_empty());
        let there: Vec<&str> = words
            .filter_map(|nick| self.visible(net, server, nick))
            .filter_map(|there| self.conns[there].user.nick.as_deref())
            .collect();
        let text = format!(":{}", there.join(" "));
        self.numeric(conn, 303, &text);
    }

    pub(super) fn privmsg(&mut self, conn: usize, to: &str, text: &str) {
        let Conn { net, server, .. } = self.conns[conn];
        self.note(conn, to, text);
        let Some(there) = self.visible(net, server, to) else {
            return self.numeric(conn, 401, &format!("{to} :No such nick"));
        };
        let line = format!(":{} PRIVMSG {to} :{text}", self.conns[conn].mask());
        self.deliver(server, there, &line);
    }

    /// A line goes to somebody, if the net will.
    pub(super) fn deliver(&mut self, server: usize, there: usize, line: &str) {
        let odds = self.networks[self.conns[there].net].odds;
        if self.rng.random_bool(odds.lost) {
            return;
        }
        let copies = 1 + u32::from(self.rng.random_bool(odds.doubled));
        for copy in 0..copies {
            let late = copy > 0 || self.rng.random_bool(odds.late);
            let wait = if late {
                self.rng.random_range(0..20_000)
            } else {
                0
            };
            self.hop(server, there, wait, line);
        }
    }

    /// What the servers' operators see.
    pub(super) fn note(&mut self, conn: usize, to: &str, text: &str) {
        let from_nick = self.conns[conn].user.nick.clone().unwrap_or_default();
        let person = self.conns[conn].link.map(|link| self.links[link].person);
        let log = &mut self.networks[self.conns[conn].net].log;
        if log.len() >= 2 * self.log_limit.max(1) {
            log.drain(..log.len() - self.log_limit);
        }
        log.push(Seen {
            at_ms: self.now,
            from_nick,
            person,
            to: to.to_owned(),
            text: text.to_owned(),
        });
    }

    /// A line goes to a client, perhaps of another server.
    pub(super) fn hop(&mut self, from: usize, conn: usize, wait: u64, text: &str) {
        let far = u64::from(self.conns[conn].server != from);
        let wait = wait + far * HOP;
        if wait == 0 {
            return self.say(conn, text);
        }
        let text = text.to_owned();
        self.at(self.now + wait, Event::Relay { from, conn, text });
    }

    /// It has come to the client's server, unless a split came first.
    pub(super) fn relay(&mut self, from: usize, conn: usize, text: &str) {
        let Conn {
            net, server, open, ..
        } = self.conns[conn];
        if open && self.networks[net].are_linked(from, server) {
            self.say(conn, text);
        }
    }
}

/// ms from one server to another.
const HOP: u64 = 30;
