//! Who is who in a group: friends by their nicks, there or not; strangers by nicks of their own.

use super::*;
use crate::gateway::tests::fake::friend;
use crate::protocol::time::Seconds;
use crate::rules::presence_tracker::Shown;

/// QUIT would take them out of the group's channel as well.
#[test]
fn a_friend_who_goes_offline_stays_in_the_group() {
    let mut world = climbing();
    world.attach(1, "me", "away-notify");
    world.attach(2, "two", "");
    world.send(2, "PART #climbing");
    world.lines.clear();
    world.host.friends[0].presence = Shown::Offline;
    world.event(Event::Contacts(Some([who("bob")].into())));
    assert_eq!(
        world.got(1),
        [
            ":bob!bob@example.net PART &friends :offline",
            ":bob!bob@example.net AWAY :offline",
        ]
    );
    assert_eq!(world.got(2), [":bob!bob@example.net QUIT :offline"]);
    let who_reply = world.send(1, "WHO #climbing");
    assert_eq!(
        who_reply,
        [
            ":iim.local 352 me #climbing me iim.local iim.local me H@ :0 The me",
            ":iim.local 352 me #climbing bob example.net iim.local bob G@ :0 Mr bob",
            ":iim.local 352 me #climbing dave example.net iim.local dave G :0 Mr dave",
            ":iim.local 352 me #climbing eve example.net iim.local eve G :0 eve",
            ":iim.local 315 me #climbing :End of WHO list",
        ]
    );
    assert_eq!(
        world.send(1, "WHO #climbing %cnf")[1],
        ":iim.local 354 me #climbing bob G@"
    );
    world.host.friends[0].presence = Shown::Online;
    world.event(Event::Contacts(Some([who("bob")].into())));
    assert_eq!(
        world.got(1),
        [
            ":bob!bob@example.net JOIN &friends",
            ":iim.local MODE &friends +v bob",
            ":bob!bob@example.net AWAY",
        ]
    );
}

#[test]
fn who_leaves_the_control_channel_still_sees_friends_in_groups() {
    let mut world = climbing();
    world.attach(1, "me", "away-notify");
    world.send(1, "PART &friends");
    world.host.friends[0].presence = Shown::Offline;
    world.host.friends[1].presence = Shown::Offline;
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1), [":bob!bob@example.net AWAY :offline"]);
}

#[test]
fn whois_of_a_stranger_says_what_is_known() {
    let mut world = climbing();
    world.attach(1, "me", "");
    assert_eq!(
        world.send(1, "WHOIS Eve"),
        [
            ":iim.local 311 me eve eve example.net * :eve",
            ":iim.local 319 me eve :#climbing",
            ":iim.local 312 me eve iim.local :the gateway of iim",
            ":iim.local 320 me eve :has the address eve@example.net, and is not on your roster",
            ":iim.local 320 me eve :is a member of #climbing, vouched for by you",
            ":iim.local 318 me eve :End of /WHOIS list",
        ]
    );
    for (nick, channels) in [
        ("bob", "+&friends @#climbing"),
        ("me", "+&friends @#climbing"),
        ("dave", "#climbing"),
    ] {
        let want = format!(":iim.local 319 me {nick} :{channels}");
        let got = world.send(1, &format!("WHOIS {nick}"));
        assert!(got.contains(&want), "{got:?}");
    }
    assert_eq!(world.send(1, "ISON eve bob"), [":iim.local 303 me :bob"]);
}

#[test]
fn a_stranger_cannot_be_written_to() {
    let mut world = climbing();
    world.attach(1, "me", "message-tags");
    let gone = ":iim.local 401 me eve :No such nick/channel";
    let hint = ":iim!iim@iim.local PRIVMSG &friends :eve is in a group with you, and not your friend: \
                to ask them, write `add eve@example.net`";
    for line in [
        "PRIVMSG eve :psst",
        "@+typing=active TAGMSG eve",
        "INVITE eve #climbing",
    ] {
        let want: &[&str] = match line.starts_with("INVITE") {
            true => &[":iim.local 443 me eve #climbing :is already on channel"],
            false => &[gone, hint],
        };
        assert_eq!(bodies(&world.send(1, line)), want, "{line}");
    }
    converse(
        &mut world,
        1,
        &[
            ("NOTICE eve :psst", &[]),
            (
                "MARKREAD eve timestamp=2026-11-21T07:50:05.001Z",
                &[":iim.local FAIL MARKREAD INVALID_PARAMS eve :No such conversation"],
            ),
            (
                "CHATHISTORY LATEST eve * 9",
                &[":iim.local FAIL CHATHISTORY INVALID_TARGET LATEST eve :No such conversation"],
            ),
            (
                "REDACT eve 00000000000000000000000000000001",
                &[":iim.local FAIL REDACT INVALID_TARGET eve :No such conversation"],
            ),
        ],
    );
    assert!(world.host.rows.is_empty());
}

#[test]
fn a_stranger_who_becomes_a_friend_is_called_by_their_name() {
    let mut world = climbing();
    world.attach(1, "me", "");
    let mut eve = friend("eve", Shown::Online, Seconds(9));
    eve.name = "Eve Adams".to_owned();
    eve.fingerprint = Some("eve".to_owned());
    world.host.friends.push(eve);
    world.event(Event::Contacts(Some([who("eve")].into())));
    assert_eq!(
        world.got(1),
        [
            format!(":{EVE} NICK Eve_Adams"),
            ":Eve_Adams!eve@example.net JOIN &friends".to_owned(),
            ":iim.local MODE &friends +v Eve_Adams".to_owned(),
        ]
    );
    world.said("eve", "hi");
    assert_eq!(
        world.got(1),
        [":Eve_Adams!eve@example.net PRIVMSG #climbing :hi"]
    );
    world.host.friends.pop();
    world.event(Event::Contacts(None));
    assert_eq!(
        world.got(1),
        [
            ":Eve_Adams!eve@example.net PART &friends :offline",
            ":Eve_Adams!eve@example.net NICK eve",
        ]
    );
}

/// Who is in with a friend's address and other keys is not that friend.
#[test]
fn other_keys_are_somebody_else() {
    let mut world = climbing();
    world.climbing().members[0].fingerprint = "other".to_owned();
    world.attach(1, "me", "");
    assert_eq!(
        world.send(1, "NAMES #climbing")[0],
        ":iim.local 353 me @ #climbing :@me @bob_2 dave eve"
    );
    world.said("bob", "it's me");
    assert_eq!(
        world.got(1),
        [":bob_2!bob@example.net PRIVMSG #climbing :it's me"]
    );
    assert_eq!(
        world.send(1, "PRIVMSG bob_2 :who?")[0],
        ":iim.local 401 me bob_2 :No such nick/channel"
    );
    world.host.friends[0].fingerprint = Some("other".to_owned());
    world.event(Event::Contacts(Some([who("bob")].into())));
    assert_eq!(world.got(1), [":bob_2!bob@example.net NICK bob"]);
}

/// A friend's nick and a client's come before a stranger's, who keeps the next one.
#[test]
fn strangers_give_way() {
    let mut world = climbing();
    world.attach(1, "me", "");
    let all = world.attached(2, "eve", "");
    assert!(
        all.iter()
            .any(|line| line.ends_with(":@eve @bob dave eve_2")),
        "{all:?}"
    );
    assert_eq!(world.got(1), [format!(":{EVE} NICK eve_2")]);
    world.leave(2);
    world
        .host
        .friends
        .push(friend("eve_2", Shown::Offline, Seconds(9)));
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1), [":eve_2!eve@example.net NICK eve_3"]);
    world.said("eve", "still me");
    assert_eq!(
        world.got(1),
        [":eve_3!eve@example.net PRIVMSG #climbing :still me"]
    );
    assert_eq!(world.send(1, "NICK eve"), [":me!me@iim.local NICK eve"]);
}

/// Who is out, or whose texts are from another time, is still called by the same nick.
#[test]
fn texts_of_former_members_are_theirs() {
    let mut world = climbing();
    world.attach(1, "me", super::super::history::CAPS);
    world.said("eve", "bye");
    world.climbing().members[2].is_in = false;
    world.news(Some("eve"), GroupNews::Left(who("eve")));
    world.lines.clear();
    let got = world.send(1, "CHATHISTORY LATEST #climbing * 9");
    assert_eq!(body(&got[1]), format!(":{EVE} PRIVMSG #climbing :bye"));
}
