//! How far what the user said in a group has come, as each client is told: a tag to who takes tags, and words where it
//! failed with somebody.

use crate::gateway::caps::Cap;
use crate::gateway::client::{Client, Clients};
use crate::gateway::groups::Channel;
use crate::gateway::host::{Event, Host, With};
use crate::gateway::message::service;
use crate::gateway::nick::SERVER;
use crate::gateway::render::split::quote;
use crate::gateway::state::State;
use crate::gateway::tags::{REACHED_TAG, STATE_TAG, id_text, reply_tags};
use crate::gateway::time;
use crate::protocol::clean;
use crate::protocol::irc_line::Reply;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::ContactId;
use crate::rules::words;

/// Tells all clients; of another event nothing.
pub(super) fn moved(clients: &mut Clients, state: &State, event: &Event, host: &mut dyn Host) {
    let Event::Copies {
        group,
        id,
        state: how_far,
        reached: (with, of),
        failed,
    } = event
    else {
        return;
    };
    let Some(channel) = state.groups.get(*group) else {
        return;
    };
    let mut line = Reply::new(SERVER, &["TAGMSG", &channel.name], None)
        .tag("time", &time::tag(state.now))
        .tag(STATE_TAG, words::state(*how_far))
        .tag(REACHED_TAG, &format!("{with}/{of}"));
    line.tags.extend(reply_tags(*id));
    let failure = failed
        .as_ref()
        .map(|failed| Failure::of(state, host, channel, *id, failed));
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        if client.has(Cap::MessageTags) && client.channels.contains(group) {
            client.notify(line.clone());
        }
        if let Some(failure) = &failure {
            failure.show(client, state);
        }
    }
}

/// With somebody it is not, and will not be.
struct Failure {
    channel: String,
    id: String,
    who: String,
    why: String,
    quoted: String,
}

impl Failure {
    fn of(
        state: &State,
        host: &mut dyn Host,
        channel: &Channel,
        id: LetterId,
        (who, why): &(ContactId, String),
    ) -> Self {
        let person = state.author(channel, *who);
        let text = host.find(With::Group(channel.group.id), id);
        Self {
            channel: channel.name.clone(),
            id: id_text(id),
            who: person.map_or_else(|| "a member".to_owned(), |person| person.nick),
            why: clean::line(why, MOST_SHOWN),
            quoted: text.map_or_else(String::new, |text| quote(&text.entry.words())),
        }
    }

    fn show(&self, client: &mut Client, state: &State) {
        let Self { who, why, .. } = self;
        if client.has(Cap::StandardReplies) {
            let words = ["FAIL", "PRIVMSG", "NOT_DELIVERED", &self.channel, &self.id];
            let text = format!("failed for {who}: {why}");
            client.notify(Reply::new(SERVER, &words, Some(&text)));
        }
        let what = match self.quoted.as_str() {
            "" => String::new(),
            quoted => format!(": \"{quoted}\""),
        };
        let text = format!("not delivered to {who} in {}: {why}{what}", self.channel);
        service::announce(client, &text, state.now);
    }
}

/// Bytes of a reason.
const MOST_SHOWN: usize = 300;
