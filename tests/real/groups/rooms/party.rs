//! People who are friends of alice's, all in one group, each on a machine of their own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::groups::{by_the_clock, count_mails, heard, until_passed};
use crate::support::account::{Account, Place};
use crate::support::hand::Hand;
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, need};

pub(super) const GROUP: &str = "#climbing";
pub(super) const NAMES: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];

/// The people.
pub(super) struct Party {
    // Ended in this order: agents first, folders last.
    pub(super) agents: Vec<Running>,
    pub(super) postman: Postman,
    pub(super) people: Vec<Account>,
    /// The clocks, in the order of the people.
    pub(super) hands: Vec<Hand>,
    _place: Place,
}

impl Party {
    /// So many, each with agents on the first server that takes them, of those at these ports.
    #[track_caller]
    pub(super) fn of(count: usize, ports: impl Fn(&str) -> Vec<u16>) -> Self {
        need(&["procmail", "cc"]);
        let place = Place::new();
        let post = Post::new(&place);
        let hand = |(name, host): (&&str, u8)| Hand::of_host(&place, name, [127, 0, 0, host]);
        let hands: Vec<Hand> = NAMES[..count].iter().zip(2..).map(hand).collect();
        let settle = |(name, hand): (&&str, &Hand)| {
            let servers: Vec<String> = ports(name)
                .iter()
                .map(|port| format!("127.0.0.1:{port}"))
                .collect();
            let url = format!("net0=irc://{}", servers[0]);
            let person = by_the_clock(&place, &post, hand, name, &url);
            let one = format!("servers = [\"{}\"]", servers[0]);
            person.configure(&[(&one, &format!("servers = {servers:?}"))]);
            person
        };
        let people: Vec<Account> = NAMES[..count].iter().zip(&hands).map(settle).collect();
        for other in &people[1..] {
            befriend(&post, Way::Procmail, other, &people[0]);
        }
        people.iter().for_each(count_mails);
        let postman = post.postman(&people.iter().collect::<Vec<_>>());
        let agents = people.iter().map(Account::agent).collect();
        Self {
            agents,
            postman,
            people,
            hands,
            _place: place,
        }
    }

    /// Alice founds the group, and all others come into it; all let the others see them there.
    #[track_caller]
    pub(super) fn meets(&self) {
        let mut new = vec!["group", "new", GROUP];
        new.extend(&NAMES[1..self.people.len()]);
        self.people[0].ok(&new);
        for person in &self.people[1..] {
            self.until(&format!("{} to be asked", person.name), || {
                let out = person.iim(&["group", "accept", GROUP, "--show"]);
                (out.code == Some(0)).then_some(()).ok_or(out.errors())
            });
        }
        self.people[0].ok(&["group", "show", GROUP, "--show"]);
    }

    pub(super) fn person(&self, name: &str) -> &Account {
        self.people.iter().find(|one| one.name == name).unwrap()
    }

    pub(super) fn names(&self) -> &'static [&'static str] {
        &NAMES[..self.people.len()]
    }

    /// So many seconds pass for all.
    pub(super) fn turn(&self, seconds: i64) {
        self.hands.iter().for_each(|hand| hand.turn(seconds));
    }

    /// A quarter of a minute passes every second, until all is right.
    #[track_caller]
    pub(super) fn until(&self, what: &str, right: impl Fn() -> Result<(), String>) {
        until_passed(what, || self.turn(15), right);
    }

    /// Waits until each of these sees as many others in the room.
    #[track_caller]
    pub(super) fn until_there(&self, names: &[&str], others: usize) {
        for name in names {
            self.until(&format!("{name} to see {others} in the room"), || {
                let there = there(self.person(name));
                (there == Some(others))
                    .then_some(())
                    .ok_or(format!("{there:?}"))
            });
        }
    }

    pub(super) fn say(&self, from: &str, text: &str) {
        self.person(from).ok(&["say", GROUP, text]);
    }

    /// Somebody says something that all of these have within seconds: nobody turns the clock, no copy leaves.
    #[track_caller]
    pub(super) fn said_at_once(&self, from: &str, text: &str, to: &[&str]) {
        self.say(from, text);
        for name in to.iter().filter(|name| **name != from) {
            let text = self.person(name).until_text(GROUP, text, 25, |_| true);
            assert_eq!(text["via"], "irc", "{name}");
        }
    }

    /// Waits until everybody has all of these, each once, and nothing else.
    #[track_caller]
    pub(super) fn until_heard(&self, said: &[(&str, String)]) {
        let once = |(from, text): &(&str, String)| (((*from).to_owned(), text.clone()), 1);
        let wanted: BTreeMap<(String, String), usize> = said.iter().map(once).collect();
        for person in &self.people {
            self.until(&format!("{} to have all texts", person.name), || {
                let heard = heard(person, GROUP);
                let lacks: Vec<_> = wanted
                    .iter()
                    .filter(|one| heard.get(one.0) != Some(one.1))
                    .collect();
                match heard == wanted {
                    true => Ok(()),
                    false => Err(format!(
                        "{} for {}; not so: {lacks:?}",
                        heard.len(),
                        wanted.len()
                    )),
                }
            });
        }
    }
}

/// `iim group show --json`.
pub(super) fn shown(person: &Account) -> Value {
    let out = person.iim(&["group", "show", GROUP, "--json"]);
    serde_json::from_slice(&out.stdout).unwrap_or_default()
}

/// How many others somebody sees in the room.
pub(super) fn there(person: &Account) -> Option<usize> {
    shown(person)["there"].as_array().map(Vec::len)
}
