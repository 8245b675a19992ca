//! Random days on random networks: whatever went wrong, when it is over everybody is on the network under their nick
//! and sees who is there and who is not. `SEED=n` plays one; more are played if `IIM_TESTS_LONG` is set.

use std::collections::{BTreeMap, BTreeSet};

use iim::edge::irc::{LinkEvent, Order, WatchChange};
use iim::rules::queue::irc::Ended;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Collision, Irc, Patience, Sight, Told, Traits, Why};

const NET: &str = "net";
const PEOPLE: usize = 4;
const SECOND: u64 = 1000;
const POLL: std::time::Duration = std::time::Duration::from_secs(15);

/// What a person's agent knows.
#[derive(Clone, Debug, Default)]
struct Agent {
    nick: String,
    away: bool,
    watched: BTreeSet<String>,
    sights: BTreeMap<String, bool>,
    registered: Option<String>,
    /// A line could leave.
    room: bool,
    /// Orders to send of which nothing was told yet.
    tickets: BTreeSet<u64>,
}

impl Agent {
    fn hear(&mut self, news: LinkEvent) {
        match news {
            LinkEvent::Registered(on) => self.registered = Some(on.nick),
            // A nick that is not taken was none of ours yet.
            LinkEvent::Over(end, _) if end.how == Ended::NickRejected => {}
            LinkEvent::Over(..) | LinkEvent::Left => {
                self.registered = None;
                self.room = false;
                self.sights.clear();
            }
            LinkEvent::Room => self.room = true,
            LinkEvent::Written(ticket)
            | LinkEvent::Undeliverable {
                ticket: Some(ticket),
                ..
            } => drop(self.tickets.remove(&ticket)),
            LinkEvent::Up(nick) => self.see(nick, true),
            LinkEvent::Down(nick) => self.see(nick, false),
            LinkEvent::Connecting(_) => self.sights.clear(),
            _ => {}
        }
    }

    /// A nick that is told twice, or is not watched, is a fault.
    fn see(&mut self, nick: String, up: bool) {
        assert!(self.watched.contains(&nick), "{nick} is not watched");
        let before = self.sights.insert(nick.clone(), up);
        assert_ne!(before, Some(up), "{nick} was told twice");
    }
}

struct Day {
    irc: Irc,
    agents: Vec<Agent>,
    rng: StdRng,
    servers: usize,
    names: usize,
    tickets: u64,
    /// Lines keep their distance on the way; else a server may hear at once what was written over seconds.
    even: bool,
}

impl Day {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut traits = match rng.random_range(0..3) {
            0 => Traits::inspircd(),
            1 => Traits::ngircd(),
            _ => Traits::hybrid(),
        };
        traits.servers = rng.random_range(1..=3);
        traits.collision = Collision::BothKilled;
        if rng.random_bool(0.3) {
            traits.patience = Patience::Strict;
        }
        if traits.sight != Sight::IsonOnly && rng.random_bool(0.5) {
            let (told, taken) = (rng.random_range(1..6), rng.random_range(1..6));
            traits.sight = Sight::Monitor { told, taken };
        }
        let (servers, mut irc) = (traits.servers, Irc::new(seed, 1_795_000_000_000));
        irc.add_network(NET, traits);
        let mut day = Self {
            irc,
            agents: vec![Agent::default(); PEOPLE],
            rng,
            servers,
            names: 0,
            tickets: 0,
            even: seed.is_multiple_of(2),
        };
        for person in 0..PEOPLE {
            let mut settings = day.irc.settings(NET);
            settings.servers.rotate_left(person % servers);
            day.irc.link(person, NET, settings, POLL);
        }
        for person in 0..PEOPLE {
            day.move_on(person);
        }
        day
    }

    /// A person goes to a new nick, and the others look for it, or miss it.
    fn move_on(&mut self, person: usize) {
        self.names += 1;
        let nick = format!("n{:04}", self.names);
        self.agents[person].nick.clone_from(&nick);
        self.agents[person].away = false;
        self.irc.order(person, NET, Order::Connect(nick.clone()));
        for other in 0..PEOPLE {
            let agent = &mut self.agents[other];
            agent.watched.insert(nick.clone());
            let mut change = WatchChange::default();
            change.more.insert(nick.clone());
            if agent.watched.len() > 8 {
                let gone = agent.watched.pop_first().unwrap();
                agent.sights.remove(&gone);
                change.less.insert(gone);
            }
            self.irc.order(other, NET, Order::Watch(change));
        }
    }

    fn accident(&mut self) {
        let person = self.rng.random_range(0..PEOPLE);
        let server = self.rng.random_range(0..self.servers);
        let (other, now) = (self.rng.random_range(0..PEOPLE), self.irc.now_ms());
        match self.rng.random_range(0..21) {
            0 => self.irc.cut(person, NET),
            1 => self.irc.reset(person, NET),
            2 => self.irc.split(NET, &[server]),
            3 => self.irc.heal(NET),
            4 => self.irc.server_down(NET, server),
            5 => self.irc.network_up(NET),
            6 => self.irc.unplug(person),
            7 => self.irc.plug(person),
            8 => self
                .irc
                .sleep(person, now + self.rng.random_range(1000..20_000_000)),
            9 => self
                .irc
                .set_clock_offset(person, self.rng.random_range(-9000..9000)),
            10..=12 if self.even => {}
            10 => self.irc.set_lag(NET, self.rng.random_range(1..5000)),
            11 => self
                .irc
                .set_lag_of(person, NET, self.rng.random_range(1..5000)),
            12 => {
                let gap = self.rng.random_range(0..200 * SECOND);
                self.irc.stall(person, NET, gap);
            }
            13 => self.irc.flood(NET, &self.agents[person].nick, 20),
            14 => drop(self.irc.kill_nick(NET, &self.agents[person].nick)),
            15 => drop(self.irc.squat(NET, server, &self.agents[person].nick)),
            16 => self
                .irc
                .hold_nick(NET, &self.agents[person].nick, now + 600 * SECOND),
            17 | 18 => self.say(person, other),
            19 => {
                let guest = format!("g{:04}", self.rng.random_range(0..9999));
                self.irc.force_nick(person, NET, &guest);
            }
            _ => self.come_or_go(person),
        }
    }

    fn say(&mut self, person: usize, to: usize) {
        let (to, texts) = (self.agents[to].nick.clone(), vec!["hello".to_owned(); 9]);
        self.tickets += 1;
        let ticket = self.tickets;
        self.agents[person].tickets.insert(ticket);
        self.agents[person].room = false;
        self.irc
            .order(person, NET, Order::Send { ticket, to, texts });
    }

    fn come_or_go(&mut self, person: usize) {
        if self.rng.random_bool(0.5) {
            self.agents[person].away = true;
            self.irc.order(person, NET, Order::Leave);
        } else {
            self.move_on(person);
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.irc.now_ms() + ms;
        loop {
            let told = self.irc.advance(until);
            if told.is_empty() {
                return;
            }
            for Told { person, news, .. } in told {
                self.agents[person].hear(news);
            }
        }
    }

    /// When all is over, everybody is where they want to be, and sees who is there.
    fn check(&mut self) {
        self.irc.calm();
        // Whoever was killed again and again stays away for a day.
        self.pass(30 * 3600 * SECOND);
        for (person, agent) in self.agents.iter().enumerate() {
            let wanted = Some(agent.nick.as_str()).filter(|_| !agent.away);
            assert_eq!(self.irc.nick_of(person, NET), wanted, "{person}");
            assert_eq!(agent.registered.as_deref(), wanted, "{person}");
            assert_eq!(agent.room, wanted.is_some(), "{person}");
            assert_eq!(agent.tickets, BTreeSet::new(), "{person}");
            let truth = |nick: &String| (nick.clone(), self.irc.online(NET, nick));
            let truth: BTreeMap<_, _> = agent.watched.iter().map(truth).collect();
            assert!(
                agent.away || agent.sights == truth,
                "{person}: {agent:#?}, not {truth:?}"
            );
        }
        let flood = self.irc.kills().iter().find(|kill| kill.why == Why::Flood);
        assert!(!self.even || flood.is_none(), "{flood:?}");
    }
}

fn play(seed: u64) {
    let mut day = Day::new(seed);
    for _ in 0..4 {
        for _ in 0..12 {
            day.accident();
            let wait = match day.rng.random_range(0..4) {
                0 => day.rng.random_range(0..SECOND),
                1 | 2 => day.rng.random_range(0..60 * SECOND),
                _ => day.rng.random_range(0..1800 * SECOND),
            };
            day.pass(wait);
        }
        day.check();
    }
}

#[test]
fn everybody_finds_everybody_when_all_is_over() {
    if let Ok(seed) = std::env::var("SEED") {
        return play(seed.parse().unwrap());
    }
    let days = if std::env::var_os("IIM_TESTS_LONG").is_some() {
        3000
    } else {
        60
    };
    for seed in 0..days {
        if std::panic::catch_unwind(|| play(seed)).is_err() {
            panic!("SEED={seed}");
        }
    }
}
