//! Tags: what is answered, who is writing, who is a bot.

use super::*;
use crate::gateway::host::Typing;
use crate::rules::fake_state::contact;

#[test]
fn typing_goes_both_ways_and_ends() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags");
    world.attach(2, "old", "");
    world.send(1, "@+typing=active TAGMSG bob");
    world.send(1, "@+typing=done TAGMSG bob");
    assert_eq!(world.host.calls, ["typing bob Active", "typing bob Done"]);
    let typing = |typing| Event::Typing {
        friend: contact("bob"),
        typing,
    };
    world.event(typing(Typing::Active));
    let got = world.got(1);
    assert_eq!(
        (tag(&got[0], "+typing"), body(&got[0])),
        (Some("active"), ":bob!bob@example.net TAGMSG me")
    );
    world.tick(5_900);
    assert_eq!(world.got(1), [""; 0]);
    world.tick(200);
    assert_eq!(tag(&world.got(1)[0], "+typing"), Some("done"));
    world.tick(60_000);
    assert_eq!(world.got(1), [""; 0]);
    world.event(typing(Typing::Active));
    world.text("bob", "sent");
    world.got(1);
    world.tick(10_000);
    assert_eq!(world.got(1), [""; 0], "who has sent it no longer writes");
    assert_eq!(world.got(2).len(), 1, "without tags, the text alone");
}

#[test]
fn replies_are_tags_or_words() {
    let mut world = World::new();
    world.attach(1, "new", "message-tags draft/message-redaction");
    world.attach(2, "old", "");
    // As WeeChat 3.8 is.
    world.attach(3, "tagged", "message-tags");
    let first = world.text("bob", "shall we?");
    world.lines.clear();
    let id = crate::protocol::hex::encode(&first.entry.message.id.0);
    world.send(1, &format!("@+reply={id} PRIVMSG bob :yes"));
    assert_eq!(
        world.host.entries[1].entry.message.reply_to,
        Some(first.entry.message.id)
    );
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :[re \"shall we?\"] yes"]
    );
    let mut entry = world.host.store("bob", false, "fine");
    entry.entry.message.reply_to = Some(first.entry.message.id);
    world.event(Event::Stored(Box::new(stored(entry))));
    let got = world.got(1);
    assert_eq!(
        (tag(&got[0], "+draft/reply"), body(&got[0])),
        (Some(id.as_str()), ":bob!bob@example.net PRIVMSG new :fine")
    );
    let got = world.got(3);
    assert_eq!(
        (tag(&got[1], "+draft/reply"), body(&got[1])),
        (
            Some(id.as_str()),
            ":bob!bob@example.net PRIVMSG tagged :[re \"shall we?\"] fine"
        )
    );
}

/// IRCv3 message tags: "`CLIENTTAGDENY` … a list of client-only tags that will be blocked", each without its `+`.
#[test]
fn tags_that_reach_no_friend_are_announced() {
    let mut world = World::new();
    let told = world.attached(1, "me", "");
    let token = "CLIENTTAGDENY=*,-typing,-draft/typing,-reply,-draft/reply,-react,-draft/react,-unreact,-draft/unreact";
    let support = |line: &&String| line.contains(" 005 ");
    assert!(told.iter().filter(support).any(|line| line.contains(token)));
}

#[test]
fn client_only_tags_stay_on_the_senders_own_echo() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message message-tags");
    world.attach(2, "other", "message-tags");
    let first = world.text("bob", "shall we?");
    world.got(1);
    world.got(2);
    let id = crate::protocol::hex::encode(&first.entry.message.id.0);
    let line = format!("@+x=a\\sb;+reply={id} PRIVMSG bob :yes");
    let echo = world.send(1, &line);
    assert_eq!(tag(&echo[0], "+x"), Some("a\\sb"));
    assert_eq!(tag(&echo[0], "+reply"), Some(id.as_str()));
    assert_eq!(tag(&echo[0], "+draft/reply"), None, "as it was sent");
    let other = world.got(2);
    assert_eq!(tag(&other[0], "+x"), None);
    let echo = world.send(1, "@+x=y NOTICE bob :yes");
    assert_eq!(tag(&echo[0], "+x"), Some("y"));
}

/// As a client without the drafts that change texts.
#[test]
fn a_reply_is_not_shown_twice_to_a_client_that_sent_it() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message message-tags draft/chathistory");
    let first = world.text("bob", "shall we?");
    world.got(1);
    let id = crate::protocol::hex::encode(&first.entry.message.id.0);
    let echo = world.send(1, &format!("@+reply={id} PRIVMSG bob :yes"));
    assert_eq!(body(&echo[0]), ":me!me@iim.local PRIVMSG bob :yes");
    // It shows such answers, so the friend's come by their tag as well.
    let mut entry = world.host.store("bob", false, "fine");
    entry.entry.message.reply_to = Some(first.entry.message.id);
    world.event(Event::Stored(Box::new(stored(entry))));
    assert_eq!(
        body(&world.got(1)[0]),
        ":bob!bob@example.net PRIVMSG me :fine"
    );
}

/// IRCv3 bot mode: "servers MUST add the tag to any message sent by a bot".
#[test]
fn the_echo_of_a_bot_bears_its_tag() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message message-tags");
    world.send(1, "MODE me +B");
    for line in ["PRIVMSG bob :beep", "NOTICE bob :beep"] {
        let echo = world.send(1, line);
        assert_eq!(tag(&echo[0], "bot"), Some(""), "{line}");
    }
    world.send(1, "MODE me -B");
    let echo = world.send(1, "PRIVMSG bob :hello");
    assert_eq!(tag(&echo[0], "bot"), None);
}

/// senpai 0.4.1 and gamja take message tags and ask for history, but show neither reactions nor what is answered.
#[test]
fn clients_that_show_no_tags_get_reactions_and_replies_in_words() {
    for (caps, said, by_tag) in [
        (
            "message-tags draft/chathistory draft/event-playback",
            None,
            false,
        ),
        ("message-tags draft/message-redaction", None, true),
        ("message-tags draft/chathistory", Some(true), true),
        ("message-tags draft/message-redaction", Some(false), false),
    ] {
        let mut settings = settings(true);
        settings
            .gateway
            .tags
            .extend(said.map(|said| ("me".to_owned(), said)));
        let mut world = World::with(settings);
        let device = crate::gateway::host::DeviceId("me".to_owned());
        world.host.cursors.insert(device, 0);
        world.attach(1, "me", caps);
        let first = world.text("bob", "shall we?");
        world.change(&first, false, (ChangeKind::React, "👍"));
        let mut entry = world.host.store("bob", false, "fine");
        entry.entry.message.reply_to = Some(first.entry.message.id);
        world.event(Event::Stored(Box::new(stored(entry))));
        let got = world.got(1);
        let got = bodies(&got);
        let words = [
            "ACTION reacted 👍 to \"shall we?\"",
            "[re \"shall we?\"] fine",
        ];
        let in_words = words.map(|words| got.iter().any(|line| line.contains(words)));
        assert_eq!(in_words, [!by_tag; 2], "{caps} {said:?}: {got:?}");
        let tagged = got.iter().any(|line| line.contains("TAGMSG"));
        assert_eq!(tagged, by_tag, "{caps} {said:?}: {got:?}");
    }
}
