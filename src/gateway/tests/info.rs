//! What the server tells of itself.

use super::*;

#[test]
fn isupport_is_complete_and_short() {
    let mut world = World::new();
    let got = world.attached(1, "me", "");
    let lines: Vec<&String> = got.iter().filter(|line| line.contains(" 005 ")).collect();
    let all: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split(' ').skip(3))
        .collect();
    for token in [
        "CASEMAPPING=ascii",
        "CHANTYPES=&",
        "CHATHISTORY=1000",
        "MSGREFTYPES=msgid,timestamp",
        "WHOX",
        "MONITOR=500",
        "BOT=B",
        "UTF8ONLY",
        "NETWORK=iim",
        "NICKLEN=30",
        "NAMELEN=150",
        "PREFIX=(ov)@+",
    ] {
        assert!(all.contains(&token), "{token}");
    }
    for line in lines {
        // "up to 13 tokens" (Modern, "RPL_ISUPPORT").
        assert!(
            line.split(" :").next().unwrap().split(' ').count() <= 16,
            "{line}"
        );
    }
}

#[test]
fn questions_about_the_server_are_answered() {
    let mut world = World::new();
    world.attach(1, "me", "");
    for (line, first, last) in [
        ("MOTD", "375", "376"),
        ("LUSERS", "251", "251"),
        ("VERSION", "351", "005"),
        ("TIME", "391", "391"),
        ("INFO", "371", "374"),
        ("LIST", "321", "323"),
        ("HELP", "704", "706"),
        ("HELP nonsense", "524", "524"),
        ("HELP privmsg", "704", "706"),
        ("HELPOP WHO", "704", "706"),
        ("VERSION other.server", "402", "402"),
        ("VERSION iim.*", "351", "005"),
        ("OPER a b", "491", "491"),
        ("KILL bob :x", "481", "481"),
        ("PING", "461", "461"),
        ("PING :", "409", "409"),
        ("WHO", "352", "315"),
    ] {
        let got = world.send(1, line);
        let numeric = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
        assert_eq!(numeric(&got[0]), first, "{line}");
        assert_eq!(numeric(got.last().unwrap()), last, "{line}");
    }
    assert_eq!(
        world.send(1, "TIME"),
        [":iim.local 391 me iim.local :Saturday November 21 2026 -- 07:50:05 +00:00"]
    );
}

/// The commands of RFC 2812, of Modern and of IRCv3, and some that clients know besides.
const ALL: &str = "ACCEPT ADMIN AUTHENTICATE AWAY BATCH CAP CHATHISTORY CNOTICE CONNECT CPRIVMSG DIE EDIT ERROR HELP INFO \
    INVITE ISON JOIN KICK KILL KNOCK LINKS LIST LUSERS MARKREAD METADATA MODE MONITOR MOTD NAMES NICK NOTICE OPER PART \
    PASS PING PONG PRIVMSG QUIT REDACT REGISTER REHASH RENAME RESTART SERVICE SERVLIST SETNAME SILENCE SQUERY SQUIT \
    STARTTLS STATS SUMMON TAGMSG TIME TOPIC TRACE USER USERHOST USERIP USERS VERIFY VERSION WALLOPS WATCH WEBIRC WHO \
    WHOIS WHOWAS";

/// What only an operator or a server may say is refused, and what clients say of themselves needs no help.
const WITHOUT_HELP: &str = "CONNECT DIE ERROR KILL OPER PASS PONG REHASH RESTART SQUIT WALLOPS";

#[test]
fn help_knows_the_commands_that_are_known() {
    for command in ALL.split_whitespace() {
        let mut world = World::new();
        world.attach(
            1,
            "me",
            "message-tags batch draft/message-edit draft/message-redaction draft/multiline",
        );
        let of = |got: Vec<String>| {
            got.first()
                .map(|line| line.split(' ').nth(1).unwrap().to_owned())
        };
        let helped = of(world.send(1, &format!("HELP {command}"))).as_deref() == Some("704");
        let known = of(world.send(1, command)).as_deref() != Some("421");
        let without = WITHOUT_HELP.split(' ').any(|one| one == command);
        assert_eq!(helped, known && !without, "{command}: known {known}");
        assert!(known || !without, "{command}");
    }
}

/// RFC 2812, section 3.4.2: "statistics about the size of the IRC network".
#[test]
fn users_are_counted() {
    let mut world = World::new();
    let lines = |clients: u8| {
        [format!(
            ":iim.local 251 me :There are 2 users and {clients} invisible on 1 servers"
        )]
    };
    world.attach(1, "me", "");
    world.open(2);
    assert_eq!(world.send(1, "LUSERS"), lines(1));
    world.attach(3, "other", "");
    assert_eq!(world.send(1, "LUSERS"), lines(2));
    world.send(3, "QUIT");
    assert_eq!(world.send(1, "LUSERS"), lines(1));
}
