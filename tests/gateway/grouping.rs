//! A group of three, each with an agent and a client: alice's friends bob and carol do not know one another.

use crate::client::{Client, Line};
use crate::meeting::{bobs_client, hurry, until_there};
use crate::network::Network;
use crate::scene::{OPEN, Scene, befriend, carry, set_up};
use crate::support::account::Account;
use crate::support::process::{Running, until};

const CAPS: &str = "message-tags batch echo-message server-time draft/message-redaction draft/read-marker \
                    draft/chathistory standard-replies";

/// Alice, bob and carol; mails go between them whenever somebody is waited for.
struct Trio {
    scene: Scene,
    carol: Account,
    _agents: [Running; 2],
}

impl Trio {
    #[track_caller]
    fn new() -> Self {
        Self::with(&[])
    }

    /// Set up with more flags.
    #[track_caller]
    fn with(flags: &[&str]) -> Self {
        let mut carol = None;
        let scene = Scene::with(OPEN, flags, |dir, [alice, bob]| {
            let third = set_up(dir, "carol@example.com", &[&["--gateway"], flags].concat());
            let listen = "#listen = [\"unix\", \"127.0.0.1:6667\"]\n";
            third.configure(&[(listen, "listen = [\"unix\"]\nopen = true\n")]);
            befriend(dir, [alice, bob]);
            befriend(dir, [alice, &third]);
            carol = Some(third);
        });
        let carol = carol.unwrap();
        let _agents = [scene.bob.agent(), carol.agent()];
        Self {
            scene,
            carol,
            _agents,
        }
    }

    #[track_caller]
    fn seat(&self, person: &Account, nick: &str, caps: &str) -> Seat<'_> {
        let socket = person.home.join(".local/share/iim/gateway.sock");
        until("a gateway", 60, || socket.exists().then_some(()));
        let mut client = Client::unix(&socket);
        let come = client.register(nick, caps);
        Seat {
            trio: self,
            client,
            come,
        }
    }

    fn carry(&self) {
        let people = [&self.scene.alice, &self.scene.bob, &self.carol];
        carry(&self.scene.path(""), &people);
    }
}

/// A client, and what has come to it that no test has taken.
struct Seat<'a> {
    trio: &'a Trio,
    client: Client,
    come: Vec<Line>,
}

impl Seat<'_> {
    fn say(&mut self, line: &str) {
        let answers = self.client.ask(line);
        self.come.extend(answers);
    }

    /// Waits for this line, tags left aside, while mails go; gives it and drops what came before.
    #[track_caller]
    fn until(&mut self, body: &str) -> Line {
        until(body, 60, || {
            self.trio.carry();
            self.come.extend(self.client.answers());
            let is_it = |line: &Line| line.raw.ends_with(body);
            let at = self.come.iter().position(is_it)?;
            let mut come = self.come.drain(..=at);
            come.next_back()
        })
    }

    /// Who is in the channel, themselves first; the others stand there in no order of their names.
    fn names(&mut self) -> String {
        let names = self.client.ask("NAMES #climbing");
        let mut names: Vec<&str> = names.first().map_or("", Line::last).split(' ').collect();
        names[1..].sort_by_key(|name| name.trim_start_matches('@'));
        names.join(" ")
    }
}

/// Alice has founded #climbing, and both have come in.
fn gathered<'a>(trio: &'a Trio, caps: &str) -> [Seat<'a>; 3] {
    let mut alice = trio.seat(&trio.scene.alice, "al", caps);
    let mut bob = trio.seat(&trio.scene.bob, "bo", caps);
    let mut carol = trio.seat(&trio.carol, "ca", caps);
    alice.say("PRIVMSG iim :group new #climbing bob carol");
    alice.until(":al!al@iim.local JOIN #climbing");
    alice.until("366 al #climbing :End of NAMES list");
    bob.until(":alice!alice@example.org INVITE bo #climbing");
    bob.say("JOIN #climbing");
    bob.until("#climbing opens here when alice has let you in");
    bob.until(":bo!bo@iim.local JOIN #climbing");
    alice.until(":bob!bob@example.net JOIN #climbing");
    carol.until("(yes: /join #climbing · no: group refuse #climbing)");
    carol.say("PRIVMSG iim :yes");
    carol.until(":ca!ca@iim.local JOIN #climbing");
    bob.until(":carol!carol@example.com JOIN #climbing");
    alice.until(":carol!carol@example.com JOIN #climbing");
    [alice, bob, carol]
}

#[test]
fn three_talk_in_a_channel() {
    let trio = Trio::new();
    let [mut alice, mut bob, mut carol] = gathered(&trio, CAPS);
    assert_eq!(alice.names(), "@al bob carol");
    assert_eq!(bob.names(), "bo @alice carol");
    assert_eq!(carol.names(), "ca @alice bob");
    // Strangers to one another.
    bob.say("PRIVMSG #climbing :who comes on Sunday?");
    let echo = bob.until(":bo!bo@iim.local PRIVMSG #climbing :who comes on Sunday?");
    let text = ":bob!bob@example.net PRIVMSG #climbing :who comes on Sunday?";
    alice.until(text);
    let heard = carol.until(text);
    let id = heard.tag("msgid").unwrap().to_owned();
    assert_eq!(echo.tag("msgid"), Some(id.as_str()), "one id for all");
    carol.say(&format!("@+draft/reply={id} PRIVMSG #climbing :I do"));
    let answer = bob.until(":carol!carol@example.com PRIVMSG #climbing :I do");
    assert_eq!(answer.tag("+draft/reply"), Some(id.as_str()));
    alice.until(":carol!carol@example.com PRIVMSG #climbing :I do");
    alice.say(&format!(
        "@+draft/react=👍;+draft/reply={id} TAGMSG #climbing"
    ));
    let sign = bob.until(":alice!alice@example.org TAGMSG #climbing");
    assert_eq!(sign.tag("+draft/react"), Some("👍"));
    bob.say(&format!("REDACT #climbing {id} :moved"));
    carol.until(&format!(
        ":bob!bob@example.net REDACT #climbing {id} :moved"
    ));
    // How far it has come with the two others.
    bob.until(":iim.local TAGMSG #climbing");
    until("bob's text to be with both", 60, || {
        trio.carry();
        bob.come.extend(bob.client.answers());
        let both = |line: &Line| line.tag("iim.local/reached") == Some("2/2");
        bob.come.iter().any(both).then_some(())
    });
    // History, the same for a client that comes later.
    let page = bob.client.ask("CHATHISTORY LATEST #climbing * 10");
    let texts: Vec<&str> = page
        .iter()
        .filter(|line| line.command == "PRIVMSG")
        .map(Line::last)
        .collect();
    assert_eq!(texts, ["[taken back] who comes on Sunday?", "I do"]);
    let whois = bob.client.ask("WHOIS carol");
    let said: Vec<&str> = whois
        .iter()
        .filter(|line| line.command == "320")
        .map(Line::last)
        .collect();
    assert_eq!(
        said,
        [
            "has the address carol@example.com, and is not on your roster",
            "is a member of #climbing, vouched for by alice",
        ]
    );
    let refused = bob.client.ask("PRIVMSG carol :psst");
    assert_eq!(refused[0].command, "401", "{refused:?}");
    assert!(
        refused[1].last().contains("`add carol@example.com`"),
        "{refused:?}"
    );
}

#[test]
fn an_admin_rules_the_channel() {
    let trio = Trio::new();
    let [mut alice, mut bob, mut carol] = gathered(&trio, "");
    alice.say("TOPIC #climbing :Sundays at nine");
    alice.until(":al!al@iim.local TOPIC #climbing :Sundays at nine");
    bob.until(":alice!alice@example.org TOPIC #climbing :Sundays at nine");
    carol.until(":alice!alice@example.org TOPIC #climbing :Sundays at nine");
    bob.say("TOPIC #climbing :mine");
    bob.until(":iim.local 482 bo #climbing :You're not channel operator");
    alice.say("MODE #climbing +o bob");
    alice.until(":al!al@iim.local MODE #climbing +o bob");
    bob.until(":alice!alice@example.org MODE #climbing +o bo");
    carol.until(":alice!alice@example.org MODE #climbing +o bob");
    bob.say("KICK #climbing alice");
    let refused = bob.until("and only who stands above somebody may do that");
    assert_eq!(refused.command, "482");
    bob.say("KICK #climbing carol");
    bob.until(":bo!bo@iim.local KICK #climbing carol :put out of the group");
    alice.until(":bob!bob@example.net KICK #climbing carol :put out of the group");
    carol.until(":bob!bob@example.net KICK #climbing ca :you were put out of the group");
    carol.say("PRIVMSG #climbing :?");
    carol.until(":iim.local 403 ca #climbing :No such channel");
    // Anew.
    alice.say("INVITE carol #climbing");
    alice.until(":iim.local 341 al carol #climbing");
    carol.until(":alice!alice@example.org INVITE ca #climbing");
    carol.say("JOIN #climbing");
    carol.until(":ca!ca@iim.local JOIN #climbing");
    carol.until("332 ca #climbing :Sundays at nine");
    // From the command line.
    trio.scene
        .bob
        .ok(&["group", "rename", "#climbing", "rocks"]);
    bob.until(":bo!bo@iim.local PART #climbing :Renamed to #rocks");
    bob.until(":bo!bo@iim.local JOIN #rocks");
    trio.scene.bob.ok(&["group", "leave", "#rocks"]);
    bob.until(":bo!bo@iim.local PART #rocks :out of the group");
    alice.until(":bob!bob@example.net PART #climbing :left the group");
}

/// Where strangers are in there is no room until the user has said whether they may see them.
#[test]
fn whoever_meets_strangers_is_asked_whether_all_may_see_them() {
    let trio = Trio::with(&["--network", "net=irc://127.0.0.1:1"]);
    let [mut alice, mut bob, mut carol] = gathered(&trio, "");
    let question = "somebody in #climbing is no friend of yours. May all in it see when you are there, and your host name \
                    on IRC? Until you say yes, what is said comes to you by mail. \
                    (yes: group show '#climbing' --show · no: group show '#climbing' --hide)";
    carol.until(question);
    bob.until(question);
    bob.say("PART #climbing");
    bob.say("JOIN #climbing");
    bob.until("366 bo #climbing :End of NAMES list");
    bob.until(question);
    bob.say("PRIVMSG iim :yes");
    bob.until("members of #climbing who are no friends of yours may see when you are there, and your host name on IRC");
    let shown = trio.scene.bob.ok(&["group", "show", "climbing"]);
    assert!(!shown.contains("--show"), "{shown}");
    bob.say("PART #climbing");
    bob.say("JOIN #climbing");
    bob.until("366 bo #climbing :End of NAMES list");
    bob.say("PRIVMSG iim :yes");
    bob.until("nothing was asked");
    // A client that comes later, until there is an answer.
    let mut second = trio.seat(&trio.carol, "cb", "");
    second.until(question);
    second.say("PRIVMSG iim :no");
    second.until("no stranger in #climbing sees when you are there, for you are in none of its rooms: what is said comes to you as a copy (`iim group show --show climbing` changes that)");
    let mut third = trio.seat(&trio.carol, "cc", "");
    third.say("PRIVMSG iim :yes");
    third.until("nothing was asked");
    // Alice has friends there alone.
    alice.say("PRIVMSG iim :yes");
    alice.until("nothing was asked");
}

/// Over IRC a text comes at once, and who goes offline stays in the channel: QUIT would take them out of all.
#[test]
fn friends_who_are_there_hear_at_once() {
    let network = Network::start();
    // Where mails are not counted, all goes by mail at once.
    let counted = [("per_day = 0 # instead of #per_day = 200", "#per_day = 200")];
    let scene = Scene::with(OPEN, &["--network", &network.url()], |dir, people| {
        people.into_iter().for_each(hurry);
        befriend(dir, people);
        people.iter().for_each(|person| person.configure(&counted));
    });
    let mut agent = scene.bob.agent();
    let mut alice = scene.client_with("al", "away-notify");
    let mut bob = bobs_client(&scene, "");
    until_there(&mut alice, "bob");
    until_there(&mut bob, "alice");
    alice.send("PRIVMSG iim :group new climbing bob");
    let carried = |client: &mut Client, right: fn(&Line) -> bool| {
        until("what comes by mail", 60, || {
            scene.carry();
            client.answers().iter().any(right).then_some(())
        });
    };
    carried(&mut bob, |line| line.command == "INVITE");
    bob.send("JOIN #climbing");
    carried(&mut alice, |line| {
        line.command == "JOIN" && line.nick() == "bob"
    });
    carried(&mut bob, |line| line.command == "366");
    alice.send("PRIVMSG #climbing :quick");
    let heard = bob.until_said("quick");
    assert_eq!((heard.nick(), heard.param(0)), ("alice", "#climbing"));
    assert!(scene.hold_mail().is_empty(), "all of it went over IRC");
    assert!(agent.stop());
    let gone = alice
        .until(|line| line.nick() == "bob" && ["PART", "QUIT"].contains(&line.command.as_str()));
    assert_eq!((gone.command.as_str(), gone.param(0)), ("PART", "&friends"));
    assert_eq!(alice.until(|line| line.command == "AWAY").last(), "offline");
    assert_eq!(alice.ask("NAMES #climbing")[0].last(), "@al bob");
    assert!(alice.ask("WHO #climbing")[1].param(6).starts_with('G'));
}

/// What one device parts from another keeps, and it comes again as it was left.
#[test]
fn parting_hides_a_group_on_one_device() {
    let trio = Trio::new();
    let [mut alice, mut bob, _carol] = gathered(&trio, "");
    let mut other = trio.seat(&trio.scene.bob, "other", "");
    other.until("366 other #climbing :End of NAMES list");
    bob.say("PART #climbing");
    bob.until("write `group leave #climbing`");
    drop(bob);
    let mut bob = trio.seat(&trio.scene.bob, "bo", "");
    assert!(bob.come.iter().all(|line| !line.raw.contains("#climbing")));
    alice.say("PRIVMSG #climbing :hidden");
    other.until(":alice!alice@example.org PRIVMSG #climbing :hidden");
    bob.say("JOIN #climbing");
    bob.until("366 bo #climbing :End of NAMES list");
    drop(bob);
    alice.say("PRIVMSG #climbing :missed");
    other.until(":alice!alice@example.org PRIVMSG #climbing :missed");
    let mut bob = trio.seat(&trio.scene.bob, "bo", "server-time");
    bob.until(":alice!alice@example.org PRIVMSG #climbing :missed");
    assert!(bob.come.is_empty(), "and nothing twice: {:?}", bob.come);
}
