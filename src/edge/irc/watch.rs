//! Who of the watched nicks is there: MONITOR (IRCv3) as far as the server's limit goes, ISON polling for the rest.
//! Pure: lines in and out, the time passed in.
//!
//! ```text
//!   new ──> to_monitor ──"MONITOR +"──> on the list ──734──> polled      up: unknown -> there | not there
//!     └───> polled: a round of ISON every `poll`, one question under way at a time
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::line::Line;
use super::{LinkEvent, WatchChange};

/// The watched nicks of one connection. Nicks are compared in lower case.
#[derive(Debug, Default)]
pub(super) struct Watch {
    nicks: BTreeMap<String, Watched>,
    /// Of these, those that are to go on the server's list, and those that are polled: the rest is on it.
    to_monitor: BTreeSet<String>,
    polled: BTreeSet<String>,
    /// To be taken off the server's list.
    leaving: BTreeSet<String>,
    /// How many nicks MONITOR takes; 0 without it.
    limit: usize,
    poll: Duration,
    /// Nicks still to be asked for in this round.
    round: VecDeque<String>,
    next_round: Duration,
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Watched {
    /// As the owner of the set wrote it.
    name: String,
    up: Option<bool>,
}

/// A question that waits for its 303.
#[derive(Debug)]
struct Asked {
    nicks: Vec<String>,
    until: Duration,
}

impl Watch {
    /// Watches nobody yet.
    pub(super) fn new(poll: Duration) -> Self {
        Self {
            poll: poll.max(Duration::from_secs(1)),
            ..Self::default()
        }
    }

    /// The server takes so many nicks on its list; without MONITOR, none.
    pub(super) fn offered(&mut self, monitor: Option<usize>) {
        self.limit = monitor.unwrap_or(0);
        self.fill();
    }

    /// Watches other nicks than before.
    pub(super) fn change(&mut self, change: &WatchChange) {
        for name in &change.less {
            let nick = name.to_ascii_lowercase();
            let known = self.nicks.remove(&nick).is_some();
            if known && !self.to_monitor.remove(&nick) && !self.polled.remove(&nick) {
                self.leaving.insert(nick);
            }
        }
        let new = |name: &String| (name.to_ascii_lowercase(), name.clone());
        let new = change.more.iter().map(new);
        let new: Vec<_> = new
            .filter(|(nick, _)| !self.nicks.contains_key(nick))
            .collect();
        for (nick, name) in &new {
            self.polled.insert(nick.clone());
            let name = name.clone();
            self.nicks.insert(nick.clone(), Watched { name, up: None });
        }
        self.fill();
        // Those that are new and polled should not wait for the next round.
        if new.iter().any(|(nick, _)| self.polled.contains(nick)) {
            self.next_round = Duration::ZERO;
        }
    }

    /// Moves polled nicks to the server's list while it has room.
    fn fill(&mut self) {
        let on_list = self.nicks.len().saturating_sub(self.polled.len());
        for _ in on_list..self.limit {
            let Some(nick) = self.polled.pop_first() else {
                return;
            };
            self.to_monitor.insert(nick);
        }
    }

    /// The next line to write, if one is due.
    pub(super) fn next_line(&mut self, now: Duration) -> Option<String> {
        if let Some(text) = take_line(&mut self.leaving) {
            return Some(format!("MONITOR - {text}\r\n"));
        }
        if let Some(text) = take_line(&mut self.to_monitor) {
            return Some(format!("MONITOR + {text}\r\n"));
        }
        self.ison_line(now)
    }

    fn ison_line(&mut self, now: Duration) -> Option<String> {
        if self.asked.as_ref().is_some_and(|asked| now < asked.until) {
            return None;
        }
        if self.round.is_empty() && now >= self.next_round {
            self.round = self.polled.iter().cloned().collect();
            self.next_round = now.saturating_add(self.poll);
        }
        self.round.retain(|nick| self.nicks.contains_key(nick));
        let (text, count) = joined(self.round.iter(), ' ');
        let nicks: Vec<String> = self.round.drain(..count).collect();
        self.asked = (count > 0).then(|| Asked {
            nicks,
            until: now.saturating_add(ANSWER),
        });
        // As one parameter: servers differ in how many they take.
        (count > 0).then(|| format!("ISON :{text}\r\n"))
    }

    /// When the next line is due; `None` if nothing is watched.
    pub(super) fn due(&self) -> Option<Duration> {
        if !self.to_monitor.is_empty() || !self.leaving.is_empty() {
            return Some(Duration::ZERO);
        }
        if self.polled.is_empty() {
            return None;
        }
        Some(match &self.asked {
            Some(asked) => asked.until,
            None if self.round.is_empty() => self.next_round,
            None => Duration::ZERO,
        })
    }

    /// Takes a numeric of the server's.
    pub(super) fn hear(&mut self, line: &Line) -> Vec<LinkEvent> {
        match line.numeric() {
            RPL_ISON => self.ison_reply(line.param(1)),
            RPL_MONONLINE => self.monitored(line.param(1), true),
            RPL_MONOFFLINE => self.monitored(line.param(1), false),
            ERR_MONLISTFULL => self.list_full(line.param(2)),
            ERR_UNKNOWNCOMMAND if line.param(1).eq_ignore_ascii_case("MONITOR") => {
                self.limit = 0;
                let all: Vec<String> = self.nicks.keys().cloned().collect();
                self.list_full(&all.join(","))
            }
            _ => Vec::new(),
        }
    }

    /// Whether a watched nick is there, as MONITOR, ISON or any line that names it says; what has changed by that. Between
    /// two polls such a line may be all that shows it.
    pub(super) fn seen(&mut self, nick: &str, up: bool) -> Option<LinkEvent> {
        let watched = self.nicks.get_mut(&nick.to_ascii_lowercase())?;
        let before = watched.up.replace(up);
        let nick = watched.name.clone();
        match up {
            _ if before == Some(up) => None,
            true => Some(LinkEvent::Up(nick)),
            false => Some(LinkEvent::Down(nick)),
        }
    }

    fn ison_reply(&mut self, there: &str) -> Vec<LinkEvent> {
        let there: BTreeSet<String> = there.split(' ').map(str::to_ascii_lowercase).collect();
        let asked = self.asked.take().map_or_else(Vec::new, |asked| asked.nicks);
        let each = asked.iter();
        each.filter_map(|nick| self.seen(nick, there.contains(nick)))
            .collect()
    }

    /// `nick` or `nick!user@host`, with commas between.
    fn monitored(&mut self, targets: &str, up: bool) -> Vec<LinkEvent> {
        let nicks = targets.split(',').map(|t| t.split('!').next().unwrap_or(t));
        nicks.filter_map(|nick| self.seen(nick, up)).collect()
    }

    /// These did not go on the server's list; what is on it now is all that it takes.
    fn list_full(&mut self, targets: &str) -> Vec<LinkEvent> {
        let refused = targets.split(',').map(str::to_ascii_lowercase);
        let refused = refused.filter(|nick| self.nicks.contains_key(nick));
        self.polled.extend(refused);
        self.polled.append(&mut self.to_monitor);
        let on_list = self.nicks.len().saturating_sub(self.polled.len());
        self.limit = self.limit.min(on_list);
        self.next_round = Duration::ZERO;
        Vec::new()
    }
}

/// Takes as many nicks as fit a line.
fn take_line(nicks: &mut BTreeSet<String>) -> Option<String> {
    let (text, count) = joined(nicks.iter(), ',');
    for _ in 0..count {
        nicks.pop_first();
    }
    (count > 0).then_some(text)
}

/// As many of the nicks as fit a line, and how many they are. The answer must fit a line too, with the server's
/// name and our nick in front.
fn joined<'a>(nicks: impl Iterator<Item = &'a String>, between: char) -> (String, usize) {
    let mut text = String::new();
    let mut count = 0_usize;
    for nick in nicks {
        if text.len().saturating_add(nick.len()) >= ROOM && count > 0 {
            break;
        }
        if count > 0 {
            text.push(between);
        }
        text.push_str(nick);
        count = count.saturating_add(1);
    }
    (text, count)
}

/// Bytes of nicks in one line.
const ROOM: usize = 400;
/// An ISON that was not answered by then never will be.
const ANSWER: Duration = Duration::from_secs(60);

const RPL_ISON: u16 = 303;
const ERR_UNKNOWNCOMMAND: u16 = 421;
const RPL_MONONLINE: u16 = 730;
const RPL_MONOFFLINE: u16 = 731;
const ERR_MONLISTFULL: u16 = 734;

#[cfg(test)]
mod tests;
