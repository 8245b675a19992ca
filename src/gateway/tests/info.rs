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
        "CHANTYPES=&#",
        "CHANMODES=,,,inst",
        "CHANNELLEN=64",
        "TOPICLEN=300",
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
        ("LIST", "321", "323"),
        ("HELP", "704", "706"),
        ("HELP PRIVMSG", "704", "706"),
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
