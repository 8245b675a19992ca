//! Channels: who is in which, under which modes, and what those in it are told.
//!
//! Each side of a split has its own: the name, the modes and the operators of a channel may differ there.

use std::collections::{BTreeMap, BTreeSet};

use iim::edge::irc::Line;

use super::network::Conn;
use super::traits::Patience;
use super::{Exposed, Irc, Stay};

/// A side of a network, and a channel's name in lower case.
pub(super) type Place = (usize, String);

/// A channel as the servers of one side know it.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    /// As whoever came first wrote it.
    pub(super) name: String,
    /// When it was made.
    pub(super) since: u64,
    pub(super) members: BTreeMap<usize, Member>,
    pub(super) modes: Modes,
}

/// What an operator of a channel can say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Modes {
    pub(super) key: Option<String>,
    /// +s
    pub(super) secret: bool,
    /// +n
    pub(super) closed: bool,
    /// +m
    pub(super) moderated: bool,
    /// +b: `*!*@*`, or a mask as a client has it.
    pub(super) bans: BTreeSet<String>,
    /// Nobody comes in, for the reason of this numeric (471, 473, 437, …).
    pub(super) shut: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) op: bool,
    /// Among all stays.
    pub(super) stay: usize,
}

impl Modes {
    fn bans(&self, mask: &str) -> bool {
        self.bans.iter().any(|ban| ban == "*!*@*" || ban == mask)
    }

    fn letters(&self) -> String {
        let all = [
            (self.secret, 's'),
            (self.closed, 'n'),
            (self.key.is_some(), 'k'),
            (self.moderated, 'm'),
        ];
        let set = all.iter().filter(|(set, _)| *set).map(|(_, letter)| letter);
        "+".chars().chain(set.copied()).collect()
    }
}

impl Irc {
    /// A channel as a client's server knows it.
    pub(super) fn place(&self, conn: usize, name: &str) -> Place {
        let Conn { net, server, .. } = self.conns[conn];
        let net = &self.networks[net];
        (net.servers[server].side, net.traits.mapping.lower(name))
    }

    pub(super) fn channel(&self, conn: usize, name: &str) -> Option<&Channel> {
        let place = self.place(conn, name);
        self.networks[self.conns[conn].net].channels.get(&place)
    }

    pub(super) fn modes_of(&mut self, conn: usize, name: &str) -> Option<&mut Modes> {
        let place = self.place(conn, name);
        let net = &mut self.networks[self.conns[conn].net];
        net.channels
            .get_mut(&place)
            .map(|channel| &mut channel.modes)
    }

    /// Those of a channel but for one.
    fn others(&self, conn: usize, name: &str) -> Vec<usize> {
        let channel = self.channel(conn, name);
        let members = channel
            .into_iter()
            .flat_map(|channel| channel.members.keys());
        members.copied().filter(|one| *one != conn).collect()
    }

    /// All in a channel are told something by a client, who is told too if they are in it.
    pub(super) fn tell_channel(&mut self, conn: usize, name: &str, text: &str) {
        let server = self.conns[conn].server;
        let is_in = |channel: &Channel| channel.members.contains_key(&conn);
        if self.channel(conn, name).is_some_and(is_in) {
            self.say(conn, text);
        }
        for other in self.others(conn, name) {
            self.hop(server, other, 0, text);
        }
    }

    /// JOIN of one channel.
    pub(super) fn join(&mut self, conn: usize, name: &str, key: &str) {
        if let Err((numeric, words)) = self.may_join(conn, name, key) {
            return self.numeric(conn, numeric, &format!("{name} :{words}"));
        }
        if !self
            .channel(conn, name)
            .is_some_and(|channel| channel.members.contains_key(&conn))
        {
            self.enter(conn, name, key);
        }
    }

    fn may_join(&self, conn: usize, name: &str, key: &str) -> Result<(), (u16, &'static str)> {
        let net = &self.networks[self.conns[conn].net];
        let numeric = match net.traits.patience {
            Patience::Ngircd => 403,
            Patience::Inspircd => 476,
            Patience::Hybrid | Patience::Strict | Patience::Endless => 479,
        };
        let word = |c: char| !c.is_control() && c != ' ' && c != ',';
        if !(name.starts_with('#') && name.len() <= 50 && name.chars().all(word)) {
            return Err((numeric, "Illegal channel name"));
        }
        let is_in = |channel: &&Channel| channel.members.contains_key(&conn);
        let channel = self.channel(conn, name);
        if channel.as_ref().is_some_and(is_in) {
            return Ok(());
        }
        if net.channels.values().filter(is_in).count() >= net.traits.max_channels {
            return Err((405, "You have joined too many channels"));
        }
        let Some(Channel { modes, .. }) = channel else {
            return Ok(());
        };
        if modes.bans(&self.conns[conn].mask()) {
            return Err((474, "Cannot join channel (+b)"));
        }
        if modes.key.as_deref().is_some_and(|its| its != key) {
            return Err((475, "Cannot join channel (+k)"));
        }
        modes
            .shut
            .map_or(Ok(()), |numeric| Err((numeric, "Cannot join channel")))
    }

    /// A client is in a channel from now on; it is made if it is not there.
    pub(super) fn enter(&mut self, conn: usize, name: &str, key: &str) {
        let place = self.place(conn, name);
        let stay = self.begin_stay(conn, &place.1, key);
        let now = self.now;
        let net = &mut self.networks[self.conns[conn].net];
        let (founder_op, kind) = (net.traits.founder_op, net.traits.patience);
        let new = !net.channels.contains_key(&place);
        let channel = net.channels.entry(place).or_insert_with(|| Channel {
            name: name.to_owned(),
            since: now,
            ..Channel::default()
        });
        channel.modes.closed |= new && kind != Patience::Ngircd;
        let op = new && founder_op;
        channel.members.insert(conn, Member { op, stay });
        let (name, modes) = (channel.name.clone(), channel.modes.clone());
        let mask = self.conns[conn].mask();
        self.tell_channel(conn, &name, &format!(":{mask} JOIN :{name}"));
        if new && kind == Patience::Hybrid {
            let server = self.server_name(conn);
            self.say(conn, &format!(":{server} MODE {name} +n"));
        }
        self.names(conn, &name);
        self.is_bare(conn, &name, !modes.secret);
    }

    /// NAMES: 353 with twenty nicks each, 366.
    pub(super) fn names(&mut self, conn: usize, name: &str) {
        let (mut nicks, mut sign) = (Vec::new(), '=');
        if let Some(channel) = self.channel(conn, name) {
            sign = if channel.modes.secret { '@' } else { '=' };
            let shown = !channel.modes.secret || channel.members.contains_key(&conn);
            for (one, member) in channel.members.iter().filter(|_| shown) {
                let rank = if member.op { "@" } else { "" };
                let nick = self.conns[*one].user.nick.as_deref().unwrap_or("*");
                nicks.push(format!("{rank}{nick}"));
            }
        }
        for some in nicks.chunks(20) {
            let some = some.join(" ");
            self.numeric(conn, 353, &format!("{sign} {name} :{some}"));
        }
        self.numeric(conn, 366, &format!("{name} :End of /NAMES list."));
    }

    /// PART of one channel.
    pub(super) fn part(&mut self, conn: usize, name: &str) {
        let Some(channel) = self.channel(conn, name) else {
            return self.numeric(conn, 403, &format!("{name} :No such channel"));
        };
        if !channel.members.contains_key(&conn) {
            return self.numeric(conn, 442, &format!("{name} :You are not on that channel"));
        }
        let (mask, name) = (self.conns[conn].mask(), channel.name.clone());
        self.tell_channel(conn, &name, &format!(":{mask} PART :{name}"));
        self.leave_channel(conn, &name);
    }

    /// A client is not in a channel any more, and nobody is told; an empty one is gone.
    pub(super) fn leave_channel(&mut self, conn: usize, name: &str) {
        let place = self.place(conn, name);
        let net = &mut self.networks[self.conns[conn].net];
        let Some(channel) = net.channels.get_mut(&place) else {
            return;
        };
        let left = channel.members.remove(&conn);
        if channel.members.is_empty() {
            net.channels.remove(&place);
        }
        if let Some(member) = left {
            self.stays[member.stay].until_ms = Some(self.now);
        }
    }

    /// A client has quit: whoever shares a channel with them learns it, once.
    pub(super) fn quit_channels(&mut self, conn: usize, words: &str) {
        let mask = self.conns[conn].mask();
        let text = format!(":{mask} QUIT :{words}");
        self.tell_companions(conn, &text);
        for name in self.channels_of(conn) {
            self.leave_channel(conn, &name);
        }
    }

    /// Whoever shares a channel with a client is told something by them, once.
    pub(super) fn tell_companions(&mut self, conn: usize, text: &str) {
        let server = self.conns[conn].server;
        let names = self.channels_of(conn);
        let others = names.iter().flat_map(|name| self.others(conn, name));
        for other in others.collect::<BTreeSet<usize>>() {
            self.hop(server, other, 0, text);
        }
    }

    pub(super) fn channels_of(&self, conn: usize) -> Vec<String> {
        let channels = self.networks[self.conns[conn].net].channels.values();
        let theirs = channels.filter(|channel| channel.members.contains_key(&conn));
        theirs.map(|channel| channel.name.clone()).collect()
    }

    /// MODE of a channel.
    pub(super) fn channel_mode(&mut self, conn: usize, line: &Line) {
        let (name, change) = (line.param(0), line.param(1));
        let Some(channel) = self.channel(conn, name) else {
            return self.numeric(conn, 403, &format!("{name} :No such channel"));
        };
        let (name, modes) = (channel.name.clone(), channel.modes.clone());
        let member = channel.members.get(&conn).copied();
        if change.is_empty() {
            return self.numeric(conn, 324, &format!("{name} {}", modes.letters()));
        }
        match member {
            None => self.numeric(conn, 442, &format!("{name} :You're not on that channel")),
            Some(member) if !member.op => {
                self.numeric(conn, 482, &format!("{name} :You're not channel operator"));
            }
            Some(_) => {
                self.change_modes(conn, &name, change, line.param(2));
                let mask = self.conns[conn].mask();
                let text = format!(":{mask} MODE {name} {change} {}", line.param(2));
                self.tell_channel(conn, &name, text.trim_end());
            }
        }
    }

    /// Of what can be set, our programs set s, n and k; strangers do the rest (see takeover.rs).
    fn change_modes(&mut self, conn: usize, name: &str, change: &str, key: &str) {
        let Some(modes) = self.modes_of(conn, name) else {
            return;
        };
        for letter in change.chars() {
            match letter {
                's' => modes.secret = true,
                'n' => modes.closed = true,
                'k' => modes.key = Some(key.to_owned()).filter(|key| !key.is_empty()),
                _ => {}
            }
        }
        let bare = !modes.secret;
        self.is_bare(conn, name, bare);
    }

    /// Notes since when anybody could see a channel, or until when.
    fn is_bare(&mut self, conn: usize, name: &str, bare: bool) {
        let Conn { net, .. } = self.conns[conn];
        let (network, lower) = (self.networks[net].name.clone(), self.place(conn, name).1);
        let same = |one: &Exposed| {
            one.network == network && one.channel == lower && one.until_ms.is_none()
        };
        let open = self.exposed.iter().rposition(same);
        match (open, bare) {
            (None, true) => self.exposed.push(Exposed {
                network,
                channel: lower,
                from_ms: self.now,
                until_ms: None,
            }),
            (Some(at), false) if self.exposed[at].from_ms == self.now => {
                self.exposed.remove(at);
            }
            (Some(at), false) => self.exposed[at].until_ms = Some(self.now),
            (Some(_), true) | (None, false) => {}
        }
    }

    /// PRIVMSG to a channel.
    pub(super) fn say_in_channel(&mut self, conn: usize, name: &str, text: &str) {
        let Conn { net, server, .. } = self.conns[conn];
        let mask = self.conns[conn].mask();
        let Some(channel) = self.channel(conn, name) else {
            let insp = self.networks[net].traits.patience == Patience::Inspircd;
            let numeric = if insp { 403 } else { 401 };
            return self.numeric(conn, numeric, &format!("{name} :No such nick/channel"));
        };
        let (name, modes) = (channel.name.clone(), &channel.modes);
        let refused = match channel.members.get(&conn) {
            None => modes.closed || modes.moderated || modes.bans(&mask),
            Some(member) => !member.op && (modes.moderated || modes.bans(&mask)),
        };
        if refused {
            return self.numeric(conn, 404, &format!("{name} :Cannot send to channel"));
        }
        let line = format!(":{mask} PRIVMSG {name} :{text}");
        for other in self.others(conn, &name) {
            self.deliver(server, other, &line);
        }
    }

    fn begin_stay(&mut self, conn: usize, lower: &str, key: &str) -> usize {
        let Conn { net, link, .. } = self.conns[conn];
        let user = &self.conns[conn].user;
        self.stays.push(Stay {
            person: link.map(|link| self.links[link].person),
            network: self.networks[net].name.clone(),
            channel: lower.to_owned(),
            key: key.to_owned(),
            nick: user.nick.clone().unwrap_or_default(),
            host: user.host.clone(),
            from_ms: self.now,
            until_ms: None,
        });
        self.stays.len() - 1
    }
}
