//! From where to where something said is shown: in a query with a friend, or in the channel of a group.

use crate::gateway::client::Client;
use crate::gateway::contacts::Contact;
use crate::gateway::groups::Channel;
use crate::gateway::host::With;
use crate::gateway::render::origin::Origin;
use crate::gateway::state::State;
use crate::rules::conversation::Author;
use crate::rules::message::Message;

/// The two ends of a line, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    pub(crate) with: With,
    /// `nick!user@host`.
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) account: Option<String>,
    /// The source is the user.
    pub(crate) is_own: bool,
}

impl Ends {
    /// Of something stored; none where it has no place: with somebody who is no longer a friend, in a group that the user
    /// is out of, or that this client is not in and does not ask for.
    pub(crate) fn of(
        client: &Client,
        state: &State,
        message: &Message,
        origin: Origin<'_>,
    ) -> Option<Self> {
        if let Some(contact) = state.contacts.of(message.conversation) {
            return Some(Self::in_query(client, contact, message.is_ours()));
        }
        let channel = state.groups.get(message.conversation)?;
        let is_seen = client.channels.contains(&channel.group.id) || origin.answers();
        let shown = is_seen.then(|| Self::in_channel(client, state, channel, message.author));
        shown.flatten()
    }

    /// From a friend to this client, or from the user to the friend. To a client that does not show that as the user's,
    /// all is from the friend, and the text must say whose it is.
    fn in_query(client: &Client, contact: &Contact, mine: bool) -> Self {
        let with = With::Friend(contact.friend.id);
        match mine && client.shows_own() {
            true => Self {
                with,
                source: client.source(),
                target: contact.nick.clone(),
                account: None,
                is_own: true,
            },
            false => Self {
                with,
                source: contact.source.clone(),
                target: client.nick.clone(),
                account: contact.account().filter(|_| !mine).map(ToOwned::to_owned),
                is_own: false,
            },
        }
    }

    /// In a channel any client shows a line of its own user as theirs.
    fn in_channel(
        client: &Client,
        state: &State,
        channel: &Channel,
        author: Author,
    ) -> Option<Self> {
        let (source, account, is_own) = match author {
            Author::Us => (client.source(), None, true),
            Author::Contact(contact) => {
                let person = state.author(channel, contact)?;
                (person.source, person.account, false)
            }
        };
        Some(Self {
            with: With::Group(channel.group.id),
            source,
            target: channel.name.clone(),
            account,
            is_own,
        })
    }
}
