//! Splits: servers that lose sight of one another, and what becomes of channels when they see each other again.

use std::collections::{BTreeMap, BTreeSet};

use super::Irc;
use super::channels::{Channel, Member, Modes, Place};
use super::network::{Network, Server};
use super::traits::Merge;

impl Irc {
    /// These servers lose sight of the others, and stay together among themselves.
    pub fn split(&mut self, network: &str, servers: &[usize]) {
        let net = self.network(network);
        let sides = self.networks[net].servers.iter().map(|server| server.side);
        let mut sides: Vec<usize> = sides.collect();
        for server in servers {
            sides[*server] = 1;
        }
        self.regroup(net, &sides);
        self.all_seen_anew(net);
    }

    /// Half of those in a channel vanish for the other half, with a server that all of them are on from now on, as far as
    /// anybody can see; [`Irc::heal`] brings them back. Says whether there were two to part.
    pub fn split_channel(&mut self, network: &str, channel: &str) -> bool {
        let net = self.network(network);
        let place = (0, self.networks[net].traits.mapping.lower(channel));
        let channel = self.networks[net].channels.get(&place);
        let members = channel.map(|channel| channel.members.keys().copied().collect());
        let mut members: Vec<usize> = members.unwrap_or_default();
        members.sort_by_key(|conn| self.conns[*conn].user.nick.clone());
        if members.len() < 2 {
            return false;
        }
        let far = self.far_server(net);
        for (n, conn) in members.into_iter().enumerate() {
            let server = &mut self.conns[conn].server;
            match n % 2 {
                1 => *server = far,
                _ if *server == far => *server = 0,
                _ => {}
            }
        }
        self.split(network, &[far]);
        true
    }

    /// A server that nobody connects to.
    fn far_server(&mut self, net: usize) -> usize {
        let net = &mut self.networks[net];
        *net.far.get_or_insert_with(|| {
            net.servers.push(Server { up: true, side: 0 });
            net.servers.len() - 1
        })
    }

    /// All servers are together again. Of those who meet under one nick, the traits say who stays.
    pub fn heal(&mut self, network: &str) {
        let net = self.network(network);
        self.regroup(net, &vec![0; self.networks[net].servers.len()]);
        for conn in self.colliding(net) {
            self.numeric(conn, 436, "* :Nickname collision KILL");
            self.kill(conn, super::Why::Collision, "Killed (nickname collision)");
        }
        self.all_seen_anew(net);
    }

    /// Each server is on this side from now on.
    fn regroup(&mut self, net: usize, sides: &[usize]) {
        let before = std::mem::take(&mut self.networks[net].channels);
        let before_sides: Vec<usize> = self.networks[net]
            .servers
            .iter()
            .map(|server| server.side)
            .collect();
        for (server, side) in self.networks[net].servers.iter_mut().zip(sides) {
            server.side = *side;
        }
        if before_sides == sides {
            self.networks[net].channels = before;
            return;
        }
        let quits = self.parted(&before);
        for (conn, other) in quits {
            self.tell_quit(conn, other);
        }
        let after = self.merged(net, &before);
        self.networks[net].channels = after;
        self.tell_met(net, &before);
    }

    /// Who does not see whom any more, though they share a channel.
    fn parted(&self, before: &BTreeMap<Place, Channel>) -> BTreeSet<(usize, usize)> {
        let mut parted = BTreeSet::new();
        for channel in before.values() {
            for conn in channel.members.keys() {
                let others = channel
                    .members
                    .keys()
                    .filter(|other| !self.are_together(*conn, **other));
                parted.extend(others.map(|other| (*conn, *other)));
            }
        }
        parted
    }

    fn are_together(&self, one: usize, other: usize) -> bool {
        let net = &self.networks[self.conns[one].net];
        net.are_linked(self.conns[one].server, self.conns[other].server)
    }

    fn tell_quit(&mut self, conn: usize, other: usize) {
        let (near, far) = (self.server_name(other), self.server_name(conn));
        let mask = self.conns[conn].mask();
        self.say(other, &format!(":{mask} QUIT :{near} {far}"));
    }

    /// The channels of each side, made of what those on it bring along.
    fn merged(&self, net: usize, before: &BTreeMap<Place, Channel>) -> BTreeMap<Place, Channel> {
        let network = &self.networks[net];
        let mut after: BTreeMap<Place, Channel> = BTreeMap::new();
        for ((_, lower), channel) in before {
            for (side, members) in by_side(network, self, channel) {
                let part = Channel {
                    members,
                    ..channel.clone()
                };
                match after.remove(&(side, lower.clone())) {
                    None => after.insert((side, lower.clone()), part),
                    Some(other) => {
                        let one = merge(network.traits.merge, other, part);
                        after.insert((side, lower.clone()), one)
                    }
                };
            }
        }
        after
    }

    /// Who sees whom in a channel now, and did not.
    fn tell_met(&mut self, net: usize, before: &BTreeMap<Place, Channel>) {
        let after: Vec<((usize, String), Channel)> = self.networks[net]
            .channels
            .iter()
            .map(|(place, channel)| (place.clone(), channel.clone()))
            .collect();
        for ((_, lower), channel) in after {
            let same_before = |one: &usize, other: &usize| {
                before.iter().any(|((_, name), channel)| {
                    *name == lower
                        && channel.members.contains_key(one)
                        && channel.members.contains_key(other)
                })
            };
            for conn in channel.members.keys() {
                let others = channel.members.keys();
                let others: Vec<usize> = others
                    .filter(|other| !same_before(conn, other))
                    .copied()
                    .collect();
                let mask = self.conns[*conn].mask();
                for other in others {
                    self.say(other, &format!(":{mask} JOIN :{}", channel.name));
                }
            }
        }
    }
}

fn by_side(
    net: &Network,
    irc: &Irc,
    channel: &Channel,
) -> BTreeMap<usize, BTreeMap<usize, Member>> {
    let mut sides: BTreeMap<usize, BTreeMap<usize, Member>> = BTreeMap::new();
    for (conn, member) in &channel.members {
        let side = net.servers[irc.conns[*conn].server].side;
        sides.entry(side).or_default().insert(*conn, *member);
    }
    sides
}

/// Two channels of one name meet.
fn merge(how: Merge, one: Channel, other: Channel) -> Channel {
    let (mut older, mut newer) = if one.since <= other.since {
        (one, other)
    } else {
        (other, one)
    };
    let both = how == Merge::Both || older.since == newer.since;
    if both {
        let Modes {
            key,
            secret,
            closed,
            moderated,
            bans,
            shut,
        } = newer.modes;
        let modes = &mut older.modes;
        modes.key = modes.key.take().or(key);
        modes.secret |= secret;
        modes.closed |= closed;
        modes.moderated |= moderated;
        modes.bans.extend(bans);
        modes.shut = modes.shut.or(shut);
    } else {
        for member in newer.members.values_mut() {
            member.op = false;
        }
    }
    older.members.append(&mut newer.members);
    older
}
