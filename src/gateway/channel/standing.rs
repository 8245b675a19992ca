//! What the channel of a group shows of it: who is in, what it is about.

use super::marks::Marks;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::host::Standing;
use crate::gateway::numeric as n;
use crate::gateway::person::Person;
use crate::gateway::state::State;
use crate::protocol::clean;
use crate::protocol::codec::MAX_TOPIC;
use crate::protocol::irc_line::Reply;

/// Everybody who is in, as NAMES says it, the user first: there or not.
pub(crate) fn names(client: &Client, state: &State, channel: &Channel) -> Vec<String> {
    let full = client.has(Cap::UserhostInNames);
    let all = client.has(Cap::MultiPrefix);
    let name = |marks: Marks, nick: &str, source: &str| {
        let name = if full { source } else { nick };
        format!("{}{name}", marks.text(all))
    };
    let own = Marks::own(&channel.group);
    let own = name(own, &client.nick, &client.source());
    let others = channel.group.others().filter_map(|member| {
        let Person { nick, source, .. } = state.member(member)?;
        Some(name(Marks::of(member), &nick, &source))
    });
    std::iter::once(own).chain(others).collect()
}

/// TOPIC without a topic (RFC 2812, section 3.2.4).
pub(super) fn topic(ctx: &mut Context<'_>, channel: &Channel) {
    if !ctx.client.channels.contains(&channel.group.id) {
        return ctx.not_on_channel(&channel.name);
    }
    let lines = topic_lines(ctx.client, ctx.state, channel);
    if lines.is_empty() {
        ctx.numeric(n::NO_TOPIC, &[&channel.name], "No topic is set");
    }
    for line in lines {
        ctx.client.send(line);
    }
}

/// The topic, and who has set it where that is known (332, 333); none if there is none.
pub(super) fn topic_lines(client: &Client, state: &State, channel: &Channel) -> Vec<Reply> {
    let topic = topic_text(channel);
    if topic.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![client.server_line(n::TOPIC, &[&channel.name], Some(&topic))];
    if let Some((nick, at)) = state.topics.get(&channel.group.id) {
        let nick = nick.as_ref().unwrap_or(&client.nick);
        let words = [channel.name.as_str(), nick, &at.to_string()];
        lines.push(client.server_line(n::TOPIC_WHO_TIME, &words, None));
    }
    lines
}

/// The topic on one line.
pub(super) fn topic_text(channel: &Channel) -> String {
    clean::line(&channel.group.title.topic, MAX_TOPIC)
}

/// Its entry in LIST: of a group that the user is not in, only how to come in.
pub(super) fn list(ctx: &mut Context<'_>, channel: &Channel) {
    let (count, topic) = match channel.group.standing {
        Standing::In => {
            let count = channel.group.others().count().saturating_add(1);
            (count, topic_text(channel))
        }
        Standing::Asked(_) => (0, format!("you are asked in: /join {}", channel.name)),
        Standing::Agreed => (0, "you are not in yet".to_owned()),
    };
    ctx.numeric(n::LIST, &[&channel.name, &count.to_string()], &topic);
}
