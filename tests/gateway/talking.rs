//! What is said: between clients, to a friend, with tags, labels, echoes and batches (RFC 2812, section 3.3; IRCv3).

use crate::client::{Client, Line, commands, shorts, texts};
use crate::scene::Scene;

const ALL: &str = "message-tags batch echo-message server-time labeled-response standard-replies";

#[test]
fn between_the_clients_of_the_user() {
    let scene = Scene::new();
    let mut foo = scene.client("foo");
    let mut bar = scene.client("bar");
    assert!(foo.ask("PRIVMSG bar :hey there!").is_empty());
    let told = bar.answers();
    assert_eq!(shorts(&told), ["PRIVMSG bar hey there!"]);
    assert_eq!(told[0].source, "foo!foo@iim.local");
    assert!(told[0].tags.is_empty());
    // "<target> … nick!user@host" (RFC 2812, section 3.3.1).
    foo.ask("PRIVMSG bar!bar@iim.local :by the whole name");
    assert_eq!(shorts(&bar.answers()), ["PRIVMSG bar by the whole name"]);
    foo.ask("NOTICE BAR,foo :both");
    assert_eq!(shorts(&bar.answers()), ["NOTICE bar both"]);
    // "RPL_AWAY is sent to any client sending a PRIVMSG to a client which is away."
    bar.ask("AWAY :I'm not here right now");
    foo.answers();
    let away = foo.ask("PRIVMSG bar :what's up");
    assert_eq!(away[0].params, ["foo", "bar", "I'm not here right now"]);
    // It is that client which is away; a word that is said once does not stick to whoever comes after it.
    assert!(foo.ask("PRIVMSG foo :and me")[0].command == "PRIVMSG");
    bar.send("QUIT");
    bar.rest();
    foo.until(|line| line.command == "305");
    let mut bar = scene.client("bar");
    assert!(foo.ask("PRIVMSG bar :back?").is_empty());
    assert!(!commands(&foo.ask("WHOIS bar")).contains(&"301"));
    assert_eq!(foo.ask("USERHOST bar")[0].last(), "bar=+bar@iim.local");
    assert_eq!(bar.until_said("back?").nick(), "foo");
}

#[test]
fn away_is_the_users_status_on_all_devices() {
    let scene = Scene::new();
    let mut one = scene.client("one");
    let mut two = scene.client("two");
    let mut full = scene.client_with("full", "away-notify");
    // "The server acknowledges the change in away status by returning the RPL_NOWAWAY and RPL_UNAWAY numerics."
    assert_eq!(shorts(&one.ask("AWAY :lunch")), ["306"]);
    assert_eq!(commands(&two.answers()), ["306"]);
    // Who follows such changes sees their own mode change.
    assert_eq!(shorts(&full.answers())[1], "MODE &friends -v full");
    let status = scene.alice.ok(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(
        (&status["status"], &status["text"]),
        (&"away".into(), &"lunch".into()),
        "{status}"
    );
    // Another connection of the same device is not told what the device itself does.
    let mut again = Client::connect(scene.port);
    again.send("NICK again\r\nUSER two 0 * :r");
    again.until(|line| line.command == "366");
    assert_eq!(commands(&two.ask("AWAY")), ["305"]);
    assert_eq!(commands(&one.answers()), ["305"]);
    assert!(again.answers().is_empty());
    full.answers();
    let away = full.ask("AWAY :again");
    assert_eq!(shorts(&away), ["306", "MODE &friends -v full"]);
    for client in [&mut one, &mut two, &mut again] {
        assert_eq!(commands(&client.answers()), ["306"]);
    }
    // And back from the command line.
    scene.alice.ok(&["status", "busy", "a deadline"]);
    // Waiting looks at what had come before, too.
    one.until(|line| line.command == "306" && line.last().contains("a deadline"));
    let mut late = Client::connect(scene.port);
    assert!(commands(&late.register("late", "")).contains(&"306"));
    assert_eq!(commands(&late.ask("AWAY :")), ["305"]);
}

/// IRCv3 `pre-away`: "clients MAY send AWAY before registration"; `*`: "not present for an unspecified reason".
#[test]
fn away_before_registration() {
    let scene = Scene::new();
    let mut client = Client::connect(scene.port);
    client.send("CAP REQ draft/pre-away\r\nAWAY :early");
    let told = client.register("a", "");
    assert!(!commands(&told).contains(&"001"), "CAP END is awaited");
    let told = client.ask("CAP END");
    assert!(told.iter().any(|line| line.command == "306"));
    assert_eq!(commands(&client.ask("AWAY *")), ["306"]);
    let status = scene.alice.ok(&["status", "--json"]);
    assert!(status.contains("early"), "{status}");
}

#[test]
fn tags_and_echoes() {
    let scene = Scene::new();
    let mut foo = scene.client_with("foo", "message-tags batch echo-message server-time");
    let mut bar = scene.client("bar");
    let echo = &foo.ask("@+draft/reply=abc;secret=1;+x=a\\sb\\:\\\\ PRIVMSG bar :hey")[0];
    assert_eq!(
        (echo.source.as_str(), echo.param(0)),
        ("foo!foo@iim.local", "bar")
    );
    assert_eq!(
        (echo.tag("+draft/reply"), echo.tag("+x")),
        (Some("abc"), Some("a b;\\"))
    );
    // "Any tag that is not a client-only tag … MUST be removed by the server".
    assert_eq!(echo.tag("secret"), None);
    assert!(echo.tag("msgid").is_some_and(|id| !id.is_empty()));
    // "YYYY-MM-DDThh:mm:ss.sssZ".
    let time = echo.tag("time").unwrap();
    assert!(
        time.len() == 24 && time.ends_with('Z') && &time[10..11] == "T",
        "{time}"
    );
    assert!(bar.answers()[0].tags.is_empty(), "bar takes no tags");
    bar.ask("CAP REQ :message-tags server-time");
    let echo = foo.ask("@+y=1 PRIVMSG bar :again").remove(0);
    let told = bar.answers().remove(0);
    assert_eq!(
        (told.tag("+y"), told.tag("msgid")),
        (Some("1"), echo.tag("msgid"))
    );
    // "The TAGMSG command … MUST NOT be delivered to clients that haven't negotiated the message tags capability".
    let mut plain = scene.client("plain");
    let echo = &foo.ask("@+typing=active TAGMSG bar,plain");
    assert_eq!(commands(echo), ["TAGMSG", "TAGMSG"]);
    assert_eq!(bar.answers()[0].tag("+typing"), Some("active"));
    assert!(plain.answers().is_empty());
    // Bot mode: "MODE <nick> +B"; messages of a bot bear the tag `bot`.
    assert_eq!(shorts(&foo.ask("MODE foo +B")), ["MODE foo +B"]);
    assert!(
        bar.ask("WHOIS foo")
            .iter()
            .any(|line| line.command == "335")
    );
    assert!(bar.ask("WHO foo")[0].param(6).contains('B'));
    foo.ask("PRIVMSG bar :beep boop");
    assert_eq!(bar.answers()[0].tag("bot"), Some(""));
}

#[test]
fn labels() {
    let scene = Scene::new();
    let mut foo = scene.client_with("foo", ALL);
    let mut bar = scene.client_with("bar", ALL);
    // "no BATCH should be initiated for a one-line response".
    let pong = &foo.ask("@label=98765 PING adhoc")[0];
    assert_eq!(
        (pong.command.as_str(), pong.tag("label")),
        ("PONG", Some("98765"))
    );
    let echo = &foo.ask("@label=1 PRIVMSG bar :hi")[0];
    assert_eq!(
        (echo.command.as_str(), echo.tag("label")),
        ("PRIVMSG", Some("1"))
    );
    assert_eq!(bar.answers()[0].tag("label"), None);
    let failed = &foo.ask("@label=2 NONSENSE")[0];
    assert_eq!(
        (failed.command.as_str(), failed.tag("label")),
        ("421", Some("2"))
    );
    // "Servers MUST respond with ACK to labeled messages that normally produce no response."
    for quiet in [
        "PONG x",
        "NICK foo",
        "MONITOR C",
        "NOTICE nobody :x",
        "JOIN &friends",
    ] {
        let ack = foo.ask(&format!("@label=3 {quiet}"));
        assert_eq!(shorts(&ack), ["ACK"], "{quiet}");
        assert_eq!(ack[0].tag("label"), Some("3"), "{quiet}");
    }
    // To oneself: an echo and a message, of which one alone bears the label.
    for line in ["PRIVMSG foo :me", "NOTICE foo :me", "TAGMSG foo"] {
        let both = foo.ask(&format!("@label=4;+x=1 {line}"));
        assert_eq!(both.len(), 2, "{line}");
        assert_eq!(
            both.iter()
                .filter(|line| line.tag("label") == Some("4"))
                .count(),
            1
        );
    }
    batched(&foo.ask("@label=5 WHOIS bar"), "5");
    batched(&foo.ask("@label=6 PRIVMSG bar,foo,iim :status"), "6");
    // The service answers in its own time.
    foo.until(|line| line.last().starts_with("attached: "));
    foo.ask("PART &friends");
    batched(&foo.ask("@label=7 JOIN &friends"), "7");
    // "the batch capability … MUST be negotiated to use labeled responses"; the tag "has a required value".
    for (nick, caps) in [("tags", "message-tags"), ("alone", "labeled-response")] {
        let mut without = scene.client_with(nick, caps);
        let whois = without.ask("@label=8 WHOIS bar");
        assert_eq!(whois[0].command, "311", "{caps}");
        assert!(whois.iter().all(|line| line.tags.is_empty()), "{whois:?}");
        assert!(without.ask("@label=9 PONG x").is_empty());
    }
    for empty in ["@label", "@label="] {
        foo.send(&format!("{empty} PING x"));
        // That the others have gone may be told before.
        assert!(foo.until(|line| line.command == "PONG").tags.is_empty());
    }
}

/// One batch from its first line to its last, with the label on the first.
#[track_caller]
fn batched(lines: &[Line], label: &str) {
    let first = &lines[0];
    let name = first.param(0).strip_prefix('+');
    let name = name.unwrap_or_else(|| panic!("no batch: {lines:?}"));
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    assert_eq!(
        (first.param(1), first.tag("label")),
        ("labeled-response", Some(label))
    );
    let end = lines
        .iter()
        .position(|line| line.command == "BATCH" && line.param(0) == format!("-{name}"));
    let inside = &lines[1..end.unwrap()];
    assert!(inside.len() > 1, "{lines:?}");
    let answers = inside.iter().filter(|line| line.tag("batch") == Some(name));
    assert!(answers.count() > 1, "{lines:?}");
}

#[test]
fn to_a_friend_and_from_him() {
    let scene = Scene::of_friends();
    let mut plain = scene.client("plain");
    let mut full = scene.client_with("full", ALL);
    // Never 401 for a friend who is offline: the text is taken, and they get it by mail.
    assert_eq!(
        shorts(&plain.ask("PRIVMSG bob :hello by mail")),
        ["301 bob"]
    );
    let own = full.answers();
    let own = own.iter().find(|line| line.command == "PRIVMSG").unwrap();
    assert_eq!(
        (own.source.as_str(), own.param(0)),
        ("full!full@iim.local", "bob")
    );
    let id = own.tag("msgid").unwrap();
    assert!(
        id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()),
        "{id}"
    );
    // The state of a sent text is told.
    let sent = full.until(|line| line.command == "NOTE");
    assert_eq!(sent.params[..4], ["PRIVMSG", "SENT_BY_MAIL", "bob", id]);
    scene.carry();
    assert_eq!(
        scene.bob.texts("alice").last().unwrap()["text"],
        "hello by mail"
    );
    full.until(|line| line.tag("iim.local/state") == Some("delivered"));
    scene.bob_says("hello back");
    for client in [&mut plain, &mut full] {
        let told = client.until_said("hello back");
        assert_eq!(told.source, "bob!bob@example.net");
        assert_eq!(
            told.param(0),
            if told.tags.is_empty() {
                "plain"
            } else {
                "full"
            }
        );
    }
    // An hour passes before it is said again that they are offline.
    assert!(plain.ask("PRIVMSG bob :\u{1}ACTION waves\u{1}").is_empty());
    let echoed = full.until_said("waves");
    assert_eq!(echoed.last(), "\u{1}ACTION waves\u{1}");
    let version = plain.ask("PRIVMSG bob :\u{1}VERSION\u{1}");
    assert_eq!(
        (version[0].command.as_str(), version[0].nick()),
        ("NOTICE", "iim")
    );
    assert!(version[0].last().starts_with("\u{1}VERSION iim "));
    let dcc = plain.ask("PRIVMSG bob :\u{1}DCC SEND file 2130706433 9 9\u{1}");
    assert_eq!((dcc[0].command.as_str(), dcc[0].nick()), ("NOTICE", "iim"));
    scene.carry();
    let texts = scene.bob.texts("alice");
    assert!(
        texts
            .iter()
            .all(|text| !text["text"].as_str().unwrap().contains('\u{1}')),
        "{texts:?}"
    );
}

#[test]
fn several_lines() {
    let scene = Scene::of_friends();
    let caps = format!("{ALL} draft/multiline");
    let mut alice = scene.client_with("one", &caps);
    let mut two = scene.client_with("two", &caps);
    let mut plain = scene.client_with("three", "message-tags server-time");
    alice.send("@label=xyz BATCH +123 draft/multiline bob");
    alice.send("@batch=123 PRIVMSG bob hello");
    alice.send("@batch=123 PRIVMSG bob :how is ");
    alice.send("@batch=123;draft/multiline-concat PRIVMSG bob :everyone?");
    let echo = alice.ask("BATCH -123");
    let open = echo
        .iter()
        .position(|l| l.param(1) == "draft/multiline")
        .unwrap();
    assert!(echo[open].tag("msgid").is_some() && echo[open].tag("time").is_some());
    let said = &echo[open + 1..open + 3];
    assert_eq!(texts(said), ["hello", "how is everyone?"]);
    for line in said {
        assert_eq!(
            (line.tag("msgid"), line.tag("batch").is_some()),
            (None, true),
            "{line:?}"
        );
    }
    let relayed = two.answers();
    assert_eq!(relayed[0].tag("msgid"), echo[open].tag("msgid"));
    assert_eq!(texts(&relayed), ["hello", "how is everyone?"]);
    // "Servers MUST only include a message ID on the first message of a batch when sending a fallback".
    let fallback = plain.answers();
    assert_eq!(texts(&fallback), ["hello", "how is everyone?"]);
    assert!(fallback[0].tag("msgid").is_some() && fallback[1].tag("msgid").is_none());
    scene.bob_has("hello\nhow is everyone?");
    wrong_batches(&mut alice);
    // A line longer than a frame, cut between characters, comes back whole from its pieces.
    let long = "ä".repeat(1000);
    scene.bob.ok(&["say", "alice", &long]);
    scene.carry();
    for client in [&mut plain, &mut two] {
        let mut pieces = String::new();
        let mut goes_on = Vec::new();
        while pieces.len() < long.len() {
            let piece = client.until_said("ä");
            pieces.push_str(piece.last());
            goes_on.push(piece.tags.contains_key("draft/multiline-concat"));
        }
        assert_eq!(pieces, long);
        let batch = goes_on[1];
        assert!(!goes_on[0] && goes_on[1..].iter().all(|one| *one == batch));
    }
}

fn wrong_batches(client: &mut Client) {
    for (lines, code) in [
        (
            &["BATCH +1 draft/multiline bob", "@batch=2 PRIVMSG bob :hi"][..],
            "MULTILINE_INVALID",
        ),
        (
            &["BATCH +1 draft/multiline bob", "@batch=1 PRIVMSG iim :hi"],
            "MULTILINE_INVALID_TARGET",
        ),
        (
            &[
                "BATCH +1 draft/multiline bob",
                "@batch=1 PRIVMSG bob :hi",
                "@batch=1;draft/multiline-concat PRIVMSG bob :",
            ],
            "MULTILINE_INVALID",
        ),
        (
            &[
                "BATCH +1 draft/multiline bob",
                "@batch=1 PRIVMSG bob :",
                "BATCH -1",
            ],
            "MULTILINE_INVALID",
        ),
        (&["BATCH +1 netsplit a b"], "MULTILINE_INVALID"),
    ] {
        for line in lines {
            client.send(line);
        }
        let failed = client.until(|line| line.command == "FAIL");
        assert_eq!(failed.params[..2], ["BATCH", code], "{lines:?}");
        client.ask("BATCH -1");
    }
    client.send("BATCH +1 draft/multiline bob");
    for _ in 0..1001 {
        client.send("@batch=1 PRIVMSG bob :x");
    }
    let failed = client.until(|line| line.command == "FAIL");
    assert_eq!(failed.params[..3], ["BATCH", "MULTILINE_MAX_LINES", "1000"]);
    client.ask("BATCH -1");
}
