//! What we say in a room, and when.

use super::{Due, LATEST, Proved, Room, Us};
use crate::edge::seal::room::{NONCE, Speaker, wrap};
use crate::protocol::codec::{encode, there_signed_bytes};
use crate::protocol::group::room::{Coming, RoomPart};
use crate::protocol::letter::{Body, Letter, LetterId, Signature, Status, There};
use crate::protocol::padding::pad;
use crate::protocol::time::{Millis, Seconds};
use crate::rules::decision::Rng;
use crate::rules::group::room::pace::Pace;

impl Room {
    /// What is to be said of our own accord now; `there` goes first, for who comes opens nothing before it.
    pub(in crate::agent::rooms) fn due(&self, now: Seconds) -> Option<Due> {
        let is_due = |at: Option<Seconds>| at.is_some_and(|at| at <= now || at > now.after(LATEST));
        match self.is_in {
            true if is_due(self.there_at) || self.is_unnamed(now) => Some(Due::There),
            true if self.said_at.is_some() && is_due(self.got_at) => Some(Due::Got),
            true | false => None,
        }
    }

    /// Whether we say `there` anew before the next line: somebody there has not acknowledged what we said.
    pub(in crate::agent::rooms) fn is_unheard(&self, now: Seconds) -> bool {
        let waits = |since: &Seconds| !now.is_within(Pace::UNHEARD, *since);
        self.unanswered.values().any(waits)
            && !now.is_within(Pace::BETWEEN_RENEWALS, self.renewed_at)
    }

    /// Whether we say `there` anew of our own accord.
    fn is_unnamed(&self, now: Seconds) -> bool {
        self.there_at.is_none()
            && !now.is_within(Pace::BETWEEN_RENEWALS, self.renewed_at)
            && self
                .proved
                .values()
                .any(|one| one.is_silent(self.said_at, now))
    }

    /// Our `there` has been said; or not, and is due again a little later.
    pub(in crate::agent::rooms) fn said_there(
        &mut self,
        has_left: bool,
        now: Seconds,
        rng: &mut dyn Rng,
    ) {
        if !has_left {
            self.there_at = Some(now.after(Pace::BETWEEN_GOTS));
            return;
        }
        if self.is_unheard(now) {
            self.renewed_at = now;
        }
        for one in self.proved.values_mut() {
            if one.is_silent(self.said_at, now) {
                one.told_anew = one.told_anew.saturating_add(1);
                self.renewed_at = now;
            }
        }
        (self.there_at, self.said_at) = (None, Some(now));
        if !self.opened.is_empty() {
            self.owe_got(now, rng);
        }
    }

    /// Our `there` leaves only now: whoever came meanwhile hears it.
    pub(in crate::agent::rooms) fn there_leaves(&mut self, now: Seconds) {
        let next = now.after(Pace::BETWEEN_THERES);
        self.said_at = Some(now);
        self.there_at = self.there_at.map(|at| at.max(next));
    }

    /// That we are there, signed by `sign`: its part.
    pub(in crate::agent::rooms) fn there_part(
        &self,
        us: Us<'_>,
        speaker: &Speaker,
        sign: &mut dyn FnMut(&[u8]) -> Option<Signature>,
        rng: &mut dyn Rng,
    ) -> Option<RoomPart> {
        let mut there = There {
            // What friends are shown is another for each of them.
            status: Status::Online,
            heads: self.open.heads.clone(),
            member: self.open.us,
            session: speaker.key(),
            signature: Signature([0; 64]),
            coming: self.coming,
        };
        let said = there_signed_bytes(self.open.group, self.at(us.nick), &there);
        there.signature = sign(&said)?;
        let (mut id, mut nonce) = ([0; 16], [0; NONCE]);
        rng.fill(&mut id);
        rng.fill(&mut nonce);
        let sent: Millis = us.now.millis();
        let letter = Letter::bare(LetterId(id), sent, Body::There(there));
        let wrapped = wrap(
            &self.wrap,
            nonce,
            &self.beside(us.nick),
            &pad(encode(&letter)),
        );
        wrapped.ok().map(RoomPart::There)
    }

    /// The comings to be named in what is told now of what has come.
    /// While we still owe a `there`, whoever came opens nothing of ours: they are named after it.
    pub(in crate::agent::rooms) fn tell_got(&mut self, now: Seconds) -> Vec<Coming> {
        (self.got_at, self.told_at) = (None, now);
        match self.there_at {
            Some(_) => Vec::new(),
            None => std::mem::take(&mut self.opened),
        }
    }

    /// Seals a letter for all who are there.
    pub(in crate::agent::rooms) fn said_part(
        &mut self,
        letter: &Letter,
        speaker: &mut Speaker,
        now: Seconds,
    ) -> RoomPart {
        if let Body::Said(_) = &letter.body {
            for member in self.there() {
                self.unanswered.entry(member).or_insert(now);
            }
        }
        RoomPart::Said(speaker.seal(&pad(encode(letter))))
    }
}

impl Proved {
    /// Whether they have not named our coming long after we said it, and may still not have heard of it, or we not what they said:
    /// so often it is said anew for one nick.
    fn is_silent(&self, said: Option<Seconds>, now: Seconds) -> bool {
        let is_late = |said: Seconds| !now.is_within(Pace::UNNAMED, self.since.max(said));
        !self.is_there && self.told_anew < Pace::MOST_ANEW && said.is_some_and(is_late)
    }
}
