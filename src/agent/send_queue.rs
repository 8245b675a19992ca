//! Letters leave over IRC, one at a time for each network, when its link has room.

use super::{Agent, Outside};
use crate::account::{AccountError, Leaving, Outcome, send};
use crate::protocol::letter::{Body, Typing};
use crate::rules::announce::is_due_over_irc;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::event::{Act, Event, Left};
use crate::rules::outgoing::Waiting;
use crate::rules::queue::choice::{Announcements, Round, Way};

impl<O: Outside> Agent<O> {
    /// Hands each link that has room its next letter of the queue.
    pub(super) fn send_queued(&mut self) {
        if !self.networks.have_room() {
            return;
        }
        self.post_receipts();
        let due = match send::due_over_irc(&mut self.account) {
            Ok(due) => due,
            Err(fault) => {
                tracing::error!("{fault}");
                return;
            }
        };
        for waiting in due {
            if !self.networks.have_room() {
                return;
            }
            self.hand_over(&waiting);
        }
    }

    /// Tells a friend that the user is writing to them, or has stopped. What waits goes first, and where there is no room
    /// then, or they are not there, or have just been told, nothing is said: nobody misses it.
    pub fn typing(&mut self, friend: ContactId, typing: Typing) {
        let now_ms = self.clock.now_ms();
        if !self.typing.allows(friend, typing, now_ms) {
            return;
        }
        self.send_queued();
        let way = self.way_to(friend);
        let room = way.as_ref().and_then(|way| self.networks.room_on(way));
        let Some((way, room)) = way.zip(room) else {
            return;
        };
        match send::typing(&mut self.account, friend, typing, room) {
            Ok(Some(lines)) => {
                self.typing.note(friend, typing, now_ms);
                self.networks.send(&way, lines, &mut self.outside);
            }
            Ok(None) => {}
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    /// As [`Agent::act`], of an act to somebody who is reached over a link that has room: it is handed its next letter,
    /// sealed in the same transaction. Says whether one was.
    pub(super) fn act_at_once(
        &mut self,
        act: Act,
        network: &str,
    ) -> Result<(Outcome, bool), AccountError> {
        let (networks, watch) = (&self.networks, &self.watch);
        let fits = |waiting: &Waiting| {
            let fitting = networks.fits(&waiting.outgoing, watch);
            fitting.filter(|(way, _)| way.network == network)
        };
        let (outcome, leaving) = send::act_at_once(&mut self.account, act, &fits)?;
        let left = leaving.is_some();
        if let Some((leaving, way)) = leaving {
            self.networks.hand_over(&way, leaving, &mut self.outside);
        }
        Ok((outcome, left))
    }

    /// Hands over one of the receipts that wait to be posted, sealed in the same transaction.
    fn post_receipts(&mut self) {
        let (networks, watch) = (&self.networks, &self.watch);
        let fits = |waiting: &Waiting| networks.fits(&waiting.outgoing, watch);
        match send::post_receipts(&mut self.account, &fits) {
            Ok(Some((leaving, way))) => {
                self.networks.hand_over(&way, leaving, &mut self.outside);
            }
            Ok(None) => {}
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    fn hand_over(&mut self, waiting: &Waiting) {
        let Some((way, room)) = self.networks.fits(&waiting.outgoing, &self.watch) else {
            return;
        };
        match send::leave_over_irc(&mut self.account, waiting.row, room) {
            Ok(Some(leaving)) => self.networks.hand_over(&way, leaving, &mut self.outside),
            Ok(None) => self.not_left(waiting),
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    /// It could not be sealed for IRC: a text goes by mail now, a `here` does not count.
    fn not_left(&mut self, waiting: &Waiting) {
        let outgoing = &waiting.outgoing;
        if let Body::Here(_) = outgoing.letter.body {
            self.watch.unsent(outgoing.to, outgoing.letter.id);
        }
        self.outside.mail_is_due();
    }

    /// Those online to whom an announcement is due.
    pub(super) fn announcing_online(&self) -> Vec<&Contact> {
        let is_online = |friend| !self.watch.reached(friend).is_empty();
        self.roster.announcing_among(self.watch.seen(), is_online)
    }

    /// Friends online to whom an announcement is due are told over IRC first.
    pub(super) fn announce_online(&mut self) {
        let epoch = self.state.epoch;
        let mut untold = self.announcing_online();
        untold.retain(|person| is_due_over_irc(person, epoch));
        let untold: Vec<ContactId> = untold.into_iter().map(|one| one.id).collect();
        if untold.is_empty() {
            return;
        }
        for friend in untold {
            self.cause(Event::Announce(friend));
        }
        self.refresh_or_log();
    }

    /// The network where a friend is proved to be and we are under our nick, and theirs there.
    pub(super) fn way_to(&self, friend: ContactId) -> Option<Way> {
        self.networks.way_to(friend, &self.watch)
    }

    pub(super) fn departed(&mut self, leaving: &Leaving, how: Left) {
        let departed = send::departed(&mut self.account, leaving, how);
        self.concluded(departed);
    }

    pub(super) fn concluded(&mut self, outcome: Result<Outcome, AccountError>) {
        match outcome {
            Ok(outcome) => self.tell_all(outcome.notices),
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    /// Of these friends, those online are told our status over IRC, and those who have been greeted, as soon as they are
    /// proved; others learn it when they greet us.
    pub(super) fn tell_status(&mut self, mut told: Vec<ContactId>) {
        told.retain(|friend| self.watch.is_greeted(*friend));
        if told.is_empty() {
            return;
        }
        for friend in told {
            self.cause(Event::TellStatus(friend));
        }
        self.send_queued();
    }

    /// Whether a letter waits for the mail worker.
    pub(super) fn has_mail(&self) -> Result<bool, AccountError> {
        let round = Round {
            announcements: Announcements::Due,
            online: &|friend| self.reached.contains(&friend),
        };
        send::has_mail(&self.account, &round)
    }
}
