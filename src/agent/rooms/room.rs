//! One room on one network in one window: who is proved to be there, and what is sealed and opened in it.
//!
//! ```text
//!  we enter ─▶ our `there` ─▶ theirs, 2–20 s later ─▶ a `got` that names our coming: they are there
//!  they come ─▶ their `there` opens ─▶ ours, once for all who came, and a `got` that names theirs
//! ```
//!
//! A nick that proved nobody causes no line, and is shown nowhere.

mod saying;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::held::HeldLines;
use super::nicks::Nicks;
use super::over::{Left, Over};
use crate::edge::seal::room::{Hearer, unwrap};
use crate::edge::seal::verify;
use crate::protocol::codec::there_signed_bytes;
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::Got;
use crate::protocol::group::room::{Coming, RoomPart, RoomPlace};
use crate::protocol::irc_form::Assembler;
use crate::protocol::letter::{Body, Letter, Secret, There};
use crate::protocol::padding::decode_padded_bare;
use crate::protocol::time::Seconds;
use crate::rules::decision::Rng;
use crate::rules::group::room::open::OpenRoom;
use crate::rules::group::room::pace::{MOST_NICKS, Pace};

/// A room.
pub(super) struct Room {
    /// Whose it is, with the key in its window.
    pub(super) open: Arc<OpenRoom>,
    /// Its channel.
    pub(super) place: RoomPlace,
    /// We are in the channel.
    pub(super) is_in: bool,
    /// When we were to enter it.
    pub(super) begun: Seconds,
    /// When it is left: a room of the next window has taken its place.
    pub(super) part_at: Option<Seconds>,
    /// The network, as the book lists it.
    network: String,
    wrap: Secret,
    /// Names our coming.
    coming: Coming,
    assembler: Assembler,
    nicks: Nicks,
    proved: BTreeMap<String, Proved>,
    /// Lines of nicks whose `there` has not come yet, the oldest first.
    held: HeldLines,
    /// Sessions of nicks that have left.
    over: Over,
    /// When our `there` is said.
    there_at: Option<Seconds>,
    /// When it was last said.
    said_at: Option<Seconds>,
    /// When what has come is told, at the latest.
    got_at: Option<Seconds>,
    /// When it was last told.
    told_at: Seconds,
    /// Comings that were opened, and are not named yet.
    opened: Vec<Coming>,
    /// Who was there when we said what they have not acknowledged, and since when.
    unanswered: BTreeMap<MemberId, Seconds>,
    /// When we last said `there` anew for those, or for who has not named our coming.
    renewed_at: Seconds,
    /// When we last owed a `there` to who came back.
    returned_at: Seconds,
}

/// A nick that a member proved to be theirs.
struct Proved {
    member: MemberId,
    hearer: Hearer,
    /// How often it has come back.
    returns: u32,
    /// They have named our coming: so this is said now.
    is_there: bool,
    /// When the nick was proved.
    since: Seconds,
    /// When their coming was last put among those to be named, and how often it was anew.
    named: (Seconds, u32),
    /// How often we have said `there` anew for them.
    told_anew: u32,
}

/// What is to be said of our own accord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// That we are there.
    There,
    /// What has come.
    Got,
}

/// How we are in a channel: our nick there.
#[derive(Clone, Copy)]
pub(super) struct Us<'a> {
    /// Our nick.
    pub(super) nick: &'a str,
    /// The time.
    pub(super) now: Seconds,
}

impl Room {
    /// A room that we are about to enter.
    pub(super) fn new(
        open: Arc<OpenRoom>,
        network: &str,
        begun: Seconds,
        rng: &mut dyn Rng,
    ) -> Self {
        let mut coming = [0; 8];
        rng.fill(&mut coming);
        Self {
            place: open.key.place(network),
            wrap: open.key.wrap(network),
            network: network.to_ascii_lowercase(),
            open,
            is_in: false,
            begun,
            part_at: None,
            coming: Coming(coming),
            assembler: Assembler::default(),
            nicks: Nicks::default(),
            proved: BTreeMap::new(),
            held: HeldLines::default(),
            over: Over::default(),
            there_at: None,
            said_at: None,
            got_at: None,
            told_at: Seconds(0),
            opened: Vec::new(),
            unanswered: BTreeMap::new(),
            renewed_at: Seconds(0),
            returned_at: Seconds(0),
        }
    }

    /// We are in the channel, with these.
    pub(super) fn entered(&mut self, nicks: BTreeSet<String>, now: Seconds, rng: &mut dyn Rng) {
        self.is_in = true;
        for nick in nicks {
            // They hear what we say first.
            self.came(&nick, Seconds(0), rng);
        }
        self.there_at = Some(now);
    }

    /// Somebody else comes into the channel.
    pub(super) fn came(&mut self, nick: &str, now: Seconds, rng: &mut dyn Rng) {
        self.gone(nick);
        let nick = nick.to_ascii_lowercase();
        self.nicks.came(&nick, now);
        // Networks split and come together again: nobody says that they are there but those who are asked by our coming.
        if self.over.has(&nick) && !now.is_within(Pace::BETWEEN_RENEWALS, self.returned_at) {
            self.returned_at = now;
            self.owe_there(now, rng);
        }
    }

    /// A nick is not in the channel any more: whoever was proved there is not. Its session counts again where it comes back, with
    /// what has not been opened yet.
    pub(super) fn gone(&mut self, nick: &str) {
        let nick = nick.to_ascii_lowercase();
        self.nicks.gone(&nick);
        self.held.take(&nick, Seconds(0));
        if let Some(proved) = self.proved.remove(&nick) {
            if !self.there().contains(&proved.member) {
                self.unanswered.remove(&proved.member);
            }
            let (hearer, returns) = (proved.hearer, proved.returns);
            let left = Left {
                nick,
                hearer,
                returns,
            };
            self.over.add(proved.member, left);
        }
    }

    /// Who may speak here is other than it was: whoever was proved by what does not count any more is proved no longer.
    pub(super) fn follow(&mut self, open: &Arc<OpenRoom>) {
        let key = |open: &OpenRoom, id| {
            let mut members = open.members.iter();
            members.find(|one| one.0 == id).map(|one| (one.1, one.2))
        };
        let is_other = |id| key(open, id) != key(&self.open, id);
        let proved = self.proved.iter();
        let others = proved.filter(|(_, proved)| is_other(proved.member));
        let others: Vec<String> = others.map(|(nick, _)| nick.clone()).collect();
        for nick in others {
            self.proved.remove(&nick);
        }
        self.open = Arc::clone(open);
    }

    /// Who is there.
    pub(super) fn there(&self) -> BTreeSet<MemberId> {
        let there = self.proved.values().filter(|one| one.is_there);
        there.map(|one| one.member).collect()
    }

    /// A line came from a nick in the channel: what of it, and of those that it lets open, was said by whom.
    pub(super) fn heard(
        &mut self,
        from: &str,
        text: &str,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Vec<(MemberId, Letter)> {
        let nick = from.to_ascii_lowercase();
        if self.nicks.since(&nick).is_none() {
            return Vec::new();
        }
        let part = self.assembler.part(&nick, text, now);
        let Some(part) = part.and_then(|part| RoomPart::decode(&part).ok()) else {
            return Vec::new();
        };
        if !self.nicks.may_try(&nick, now) {
            return Vec::new();
        }
        match part {
            RoomPart::There(sealed) => self.prove(&nick, &sealed, now, rng),
            RoomPart::Said(sealed) if self.proved.contains_key(&nick) => {
                self.open(&nick, &sealed, now, rng).into_iter().collect()
            }
            RoomPart::Said(sealed) => {
                self.held.hold(&nick, sealed, now);
                Vec::new()
            }
        }
    }

    /// A `there`: it proves its nick for a member, and opens the lines that were held of it.
    fn prove(
        &mut self,
        nick: &str,
        sealed: &[u8],
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Vec<(MemberId, Letter)> {
        let Some(there) = self.opened_there(nick, sealed) else {
            return Vec::new();
        };
        // The first session of a nick holds while it stays; said anew it is for others, or for us who have not been heard.
        if self.proved.contains_key(nick) {
            self.name_anew(nick, &there, now, rng);
            return Vec::new();
        }
        let Ok(hearer) = Hearer::new(&there.session) else {
            return Vec::new();
        };
        let of_member = |one: &&Proved| one.member == there.member;
        let is_same = |one: &Proved| one.member == there.member && one.hearer.id() == hearer.id();
        if self.proved.values().any(is_same)
            || self.proved.values().filter(of_member).count() >= MOST_NICKS
        {
            return Vec::new();
        }
        let Some((hearer, returns)) = self.over.again(nick, there.member, hearer) else {
            return Vec::new();
        };
        let came = self.nicks.since(nick).unwrap_or(now);
        if self.said_at.is_none_or(|said| said <= came || said > now) {
            self.owe_there(now, rng);
        }
        self.name(there.coming, now, rng);
        let proved = Proved {
            member: there.member,
            hearer,
            returns,
            is_there: false,
            since: now,
            named: (now, 0),
            told_anew: 0,
        };
        self.proved.insert(nick.to_owned(), proved);
        let mut opened = Vec::new();
        for sealed in self.held.take(nick, now) {
            opened.extend(self.open(nick, &sealed, now, rng));
        }
        opened
    }

    /// What a nick says of itself, if a member says it, here, under this nick.
    fn opened_there(&self, nick: &str, sealed: &[u8]) -> Option<There> {
        let opened = unwrap(&self.wrap, &self.beside(nick), sealed).ok()?;
        let Body::There(there) = decode_padded_bare(&opened).ok()?.body else {
            return None;
        };
        let mut members = self.open.members.iter();
        let (_, key, _) = members.find(|(id, ..)| *id == there.member)?;
        let said = there_signed_bytes(self.open.group, self.at(nick), &there);
        verify(key, &said, &there.signature).then_some(there)
    }

    /// A line of a proved nick.
    fn open(
        &mut self,
        nick: &str,
        sealed: &[u8],
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Option<(MemberId, Letter)> {
        let proved = self.proved.get_mut(nick)?;
        let opened = proved.hearer.open(sealed).ok()?;
        let letter = decode_padded_bare(&opened).ok()?;
        let member = proved.member;
        if let Body::Got(got) = &letter.body {
            proved.is_there |= got.opened.contains(&self.coming);
            if is_of(got, self.open.us) {
                self.unanswered.remove(&member);
            }
        } else if let Body::Said(_) = &letter.body {
            self.owe_got(now, rng);
        }
        Some((member, letter))
    }

    fn owe_there(&mut self, now: Seconds, rng: &mut dyn Rng) {
        let at = now.after(Pace::there(rng));
        let at = match self.said_at {
            // By a clock that was set back it is still to come.
            Some(said) if said > now => now.after(Pace::BETWEEN_THERES),
            Some(said) => at.max(said.after(Pace::BETWEEN_THERES)),
            None => at,
        };
        self.there_at = Some(self.there_at.map_or(at, |there| there.min(at)));
    }

    fn owe_got(&mut self, now: Seconds, rng: &mut dyn Rng) {
        let size = self.open.members.len();
        let at = now.after(Pace::got(size, rng));
        let at = at.max(self.told_at.after(Pace::BETWEEN_GOTS));
        self.got_at = Some(self.got_at.map_or(at, |got| got.min(at)));
    }

    /// A coming is to be named, so that whoever came knows that we hear them.
    fn name(&mut self, coming: Coming, now: Seconds, rng: &mut dyn Rng) {
        if self.opened.len() < crate::protocol::codec::MAX_MEMBERS {
            self.opened.push(coming);
        }
        self.owe_got(now, rng);
    }

    /// Whoever says anew that they are there, and not for somebody who came, may not have heard that we named their coming.
    fn name_anew(&mut self, nick: &str, there: &There, now: Seconds, rng: &mut dyn Rng) {
        let is_new = |one: &Proved| now.is_within(Pace::NEW, one.since);
        let is_for_others = self.proved.values().any(is_new);
        let is_named = |one: &Proved| {
            let (at, times) = one.named;
            now.is_within(Pace::UNNAMED, at) || times >= Pace::MOST_ANEW
        };
        let proved = self.proved.get_mut(nick);
        let proved = proved.filter(|proved| proved.member == there.member);
        if let Some(proved) = proved.filter(|proved| !is_for_others && !is_named(proved)) {
            proved.named = (now, proved.named.1.saturating_add(1));
            self.name(there.coming, now, rng);
        }
    }

    /// Where a nick says something here.
    fn at<'a>(&'a self, nick: &'a str) -> (&'a str, &'a str, &'a str) {
        (&self.network, &self.place.channel, nick)
    }

    /// What stands beside a sealed `there` of a nick.
    fn beside(&self, nick: &str) -> Vec<u8> {
        let (network, channel, nick) = self.at(nick);
        [network, channel, nick].join("\0").into_bytes()
    }
}

/// Whether it says something of what this member said.
fn is_of(got: &Got, us: MemberId) -> bool {
    got.of.iter().any(|of| of.author == us)
}

/// No line of our own accord is put off for longer.
const LATEST: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests;
