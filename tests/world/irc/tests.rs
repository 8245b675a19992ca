//! The played networks against the real sessions.

mod accidents;
mod channels;
mod others;
mod people;

use iim::edge::config::Flood;
use iim::edge::irc::{End, LinkEvent, Order, WatchChange};
use iim::rules::queue::irc::Ended;

use super::{Caps, Collision, Irc, Kind, LongNick, Mapping, Patience, Sight, Told, Traits, Why};

const ALICE: usize = 0;
const BOB: usize = 1;
const NET: &str = "net";
const START: u64 = 1_795_000_000_000;
const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;

/// A network with people on it, and what each was told and nobody asked for yet.
struct Play {
    irc: Irc,
    told: Vec<Told>,
}

impl Play {
    /// Nobody is on the network yet.
    fn new(seed: u64, traits: Traits) -> Self {
        let mut irc = Irc::new(seed, START);
        irc.add_network(NET, traits);
        Self {
            irc,
            told: Vec::new(),
        }
    }

    /// Alice and Bob are there under their names, and nothing is to be told.
    fn both(traits: Traits) -> Self {
        let mut play = Self::new(7, traits);
        for (person, nick) in [(ALICE, "alice"), (BOB, "bob")] {
            play.join(person, nick, None);
        }
        play.pass(20 * SECOND);
        for person in [ALICE, BOB] {
            let news = play.news(person);
            assert!(
                news.iter().any(|n| matches!(n, LinkEvent::Registered(_))),
                "{news:?}"
            );
        }
        play
    }

    fn join(&mut self, person: usize, nick: &str, flood: Option<Flood>) {
        let mut settings = self.irc.settings(NET);
        settings.flood = flood.unwrap_or_default();
        let poll = std::time::Duration::from_secs(15);
        self.irc.link(person, NET, settings, poll);
        self.connect(person, nick);
    }

    fn connect(&mut self, person: usize, nick: &str) {
        let nick = nick.to_owned();
        self.irc.order(person, NET, Order::Connect(nick));
    }

    fn watch(&mut self, person: usize, nicks: &[&str]) {
        self.watch_instead(person, &[], nicks);
    }

    fn watch_instead(&mut self, person: usize, less: &[&str], more: &[&str]) {
        let set = |nicks: &[&str]| nicks.iter().map(|n| (*n).to_owned()).collect();
        let (less, more) = (set(less), set(more));
        self.irc
            .order(person, NET, Order::Watch(WatchChange { more, less }));
    }

    fn say(&mut self, person: usize, to: &str, texts: &[&str]) {
        let texts = texts.iter().map(|t| (*t).to_owned()).collect();
        let to = to.to_owned();
        self.irc.order(
            person,
            NET,
            Order::Send {
                ticket: 1,
                to,
                texts,
            },
        );
    }

    fn pass(&mut self, ms: u64) {
        let until = self.irc.now_ms() + ms;
        self.told.extend(self.irc.run_until(until));
        assert_eq!(self.irc.now_ms(), until);
    }

    /// Whether a person was told since the last call that a connection came to this.
    fn is_over(&mut self, person: usize, how: Ended) -> bool {
        let over = |news: &LinkEvent| matches!(news, LinkEvent::Over(end, _) if end.how == how);
        self.news(person).iter().any(over)
    }

    /// What a person was told since the last call.
    fn news(&mut self, person: usize) -> Vec<LinkEvent> {
        let (own, others) = std::mem::take(&mut self.told)
            .into_iter()
            .partition(|told| told.person == person);
        self.told = others;
        let own: Vec<Told> = own;
        own.into_iter().map(|told| told.news).collect()
    }

    /// `+nick` and `-nick`, as told since the last call.
    fn sights(&mut self, person: usize) -> Vec<String> {
        let news = self.news(person).into_iter();
        news.filter_map(|news| match news {
            LinkEvent::Up(nick) => Some(format!("+{nick}")),
            LinkEvent::Down(nick) => Some(format!("-{nick}")),
            _ => None,
        })
        .collect()
    }

    fn texts(&mut self, person: usize) -> Vec<String> {
        let news = self.news(person).into_iter();
        news.filter_map(|news| match news {
            LinkEvent::Message { text, .. } => Some(text),
            _ => None,
        })
        .collect()
    }
}

fn all_kinds() -> [Traits; 3] {
    [Traits::inspircd(), Traits::ngircd(), Traits::hybrid()]
}
