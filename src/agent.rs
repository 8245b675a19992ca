//! The agent: what the daemon on IRC decides, without a thread, a socket or a task of its own.
//!
//! ```text
//!  news of links ──┐                ┌─▶ turns (the store)
//!  the clock ──────┼──▶ one Agent ──┼─▶ memory of who is online
//!  what mail did ──┘                └─▶ Outside: orders to links, mail is due, what people are told
//! ```
//!
//! Whoever runs it (`iim agent` with real links, a test with simulated ones) passes in the clock, the rng and the
//! [`Outside`], and calls it with what happened.

mod error;
mod follow;
mod link_events;
mod network;
mod networks;
mod nick_index;
mod nick_lifecycle;
mod outside;
mod reload;
mod rooms;
mod roster;
mod send_queue;

use std::collections::BTreeSet;
use std::sync::Arc;

use network::Network;

use crate::account::{Account, AccountError, Outcome, Took, elsewhere, send};
use crate::edge::clock::Clock;
use crate::edge::control::status::NetworkStatus;
use crate::edge::store::Changes;
use crate::protocol::letter::LetterId;
use crate::protocol::time::Seconds;
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::decision::Rng;
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Event, Greeting, NewNotice};
use crate::rules::networks::Ours;
use crate::rules::presence_tracker::{PresenceTracker, Wish};
use crate::rules::typing::Throttle;
pub use error::AgentError;
use follow::Follow;
use networks::Networks;
use nick_index::NickIndex;
pub use outside::{Happened, Occupants, Outside, RoomSeen, RoomState, Seen};
use rooms::{Reach, Rooms};
pub use roster::Roster;

/// The agent, running.
pub struct Agent<O> {
    /// What it reaches.
    pub outside: O,
    /// The account, whose turns it makes.
    pub account: Account,
    state: AccountState,
    roster: Roster,
    nicks: NickIndex,
    /// Our networks, as the nicks were last derived for.
    ours: Vec<Ours>,
    /// When nicks were last looked at.
    derived: Seconds,
    watch: PresenceTracker,
    /// The friends who are reached over IRC.
    reached: BTreeSet<ContactId>,
    /// The networks on which they can be.
    reachable: BTreeSet<String>,
    networks: Networks,
    follow: Follow,
    rooms: Rooms,
    clock: Arc<dyn Clock>,
    rng: Box<dyn Rng + Send>,
    version: i64,
    /// What was changed since others' changes were last followed, but for what is read again at once.
    changed: Changes,
    looked: Seconds,
    typing: Throttle,
    /// What was heard may have caused letters, and nobody has looked yet.
    to_send: bool,
    /// Why the last look at what others have changed failed: it is said once.
    fault: Option<String>,
    /// What was heard and is not in the log yet.
    unlogged: Vec<(String, Option<Took>)>,
}

impl<O: Outside> Agent<O> {
    /// Starts: a link for each network, and everything read.
    /// Errors: [`AgentError`]: whatever the account or a link's settings meet.
    pub fn open(
        account: Account,
        clock: Arc<dyn Clock>,
        rng: Box<dyn Rng + Send>,
        outside: O,
    ) -> Result<Self, AgentError> {
        let mut account = account.of_agent();
        account.stay_open()?;
        // What happened while no agent ran is no news any more: `iim read --new` and `iim friends` show it.
        account.take_notices()?;
        let mut agent = Self {
            outside,
            state: account.state()?,
            roster: Roster::default(),
            nicks: NickIndex::default(),
            ours: Vec::new(),
            derived: Seconds(0),
            watch: PresenceTracker::new(account.config.presence.grace),
            reached: BTreeSet::new(),
            reachable: BTreeSet::new(),
            networks: Networks::default(),
            follow: Follow::default(),
            rooms: Rooms::default(),
            clock,
            rng,
            version: 0,
            changed: Changes::default(),
            looked: Seconds(0),
            typing: Throttle::default(),
            to_send: false,
            fault: None,
            unlogged: Vec::new(),
            account,
        };
        let config = &agent.account.config;
        agent.networks.connect(config, &mut agent.outside)?;
        agent.refresh()?;
        Ok(agent)
    }

    /// Does an act of the user that comes to the agent itself: told and sent on its way at once. A text to somebody who is
    /// reached over a link that has room is said and sealed in one transaction.
    /// Errors: As [`Account::act`]; what goes wrong after the transaction is logged.
    pub fn act(&mut self, act: Act) -> Result<Outcome, AccountError> {
        let of_texts = act.addressee().is_some();
        let of_group = matches!(act, Act::Group(_));
        let way = act.addressee().and_then(|to| self.way_to(to));
        let free = way
            .as_ref()
            .filter(|way| self.networks.room_on(way).is_some());
        let (outcome, left) = match free {
            Some(way) => self.act_at_once(act, &way.network)?,
            None => (self.account.act(act)?, false),
        };
        self.tell_all(outcome.notices.clone());
        // What a text changes of its friend nobody asks for before the next tick.
        if !of_texts {
            self.refresh_at_once();
        }
        if of_group {
            self.say_in_rooms();
        }
        if !left {
            self.send_queued();
        }
        // What goes over IRC is none of the mail worker's.
        if way.is_none() || (!left && self.has_mail().unwrap_or(true)) {
            self.outside.mail_is_due();
        }
        Ok(outcome)
    }

    /// The user sends a text that nothing answers by itself: over IRC now, or not at all.
    pub fn notice(
        &mut self,
        to: ContactId,
        text: String,
        reply_to: Option<LetterId>,
    ) -> Result<Outcome, AccountError> {
        let notice = NewNotice {
            to,
            text,
            reply_to,
            reached: self.way_to(to).is_some(),
        };
        let outcome = self.account.event(Event::Notice(notice))?;
        self.tell_all(outcome.notices.clone());
        self.send_queued();
        Ok(outcome)
    }

    /// Joins, leaves, or stays, on each network.
    fn follow_networks(&mut self, now: Seconds) {
        let all_told = self.announcing_online().is_empty();
        let window = self.account.settings().window;
        let (rng, outside) = (self.rng.as_mut(), &mut self.outside);
        let now = (window, all_told, now);
        for (name, why) in self.networks.step(&self.state, now, rng, outside) {
            self.leave(&name, why);
        }
    }

    /// Does something with the rooms, and tells what it caused.
    fn in_rooms(&mut self, work: impl FnOnce(&mut Rooms, &mut Reach<'_, O>) -> Vec<Notice>) {
        let mut reach = Reach {
            account: &mut self.account,
            outside: &mut self.outside,
            rng: self.rng.as_mut(),
            now: self.clock.now(),
        };
        let told = work(&mut self.rooms, &mut reach);
        self.tell_all(told);
    }

    /// Rooms are entered and left, and what is due in them is said.
    fn follow_rooms(&mut self) {
        let all = self.networks.presences();
        self.in_rooms(|rooms, reach| rooms.follow(&all, reach));
    }

    /// Who of a group is in its room.
    pub fn there(&self, group: ConversationId) -> Occupants {
        self.rooms.there(group)
    }

    /// The rooms in which the user may be, on each network that is theirs.
    pub fn rooms(&self) -> Vec<RoomSeen> {
        let now = self.clock.now();
        self.rooms.seen(&self.account, now)
    }

    /// The account, as last read.
    pub fn state(&self) -> &AccountState {
        &self.state
    }

    /// The roster, as last read.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// One turn, told to whom it concerns; a fault is logged and the agent goes on.
    fn cause(&mut self, event: Event) {
        let caused = self.account.event(event);
        self.concluded(caused);
    }

    /// Once a second: time passes, and other programs may have changed something.
    pub fn tick(&mut self) {
        let now = self.clock.now();
        let lost = self.look(now).err().map(|fault| fault.to_string());
        if let Some(fault) = lost.as_ref().filter(|_| lost != self.fault) {
            tracing::error!("{fault}");
        }
        self.fault = lost;
        let wishes = self.watch.tick(now, self.rng.as_mut());
        self.grant(wishes);
        self.derive_due(now);
        self.follow_networks(now);
        let taken = self.networks.long_taken(now);
        self.tell_all(taken);
        self.follow_rooms();
        self.announce_online();
        if self.fault.is_none() {
            self.send_queued();
        }
        self.follow_moved();
    }

    /// What the user sees of each friend.
    pub fn friends(&self) -> Vec<Seen> {
        let friends = self
            .roster
            .people()
            .filter(|person| person.keys().is_some());
        friends.map(|person| self.seen(person)).collect()
    }

    /// What the user sees of one.
    pub fn seen(&self, friend: &Contact) -> Seen {
        let (shown, text) = self.watch.shown(friend.id);
        let reached = self.watch.reached(friend.id);
        Seen {
            friend: friend.address.clone(),
            shown,
            text,
            networks: reached.into_iter().map(|(network, _)| network).collect(),
            elsewhere: elsewhere::line(&self.account, friend, &self.ours),
        }
    }

    /// How each network is.
    pub fn networks(&self) -> Vec<NetworkStatus> {
        self.networks.values().map(Network::status).collect()
    }

    /// The nick that a network's server says we have.
    pub fn nick_on(&self, network: &str) -> Option<&str> {
        let session = self.networks.get(network)?.session.as_ref()?;
        Some(&session.nick)
    }

    /// Does what the memory of who is online wants.
    fn grant(&mut self, wishes: Vec<Wish>) {
        let mut greeted = false;
        for wish in wishes {
            match wish {
                Wish::Greet {
                    friend,
                    network,
                    nick,
                    id,
                    echo,
                } => {
                    let net = self.networks.get(&network).filter(|net| net.is_reachable());
                    match net
                        .and_then(|net| net.session.as_ref())
                        .map(|session| session.nick.clone())
                    {
                        Some(our_nick) => {
                            self.cause(Event::Greet(Greeting {
                                friend,
                                network,
                                nick,
                                our_nick,
                                id,
                                echo,
                            }));
                            greeted = true;
                        }
                        None => self.watch.unsent(friend, id),
                    }
                }
                Wish::Doubt { friend } => self.cause(Event::Unproved(friend)),
                Wish::Changed {
                    friend,
                    shown,
                    text,
                } => {
                    if let Some(friend) = self.roster.get(friend) {
                        let text = &text;
                        let happened = Happened::Presence {
                            friend,
                            shown,
                            text,
                        };
                        self.outside.tell(happened);
                    }
                }
            }
        }
        if greeted {
            self.send_queued();
        }
    }

    /// Tells watchers, hooks and the log what turns caused; what concerns the agent's own memory goes there.
    pub fn tell_all(&mut self, notices: Vec<Notice>) {
        let mut all = send::take_caused(&mut self.account);
        all.extend(notices);
        for notice in all {
            match &notice {
                Notice::Here {
                    friend,
                    network,
                    id,
                    here,
                } => self.heard_here(*friend, network, *id, here),
                Notice::Status {
                    friend,
                    status,
                    text,
                } => {
                    let wishes = self.watch.status(*friend, *status, text);
                    self.grant(wishes);
                }
                Notice::Presence { .. }
                | Notice::Friend { .. }
                | Notice::Rotated { .. }
                | Notice::Request { .. }
                | Notice::Text { .. }
                | Notice::Change { .. }
                | Notice::Typing { .. }
                | Notice::State { .. }
                | Notice::Seen { .. }
                | Notice::Group { .. }
                | Notice::Copies { .. }
                | Notice::SeenIn { .. }
                | Notice::Word { .. } => {}
            }
            let known = notice.about().and_then(|id| self.roster.get(id));
            let former = match (known, notice.about()) {
                (None, Some(id)) => self.account.whoever(id).unwrap_or_else(|fault| {
                    tracing::error!("whom a notice is about is not told: {fault}");
                    None
                }),
                (Some(_), _) | (None, None) => None,
            };
            let whose = known.or(former.as_ref());
            self.outside.tell(Happened::Notice(&notice, whose));
        }
    }
}
