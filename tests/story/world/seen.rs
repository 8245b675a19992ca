//! What the people of a story see, and what the test knows of them.

use super::{World, address};
use iim::edge::store::{Peer, SessionRow, Transport};
use iim::protocol::letter::{Keys, LetterId, Secret};
use iim::rules::contact::{Contact, Standing};
use iim::rules::conversation::ContactId;
use iim::rules::effect::Notice;
use iim::rules::handshake::Handshake;
use iim::rules::message::Message;

impl World {
    pub(crate) fn person(&mut self, name: &str, other: &str) -> Contact {
        self.find(name, other)
            .unwrap_or_else(|| panic!("{name} has no {other}"))
    }

    pub(crate) fn find(&mut self, name: &str, other: &str) -> Option<Contact> {
        self.at(name).who(address(other).as_str()).ok()
    }

    pub(crate) fn standing(&mut self, name: &str, other: &str) -> &'static str {
        match self.find(name, other).map(|person| person.standing) {
            None => "nobody",
            Some(Standing::Stranger) => "stranger",
            Some(Standing::Asked(_)) => "asked",
            Some(Standing::Handshake(Handshake::Asking(_))) => "asking",
            Some(Standing::Handshake(Handshake::Confirming(_))) => "confirming",
            Some(Standing::Friend(_)) => "friend",
        }
    }

    pub(crate) fn keys(&mut self, name: &str) -> Keys {
        self.at(name).state().unwrap().keys
    }

    /// The id of `other` at `name`.
    pub(crate) fn id(&mut self, name: &str, other: &str) -> ContactId {
        self.person(name, other).id
    }

    /// `other`, as `name` knows them.
    pub(crate) fn peer(&mut self, name: &str, other: &str) -> Peer {
        Peer {
            contact: self.id(name, other),
            key: self.keys(other).curve25519,
            former: false,
        }
    }

    pub(crate) fn secret(&mut self, name: &str) -> Secret {
        self.at(name).state().unwrap().secret
    }

    /// The secret of `other` that `name` holds.
    pub(crate) fn held(&mut self, name: &str, other: &str) -> Option<Secret> {
        self.person(name, other).presence()?.secret
    }

    /// Whether `name` could find `other` on IRC.
    pub(crate) fn sees(&mut self, name: &str, other: &str) -> bool {
        let secret = self.secret(other);
        self.held(name, other) == Some(secret)
    }

    pub(crate) fn sessions(
        &mut self,
        name: &str,
        other: &str,
        transport: Transport,
    ) -> Vec<SessionRow> {
        let peer = self.peer(name, other);
        self.read(name, |tx| tx.sessions().of(&peer, transport))
    }

    pub(crate) fn irc_ready(&mut self, name: &str, other: &str) -> bool {
        let rows = self.sessions(name, other, Transport::Irc);
        rows.iter().any(|row| row.ready && !row.retired)
    }

    pub(crate) fn are_friends(&mut self, name: &str, other: &str) {
        for (one, two) in [(name, other), (other, name)] {
            assert_eq!(self.standing(one, two), "friend", "{two} to {one}");
            let keys = self.keys(two);
            assert_eq!(self.person(one, two).keys(), Some(&keys), "{one}");
        }
    }

    pub(crate) fn see_each_other(&mut self, name: &str, other: &str) {
        for (one, two) in [(name, other), (other, name)] {
            assert!(self.sees(one, two), "{one} does not see {two}");
            assert!(self.irc_ready(one, two), "{one} has no session with {two}");
        }
    }

    pub(crate) fn text(&mut self, name: &str, other: &str, id: LetterId) -> Message {
        let with = self.ids(name, other).conversation;
        let found = self.at(name).text(with, id).unwrap();
        found.unwrap_or_else(|| panic!("{name} never said that"))
    }

    /// What `name` has read of `other`, in order.
    pub(crate) fn heard(&mut self, name: &str, other: &str) -> Vec<String> {
        let with = self.ids(name, other).conversation;
        let all = self.at(name).history(Some(with), false).unwrap();
        all.into_iter()
            .filter(|message| !message.is_ours())
            .map(|message| message.text)
            .collect()
    }

    /// The words that somebody was told.
    pub(crate) fn words(&mut self, name: &str) -> Vec<String> {
        let told = &self.some(name).told;
        told.iter()
            .filter_map(|notice| match notice {
                Notice::Word { text, .. } => Some(text.clone()),
                _ => None,
            })
            .collect()
    }
}
