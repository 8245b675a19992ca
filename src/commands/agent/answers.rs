//! What the agent answers commands that ask.

use serde_json::{Value, json};

use super::links::Net;
use super::{Agent, Request, Responder, told};

impl Agent {
    /// Answers one request.
    pub(super) fn answer(&mut self, request: Request, responder: Responder) {
        match request {
            Request::Poke => {
                responder.respond(Value::Null);
                self.tick();
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
        let all = self.people.iter().filter(|person| person.keys().is_some()).map(|person| {
            let (shown, word) = self.watch.shown(&person.address);
            let networks: Vec<String> =
                self.watch.reached(&person.address).into_iter().map(|(network, _)| network).collect();
            let value = json!({
                "presence": told::presence_word(shown), "status": told::status(&word), "networks": networks,
            });
            (person.address.to_string(), value)
        });
        Value::Object(all.collect())
    }

    /// `since` (seconds), and `networks`: an object for each with `name`, `state`, `server`, `reason`.
    fn status(&self) -> Value {
        let networks: Vec<Value> = self.nets.values().map(net).collect();
        json!({ "since": self.started, "networks": networks, "mail_trouble": self.mail_trouble })
    }
}

fn net(net: &Net) -> Value {
    let state = match &net.session {
        Some(_) if net.trouble.is_none() => "connected",
        Some(_) => "trouble",
        None if net.taken.is_some() => "nick taken",
        None if net.place.is_there() => "connecting",
        None => "away",
    };
    json!({
        "name": net.name, "state": state, "server": net.session.as_ref().map(|session| session.server.clone()),
        "reason": net.trouble, "watched": net.watched,
    })
}
