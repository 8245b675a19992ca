//! The control channel and its service.

use super::*;
use crate::gateway::host::Question;

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
            no: format!("refuse {name}@example.org"),
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
    world.send(2, "PRIVMSG iim :YES");
    let calls = ["refuse eve@example.org", "accept eve@example.org"];
    assert_eq!(world.host.calls, calls);
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
