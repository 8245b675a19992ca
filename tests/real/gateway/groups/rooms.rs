//! The room of a group, as all clients of one member show it: who is in it has a voice, and what they say stands at once.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{GROUP, until_said};
use crate::support::account::{Account, PROGRAM, Place};
use crate::support::clients::Device;
use crate::support::clients::irssi::Irssi;
use crate::support::clients::lounge::Lounge;
use crate::support::clients::weechat::Weechat;
use crate::support::hand::Hand;
use crate::support::handshake::befriend;
use crate::support::ircd::{Ircd, Ngircd};
use crate::support::mails::Way;
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, free_port, need, try_until, until_listening};

const BUFFER: &str = "iim.#climbing";

/// Bob has founded a group. Alice, who has a gateway, and the climber, who calls themselves carol, are in its room; carol has no
/// agent, and erin hides from bob.
struct Hall {
    // Ended in this order: agents first, the server and folders last.
    agents: Vec<Running>,
    postman: Postman,
    alice: Account,
    bob: Account,
    climber: Account,
    hand: Hand,
    /// The port of alice's gateway.
    gateway: u16,
    _server: Ircd,
    _place: Place,
}

impl Hall {
    /// All but alice have come in, who is asked.
    fn new() -> Self {
        need(&["procmail", "cc", "ngircd"]);
        let (place, server) = (Place::new(), Ngircd::default().start());
        let (post, hand) = (Post::new(&place), Hand::new(&place, "hall"));
        let settle = |local: &str, name: &str| {
            let url = format!("net0=irc://{}", server.address());
            let program = format!("#!/bin/sh\nexec {} {PROGRAM} \"$@\"\n", hand.words());
            let mut account = Way::Procmail.account(&place, &format!("{local}@example.org"));
            account.program = place.script(&format!("iim-of-{local}"), &program);
            account.name = name.to_owned();
            account.setup(&["--sendmail", &post.sendmail, "--network", &url]);
            account
        };
        let [alice, bob, carol, erin] = ["alice", "bob", "carol", "erin"].map(|n| settle(n, n));
        let climber = settle("climber", "carol");
        let gateway = free_port();
        let section = format!("[gateway]\nlisten = [\"127.0.0.1:{gateway}\"]");
        alice.configure(&[("#[gateway]", &section)]);
        let mut called = climber.clone();
        called.name = "climber".to_owned();
        for (one, other) in [
            (&bob, &alice),
            (&bob, &carol),
            (&bob, &called),
            (&bob, &erin),
            (&carol, &alice),
        ] {
            befriend(&post, Way::Procmail, one, other);
        }
        erin.ok(&["hide", "bob"]);
        let postman = post.postman(&[&alice, &bob, &carol, &climber, &erin]);
        let agents = [&climber, &alice, &bob, &erin].map(Account::agent).into();
        until_listening("the gateway", gateway);
        bob.ok(&[
            "group", "new", "climbing", "alice", "carol", "climber", "erin",
        ]);
        for (person, sight) in [(&carol, "--hide"), (&climber, "--show"), (&erin, "--hide")] {
            until_said(person, &["group", "accept", GROUP, sight], "said yes");
            until_said(person, &["group", "show", GROUP], "#climbing: in since");
        }
        bob.ok(&["group", "show", GROUP, "--show"]);
        Self {
            agents,
            postman,
            alice,
            bob,
            climber,
            hand,
            gateway,
            _server: server,
            _place: place,
        }
    }

    /// A quarter of a minute passes every second, until each of the three in the room sees the two others there.
    #[track_caller]
    fn until_there(&self) {
        let mut turned = Instant::now();
        try_until("all to see all in the room", 300, || {
            if turned.elapsed() >= Duration::from_secs(1) {
                turned = Instant::now();
                self.hand.turn(15);
            }
            let all = [&self.alice, &self.bob, &self.climber];
            all.into_iter().try_for_each(sees_two)
        });
    }
}

/// Whether two others are in the room, as this person sees it.
fn sees_two(person: &Account) -> Result<(), String> {
    let out = person.iim(&["group", "show", GROUP, "--json"]);
    let group: Value = serde_json::from_slice(&out.stdout).map_err(|e| e.to_string())?;
    let there = group["there"].as_array().map_or(0, Vec::len);
    let why = || format!("{}: {}", person.address, group["room"]);
    (there == 2).then_some(()).ok_or_else(why)
}

/// Alice's clients.
struct Clients {
    weechat: Weechat,
    irssi: Irssi,
    page: Lounge,
}

impl Clients {
    fn start(hall: &Hall) -> Self {
        let device = |name: &str| Device::add(&hall.alice, name);
        Self {
            weechat: Weechat::start(&hall.alice, &device("laptop")),
            irssi: Irssi::start(&hall.alice, &device("phone")),
            page: Lounge::start(&hall.alice, &device("web"), hall.gateway),
        }
    }

    /// Waits until each lists these, by their nicks, each with their highest mark.
    #[track_caller]
    fn until_marked(&self, nicks: [&str; 5]) {
        self.weechat.until_nicks(BUFFER, &nicks);
        for name in nicks {
            let (mode, nick) = match name.split_at(1) {
                ("@", nick) => ("op", nick),
                ("+", nick) => ("voice", nick),
                _ => ("normal", name),
            };
            self.page.until_user(nick, Some(mode));
        }
        self.irssi.type_in("/names #climbing");
        let voices = nicks.iter().filter(|name| name.starts_with('+')).count();
        let marks = format!("1 ops, 0 halfops, {voices} voices, {} normal", 4 - voices);
        let total = format!("-!- Irssi: {GROUP}: Total of 5 nicks [{marks}]");
        self.irssi.until_shown(GROUP, &total);
    }

    /// Waits until each shows that somebody has said this.
    #[track_caller]
    fn until_said(&self, from: &str, text: &str) {
        let nick = from.trim_start_matches(['@', '+']);
        self.weechat.until_said(BUFFER, nick, text);
        self.page.until_said(from, text);
        let mark = from.strip_suffix(nick).filter(|mark| !mark.is_empty());
        let mark = mark.unwrap_or(" ");
        self.irssi
            .until_shown(GROUP, &format!("<{mark}{nick}> {text}"));
    }
}

#[test]
fn gateway_groups_with_a_room() {
    let mut hall = Hall::new();
    let clients = Clients::start(&hall);
    come_in(&hall, &clients);
    clients.until_marked(["+alice", "@bob", "carol", "+carol_2", "erin"]);
    talk(&hall, &clients);
    // Whoever goes has no voice.
    drop(hall.agents.remove(0));
    clients.until_marked(["+alice", "@bob", "carol", "carol_2", "erin"]);
    clients.page.picture("gateway-room");
    // Nor has anybody for whoever hides from somebody in it, themselves neither: there is no room for them.
    hall.alice.ok(&["hide", "carol"]);
    clients.until_marked(["alice", "@bob", "carol", "carol_2", "erin"]);
    hall.climber.ok(&["say", GROUP, "by mail"]);
    clients.until_said("carol_2", "by mail");
}

/// Alice is asked for their yes, and then, for strangers are in, whether these may see them.
fn come_in(hall: &Hall, clients: &Clients) {
    let Clients {
        weechat,
        irssi,
        page,
    } = clients;
    irssi.until_got("the invitation", 60, |line| {
        line.contains(":bob!bob@example.org INVITE ") && line.ends_with(GROUP)
    });
    irssi.type_in("/join #climbing");
    weechat.until_nicks(BUFFER, &["alice", "@bob", "carol", "carol_2", "erin"]);
    let question = "May all in it see when you are there";
    weechat.until_line("iim.&friends", 30, |line| line.text.contains(question));
    irssi.until_got("the question", 30, |line| line.contains(question));
    // It opens what it joins by itself.
    page.open(GROUP);
    page.until_user("carol_2", Some("normal"));
    page.open("&friends");
    page.until_words(question);
    page.open(GROUP);
    weechat.type_in("iim.&friends", "yes");
    weechat.until_line("iim.&friends", 30, |line| {
        line.text
            .ends_with("may see when you are there, and your host name on IRC")
    });
    hall.until_there();
}

/// No mail is carried meanwhile.
fn talk(hall: &Hall, clients: &Clients) {
    hall.postman.sleep(true);
    hall.bob.ok(&["say", GROUP, "who comes on Sunday?"]);
    clients.until_said("@bob", "who comes on Sunday?");
    hall.climber.ok(&["say", GROUP, "I do"]);
    clients.until_said("+carol_2", "I do");
    let Clients {
        weechat,
        irssi,
        page,
    } = clients;
    weechat.type_in(BUFFER, "from the laptop");
    irssi.type_in("/msg #climbing from the phone");
    page.type_in("from the web");
    for text in ["from the laptop", "from the phone", "from the web"] {
        for person in [&hall.bob, &hall.climber] {
            let text = person.until_text(GROUP, text, 25, |_| true);
            assert_eq!(text["via"], "irc", "{}", person.address);
        }
        clients.until_said("+alice", text);
    }
    hall.postman.sleep(false);
}
