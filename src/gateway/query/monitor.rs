//! MONITOR and WATCH: being told when somebody comes or goes (IRCv3 MONITOR and `extended-monitor`; WATCH as Bahamut
//! and UnrealIRCd have it).

use std::collections::BTreeMap;

use super::who::Card;
use crate::edge::listener::event::ConnId;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Talk;
use crate::gateway::numeric::{
    Numeric, {self as n},
};
use crate::gateway::state::Shared;
use crate::gateway::{SERVER, nick};
use crate::protocol::irc_line::{Line, Reply};

/// 005 `MONITOR` and `WATCH`.
pub(in crate::gateway) const MOST_WATCHED: usize = 500;

impl Talk<'_> {
    /// `MONITOR + a,b`, `- a,b`, `C`, `L`, `S`.
    pub(in crate::gateway) fn monitor(&mut self, line: &Line) {
        let targets = line.param(1).to_owned();
        match line.param(0).to_ascii_uppercase().as_str() {
            "+" => self.monitor_add(&targets),
            "-" => {
                for target in targets.split(',') {
                    self.client.monitored.remove(&nick::fold(target));
                }
            }
            "C" => self.client.monitored.clear(),
            "L" => self.monitor_list(),
            "S" => {
                let all: Vec<String> = self.client.monitored.values().cloned().collect();
                self.monitor_status(&all);
            }
            _ => self.numeric(
                n::NEED_MORE_PARAMS,
                &["MONITOR"],
                "Unknown MONITOR subcommand",
            ),
        }
    }

    /// "For this specification, ‘target’ MUST be a valid nick as determined by the IRC daemon": anything else is
    /// left out.
    fn monitor_add(&mut self, targets: &str) {
        let mut added = Vec::new();
        let names: Vec<&str> = targets.split(',').filter(|t| nick::is_legal(t)).collect();
        for (at, name) in names.iter().enumerate() {
            let folded = nick::fold(name);
            let known = self.client.monitored.contains_key(&folded);
            if !known && self.client.monitored.len() >= MOST_WATCHED {
                let rest = names.iter().skip(at).copied().collect::<Vec<_>>().join(",");
                let words = [MOST_WATCHED.to_string(), rest];
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                self.numeric(n::MONITOR_FULL, &words, "Monitor list is full");
                break;
            }
            self.client.monitored.insert(folded, (*name).to_owned());
            added.push((*name).to_owned());
        }
        self.monitor_status(&added);
    }

    fn monitor_status(&mut self, names: &[String]) {
        let (mut online, mut offline) = (Vec::new(), Vec::new());
        for name in names {
            match self.card(name).filter(|card| card.present) {
                Some(card) => online.push(card.source()),
                None => offline.push(name.clone()),
            }
        }
        self.in_lines(n::MONITOR_ONLINE, &online);
        self.in_lines(n::MONITOR_OFFLINE, &offline);
    }

    fn monitor_list(&mut self) {
        let all: Vec<String> = self.client.monitored.values().cloned().collect();
        self.in_lines(n::MONITOR_LIST, &all);
        self.numeric(n::MONITOR_END, &[], "End of MONITOR list");
    }

    /// As many in a line as fit.
    fn in_lines(&mut self, numeric: Numeric, names: &[String]) {
        let mut text = String::new();
        for name in names {
            if text.len().saturating_add(name.len()) > ROOM {
                self.numeric(numeric, &[], &text);
                text.clear();
            }
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(name);
        }
        if !text.is_empty() {
            self.numeric(numeric, &[], &text);
        }
    }

    /// `WATCH +a -b`, `C`, `L`, `l`, `S`.
    pub(in crate::gateway) fn watch(&mut self, line: &Line) {
        let words = line.params.iter().flat_map(|param| param.split(' '));
        let words: Vec<String> = words.map(ToOwned::to_owned).collect();
        if words.iter().all(String::is_empty) {
            return self.watch_list(false);
        }
        for word in &words {
            match word.as_str() {
                "C" | "c" => self.client.watched.clear(),
                "L" => self.watch_list(true),
                "l" => self.watch_list(false),
                "S" | "s" => self.watch_count(),
                word => self.watch_one(word),
            }
        }
    }

    fn watch_one(&mut self, word: &str) {
        if let Some(name) = word.strip_prefix('-') {
            self.client.watched.remove(&nick::fold(name));
            return self.watch_state(name, n::WATCH_OFF, n::WATCH_OFF);
        }
        let Some(name) = word.strip_prefix('+').filter(|name| nick::is_legal(name)) else {
            return;
        };
        if self.client.watched.len() >= MOST_WATCHED {
            let text = "Maximum size for WATCH-list is reached";
            return self.numeric(n::WATCH_TOO_MANY, &[name], text);
        }
        self.client
            .watched
            .insert(nick::fold(name), name.to_owned());
        self.watch_state(name, n::WATCH_NOW_ON, n::WATCH_NOW_OFF);
    }

    fn watch_state(&mut self, name: &str, on: Numeric, off: Numeric) {
        let card = self.card(name).filter(|card| card.present);
        let (numeric, words, text) = watch_words(name, card.as_ref(), on, off);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.numeric(numeric, &words, text);
    }

    fn watch_list(&mut self, offline: bool) {
        let all: Vec<String> = self.client.watched.values().cloned().collect();
        for name in &all {
            if offline || self.card(name).is_some_and(|card| card.present) {
                self.watch_state(name, n::WATCH_NOW_ON, n::WATCH_NOW_OFF);
            }
        }
        self.numeric(n::WATCH_END, &[], "End of WATCH l");
    }

    fn watch_count(&mut self) {
        let count = self.client.watched.len();
        let text = format!("You have {count} and are on 0 WATCH entries");
        self.numeric(n::WATCH_STAT, &[], &text);
        let all: Vec<String> = self.client.watched.values().cloned().collect();
        self.numeric(n::WATCH_LIST, &[], &all.join(" "));
        self.numeric(n::WATCH_END, &[], "End of WATCH S");
    }
}

fn watch_words(
    name: &str,
    card: Option<&Card>,
    on: Numeric,
    off: Numeric,
) -> (Numeric, [String; 4], &'static str) {
    match card {
        Some(card) => {
            let words = [
                card.nick.clone(),
                card.user.clone(),
                card.host.clone(),
                card.since.to_string(),
            ];
            (on, words, "is online")
        }
        None => {
            let star = "*".to_owned();
            let words = [name.to_owned(), star.clone(), star, "0".to_owned()];
            (off, words, "is offline")
        }
    }
}

/// Somebody has come: `source` is `nick!user@host`.
pub(in crate::gateway) fn nick_up(
    clients: &mut BTreeMap<ConnId, Client>,
    name: &str,
    source: &str,
    shared: &Shared,
) {
    let watched = (n::WATCH_LOG_ON, source, "logged online");
    tell_move(clients, name, (n::MONITOR_ONLINE, source), watched, shared);
}

/// Somebody has gone.
pub(in crate::gateway) fn nick_down(
    clients: &mut BTreeMap<ConnId, Client>,
    name: &str,
    source: &str,
    shared: &Shared,
) {
    let watched = (n::WATCH_LOG_OFF, source, "logged offline");
    tell_move(clients, name, (n::MONITOR_OFFLINE, name), watched, shared);
}

/// Tells those who look for a nick by MONITOR or by WATCH.
fn tell_move(
    clients: &mut BTreeMap<ConnId, Client>,
    name: &str,
    (monitored, target): (Numeric, &str),
    (watched, source, words): (Numeric, &str, &str),
    shared: &Shared,
) {
    let folded = nick::fold(name);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        if client.monitored.contains_key(&folded) {
            told(client, monitored, &[], target);
        }
        if client.watched.contains_key(&folded) {
            told_watch(client, watched, source, words, shared);
        }
    }
}

/// Goes to clients that monitor the nick and take such lines, by `cap`, of whom they share no channel with.
pub(in crate::gateway) fn tell_watchers(
    clients: &mut BTreeMap<ConnId, Client>,
    name: &str,
    cap: Cap,
    reply: &Reply,
) {
    let folded = nick::fold(name);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        let takes = client.has(Cap::ExtendedMonitor) && client.has(cap);
        if takes && client.monitored.contains_key(&folded) {
            client.tell(reply.clone());
        }
    }
}

fn told(client: &mut Client, numeric: Numeric, words: &[&str], text: &str) {
    let name = client.name().to_owned();
    let mut all = vec![numeric, name.as_str()];
    all.extend(words);
    client.tell(Reply::new(SERVER, &all, Some(text)));
}

fn told_watch(client: &mut Client, numeric: Numeric, source: &str, text: &str, shared: &Shared) {
    let (name, rest) = source.split_once('!').unwrap_or((source, "*@*"));
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    let at = (shared.now / 1000).to_string();
    told(client, numeric, &[name, user, host, &at], text);
}

/// Bytes of names in a line.
const ROOM: usize = 400;
