//! What befalls rooms: splits, takeovers, strangers who sit in channels, servers that forge lines, links that end.

use crate::irc::{Kind, Seen, Sighting};
use crate::rooms::ROOMS;
use crate::world::World;

impl World {
    /// Something befalls a channel, or the connection of somebody's rooms.
    pub(crate) fn disturb_rooms(&mut self, one: usize) -> &'static str {
        let Some(network) = self.chance.pick(&self.networks.clone()).cloned() else {
            return "waits";
        };
        let link = format!("{network}{ROOMS}");
        let all = self.irc.operator_lists(&network);
        let Some(room) = self.chance.pick(&all).cloned() else {
            return "looks for a channel in vain";
        };
        let channel = room.channel.as_str();
        match self.chance.below(15) {
            0..=1 => {
                (
                    self.irc.split_channel(&network, channel),
                    "a channel is split",
                )
                    .1
            }
            2..=3 => (self.irc.heal(&network), "a split heals").1,
            4 => {
                (
                    self.irc.take_over(&network, 0, LURKER, channel),
                    "a channel is taken over",
                )
                    .1
            }
            5 => (self.irc.server_kicks(one, &link, channel), "a server kicks").1,
            6 => (self.rule(&network, &room), "a stranger rules a channel").1,
            7..=8 => (self.lurk(&network, &room), "a stranger sits in a channel").1,
            9..=11 => (self.forge_lines(&network, channel), "a server forges lines").1,
            12 => {
                (
                    self.irc.force_nick(one, &link, "guest4712"),
                    "a forced nick in rooms",
                )
                    .1
            }
            13 => {
                if let Some(nick) = self.irc.nick_of(one, &link).map(str::to_owned) {
                    self.irc.kill_nick(&network, &nick);
                }
                "an operator kills in rooms"
            }
            _ if self.chance.once_in(2) && self.irc.has_link(one, &link) => {
                (self.irc.cut(one, &link), "a link of rooms is cut").1
            }
            _ => (self.irc.reset(one, &link), "a link of rooms is reset").1,
        }
    }

    /// A stranger becomes operator, and sets what operators can set.
    fn rule(&mut self, network: &str, room: &Sighting) {
        self.irc.stranger_rules(network, 0, LURKER, &room.channel);
        let nick = room.members.first().map(|(nick, ..)| nick.as_str());
        let change = match self.chance.below(5) {
            0 => "+m".to_owned(),
            1 => "+i".to_owned(),
            2 => "+k else".to_owned(),
            3 => format!("+b {}!*@*", nick.unwrap_or("*")),
            _ => "+b *!*@*".to_owned(),
        };
        self.irc
            .stranger_sets(network, LURKER, &room.channel, &change);
    }

    /// A stranger who knows the key comes in, and says what was said there or elsewhere, and nonsense.
    fn lurk(&mut self, network: &str, room: &Sighting) {
        let key = room.key.clone().unwrap_or_default();
        let nick = format!("lurk{}", self.chance.below(3));
        self.irc
            .stranger_joins(network, 0, &nick, &room.channel, &key);
        for _ in 0..self.chance.between(0, 6) {
            let text = self.some_line(network).map(|seen| seen.text);
            let text = text.unwrap_or_else(|| "hello, is anybody here?".to_owned());
            self.irc
                .stranger_says(network, &nick, Kind::Privmsg, &room.channel, &text);
        }
        if self.chance.once_in(3) {
            self.irc.unsquat(network, &nick);
        }
    }

    /// A server plays lines again: in the name of whoever said them or of another, there or in another channel.
    fn forge_lines(&mut self, network: &str, channel: &str) {
        let all = self.irc.operator_lists(network);
        for _ in 0..self.chance.between(1, 8) {
            let Some(seen) = self.some_line(network) else {
                return;
            };
            let to = match self.chance.once_in(3) {
                true => channel.to_owned(),
                false => seen.to.clone(),
            };
            let nicks = all.iter().flat_map(|room| &room.members);
            let nicks: Vec<String> = nicks.map(|(nick, ..)| nick.clone()).collect();
            let other = self.chance.pick(&nicks).cloned();
            let from = other.filter(|_| self.chance.once_in(3));
            let from = from.unwrap_or(seen.from_nick);
            self.irc.server_forges(network, &from, &to, &seen.text);
        }
    }

    /// Something that was said in some channel of late.
    fn some_line(&mut self, network: &str) -> Option<Seen> {
        let log = self.irc.log(network).iter();
        let lines: Vec<Seen> = log
            .filter(|seen| seen.to.starts_with('#'))
            .cloned()
            .collect();
        let late = lines.len().min(60);
        let nth = lines.len() - late + self.chance.index(late);
        lines.get(nth).cloned()
    }
}

/// A stranger who takes channels over.
const LURKER: &str = "takeover";
