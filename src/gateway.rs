//! The gateway: a small IRC server for one person, whose clients see friends under stable names, and groups as channels.
//!
//! ```text
//!   listeners  bytes, lines; I/O
//!    │ lines
//!   router     what one line of one client means: goes to
//!    │           register   who the client is
//!    │           message    what is said, done to what was said, read
//!    │           channel    who comes, goes and rules, in the control channel and those of groups
//!    │           query      who is there, what was
//!    │ calls
//!   host       the daemon: rules, store, networks
//!    │ events
//!   events     what each client is told of it, presence too; what is stored by `render`: from the store at each
//!              client's own pace (backlog), as lines (text), cut to their length (split)
//! ```
//!
//! Nothing here reads a clock or a socket: lines and events go in, lines come out ([`Gateway::take_out`]). All clients
//! are the same person, each under a nick of its own or several under one. What waits for a client is bounded: texts stay in the store until
//! what was sent before is written, and a client that asks without reading is closed.

mod batch;
mod caps;
mod channel;
mod client;
mod contacts;
mod context;
mod copies;
mod ctcp;
mod events;
mod formatting;
mod groups;
pub mod host;
mod identity;
mod login;
mod message;
mod nick;
mod numeric;
mod person;
mod position;
mod presence;
mod query;
mod register;
mod renamed;
mod render;
mod router;
mod state;
mod strangers;
mod tags;
mod target;
mod time;

use crate::protocol::time::Millis;
use std::collections::BTreeMap;

use client::{Client, Clients, Stage};
use context::Context;
use host::{Asker, DeviceId, Event, Host};
use message::{away, service};
use query::monitor;
use register::registration;
use render::backlog;
use render::text::Renderer;
pub use state::Settings;
use state::State;

use crate::edge::listener::event::{BadLine, ConnId, Out, Peer};

/// The gateway: all clients, and what they share.
#[derive(Debug)]
pub struct Gateway {
    clients: Clients,
    state: State,
}

impl Gateway {
    /// A gateway without clients.
    pub fn new(settings: Settings) -> Self {
        Self {
            clients: BTreeMap::new(),
            state: State::new(settings),
        }
    }

    /// A client has connected.
    pub fn opened(&mut self, conn: ConnId, peer: Peer, now: Millis) {
        let mut client = Client::new(peer, now);
        client.knows_own = self.state.settings.gateway.self_messages;
        self.clients.insert(conn, client);
    }

    /// A client has sent a line. Empty lines may come or not.
    pub fn line(&mut self, conn: ConnId, line: Result<&str, BadLine>, host: &mut dyn Host) {
        self.state.know(host);
        let Some(mut client) = self.clients.remove(&conn) else {
            return;
        };
        let mut ctx = Context {
            client: &mut client,
            others: &mut self.clients,
            state: &mut self.state,
            host: &mut *host,
            conn,
            label: None,
        };
        router::receive(&mut ctx, line);
        if client.is_closing() {
            self.gone(&mut client, host);
        }
        self.clients.insert(conn, client);
    }

    /// Everything that was sent for this client has been written: to be called only if nothing is still
    /// unwritten at the time of the call. Goes on with what waits in the store.
    pub fn drained(&mut self, conn: ConnId, host: &mut dyn Host) {
        let Some(client) = self.clients.get_mut(&conn) else {
            return;
        };
        self.state.know(host);
        client.drained();
        if client.is_registered() && client.position.behind {
            Renderer::new(client, &self.state, host).catch_up();
        }
    }

    /// So many bytes wait at the listener for this client: to be called with what the listener says each time that lines were
    /// sent to it. Without it, all that was sent since the last [`Gateway::drained`] is taken to wait. Says
    /// whether none wait and more is in the store: then [`Gateway::drained`] should be called soon.
    pub fn queued(&mut self, conn: ConnId, bytes: usize) -> bool {
        let Some(client) = self.clients.get_mut(&conn) else {
            return false;
        };
        client.queued(bytes);
        bytes == 0 && client.position.behind
    }

    /// The connection is gone.
    pub fn closed(&mut self, conn: ConnId, host: &mut dyn Host) {
        let Some(mut client) = self.clients.remove(&conn) else {
            return;
        };
        self.state.know(host);
        backlog::keep_cursor(&mut client, host);
        self.gone(&mut client, host);
    }

    /// Something has happened.
    pub fn event(&mut self, event: &Event, host: &mut dyn Host) {
        self.state.know(host);
        events::handle(&mut self.clients, &mut self.state, event, host);
    }

    /// Time has passed. To be called about once a second.
    pub fn tick(&mut self, host: &mut dyn Host) {
        self.state.know(host);
        for client in self.clients.values_mut() {
            registration::time_out(client, self.state.now);
            backlog::keep_cursor(client, host);
            if client.is_registered() && client.position.behind && !client.is_choked() {
                Renderer::new(client, &self.state, host).catch_up();
            }
        }
        events::typing_over(&mut self.clients, &mut self.state);
    }

    /// What is to be written, for each client in order. After [`Out::Close`] nothing more comes for a client.
    pub fn take_out(&mut self) -> Vec<(ConnId, Out)> {
        let mut all = Vec::new();
        for (conn, client) in &mut self.clients {
            all.extend(client.take_out().into_iter().map(|out| (*conn, out)));
        }
        all
    }

    /// A command has its answer at last ([`Host::command`]); who has left does not get it.
    pub fn answered(&mut self, to: &Asker, answer: &[String], host: &mut dyn Host) {
        self.state.know(host);
        if let Some(client) = self.clients.get_mut(&to.conn) {
            service::say_back(client, answer, &to.place, self.state.now);
        }
    }

    /// A device was removed: its clients are sent away.
    pub fn removed(&mut self, device: &DeviceId) {
        let of_device = |client: &&mut Client| client.device.as_ref() == Some(device);
        for client in self.clients.values_mut().filter(of_device) {
            client.close("This device was removed");
        }
    }

    /// The devices whose clients are registered, one for each client, for `iim status`; a client without a device
    /// goes by its user name.
    pub fn attached(&self) -> Vec<String> {
        let registered = self.clients.values().filter(|c| c.is_registered());
        let name = |client: &Client| match &client.device {
            Some(DeviceId(name)) => name.clone(),
            None => client.user.clone(),
        };
        registered.map(name).collect()
    }

    /// Tells the others once that a client has left; not if another has its nick already.
    fn gone(&mut self, client: &mut Client, host: &mut dyn Host) {
        if client.stage != Stage::Registered {
            return;
        }
        client.stage = Stage::Left;
        let mut others = self.clients.values();
        if !others.any(|other| other.is_called(&client.nick)) {
            let source = client.source();
            let gone = (client.nick.as_str(), source.as_str());
            monitor::notify_presence(&mut self.clients, gone, false, &self.state);
        }
        away::ended(&mut self.clients, &mut self.state, host, client);
    }
}

#[cfg(test)]
mod tests;
