//! What others do to a channel: strangers who sit in it or take it over, servers that lie, and operators of a network, who
//! see and write down everything.

use super::channels::Channel;
use super::link::State;
use super::{Exposed, Irc, Sighting, Stay};

/// Strangers and servers.
impl Irc {
    /// A stranger comes into a channel, on whichever server, if its key and modes let them; they have this nick, or take it.
    pub fn stranger_joins(
        &mut self,
        network: &str,
        server: usize,
        nick: &str,
        channel: &str,
        key: &str,
    ) -> bool {
        let conn = self.stranger(network, server, nick);
        if let Some(conn) = conn {
            self.join(conn, channel, key);
        }
        conn.is_some_and(|conn| self.is_in(conn, channel))
    }

    /// A stranger is an operator of a channel from now on, whatever its key and modes, as far as their server sees; says
    /// whether it is there.
    pub fn stranger_rules(
        &mut self,
        network: &str,
        server: usize,
        nick: &str,
        channel: &str,
    ) -> bool {
        let Some(conn) = self.stranger(network, server, nick) else {
            return false;
        };
        if self.channel(conn, channel).is_none() {
            return false;
        }
        if !self.is_in(conn, channel) {
            self.enter(conn, channel, "");
        }
        let place = self.place(conn, channel);
        let net = self.network(network);
        let its = self.networks[net].channels.get_mut(&place);
        if let Some(member) = its.and_then(|channel| channel.members.get_mut(&conn)) {
            member.op = true;
        }
        let text = format!(":{network}.example MODE {channel} +o {nick}");
        self.tell_channel(conn, channel, &text);
        true
    }

    /// A takeover: a stranger becomes operator, bans everybody and throws all others out. Says whether the channel is there.
    pub fn take_over(&mut self, network: &str, server: usize, nick: &str, channel: &str) -> bool {
        if !self.stranger_rules(network, server, nick, channel) {
            return false;
        }
        self.stranger_sets(network, nick, channel, "+b *!*@*");
        let Some(conn) = self.stranger(network, server, nick) else {
            return false;
        };
        let all = self
            .channel(conn, channel)
            .map(|channel| channel.members.clone());
        for other in all
            .unwrap_or_default()
            .into_keys()
            .filter(|one| *one != conn)
        {
            let theirs = self.conns[other].user.nick.clone().unwrap_or_default();
            let mask = self.conns[conn].mask();
            self.tell_channel(
                conn,
                channel,
                &format!(":{mask} KICK {channel} {theirs} :out"),
            );
            self.leave_channel(other, channel);
        }
        true
    }

    /// A stranger who rules a channel sets `+m`, `+b MASK`, `+k KEY` or `+i` there, or takes them off with `-`.
    pub fn stranger_sets(&mut self, network: &str, nick: &str, channel: &str, change: &str) {
        let Some(conn) = self.stranger(network, 0, nick) else {
            return;
        };
        let (letters, word) = change.split_once(' ').unwrap_or((change, ""));
        let on = letters.starts_with('+');
        let Some(modes) = self.modes_of(conn, channel) else {
            return;
        };
        match letters.trim_start_matches(['+', '-']) {
            "m" => modes.moderated = on,
            "k" => modes.key = on.then(|| word.to_owned()),
            "i" => modes.shut = on.then_some(473),
            "b" if on => {
                modes.bans.insert(word.to_owned());
            }
            "b" => {
                modes.bans.remove(word);
            }
            other => panic!("no mode {other}"),
        }
        let mask = self.conns[conn].mask();
        self.tell_channel(conn, channel, &format!(":{mask} MODE {channel} {change}"));
    }

    /// A server throws a person out of a channel; says whether they were in it.
    pub fn server_kicks(&mut self, person: usize, link: &str, channel: &str) -> bool {
        let found = self
            .find(person, link)
            .and_then(|link| self.links[link].conn());
        let Some(conn) = found.filter(|conn| self.is_in(*conn, channel)) else {
            return false;
        };
        let (server, nick) = (self.server_name(conn), self.conns[conn].user.nick.clone());
        let text = format!(":{server} KICK {channel} {} :no", nick.unwrap_or_default());
        self.tell_channel(conn, channel, &text);
        self.leave_channel(conn, channel);
        true
    }

    /// A server writes into a channel what nobody said, in the name of a nick: what was seen before, perhaps, there or
    /// elsewhere. All in the channel hear it but the holder of that nick.
    pub fn server_forges(&mut self, network: &str, from: &str, channel: &str, text: &str) {
        let net = self.network(network);
        let lower = self.networks[net].traits.mapping.lower(channel);
        let holder = self.holders(network, from).first().copied();
        let mask = holder.map_or(format!("{from}!~x@forged.example"), |conn| {
            self.conns[conn].mask()
        });
        let places = self.networks[net].channels.iter();
        let members: Vec<usize> = places
            .filter(|((_, name), _)| *name == lower)
            .flat_map(|(_, channel)| channel.members.keys().copied())
            .collect();
        for conn in members.into_iter().filter(|conn| Some(*conn) != holder) {
            self.say(conn, &format!(":{mask} PRIVMSG {channel} :{text}"));
        }
    }

    /// What was done to channels is undone.
    pub(super) fn free_channels(&mut self, net: usize) {
        for channel in self.networks[net].channels.values_mut() {
            channel.modes.moderated = false;
            channel.modes.shut = None;
            channel.modes.bans.clear();
        }
    }

    /// The stranger who has this nick, who comes if nobody has.
    fn stranger(&mut self, network: &str, server: usize, nick: &str) -> Option<usize> {
        self.squat(network, server, nick);
        let holders = self.holders(network, nick).into_iter();
        holders
            .into_iter()
            .find(|conn| self.conns[*conn].link.is_none())
    }

    fn is_in(&self, conn: usize, channel: &str) -> bool {
        let is_in = |channel: &Channel| channel.members.contains_key(&conn);
        self.channel(conn, channel).is_some_and(is_in)
    }
}

/// What operators see, and outsiders.
impl Irc {
    /// Every channel with its key and all in it, on all sides of a split, as an operator lists it. What was said there is in
    /// [`Irc::log`].
    pub fn operator_lists(&self, network: &str) -> Vec<Sighting> {
        let channels = self.networks[self.network(network)].channels.iter();
        let all = channels.map(|((_, lower), channel)| Sighting {
            channel: lower.clone(),
            key: channel.modes.key.clone(),
            members: channel
                .members
                .keys()
                .map(|conn| self.sighted(*conn))
                .collect(),
        });
        all.collect()
    }

    /// The channels that a person's link is in, unless it is leaving: as the person's own program has it.
    pub fn channels_in(&self, person: usize, link: &str) -> Vec<String> {
        let link = self.find(person, link).map(|link| &self.links[link]);
        match link.map(|link| &link.state) {
            Some(State::Talking(talk)) => self.channels_of(talk.conn),
            _ => Vec::new(),
        }
    }

    /// What the networks are called.
    pub fn network_names(&self) -> impl Iterator<Item = &str> {
        self.networks.iter().map(|net| net.name.as_str())
    }

    /// Whether a person has a link of this name.
    pub fn has_link(&self, person: usize, link: &str) -> bool {
        self.find(person, link).is_some()
    }

    /// Whether a network lets a host connect twice, and into so many channels.
    pub fn has_place_for_rooms(&self, network: &str, rooms: usize) -> bool {
        let traits = &self.networks[self.network(network)].traits;
        traits.clones > 2 && traits.max_channels > 2 * rooms
    }

    fn sighted(&self, conn: usize) -> (String, String, Option<usize>) {
        let user = &self.conns[conn].user;
        let person = self.conns[conn].link.map(|link| self.links[link].person);
        (
            user.nick.clone().unwrap_or_default(),
            user.host.clone(),
            person,
        )
    }

    /// Every stay of anybody in a channel, in the order of its beginning: what an operator who writes down everything has.
    pub fn stays(&self) -> &[Stay] {
        &self.stays
    }

    /// When a channel stood there for anybody to see, by LIST or WHOIS, in the order of its beginning.
    pub fn exposed(&self) -> &[Exposed] {
        &self.exposed
    }
}
