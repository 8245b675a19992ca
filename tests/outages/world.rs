//! Alice and bob, friends, each on a machine of their own, with agents on the networks and somebody who watches.

use std::time::Instant;

use iim::edge::control;
use iim::edge::control::Request;
use iim::edge::control::status::Presences;
use iim::edge::home::Home;
use serde_json::Value;

use super::eyes;
use super::eyes::Eyes;
use super::netns::{Host, Land};
use super::servers::{Kind, Server};
use crate::support::account::{Account, Place};
use crate::support::hand::Hand;
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, need, try_until};
use crate::support::recipes::install_procmail;

/// A person on a machine.
pub struct Person {
    // Ended in this order.
    pub eyes: Option<Eyes>,
    pub agent: Option<Running>,
    pub account: Account,
    pub hand: Hand,
    pub host: Host,
}

/// All that there is.
pub struct World {
    pub alice: Person,
    pub bob: Person,
    pub servers: Vec<Server>,
    pub postman: Postman,
    pub post: Post,
    pub land: Land,
    pub place: Place,
}

impl World {
    /// On servers of these kinds; both are online and know it.
    pub fn new(kinds: &[Kind]) -> Self {
        let mut world = Self::quiet(kinds);
        world.begin();
        world
    }

    /// The same before any agent runs.
    pub fn quiet(kinds: &[Kind]) -> Self {
        Self::calling(kinds, Server::url)
    }

    /// The same with what the servers are called in the configuration.
    pub fn calling(kinds: &[Kind], called: impl Fn(&Server) -> String) -> Self {
        need(&["procmail"]);
        let place = Place::new();
        let land = Land::new();
        let post = Post::new(&place);
        let servers: Vec<Server> = kinds
            .iter()
            .enumerate()
            .map(|(number, kind)| Server::start(&land, &place, *kind, &format!("net{number}")))
            .collect();
        let urls: Vec<String> = servers.iter().map(called).collect();
        let alice = Person::new(&place, &land, &post, &urls, "alice@example.org");
        let bob = Person::new(&place, &land, &post, &urls, "bob@example.net");
        befriend(&post, Way::Procmail, &bob.account, &alice.account);
        let postman = post.postman(&[&alice.account, &bob.account]);
        Self {
            alice,
            bob,
            servers,
            postman,
            post,
            land,
            place,
        }
    }

    pub fn begin(&mut self) {
        self.alice.wake();
        self.bob.wake();
        self.until_online();
    }

    #[track_caller]
    pub fn until_online(&self) {
        self.alice
            .account
            .until_friend("bob", "presence", "online", 90);
        self.bob
            .account
            .until_friend("alice", "presence", "online", 90);
    }

    /// Both are proved to be there on two networks.
    #[track_caller]
    pub fn until_on_both(&self) {
        for (person, friend) in [(&self.alice, &self.bob), (&self.bob, &self.alice)] {
            try_until("both to be proved on both networks", 60, || {
                match person.networks_of(&friend.account.address) {
                    networks if networks.len() == 2 => Ok(()),
                    networks => Err(format!("{networks:?}")),
                }
            });
        }
    }

    /// Each says something that the other gets, acknowledged over IRC.
    #[track_caller]
    pub fn talk_over_irc(&self, words: &str) {
        for (from, to) in [(&self.alice, &self.bob), (&self.bob, &self.alice)] {
            let text = format!("{words}, says {}", from.account.name);
            from.say(&to.account.name, &text);
            from.until_delivered(&to.account.name, &text, Some("irc"), 20);
        }
    }

    /// Both see each text that was said once, in whatever order.
    #[track_caller]
    pub fn assert_all_once(&self) {
        for (from, to) in [(&self.alice, &self.bob), (&self.bob, &self.alice)] {
            let mut said = from.texts(&to.account.name, "out");
            let mut heard = to.texts(&from.account.name, "in");
            said.sort();
            heard.sort();
            assert_eq!(heard, said, "what {} heard", to.account.name);
        }
    }
}

impl Person {
    fn new(place: &Place, land: &Land, post: &Post, urls: &[String], address: &str) -> Self {
        let mut account = Account::new(place, address);
        let host = land.host(&account.name);
        let hand = Hand::new(place, &account.name);
        let (there, then) = (host.words(), hand.words());
        let program = account.program.display();
        let script = format!("#!/bin/sh\nexec {there} {then} {program} \"$@\"\n");
        account.program = place.script(&format!("{}-iim", account.name), &script);
        install_procmail(&account, "iim.rc", "");
        let mut flags = vec!["--sendmail", post.sendmail.as_str()];
        for url in urls {
            flags.extend(["--network", url]);
        }
        account.setup(&flags);
        account.configure(&[
            ("#poll = 15", "poll = 4"),
            ("#grace = 180", "grace = 5"),
            // Days pass here.
            ("window = \"30d\"", "window = \"1d\""),
        ]);
        account.ok(&["flush"]);
        if !urls.is_empty() {
            // The servers of these tests have no certificates.
            account.configure(&[("\ntls = true\n", "\ntls = false\ninsecure = true\n")]);
        }
        Self {
            eyes: None,
            agent: None,
            account,
            hand,
            host,
        }
    }

    /// Starts the agent, and watches.
    pub fn wake(&mut self) {
        self.agent = Some(self.account.agent());
        try_until("the agent to answer", 20, || {
            match self.status()["agent"].as_bool() {
                Some(true) => Ok(()),
                _ => Err(String::new()),
            }
        });
        self.eyes = Some(Eyes::open(&self.account));
    }

    pub fn eyes(&self) -> &Eyes {
        self.eyes.as_ref().unwrap()
    }

    /// Here and now, for [`Eyes::until`].
    pub fn now(&self) -> (usize, Instant) {
        (self.eyes().mark(), Instant::now())
    }

    pub fn agent(&mut self) -> &mut Running {
        self.agent.as_mut().unwrap()
    }

    pub fn status(&self) -> Value {
        serde_json::from_str(&self.account.ok(&["status", "--json"])).unwrap()
    }

    /// How one of our networks is.
    pub fn network(&self, name: &str) -> Value {
        let status = self.status();
        let networks = status["networks"].as_array().unwrap();
        networks
            .iter()
            .find(|network| network["name"] == name)
            .cloned()
            .unwrap()
    }

    /// The networks on which a friend is proved to be, as the agent says.
    pub fn networks_of(&self, friend: &str) -> Vec<String> {
        let home = Home::from_env(None, |name| {
            (name == "HOME").then(|| self.account.home.clone().into_os_string())
        });
        let home = home.unwrap();
        let answer: Presences = control::ask(home.sockets(), Request::Presence).unwrap();
        answer[friend].networks.clone()
    }

    pub fn say(&self, to: &str, text: &str) {
        self.account.ok(&["say", to, text]);
    }

    /// Waits until a text of ours is acknowledged, and went as it should.
    #[track_caller]
    pub fn until_delivered(&self, to: &str, text: &str, via: Option<&str>, seconds: u64) {
        self.account.until_text(to, text, seconds, |entry| {
            entry["state"] == "delivered" && via.is_none_or(|via| entry["via"] == via)
        });
    }

    /// The texts with somebody, in one direction.
    pub fn texts(&self, with: &str, direction: &str) -> Vec<String> {
        let texts = self.account.texts(with).into_iter();
        texts
            .filter(|text| text["direction"] == direction)
            .map(|text| text["text"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Seconds until a network is joined again, and a friend is seen there again.
    #[track_caller]
    pub fn until_back(
        &self,
        from: (usize, Instant),
        net: &str,
        friend: &str,
        patience: u64,
    ) -> (f64, f64) {
        let joined = self.eyes().until(
            from,
            "the network",
            patience,
            eyes::network(net, "connected"),
        );
        let seen = self.eyes().until(
            from,
            "the friend",
            patience,
            eyes::presence(friend, "online"),
        );
        (joined, seen)
    }
}

/// One line of figures, for people to read.
pub fn figures(case: &str, line: &str) {
    println!("outage: {case}: {line}");
}

/// Whether the runs of full length are wanted.
pub fn long() -> bool {
    std::env::var_os("IIM_TESTS_LONG").is_some()
}
