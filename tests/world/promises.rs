//! The promises, by name; here those that hold at every moment; those that hold once all
//! is quiet stand in `quiet.rs`.
//!
//! 1. *hidden stays hidden*   2. *friends find each other*   3. *exactly once, or told*   4. *no loops*
//! 5. *no forgery* (see `truth.rs`)   6. *bounded*   7. *no wedge*
//!
//! And of mailboxes: other people's mails in them do not change (see `fetching.rs`). And of whoever moves, or loses all: an
//! account lives at one place (see `moving.rs`), and wherever it lived, nothing is sealed twice (see `sealed.rs`).

use std::collections::{BTreeMap, BTreeSet};

use iim::protocol::letter::{Presence, Secret};
use iim::protocol::nick;
use iim::rules::contact::Contact;

use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// What holds at every moment.
    pub(crate) fn check_now(&mut self) {
        let rosters: Vec<Vec<Contact>> = self
            .people
            .iter_mut()
            .map(|one| one.account.people().unwrap())
            .collect();
        self.note_secrets(&rosters);
        self.check_secrets();
        self.check_nicks();
        self.check_written();
        self.check_decoys(&rosters);
        self.check_keys(&rosters);
        self.check_bounds(&rosters);
        self.check_mailboxes();
        self.check_sealed();
        self.check_groups();
        self.check_rooms();
    }

    fn note_secrets(&mut self, rosters: &[Vec<Contact>]) {
        for (who, roster) in rosters.iter().enumerate() {
            for person in roster {
                let secret = person.presence().and_then(|held| held.secret);
                if let (Some(secret), Some(whose)) = (secret, self.index(&person.address)) {
                    self.truth.holds(who, whose, secret);
                }
            }
        }
    }

    /// Whoever is hidden from has never learnt the secret of now.
    fn check_secrets(&mut self) {
        let hidden: Vec<(usize, usize)> = self.truth.hidden.keys().copied().collect();
        for (who, from) in hidden {
            let account = self.people[who].account.state().unwrap();
            if account.restored {
                // Nobody has been on a network since the backup was put back; the agent begins with a new secret.
                continue;
            }
            let secret = account.secret;
            let held = self.truth.held.get(&(from, who));
            if held.is_some_and(|held| held.contains(&secret.0)) {
                let words = format!("{from} holds the secret of {who}, who is hidden from them");
                self.truth.breaks(HIDDEN, words);
            }
        }
    }

    /// Whoever is hidden from cannot work out the nick of now, and gets no line from it.
    fn check_nicks(&mut self) {
        let hidden: Vec<_> = self
            .truth
            .hidden
            .iter()
            .map(|(pair, hiding)| (*pair, hiding.since_ms))
            .filter(|(_, since)| self.now > since + LEAVES)
            .collect();
        for ((who, from), since) in hidden {
            for network in self.networks.clone() {
                self.check_nick(who, from, &network);
                self.check_lines(who, from, &network, since);
            }
        }
    }

    fn check_nick(&mut self, who: usize, from: usize, network: &str) {
        // What the agent has left, a server that was cut off may still show for minutes.
        let agent = self.people[who].agent.as_ref();
        let nick = agent.and_then(|agent| agent.nick_on(network));
        let Some(nick) = nick.map(str::to_owned) else {
            return;
        };
        let window = self.people[who].account.settings().window;
        let at = self.people[who].account.now();
        let held = self
            .truth
            .held
            .get(&(from, who))
            .cloned()
            .unwrap_or_default();
        for secret in held {
            let around = nick::neighbours(&Secret(secret), network, window, at);
            if around.iter().any(|one| one.as_str() == nick) {
                let now = self.people[who].account.state().unwrap().secret.0 == secret;
                let words = format!(
                    "{from} can work out the nick {nick} of {who} on {network} (of now: {now})"
                );
                self.truth.breaks(HIDDEN, words);
            }
        }
    }

    /// No line goes from them to the nicks of whoever they are hidden from.
    fn check_lines(&mut self, who: usize, from: usize, network: &str, since: u64) {
        if self.mallory_poses_as(who, from) {
            return;
        }
        let lines = self.irc.log(network).iter().rev();
        let had = self.irc.nicks().iter();
        let theirs: BTreeSet<&str> = had
            .filter(|had| had.person == from && had.network == network)
            .map(|had| had.nick.as_str())
            .collect();
        let bad = lines
            .take_while(|line| line.at_ms > since + LEAVES && line.at_ms + LOOKED_BACK > self.now)
            .find(|line| line.person == Some(who) && theirs.contains(line.to.as_str()));
        if let Some(line) = bad {
            let (at, after) = (line.at_ms, (line.at_ms - since) / 1000);
            let words = format!("{who} wrote a line to {from} {after} s after they hid ({at})");
            self.truth.breaks(HIDDEN, words);
        }
    }

    /// From the hide on nothing more is written to whoever is hidden from; what was written before may be under way.
    fn check_written(&mut self) {
        for (who, from) in std::mem::take(&mut self.truth.written) {
            if !self.mallory_poses_as(who, from) {
                let words = format!("{who} wrote to {from}, from whom they were hidden");
                self.truth.breaks(HIDDEN, words);
            }
        }
    }

    /// Mallory told `who` a secret of `whom` as their own, so that they are looked for at another's nick: whoever is
    /// there sees lines that they cannot open, from a nick that they do not know.
    fn mallory_poses_as(&self, who: usize, whom: usize) -> bool {
        let told = self.truth.held.get(&(who, MALLORY));
        let of_whom = |((_, whose), _): &(&(usize, usize), _)| *whose == whom;
        let mut real = self.truth.held.iter().filter(of_whom);
        told.is_some_and(|told| real.any(|(_, held)| !held.is_disjoint(told)))
    }

    /// A decoy looks like what the others got, and all the hidden have the same one.
    fn check_decoys(&mut self, rosters: &[Vec<Contact>]) {
        for who in 0..self.people.len() {
            let address = self.address(who);
            let mut looks: BTreeMap<u64, Vec<(usize, Presence)>> = BTreeMap::new();
            for (other, roster) in rosters.iter().enumerate() {
                let held = roster.iter().find(|person| person.address == address);
                if let Some(presence) = held.and_then(|person| person.presence().cloned())
                    && other != MALLORY
                    && let Some(epoch) = presence.epoch
                {
                    looks.entry(epoch).or_default().push((other, presence));
                }
            }
            for (epoch, looks) in looks {
                self.check_alike(who, epoch, &looks);
            }
        }
    }

    fn check_alike(&mut self, who: usize, epoch: u64, looks: &[(usize, Presence)]) {
        let (account, life) = (
            self.people[who].account.state().unwrap(),
            self.people[who].lives,
        );
        if life > 0 || self.truth.wrong_clock.contains(&who) {
            return;
        }
        let shape = |presence: &Presence| {
            (
                presence.window,
                presence.networks.clone(),
                presence.capabilities.clone(),
                presence.status.is_some(),
                presence.ways.clone(),
            )
        };
        let mut decoys = BTreeSet::new();
        for (one, presence) in looks {
            if shape(presence) != shape(&looks[0].1) {
                let words = format!("{one} can tell their presence of {who} from another's");
                self.truth.breaks(HIDDEN, words);
            }
            let decoy = presence.secret.filter(|secret| *secret != account.secret);
            // After a backup was put back, the number is of what friends were told, the secret is not: nobody is told
            // it, and the agent begins with a new one.
            if epoch == account.epoch && !account.restored {
                decoys.extend(decoy.map(|secret| secret.0));
            }
        }
        if decoys.len() > 1 {
            let words = format!("the hidden friends of {who} hold different decoys");
            self.truth.breaks(HIDDEN, words);
        }
    }

    /// Wherever an account lives or has lived, no letter is sealed where another was.
    fn check_sealed(&mut self) {
        for who in std::mem::take(&mut self.post.places.twice) {
            let words = format!("{who} sealed two letters from one place of a ratchet");
            self.truth.breaks(TWICE, words);
        }
    }

    /// The keys of a friend are theirs.
    fn check_keys(&mut self, rosters: &[Vec<Contact>]) {
        for (who, roster) in rosters.iter().enumerate() {
            for person in roster {
                let Some(keys) = person.keys() else {
                    continue;
                };
                let other = self.index(&person.address);
                let theirs = other.is_some_and(|other| self.people[other].keys.contains(keys));
                if !theirs && who != MALLORY {
                    let words = format!("{who} takes keys for {}'s that are not", person.address);
                    self.truth.breaks(FORGERY, words);
                }
            }
        }
    }

    /// Database, roster and requests stay small.
    fn check_bounds(&mut self, rosters: &[Vec<Contact>]) {
        for (who, roster) in rosters.iter().enumerate() {
            let pending = roster.iter().filter(|person| person.asks()).count();
            let database = self.people[who].disk.size();
            let text = self.people[who].home.roster();
            let text = std::fs::metadata(text).map_or(0, |meta| meta.len());
            let said = self.truth.texts.len() + 4 * self.truth.said.len();
            let room = 2_000_000 + 8_000 * said as u64;
            if pending > 200 || database > room || text > 2_000 + 2_000 * roster.len() as u64 {
                let words = format!(
                    "{who}: {pending} requests, {database} bytes of database, {text} of roster"
                );
                self.truth.breaks(BOUNDED, words);
            }
        }
    }
}

pub(crate) const HIDDEN: &str = "hidden stays hidden";
pub(crate) const FIND: &str = "friends find each other";
pub(crate) const ONCE: &str = "exactly once, or told";
pub(crate) const LOOPS: &str = "no loops";
pub(crate) const FORGERY: &str = "no forgery";
pub(crate) const BOUNDED: &str = "bounded";
pub(crate) const FOREIGN: &str = "foreign mail stays";
pub(crate) const PLACE: &str = "one account, one place";
pub(crate) const TWICE: &str = "nothing is sealed twice";
pub(crate) const WEDGE: &str = "no wedge";

/// Lines are looked at again for so long, in ms: longer than a step.
const LOOKED_BACK: u64 = 300_000_000;
/// After a hide the nick is left within 20 s; lines may be under way.
const LEAVES: u64 = 90_000;
