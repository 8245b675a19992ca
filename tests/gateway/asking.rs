//! What a client asks: who is there, and what there is (RFC 2812, section 3; modern.ircdocs.horse; IRCv3 WHOX).

use crate::client::{Line, commands, shorts};
use crate::scene::Scene;

fn names(line: &Line) -> Vec<&str> {
    let mut names: Vec<&str> = line.last().split(' ').collect();
    names.sort_unstable();
    names
}

#[test]
fn wrong_commands_and_wrong_targets() {
    let scene = Scene::new();
    let mut client = scene.client("a");
    for (line, answer) in [
        // "ERR_UNKNOWNCOMMAND: Returned to a registered client to indicate that the command sent is unknown".
        ("NONSENSE", "421 NONSENSE"),
        ("nonsense :a b", "421 NONSENSE"),
        // "Returned by the server by numerous commands to indicate to the client that it didn't supply enough
        // parameters."
        ("JOIN", "461 JOIN"),
        ("PART", "461 PART"),
        ("TOPIC", "461 TOPIC"),
        ("MODE", "461 MODE"),
        ("KICK &friends", "461 KICK"),
        ("INVITE a", "461 INVITE"),
        ("USERHOST", "461 USERHOST"),
        ("ISON", "461 ISON"),
        ("MONITOR", "461 MONITOR"),
        ("PING", "461 PING"),
        ("PING :", "409"),
        ("WHOIS", "431"),
        ("WHOWAS", "431"),
        ("PRIVMSG", "411"),
        ("PRIVMSG a", "412"),
        ("PRIVMSG a :", "412"),
        ("PRIVMSG &friends :", "412"),
        ("PRIVMSG nobody :hi", "401 nobody"),
        ("PRIVMSG #nowhere :hi", "403 #nowhere"),
        ("PRIVMSG a,b,c,d,e,f,g,h,i :hi", "407 a,b,c,d,e,f,g,h,i"),
        ("JOIN #nowhere", "403 #nowhere"),
        ("JOIN nowhere", "403 nowhere"),
        ("PART #nowhere", "403 #nowhere"),
        ("TOPIC #nowhere", "403 #nowhere"),
        ("MODE #nowhere", "403 #nowhere"),
        ("MODE nobody", "401 nobody"),
        ("MODE iim +i", "502"),
        ("KICK #nowhere a", "403 #nowhere"),
        ("KICK &friends nobody", "482 &friends"),
        ("INVITE nobody &friends", "482 &friends"),
        ("NAMES #nowhere", "366 #nowhere"),
        ("OPER a b", "491"),
        ("KILL a b", "481"),
        ("TAGMSG a", "421 TAGMSG"),
        ("TOPIC &friends :mine", "482 &friends"),
        ("MODE &friends +o a", "482 &friends"),
        ("MODE a +x", "501"),
        ("NICK iim", "433 iim"),
        ("NICK a.b", "432 a.b"),
        ("NICK", "431"),
    ] {
        assert_eq!(client.short(line), [answer], "{line}");
    }
    // "automatic replies MUST NEVER be sent in response to a NOTICE message".
    for line in [
        "NOTICE nobody :hi",
        "NOTICE #nowhere :hi",
        "NOTICE",
        "NOTICE iim :help",
        "PONG x",
        "NICK a",
    ] {
        assert_eq!(client.short(line), [""; 0], "{line}");
    }
    assert_eq!(client.short("WHOIS nobody"), ["401 nobody", "318 nobody"]);
    assert_eq!(client.short("WHOWAS nobody"), ["369 nobody"]);
}

#[test]
fn lines_of_all_forms() {
    let scene = Scene::new();
    let mut client = scene.client("a");
    client.bytes(b"\r\n\r\n   \r\n\n:\r\n@x\r\n:src\r\nping  one\r\n:a!b@c PING two\r\n  PING :three\nPING four\r");
    let pongs: Vec<String> = client
        .answers()
        .iter()
        .map(|line| line.last().to_owned())
        .collect();
    assert_eq!(pongs, ["one", "two", "three", "four"]);
    // "IRC messages are always lines of characters terminated with a CR-LF pair, and these messages SHALL NOT exceed 512
    // characters in length, counting all characters including the trailing CR-LF."
    let fits = format!("PING {}", "x".repeat(505));
    assert_eq!(fits.len(), 510);
    assert_eq!(commands(&client.ask(&fits)), ["PONG"]);
    // "ERR_INPUTTOOLONG (417): Indicates a given line does not follow the specified size limits (512 bytes for the main
    // section, 4094 or 8191 bytes for the tag section)."
    assert_eq!(client.short(&format!("{fits}x")), ["417"]);
    let tags = |length: usize| format!("@+x={}", "y".repeat(length - 4));
    assert_eq!(
        commands(&client.ask(&format!("{} {fits}", tags(4095)))),
        ["PONG"]
    );
    assert_eq!(client.short(&format!("{} PING a", tags(4096))), ["417"]);
    assert_eq!(client.short(&format!("{} {fits}x", tags(100))), ["417"]);
    // IRCv3 UTF8ONLY: "the server … MUST reject … FAIL … INVALID_UTF8".
    for (bytes, command) in [
        (&b"PRIVMSG iim :\xff"[..], "PRIVMSG"),
        (b"\xc3\x28", "*"),
        (b"PING a\0b", "PING"),
    ] {
        client.bytes(&[bytes, b"\r\n"].concat());
        let answers = client.answers();
        assert_eq!(commands(&answers), ["FAIL"], "{bytes:?}");
        assert_eq!(
            answers[0].params[..2],
            [command, "INVALID_UTF8"],
            "{bytes:?}"
        );
    }
    assert_eq!(commands(&client.ask("PING ünïcode")), ["PONG"]);
}

#[test]
fn the_one_channel() {
    let scene = Scene::new();
    let mut client = scene.client("a");
    assert!(client.ask("JOIN &friends").is_empty());
    let topic = client.ask("TOPIC &friends");
    assert_eq!(commands(&topic), ["332", "333"]);
    assert!(topic[0].last().contains("alice@example.org"));
    assert_eq!(names(&client.ask("NAMES &friends")[0]), ["+a", "@iim"]);
    assert_eq!(shorts(&client.ask("MODE &friends"))[0], "324 &friends");
    assert_eq!(client.ask("MODE &friends")[0].last(), "+nst");
    assert_eq!(client.short("MODE &friends b"), ["368 &friends"]);
    let list = client.ask("LIST");
    assert_eq!(commands(&list), ["321", "322", "323"]);
    assert_eq!(list[1].params[1..3], ["&friends", "2"]);
    let part = client.ask("PART &FRIENDS :bye");
    assert_eq!(
        (part[0].command.as_str(), part[0].param(1)),
        ("PART", "bye")
    );
    for (line, answer) in [
        ("PART &friends", "442 &friends"),
        ("TOPIC &friends", "442 &friends"),
        ("PRIVMSG &friends :help", "404 &friends"),
        ("NAMES &friends", "366 &friends"),
        ("KICK &friends iim", "442 &friends"),
    ] {
        assert_eq!(client.short(line), [answer], "{line}");
    }
    assert_eq!(
        commands(&client.ask("JOIN &FRIENDS,#b")),
        ["JOIN", "332", "333", "353", "366", "403"]
    );
    // "Note that this message (JOIN) also accepts a special argument ("0")".
    assert_eq!(commands(&client.ask("JOIN 0")), ["PART"]);
}

#[test]
fn who_and_whox() {
    let scene = Scene::of_friends();
    let mut one = scene.client("coolNick");
    let mut other = scene.client("otherNick");
    for mask in ["coolNick", "COOLNICK", "coolni*", "?oolNick"] {
        let answers = other.ask(&format!("WHO {mask}"));
        assert_eq!(commands(&answers), ["352", "315"], "{mask}");
        let card = [
            "otherNick",
            "*",
            "coolnick",
            "iim.local",
            "iim.local",
            "coolNick",
            "H",
            "0 coolNick's owner",
        ];
        assert_eq!(answers[0].params, card, "{mask}");
        // "`<mask>` MUST be exactly the `<mask>` parameter sent by the client in its `WHO` message."
        assert_eq!(answers[1].param(1), mask);
    }
    // Everybody who is there: bob is offline, and the service is nobody.
    assert_eq!(commands(&other.ask("WHO *")), ["352", "352", "315"]);
    assert_eq!(commands(&other.ask("WHO")), ["352", "352", "315"]);
    let channel = other.ask("WHO &friends");
    assert_eq!(commands(&channel), ["352", "352", "315"]);
    assert!(
        channel[..2]
            .iter()
            .all(|line| line.param(1) == "&friends" && line.param(6).contains(['+', '@']))
    );
    // RFC 2812: "matched against users' host, server, real name and nickname".
    for mask in ["*oolNick's*", "coolnic?"] {
        assert_eq!(
            commands(&other.ask(&format!("WHO :{mask}"))),
            ["352", "315"],
            "{mask}"
        );
    }
    assert_eq!(commands(&other.ask("WHO idontexist")), ["315"]);
    // "If the "o" parameter is passed only operators are returned": there are none.
    assert_eq!(commands(&other.ask("WHO * o")), ["315"]);
    one.ask("AWAY :be right back");
    other.answers();
    assert_eq!(other.ask("WHO coolNick")[0].param(6), "G");
    // WHOX: the fields come in one order, however they are asked for.
    for fields in ["tcuihsnfdlaor", "roaldfnshiuct"] {
        let answer = &other.ask(&format!("WHO coolNick %{fields},123"))[0];
        assert_eq!(answer.command, "354");
        assert_eq!(answer.params[1..4], ["123", "*", "coolnick"]);
        assert_eq!(
            answer.params[5..9],
            ["iim.local", "iim.local", "coolNick", "G"]
        );
        assert_eq!(
            answer.params[11..],
            ["0", "n/a", "coolNick's owner"],
            "{answer:?}"
        );
    }
    assert_eq!(
        other.ask("WHO coolNick %tn,321")[0].params[1..],
        ["321", "coolNick"]
    );
    assert_eq!(other.ask("WHO coolNick %n")[0].params[1..], ["coolNick"]);
}

#[test]
fn whois_ison_userhost() {
    let scene = Scene::of_friends();
    let mut one = scene.client("one");
    let mut two = scene.client("two");
    let whois = two.ask("WHOIS one");
    assert_eq!(
        whois[0].params[1..],
        ["one", "one", "iim.local", "*", "one's owner"]
    );
    for must in ["312", "317"] {
        assert!(commands(&whois).contains(&must), "{must}: {whois:?}");
    }
    assert_eq!(shorts(&whois).last().unwrap(), "318 one");
    for line in ["WHOIS iim.local one", "WHOIS one one", "WHOIS ONE"] {
        assert_eq!(two.ask(line)[0].params[1..3], ["one", "one"], "{line}");
    }
    // A friend: address, standing, verified or not, networks, fingerprint.
    let bob = two.ask("WHOIS bob");
    assert_eq!(bob[0].params[1..4], ["bob", "bob", "example.net"]);
    let words: String = bob
        .iter()
        .map(|line| format!("{}\n", line.last()))
        .collect();
    for must in [
        "bob@example.net",
        "not verified",
        "offline, goes by mail",
        "key fingerprint ",
    ] {
        assert!(words.contains(must), "{must}: {words}");
    }
    assert!(
        two.ask("WHOIS iim")
            .iter()
            .any(|line| line.command == "335")
    );
    // "The server will … respond with only a single reply", with those who are online.
    assert_eq!(
        two.ask("ISON one ONE bob nobody iim")[0].params[1..],
        ["one one iim"]
    );
    assert_eq!(two.ask("ISON :nobody")[0].params[1..], [""]);
    assert_eq!(
        two.ask("USERHOST one nobody")[0].params[1..],
        ["one=+one@iim.local"]
    );
    one.ask("AWAY :away from keyboard");
    two.answers();
    assert_eq!(two.ask("USERHOST one")[0].last(), "one=-one@iim.local");
    let whois = two.ask("WHOIS one");
    let away = whois.iter().find(|line| line.command == "301").unwrap();
    assert_eq!(away.params[1..], ["one", "away from keyboard"]);
}

#[test]
fn what_the_server_says_of_itself() {
    let scene = Scene::new();
    let mut client = scene.client("a");
    for (line, answers) in [
        ("MOTD", &["375", "372", "372", "372", "372", "376"][..]),
        ("LUSERS", &["251"]),
        ("TIME", &["391"]),
        ("HELP", &["704", "705", "705", "705", "705", "706"]),
        ("HELP PRIVMSG", &["704", "705", "705", "705", "705", "706"]),
        ("INFO", &["421"]),
    ] {
        assert_eq!(commands(&client.ask(line)), answers, "{line}");
    }
    let version = client.ask("VERSION");
    assert_eq!(commands(&version)[0], "351");
    assert!(
        commands(&version)[1..]
            .iter()
            .all(|command| *command == "005")
    );
}
