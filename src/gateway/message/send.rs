//! PRIVMSG, NOTICE and TAGMSG: what is said, and to whom (RFC 2812, section 3.3; IRCv3 message tags).

use super::service;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::Person;
use crate::gateway::context::Talk;
use crate::gateway::ctcp::Ctcp;
use crate::gateway::host::Typing;
use crate::gateway::query::whois::OFFLINE;
use crate::gateway::render::split::ACTION;
use crate::gateway::render::{backlog, text};
use crate::gateway::{CHANNEL, SERVICE, ctcp, formatting, nick, numeric as n, time};
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::letter::LetterId;
use crate::rules::conversation::Stored;

/// Whom something is said to.
#[derive(Debug, Clone)]
pub(in crate::gateway) enum Target {
    Channel,
    Service,
    /// The client itself.
    Myself,
    /// Another client of the user.
    Client,
    Friend(Box<Person>),
    Nobody,
}

impl Talk<'_> {
    /// RFC 2812, section 3.3.1.
    pub(in crate::gateway) fn privmsg(&mut self, line: &Line) {
        // A line of a batch that was refused.
        if line.tag("batch").is_some() {
            return;
        }
        let Some(targets) = line.given(0).map(ToOwned::to_owned) else {
            let text = "No recipient given (PRIVMSG)";
            return self.numeric(n::NO_RECIPIENT, &[], text);
        };
        if line.given(1).is_none() && reaction(line).is_none() {
            return self.numeric(n::NO_TEXT, &[], "No text to send");
        }
        if targets.split(',').count() > MOST_TARGETS {
            return self.numeric(n::TOO_MANY_TARGETS, &[&targets], "Too many targets");
        }
        for target in targets.split(',') {
            self.say_to(target, line);
        }
    }

    fn say_to(&mut self, name: &str, line: &Line) {
        let text = line.param(1);
        self.client.spoke = self.shared.now;
        match self.addressed(name) {
            Target::Channel => self.say_in_channel(text, line),
            Target::Service => self.say_to_service(text, line),
            Target::Myself | Target::Client => {
                let name = self.nick_of(name);
                self.pass_on("PRIVMSG", &name, Some(text), line);
                if let Some(away) = self.card(&name).and_then(|card| card.away) {
                    self.numeric(n::AWAY, &[&name], &away);
                }
            }
            Target::Friend(person) => self.say_to_friend(&person, text, line),
            Target::Nobody => self.nobody(name),
        }
    }

    /// RFC 2812, section 3.3.2: as PRIVMSG, but nothing is answered.
    pub(in crate::gateway) fn notice(&mut self, line: &Line) {
        let text = line.param(1).to_owned();
        let targets = line.param(0).to_owned();
        if text.is_empty() || line.tag("batch").is_some() {
            return;
        }
        for name in targets.split(',').take(MOST_TARGETS) {
            match self.addressed(name) {
                Target::Myself | Target::Client => {
                    let name = self.nick_of(name);
                    self.pass_on("NOTICE", &name, Some(&text), line);
                }
                // The answer to a CTCP request goes nowhere: friends get texts.
                Target::Friend(person) if !text.starts_with('\u{1}') => {
                    self.send_notice(&person, &text, line);
                }
                Target::Friend(_) | Target::Channel | Target::Service | Target::Nobody => {}
            }
        }
    }

    /// IRCv3 message tags, "The TAGMSG tag-only message".
    pub(in crate::gateway) fn tagmsg(&mut self, line: &Line) {
        if !self.client.has(Cap::MessageTags) {
            return self.numeric(n::UNKNOWN_COMMAND, &["TAGMSG"], "Unknown command");
        }
        let Some(targets) = line.given(0).map(ToOwned::to_owned) else {
            return self.numeric(n::NEED_MORE_PARAMS, &["TAGMSG"], "Not enough parameters");
        };
        for name in targets.split(',').take(MOST_TARGETS) {
            match self.addressed(name) {
                Target::Myself | Target::Client => {
                    let name = self.nick_of(name);
                    self.pass_on("TAGMSG", &name, None, line);
                }
                Target::Friend(person) => self.tag_friend(&person, line),
                Target::Channel | Target::Service => {}
                Target::Nobody => self.nobody(name),
            }
        }
    }

    fn tag_friend(&mut self, person: &Person, line: &Line) {
        if reaction(line).is_some() {
            return self.react(person, line);
        }
        let typing = match line.tag("+typing").or(line.tag("+draft/typing")) {
            Some("active") => Typing::Active,
            Some("paused") => Typing::Paused,
            Some(_) => Typing::Done,
            None => return,
        };
        self.host.typing(&person.friend.address, typing);
        if self.client.has(Cap::EchoMessage) {
            let reply = self.tagged("TAGMSG", &person.nick, None, line);
            self.client.send(reply);
        }
    }

    fn say_to_friend(&mut self, person: &Person, text: &str, line: &Line) {
        if reaction(line).is_some() {
            return self.react(person, line);
        }
        match ctcp::read(text) {
            Ctcp::Plain(text) => self.send_text(person, text, line),
            Ctcp::Action(deed) => {
                let text = format!("{}{deed}", ACTION);
                self.send_text(person, &text, line);
            }
            Ctcp::Request(command, rest) => self.answer_ctcp(command, rest),
        }
    }

    /// Stores a text and shows it to all devices.
    pub(in crate::gateway) fn send_text(&mut self, person: &Person, text: &str, line: &Line) {
        let text = formatting::without(text);
        let re = self.answered_by(line);
        match self.host.say(&person.friend.address, &text, re) {
            Ok(stored) => {
                self.hand_out(&stored, line);
                self.tell_away(person);
                self.has_read(person);
            }
            Err(reason) => self.cannot_send(&person.nick, &reason),
        }
    }

    /// As [`Talk::send_text`]; nothing answers it but a word that it has failed.
    pub(in crate::gateway) fn send_notice(&mut self, person: &Person, text: &str, line: &Line) {
        let text = formatting::without(text);
        let re = self.answered_by(line);
        match self.host.notice(&person.friend.address, &text, re) {
            Ok(stored) => self.hand_out(&stored, line),
            Err(reason) if self.client.has(Cap::StandardReplies) => {
                self.fail(&["NOTICE", "CANNOT_SEND", &person.nick], &reason);
            }
            Err(_) => {}
        }
    }

    /// Whoever writes back has read what his client has shown; a client with markers says so itself.
    fn has_read(&mut self, person: &Person) {
        let friend = &person.friend.address;
        let Some(at) = self.client.shown_up_to.remove(friend) else {
            return;
        };
        if !self.client.has(Cap::ReadMarker)
            && self.host.marker(friend).is_none_or(|read| read < at)
            && let Err(reason) = self.host.set_marker(friend, at)
        {
            tracing::error!("{reason}");
        }
    }

    /// The text that a line answers; a client that says so shows such answers itself.
    fn answered_by(&mut self, line: &Line) -> Option<LetterId> {
        let id = reply_to(line);
        self.client.replied |= id.is_some();
        id
    }

    /// Shows what this client has caused by a line to all devices; to itself if it takes echoes.
    pub(in crate::gateway) fn hand_out(&mut self, stored: &Stored, line: &Line) {
        let mut sent: Vec<_> = line.client_tags().cloned().collect();
        if self.client.bot {
            sent.push(("bot".to_owned(), String::new()));
        }
        backlog::said(self.client, self.shared, self.host, (stored, &sent));
        for other in self.others.values_mut().filter(|c| c.is_registered()) {
            backlog::came(other, self.shared, self.host, stored);
        }
    }

    fn cannot_send(&mut self, nick: &str, reason: &str) {
        if self.client.has(Cap::StandardReplies) {
            self.fail(&["PRIVMSG", "CANNOT_SEND", nick], reason);
        } else {
            self.numeric(n::CANNOT_SEND, &[nick], reason);
        }
    }

    /// 301 with the friend's word, or that he is offline: at most once an hour, unless it has changed.
    fn tell_away(&mut self, person: &Person) {
        let word = match person.is_present() {
            true => person.away(),
            false => Some(OFFLINE.to_owned()),
        };
        let address = &person.friend.address;
        let Some(word) = word else {
            self.client.told_away.remove(address);
            return;
        };
        let now = self.shared.now;
        let told = self.client.told_away.get(address);
        if told.is_some_and(|(at, old)| *old == word && now.saturating_sub(*at) < TELL_AWAY_AGAIN) {
            return;
        }
        self.client
            .told_away
            .insert(address.clone(), (now, word.clone()));
        self.numeric(n::AWAY, &[&person.nick], &word);
    }

    /// From one client of the user to another, or to itself: kept nowhere.
    pub(in crate::gateway) fn pass_on(
        &mut self,
        command: &str,
        name: &str,
        text: Option<&str>,
        line: &Line,
    ) {
        let reply = self.tagged(command, name, text, line);
        let takes = |client: &Client| command != "TAGMSG" || client.has(Cap::MessageTags);
        if self.client.has(Cap::EchoMessage) {
            self.client.send(reply.clone());
        }
        for target in self.clients_named(name).filter(|client| takes(client)) {
            target.tell(reply.clone());
        }
    }

    /// A line from the client with its client-only tags.
    pub(in crate::gateway) fn tagged(
        &mut self,
        command: &str,
        target: &str,
        text: Option<&str>,
        line: &Line,
    ) -> Reply {
        let mut reply = Reply::new(&self.client.source(), &[command, target], text);
        reply.tags = self.own_tags(line);
        reply
    }

    /// The tags of something that the client says and that is not stored.
    pub(in crate::gateway) fn own_tags(&mut self, line: &Line) -> Vec<(String, String)> {
        let mut tags = vec![
            ("time".to_owned(), time::tag(self.shared.now)),
            ("msgid".to_owned(), self.shared.passing_id()),
        ];
        if self.client.logged_in {
            tags.push(("account".to_owned(), self.shared.account()));
        }
        if self.client.bot {
            tags.push(("bot".to_owned(), String::new()));
        }
        tags.extend(line.client_tags().cloned());
        tags
    }

    /// The clients with this nick, the speaking one included.
    pub(in crate::gateway) fn clients_named(
        &mut self,
        name: &str,
    ) -> impl Iterator<Item = &mut Client> {
        let nick = nick::of_target(name).to_owned();
        let all = std::iter::once(&mut *self.client).chain(self.others.values_mut());
        all.filter(move |client| client.is_called(&nick))
    }

    fn nick_of(&mut self, name: &str) -> String {
        let named = self.clients_named(name).next();
        named.map_or_else(|| name.to_owned(), |client| client.nick.clone())
    }

    /// Whom a name means.
    pub(in crate::gateway) fn target(&self, name: &str) -> Target {
        let folded = nick::fold(nick::of_target(name));
        if folded == CHANNEL && self.client.joined {
            return Target::Channel;
        }
        if folded == SERVICE {
            return Target::Service;
        }
        if folded == nick::fold(&self.client.nick) {
            return Target::Myself;
        }
        if self.others.values().any(|other| other.is_called(&folded)) {
            return Target::Client;
        }
        let now = self.shared.people.named(&folded);
        match now.or_else(|| self.shared.formerly(&folded)) {
            Some(person) => Target::Friend(Box::new(person.clone())),
            None => Target::Nobody,
        }
    }

    /// Whom a client writes to. If it has missed that a friend is called otherwise now, it is told.
    pub(in crate::gateway) fn addressed(&mut self, name: &str) -> Target {
        let target = self.target(name);
        if let Target::Friend(person) = &target
            && self.shared.people.named(nick::of_target(name)).is_none()
        {
            let (_, from) = person.source.split_once('!').unwrap_or_default();
            let old = format!("{}!{from}", nick::of_target(name));
            self.client
                .tell(Reply::new(&old, &["NICK", &person.nick], None));
        }
        target
    }

    pub(in crate::gateway) fn nobody(&mut self, name: &str) {
        if nick::fold(name) == CHANNEL {
            self.numeric(n::CANNOT_SEND, &[CHANNEL], "Cannot send to channel");
        } else if name.starts_with(['#', '&', '+', '!']) {
            self.no_such_channel(name);
        } else {
            self.numeric(n::NO_SUCH_NICK, &[name], "No such nick/channel");
        }
    }

    /// What the gateway says of itself. In a friend's name it would be a sign of life that he never gave.
    pub(in crate::gateway) fn answer_ctcp(&mut self, command: &str, rest: &str) {
        let (version, now) = (self.shared.settings.version.clone(), self.shared.now);
        let name = self.client.nick.clone();
        let service = service::source();
        let answer = match command.to_ascii_uppercase().as_str() {
            "VERSION" => format!("VERSION iim {version}"),
            "PING" => format!("PING {rest}"),
            "TIME" => format!("TIME {}", time::words(now)),
            "CLIENTINFO" => "CLIENTINFO ACTION CLIENTINFO PING TIME VERSION".to_owned(),
            "DCC" => {
                let text = "files cannot be sent yet: the offer went nowhere";
                let reply = Reply::new(&service, &["NOTICE", &name], Some(text));
                return self.client.send(reply.tag("bot", ""));
            }
            _ => return,
        };
        let answer = format!("\u{1}{answer}\u{1}");
        let reply = Reply::new(&service, &["NOTICE", &name], Some(&answer));
        self.client.send(reply.tag("bot", ""));
    }
}

/// The text that a line answers.
pub(in crate::gateway) fn reply_to(line: &Line) -> Option<LetterId> {
    let id = line.tag("+reply").or(line.tag("+draft/reply"))?;
    text::id_of(id)
}

/// A reaction, and whether it is put or taken away (IRCv3 `+draft/react`, `+draft/unreact`).
pub(in crate::gateway) fn reaction(line: &Line) -> Option<(&str, bool)> {
    let put = line.tag("+draft/react").or(line.tag("+react"));
    let taken = line.tag("+draft/unreact").or(line.tag("+unreact"));
    put.map(|reaction| (reaction, true))
        .or(taken.map(|reaction| (reaction, false)))
        .filter(|(reaction, _)| !reaction.is_empty())
}

/// 005 `TARGMAX`, `MAXTARGETS`.
const MOST_TARGETS: usize = 8;

/// In ms.
const TELL_AWAY_AGAIN: u64 = 3_600_000;
