//! TOPIC, INVITE, KICK, MODE and RENAME in the channel of a group.

use super::*;

#[test]
fn an_admin_sets_topic_and_modes_and_puts_out() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    for (line, own, other) in [
        (
            "TOPIC #climbing :on \u{3}4Mondays\u{7}",
            ":me!me@iim.local TOPIC #climbing :on Mondays",
            ":two!two@iim.local TOPIC #climbing :on Mondays",
        ),
        (
            "MODE #climbing +o eve",
            ":me!me@iim.local MODE #climbing +o eve",
            ":two!two@iim.local MODE #climbing +o eve",
        ),
        (
            "MODE #climbing -o Bob",
            ":me!me@iim.local MODE #climbing -o bob",
            ":two!two@iim.local MODE #climbing -o bob",
        ),
        (
            "KICK #climbing dave :you",
            ":me!me@iim.local KICK #climbing dave :put out of the group",
            ":two!two@iim.local KICK #climbing dave :put out of the group",
        ),
    ] {
        assert_eq!(world.send(1, line), [own], "{line}");
        assert_eq!(world.got(2), [other], "{line}");
    }
    assert_eq!(
        world.send(1, "TOPIC #climbing"),
        [
            ":iim.local 332 me #climbing :on Mondays",
            ":iim.local 333 me #climbing me 1795247405"
        ]
    );
    assert_eq!(
        world.send(2, "NAMES #climbing")[0],
        ":iim.local 353 two @ #climbing :@two bob @eve"
    );
    world.send(1, "TOPIC #climbing :");
    assert_eq!(
        world.send(1, "TOPIC #climbing"),
        [":iim.local 331 me #climbing :No topic is set"]
    );
    assert_eq!(world.climbing().title.name, "climbing", "it stays");
}

#[test]
fn a_friend_is_asked_in() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.attach(2, "new", "standard-replies");
    assert_eq!(
        world.send(1, "INVITE Carol #climbing"),
        [":iim.local 341 me carol #climbing"]
    );
    let asked = format!("Add({:?}, [{:?}])", id(), who("carol"));
    assert_eq!(world.host.calls, [asked]);
    converse(
        &mut world,
        1,
        &[
            (
                "INVITE bob #climbing",
                &[":iim.local 443 me bob #climbing :is already on channel"],
            ),
            (
                "INVITE me #climbing",
                &[":iim.local 443 me me #climbing :is already on channel"],
            ),
            (
                "INVITE nobody #climbing",
                &[":iim.local 401 me nobody :No such nick/channel"],
            ),
            (
                "INVITE iim #climbing",
                &[":iim.local 401 me iim :No such nick/channel"],
            ),
            (
                "INVITE carol #nowhere",
                &[":iim.local 403 me #nowhere :No such channel"],
            ),
            (
                "INVITE carol",
                &[":iim.local 461 me INVITE :Not enough parameters"],
            ),
        ],
    );
    world.host.refusal = Some("the program of carol does not know groups".to_owned());
    assert_eq!(
        world.send(1, "INVITE carol #climbing"),
        [":iim.local NOTICE me :the program of carol does not know groups"]
    );
    assert_eq!(
        world.send(2, "INVITE carol #climbing"),
        [
            ":iim.local FAIL INVITE CANNOT_INVITE carol #climbing :the program of carol does not know groups"
        ]
    );
}

#[test]
fn what_an_admin_cannot_do_is_said() {
    let mut world = climbing();
    world.attach(1, "me", "");
    let fixed =
        ":iim.local NOTICE me :The modes of a group are fixed, but for +o and -o of one nick";
    converse(
        &mut world,
        1,
        &[
            (
                "KICK #climbing carol",
                &[":iim.local 441 me carol #climbing :They aren't on that channel"],
            ),
            (
                "KICK #climbing nobody",
                &[":iim.local 401 me nobody :No such nick/channel"],
            ),
            (
                "KICK #climbing me",
                &[":iim.local NOTICE me :To leave the group: group leave #climbing"],
            ),
            (
                "KICK #nowhere bob",
                &[":iim.local 403 me #nowhere :No such channel"],
            ),
            (
                "MODE #climbing",
                &[
                    ":iim.local 324 me #climbing +inst",
                    ":iim.local 329 me #climbing 1000",
                ],
            ),
            (
                "MODE #climbing b",
                &[":iim.local 368 me #climbing :End of channel ban list"],
            ),
            ("MODE #climbing +m", &[fixed]),
            ("MODE #climbing -t", &[fixed]),
            (
                "MODE #climbing +X",
                &[":iim.local 472 me X :is unknown mode char to me"],
            ),
            (
                "MODE #climbing +o",
                &[":iim.local 461 me MODE :Not enough parameters"],
            ),
            (
                "MODE #climbing +o carol",
                &[":iim.local 441 me carol #climbing :They aren't on that channel"],
            ),
            (
                "MODE #climbing -o me",
                &[":iim.local NOTICE me :Nobody makes themselves an admin, or no admin"],
            ),
            (
                "MODE #nowhere +o bob",
                &[":iim.local 403 me #nowhere :No such channel"],
            ),
            (
                "TOPIC #nowhere :x",
                &[":iim.local 403 me #nowhere :No such channel"],
            ),
        ],
    );
    world.host.refusal = Some("bob has been an admin for longer than you".to_owned());
    assert_eq!(
        world.send(1, "KICK #climbing bob"),
        [":iim.local 482 me #climbing :bob has been an admin for longer than you"]
    );
}

#[test]
fn who_is_no_admin_is_refused() {
    let mut world = climbing();
    world.climbing().admin = false;
    world.attach(1, "me", "");
    for line in [
        "TOPIC #climbing :mine",
        "INVITE carol #climbing",
        "KICK #climbing eve",
        "MODE #climbing +o eve",
        "MODE #climbing +m",
    ] {
        assert_eq!(
            world.send(1, line),
            [":iim.local 482 me #climbing :You're not channel operator"],
            "{line}"
        );
    }
    assert_eq!(
        world.send(1, "NAMES #climbing")[0],
        ":iim.local 353 me @ #climbing :me @bob dave eve"
    );
}

/// IRCv3 `draft/channel-rename`: "Clients that have not negotiated … should see PART and JOIN".
#[test]
fn what_the_user_calls_a_group_names_its_channel() {
    let mut world = climbing();
    world.attach(1, "me", "draft/channel-rename");
    world.attach(2, "two", "");
    assert_eq!(
        world.send(1, "RENAME #climbing #rocks :better"),
        [":me!me@iim.local RENAME #climbing #rocks :"]
    );
    let got = world.got(2);
    assert_eq!(
        got,
        [
            ":two!two@iim.local PART #climbing :Renamed to #rocks",
            ":two!two@iim.local JOIN #rocks",
            ":iim.local 332 two #rocks :on Sundays",
            ":iim.local 353 two @ #rocks :@two @bob dave eve",
            ":iim.local 366 two #rocks :End of NAMES list",
        ]
    );
    assert_eq!(
        world.send(2, "RENAME #rocks #x"),
        [":iim.local 421 two RENAME :Unknown command"]
    );
    // By a command, of which nothing is told but that groups may be other.
    world.climbing().name = "Rock Climbing".to_owned();
    world.event(Event::Groups);
    assert_eq!(
        world.got(1),
        [":me!me@iim.local RENAME #rocks #Rock_Climbing :"]
    );
    world.said("eve", "hi");
    assert_eq!(world.got(1), [format!(":{EVE} PRIVMSG #Rock_Climbing :hi")]);
    world.host.refusal = Some("a group called x is there already".to_owned());
    assert_eq!(
        world.send(1, "RENAME #rock_climbing #x"),
        [
            ":iim.local FAIL RENAME CANNOT_RENAME #Rock_Climbing #x :a group called x is there already"
        ]
    );
}

/// The service knows groups by the names of their channels.
#[test]
fn commands_about_a_group_may_name_its_channel() {
    let mut world = climbing();
    world.host.groups.push(group("Rock 'n' Climb", &["bob"]));
    world.attach(1, "me", "");
    for (typed, run) in [
        ("group show #climbing", "group show '#climbing'"),
        (
            "Group leave #Rock_'n'_Climb",
            "group leave '#Rock '\\''n'\\'' Climb'",
        ),
        ("say #climbing hello", "say '#climbing' hello"),
        ("group new #chess bob", "group new #chess bob"),
        ("group list", "group list"),
        ("friends #climbing", "friends #climbing"),
    ] {
        world.send(1, &format!("PRIVMSG iim :{typed}"));
        assert_eq!(world.host.calls.pop().unwrap(), run, "{typed}");
    }
}
