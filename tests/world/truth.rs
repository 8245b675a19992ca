//! What is true in the simulated world: who said what, who wants to be seen by whom, and who wanted to be friends.
//! The promises are checked against this, not against what the program believes.

use std::collections::{BTreeMap, BTreeSet};

use iim::protocol::address::Address;
use iim::protocol::letter::{LetterId, Secret};
use iim::rules::effect::Notice;
use iim::rules::message::{Delivery, Message};
use iim::rules::presence_tracker::Shown;

use crate::attacks::whose_words;
use crate::groups::truth::{Said, Talk};
use crate::rooms::truth::Rooms;
use crate::world::World;

/// A text that a person said.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) id: LetterId,
    pub(crate) words: String,
    pub(crate) at_ms: u64,
    /// The life of each side when it was said (a reinstalled account forgets everything).
    pub(crate) lives: (u32, u32),
    /// One side went back to an older state since, or had its clock wrong: then less is promised.
    pub(crate) rolled_back: bool,
    /// It was told once by the program that took it, and once by the agent.
    pub(crate) told: [bool; 2],
    /// When the receiver first had it.
    pub(crate) shown_at: Option<u64>,
}

/// Who tells that a text came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    /// The hook, or a command.
    Program,
    /// The agent.
    Agent,
}

/// Somebody does not want to be seen by somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hiding {
    pub(crate) since_ms: u64,
}

/// A broken promise.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) promise: &'static str,
    pub(crate) words: String,
}

/// What is true.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) texts: Vec<Text>,
    /// (who, from whom): as the person wants it.
    pub(crate) hidden: BTreeMap<(usize, usize), Hiding>,
    /// (who, whom): said yes to, by add or accept.
    pub(crate) consent: BTreeSet<(usize, usize)>,
    /// (who, whose): every secret of the other that the first ever held.
    pub(crate) held: BTreeMap<(usize, usize), BTreeSet<Secret32>>,
    /// (reader, writer, text): seen while the writer was hidden from; no read receipt may tell them.
    pub(crate) seen_hidden: BTreeSet<(usize, usize, LetterId)>,
    /// (who, to whom): lines that were written while the first was hidden from the second.
    pub(crate) written: Vec<(usize, usize)>,
    pub(crate) acts: u64,
    /// Pairs for which a way back needs a human act: blocked, removed, changed keys, too old a backup.
    pub(crate) parted: BTreeSet<(usize, usize)>,
    /// People whose clock was wrong at some time.
    pub(crate) wrong_clock: BTreeSet<usize>,
    /// People whose account lived at two places for a moment: friends may hold a presence that the other told.
    pub(crate) twice: BTreeSet<usize>,
    /// Something happened to a network, so lines may have been lost, receipts among them.
    pub(crate) lines_lost: bool,
    pub(crate) broken: Vec<Broken>,
    /// Groups, and what was said in them.
    pub(crate) talks: Vec<Talk>,
    pub(crate) said: Vec<Said>,
    /// Rooms of groups, and what is done in them.
    pub(crate) rooms: Rooms,
    /// Words of the user that they were told, for people to read in a trace.
    pub(crate) told: Vec<(u64, usize, String)>,
}

/// A secret's bytes, to be ordered.
pub(crate) type Secret32 = [u8; 32];

impl Truth {
    pub(crate) fn breaks(&mut self, promise: &'static str, words: String) {
        self.broken.push(Broken { promise, words });
    }

    pub(crate) fn text(&self, id: LetterId) -> Option<&Text> {
        self.texts.iter().find(|text| text.id == id)
    }

    pub(crate) fn holds(&mut self, who: usize, whose: usize, secret: Secret) {
        self.held.entry((who, whose)).or_default().insert(secret.0);
    }

    /// From now on they may be seen, and may tell what they have read.
    pub(crate) fn shows(&mut self, who: usize, to: usize) {
        self.hidden.remove(&(who, to));
        self.seen_hidden
            .retain(|(reader, writer, _)| (*reader, *writer) != (who, to));
    }

    pub(crate) fn part(&mut self, one: usize, two: usize) {
        self.parted.insert((one, two));
        self.parted.insert((two, one));
    }
}

/// The hostile one: what comes from them is their own affair.
pub(crate) const MALLORY: usize = 3;

impl World {
    /// Somebody and their programs are told something: it must be true.
    pub(crate) fn note(&mut self, who: usize, notices: Vec<Notice>) {
        for notice in &notices {
            self.check_notice(who, notice, By::Program);
        }
    }

    /// A mail or a report has come. What a report says is told once for each text, not for each line of it.
    pub(crate) fn note_heard(&mut self, who: usize, notices: Vec<Notice>, report: bool) {
        // A mail may have held several texts of groups.
        let of_one = |notice: &&Notice| !matches!(notice, Notice::Copies { .. });
        let things = notices.iter().filter(of_one).count();
        if report && things > MOST_OF_A_REPORT {
            let words = format!("one report told {who} {things} things");
            self.truth.breaks(crate::promises::BOUNDED, words);
        }
        self.note(who, notices);
    }

    /// The agent tells: what it did itself, and what other programs left for it to tell.
    pub(crate) fn note_told(&mut self, who: usize, notices: Vec<Notice>) {
        for notice in &notices {
            self.check_notice(who, notice, By::Agent);
        }
    }

    /// What the agent's mail thread caused is told by the agent.
    pub(crate) fn note_of_agent(&mut self, who: usize, notices: Vec<Notice>) {
        match &mut self.people[who].agent {
            Some(agent) => agent.tell_all(notices),
            None => self.note(who, notices),
        }
    }

    fn check_notice(&mut self, who: usize, notice: &Notice, by: By) {
        self.check_words(who, notice);
        let whose = notice
            .about()
            .map(|id| self.people[who].account.whoever(id));
        let whose = whose.and_then(|found| found.unwrap());
        let whose = whose.map_or_else(|| self.address(who), |one| one.address);
        match notice {
            Notice::Text { message } if !message.is_ours() && message.in_group.is_some() => {
                self.check_text_of_group(who, &whose, message, by);
            }
            Notice::Copies {
                group, id, failed, ..
            } => self.check_copies(who, *group, *id, failed.as_ref()),
            Notice::Text { message } if !message.is_ours() => {
                self.check_text(who, &whose, message, by);
            }
            Notice::Friend { .. } => self.check_friendship(who, &whose),
            Notice::State { id, state, .. } => self.check_state(who, &whose, *id, *state),
            Notice::Word { text, .. } => {
                let told = (self.now, who, text.clone());
                self.truth.told.push(told);
            }
            Notice::Text { .. }
            | Notice::Change { .. }
            | Notice::Typing { .. }
            | Notice::Request { .. }
            | Notice::Rotated { .. }
            | Notice::Seen { .. }
            | Notice::Status { .. }
            | Notice::Here { .. }
            | Notice::Group { .. }
            | Notice::SeenIn { .. }
            | Notice::Presence { .. } => {}
        }
    }

    /// Whoever is blocked, removed or a stranger gets no words before anybody's eyes.
    fn check_words(&mut self, who: usize, notice: &Notice) {
        let words = match notice {
            Notice::Word { text, .. } => Some(text),
            Notice::State { reason, .. } => reason.as_ref(),
            _ => None,
        };
        let Some(whose) = words.and_then(|words| whose_words(words)) else {
            return;
        };
        // A kept copy comes back to whoever mailed it to themselves.
        if whose == who {
            return;
        }
        let address = self.address(whose);
        let known = self.people[who].find(&address);
        if known.is_none_or(|person| person.blocked) {
            let words = format!("{who} is told words of {whose}, who is blocked or unknown");
            self.truth.breaks(crate::promises::FORGERY, words);
        }
    }

    /// No text is shown that its friend did not write.
    fn check_text(&mut self, who: usize, friend: &Address, message: &Message, by: By) {
        let (id, words) = (message.id, message.text.as_str());
        let from = self.index(friend);
        if from == Some(MALLORY) || who == MALLORY {
            return;
        }
        let life = self.people[who].lives;
        let now = self.now;
        let said = self.truth.texts.iter_mut().find(|text| {
            text.id == id && Some(text.from) == from && text.to == who && text.words == words
        });
        match said {
            Some(text) if text.told[by as usize] && !text.rolled_back && text.lives.1 == life => {
                let words = format!("{who} was shown {words:?} of {friend} twice");
                self.truth.breaks(crate::promises::ONCE, words);
            }
            Some(text) => {
                text.told[by as usize] = true;
                text.shown_at = text.shown_at.or(Some(now));
            }
            None => {
                let words = format!("{who} was shown {words:?} of {friend}, who never said it");
                self.truth.breaks("no forgery", words);
            }
        }
    }

    /// Nobody is called a friend who did not want to be.
    fn check_friendship(&mut self, who: usize, friend: &Address) {
        let Some(other) = self.index(friend) else {
            let words = format!("{who} has a friend {friend} who does not exist");
            return self.truth.breaks("no forgery", words);
        };
        for pair in [(who, other), (other, who)] {
            if !self.truth.consent.contains(&pair) {
                let words = format!("{who} and {other} are friends, but {} never agreed", pair.0);
                self.truth.breaks("no forgery", words);
            }
        }
    }

    fn check_state(&mut self, who: usize, friend: &Address, id: LetterId, state: Delivery) {
        let Some(text) = self.truth.text(id).cloned() else {
            return;
        };
        let (from, to) = (text.from, text.to);
        if from != who || self.index(friend) != Some(to) || to == MALLORY || from == MALLORY {
            return;
        }
        let arrived = matches!(state, Delivery::Delivered | Delivery::Read);
        if arrived && text.shown_at.is_none() && !text.rolled_back {
            let words = format!(
                "{who} was told that {:?} arrived, and it did not",
                text.words
            );
            self.truth.breaks("no forgery", words);
        }
        if state == Delivery::Read && self.truth.seen_hidden.contains(&(to, from, id)) {
            let words = format!(
                "{who} was told that {to}, who is hidden, read {:?}",
                text.words
            );
            self.truth.breaks("hidden stays hidden", words);
        }
    }

    /// Somebody's agent writes a line: if they hide from whoever has the nick, `check_written` looks at it.
    pub(crate) fn note_written(&mut self, who: usize, network: &str, to: &str) {
        if !self.truth.hidden.keys().any(|(one, _)| *one == who) {
            return;
        }
        let mut nicks = self.irc.nicks().iter().rev();
        let theirs =
            nicks.find(|had| had.network == network && had.nick == to && had.until_ms.is_none());
        let hidden = theirs.filter(|had| self.truth.hidden.contains_key(&(who, had.person)));
        if let Some(had) = hidden {
            self.truth.written.push((who, had.person));
        }
    }

    /// What the user sees of a friend changed: online only who is there.
    pub(crate) fn notice_presence(&mut self, who: usize, friend: &Address, shown: Shown) {
        self.people[who].shown.insert(friend.clone(), shown);
        let Some(other) = self.index(friend) else {
            return;
        };
        if other == MALLORY || who == MALLORY {
            return;
        }
        match shown {
            Shown::Online | Shown::Away | Shown::Busy => {}
            Shown::Offline | Shown::Unverified => return,
        }
        let lately = self.irc.nicks().iter().rev().any(|had| {
            had.person == other && had.until_ms.is_none_or(|until| self.now <= until + LATELY)
        });
        if !lately {
            let words = format!("{who} was shown {other} as {shown:?}, who is not there");
            self.truth.breaks("no forgery", words);
        }
    }
}

/// What one report may tell at most.
const MOST_OF_A_REPORT: usize = 2;
/// A `here` may be under way for so long, in ms.
const LATELY: u64 = 180_000;
