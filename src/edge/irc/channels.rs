//! The channels that we are in, or on our way into, and who is in them with us. Pure: lines in, events out; nothing that
//! comes in here causes a line of ours, but for a PART from where the server puts us.
//!
//! ```text
//! Enter ──> Joining ──JOIN of ours──> Listing ──353, 366: Entered──> In ──404 and the like: Shut──> Unheard
//!              │                         │                           │                                │
//!              └──numeric: Shut          └── 403, 442, KICK: Shut ───┘                              KICK
//! ```
//!
//! What is shut so is forgotten, and so is what we part from; only where our words are refused we are still. MODE's answers
//! (324, 467, 482 and what else servers say to it) come behind our JOIN and mean nothing, but for a 482 where nobody else is:
//! the channel is ours and not hidden. Before it, a PART or KICK of ours tells of an earlier stay. Channels and nicks are compared in the lower case of ASCII: ours hold only a–z and 0–9, where
//! every mapping agrees.

use std::collections::BTreeMap;

use super::line::{self, Line};
use super::{KICKED, LinkEvent};

/// The channels of one connection, by name in lower case.
#[derive(Debug, Default)]
pub(super) struct Channels {
    known: BTreeMap<String, Channel>,
    /// How often we were put into one.
    forced: usize,
}

#[derive(Debug)]
struct Channel {
    /// As the agent wrote it.
    name: String,
    state: State,
    /// The others, by nick in lower case, each as the server wrote it.
    nicks: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// JOIN was written, or is to be.
    Joining,
    /// The server says who is there.
    Listing,
    In,
    /// In still, but our words are refused: that was told, and nothing more is.
    Unheard,
}

/// What comes of an order to enter a channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// These two lines are to be written, at once.
    Write(String),
    /// We are in, or on our way.
    Known,
    /// It cannot be.
    Refused,
}

impl Channels {
    /// We are to be in a channel.
    pub(super) fn enter(&mut self, name: &str, key: &str, linelen: usize) -> Entry {
        let lower = name.to_ascii_lowercase();
        match self.known.get(&lower).map(|channel| channel.state) {
            Some(State::Joining | State::Listing | State::In) => return Entry::Known,
            Some(State::Unheard) => return Entry::Refused,
            None if self.known.len() >= MOST_CHANNELS => return Entry::Refused,
            None => {}
        }
        let Some(lines) = joining(name, key, linelen) else {
            return Entry::Refused;
        };
        let channel = Channel {
            name: name.to_owned(),
            state: State::Joining,
            nicks: BTreeMap::new(),
        };
        self.known.insert(lower, channel);
        Entry::Write(lines)
    }

    /// We part from a channel; gives its name as it was written, if it was known.
    pub(super) fn part(&mut self, name: &str) -> Option<String> {
        let channel = self.known.remove(&name.to_ascii_lowercase())?;
        Some(channel.name)
    }

    /// Whether we may speak there.
    pub(super) fn is_in(&self, name: &str) -> bool {
        let channel = self.known.get(&name.to_ascii_lowercase());
        channel.is_some_and(|channel| channel.state == State::In)
    }

    /// Takes a JOIN, PART, KICK, QUIT or NICK, a 353 or 366; `me` is our own nick.
    pub(super) fn hear(&mut self, line: &Line, me: &str) -> Vec<LinkEvent> {
        let nick = line.nick().unwrap_or_default();
        let (first, second) = (line.param(0), line.param(1));
        match (line.command.as_str(), line.numeric()) {
            ("JOIN", _) => self.came(first, &nick, me),
            ("PART", _) => self.gone(first, &nick, me),
            ("KICK", _) => self.gone(first, second, me),
            ("QUIT", _) => self.gone_from_all(&nick, None, me),
            ("NICK", _) => self.gone_from_all(&nick, Some(first), me),
            (_, RPL_NAMREPLY) => {
                self.listed(line, me);
                Vec::new()
            }
            (_, RPL_ENDOFNAMES) => self.entered(second).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The channel that a line of the server's puts us into, and that nobody asked for: by force, or in another's place (470). So
    /// many of them on one connection.
    pub(super) fn forced(&mut self, line: &Line, me: &str) -> Option<String> {
        let (name, nick) = (line.param(0), line.nick()?);
        let is_ours = line.command == "JOIN" && nick.eq_ignore_ascii_case(me);
        let is_known = self.known.contains_key(&name.to_ascii_lowercase());
        if !is_ours || is_known || !is_channel(name) || self.forced >= MOST_FORCED {
            return None;
        }
        self.forced = self.forced.saturating_add(1);
        Some(name.to_owned())
    }

    /// Takes a PRIVMSG; CTCP begins with 0x01.
    pub(super) fn heard(&self, line: &Line) -> Option<LinkEvent> {
        let channel = self.known.get(&line.param(0).to_ascii_lowercase())?;
        let from = channel.nicks.get(&line.nick()?.to_ascii_lowercase())?;
        let text = line.param(1);
        let told = channel.state == State::In && !text.starts_with('\u{1}');
        told.then(|| LinkEvent::Heard {
            channel: channel.name.clone(),
            from: from.clone(),
            text: text.to_owned(),
        })
    }

    /// Takes a numeric from 400 to 599 that names a channel.
    pub(super) fn refused(&mut self, name: &str, numeric: u16) -> Option<LinkEvent> {
        let lower = name.to_ascii_lowercase();
        let channel = self.known.get_mut(&lower)?;
        match channel.state {
            State::Joining if !is_of_before(numeric) => self.shut(&lower, numeric),
            State::Listing | State::In if is_not_in(numeric) => self.shut(&lower, numeric),
            State::In if refuses_words(numeric) || channel.is_bare(numeric) => {
                channel.state = State::Unheard;
                Some(shut(&channel.name, numeric))
            }
            State::Joining | State::Listing | State::In | State::Unheard => None,
        }
    }

    /// Takes a numeric that names JOIN in a channel's place: there is nothing that the server lets us join.
    pub(super) fn join_refused(&mut self, numeric: u16) -> Vec<LinkEvent> {
        let joining = |(_, channel): &(&String, &Channel)| channel.state == State::Joining;
        let all: Vec<String> = self
            .known
            .iter()
            .filter(joining)
            .map(|(lower, _)| lower.clone())
            .collect();
        all.iter()
            .filter_map(|lower| self.shut(lower, numeric))
            .collect()
    }

    fn came(&mut self, name: &str, nick: &str, me: &str) -> Vec<LinkEvent> {
        let Some(channel) = self.known.get_mut(&name.to_ascii_lowercase()) else {
            return Vec::new();
        };
        if nick.eq_ignore_ascii_case(me) && channel.state == State::Joining {
            channel.state = State::Listing;
            channel.nicks.clear();
            return Vec::new();
        }
        channel.add(nick, me).into_iter().collect()
    }

    fn gone(&mut self, name: &str, nick: &str, me: &str) -> Vec<LinkEvent> {
        let lower = name.to_ascii_lowercase();
        let Some(channel) = self.known.get_mut(&lower) else {
            return Vec::new();
        };
        let told = match (nick.eq_ignore_ascii_case(me), channel.state) {
            (false, _) => channel.take(nick),
            (true, State::Joining) => None,
            (true, State::Listing | State::In) => self.shut(&lower, KICKED),
            (true, State::Unheard) => {
                self.known.remove(&lower);
                None
            }
        };
        told.into_iter().collect()
    }

    /// Somebody is nowhere any more, but perhaps under another nick.
    fn gone_from_all(&mut self, nick: &str, now_is: Option<&str>, me: &str) -> Vec<LinkEvent> {
        let mut told = Vec::new();
        for channel in self.known.values_mut().filter(|channel| channel.has(nick)) {
            told.extend(channel.take(nick));
            told.extend(now_is.and_then(|nick| channel.add(nick, me)));
        }
        told
    }

    /// `me = #channel :nick nick`; some servers write no sign in front of the channel.
    fn listed(&mut self, line: &Line, me: &str) {
        let [.., name, nicks] = line.params.as_slice() else {
            return;
        };
        if let Some(channel) = self.known.get_mut(&name.to_ascii_lowercase())
            && channel.state == State::Listing
        {
            for nick in nicks.split(' ').map(plain_nick) {
                channel.add(nick, me);
            }
        }
    }

    fn entered(&mut self, name: &str) -> Option<LinkEvent> {
        let channel = self.known.get_mut(&name.to_ascii_lowercase())?;
        if channel.state != State::Listing {
            return None;
        }
        channel.state = State::In;
        Some(LinkEvent::Entered {
            channel: channel.name.clone(),
            nicks: channel.nicks.values().cloned().collect(),
        })
    }

    fn shut(&mut self, lower: &str, numeric: u16) -> Option<LinkEvent> {
        let channel = self.known.remove(lower)?;
        Some(shut(&channel.name, numeric))
    }
}

impl Channel {
    /// Whether a numeric says that we may not hide a channel which nobody else has hidden: only we are in it.
    fn is_bare(&self, numeric: u16) -> bool {
        numeric == ERR_CHANOPRIVSNEEDED && self.nicks.is_empty()
    }

    fn has(&self, nick: &str) -> bool {
        self.nicks.contains_key(&nick.to_ascii_lowercase())
    }

    /// Somebody is here; told if we are.
    fn add(&mut self, nick: &str, me: &str) -> Option<LinkEvent> {
        let one_more = !nick.is_empty() && !nick.eq_ignore_ascii_case(me) && !self.has(nick);
        if !one_more || self.nicks.len() >= MOST_NICKS {
            return None;
        }
        self.nicks
            .insert(nick.to_ascii_lowercase(), nick.to_owned());
        (self.state == State::In).then(|| LinkEvent::Came {
            channel: self.name.clone(),
            nick: nick.to_owned(),
        })
    }

    /// Somebody is not here any more; told if we are.
    fn take(&mut self, nick: &str) -> Option<LinkEvent> {
        let nick = self.nicks.remove(&nick.to_ascii_lowercase())?;
        (self.state == State::In).then(|| LinkEvent::Gone {
            channel: self.name.clone(),
            nick,
        })
    }
}

fn shut(name: &str, numeric: u16) -> LinkEvent {
    LinkEvent::Shut {
        channel: name.to_owned(),
        numeric,
    }
}

/// Whether a word is the name of a channel.
pub(super) fn is_channel(word: &str) -> bool {
    word.starts_with('#')
}

/// Whether a numeric is about a channel, or about JOIN as such.
pub(super) fn is_about_channel(numeric: &Line) -> bool {
    let about = numeric.param(1);
    is_channel(about) || about.eq_ignore_ascii_case("JOIN")
}

/// JOIN, and MODE that hides the channel, as one text: written apart, anybody may see it in between. `None` if the name or
/// the key is none of ours.
fn joining(name: &str, key: &str, linelen: usize) -> Option<String> {
    let ours =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let fit = name.strip_prefix('#').is_some_and(ours) && ours(key);
    let join = line::write(&["JOIN", name, key], None, linelen).ok()?;
    let mode = line::write(&["MODE", name, "+snk", key], None, linelen).ok()?;
    fit.then(|| join + &mode)
}

/// A nick of a 353 without `@`, `+` and what else shows ranks, of which there may be several (IRCv3 multi-prefix), and
/// without user and host (userhost-in-names).
fn plain_nick(name: &str) -> &str {
    let nick = name.trim_start_matches(RANKS);
    nick.split('!').next().unwrap_or(nick)
}

/// Whether a numeric to one who thinks that they are in a channel says that they are not.
fn is_not_in(numeric: u16) -> bool {
    matches!(numeric, 401 | 403 | 442)
}

/// Whether a numeric that comes before our JOIN does cannot answer it, but words or a PART of an earlier stay.
fn is_of_before(numeric: u16) -> bool {
    matches!(numeric, 404 | 442)
}

/// Whether a numeric says that words were not delivered to the channel that it names.
pub(super) fn refuses_words(numeric: u16) -> bool {
    let banned = [404, 407, 408, 415, 439, 477, 486, 489, 492, 494, 531];
    is_not_in(numeric) || banned.contains(&numeric)
}

/// Channels of one connection.
const MOST_CHANNELS: usize = 64;
/// Channels into which we are put and from which we part.
const MOST_FORCED: usize = 16;
/// Nicks that are known in a channel; who comes beyond is passed over.
const MOST_NICKS: usize = 1024;
/// Signs of rank of any server: ISUPPORT PREFIX, and InspIRCd's and UnrealIRCd's own. No nick begins with one.
const RANKS: [char; 8] = ['~', '&', '@', '%', '+', '!', '*', '.'];
const RPL_NAMREPLY: u16 = 353;
const RPL_ENDOFNAMES: u16 = 366;
const ERR_CHANOPRIVSNEEDED: u16 = 482;
