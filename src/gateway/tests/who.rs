//! Who is there, for whoever asks once or wants to be told.

use super::*;
use crate::rules::presence_tracker::Shown;

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
    let elsewhere = format!(":iim.local 320 me carol :{}", fake::ELSEWHERE);
    assert!(got.contains(&elsewhere), "{got:?}");
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
