//! What one line of one client means: the one place where commands are told apart.

use std::collections::BTreeMap;

use super::caps::Cap;
use super::client::{Client, Stage};
use super::host::Host;
use super::register::{registration, sasl};
use super::state::Shared;
use super::{SERVER, numeric as n};
use crate::edge::listener::event::{BadLine, ConnId};
use crate::protocol::irc_line::{LONGEST_BODY, LONGEST_TAGS, Line, Reply, lengths};

/// A client, its line, and all that the answer may touch.
pub(super) struct Talk<'a> {
    /// The client's connection.
    pub(super) conn: ConnId,
    /// Who speaks.
    pub(super) client: &'a mut Client,
    /// All other clients.
    pub(super) others: &'a mut BTreeMap<ConnId, Client>,
    /// What they share.
    pub(super) shared: &'a mut Shared,
    /// Whoever runs the gateway.
    pub(super) host: &'a mut dyn Host,
    /// What the answer is to be labelled with.
    pub(super) label: Option<String>,
}

impl Talk<'_> {
    /// Answers a line.
    pub(super) fn hear(&mut self, line: Result<&str, BadLine>) {
        if self.client.is_closing() {
            return;
        }
        self.client.heard = self.host.now_ms();
        self.client.pinged = false;
        self.client.doubted = None;
        self.client.begin_answer();
        match line {
            Ok(text) => self.read(text),
            Err(BadLine::TooLong) => self.too_long(),
            Err(BadLine::NotUtf8(text)) => self.not_utf8(&text),
        }
        let label = self.label.take();
        self.client.end_answer(label.as_deref());
    }

    fn read(&mut self, text: &str) {
        let (tags, body) = lengths(text);
        if tags > LONGEST_TAGS || body > LONGEST_BODY {
            return self.too_long();
        }
        let Some(line) = Line::parse(text) else {
            return;
        };
        self.label = label(&line);
        if self.client.stage == Stage::Registered {
            self.route(&line);
        } else {
            self.route_before(&line);
        }
    }

    /// Modern, "ERR_INPUTTOOLONG (417)".
    fn too_long(&mut self) {
        self.numeric(n::INPUT_TOO_LONG, &[], "Input line was too long");
    }

    /// IRCv3 `UTF8ONLY`: the message is refused, the connection stays.
    fn not_utf8(&mut self, text: &str) {
        let line = Line::parse(text).unwrap_or_default();
        self.label = label(&line);
        let command = match line.command.is_ascii() && !line.command.is_empty() {
            true => line.command,
            false => "*".to_owned(),
        };
        let words = [command.as_str(), "INVALID_UTF8"];
        self.fail(&words, "Message rejected, it is not UTF-8");
    }

    /// Before the client is registered.
    fn route_before(&mut self, line: &Line) {
        match line.command.as_str() {
            "CAP" => self.cap(line),
            "PASS" => self.pass(line),
            "NICK" => self.nick(line),
            "USER" => self.user(line),
            "AUTHENTICATE" => sasl::authenticate(self, line),
            "PING" => self.ping(line),
            "PONG" | "ERROR" => {}
            "QUIT" => self.quit(line),
            "AWAY" if self.client.has(Cap::PreAway) => self.away_before(line),
            _ => self.numeric(n::NOT_REGISTERED, &[], "You have not registered"),
        }
        registration::complete(self);
    }

    /// Once it is registered: what is said and what is changed here, what is asked in [`Talk::route_questions`].
    fn route(&mut self, line: &Line) {
        let command = line.command.as_str();
        if line.params.len() < least(command) {
            return self.numeric(n::NEED_MORE_PARAMS, &[command], "Not enough parameters");
        }
        if self.client.batch.is_some() && !self.belongs_to_batch(line) {
            return;
        }
        match command {
            "PRIVMSG" => self.privmsg(line),
            "NOTICE" => self.notice(line),
            "TAGMSG" => self.tagmsg(line),
            "BATCH" => self.batch(line),
            "REDACT" => self.redact(line),
            "EDIT" => self.edit(line),
            "PING" => self.ping(line),
            "PONG" | "ERROR" => {}
            "CAP" => self.cap(line),
            "NICK" => self.nick(line),
            "SETNAME" => self.set_name(line),
            "AWAY" => self.away(line),
            "JOIN" => self.join(line),
            "PART" => self.part(line),
            "TOPIC" => self.topic(line),
            "MODE" => self.mode(line),
            "INVITE" => self.invite(line),
            "KICK" => self.kick(line),
            "MONITOR" => self.monitor(line),
            "WATCH" => self.watch(line),
            "MARKREAD" => self.mark_read(line),
            "AUTHENTICATE" => sasl::authenticate(self, line),
            "PASS" | "USER" => self.numeric(n::ALREADY_REGISTERED, &[], "You may not reregister"),
            "QUIT" => self.quit(line),
            _ => self.route_questions(line),
        }
    }

    /// What only asks.
    fn route_questions(&mut self, line: &Line) {
        let command = line.command.as_str();
        match command {
            "CHATHISTORY" => self.chathistory(line),
            "NAMES" => self.names(line),
            "LIST" => self.list(line),
            "WHO" => self.who(line),
            "WHOIS" => self.whois(line),
            "WHOWAS" => self.whowas(line),
            "ISON" => self.ison(line),
            "USERHOST" => self.userhost(line),
            "MOTD" => self.motd(line),
            "LUSERS" => self.lusers(line),
            "VERSION" => self.version(line),
            "ADMIN" => self.admin(line),
            "TIME" => self.time(line),
            "INFO" => self.info(line),
            "LINKS" => self.links(),
            "STATS" => self.stats(line),
            "HELP" | "HELPOP" => self.help(line),
            "OPER" => self.numeric(n::NO_OPER_HOST, &[], "Nobody is operator here"),
            "KILL" | "REHASH" | "RESTART" | "DIE" | "SQUIT" | "CONNECT" | "WALLOPS" => {
                self.numeric(n::NO_PRIVILEGES, &[], "Permission denied");
            }
            _ => self.numeric(n::UNKNOWN_COMMAND, &[command], "Unknown command"),
        }
    }

    /// RFC 2812, section 3.7.2.
    fn ping(&mut self, line: &Line) {
        match line.params.first() {
            None => self.numeric(n::NEED_MORE_PARAMS, &["PING"], "Not enough parameters"),
            Some(token) if token.is_empty() => {
                self.numeric(n::NO_ORIGIN, &[], "No origin specified");
            }
            Some(token) => {
                let pong = Reply::new(SERVER, &["PONG", SERVER], Some(token));
                self.client.send(pong);
            }
        }
    }

    /// RFC 2812, section 3.1.7: the server acknowledges this by an ERROR.
    fn quit(&mut self, line: &Line) {
        let reason = match line.given(0) {
            Some(reason) => format!("Quit: {reason}"),
            None => "Quit".to_owned(),
        };
        self.client.close(&reason);
    }

    /// Answers with a numeric.
    pub(super) fn numeric(&mut self, numeric: n::Numeric, params: &[&str], text: &str) {
        self.client.numeric(numeric, params, Some(text));
    }

    /// Refuses by a standard reply.
    pub(super) fn fail(&mut self, words: &[&str], text: &str) {
        self.client.standard("FAIL", words, text);
    }
}

/// What the answer is to be labelled with: the tag "has a required value" (IRCv3 `labeled-response`).
fn label(line: &Line) -> Option<String> {
    let label = line.tag("label").filter(|label| !label.is_empty());
    label.map(ToOwned::to_owned)
}

/// How many parameters a command cannot do without (RFC 2812, "ERR_NEEDMOREPARAMS").
fn least(command: &str) -> usize {
    match command {
        "JOIN" | "PART" | "TOPIC" | "MODE" | "USERHOST" | "ISON" | "MONITOR" | "SETNAME"
        | "PASS" | "AUTHENTICATE" | "STATS" | "BATCH" => 1,
        "INVITE" | "KICK" | "OPER" | "KILL" | "REDACT" => 2,
        _ => 0,
    }
}
