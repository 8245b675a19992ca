//! Into the channel of a group and out of it.

use super::*;
use crate::gateway::host::{DeviceId, Question};

/// What a client is sent of #climbing when it registers.
fn joined(world: &mut World, conn: u64, nick: &str, caps: &str) -> Vec<String> {
    let got = world.attached(conn, nick, caps);
    got.into_iter()
        .filter(|line| line.contains("#climbing"))
        .collect()
}

#[test]
fn a_client_that_registers_is_in_the_channels_of_all_groups() {
    let mut world = climbing();
    assert_eq!(
        joined(&mut world, 1, "me", ""),
        [
            ":me!me@iim.local JOIN #climbing",
            ":iim.local 332 me #climbing :on Sundays",
            ":iim.local 353 me @ #climbing :@me @bob dave eve",
            ":iim.local 366 me #climbing :End of NAMES list",
        ]
    );
    let caps = "extended-join userhost-in-names draft/read-marker";
    assert_eq!(
        joined(&mut world, 2, "two", caps),
        [
            ":two!two@iim.local JOIN #climbing * :The two",
            ":iim.local 332 two #climbing :on Sundays",
            ":iim.local MARKREAD #climbing *",
            ":iim.local 353 two @ #climbing :@two!two@iim.local @bob!bob@example.net \
             dave!dave@example.net eve!eve@example.net",
            ":iim.local 366 two #climbing :End of NAMES list",
        ]
    );
}

#[test]
fn parting_hides_a_group_on_the_device_until_it_is_joined_again() {
    let mut world = climbing();
    let device = DeviceId("phone".to_owned());
    world.host.cursors.insert(device, 0);
    world.attach(1, "phone", "");
    world.attach(2, "other", "");
    let got = world.send(1, "PART #climbing :bye");
    assert_eq!(got[0], ":phone!phone@iim.local PART #climbing :bye");
    assert!(got[1].contains("you are still in it"), "{got:?}");
    assert!(got[1].ends_with("`group leave #climbing`"), "{got:?}");
    assert_eq!(world.got(2), [""; 0], "on this device alone");
    world.said("bob", "unheard");
    assert_eq!(world.got(1), [""; 0]);
    assert_eq!(
        world.got(2),
        [":bob!bob@example.net PRIVMSG #climbing :unheard"]
    );
    let off = ":iim.local 442 phone #climbing :You're not on that channel";
    let nothing = ":iim.local 404 phone #climbing :Cannot send to channel";
    converse(
        &mut world,
        1,
        &[
            ("PART #climbing", &[off]),
            ("TOPIC #climbing", &[off]),
            ("TOPIC #climbing :x", &[off]),
            ("INVITE carol #climbing", &[off]),
            ("KICK #climbing bob", &[off]),
            ("PRIVMSG #climbing :hi", &[nothing]),
            (
                "NAMES #climbing",
                &[":iim.local 366 phone #climbing :End of NAMES list"],
            ),
            (
                "WHO #climbing",
                &[":iim.local 315 phone #climbing :End of WHO list"],
            ),
        ],
    );
    world.leave(1);
    assert_eq!(joined(&mut world, 3, "phone", ""), [""; 0], "kept");
    let got = world.send(3, "JOIN #Climbing");
    assert_eq!(got[0], ":phone!phone@iim.local JOIN #climbing");
    assert!(got.last().unwrap().contains(" 366 "));
    assert_eq!(world.send(3, "JOIN #climbing"), [""; 0]);
    world.said("bob", "heard");
    assert_eq!(world.got(3).len(), 1);
    world.leave(3);
    assert!(!joined(&mut world, 4, "phone", "").is_empty());
}

#[test]
fn parting_is_explained_once_and_join_0_leaves_all() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.send(1, "PART #climbing");
    world.send(1, "JOIN #climbing");
    assert_eq!(
        world.send(1, "PART #climbing"),
        [":me!me@iim.local PART #climbing"]
    );
    world.send(1, "JOIN #climbing");
    assert_eq!(
        world.send(1, "JOIN 0"),
        [
            ":me!me@iim.local PART &friends",
            ":me!me@iim.local PART #climbing"
        ]
    );
    assert_eq!(
        world.send(1, "JOIN #nowhere,&friends,#climbing")[0],
        ":iim.local 403 me #nowhere :No such channel"
    );
    assert!(world.send(1, "PRIVMSG #climbing :hi").is_empty());
}

#[test]
fn who_is_asked_in_is_invited_and_comes_in_by_join() {
    let mut world = climbing();
    world.climbing().standing = Standing::Asked(who("bob"));
    let invite = ":bob!bob@example.net INVITE me #climbing";
    assert_eq!(joined(&mut world, 1, "me", ""), [invite]);
    let mut second = group("chess", &[]);
    second.standing = Standing::Asked(who("carol"));
    let chess = second.id;
    world.host.groups.push(second);
    let asked = News {
        by: Some(who("carol")),
        what: GroupNews::Asked,
    };
    world.event(Event::Group(chess, vec![asked]));
    let invited = [
        ":carol!carol@example.net INVITE me #chess",
        ":iim!iim@iim.local PRIVMSG &friends :carol asks you into the group #chess (yes: /join #chess · no: group refuse #chess)",
    ];
    assert_eq!(world.got(1), invited);
    assert_eq!(
        world.send(1, "PRIVMSG #climbing :hi"),
        [":iim.local 403 me #climbing :No such channel"]
    );
    assert_eq!(
        world.send(1, "LIST #climbing")[1],
        ":iim.local 322 me #climbing 0 :you are asked in: /join #climbing"
    );
    let waits = ":iim!iim@iim.local PRIVMSG &friends :you have said yes: #climbing opens here when";
    assert_eq!(
        world.send(1, "JOIN #climbing"),
        [format!("{waits} bob has let you in")]
    );
    assert_eq!(world.climbing().standing, Standing::Agreed);
    assert_eq!(
        world.send(1, "JOIN #climbing"),
        [format!("{waits} who asked you has let you in")]
    );
    world.host.refusal = Some("you are in as many groups as you may be".to_owned());
    assert_eq!(
        world.send(1, "JOIN #chess"),
        [":iim.local 473 me #chess :you are in as many groups as you may be"]
    );
    world.climbing().standing = Standing::In;
    world.news(Some("bob"), GroupNews::Joined);
    let got = world.got(1);
    assert_eq!(got[0], ":me!me@iim.local JOIN #climbing");
    assert!(got.last().unwrap().contains(" 366 "));
}

/// Where a stranger is in, there is no room until the user has said whether they may see them.
#[test]
fn what_is_asked_before_there_is_a_room_is_asked_once_it_is_and_by_join() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    world.send(2, "PART #climbing");
    world.lines.clear();
    let question = Question {
        text: "somebody in #climbing is no friend of yours. May all see you?".to_owned(),
        yes: "group show '#climbing' --show".to_owned(),
        no: "group show '#climbing' --hide".to_owned(),
    };
    world.climbing().question = Some(question.clone());
    world.climbing().members.push(member("mallory"));
    world.news(Some("bob"), GroupNews::Added(who("mallory")));
    let asked = ":iim!iim@iim.local PRIVMSG &friends :somebody in #climbing is no friend of yours. May all see you? \
                 (yes: group show '#climbing' --show · no: group show '#climbing' --hide)";
    let came = ":mallory!mallory@example.net JOIN #climbing";
    assert_eq!(world.got(1), [came, asked]);
    assert_eq!(world.got(2), [asked], "also where the channel is hidden");
    let got = world.send(2, "JOIN #climbing");
    assert_eq!(got[0], ":two!two@iim.local JOIN #climbing");
    assert_eq!(got.last().unwrap(), asked);
    // Once; a yes is its end.
    world.event(Event::Groups);
    assert_eq!(world.got(1), [""; 0]);
    world.climbing().question = None;
    world.event(Event::Groups);
    assert_eq!(world.got(1), [""; 0]);
    world.send(2, "PART #climbing");
    let got = world.send(2, "JOIN #climbing");
    assert!(got.last().unwrap().contains(" 366 "), "{got:?}");
    // Whoever comes in anew is asked when the channel opens.
    world.climbing().standing = Standing::Agreed;
    world.event(Event::Groups);
    world.lines.clear();
    world.climbing().standing = Standing::In;
    world.climbing().question = Some(question);
    world.news(Some("bob"), GroupNews::Joined);
    let got = world.got(1);
    assert_eq!(got[0], ":me!me@iim.local JOIN #climbing");
    assert_eq!(got.last().unwrap(), asked);
}

#[test]
fn who_is_put_out_is_kicked_and_who_goes_parts() {
    for (by, line) in [
        (
            Some("bob"),
            ":bob!bob@example.net KICK #climbing me :you were put out of the group",
        ),
        (None, ":me!me@iim.local PART #climbing :out of the group"),
    ] {
        let mut world = climbing();
        world.attach(1, "me", "");
        world.host.groups.clear();
        world.news(by, GroupNews::Out);
        assert_eq!(world.got(1), [line]);
        assert_eq!(
            world.send(1, "JOIN #climbing"),
            [":iim.local 403 me #climbing :No such channel"]
        );
    }
}
