//! Agents on a network: who may see one another have a text at once; all others, and everybody where somebody is hidden from, by
//! mail.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{by_the_clock, count_mails, delivered, heard, until_passed};
use crate::support::account::{Account, Place};
use crate::support::hand::Hand;
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::net::{Kind, Network};
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, need, try_until};

const GROUP: &str = "#climbing";

/// Alice, bob and carol see one another; dave and erin have no agents, and know alice alone.
struct Hut {
    // Ended in this order: agents first, the server and folders last.
    _agents: Vec<Running>,
    postman: Postman,
    people: Vec<Account>,
    hand: Hand,
    _network: Network,
    _place: Place,
}

impl Hut {
    fn new() -> Self {
        need(&["procmail", "cc"]);
        let place = Place::new();
        let post = Post::new(&place);
        let hand = Hand::new(&place, "hut");
        let network = Network::start(Kind::Ngircd, "net0");
        let url = network.url();
        let settle = |name: &str| by_the_clock(&place, &post, &hand, name, &url);
        let people = ["alice", "bob", "carol", "dave", "erin"]
            .map(settle)
            .to_vec();
        let hurry = [("#poll = 15", "poll = 4"), ("#grace = 180", "grace = 5")];
        people.iter().for_each(|person| person.configure(&hurry));
        for other in &people[1..] {
            befriend(&post, Way::Procmail, other, &people[0]);
        }
        befriend(&post, Way::Procmail, &people[1], &people[2]);
        people.iter().for_each(count_mails);
        let postman = post.postman(&people.iter().collect::<Vec<_>>());
        let hut = Self {
            _agents: people[..3].iter().map(Account::agent).collect(),
            postman,
            people,
            hand,
            _network: network,
            _place: place,
        };
        for (who, sees) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            let sees = &hut.people[sees].name;
            hut.people[who].until_friend(sees, "presence", "online", 180);
        }
        hut
    }

    fn person(&self, name: &str) -> &Account {
        self.people.iter().find(|one| one.name == name).unwrap()
    }

    /// Half a minute passes every second, and cron runs where no agent does, until all is right.
    #[track_caller]
    fn until(&self, what: &str, right: impl Fn() -> Result<(), String>) {
        let turn = || {
            self.hand.turn(30);
            for name in ["dave", "erin"] {
                self.person(name).ok(&["-q", "flush"]);
            }
        };
        until_passed(what, turn, right);
    }

    /// Waits until each of these has a text once, from whom it is.
    #[track_caller]
    fn until_heard(&self, from: &str, text: &str, by: &[&str]) {
        self.until(&format!("{by:?} to have {text:?}"), || {
            let key = (from.to_owned(), text.to_owned());
            for name in by {
                let heard = heard(self.person(name), GROUP);
                if heard.get(&key) != Some(&1) {
                    return Err(format!("{name}: {heard:?}"));
                }
            }
            Ok(())
        });
    }

    /// Waits until somebody sees these in the group, and no others.
    #[track_caller]
    fn until_in(&self, who: &str, wanted: &[&str]) {
        self.until(&format!("{who} to see {wanted:?}"), || {
            let group = self.person(who).iim(&["group", "show", GROUP, "--json"]);
            let group: Value = serde_json::from_slice(&group.stdout).unwrap_or_default();
            let people = group["people"].as_array().cloned().unwrap_or_default();
            let mut names: Vec<&str> = people
                .iter()
                .filter_map(|it| it["friend"].as_str())
                .collect();
            names.sort_unstable();
            let is_in = group["standing"] == "in";
            match is_in && names == wanted {
                true => Ok(()),
                false => Err(group.to_string()),
            }
        });
    }

    /// A friend of alice's is asked, and says yes.
    #[track_caller]
    fn accept(&self, name: &str) {
        self.until(&format!("{name} to be asked"), || {
            let out = self.person(name).iim(&["group", "accept", GROUP]);
            (out.code == Some(0)).then_some(()).ok_or(out.errors())
        });
    }

    /// How a text came to somebody, or leaves.
    fn via(&self, name: &str, text: &str) -> Value {
        let texts = self.person(name).texts(GROUP);
        let found = texts.into_iter().find(|one| one["text"] == text);
        found.map(|one| one["via"].clone()).unwrap_or_default()
    }

    fn mails(&self) -> BTreeMap<(String, String), usize> {
        let mut count = BTreeMap::new();
        for mail in self.postman.carried() {
            *count.entry((mail.from, mail.to)).or_default() += 1;
        }
        count
    }
}

#[test]
fn groups_over_irc() {
    let hut = Hut::new();
    hut.person("alice")
        .ok(&["group", "new", GROUP, "bob", "carol", "dave"]);
    for name in ["bob", "carol", "dave"] {
        hut.accept(name);
    }
    for (who, sees) in [
        ("alice", ["bob", "carol", "dave"]),
        ("bob", ["alice", "carol", "dave"]),
        ("carol", ["alice", "bob", "dave"]),
        ("dave", ["alice", "bob", "carol"]),
    ] {
        hut.until_in(who, &sees);
    }
    at_once_where_one_sees(&hut);
    by_mail_where_one_hides(&hut);
    put_out(&hut);
    taken_in(&hut);
}

/// Somebody says something that these have at once, and say so. Nobody turns the clock: nothing that is gathered leaves.
#[track_caller]
fn said_at_once(hut: &Hut, from: &str, text: &str, to: &[&str]) {
    hut.person(from).ok(&["say", GROUP, text]);
    for name in to {
        let text = hut.person(name).until_text(GROUP, text, 25, |_| true);
        assert_eq!(text["via"], "irc", "{name}");
    }
    try_until("their receipts", 25, || {
        let come = delivered(hut.person(from), GROUP)[text].0;
        match usize::try_from(come).unwrap() >= to.len() {
            true => Ok(()),
            false => Err(format!("{come}")),
        }
    });
}

fn at_once_where_one_sees(hut: &Hut) {
    let before = hut.mails();
    said_at_once(hut, "alice", "from alice", &["bob", "carol"]);
    said_at_once(hut, "bob", "from bob", &["alice", "carol"]);
    said_at_once(hut, "carol", "from carol", &["alice", "bob"]);
    assert_eq!(hut.mails(), before, "not one mail");
    hut.person("dave").ok(&["say", GROUP, "from dave"]);
    for from in ["alice", "bob", "carol", "dave"] {
        let text = format!("from {from}");
        hut.until_heard(from, &text, &["alice", "bob", "carol", "dave"]);
        hut.until(
            &format!("{from} to know that all have it"),
            || match delivered(hut.person(from), GROUP)[&text] {
                (3, 3) => Ok(()),
                other => Err(format!("{other:?}")),
            },
        );
        if from != "dave" {
            assert_eq!(hut.via("dave", &text), "mail");
            assert_eq!(hut.via(from, "from dave"), "mail");
        }
    }
}

/// Also to bob, who sees alice: his answers would show carol that they are there.
fn by_mail_where_one_hides(hut: &Hut) {
    hut.person("alice").ok(&["hide", "carol"]);
    hut.person("carol")
        .until_friend("alice", "presence", "offline", 60);
    hut.person("bob")
        .until_friend("alice", "presence", "online", 180);
    let before = hut.mails();
    hut.person("alice").ok(&["say", GROUP, "by mail alone"]);
    hut.until_heard("alice", "by mail alone", &["bob", "carol", "dave"]);
    for name in ["bob", "carol", "dave"] {
        assert_eq!(hut.via(name, "by mail alone"), "mail", "{name}");
        let way = (
            "alice@example.org".to_owned(),
            format!("{name}@example.org"),
        );
        assert!(hut.mails()[&way] > before[&way], "a mail to {name}");
    }
    // Whoever hides from nobody goes on as before, but what alice answers goes by mail.
    said_at_once(hut, "bob", "bob hides from nobody", &["carol"]);
    hut.until_heard("bob", "bob hides from nobody", &["alice", "carol", "dave"]);
}

fn put_out(hut: &Hut) {
    hut.person("alice").ok(&["group", "remove", GROUP, "carol"]);
    hut.until_in("bob", &["alice", "dave"]);
    hut.until_in("dave", &["alice", "bob"]);
    hut.until("carol to be told", || {
        let list = hut.person("carol").ok(&["group", "list"]);
        list.contains("#climbing  out").then_some(()).ok_or(list)
    });
    let had = heard(hut.person("carol"), GROUP);
    for (from, others) in [("alice", ["bob", "dave"]), ("bob", ["alice", "dave"])] {
        let text = format!("without carol, says {from}");
        hut.person(from).ok(&["say", GROUP, &text]);
        hut.until_heard(from, &text, &others);
    }
    assert_eq!(heard(hut.person("carol"), GROUP), had);
    let out = hut.person("carol").iim(&["say", GROUP, "and I?"]);
    out.expect_code(1, "carol is out");
}

fn taken_in(hut: &Hut) {
    hut.person("alice").ok(&["group", "add", GROUP, "erin"]);
    hut.accept("erin");
    for who in ["alice", "bob", "dave"] {
        let mut sees = vec!["alice", "bob", "dave", "erin"];
        sees.retain(|one| *one != who);
        hut.until_in(who, &sees);
    }
    hut.until_in("erin", &["alice", "bob", "dave"]);
    hut.person("bob").ok(&["say", GROUP, "welcome"]);
    hut.until_heard("bob", "welcome", &["alice", "dave", "erin"]);
    hut.person("erin").ok(&["say", GROUP, "hello"]);
    hut.until_heard("erin", "hello", &["alice", "bob", "dave"]);
    let read: Vec<(String, String)> = heard(hut.person("erin"), GROUP).into_keys().collect();
    let own = |(who, text): (&str, &str)| (who.to_owned(), text.to_owned());
    assert_eq!(read, [("bob", "welcome"), ("erin", "hello")].map(own));
}
