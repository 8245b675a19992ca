//! The control channel, presence, MONITOR, WATCH, WHO, WHOIS, AWAY, the service.

use super::fake::friend;
use super::*;
use crate::gateway::host::Question;
use crate::rules::presence_tracker::Shown;

#[test]
fn friends_are_in_the_channel_by_their_presence() {
    let mut world = World::new();
    let got = world.attached(1, "me", "");
    let names = got.iter().find(|line| line.contains(" 353 ")).unwrap();
    assert_eq!(names, ":iim.local 353 me @ &friends :+me @iim +bob carol");
    world.lines.clear();
    world.attach(2, "new", "extended-join away-notify batch");
    let set = |world: &mut World, n: usize, presence| {
        world.host.friends[n].presence = presence;
        world.event(Event::Contacts(None));
    };
    set(&mut world, 2, Shown::Online);
    assert_eq!(
        world.got(1),
        [
            ":dave!dave@example.net JOIN &friends",
            ":iim.local MODE &friends +v dave"
        ]
    );
    assert_eq!(
        world.got(2)[0],
        ":dave!dave@example.net JOIN &friends * :Mr dave"
    );
    set(&mut world, 2, Shown::Busy);
    assert_eq!(world.got(1), [":iim.local MODE &friends -v dave"]);
    assert_eq!(world.got(2)[1], ":dave!dave@example.net AWAY :busy");
    set(&mut world, 2, Shown::Unverified);
    assert_eq!(world.got(1), [":dave!dave@example.net QUIT :offline"]);
    set(&mut world, 2, Shown::Offline);
    assert_eq!(world.got(1), [""; 0]);
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1), [""; 0], "nothing has changed");
}

#[test]
fn many_who_go_at_once_are_a_netsplit() {
    let mut world = World::new();
    world.host.friends[2].presence = Shown::Online;
    world.attach(1, "me", "batch");
    world.attach(2, "old", "");
    for friend in &mut world.host.friends {
        friend.presence = Shown::Offline;
    }
    world.event(Event::Contacts(None));
    let got = world.got(1);
    assert_eq!(
        got[0],
        ":iim.local BATCH +b1 netsplit iim.local networks.iim.local"
    );
    assert_eq!(
        got[1],
        "@batch=b1 :bob!bob@example.net QUIT :iim.local networks.iim.local"
    );
    assert_eq!((got.len(), got[4].as_str()), (5, ":iim.local BATCH -b1"));
    assert_eq!(world.got(2).len(), 3);
}

#[test]
fn a_real_name_changes_only_by_the_friend_alone() {
    let mut world = World::new();
    world.host.friends[0].own_name = None;
    world.attach(1, "me", "setname");
    world.host.friends[0].name = "robert".to_owned();
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1), [":bob!bob@example.net NICK robert"]);
    world.host.friends[0].own_name = Some("Bob the Builder".to_owned());
    world.event(Event::Contacts(None));
    assert_eq!(
        world.got(1),
        [":robert!bob@example.net SETNAME :Bob the Builder"]
    );
}

#[test]
fn a_friend_renamed_changes_the_nick_and_takes_it_from_a_client() {
    let mut world = World::new();
    world.attach(1, "Robert", "");
    world.host.friends[0].name = "robert".to_owned();
    world.host.friends.push(friend("Robert", Shown::Offline, 9));
    world.host.friends[3].address = crate::gateway::tests::fake::address("other");
    world.event(Event::Contacts(None));
    assert_eq!(
        world.got(1),
        [
            ":Robert!Robert@iim.local NICK Robert_3",
            ":bob!bob@example.net NICK robert"
        ]
    );
    world.send(1, "PRIVMSG robert :hi");
    assert_eq!(
        world.host.entries[0].entry.message.friend,
        crate::gateway::tests::fake::address("bob")
    );
    world.send(1, "PRIVMSG Robert_2 :hi");
    assert_eq!(
        world.host.entries[1].entry.message.friend,
        crate::gateway::tests::fake::address("other")
    );
    // A query that was kept under the name of before is told the name of now, and what is said in it is not lost.
    assert_eq!(
        world.send(1, "PRIVMSG bob :hi"),
        [":bob!bob@example.net NICK robert"]
    );
    assert_eq!(
        world.host.entries[2].entry.message.friend,
        crate::gateway::tests::fake::address("bob")
    );
    // What two have been called is nobody's name: no text goes to the wrong one.
    world.host.friends[1].name = "bob".to_owned();
    world.event(Event::Contacts(None));
    world.host.friends[1].name = "carol".to_owned();
    world.event(Event::Contacts(None));
    world.got(1);
    assert_eq!(
        world.send(1, "PRIVMSG bob :hi"),
        [":iim.local 401 Robert_3 bob :No such nick/channel"]
    );
    assert_eq!(
        world.send(1, "PRIVMSG nobody :hi"),
        [":iim.local 401 Robert_3 nobody :No such nick/channel"]
    );
}

#[test]
fn the_channel_is_all_there_is() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let off = ":iim.local 442 me &friends :You're not on that channel";
    converse(
        &mut world,
        1,
        &[
            ("JOIN #chan", &[":iim.local 403 me #chan :No such channel"]),
            ("JOIN &friends", &[]),
            ("JOIN", &[":iim.local 461 me JOIN :Not enough parameters"]),
            ("PART #chan", &[":iim.local 403 me #chan :No such channel"]),
            (
                "TOPIC &friends :x",
                &[":iim.local 482 me &friends :You're not channel operator"],
            ),
            ("TOPIC #x", &[":iim.local 403 me #x :No such channel"]),
            (
                "MODE &friends",
                &[
                    ":iim.local 324 me &friends +nst",
                    ":iim.local 329 me &friends 1795247405",
                ],
            ),
            (
                "MODE &friends +n",
                &[":iim.local 482 me &friends :You're not channel operator"],
            ),
            (
                "MODE &friends +b",
                &[":iim.local 368 me &friends :End of channel ban list"],
            ),
            (
                "MODE &friends +X",
                &[":iim.local 472 me X :is unknown mode char to me"],
            ),
            ("MODE me", &[":iim.local 221 me +i"]),
            ("MODE me +B", &[":me!me@iim.local MODE me +B"]),
            ("MODE me +Z", &[":iim.local 501 me :Unknown MODE flag"]),
            (
                "MODE bob +i",
                &[":iim.local 502 me :Cannot change mode for other users"],
            ),
            ("MODE eve", &[":iim.local 401 me eve :No such nick/channel"]),
            (
                "INVITE dave &friends",
                &[":iim.local 482 me &friends :You're not channel operator"],
            ),
            ("INVITE bob #x", &[":iim.local 403 me #x :No such channel"]),
            (
                "KICK &friends bob",
                &[":iim.local 482 me &friends :You're not channel operator"],
            ),
            ("KICK #x bob", &[":iim.local 403 me #x :No such channel"]),
            (
                "KICK &friends",
                &[":iim.local 461 me KICK :Not enough parameters"],
            ),
            ("NAMES #x", &[":iim.local 366 me #x :End of NAMES list"]),
            (
                "PART &friends :bye",
                &[":me!me@iim.local PART &friends :bye"],
            ),
            ("PART &friends", &[off]),
            ("TOPIC &friends", &[off]),
            (
                "PRIVMSG &friends :help",
                &[":iim.local 404 me &friends :Cannot send to channel"],
            ),
            (
                "NAMES &friends",
                &[":iim.local 366 me &friends :End of NAMES list"],
            ),
        ],
    );
    world.event(Event::Notice("libera is up".to_owned()));
    assert_eq!(
        bodies(&world.got(1)),
        [":iim!iim@iim.local PRIVMSG me :libera is up"]
    );
    let got = world.send(1, "JOIN &FRIENDS");
    assert_eq!(got[0], ":me!me@iim.local JOIN &friends");
    assert!(
        got[1].contains(" 332 ") && got.last().unwrap().contains(" 366 "),
        "{got:?}"
    );
    world.event(Event::Notice("libera is up".to_owned()));
    assert_eq!(
        bodies(&world.got(1)),
        [":iim!iim@iim.local PRIVMSG &friends :libera is up"]
    );
}

#[test]
fn whois_tells_all_that_is_known() {
    let mut world = World::new();
    world.attach(1, "me", "");
    assert_eq!(
        world.send(1, "WHOIS Bob"),
        [
            ":iim.local 311 me bob bob example.net * :Mr bob",
            ":iim.local 319 me bob :+&friends",
            ":iim.local 312 me bob iim.local :the gateway of iim",
            ":iim.local 330 me bob bob@example.net :is logged in as",
            ":iim.local 320 me bob :has the address bob@example.net",
            ":iim.local 320 me bob :is friend (verified, shown where you are)",
            ":iim.local 320 me bob :may be met on libera",
            ":iim.local 320 me bob :has the key fingerprint abcd",
            ":iim.local 318 me bob :End of /WHOIS list",
        ]
    );
    let got = world.send(1, "WHOIS iim.local dave");
    assert!(
        got.iter()
            .any(|line| line.ends_with(" 320 me dave :offline, goes by mail")),
        "{got:?}"
    );
    let got = world.send(1, "WHOIS carol");
    assert!(
        got.contains(&":iim.local 301 me carol :at lunch".to_owned()),
        "{got:?}"
    );
    let got = world.send(1, "WHOIS iim");
    assert!(
        got.contains(&":iim.local 335 me iim :is a bot".to_owned()),
        "{got:?}"
    );
    converse(
        &mut world,
        1,
        &[
            ("WHOIS", &[":iim.local 431 me :No nickname given"]),
            (
                "WHOIS eve",
                &[
                    ":iim.local 401 me eve :No such nick/channel",
                    ":iim.local 318 me eve :End of /WHOIS list",
                ],
            ),
            ("WHOWAS eve", &[":iim.local 369 me eve :End of WHOWAS"]),
            (
                "ISON bob dave eve iim me",
                &[":iim.local 303 me :bob iim me"],
            ),
            (
                "USERHOST bob carol eve",
                &[":iim.local 302 me :bob=+bob@example.net carol=-carol@example.net"],
            ),
        ],
    );
}

#[test]
fn who_answers_by_nick_mask_and_channel() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let end = |mask: &str| format!(":iim.local 315 me {mask} :End of WHO list");
    let bob = ":iim.local 352 me &friends bob example.net iim.local bob H+ :0 Mr bob".to_owned();
    assert_eq!(world.send(1, "WHO bob"), [bob.clone(), end("bob")]);
    assert_eq!(world.send(1, "WHO B*"), [bob, end("B*")]);
    assert_eq!(world.send(1, "WHO eve"), [end("eve")]);
    assert_eq!(world.send(1, "WHO dave"), [end("dave")], "offline");
    assert_eq!(world.send(1, "WHO &friends").len(), 5);
    assert_eq!(world.send(1, "WHO :*r bo*").len(), 2, "a real name");
    assert_eq!(world.send(1, "WHO *.net").len(), 3, "hosts");
    assert_eq!(world.send(1, "WHO * o"), [end("*")]);
    let service = world.send(1, "WHO iim");
    assert!(service[0].contains(" iim H@B :0 "), "{service:?}");
    // IRCv3 WHOX: fields come in their own order.
    for fields in ["%tcuihsnfdlaor,123", "%roaldfnshiuct,123"] {
        assert_eq!(
            world.send(1, &format!("WHO bob {fields}"))[0],
            ":iim.local 354 me 123 &friends bob 255.255.255.255 example.net iim.local bob H+ 0 0 bob@example.net n/a :Mr bob"
        );
    }
    assert_eq!(
        world.send(1, "WHO carol %tn,321"),
        [":iim.local 354 me 321 carol".to_owned(), end("carol")]
    );
}

/// IRCv3 MONITOR.
#[test]
fn monitored_nicks_are_told() {
    let mut world = World::new();
    world.attach(1, "me", "");
    converse(
        &mut world,
        1,
        &[
            (
                "MONITOR + bob,dave,other,a!b@c",
                &[
                    ":iim.local 730 me :bob!bob@example.net",
                    ":iim.local 731 me :dave,other",
                ],
            ),
            (
                "MONITOR L",
                &[
                    ":iim.local 732 me :bob,dave,other",
                    ":iim.local 733 me :End of MONITOR list",
                ],
            ),
            ("MONITOR - bob", &[]),
            ("MONITOR S", &[":iim.local 731 me :dave,other"]),
        ],
    );
    world.host.friends[2].presence = Shown::Online;
    world.event(Event::Contacts(None));
    assert!(
        world
            .got(1)
            .contains(&":iim.local 730 me :dave!dave@example.net".to_owned())
    );
    world.host.friends[2].presence = Shown::Offline;
    world.event(Event::Contacts(None));
    assert!(world.got(1).contains(&":iim.local 731 me :dave".to_owned()));
    world.attach(2, "baz", "");
    world.send(2, "NICK other");
    assert_eq!(world.got(1), [":iim.local 730 me :other!baz@iim.local"]);
    world.send(2, "NICK OTHER");
    assert_eq!(world.got(1), [""; 0]);
    world.send(2, "QUIT");
    world.leave(2);
    assert_eq!(world.got(1), [":iim.local 731 me :OTHER"]);
    let names: Vec<String> = (0..600).map(|n| format!("n{n}")).collect();
    let mut full = Vec::new();
    for names in names.chunks(50) {
        full.extend(world.send(1, &format!("MONITOR + {}", names.join(","))));
    }
    assert!(
        full.iter()
            .any(|line| line.starts_with(":iim.local 734 me 500 n498,")),
        "{full:?}"
    );
    assert_eq!(world.send(1, "MONITOR C"), [""; 0]);
    assert_eq!(
        world.send(1, "MONITOR L"),
        [":iim.local 733 me :End of MONITOR list"]
    );
}

#[test]
fn watched_nicks_are_told() {
    let mut world = World::new();
    world.attach(1, "me", "");
    converse(
        &mut world,
        1,
        &[
            (
                "WATCH +bob +dave",
                &[
                    ":iim.local 604 me bob bob example.net 1 :is online",
                    ":iim.local 605 me dave * * 0 :is offline",
                ],
            ),
            (
                "WATCH l",
                &[
                    ":iim.local 604 me bob bob example.net 1 :is online",
                    ":iim.local 607 me :End of WATCH l",
                ],
            ),
            (
                "WATCH -bob",
                &[":iim.local 602 me bob bob example.net 1 :is online"],
            ),
        ],
    );
    world.host.friends[2].presence = Shown::Online;
    world.event(Event::Contacts(None));
    assert!(
        world.got(1).contains(
            &":iim.local 600 me dave dave example.net 1795247405 :logged online".to_owned()
        )
    );
}

#[test]
fn away_is_the_same_for_all_devices() {
    let mut world = World::new();
    world.attach(1, "me", "away-notify");
    world.attach(2, "two", "extended-monitor away-notify");
    world.send(2, "MONITOR + me");
    world.lines.clear();
    let got = world.send(1, "AWAY :gone");
    assert_eq!(
        got,
        [
            ":iim.local 306 me :You have been marked as being away",
            ":iim.local MODE &friends -v me"
        ]
    );
    assert_eq!(world.host.away.as_deref(), Some("gone"));
    let got = world.got(2);
    assert_eq!(
        got[0],
        ":iim.local 306 two :You have been marked as being away: gone"
    );
    assert_eq!(got[2], ":me!me@iim.local AWAY :gone");
    assert_eq!(
        world.send(2, "PRIVMSG me :x"),
        [":iim.local 301 two me :gone"]
    );
    world.got(1);
    assert_eq!(
        world.send(1, "AWAY")[0],
        ":iim.local 305 me :You are no longer marked as being away"
    );
    assert_eq!(world.host.away, None);
    world.lines.clear();
    world.host.away = Some("by command".to_owned());
    world.event(Event::Status);
    assert_eq!(
        world.got(1)[0],
        ":iim.local 306 me :You have been marked as being away: by command"
    );
    assert_eq!(
        world.send(1, "SETNAME :New Name"),
        [":me!me@iim.local SETNAME :New Name"]
    );
    let long = "x".repeat(151);
    assert_eq!(
        world.send(1, &format!("SETNAME :{long}")),
        [":iim.local FAIL SETNAME INVALID_REALNAME :Realname is not valid"]
    );
}

/// Among the user's own clients the one is away that said so, until the user is back, whichever client says that.
#[test]
fn a_client_is_away_that_said_so() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    world.attach(3, "watcher", "extended-monitor away-notify");
    world.send(3, "MONITOR + me,two");
    let moves = |world: &mut World| -> Vec<String> {
        let got = world.got(3).into_iter();
        got.filter(|line| line.contains(" AWAY")).collect()
    };
    world.send(1, "AWAY :gone");
    assert_eq!(moves(&mut world), [":me!me@iim.local AWAY :gone"]);
    world.send(1, "AWAY :still gone");
    assert_eq!(moves(&mut world), [":me!me@iim.local AWAY :still gone"]);
    let flags = |world: &mut World, nick: &str| world.send(3, &format!("WHO {nick}"))[0].clone();
    assert!(flags(&mut world, "me").contains(" me G :0"));
    assert!(flags(&mut world, "two").contains(" two H :0"));
    world.send(2, "AWAY");
    assert_eq!(moves(&mut world), [":me!me@iim.local AWAY"]);
    assert!(flags(&mut world, "me").contains(" me H :0"));
}

#[test]
fn the_service_takes_commands_and_asks() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let back = |text: &str| vec![format!(":iim!iim@iim.local PRIVMSG &friends :{text}")];
    assert_eq!(
        world.send(1, "PRIVMSG &friends :friends"),
        back("did friends")
    );
    assert_eq!(
        world.send(1, "PRIVMSG &friends :iim: friends"),
        back("did friends")
    );
    assert_eq!(
        world.send(1, "PRIVMSG iim :hide bob"),
        [":iim!iim@iim.local PRIVMSG me :did hide bob"]
    );
    assert_eq!(
        world.send(1, "PRIVMSG &friends :yes"),
        back("nothing was asked")
    );
    assert_eq!(
        world.send(1, "PRIVMSG &friends :remove bob"),
        back("remove bob for good? yes or no?")
    );
    assert_eq!(
        world.send(1, "PRIVMSG &friends :no"),
        back("nothing was done")
    );
    world.send(1, "PRIVMSG &friends :remove bob");
    world.host.calls.clear();
    world.send(1, "PRIVMSG &friends :YES");
    assert_eq!(world.host.calls, ["remove bob --yes"]);
    assert_eq!(world.host.entries.len(), 0);
}

#[test]
fn requests_are_asked_on_all_devices_and_no_yes_is_mistaken() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let ask = |world: &mut World, name: &str| {
        let question = Question {
            text: format!("{name}@example.org asks to be your friend"),
            yes: format!("accept {name}@example.org"),
            no: Some(format!("refuse {name}@example.org")),
        };
        world.host.questions.push(question.clone());
        world.event(Event::Question(question));
    };
    ask(&mut world, "eve");
    let text = "eve@example.org asks to be your friend (yes: accept eve@example.org · no: refuse eve@example.org)";
    assert_eq!(
        world.got(1),
        [format!(":iim!iim@iim.local PRIVMSG &friends :{text}")]
    );
    let got = world.attached(2, "two", "");
    assert!(got.iter().any(|line| line.ends_with(text)), "{got:?}");
    ask(&mut world, "mallory");
    world.lines.clear();
    world.send(1, "PRIVMSG iim :yes");
    assert_eq!(world.host.calls, [""; 0], "which of them?");
    world.host.questions.pop();
    world.send(2, "PRIVMSG iim :no");
    assert_eq!(world.host.calls, ["refuse eve@example.org"]);
}

#[test]
fn names_says_that_the_channel_is_secret() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let names = world.send(1, "NAMES &friends");
    assert!(
        names[0].starts_with(":iim.local 353 me @ &friends :"),
        "{names:?}"
    );
    assert!(world.send(1, "MODE &friends")[0].ends_with("+nst"));
}

/// "RPL_TOPICWHOTIME (333): … sent to a client to let them know who set the topic".
#[test]
fn who_set_the_topic_comes_with_the_topic() {
    let mut world = World::new();
    let want = ":iim.local 333 me &friends iim 1795247405";
    let told = world.attached(1, "me", "");
    let at = told.iter().position(|line| line.contains(" 332 ")).unwrap();
    assert_eq!(told[at + 1], want);
    world.got(1);
    assert_eq!(world.send(1, "TOPIC &friends")[1], want);
}

/// "RPL_WHOISSECURE (671)"; "RPL_WHOISCERTFP (276)".
#[test]
fn whois_names_a_secure_connection_and_a_certificate_only_where_there_is_one() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(TLS, "safe", "");
    for (nick, tls) in [("me", false), ("safe", true)] {
        let whois = world.send(1, &format!("WHOIS {nick}"));
        let says = whois.iter().any(|line| line.contains(" 671 "));
        assert_eq!(says, tls, "{nick}: a Unix socket is no TLS");
    }
    let whois = world.send(1, "WHOIS bob");
    assert!(
        !whois.iter().any(|line| line.contains(" 276 ")),
        "{whois:?}"
    );
    assert!(whois.iter().any(|line| line.ends_with("fingerprint abcd")));
}

#[test]
fn a_bare_star_makes_nobody_away() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let told = world.send(1, "AWAY *");
    assert!(told[0].contains(" 306 "), "{told:?}");
    assert_eq!(world.host.calls, [""; 0], "whatever it has asked for");
    world.send(1, "AWAY :* of the day");
    assert_eq!(world.host.away.as_deref(), Some("* of the day"));
}

#[test]
fn an_away_ends_with_the_connection_that_set_it() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "phone", "");
    world.send(2, "AWAY :in the tram");
    world.got(1);
    world.leave(2);
    assert_eq!(world.host.away, None);
    assert!(world.got(1)[0].contains(" 305 me "));
    // By QUIT as well.
    world.attach(3, "phone", "");
    world.send(3, "AWAY :in the tram");
    world.send(3, "QUIT");
    assert_eq!(world.host.away, None);
}

#[test]
fn an_away_stays_where_all_devices_are_away() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "phone", "");
    world.send(1, "AWAY :asleep");
    world.send(2, "AWAY :asleep");
    world.leave(2);
    assert_eq!(
        world.host.away.as_deref(),
        Some("asleep"),
        "so is the other"
    );
    world.leave(1);
    assert_eq!(world.host.away.as_deref(), Some("asleep"), "nobody is left");
}

#[test]
fn an_away_that_was_set_elsewhere_ends_with_no_connection() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "phone", "");
    world.send(2, "AWAY :in the tram");
    // By `iim status`, since.
    world.host.away = Some("on holiday".to_owned());
    world.event(Event::Status);
    world.leave(2);
    assert_eq!(world.host.away.as_deref(), Some("on holiday"));
}
