//! Rooms on real servers: one line reaches everybody, nobody outside sees the channel, whoever hides or is put out is in it no
//! more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{by_the_clock, count_mails, delivered, heard};
use crate::support::account::{Account, Place};
use crate::support::hand::Hand;
use crate::support::handshake::befriend;
use crate::support::ircd::{Hybrid, Inspircd, Ircd, Ngircd, available, talk};
use crate::support::mails::Way;
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, need, try_until};

const GROUP: &str = "#climbing";
const NAMES: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];

/// People who are friends of alice's, all in the room of one group.
struct Party {
    // Ended in this order: agents first, the server and folders last.
    agents: Vec<Running>,
    postman: Postman,
    people: Vec<Account>,
    hand: Hand,
    server: Arc<Ircd>,
    _place: Place,
}

impl Party {
    fn on(server: Ircd, count: usize) -> Self {
        need(&["procmail", "cc"]);
        let place = Place::new();
        let post = Post::new(&place);
        let hand = Hand::new(&place, "party");
        let url = format!("net0=irc://{}", server.address());
        let settle = |name: &&str| by_the_clock(&place, &post, &hand, name, &url);
        let people: Vec<Account> = NAMES[..count].iter().map(settle).collect();
        for other in &people[1..] {
            befriend(&post, Way::Procmail, other, &people[0]);
        }
        people.iter().for_each(count_mails);
        let postman = post.postman(&people.iter().collect::<Vec<_>>());
        let agents = people.iter().map(Account::agent).collect();
        let party = Self {
            agents,
            postman,
            people,
            hand,
            server: Arc::new(server),
            _place: place,
        };
        let mut new = vec!["group", "new", GROUP];
        new.extend(&NAMES[1..count]);
        party.people[0].ok(&new);
        for person in &party.people[1..] {
            party.until(&format!("{} to be asked", person.name), || {
                let out = person.iim(&["group", "accept", GROUP, "--show"]);
                (out.code == Some(0)).then_some(()).ok_or(out.errors())
            });
        }
        party
    }

    fn person(&self, name: &str) -> &Account {
        self.people.iter().find(|one| one.name == name).unwrap()
    }

    /// A quarter of a minute passes every second, until all is right.
    #[track_caller]
    fn until(&self, what: &str, right: impl Fn() -> Result<(), String>) {
        let mut turned = Instant::now();
        try_until(what, 300, || {
            right().inspect_err(|_| {
                if turned.elapsed() >= Duration::from_secs(1) {
                    turned = Instant::now();
                    self.hand.turn(15);
                }
            })
        });
    }

    /// Waits until each of these sees as many others in the room.
    #[track_caller]
    fn until_there(&self, names: &[&str], others: usize) {
        for name in names {
            self.until(&format!("{name} to see {others} in the room"), || {
                let there = there(self.person(name));
                (there == Some(others))
                    .then_some(())
                    .ok_or(format!("{there:?}"))
            });
        }
    }

    /// Somebody says something that all of these have within seconds: nobody turns the clock, no copy leaves.
    #[track_caller]
    fn said_at_once(&self, from: &str, text: &str, to: &[&str]) {
        self.person(from).ok(&["say", GROUP, text]);
        for name in to.iter().filter(|name| **name != from) {
            let text = self.person(name).until_text(GROUP, text, 25, |_| true);
            assert_eq!(text["via"], "irc", "{name}");
        }
    }
}

/// How many others somebody sees in the room.
fn there(person: &Account) -> Option<usize> {
    let out = person.iim(&["group", "show", GROUP, "--json"]);
    let group: Value = serde_json::from_slice(&out.stdout).ok()?;
    group["there"].as_array().map(Vec::len)
}

/// Looks at all that a server shows an outsider, again and again: no channel, and nobody in one.
struct Outsider {
    stop: Arc<AtomicBool>,
    looks: thread::JoinHandle<Vec<String>>,
}

impl Outsider {
    fn of(server: &Arc<Ircd>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (server, stopped) = (Arc::clone(server), Arc::clone(&stop));
        let looks = thread::spawn(move || {
            let mut seen = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let said = talk(&server, "outsider", "LIST\r\nNAMES\r\nWHO *", " 315 ");
                seen.extend(
                    said.lines()
                        .filter(|line| shows_a_channel(line))
                        .map(str::to_owned),
                );
                thread::sleep(Duration::from_secs(2));
            }
            seen
        });
        Self { stop, looks }
    }

    #[track_caller]
    fn saw_nothing(self) {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.looks.join().unwrap();
        assert!(seen.is_empty(), "{seen:?}");
    }
}

/// 322, 353, or 352 with a channel in it.
fn shows_a_channel(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let numeric = words.get(1).copied().unwrap_or_default();
    let named = words.iter().any(|word| word.starts_with('#'));
    matches!(numeric, "322" | "353" | "352") && named
}

#[test]
fn a_group_talks_in_a_room() {
    need(&["ngircd"]);
    let mut party = Party::on(Ngircd::default().start(), 4);
    party.people[0].ok(&["group", "show", GROUP, "--show"]);
    let all = &NAMES[..4];
    party.until_there(all, 3);
    let before = party.postman.carried().len();
    for from in all {
        party.said_at_once(from, &format!("from {from}"), all);
    }
    try_until("their receipts", 30, || {
        let come = delivered(party.person("bob"), GROUP)["from bob"];
        (come == (3, 3)).then_some(()).ok_or(format!("{come:?}"))
    });
    assert_eq!(party.postman.carried().len(), before, "not one mail");
    // Whoever is away has a copy.
    drop(party.agents.pop());
    party.until_there(&["alice", "bob", "carol"], 2);
    party.said_at_once("alice", "without dave", &["bob", "carol"]);
    party.until("dave to have a copy", || {
        let heard = heard(party.person("dave"), GROUP);
        let key = ("alice".to_owned(), "without dave".to_owned());
        (heard.get(&key) == Some(&1))
            .then_some(())
            .ok_or(format!("{heard:?}"))
    });
    // Whoever hides from a member is in no room with them.
    party.person("alice").ok(&["hide", "carol"]);
    party.until_there(&["bob", "carol"], 1);
    party.said_at_once("bob", "carol, are you there?", &["carol"]);
    // Whoever is put out is in no room of later.
    party.person("alice").ok(&["show", "carol"]);
    party
        .person("alice")
        .ok(&["group", "remove", GROUP, "carol"]);
    party.until_there(&["alice", "bob"], 1);
    party.said_at_once("bob", "without carol", &["alice"]);
    let key = ("bob".to_owned(), "without carol".to_owned());
    assert!(!heard(party.person("carol"), GROUP).contains_key(&key));
}

/// Ten members say so many texts each; nobody is thrown out, everybody has each once, an outsider sees nothing.
fn ten_talk(server: Ircd, rounds: usize) {
    let party = Party::on(server, 10);
    party.people[0].ok(&["group", "show", GROUP, "--show"]);
    party.until_there(&NAMES, 9);
    let outsider = Outsider::of(&party.server);
    for round in 0..rounds {
        for from in NAMES {
            party
                .person(from)
                .ok(&["say", GROUP, &format!("{round} from {from}")]);
        }
        let last = format!("{round} from judy");
        for name in &NAMES[..9] {
            party.person(name).until_text(GROUP, &last, 60, |_| true);
        }
    }
    let wanted: BTreeMap<(String, String), usize> = (0..rounds)
        .flat_map(|round| NAMES.map(|from| ((from.to_owned(), format!("{round} from {from}")), 1)))
        .collect();
    for person in &party.people {
        party.until(&format!("{} to have all texts", person.name), || {
            let heard = heard(person, GROUP);
            (heard == wanted)
                .then_some(())
                .ok_or(format!("{} of {}", heard.len(), wanted.len()))
        });
    }
    outsider.saw_nothing();
    let log = party.server.output();
    for sign in ["Excess Flood", "RecvQ exceeded", "Excess flood"] {
        assert!(!log.contains(sign), "{sign}");
    }
}

/// How often ten members speak: twenty times each where there is time.
fn rounds() -> usize {
    match std::env::var_os("IIM_TESTS_LONG") {
        Some(_) => 20,
        None => 3,
    }
}

#[test]
fn ten_talk_in_a_room_of_ngircd() {
    need(&["ngircd"]);
    ten_talk(Ngircd::default().start(), rounds());
}

#[test]
fn ten_talk_in_a_room_of_inspircd() {
    if std::env::var_os("IIM_TESTS_LONG").is_none() || !available("inspircd") {
        return;
    }
    ten_talk(Inspircd::default().start(), rounds());
}

#[test]
fn ten_talk_in_a_room_of_hybrid() {
    if std::env::var_os("IIM_TESTS_LONG").is_none()
        || !Hybrid::available("ten_talk_in_a_room_of_hybrid")
    {
        return;
    }
    ten_talk(Hybrid::default().start(), rounds());
}
