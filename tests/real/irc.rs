//! Agents of real people on real IRC servers of two kinds.

mod elsewhere;
mod replaced;

use serde_json::Value;

use crate::support::account::{Account, Place};
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::net::{Kind, Network};
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, need, try_until};

/// People who are friends with alice, their mail carried by a postman, their agents running.
struct World {
    // Ended in this order: agents first, the servers and folders last.
    agents: Vec<(String, Running)>,
    postman: Postman,
    people: Vec<Account>,
    networks: Vec<Network>,
    post: Post,
    place: Place,
}

impl World {
    /// Alice and these others, on servers of these kinds; all are friends of alice and see alice online.
    fn new(kinds: &[Kind], others: &[&str]) -> Self {
        need(&["procmail"]);
        let place = Place::new();
        let post = Post::new(&place);
        let networks: Vec<Network> = kinds
            .iter()
            .enumerate()
            .map(|(number, kind)| Network::start(*kind, &format!("net{number}")))
            .collect();
        let mut people = vec![person(&place, &post, &networks, "alice@example.org")];
        for name in others {
            people.push(person(
                &place,
                &post,
                &networks,
                &format!("{name}@example.net"),
            ));
        }
        for other in &people[1..] {
            befriend(&post, Way::Procmail, other, &people[0]);
        }
        let postman = post.postman(&people.iter().collect::<Vec<_>>());
        let agents = people.iter().map(|p| (p.name.clone(), p.agent())).collect();
        let world = Self {
            agents,
            postman,
            people,
            networks,
            post,
            place,
        };
        world.until_all_online();
        world
    }

    fn person(&self, name: &str) -> &Account {
        self.people.iter().find(|p| p.name == name).unwrap()
    }

    fn agent(&mut self, name: &str) -> &mut Running {
        &mut self.agents.iter_mut().find(|(n, _)| n == name).unwrap().1
    }

    fn until_all_online(&self) {
        for other in &self.people[1..] {
            self.people[0].until_friend(&other.name, "presence", "online", 90);
            other.until_friend("alice", "presence", "online", 180);
        }
    }
}

fn person(place: &Place, post: &Post, networks: &[Network], address: &str) -> Account {
    let account = Way::Procmail.account(place, address);
    let urls: Vec<String> = networks.iter().map(Network::url).collect();
    let mut flags = vec!["--sendmail", post.sendmail.as_str()];
    for url in &urls {
        flags.extend(["--network", url]);
    }
    account.setup(&flags);
    account.configure(&[("#poll = 15", "poll = 4"), ("#grace = 180", "grace = 5")]);
    account
}

fn delivered_by(via: &'static str) -> impl Fn(&Value) -> bool {
    move |text| text["state"] == "delivered" && text["via"] == via
}

/// One of them says something, which the other gets and acknowledges over IRC.
fn talk_over_irc(from: &Account, to: &Account, text: &str) {
    from.ok(&["say", &to.name, text]);
    to.until_text(&from.name, text, 20, |_| true);
    from.until_text(&to.name, text, 20, delivered_by("irc"));
}

/// They come to talk over IRC again: what is said while one of them is away goes by mail, as it should.
fn until_talking_over_irc(from: &Account, to: &Account, text: &str) {
    let mut number = 0;
    try_until(
        &format!("{} to reach {} over IRC", from.name, to.name),
        180,
        || {
            number += 1;
            // Not a flood of texts meanwhile: their receipts by mail would use up the day's budget.
            from.until_friend(&to.name, "presence", "online", 120);
            let text = format!("{text} {number}");
            from.ok(&["say", &to.name, &text]);
            from.until_text(&to.name, &text, 60, |text| text["state"] == "delivered");
            let texts = from.texts(&to.name);
            let said = texts.iter().find(|t| t["text"] == text.as_str());
            let via = said.map(|t| t["via"].clone()).unwrap_or_default();
            if via == "irc" {
                Ok(())
            } else {
                Err(via.to_string())
            }
        },
    );
}

// ---- A conversation -------------------------------------------------------------------------------------------

/// Fifty texts each way, said as fast as they can be typed: all arrive over IRC, in order, with receipts, and no
/// server throws anybody out.
fn conversation(kind: Kind) {
    const COUNT: usize = 50;
    let mut world = World::new(&[kind], &["bob"]);
    let before = world.postman.carried().len();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    for number in 0..COUNT {
        alice.ok(&["say", "bob", &format!("alice {number}")]);
        bob.ok(&["say", "alice", &format!("bob {number}")]);
    }
    for (from, to) in [(alice, bob), (bob, alice)] {
        try_until(
            &format!("{}'s texts to be delivered", from.name),
            420,
            || {
                let open: Vec<Value> = from
                    .texts(&to.name)
                    .into_iter()
                    .filter(|t| t["direction"] == "out" && !delivered_by("irc")(t))
                    .collect();
                if open.is_empty() {
                    Ok(())
                } else {
                    Err(format!("{} open: {:?}", open.len(), open.first()))
                }
            },
        );
        let heard: Vec<String> = to
            .texts(&from.name)
            .iter()
            .filter(|t| t["direction"] == "in")
            .map(|t| t["text"].as_str().unwrap().to_owned())
            .collect();
        let said: Vec<String> = (0..COUNT).map(|n| format!("{} {n}", from.name)).collect();
        assert_eq!(heard, said, "{} hears {} in order", to.name, from.name);
    }
    assert_eq!(
        world.postman.carried().len(),
        before,
        "no text needed a mail"
    );
    for (_, agent) in &mut world.agents {
        agent.assert_alive();
    }
    assert!(
        !world.networks[0].has_thrown_out(),
        "{}",
        world.networks[0].log()
    );
}

#[test]
fn conversation_on_ngircd() {
    conversation(Kind::Ngircd);
}

#[test]
fn conversation_on_inspircd() {
    conversation(Kind::Inspircd);
}

#[test]
fn conversation_on_relaxed_inspircd() {
    conversation(Kind::RelaxedInspircd);
}

// ---- An agent dies --------------------------------------------------------------------------------------------

fn killed_agent(kind: Kind) {
    let mut world = World::new(&[kind], &["bob"]);
    talk_over_irc(world.person("alice"), world.person("bob"), "are you there?");
    world.agent("bob").kill();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.ok(&["say", "bob", "and now?"]);
    bob.until_text("alice", "and now?", 60, |t| t["via"] == "mail");
    alice.until_text("bob", "and now?", 30, delivered_by("mail"));
    alice.until_friend("bob", "presence", "offline", 60);
    let again = bob.agent();
    world.agents.push(("bob".to_owned(), again));
    world.until_all_online();
    talk_over_irc(world.person("bob"), world.person("alice"), "back again");
}

#[test]
fn killed_agent_on_ngircd() {
    killed_agent(Kind::Ngircd);
}

#[test]
fn killed_agent_on_inspircd() {
    killed_agent(Kind::Inspircd);
}

// ---- Hiding ---------------------------------------------------------------------------------------------------

fn hide(kind: Kind) {
    let world = World::new(&[kind], &["bob", "carol"]);
    let (alice, bob, carol) = (
        world.person("alice"),
        world.person("bob"),
        world.person("carol"),
    );
    alice.ok(&["hide", "bob"]);
    bob.until_friend("alice", "presence", "offline", 120);
    carol.until_friend("alice", "presence", "online", 180);
    bob.ok(&["say", "alice", "where are you?"]);
    alice.until_text("bob", "where are you?", 90, |t| t["via"] == "mail");
    bob.until_text("alice", "where are you?", 30, delivered_by("mail"));
    until_talking_over_irc(carol, alice, "I still see you");
    talk_over_irc(alice, carol, "I know");
    alice.ok(&["say", "bob", "on the train"]);
    bob.until_text("alice", "on the train", 60, |t| t["via"] == "mail");
    assert_eq!(bob.of_friend("alice", "presence"), "offline");

    alice.ok(&["show", "bob"]);
    try_until("bob to be told", 60, || {
        alice.ok(&["flush"]);
        match alice.of_friend("bob", "told").as_str() {
            "true" => Ok(()),
            told => Err(told.to_owned()),
        }
    });
    bob.until_friend("alice", "presence", "online", 180);
    until_talking_over_irc(bob, alice, "there you are");
}

#[test]
fn hide_on_ngircd() {
    hide(Kind::Ngircd);
}

#[test]
fn hide_on_inspircd() {
    hide(Kind::Inspircd);
}

// ---- Servers come and go --------------------------------------------------------------------------------------

fn server_killed_and_back(kind: Kind) {
    let mut world = World::new(&[kind], &["bob"]);
    world.networks[0].kill();
    {
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        alice.ok(&["say", "bob", "the server is gone"]);
        bob.until_text("alice", "the server is gone", 90, |t| t["via"] == "mail");
    }
    world.networks[0].restart();
    world.until_all_online();
    until_talking_over_irc(world.person("alice"), world.person("bob"), "it is back");
}

#[test]
fn ngircd_killed_and_back() {
    server_killed_and_back(Kind::Ngircd);
}

#[test]
fn inspircd_killed_and_back() {
    server_killed_and_back(Kind::Inspircd);
}

/// Two networks of different kinds: whichever goes down, the two go on talking on the other.
#[test]
fn two_networks_with_one_of_them_down() {
    let mut world = World::new(&[Kind::Ngircd, Kind::Inspircd], &["bob"]);
    for down in [0, 1] {
        world.networks[down].kill();
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        // The first may still be on its way to the dead server: it arrives all the same, by some way.
        alice.ok(&["say", "bob", &format!("{down} is down")]);
        bob.until_text("alice", &format!("{down} is down"), 90, |_| true);
        alice.until_friend("bob", "presence", "online", 60);
        bob.until_friend("alice", "presence", "online", 60);
        until_talking_over_irc(alice, bob, &format!("still there without {down}"));
        talk_over_irc(bob, alice, &format!("me too without {down}"));
        world.networks[down].restart();
        world.until_both_networks();
    }
}

impl World {
    /// Waits until alice's and bob's agents are on every network again.
    fn until_both_networks(&self) {
        for person in &self.people {
            try_until("all networks to be there", 120, || {
                let text = person.ok(&["status", "--json"]);
                let status: Value = serde_json::from_str(&text).unwrap();
                let networks = status["networks"].as_array().cloned().unwrap_or_default();
                let all = networks.len() == self.networks.len()
                    && networks.iter().all(|n| n["state"] == "connected");
                if all { Ok(()) } else { Err(text) }
            });
        }
    }
}

// ---- Nobody watched ---------------------------------------------------------------------------------------------

/// Alice looks for nobody, but bob looks for alice: whoever has greeted alice is seen, and is seen to leave.
#[test]
fn one_who_greets_where_nobody_is_watched_is_seen_to_leave() {
    let mut world = World::new(&[Kind::Ngircd], &["bob"]);
    world.agent("alice").stop();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.configure(&[("#watch = [\"libera\"]", "watch = []")]);
    bob.until_friend("alice", "presence", "offline", 60);
    let again = alice.agent();
    world.agents.push(("alice".to_owned(), again));
    world.until_all_online();
    talk_over_irc(world.person("bob"), world.person("alice"), "I see you");
    world.agent("bob").kill();
    world
        .person("alice")
        .until_friend("bob", "presence", "offline", 60);
}

// ---- Rotation -------------------------------------------------------------------------------------------------

/// A rotation that nothing forces: the friends are told over IRC at once, no mail is needed.
fn rotate(kind: Kind) {
    let world = World::new(&[kind], &["bob", "carol"]);
    let alice = world.person("alice");
    let before = world.postman.carried().len();
    alice.ok(&["rotate"]);
    for name in ["bob", "carol"] {
        alice.until_friend(name, "told", "true", 60);
    }
    assert_eq!(world.postman.carried().len(), before, "told over IRC");
    for name in ["bob", "carol"] {
        talk_over_irc(alice, world.person(name), "you know my new name");
    }
}

#[test]
fn rotate_on_ngircd() {
    rotate(Kind::Ngircd);
}

#[test]
fn rotate_on_inspircd() {
    rotate(Kind::Inspircd);
}
