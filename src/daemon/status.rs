//! What the agent answers commands that ask.

use super::fetch::Wake;
use super::{Daemon, events};
use crate::agent::{RoomSeen, RoomState, Seen};
use crate::edge::control::status::{Presence, Presences, RoomNetwork, Rooms, Status};
use crate::edge::control::{Request, Responder};
use crate::rules::words;

impl Daemon {
    /// Answers one request.
    pub(super) fn answer(&mut self, request: Request, responder: Responder) {
        match request {
            Request::Poke => {
                self.agent.tick();
                // A device may have been removed.
                self.gateway.tick(&mut self.agent);
            }
            Request::Presence => responder.respond(&self.presences()),
            Request::Status => responder.respond(&self.status()),
            Request::Rooms => responder.respond(&self.rooms()),
            Request::Fetch { at_once, from } => {
                let wake = if at_once { Wake::AtOnce } else { Wake::Look };
                responder.respond(&self.mailboxes.wake(from.as_deref(), wake));
            }
            Request::Watch => {}
        }
    }

    fn presences(&self) -> Presences {
        let seen = self.agent.friends().into_iter();
        seen.map(|seen| (seen.friend.to_string(), presence(seen)))
            .collect()
    }

    fn rooms(&self) -> Rooms {
        let mut rooms = Rooms::new();
        for seen in self.agent.rooms() {
            let there = self.agent.there(seen.conversation);
            let room = rooms.entry(seen.group.to_string()).or_default();
            room.there = there.others.iter().map(ToString::to_string).collect();
            room.networks.push(room_network(seen));
        }
        rooms
    }

    fn status(&self) -> Status {
        Status {
            networks: self.agent.networks(),
            attached: self.gateway.attached(),
            gateway: self
                .gateway
                .listeners(self.agent.account.config.gateway.as_ref()),
            mail_trouble: self.mail_trouble.clone(),
            mailboxes: self.mailboxes.status(),
        }
    }
}

fn room_network(seen: RoomSeen) -> RoomNetwork {
    let (state, until) = match seen.state {
        RoomState::In => ("in", None),
        RoomState::Joining => ("joining", None),
        RoomState::Closed(until) => ("closed", until.map(|until| until.0)),
    };
    RoomNetwork {
        name: seen.network,
        state: state.to_owned(),
        until,
    }
}

fn presence(seen: Seen) -> Presence {
    Presence {
        presence: words::presence(seen.shown).to_owned(),
        status: events::status(&seen.text),
        networks: seen.networks,
    }
}
