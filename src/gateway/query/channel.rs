//! The control channel: the one channel there is, and what may not be done to it.
//!
//! A client may leave it; it is in it again after JOIN, and whenever it attaches. While it is out, `iim` speaks to it
//! by query.

use super::who::Card;
use crate::gateway::caps::Cap;
use crate::gateway::context::Talk;
use crate::gateway::{CHANNEL, SERVER, SERVICE, nick, numeric as n};
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};

impl Talk<'_> {
    /// RFC 2812, section 3.2.1.
    pub(in crate::gateway) fn join(&mut self, line: &Line) {
        for name in line.param(0).split(',') {
            match name {
                "0" => self.leave(""),
                name if nick::fold(name) == CHANNEL => self.join_channel(),
                name => self.no_such_channel(name),
            }
        }
    }

    /// Joins it, with what follows: topic, marker, names (Modern, "JOIN message").
    pub(in crate::gateway) fn join_channel(&mut self) {
        if std::mem::replace(&mut self.client.joined, true) {
            return;
        }
        let source = self.client.source();
        let reply = if self.client.has(Cap::ExtendedJoin) {
            let account = match self.client.logged_in {
                true => self.shared.account(),
                false => "*".to_owned(),
            };
            let real = self.client.real_name.clone();
            Reply::new(&source, &["JOIN", CHANNEL, &account], Some(&real))
        } else {
            Reply::new(&source, &["JOIN", CHANNEL], None)
        };
        self.client.send(reply);
        self.show_topic();
        if self.client.has(Cap::ReadMarker) {
            self.show_mark(CHANNEL);
        }
        self.show_names();
    }

    /// RFC 2812, section 3.2.2.
    pub(in crate::gateway) fn part(&mut self, line: &Line) {
        let reason = line.param(1).to_owned();
        for name in line.param(0).split(',') {
            if nick::fold(name) != CHANNEL {
                self.no_such_channel(name);
            } else if self.client.joined {
                self.leave(&reason);
            } else {
                self.not_joined();
            }
        }
    }

    fn leave(&mut self, reason: &str) {
        if std::mem::replace(&mut self.client.joined, false) {
            let reason = Some(reason).filter(|reason| !reason.is_empty());
            let source = self.client.source();
            let reply = Reply::new(&source, &["PART", CHANNEL], reason);
            self.client.send(reply);
        }
    }

    /// RFC 2812, section 3.2.4: nobody may change it.
    pub(in crate::gateway) fn topic(&mut self, line: &Line) {
        if !self.is_here(line.param(0)) {
            return;
        }
        if line.params.len() > 1 {
            return self.not_operator();
        }
        self.show_topic();
    }

    /// With who set it and when (Modern, "RPL_TOPICWHOTIME").
    fn show_topic(&mut self) {
        let topic = self.topic_text();
        self.numeric(n::TOPIC, &[CHANNEL], &topic);
        let since = (self.shared.settings.started / 1000).to_string();
        let words = [CHANNEL, SERVICE, &since];
        self.client.numeric(n::TOPIC_WHO_TIME, &words, None);
    }

    fn topic_text(&self) -> String {
        let account = self.shared.account();
        format!("friends of {account} · commands: write `help` here or to iim")
    }

    /// RFC 2812, section 3.2.5.
    pub(in crate::gateway) fn names(&mut self, line: &Line) {
        let asked = line.given(0).unwrap_or(CHANNEL).to_owned();
        let asked = asked.split(',').next().unwrap_or_default();
        if nick::fold(asked) == CHANNEL && self.client.joined {
            self.show_names();
        } else {
            self.numeric(n::END_OF_NAMES, &[asked], "End of NAMES list");
        }
    }

    fn show_names(&mut self) {
        let mut cards = self.cards();
        cards.retain(|card| card.joined);
        let full = self.client.has(Cap::UserhostInNames);
        let name = |card: &Card| match full {
            true => format!("{}{}", card.mark(), card.source()),
            false => format!("{}{}", card.mark(), card.nick),
        };
        let mut text = String::new();
        for name in cards.iter().map(name) {
            let longer = text.len().saturating_add(name.len());
            if longer > LONGEST_BODY.saturating_sub(ROOM_AROUND) {
                self.numeric(n::NAMES_REPLY, &[SECRET, CHANNEL], &text);
                text.clear();
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&name);
        }
        self.numeric(n::NAMES_REPLY, &[SECRET, CHANNEL], &text);
        self.numeric(n::END_OF_NAMES, &[CHANNEL], "End of NAMES list");
    }

    /// RFC 2812, section 3.2.6.
    pub(in crate::gateway) fn list(&mut self, line: &Line) {
        let asked = line.given(0).unwrap_or(CHANNEL).to_owned();
        let mut asked = asked.split(',');
        self.numeric(n::LIST_START, &["Channel"], "Users  Name");
        if asked.any(|mask| nick::matches(mask, CHANNEL)) {
            let mut cards = self.cards();
            cards.retain(|card| card.joined);
            let topic = self.topic_text();
            self.numeric(n::LIST, &[CHANNEL, &cards.len().to_string()], &topic);
        }
        self.numeric(n::LIST_END, &[], "End of LIST");
    }

    /// RFC 2812, sections 3.1.5 and 3.2.3.
    pub(in crate::gateway) fn mode(&mut self, line: &Line) {
        let target = line.param(0).to_owned();
        if nick::fold(&target) == CHANNEL {
            self.channel_mode(line);
        } else if target.starts_with(['&', '#', '+', '!']) {
            self.no_such_channel(&target);
        } else if nick::fold(&target) == nick::fold(&self.client.nick) {
            self.user_mode(line);
        } else if self.card(&target).is_some() {
            self.numeric(
                n::USERS_DONT_MATCH,
                &[],
                "Cannot change mode for other users",
            );
        } else {
            self.numeric(n::NO_SUCH_NICK, &[&target], "No such nick/channel");
        }
    }

    fn channel_mode(&mut self, line: &Line) {
        let modes = line.given(1).map(|modes| modes.trim_start_matches('+'));
        match modes.filter(|modes| !modes.is_empty()) {
            None => {
                self.client
                    .numeric(n::CHANNEL_MODE_IS, &[CHANNEL, "+nst"], None);
                let since = (self.shared.settings.started / 1000).to_string();
                self.client
                    .numeric(n::CREATION_TIME, &[CHANNEL, &since], None);
            }
            Some("b") => self.numeric(n::END_OF_BAN_LIST, &[CHANNEL], "End of channel ban list"),
            Some(modes) => match modes.chars().find(|c| !"+-nstvbkliIeo".contains(*c)) {
                Some(unknown) => {
                    let unknown = unknown.to_string();
                    self.numeric(n::UNKNOWN_MODE, &[&unknown], "is unknown mode char to me");
                }
                None => self.not_operator(),
            },
        }
    }

    /// `B` marks a bot (IRCv3 bot mode); `i` is always set: nobody else is here.
    fn user_mode(&mut self, line: &Line) {
        let Some(modes) = line.given(1) else {
            return self.mode_is();
        };
        let (mut on, mut done) = (true, String::new());
        let mut unknown = false;
        for mode in modes.chars() {
            match mode {
                '+' => on = true,
                '-' => on = false,
                'B' if self.client.bot != on => {
                    self.client.bot = on;
                    done.push_str(if on { "+B" } else { "-B" });
                }
                'B' | 'i' => {}
                _ => unknown = true,
            }
        }
        if unknown {
            self.numeric(n::UNKNOWN_USER_MODE, &[], "Unknown MODE flag");
        }
        if !done.is_empty() {
            let (source, name) = (self.client.source(), self.client.nick.clone());
            let reply = Reply::new(&source, &["MODE", &name, &done], None);
            self.client.send(reply);
        }
    }

    /// The client's own modes.
    pub(in crate::gateway) fn mode_is(&mut self) {
        let modes = if self.client.bot { "+Bi" } else { "+i" };
        self.client.numeric(n::USER_MODE_IS, &[modes], None);
    }

    /// RFC 2812, section 3.2.7: friends are invited by `add`, not into a channel.
    pub(in crate::gateway) fn invite(&mut self, line: &Line) {
        let (name, channel) = (line.param(0).to_owned(), line.param(1).to_owned());
        if !self.is_here(&channel) {
            return;
        }
        match self.card(&name) {
            None => self.numeric(n::NO_SUCH_NICK, &[&name], "No such nick/channel"),
            Some(card) if card.joined => {
                let text = "is already on channel";
                self.numeric(n::ALREADY_ON_CHANNEL, &[&name, CHANNEL], text);
            }
            Some(_) => self.not_operator(),
        }
    }

    /// RFC 2812, section 3.2.8.
    pub(in crate::gateway) fn kick(&mut self, line: &Line) {
        let (channel, name) = (line.param(0).to_owned(), line.param(1).to_owned());
        if !self.is_here(&channel) {
            return;
        }
        match self.card(&name) {
            Some(card) if card.joined => self.not_operator(),
            Some(_) | None => {
                let text = "They aren't on that channel";
                self.numeric(n::NOT_IN_CHANNEL, &[&name, CHANNEL], text);
            }
        }
    }

    /// Whether this is the control channel and the client is in it; says so if not.
    fn is_here(&mut self, channel: &str) -> bool {
        if nick::fold(channel) != CHANNEL {
            self.no_such_channel(channel);
            return false;
        }
        if !self.client.joined {
            self.not_joined();
        }
        self.client.joined
    }

    pub(in crate::gateway) fn no_such_channel(&mut self, name: &str) {
        self.numeric(n::NO_SUCH_CHANNEL, &[name], "No such channel");
    }

    fn not_joined(&mut self) {
        self.numeric(n::NOT_ON_CHANNEL, &[CHANNEL], "You're not on that channel");
    }

    fn not_operator(&mut self) {
        let text = "You're not channel operator";
        self.numeric(n::NOT_OPERATOR, &[CHANNEL], text);
    }
}

/// The channel as it shows one who comes.
pub(in crate::gateway) fn join_line(
    source: &str,
    account: Option<&str>,
    real: &str,
    extended: bool,
) -> Reply {
    match extended {
        true => Reply::new(
            source,
            &["JOIN", CHANNEL, account.unwrap_or("*")],
            Some(real),
        ),
        false => Reply::new(source, &["JOIN", CHANNEL], None),
    }
}

/// A mode given or taken by the server.
pub(in crate::gateway) fn voice_line(nick: &str, voiced: bool) -> Reply {
    let mode = if voiced { "+v" } else { "-v" };
    Reply::new(SERVER, &["MODE", CHANNEL, mode, nick], None)
}

/// What NAMES says of a channel with the mode `s` (RFC 2812, section 5.1: "@" is used for secret channels).
const SECRET: &str = "@";

/// What stands before the names in a line, at most.
const ROOM_AROUND: usize = 80;
