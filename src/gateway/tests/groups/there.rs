//! Who is in the room of a group, and so gets at once what is said.

use super::*;

#[test]
fn who_is_there_has_a_voice() {
    let mut world = climbing();
    world.climbing().members[0].there = true;
    world.climbing().members[2].there = true;
    world.attach(1, "me", "");
    world.attach(2, "two", "multi-prefix");
    for (conn, names) in [(1, "@me @bob dave +eve"), (2, "@two @+bob dave +eve")] {
        let names = names.to_owned();
        let got = world.send(conn, "NAMES #climbing");
        assert!(
            got[0].ends_with(&format!(" @ #climbing :{names}")),
            "{got:?}"
        );
    }
    // A stranger of whom nothing else is known is here.
    for (conn, bob) in [(1, "H@"), (2, "H@+")] {
        let got = world.send(conn, "WHO #climbing %nf");
        let nick = if conn == 1 { "me" } else { "two" };
        let line = |of: &str, flags: &str| format!(":iim.local 354 {nick} {of} {flags}");
        assert_eq!(
            got[1..4],
            [line("bob", bob), line("dave", "G"), line("eve", "H+")]
        );
    }
    let got = world.send(2, "WHOIS eve");
    for line in [
        ":iim.local 319 two eve :+#climbing",
        ":iim.local 320 two eve :is a member of #climbing, vouched for by you, there now",
    ] {
        assert!(got.contains(&line.to_owned()), "{got:?}");
    }
    let got = world.send(2, "WHOIS bob");
    let channels = ":iim.local 319 two bob :+&friends @+#climbing".to_owned();
    assert!(got.contains(&channels), "{got:?}");
}

/// The user's own voice says whether there is a room for them.
#[test]
fn the_user_has_a_voice_in_the_room_too() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.attach(2, "two", "multi-prefix");
    world.climbing().admin = false;
    world.event(Event::Groups);
    assert_eq!(world.got(1), [":iim.local MODE #climbing -o me"]);
    world.climbing().there = true;
    world.climbing().members[1].there = true;
    world.event(Event::Group(id(), Vec::new()));
    assert_eq!(world.got(1), [":iim.local MODE #climbing +vv me dave"]);
    world.climbing().admin = true;
    world.event(Event::Groups);
    world.lines.clear();
    for (conn, names) in [(1, "@me @bob +dave eve"), (2, "@+two @bob +dave eve")] {
        let got = world.send(conn, "NAMES #climbing");
        assert!(got[0].ends_with(&format!(" :{names}")), "{got:?}");
    }
    let got = world.send(2, "WHO #climbing %nf");
    assert_eq!(got[0], ":iim.local 354 two two H@+");
    let got = world.send(2, "WHOIS two");
    let channels = ":iim.local 319 two two :+&friends @+#climbing".to_owned();
    assert!(got.contains(&channels), "{got:?}");
    // The room is shut, and what is said comes by mail.
    world.climbing().there = false;
    world.climbing().members[1].there = false;
    world.event(Event::Group(id(), Vec::new()));
    assert_eq!(world.got(1), [":iim.local MODE #climbing -vv me dave"]);
}

#[test]
fn who_comes_into_the_room_and_goes_is_shown() {
    let mut world = climbing();
    world.climbing().members[0].there = true;
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    world.send(2, "PART #climbing");
    world.lines.clear();
    world.climbing().members[0].there = false;
    world.climbing().members[1].there = true;
    world.climbing().members[2].there = true;
    world.event(Event::Group(id(), Vec::new()));
    assert_eq!(
        world.got(1),
        [
            ":iim.local MODE #climbing -v bob",
            ":iim.local MODE #climbing +vv dave eve",
        ]
    );
    assert_eq!(world.got(2), [""; 0]);
    // Once; and whoever goes from the group takes the voice along.
    world.event(Event::Group(id(), Vec::new()));
    assert_eq!(world.got(1), [""; 0]);
    world.climbing().members[2].is_in = false;
    world.climbing().members[2].there = false;
    world.news(Some("eve"), GroupNews::Left(who("eve")));
    assert_eq!(
        world.got(1),
        [format!(":{EVE} PART #climbing :left the group")]
    );
    world.climbing().members.push(member("@+carol"));
    world.news(Some("bob"), GroupNews::Added(who("carol")));
    assert_eq!(
        world.got(1),
        [
            ":carol!carol@example.net JOIN #climbing",
            ":iim.local MODE #climbing +o carol",
            ":iim.local MODE #climbing +v carol",
        ]
    );
}

/// Who comes when a network is back comes with many others.
#[test]
fn many_who_come_are_shown_in_few_lines() {
    let mut world = climbing();
    let names: Vec<String> = (10..40).map(|n| format!("{n}{}", "x".repeat(40))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.climbing().members = group("climbing", &names).members;
    world.attach(1, "me", "");
    for member in &mut world.climbing().members {
        member.there = true;
    }
    world.event(Event::Group(id(), Vec::new()));
    let got = world.got(1);
    assert_eq!(got.len(), 3, "{got:?}");
    assert!(got.iter().all(|line| line.len() <= 510));
    let nicks: usize = got.iter().map(|line| line.split(' ').skip(4).count()).sum();
    assert_eq!(nicks, 30);
}
