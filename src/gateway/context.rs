//! What the handler of a command needs: the client that sent it, the others, what all share, and the host.

use crate::edge::listener::event::ConnId;
use crate::gateway::client::{Client, Clients};
use crate::gateway::host::Host;
use crate::gateway::numeric as n;
use crate::gateway::state::State;

/// A client, its line, and all that the answer may touch.
pub(super) struct Context<'a> {
    /// The client's connection.
    pub(super) conn: ConnId,
    /// Who speaks.
    pub(super) client: &'a mut Client,
    /// All other clients.
    pub(super) others: &'a mut Clients,
    /// What they share.
    pub(super) state: &'a mut State,
    /// Whoever runs the gateway.
    pub(super) host: &'a mut dyn Host,
    /// What the answer is to be labelled with.
    pub(super) label: Option<String>,
}

impl Context<'_> {
    /// Answers with a numeric.
    pub(super) fn numeric(&mut self, numeric: n::Numeric, params: &[&str], text: &str) {
        self.client.numeric(numeric, params, Some(text));
    }

    /// Refuses by a standard reply.
    pub(super) fn fail(&mut self, words: &[&str], text: &str) {
        self.client.standard("FAIL", words, text);
    }

    /// 461: a parameter is missing.
    pub(super) fn need_more(&mut self, command: &str) {
        self.numeric(n::NEED_MORE_PARAMS, &[command], "Not enough parameters");
    }

    /// 401: nobody has this nick.
    pub(super) fn no_such_nick(&mut self, name: &str) {
        self.numeric(n::NO_SUCH_NICK, &[name], "No such nick/channel");
    }

    /// 403: there is no such channel.
    pub(super) fn no_such_channel(&mut self, name: &str) {
        self.numeric(n::NO_SUCH_CHANNEL, &[name], "No such channel");
    }
}
