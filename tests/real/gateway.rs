//! Alice's own IRC clients at their agent's gateway, as people use them.
//!
//! Bob's agent is on the same InspIRCd as alice's; carol has no agent running, so that mail is the only way to carol.

mod groups;
mod lounge;
mod two_devices;
mod weechat;

use serde_json::Value;

use crate::support::account::{Account, Place};
use crate::support::clients::weechat::{Line, Weechat};
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::net::{Kind, Network};
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, free_port, need, try_until, until};

/// Alice and their friends. Ended in this order: agents first, the servers and folders last.
struct House {
    _agents: Vec<Running>,
    postman: Postman,
    alice: Account,
    bob: Account,
    carol: Account,
    dave: Account,
    /// The port of alice's gateway.
    gateway: u16,
    _network: Network,
    _place: Place,
}

impl House {
    /// Alice's agent and bob's see each other; carol is a friend too, dave a stranger.
    fn new() -> Self {
        need(&["procmail"]);
        let place = Place::new();
        let post = Post::new(&place);
        let network = Network::start(Kind::RelaxedInspircd, "net0");
        let person = |address: &str| person(&place, &post, &network, address);
        let alice = person("alice@example.org");
        let [bob, carol, dave] =
            ["bob", "carol", "dave"].map(|n| person(&format!("{n}@example.net")));
        let gateway = free_port();
        let section = format!("[gateway]\nlisten = [\"127.0.0.1:{gateway}\"]");
        alice.configure(&[("#[gateway]", &section)]);
        befriend(&post, Way::Procmail, &bob, &alice);
        befriend(&post, Way::Procmail, &carol, &alice);
        let postman = post.postman(&[&alice, &bob, &carol, &dave]);
        let agents = vec![alice.agent(), bob.agent()];
        alice.until_friend("bob", "presence", "online", 90);
        bob.until_friend("alice", "presence", "online", 90);
        Self {
            _agents: agents,
            postman,
            alice,
            bob,
            carol,
            dave,
            gateway,
            _network: network,
            _place: place,
        }
    }

    /// A hundred texts that one device of alice's is not there for: most from bob over IRC, some from carol by mail, one
    /// that alice writes in a shell. Gives them as alice's store has them, once all are there.
    fn hundred_texts(&self, name: &str, device: &str) -> Missed {
        until_detached(&self.alice, device);
        for number in 0..89 {
            // What waits for long goes by mail, and mails come in any order: it never becomes much.
            let text = format!("{name} bob {number}");
            match number % 9 {
                8 => self.bob.ok(&["say", "--wait=90", "alice", &text]),
                _ => self.bob.ok(&["say", "alice", &text]),
            };
            if number % 9 == 0 {
                self.carol
                    .ok(&["say", "alice", &format!("{name} carol {number}")]);
            }
        }
        self.until_texts(name, 99);
        self.alice.ok(&["say", "bob", &format!("{name} alice")]);
        let all = self.until_texts(name, 100);
        let there = now();
        // Later than any of them, so that their own times show.
        try_until("a second or two to pass", 5, || {
            if now() > there + 1 {
                Ok(())
            } else {
                Err(String::new())
            }
        });
        assert!(!is_attached(&self.alice, device), "{device} is away");
        Missed { all, there }
    }

    fn until_texts(&self, name: &str, count: usize) -> Vec<Text> {
        try_until(&format!("alice to have {count} texts"), 90, || {
            let mut all = texts(&self.alice, "bob", name);
            all.extend(texts(&self.alice, "carol", name));
            if all.len() == count {
                Ok(all)
            } else {
                Err(format!("{} texts", all.len()))
            }
        })
    }
}

fn person(place: &Place, post: &Post, network: &Network, address: &str) -> Account {
    let account = Way::Procmail.account(place, address);
    let url = network.url();
    account.setup(&["--sendmail", &post.sendmail, "--network", &url]);
    account.configure(&[
        ("#poll = 15", "poll = 4"),
        ("#grace = 180", "grace = 5"),
        (
            "\ntls = false\n",
            "\ntls = false\nflood = { burst = 200, per_second = 100.0 }\n",
        ),
    ]);
    account
}

/// A text as alice's store has it.
#[derive(Clone, Debug)]
struct Text {
    friend: String,
    text: String,
    mine: bool,
    /// In seconds.
    sent: i64,
}

/// What a device has missed.
struct Missed {
    all: Vec<Text>,
    /// When all of them were there, in seconds.
    there: i64,
}

impl Missed {
    /// Asserts that texts with `friend` were shown at the times when they came.
    #[track_caller]
    fn assert_times(&self, friend: &str, shown: impl IntoIterator<Item = i64>) {
        let texts = self.all.iter().filter(|text| text.friend == friend);
        for (shown, text) in shown.into_iter().zip(texts) {
            let there = self.there;
            assert!(
                (text.sent..=there).contains(&shown),
                "{text:?} shown at {shown}, all were there at {there}"
            );
        }
    }
}

/// The texts with a friend that begin with `start`, oldest first.
fn texts(account: &Account, friend: &str, start: &str) -> Vec<Text> {
    let sent =
        |text: &Value| -> jiff::Timestamp { text["sent"].as_str().unwrap().parse().unwrap() };
    account
        .texts(friend)
        .iter()
        .filter(|text| text["text"].as_str().unwrap().starts_with(start))
        .map(|text| Text {
            friend: friend.to_owned(),
            text: text["text"].as_str().unwrap().to_owned(),
            mine: text["direction"] == "out",
            sent: sent(text).as_second(),
        })
        .collect()
}

/// The texts with a friend as a client shows them: who says what.
fn as_shown<'a>(texts: &'a [Text], friend: &'a str, me: &'a str) -> Vec<(&'a str, &'a str)> {
    let who = |mine: bool| if mine { me } else { friend };
    texts
        .iter()
        .filter(|text| text.friend == friend)
        .map(|text| (who(text.mine), text.text.as_str()))
        .collect()
}

/// Waits until no client of the device is attached.
#[track_caller]
fn until_detached(account: &Account, device: &str) {
    until(&format!("{device} to be detached"), 20, || {
        (!is_attached(account, device)).then_some(())
    });
}

fn is_attached(account: &Account, device: &str) -> bool {
    let text = account.ok(&["status", "--json"]);
    let status: Value = serde_json::from_str(&text).unwrap();
    let mut attached = status["attached"].as_array().unwrap().iter();
    attached.any(|name| name == device)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// All that people have said in a query, as WeeChat shows it.
fn said(weechat: &Weechat, friend: &str) -> Vec<Line> {
    let mut lines = weechat.lines(&format!("iim.{friend}"));
    lines.retain(|line| [friend, "alice"].contains(&line.prefix.as_str()));
    lines
}

/// What one of them has said there.
fn said_by(weechat: &Weechat, friend: &str, who: &str) -> Vec<String> {
    let said = said(weechat, friend).into_iter();
    said.filter(|line| line.prefix == who)
        .map(|line| line.text)
        .collect()
}

fn by(via: &'static str) -> impl Fn(&Value) -> bool {
    move |text| text["via"] == via
}
