//! Registration, capabilities, passwords, SASL, and how a connection ends (RFC 1459 and 2812; modern.ircdocs.horse;
//! IRCv3 capability negotiation and `sasl`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::{Client, Line, commands};
use crate::scene::Scene;

/// "The server … will not complete registration until … `CAP END`"; NICK, USER and CAP come in any order.
#[test]
fn registration_in_any_order() {
    let scene = Scene::new();
    for (at, lines) in [
        &["NICK a", "USER u 0 * :r"][..],
        &["USER u 0 * :r", "NICK a"],
        &["PASS whatever", "NICK a", "USER u 0 * :r"],
        &["CAP LS 302", "NICK a", "USER u 0 * :r", "CAP END"],
        &["CAP LS", "USER u 0 * :r", "NICK a", "CAP END"],
        &["NICK a", "CAP LS 302", "USER u 0 * :r", "CAP END"],
        &["NICK a", "USER u 0 * :r", "CAP END"],
        &["CAP END", "NICK a", "USER u 0 * :r"],
        &[
            "CAP REQ batch",
            "CAP REQ :-batch",
            "CAP END",
            "NICK a",
            "USER u 0 * :r",
        ],
        &["PING early", "NICK a", "NICK b", "NICK a", "USER u 0 * :r"],
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = Client::connect(scene.port);
        for line in lines {
            client.send(line);
        }
        let welcome = client.until(|line| line.command == "001");
        assert_eq!(welcome.params[0], "a", "{at}");
        assert!(
            welcome.last().ends_with("a!u@iim.local"),
            "{at}: {welcome:?}"
        );
        client.send("QUIT");
        client.rest();
    }
}

#[test]
fn what_a_client_is_told_at_first() {
    let scene = Scene::new();
    let mut client = Client::connect(scene.port);
    let told = client.register("a", "");
    let order = ["001", "002", "003", "004", "005"];
    assert_eq!(commands(&told)[..5], order);
    // "The server SHOULD then respond as though the client sent the LUSERS command … If the user has client modes set
    // on them automatically …, the server SHOULD send the client the RPL_UMODEIS (221) reply … as though the client
    // sent it the MOTD command".
    let order = [
        "251", "375", "376", "221", "JOIN", "332", "333", "353", "366",
    ];
    let at = |must: &&str| commands(&told).iter().position(|command| command == must);
    let places: Vec<Option<usize>> = order.iter().map(at).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{told:?}");
    assert!(told.iter().all(|l| l.raw.len() <= 510));
    let joined = told.iter().find(|l| l.command == "JOIN").unwrap();
    assert_eq!((joined.nick(), joined.param(0)), ("a", "&friends"));
    // "As the maximum number of message parameters to any reply is 15, the maximum number of RPL_ISUPPORT tokens that
    // can be advertised is 13."
    let support: Vec<&Line> = told.iter().filter(|l| l.command == "005").collect();
    assert!(support.iter().all(|l| l.params.len() <= 15), "{support:?}");
    let tokens: Vec<&str> = support
        .iter()
        .flat_map(|l| l.params[1..l.params.len() - 1].iter().map(String::as_str))
        .collect();
    for must in [
        "NETWORK=iim",
        "CASEMAPPING=ascii",
        "CHANTYPES=&#",
        "PREFIX=(ov)@+",
        "UTF8ONLY",
        "WHOX",
        "BOT=B",
        "MONITOR=500",
        "CHATHISTORY=1000",
        "MSGREFTYPES=msgid,timestamp",
    ] {
        assert!(tokens.contains(&must), "{must}: {tokens:?}");
    }
}

/// "ERR_NOTREGISTERED (451): Returned when a client command cannot be parsed as they are not yet registered."
#[test]
fn before_registration() {
    let scene = Scene::new();
    let mut client = Client::connect(scene.port);
    for (line, answer) in [
        ("PRIVMSG a :hi", "451"),
        ("JOIN &friends", "451"),
        ("WHO *", "451"),
        ("NONSENSE", "451"),
        ("NICK", "431"),
        ("NICK :", "431"),
        ("NICK 1a", "432"),
        ("NICK a!b", "432"),
        ("NICK #a", "432"),
        ("NICK :a b", "432"),
        ("NICK iim", "433"),
        ("NICK IIM", "433"),
        ("NICK NickServ", "433"),
        ("USER", "461"),
        ("USER a b c", "461"),
        // "If it is empty, the server SHOULD reject the command with ERR_NEEDMOREPARAMS".
        ("USER u 0 * :", "461"),
        ("PASS", "461"),
        ("CAP", "461"),
        ("CAP NONSENSE", "410"),
        ("AUTHENTICATE", "461"),
        ("AUTHENTICATE PLAIN", "904"),
    ] {
        let answers = client.ask(line);
        assert_eq!(commands(&answers), [answer], "{line}");
        assert_eq!(answers[0].params[0], "*", "{line}");
    }
    // "The server acknowledges this by sending an ERROR message to the client."
    client.send("QUIT :bye");
    assert_eq!(commands(&client.rest()), ["ERROR"]);
}

#[test]
fn capabilities_in_all_forms() {
    let scene = Scene::new();
    let mut client = Client::connect(scene.port);
    // "If no capabilities are active, an empty parameter must be sent."
    assert_eq!(client.ask("CAP LIST")[0].params, ["*", "LIST", ""]);
    // "If a client has not indicated support for CAP LS 302 features, the server MUST NOT send these new features."
    let old = client.ask("CAP LS");
    assert_eq!(old.len(), 1);
    assert!(!old[0].last().contains('='), "{old:?}");
    let names: Vec<&str> = old[0].last().split(' ').collect();
    for must in [
        "account-tag",
        "away-notify",
        "batch",
        "cap-notify",
        "draft/chathistory",
        "draft/message-redaction",
        "draft/multiline",
        "draft/pre-away",
        "draft/read-marker",
        "echo-message",
        "extended-join",
        "extended-monitor",
        "labeled-response",
        "message-tags",
        "multi-prefix",
        "sasl",
        "server-time",
        "setname",
        "standard-replies",
        "userhost-in-names",
    ] {
        assert!(names.contains(&must), "{must}: {names:?}");
    }
    let new = client.ask("CAP LS 302");
    let all: Vec<&str> = new.iter().flat_map(|line| line.last().split(' ')).collect();
    assert!(all.contains(&"sasl=PLAIN,SCRAM-SHA-256"), "{all:?}");
    assert!(new[..new.len() - 1].iter().all(|line| line.param(2) == "*"));
    // "The capability identifier set must be accepted as a whole, or rejected entirely."
    for list in [
        "foo",
        "foo qux bar baz qux quux",
        "foo multi-prefix bar",
        "multi-prefix bar",
        "-foo batch",
    ] {
        let answer = client.ask(&format!("CAP REQ :{list}"));
        assert_eq!(answer[0].params, ["*", "NAK", list]);
    }
    assert_eq!(client.ask("CAP LIST")[0].last(), "cap-notify");
    assert_eq!(
        client.ask("CAP REQ :echo-message server-time")[0].param(1),
        "ACK"
    );
    // "The cap-notify capability MUST be implicitly enabled if the client requests CAP LS with a version of 302 or
    // newer … capable servers MUST accept and CAP ACK the request without side effects"; it "MAY NOT be disabled".
    assert_eq!(client.ask("CAP REQ :cap-notify")[0].param(1), "ACK");
    assert_eq!(client.ask("CAP REQ :-cap-notify")[0].param(1), "NAK");
    client.send("NICK a\r\nUSER u 0 * :r\r\nCAP END");
    client.until(|line| line.command == "366");
    client.answers();
    // Capabilities go on and off while the client is registered.
    assert!(client.ask("CAP LIST")[0].last().contains("server-time"));
    assert_eq!(
        client.ask("CAP REQ :-server-time")[0].params[1..],
        ["ACK", "-server-time"]
    );
    assert_eq!(client.ask("CAP LIST")[0].last(), "cap-notify echo-message");
    assert!(client.ask("CAP END").is_empty());
}

#[test]
fn the_password_of_a_device() {
    let scene = Scene::configured("");
    let password = scene.alice.ok(&["-q", "device", "add", "laptop"]);
    let password = password.trim();
    let login = |lines: &[&str]| {
        let mut client = Client::connect(scene.port);
        for line in lines {
            client.send(line);
        }
        let first = client.line();
        (first, client)
    };
    let pass = format!("PASS {password}");
    let (welcome, _) = login(&[&pass, "NICK a", "USER laptop 0 * :r"]);
    assert_eq!(welcome.command, "001");
    let (welcome, _) = login(&[&pass, "USER someone@laptop 0 * :r", "NICK b"]);
    assert_eq!(welcome.command, "001");
    // "If the password supplied does not match the password expected by the server, then the server SHOULD send
    // ERR_PASSWDMISMATCH (464) and MUST close the connection with ERROR."
    for lines in [
        &["NICK c", "USER laptop 0 * :r"][..],
        &["PASS wrong", "NICK c", "USER laptop 0 * :r"],
        &[&pass, "NICK c", "USER phone 0 * :r"],
    ] {
        let (refused, mut client) = login(lines);
        assert_eq!(refused.command, "464", "{lines:?}");
        assert_eq!(commands(&client.rest()), ["ERROR"], "{lines:?}");
    }
    // "The optional password can and MUST be set before any attempt to register the connection is made."
    let mut client = Client::connect(scene.port);
    client.send(&format!("NICK c\r\nUSER laptop 0 * :r\r\n{pass}"));
    assert!(!commands(&client.rest()).contains(&"001"));
}

#[test]
fn sasl_plain() {
    let scene = Scene::configured("");
    let password = scene.alice.ok(&["-q", "device", "add", "laptop"]);
    let plain = |who: &str, password: &str| STANDARD.encode(format!("{who}\0{who}\0{password}"));
    let right = plain("laptop", password.trim());
    let mut client = Client::connect(scene.port);
    client.send("CAP REQ sasl\r\nNICK a\r\nUSER u 0 * :r");
    assert_eq!(client.answers()[0].param(1), "ACK");
    // "908 … :are available SASL mechanisms", then 904.
    assert_eq!(
        commands(&client.ask("AUTHENTICATE EXTERNAL")),
        ["908", "904"]
    );
    let go_on = client.ask("AUTHENTICATE PLAIN");
    assert_eq!(
        (go_on[0].command.as_str(), go_on[0].param(0)),
        ("AUTHENTICATE", "+")
    );
    assert_eq!(commands(&client.ask("AUTHENTICATE *")), ["906"]);
    for wrong in [
        "!!!".to_owned(),
        plain("laptop", "wrong"),
        plain("nobody", "x"),
        "+".to_owned(),
    ] {
        client.ask("AUTHENTICATE PLAIN");
        assert_eq!(
            commands(&client.ask(&format!("AUTHENTICATE {wrong}"))),
            ["904"],
            "{wrong}"
        );
    }
    client.ask("AUTHENTICATE PLAIN");
    assert_eq!(
        commands(&client.ask(&format!("AUTHENTICATE {}", "A".repeat(401)))),
        ["905"]
    );
    client.ask("AUTHENTICATE PLAIN");
    let done = client.ask(&format!("AUTHENTICATE {right}"));
    assert_eq!(commands(&done), ["900", "903"]);
    assert_eq!(done[0].params[1..3], ["a!u@iim.local", "laptop"]);
    assert_eq!(commands(&client.ask("AUTHENTICATE PLAIN")), ["907"]);
    client.send("CAP END");
    client.until(|line| line.command == "366");
    let whois = client.ask("WHOIS a");
    let account = whois.iter().find(|line| line.command == "330").unwrap();
    assert_eq!(account.param(2), "alice@example.org");
}

/// "If the client completes registration … while the SASL authentication is still in progress, the server SHOULD abort it
/// and send a 906 numeric, then register the client without authentication."
#[test]
fn sasl_that_is_not_finished_is_aborted() {
    let scene = Scene::new();
    let mut client = Client::connect(scene.port);
    client.send("CAP REQ sasl\r\nNICK a\r\nUSER u 0 * :r\r\nAUTHENTICATE PLAIN");
    client.until(|line| line.command == "AUTHENTICATE");
    let told = client.ask("CAP END");
    assert_eq!(commands(&told)[..2], ["906", "001"]);
    assert!(!commands(&client.ask("WHOIS a")).contains(&"330"));
}

/// "The server must close the connection to a client which sends a QUIT message."
#[test]
fn the_end_of_a_connection() {
    let scene = Scene::new();
    let mut client = scene.client("a");
    client.send("QUIT :bye");
    let last = client.rest();
    assert_eq!(commands(&last), ["ERROR"]);
    assert!(last[0].last().contains("bye"), "{last:?}");
    // The nick is free at once.
    let mut client = scene.client("a");
    for line in ["PASS x", "USER a b c d"] {
        assert_eq!(commands(&client.ask(line)), ["462"], "{line}");
    }
}

/// As with a bouncer: all clients are the same person.
#[test]
fn two_devices_may_share_one_nick() {
    let scene = Scene::of_friends();
    let mut one = scene.client("Foo");
    let mut other = Client::connect(scene.port);
    other.send("NICK foo\r\nUSER u 0 * :r");
    other.until(|line| line.command == "366");
    for taken in ["bob", "BoB"] {
        let refused = other.ask(&format!("NICK {taken}"));
        assert_eq!(commands(&refused), ["433"], "a friend's: {taken}");
    }
    // Both are served, each by its own connection.
    one.ask("PRIVMSG bob :from one");
    assert_eq!(other.until_said("from one").nick(), "foo");
    let mut third = scene.client("third");
    third.ask("PRIVMSG foo :both?");
    one.until_said("both?");
    other.until_said("both?");
    assert_eq!(commands(&third.ask("WHO foo")), ["352", "315"]);
    let renamed = other.ask("NICK foo[1]");
    assert_eq!((renamed[0].nick(), renamed[0].param(0)), ("foo", "foo[1]"));
    // CASEMAPPING=ascii: `[` and `{` are two.
    assert_eq!(commands(&one.ask("NICK foo{1}")), ["NICK"]);
    assert_eq!(commands(&one.ask("NICK FOO{1}")), ["NICK"]);
}

/// A connection that was cut without a word kept its nick for 244 s.
#[test]
fn logging_in_again_takes_the_nick_from_the_own_ghost() {
    let scene = Scene::of_friends();
    let mut ghost = scene.client("me");
    let mut again = scene.client("me");
    assert_eq!(ghost.line().command, "PING", "to see whether it lives");
    again.ask("PRIVMSG bob :here");
    scene.bob_has("here");
    // It says nothing any more, and is gone soon.
    let last = ghost.until(|line| line.command == "ERROR");
    assert!(last.last().contains("logged in again"), "{last:?}");
    assert!(again.ask("PING still").len() == 1);
}
