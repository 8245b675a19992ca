//! Members of groups who are called otherwise than before, because they are nobody on the roster any more, or now are, or
//! because a friend or a client has their nick.

use std::collections::BTreeMap;

use crate::gateway::client::Client;
use crate::gateway::person::Person;
use crate::gateway::state::State;
use crate::protocol::group::MemberId;
use crate::protocol::irc_line::Reply;

/// Somebody who is called otherwise.
#[derive(Debug, Clone)]
pub(super) struct Renamed {
    who: MemberId,
    /// `nick!user@host`, of before.
    source: String,
    nick: String,
    /// They were a friend before.
    pub(super) was_friend: bool,
}

/// Those who are called otherwise after than before. The nicks of friends are told with their presence.
pub(super) fn between(
    before: &BTreeMap<MemberId, Person>,
    after: &BTreeMap<MemberId, Person>,
) -> Vec<Renamed> {
    let both = before.iter().filter_map(|(id, old)| {
        let new = after.get(id)?;
        let is_theirs = old.nick != new.nick && !(old.is_friend && new.is_friend);
        is_theirs.then(|| Renamed {
            who: *id,
            source: old.source.clone(),
            nick: new.nick.clone(),
            was_friend: old.is_friend,
        })
    });
    both.collect()
}

impl Renamed {
    /// Tells a client that sees them in a channel.
    pub(super) fn show(&self, client: &mut Client, state: &State) {
        let mut seen = client.channels.iter();
        let is_seen = seen.any(|id| {
            let channel = state.groups.get(*id);
            let member = channel.and_then(|channel| channel.group.member(self.who));
            member.is_some_and(|member| member.is_in)
        });
        if is_seen {
            client.notify(Reply::new(&self.source, &["NICK", &self.nick], None));
        }
    }
}
