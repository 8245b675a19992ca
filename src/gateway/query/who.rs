//! WHO, WHOX, ISON and USERHOST: who is there, all by stable names (RFC 2812, sections 3.6 and 4.8; IRCv3 WHOX).

use std::collections::BTreeSet;

use crate::gateway::client::Client;
use crate::gateway::contacts::Person;
use crate::gateway::context::Talk;
use crate::gateway::{CHANNEL, SERVER, SERVICE, nick, numeric as n};
use crate::protocol::irc_line::Line;

/// Somebody as he answers to questions: a friend, the service, or a client of the user.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Card {
    pub(in crate::gateway) nick: String,
    pub(in crate::gateway) user: String,
    pub(in crate::gateway) host: String,
    pub(in crate::gateway) real_name: String,
    pub(in crate::gateway) account: Option<String>,
    pub(in crate::gateway) away: Option<String>,
    /// Online. A friend who is not is known all the same.
    pub(in crate::gateway) present: bool,
    /// In the control channel, as the asking client sees it.
    pub(in crate::gateway) joined: bool,
    pub(in crate::gateway) voiced: bool,
    pub(in crate::gateway) bot: bool,
    pub(in crate::gateway) kind: Kind,
    /// For how many seconds nothing came of him, if that is known.
    pub(in crate::gateway) idle: Option<u64>,
    /// Since when he is there or known, in seconds.
    pub(in crate::gateway) since: u64,
}

/// What somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gateway) enum Kind {
    Service,
    /// A client of the user; `true`: over TLS.
    Client(bool),
    Friend(Box<Person>),
}

impl Card {
    pub(in crate::gateway) fn source(&self) -> String {
        format!("{}!{}@{}", self.nick, self.user, self.host)
    }

    fn of_person(person: &Person, now: u64) -> Self {
        let idle = person
            .friend
            .heard
            .map(|heard| now.saturating_sub(heard) / 1000);
        Self {
            nick: person.nick.clone(),
            user: person.user.clone(),
            host: person.host.clone(),
            real_name: person.real_name(),
            account: person.account().map(ToOwned::to_owned),
            away: person.away(),
            present: person.is_present(),
            joined: person.is_present(),
            voiced: person.is_voiced(),
            bot: false,
            kind: Kind::Friend(Box::new(person.clone())),
            idle,
            since: person.friend.since,
        }
    }

    /// Flags of WHO: here or gone, the mode in the channel, bot.
    fn flags(&self) -> String {
        let mut flags = String::from(if self.away.is_some() { "G" } else { "H" });
        if self.joined {
            flags.push_str(self.mark());
        }
        if self.bot {
            flags.push('B');
        }
        flags
    }

    /// "matched against users' host, server, real name and nickname", and the user name as Modern has it.
    fn fits(&self, mask: &str) -> bool {
        let names = [&self.user, &self.host, &self.real_name];
        names.into_iter().any(|name| nick::matches(mask, name))
    }

    /// The mode in the channel, as it stands before the nick: `iim` is the operator, who is online has a voice.
    pub(in crate::gateway) fn mark(&self) -> &'static str {
        match (&self.kind, self.voiced) {
            (Kind::Service, _) => "@",
            (Kind::Client(_) | Kind::Friend(_), true) => "+",
            (Kind::Client(_) | Kind::Friend(_), false) => "",
        }
    }

    fn channel(&self) -> &'static str {
        if self.joined { CHANNEL } else { "*" }
    }
}

impl Talk<'_> {
    /// Who has this nick, online or not.
    pub(in crate::gateway) fn card(&self, name: &str) -> Option<Card> {
        let folded = nick::fold(name);
        if folded == SERVICE {
            return Some(self.service_card());
        }
        if folded == nick::fold(&self.client.nick) {
            return Some(self.client_card(self.client, self.client.joined));
        }
        let mut others = self.others.values();
        if let Some(other) = others.find(|other| other.is_called(&folded)) {
            return Some(self.client_card(other, false));
        }
        let person = self.shared.people.named(&folded)?;
        Some(Card::of_person(person, self.host.now_ms()))
    }

    /// Everybody who is there.
    pub(in crate::gateway) fn cards(&self) -> Vec<Card> {
        let now = self.host.now_ms();
        let mut all = vec![
            self.client_card(self.client, self.client.joined),
            self.service_card(),
        ];
        // Clients that share a nick are one to whoever asks.
        let mut nicks = BTreeSet::from([nick::fold(&self.client.nick)]);
        let others = self.others.values().filter(|c| c.is_registered());
        let others = others.filter(|other| nicks.insert(nick::fold(&other.nick)));
        all.extend(others.map(|other| self.client_card(other, false)));
        let friends = self.shared.people.all().filter(|p| p.is_present());
        all.extend(friends.map(|person| Card::of_person(person, now)));
        all
    }

    fn service_card(&self) -> Card {
        Card {
            nick: SERVICE.to_owned(),
            user: SERVICE.to_owned(),
            host: SERVER.to_owned(),
            real_name: "takes the commands of iim".to_owned(),
            account: None,
            away: None,
            present: true,
            joined: true,
            voiced: true,
            bot: true,
            kind: Kind::Service,
            idle: None,
            since: self.shared.settings.started / 1000,
        }
    }

    fn client_card(&self, client: &Client, joined: bool) -> Card {
        let status = self.shared.away();
        let idle = self.host.now_ms().saturating_sub(client.spoke) / 1000;
        Card {
            nick: client.nick.clone(),
            user: client.user.clone(),
            host: SERVER.to_owned(),
            real_name: client.real_name.clone(),
            account: client.logged_in.then(|| self.shared.account()),
            voiced: status.is_none(),
            away: status.filter(|_| client.said_away),
            present: true,
            joined,
            bot: client.bot,
            kind: Kind::Client(client.peer.tls),
            idle: Some(idle),
            since: client.since / 1000,
        }
    }

    /// RFC 2812, section 3.6.1; Modern: the end repeats the mask as it came.
    pub(in crate::gateway) fn who(&mut self, line: &Line) {
        let mask = line.given(0).unwrap_or("*").to_owned();
        let options = line.param(1).to_owned();
        let (flags, fields) = match options.split_once('%') {
            Some((flags, fields)) => (flags, Some(fields)),
            None => (options.as_str(), None),
        };
        let mut cards = self.who_matches(&mask);
        // "If the "o" parameter is passed only operators are returned": there are none.
        cards.retain(|_| !flags.contains('o'));
        for card in cards {
            match fields {
                Some(fields) => self.whox_reply(&card, fields),
                None => self.who_reply(&card),
            }
        }
        self.numeric(n::END_OF_WHO, &[&mask], "End of WHO list");
    }

    /// By nick; by anything else only if nobody's nick fits: all hosts of the user's clients are one.
    fn who_matches(&self, mask: &str) -> Vec<Card> {
        let mut all = self.cards();
        if nick::fold(mask) == CHANNEL {
            all.retain(|card| card.joined);
        } else if mask == "*" || mask == "0" {
            // The service is nobody, as in LUSERS.
            all.retain(|card| card.kind != Kind::Service);
        } else {
            let by_nick = all.iter().any(|card| nick::matches(mask, &card.nick));
            all.retain(|card| match by_nick {
                true => nick::matches(mask, &card.nick),
                false => card.fits(mask),
            });
        }
        all
    }

    fn who_reply(&mut self, card: &Card) {
        let flags = card.flags();
        let words = [
            card.channel(),
            &card.user,
            &card.host,
            SERVER,
            &card.nick,
            &flags,
        ];
        let text = format!("0 {}", card.real_name);
        self.numeric(n::WHO_REPLY, &words, &text);
    }

    /// IRCv3 WHOX: the fields come in the order of `tcuihsnfdlaor`, whatever the order they are asked in.
    fn whox_reply(&mut self, card: &Card, asked: &str) {
        let (fields, token) = asked.split_once(',').unwrap_or((asked, "0"));
        let idle = card.idle.unwrap_or(0).to_string();
        let flags = card.flags();
        let all = [
            ('t', token),
            ('c', card.channel()),
            ('u', &card.user),
            ('i', "255.255.255.255"),
            ('h', &card.host),
            ('s', SERVER),
            ('n', &card.nick),
            ('f', &flags),
            ('d', "0"),
            ('l', &idle),
            ('a', card.account.as_deref().unwrap_or("0")),
            ('o', "n/a"),
        ];
        let asked = |field: char| fields.contains(field);
        let words: Vec<&str> = all
            .into_iter()
            .filter(|(field, _)| asked(*field))
            .map(|(_, value)| value)
            .collect();
        let real = asked('r').then_some(card.real_name.as_str());
        self.client.numeric(n::WHOX_REPLY, &words, real);
    }

    /// RFC 2812, section 4.9.
    pub(in crate::gateway) fn ison(&mut self, line: &Line) {
        let asked = line.params.iter().flat_map(|names| names.split(' '));
        let here: Vec<String> = asked
            .filter_map(|name| self.card(name).filter(|card| card.present))
            .map(|card| card.nick)
            .collect();
        self.numeric(n::ISON, &[], &here.join(" "));
    }

    /// RFC 2812, section 4.8: at most five.
    pub(in crate::gateway) fn userhost(&mut self, line: &Line) {
        let asked = line.params.iter().flat_map(|names| names.split(' '));
        let here: Vec<String> = asked
            .take(5)
            .filter_map(|name| self.card(name).filter(|card| card.present))
            .map(|card| {
                let mark = if card.away.is_some() { '-' } else { '+' };
                format!("{}={mark}{}@{}", card.nick, card.user, card.host)
            })
            .collect();
        self.numeric(n::USERHOST, &[], &here.join(" "));
    }
}
