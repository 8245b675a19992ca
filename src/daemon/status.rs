//! What the agent answers commands that ask.

use super::fetch::Wake;
use super::{Daemon, events};
use crate::agent::Seen;
use crate::edge::control::status::{Presence, Presences, Status};
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
            Request::Fetch { at_once } => {
                let wake = if at_once { Wake::AtOnce } else { Wake::Look };
                responder.respond(&self.mailbox.wake(wake));
            }
            Request::Watch => {}
        }
    }

    fn presences(&self) -> Presences {
        let seen = self.agent.friends().into_iter();
        seen.map(|seen| (seen.friend.to_string(), presence(seen)))
            .collect()
    }

    fn status(&self) -> Status {
        Status {
            networks: self.agent.networks(),
            attached: self.gateway.attached(),
            gateway: self
                .gateway
                .listeners(self.agent.account.config.gateway.as_ref()),
            mail_trouble: self.mail_trouble.clone(),
            mailbox: self.mailbox.status(),
        }
    }
}

fn presence(seen: Seen) -> Presence {
    Presence {
        presence: words::presence(seen.shown).to_owned(),
        status: events::status(&seen.text),
        networks: seen.networks,
    }
}
