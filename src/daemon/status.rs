//! What the agent answers commands that ask.

use serde_json::{Value, json};

use super::gateway::Front;
use super::{Daemon, events};
use crate::agent::{NetState, Seen};
use crate::edge::control::{Request, Responder};
use crate::rules::words;

impl Daemon {
    /// Answers one request.
    pub(super) fn answer(&mut self, request: Request, responder: Responder) {
        match request {
            Request::Poke => {
                responder.respond(Value::Null);
                self.agent.tick();
                // A device may have been removed.
                self.tick_gateway();
            }
            Request::Presence => responder.respond(self.presences()),
            Request::Status => responder.respond(self.status()),
            Request::Watch => responder.respond(Value::Null),
            Request::Reload => {
                self.reload();
                responder.respond(Value::Null);
            }
        }
    }

    /// By address: `presence`, `status`, `networks` where the friend is proved to be.
    fn presences(&self) -> Value {
        let seen = self.agent.friends().into_iter();
        Value::Object(
            seen.map(|seen| (seen.friend.to_string(), presence(&seen)))
                .collect(),
        )
    }

    /// `since` (seconds); `networks`: an object for each with `name`, `state`, `server`, `reason`; `attached`: the
    /// devices; `gateway`: for each place `listen`, and `reason` if nobody can come in there.
    fn status(&self) -> Value {
        let networks: Vec<Value> = self.agent.networks().iter().map(net).collect();
        let attached = self.front.as_ref().map(Front::attached).unwrap_or_default();
        json!({
            "since": self.agent.started(), "networks": networks, "mail_trouble": self.mail_trouble,
            "attached": attached, "gateway": self.gateway_places(),
        })
    }
}

fn presence(seen: &Seen) -> Value {
    json!({
        "presence": words::presence(seen.shown), "status": events::status(&seen.text), "networks": seen.networks,
    })
}

fn net(net: &NetState<'_>) -> Value {
    json!({
        "name": net.name, "state": net.state, "server": net.server,
        "reason": net.trouble, "watched": net.watched,
    })
}
