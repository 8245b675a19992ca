//! A network's servers and whoever is connected to them: who is where, who sees whom, and lines on their way.

use std::collections::{BTreeMap, BTreeSet};

use iim::edge::config::Server as ServerAddress;

use super::channels::{Channel, Place};
use super::traits::Meter;
use super::{Event, Irc, Seen, Traits};

/// A network.
pub(super) struct Network {
    pub(super) name: String,
    pub(super) traits: Traits,
    pub(super) servers: Vec<Server>,
    /// Whoever is registered, by connection.
    pub(super) users: BTreeSet<usize>,
    /// Nicks that nobody may take until then (437).
    pub(super) held: BTreeMap<String, u64>,
    /// ms that a line takes one way, besides the client's own.
    pub(super) lag: u64,
    pub(super) odds: Odds,
    pub(super) log: Vec<Seen>,
    pub(super) channels: BTreeMap<Place, Channel>,
    /// A server beside those that have addresses.
    pub(super) far: Option<usize>,
}

/// How likely a PRIVMSG is not delivered as it should be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Odds {
    pub(super) lost: f64,
    pub(super) doubled: f64,
    pub(super) late: f64,
}

/// A server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) up: bool,
    /// Servers of one side of a split see each other.
    pub(super) side: usize,
}

/// A client's connection to a server.
pub(super) struct Conn {
    pub(super) net: usize,
    pub(super) server: usize,
    /// `None`: a stranger.
    pub(super) link: Option<usize>,
    /// The server has not closed it.
    pub(super) open: bool,
    /// Whatever is written is lost, both ways.
    pub(super) cut: bool,
    /// Lines are held back, both ways, and then come all at once.
    pub(super) stalled_until: u64,
    /// When the last line will arrive, at the server and at the client.
    up_at: u64,
    down_at: u64,
    /// The nick it has, among all that people had.
    pub(super) had: Option<usize>,
    pub(super) user: User,
}

/// What a server knows of a client.
#[derive(Default)]
pub(super) struct User {
    pub(super) nick: Option<String>,
    /// The nick as it is compared, once registered.
    pub(super) lower: String,
    pub(super) ident: Option<String>,
    pub(super) host: String,
    /// Since when it is registered.
    pub(super) since: Option<u64>,
    pub(super) negotiating: bool,
    /// A PONG was asked for.
    pub(super) asked: bool,
    /// It must come first.
    pub(super) cookie: bool,
    pub(super) tags: bool,
    /// MONITOR's list, and what was told last.
    pub(super) watching: BTreeMap<String, bool>,
    pub(super) meter: Meter,
}

impl Conn {
    pub(super) fn new(net: usize, server: usize, link: Option<usize>, host: String) -> Self {
        let user = User {
            host,
            ..User::default()
        };
        Self {
            net,
            server,
            link,
            open: true,
            cut: false,
            stalled_until: 0,
            up_at: 0,
            down_at: 0,
            had: None,
            user,
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.open && self.user.since.is_some()
    }

    /// `nick!user@host`.
    pub(super) fn mask(&self) -> String {
        let User {
            nick, ident, host, ..
        } = &self.user;
        let nick = nick.as_deref().unwrap_or("*");
        format!("{nick}!~{}@{host}", ident.as_deref().unwrap_or("x"))
    }
}

impl Network {
    pub(super) fn new(name: &str, traits: Traits) -> Self {
        let server = Server { up: true, side: 0 };
        Self {
            name: name.to_owned(),
            servers: vec![server; traits.servers],
            traits,
            users: BTreeSet::new(),
            held: BTreeMap::new(),
            lag: 20,
            odds: Odds::default(),
            log: Vec::new(),
            channels: BTreeMap::new(),
            far: None,
        }
    }

    pub(super) fn addresses(&self) -> Vec<ServerAddress> {
        let address = |n| ServerAddress {
            host: self.host(n),
            port: 6667,
        };
        let count = self.far.unwrap_or(self.servers.len());
        (0..count).map(address).collect()
    }

    pub(super) fn host(&self, server: usize) -> String {
        format!("irc{}.{}.example", server + 1, self.name)
    }

    pub(super) fn are_linked(&self, one: usize, other: usize) -> bool {
        self.servers[one].side == self.servers[other].side
    }
}

impl Irc {
    /// How long it takes to reach a server, and whether it works.
    pub(super) fn dial(
        &self,
        link: usize,
        server: &ServerAddress,
    ) -> (u64, Result<(usize, usize), String>) {
        if self.people[self.links[link].person].unplugged {
            return (CONNECT, Err("no connection within 30 s".to_owned()));
        }
        let place = |net: &Network| net.addresses().iter().position(|a| a == server);
        let mut all = self.networks.iter().enumerate();
        let found = all.find_map(|(n, net)| Some((n, place(net)?)));
        let to = found.ok_or_else(|| "cannot connect: no such host".to_owned());
        let lag = found.map_or(0, |(net, _)| self.networks[net].lag);
        (2 * (lag + self.links[link].lag), to)
    }

    /// A server takes a connection, if it runs.
    pub(super) fn accept(&mut self, link: usize, to: (usize, usize)) -> Result<usize, String> {
        let (net, server) = to;
        if !self.networks[net].servers[server].up {
            return Err("cannot connect: Connection refused".to_owned());
        }
        let host = format!("host-{}.example.org", self.links[link].person);
        let same = |conn: &&Conn| conn.open && conn.net == net && conn.user.host == host;
        let clones = self.conns.iter().filter(same).count();
        self.conns.push(Conn::new(net, server, Some(link), host));
        let conn = self.conns.len() - 1;
        if clones >= self.networks[net].traits.clones {
            // The first stays, as on ngircd and InspIRCd.
            let words = "Too many connections from your host";
            self.say(conn, &format!("ERROR :Closing Link: * ({words})"));
            self.close(conn);
        }
        Ok(conn)
    }

    /// Bytes of a client's, which end in CR LF.
    pub(super) fn write(&mut self, conn: usize, bytes: &[u8]) {
        let Some(link) = self.conns[conn].link else {
            return;
        };
        let text = String::from_utf8_lossy(bytes);
        for line in text.split_terminator("\r\n") {
            let person = &mut self.people[self.links[link].person];
            let command = line.split(' ').next().unwrap_or_default();
            *person.lines.entry(command.to_owned()).or_default() += 1;
            let line = line.to_owned();
            self.upwards(conn, Event::ToServer { conn, line });
        }
    }

    /// The client closes.
    pub(super) fn hang_up(&mut self, conn: usize) {
        self.upwards(conn, Event::HungUp { conn });
    }

    /// The client's end is closed, and the server has learnt it.
    pub(super) fn gone(&mut self, conn: usize) {
        if !self.conns[conn].cut {
            self.close(conn);
        }
    }

    fn upwards(&mut self, conn: usize, event: Event) {
        let at = self.arrival(conn);
        let conn = &mut self.conns[conn];
        if !conn.cut && conn.open {
            conn.up_at = conn.up_at.max(at);
            let at = conn.up_at;
            self.at(at, event);
        }
    }

    /// The server writes a line, without its end.
    pub(super) fn say(&mut self, conn: usize, text: &str) {
        let net = &self.networks[self.conns[conn].net];
        let mut line = Vec::new();
        if self.conns[conn].user.tags {
            line = format!("@time={} ", self.server_clock(conn)).into_bytes();
        }
        let room = net.traits.linelen - 2;
        line.extend(&text.as_bytes()[..text.len().min(room)]);
        line.extend(b"\r\n");
        self.downwards(conn, Event::ToClient { conn, bytes: line });
    }

    /// A numeric, with the client's nick in front of the rest.
    pub(super) fn numeric(&mut self, conn: usize, code: u16, rest: &str) {
        let server = self.server_name(conn);
        let nick = self.conns[conn].user.nick.as_deref().unwrap_or("*");
        let text = format!(":{server} {code:03} {nick} {rest}");
        self.say(conn, &text);
    }

    pub(super) fn server_name(&self, conn: usize) -> String {
        let Conn { net, server, .. } = self.conns[conn];
        self.networks[net].host(server)
    }

    pub(super) fn downwards(&mut self, conn: usize, event: Event) {
        let at = self.arrival(conn);
        let conn = &mut self.conns[conn];
        if !conn.cut && conn.link.is_some() {
            conn.down_at = conn.down_at.max(at);
            let at = conn.down_at;
            self.at(at, event);
        }
    }

    /// When a line that is written now arrives, if none before it comes later.
    fn arrival(&self, conn: usize) -> u64 {
        let Conn {
            net,
            link,
            stalled_until,
            ..
        } = self.conns[conn];
        let own = link.map_or(0, |link| self.links[link].lag);
        let soon = self.now + self.networks[net].lag + own;
        soon.max(stalled_until)
    }

    /// Whoever is registered under this nick, as seen from a server.
    pub(super) fn visible(&self, net: usize, server: usize, nick: &str) -> Option<usize> {
        let net = &self.networks[net];
        let lower = net.traits.mapping.lower(nick);
        let there = |conn: &&usize| {
            let conn = &self.conns[**conn];
            conn.user.lower == lower && net.are_linked(server, conn.server)
        };
        net.users.iter().find(there).copied()
    }
}

/// How long a try to connect may take, in ms.
const CONNECT: u64 = 30_000;
