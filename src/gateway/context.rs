//! What the handler of a command needs: the client that sent it, the others, what all share, and the host.

use crate::edge::listener::event::ConnId;
use crate::gateway::caps::Cap;
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

    /// Refuses by a standard reply, in words to a client that knows none.
    pub(super) fn refuse(&mut self, words: &[&str], text: &str) {
        match self.client.has(Cap::StandardReplies) {
            true => self.fail(words, text),
            false => {
                let line = self.client.server_line("NOTICE", &[], Some(text));
                self.client.send(line);
            }
        }
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

    /// 442: the client is not in this channel.
    pub(super) fn not_on_channel(&mut self, name: &str) {
        self.numeric(n::NOT_ON_CHANNEL, &[name], "You're not on that channel");
    }

    /// 482: the user may not do that in this channel.
    pub(super) fn not_operator(&mut self, name: &str) {
        self.numeric(n::NOT_OPERATOR, &[name], "You're not channel operator");
    }
}
