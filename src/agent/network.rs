//! What the agent knows of each of its networks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::nick_lifecycle::Stay;
use crate::account::Leaving;
use crate::edge::config;
use crate::edge::control::status::NetworkStatus;
use crate::edge::irc::Registered;
use crate::protocol::irc_form::{self, Assembler};
use crate::protocol::time::Seconds;
use crate::rules::networks::{Called, Ours};
use crate::rules::queue::retry::IRC_PATIENCE;

/// One network, as the agent lives on it.
pub(super) struct Network {
    /// Its name, as we list it.
    pub(super) name: String,
    /// How it is configured.
    config: config::Network,
    /// As friends' networks are matched with it: what it was called last holds while the link is lost.
    ours: Ours,
    /// Friends are watched here.
    pub(super) watched: bool,
    /// The link was told whom to look for.
    pub(super) is_told: bool,
    /// Where nobody is looked for: the nicks of those who have greeted us, who must be seen to leave.
    pub(super) greeted: BTreeSet<String>,
    /// Those of the watched nicks that are there.
    pub(super) there: BTreeSet<String>,
    /// Where we are.
    pub(super) stay: Stay,
    /// What the server said when we registered; `None` while we are not.
    pub(super) session: Option<Registered>,
    /// Why we are not, in one line.
    pub(super) trouble: Option<String>,
    /// Our nick cannot be had.
    pub(super) taken: Option<Taken>,
    /// A server has thrown us out, and none has let us in since.
    pub(super) thrown_out: bool,
    /// Frames of which pieces are still to come.
    pub(super) assembler: Assembler,
    /// The next letter may be handed over.
    pub(super) room: bool,
    /// Letters handed to the link, by ticket, with the nick they go to.
    pub(super) flying: BTreeMap<u64, (String, Leaving)>,
    /// Letters written lately, with the nick they went to and when.
    pub(super) written: VecDeque<(Seconds, String, Leaving)>,
}

/// That our nick cannot be had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// In which way, of late.
    pub(super) trouble: NickTrouble,
    /// Since when.
    pub(super) since: Seconds,
    /// The user was told.
    pub(super) said: bool,
}

/// Why our nick cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NickTrouble {
    /// Somebody has it.
    InUse,
    /// The server, or its services, gave us another.
    Changed,
}

impl NickTrouble {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::InUse => "our nickname is in use there",
            Self::Changed => "the server gave us another nickname than friends look for",
        }
    }
}

impl Network {
    /// Nothing is known yet, nothing is ordered.
    pub(super) fn new(network: &config::Network, watched: bool) -> Self {
        Self {
            name: network.name.clone(),
            config: network.clone(),
            ours: network.ours(None),
            watched,
            is_told: false,
            greeted: BTreeSet::new(),
            there: BTreeSet::new(),
            stay: Stay::new(),
            session: None,
            trouble: None,
            taken: None,
            thrown_out: false,
            assembler: Assembler::default(),
            room: false,
            flying: BTreeMap::new(),
            written: VecDeque::new(),
        }
    }

    /// How it is, for the user.
    pub(super) fn status(&self) -> NetworkStatus {
        let state = match &self.session {
            Some(_) if self.trouble.is_none() => "connected",
            Some(_) => "trouble",
            None if self.thrown_out => "trouble",
            None if self.taken.is_some() => "nick taken",
            None if self.stay.is_there() => "connecting",
            None => "away",
        };
        NetworkStatus {
            name: self.name.clone(),
            state: state.to_owned(),
            server: self.session.as_ref().map(|session| session.server.clone()),
            reason: self.trouble.clone(),
            called: match &self.ours.called {
                Called::By(name) => Some(name.clone()),
                Called::Unknown | Called::Nothing => None,
            },
        }
    }

    /// We are registered there.
    pub(super) fn registered(&mut self, session: Registered) {
        self.ours = self.config.ours(Some(session.network.as_deref()));
        self.session = Some(session);
        self.trouble = None;
        self.taken = None;
        self.thrown_out = false;
    }

    /// What matching friends' networks needs.
    pub(super) fn ours(&self) -> &Ours {
        &self.ours
    }

    /// Bytes for the text of one PRIVMSG to a nick; `None` while we are not registered.
    pub(super) fn room_for(&self, nick: &str) -> Option<usize> {
        let session = self.session.as_ref()?;
        Some(irc_form::room(
            session.room_prefix,
            nick.len(),
            session.linelen,
        ))
    }

    /// Registered under the nick under which friends look for us.
    pub(super) fn is_reachable(&self) -> bool {
        let named = |session: &Registered| session.nick.eq_ignore_ascii_case(&self.stay.nick);
        self.stay.is_derived() && self.session.as_ref().is_some_and(named)
    }

    /// A letter is handed to the link.
    pub(super) fn sent(&mut self, ticket: u64, to: &str, leaving: Leaving) {
        self.flying.insert(ticket, (to.to_owned(), leaving));
    }

    /// Notes that a letter was written whole.
    pub(super) fn wrote(&mut self, ticket: u64, now: Seconds) -> Option<Leaving> {
        let (nick, leaving) = self.flying.remove(&ticket)?;
        self.written.retain(|(at, ..)| now < at.after(IRC_PATIENCE));
        self.written.push_back((now, nick, leaving.clone()));
        Some(leaving)
    }

    /// The letters on their way to a nick, or lately written to it: they have not arrived.
    pub(super) fn undelivered(&mut self, nick: &str) -> Vec<Leaving> {
        let flying = self.flying.extract_if(.., |_, (to, _)| to == nick);
        let mut lost: Vec<Leaving> = flying.map(|(_, (_, leaving))| leaving).collect();
        let (gone, kept): (VecDeque<_>, VecDeque<_>) =
            self.written.drain(..).partition(|(_, to, _)| to == nick);
        self.written = kept;
        lost.extend(gone.into_iter().map(|(_, _, leaving)| leaving));
        lost
    }

    /// The connection is lost: what the link had not written does not leave any more.
    pub(super) fn lose(&mut self) -> Vec<Leaving> {
        self.session = None;
        self.room = false;
        self.there.clear();
        self.assembler = Assembler::default();
        let flying = std::mem::take(&mut self.flying);
        flying.into_values().map(|(_, leaving)| leaving).collect()
    }
}
