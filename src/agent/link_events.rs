//! What the agent hears from its links.

use std::time::{Duration, Instant};

use super::network::{NickTrouble, Taken};
use super::{Agent, Happened, Outside, rooms};
use crate::account::{Frame, log_heard, send};
use crate::edge::irc::{End, LinkEvent, NOT_SENT, Registered};
use crate::protocol::letter::{Here, LetterId};
use crate::protocol::nick::Nick;
use crate::protocol::time::Seconds;
use crate::rules::conversation::ContactId;
use crate::rules::effect::Notice;
use crate::rules::event::Left;
use crate::rules::networks::matching;
use crate::rules::queue::irc::Ended;

impl<O: Outside> Agent<O> {
    /// Hears one event of a link, and hands over the letters that it causes.
    pub fn hear(&mut self, network: &str, event: LinkEvent) {
        self.hear_all([(network.to_owned(), event)]);
        self.send_on();
        self.settle();
    }

    /// Hears what links have told since the last time, in its order; frames that came one after the other are opened
    /// and committed together. Letters that this causes leave at [`Agent::send_on`]: whoever waits for what came need
    /// not wait for them.
    pub fn hear_all(&mut self, told: impl IntoIterator<Item = (String, LinkEvent)>) {
        let mut frames = Vec::new();
        for (network, event) in told {
            if !matches!(event, LinkEvent::Message { .. }) {
                self.open_frames(&std::mem::take(&mut frames));
            }
            frames.extend(self.learn(&network, event));
        }
        self.open_frames(&frames);
        self.follow_moved();
    }

    /// Whether what was heard may have caused letters that can leave now.
    pub fn has_to_send(&self) -> bool {
        self.to_send
    }

    /// Whether letters have left, and nobody has put that down yet: the next transaction does, or [`Agent::settle`].
    pub fn has_to_settle(&self) -> bool {
        send::has_to_settle(&self.account)
    }

    /// Puts down which letters have left.
    pub fn settle(&mut self) {
        if send::has_to_settle(&self.account) {
            let settled = send::settle(&mut self.account);
            self.concluded(settled);
        }
    }

    /// Logs what was heard, and hands over the letters that it has caused.
    pub fn send_on(&mut self) {
        for (status, took) in self.unlogged.drain(..) {
            log_heard(&status, took);
        }
        if std::mem::take(&mut self.to_send) {
            self.send_queued();
        }
    }

    /// Learns one event; of a line to us, gives the frame that it ends.
    fn learn(&mut self, network: &str, event: LinkEvent) -> Option<Frame> {
        if rooms::is_link(network) {
            self.in_rooms(|rooms, reach| rooms.learn(network, event, reach));
            self.to_send = true;
            return None;
        }
        match event {
            LinkEvent::Connecting(server) => tracing::debug!(network, server, "connecting"),
            LinkEvent::Registered(session) => self.registered(network, session),
            LinkEvent::Over(end, retry_in) => {
                self.over(network, &end, retry_in.unwrap_or_default())
            }
            LinkEvent::Left => self.lose(network, None),
            LinkEvent::Up(nick) => self.up(network, &nick),
            LinkEvent::Down(nick) => self.down(network, &nick),
            LinkEvent::Message { from, text } => return self.frame(network, &from, &text),
            LinkEvent::Room => self.room(network),
            LinkEvent::Written(ticket) => self.written(network, ticket),
            LinkEvent::Undeliverable {
                ticket,
                nick,
                numeric,
            } => {
                self.undeliverable(network, ticket, &nick, numeric);
            }
            LinkEvent::ServerTime(at) => self.compare_clocks(network, at),
            // Our presence is in no channel.
            LinkEvent::Entered { .. }
            | LinkEvent::Came { .. }
            | LinkEvent::Gone { .. }
            | LinkEvent::Shut { .. }
            | LinkEvent::Heard { .. } => {}
        }
        None
    }

    fn network_is(&mut self, name: &str, state: &'static str, reason: Option<&str>) {
        let happened = Happened::Network {
            name,
            state,
            reason,
        };
        self.outside.tell(happened);
    }

    fn registered(&mut self, network: &str, session: Registered) {
        let Some(net) = self.networks.get_mut(network) else {
            return;
        };
        let server = session.server.clone();
        net.registered(session);
        self.network_is(network, "connected", Some(&server));
        if self.networks.ours().ne(&self.ours) {
            self.derive_all();
            self.follow.again();
        }
        self.to_send = true;
    }

    /// The link is off, and tries again by itself.
    fn over(&mut self, network: &str, End { how, words }: &End, retry_in: Duration) {
        match how {
            Ended::Renamed => self.taken(network, NickTrouble::Changed),
            Ended::NickInUse => self.taken(network, NickTrouble::InUse),
            Ended::ThrownOut => self.thrown_out(network, words, retry_in),
            Ended::NickRejected => self.rejected(network, words),
            Ended::Unreached | Ended::Refused | Ended::Lost => self.lose(network, Some(words)),
        }
    }

    fn rejected(&mut self, network: &str, reason: &str) {
        if let Some(net) = self.networks.get_mut(network) {
            net.trouble = Some(reason.to_owned());
        }
        self.network_is(network, "trouble", Some(reason));
    }

    /// We are off, for our nick cannot be had; the link tries again.
    fn taken(&mut self, network: &str, trouble: NickTrouble) {
        let now = self.clock.now();
        self.end_session(network, Some(trouble.in_words()));
        let Some(net) = self.networks.get_mut(network) else {
            return;
        };
        let before = net.taken.take();
        // A nick in use is mostly the ghost of our own cut link, and free before anybody need know.
        let new = before.as_ref().is_none_or(|taken| taken.trouble != trouble)
            && trouble == NickTrouble::Changed;
        net.taken = Some(Taken {
            trouble,
            since: before.as_ref().map_or(now, |taken| taken.since),
            said: before.is_some_and(|taken| taken.said),
        });
        if new {
            self.network_is(network, "trouble", Some(trouble.in_words()));
        }
    }

    /// A server does not want us, and is left alone for long: the user is told once.
    fn thrown_out(&mut self, network: &str, reason: &str, retry_in: Duration) {
        let minutes = retry_in.as_secs().div_ceil(60);
        let next = match minutes {
            0..=90 => format!("{minutes} min"),
            _ => format!("{} h", minutes.div_ceil(60)),
        };
        let words = format!("the server does not want us ({reason}); the next try is in {next}");
        self.lose(network, Some(&words));
        let Some(net) = self.networks.get_mut(network) else {
            return;
        };
        if !std::mem::replace(&mut net.thrown_out, true) {
            let text = format!("{network}: {words}; if it stays so, ask the network's operators");
            self.tell_all(vec![Notice::Word { friend: None, text }]);
        }
    }

    /// The link to a network is lost or left; with a reason, it comes back by itself.
    pub(super) fn lose(&mut self, network: &str, reason: Option<&str>) {
        let was_there = self.end_session(network, reason);
        if was_there || reason.is_some() {
            self.network_is(network, "disconnected", reason);
        }
    }

    /// We leave a network ourselves, for now; that is no trouble.
    pub(super) fn leave(&mut self, network: &str, why: &str) {
        if self.end_session(network, None) {
            self.network_is(network, "disconnected", Some(why));
        }
    }

    /// Nothing goes to a network any more, and nobody is seen there. Says whether we were there.
    fn end_session(&mut self, network: &str, trouble: Option<&str>) -> bool {
        let now = self.clock.now();
        let Some(net) = self.networks.get_mut(network) else {
            return false;
        };
        let was_there = net.session.is_some();
        net.trouble = trouble.map(ToOwned::to_owned);
        let flying = net.lose();
        for leaving in flying {
            self.departed(&leaving, Left::Unreachable);
        }
        let wishes = self.watch.lost(network, now);
        self.grant(wishes);
        self.follow_moved();
        self.outside.mail_is_due();
        was_there
    }

    fn up(&mut self, network: &str, nick: &str) {
        let nick = nick.to_ascii_lowercase();
        if let Some(net) = self.networks.get_mut(network) {
            net.there.insert(nick.clone());
        }
        for friend in self.nicks.claimants(network, &nick).to_vec() {
            self.comes(friend, network, &nick);
        }
    }

    /// Whoever is at this nick may be this friend.
    pub(super) fn comes(&mut self, friend: ContactId, network: &str, nick: &str) {
        let (now, rng) = (self.clock.now(), self.rng.as_mut());
        let wishes = self.watch.up(friend, network, nick, now, rng);
        self.grant(wishes);
    }

    fn down(&mut self, network: &str, nick: &str) {
        let nick = nick.to_ascii_lowercase();
        if let Some(net) = self.networks.get_mut(network) {
            net.there.remove(&nick);
        }
        let mut wishes = Vec::new();
        for friend in self.nicks.claimants(network, &nick) {
            wishes.extend(self.watch.down(*friend, network, &nick, self.clock.now()));
        }
        self.grant(wishes);
    }

    /// A line to us: the frame that it ends. Only frames from the nicks of friends are opened; a stranger gets no
    /// answer.
    fn frame(&mut self, network: &str, from: &str, text: &str) -> Option<Frame> {
        let claimants = self.nicks.claimants(network, from).iter();
        let friends = claimants.filter_map(|id| Some(self.roster.get(*id)?.address.clone()));
        let friends: Vec<_> = friends.collect();
        if friends.is_empty() {
            return None;
        }
        let heard = Instant::now();
        let nick = from.to_ascii_lowercase();
        let net = self.networks.get_mut(network)?;
        let sealed = net.assembler.hear(&nick, text, self.clock.now())?;
        Some(Frame {
            friends,
            network: network.to_owned(),
            nick,
            sealed,
            heard,
        })
    }

    fn open_frames(&mut self, frames: &[Frame]) {
        for arrived in self.account.hear_frames(frames) {
            match arrived {
                Ok(arrived) => {
                    if let Some(stored) = arrived.stored {
                        self.outside.stored(stored);
                    }
                    self.tell_all(arrived.notices);
                    self.unlogged.push((arrived.status, arrived.took));
                    self.to_send = true;
                }
                Err(fault) => tracing::error!("{fault}"),
            }
        }
    }

    /// A `here` that opened: it counts only for a nick that its writer claims, on the network that it names.
    pub(super) fn heard_here(
        &mut self,
        friend: ContactId,
        network: &str,
        id: LetterId,
        here: &Here,
    ) {
        let claimants = self.nicks.claimants(network, &here.nick);
        if Nick::parse(&here.nick).is_err() || !claimants.contains(&friend) {
            return;
        }
        let named = self.his_network(friend, &here.network);
        if named.as_deref() != Some(network) {
            return;
        }
        let wishes = self.watch.here(
            friend,
            network,
            id,
            here,
            self.clock.now(),
            self.rng.as_mut(),
        );
        self.grant(wishes);
    }

    /// Our network that a friend means by a name of theirs.
    fn his_network(&self, friend: ContactId, name: &str) -> Option<String> {
        let person = self.roster.get(friend)?;
        let networks = person.presence()?.networks.as_ref()?;
        let theirs = networks.iter().find(|network| network.name == name)?;
        let ours: Vec<_> = self.networks.ours().cloned().collect();
        matching(theirs, &ours).map(|network| network.name.clone())
    }

    fn room(&mut self, network: &str) {
        if let Some(net) = self.networks.get_mut(network) {
            net.room = true;
        }
        self.to_send = true;
    }

    fn written(&mut self, network: &str, ticket: u64) {
        let now = self.clock.now();
        let written = self
            .networks
            .get_mut(network)
            .and_then(|net| net.wrote(ticket, now));
        if let Some(leaving) = written {
            send::departs_with_next(&mut self.account, &leaving);
        }
    }

    /// The server says that a nick is not there, or does not take what we send: by mail at once.
    fn undeliverable(&mut self, network: &str, ticket: Option<u64>, nick: &str, numeric: u16) {
        let nick = nick.to_ascii_lowercase();
        let Some(net) = self.networks.get_mut(network) else {
            return;
        };
        let lost = match ticket.filter(|_| numeric == NOT_SENT) {
            Some(ticket) => {
                let flying = net.flying.remove(&ticket);
                flying.map(|(_, leaving)| leaving).into_iter().collect()
            }
            None => net.undelivered(&nick),
        };
        if numeric == NO_SUCH_NICK {
            self.down(network, &nick);
        }
        if lost.is_empty() {
            return;
        }
        for leaving in lost {
            self.departed(&leaving, Left::Unreachable);
        }
        self.outside.mail_is_due();
    }

    fn compare_clocks(&self, network: &str, server: Seconds) {
        let off = server.apart(self.clock.now());
        if off > CLOCK_OFF {
            tracing::warn!(
                network,
                "the clock is {} s away from the server's: nicknames may not be found",
                off.as_secs()
            );
        }
    }
}

/// ERR_NOSUCHNICK (RFC 2812, section 5.2).
const NO_SUCH_NICK: u16 = 401;
/// How far clocks may be apart before it is said.
const CLOCK_OFF: Duration = Duration::from_mins(10);
