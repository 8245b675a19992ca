//! Reactions, REDACT, EDIT, and how far a text has come.

use super::fake::address;
use super::*;
use crate::protocol::hex;
use crate::rules::message::{Delivery, Via};

fn id(entry: &Entry) -> String {
    hex::encode(&entry.id.0)
}

#[test]
fn reactions_are_tags_or_words() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags echo-message");
    world.attach(2, "old", "");
    let text = world.text("bob", "nice day");
    world.lines.clear();
    let id = id(&text);
    let got = world.send(1, &format!("@+draft/react=👍;+draft/reply={id} TAGMSG bob"));
    assert_eq!(body(&got[0]), ":me!me@iim.local TAGMSG bob");
    assert_eq!(tag(&got[0], "+draft/react"), Some("👍"));
    assert_eq!(world.host.calls, ["react bob 👍 true"]);
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :\u{1}ACTION reacted 👍 to \"nice day\"\u{1}"]
    );
    world.news(News::Reacted {
        friend: address("bob"),
        id: text.id,
        mine: false,
        reaction: "🎉".to_owned(),
        on: false,
    });
    let got = world.got(1);
    assert_eq!(body(&got[0]), ":bob!bob@example.net TAGMSG me");
    assert_eq!(tag(&got[0], "+draft/unreact"), Some("🎉"));
    assert_eq!(tag(&got[0], "+draft/reply"), Some(id.as_str()));
    assert_eq!(
        world.got(2),
        [":bob!bob@example.net PRIVMSG old :\u{1}ACTION took 🎉 back from \"nice day\"\u{1}"]
    );
    let unknown = "0".repeat(32);
    assert_eq!(
        world.send(1, &format!("@+draft/react=x;+reply={unknown} TAGMSG bob")),
        [format!(
            ":iim.local FAIL TAGMSG UNKNOWN_MSGID bob {unknown} :No such message"
        )]
    );
    assert_eq!(
        world.send(1, "@+draft/react=x TAGMSG bob"),
        [":iim.local FAIL TAGMSG INVALID_REACTION bob :A reaction needs +draft/reply"]
    );
}

#[test]
fn texts_are_redacted_or_refused() {
    let mut world = World::new();
    world.attach(1, "me", "draft/message-redaction message-tags echo-message");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :oops");
    let theirs = world.text("bob", "hm");
    world.lines.clear();
    let mine = world.host.entries[0].clone();
    let (id, theirs) = (id(&mine), id(&theirs));
    let got = world.send(1, &format!("REDACT bob {id} :wrong window"));
    let want = format!(":me!me@iim.local REDACT bob {id} :wrong window");
    assert_eq!(bodies(&got), [want]);
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :\u{1}ACTION took back \"oops\": wrong window\u{1}"]
    );
    assert!(world.host.entries[0].retracted);
    let zero = "0".repeat(32);
    for (line, want) in [
        (
            format!("REDACT bob {theirs}"),
            format!("REDACT REDACT_FORBIDDEN bob {theirs} :not yours"),
        ),
        (
            format!("REDACT bob {zero}"),
            format!("REDACT UNKNOWN_MSGID bob {zero} :No such message"),
        ),
        (
            "REDACT bob nonsense".to_owned(),
            "REDACT UNKNOWN_MSGID bob nonsense :No such message".to_owned(),
        ),
        (
            format!("REDACT #x {id}"),
            "REDACT INVALID_TARGET #x :No such conversation".to_owned(),
        ),
    ] {
        assert_eq!(world.send(1, &line), [format!(":iim.local FAIL {want}")]);
    }
    assert_eq!(
        world.send(1, "REDACT bob"),
        [":iim.local 461 me REDACT :Not enough parameters"]
    );
    let mut theirs = world.host.entries[1].clone();
    theirs.retracted = true;
    world.news(News::Retracted(theirs.clone()));
    let want = format!(
        ":bob!bob@example.net REDACT me {}",
        hex::encode(&theirs.id.0)
    );
    assert_eq!(bodies(&world.got(1)), [want]);
}

/// The draft of message editing: `@draft/target-msgid=…;draft/edit-text=… EDIT <target>`.
#[test]
fn texts_are_edited() {
    let mut world = World::new();
    world.attach(1, "me", "draft/message-edit message-tags echo-message");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :anex ample");
    world.lines.clear();
    let id = id(&world.host.entries[0].clone());
    let got = world.send(
        1,
        &format!("@draft/target-msgid={id};draft/edit-text=an\\sexample EDIT bob"),
    );
    assert_eq!(body(&got[0]), ":me!me@iim.local EDIT bob");
    assert_eq!(tag(&got[0], "draft/edit-text"), Some("an\\sexample"));
    assert_eq!(tag(&got[0], "draft/target-msgid"), Some(id.as_str()));
    assert_eq!(world.host.entries[0].text, "an example");
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :[edited] an example"]
    );
    assert_eq!(
        world.send(1, &format!("@draft/target-msgid={id} EDIT bob")),
        [":iim.local FAIL EDIT INVALID_EDIT bob :Invalid edit text"]
    );
    assert_eq!(
        world.send(2, "EDIT bob"),
        [":iim.local 421 old EDIT :Unknown command"]
    );
    let mut theirs = world.host.store("bob", false, "fixed");
    theirs.edited = true;
    world.news(News::Edited(theirs));
    assert_eq!(body(&world.got(1)[0]), ":bob!bob@example.net EDIT me");
    assert_eq!(
        world.got(2),
        [":bob!bob@example.net PRIVMSG old :[edited] fixed"]
    );
}

#[test]
fn how_far_a_text_has_come_is_told() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags standard-replies");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :hi");
    world.lines.clear();
    let mut entry = world.host.entries[0].clone();
    let id = id(&entry);
    (entry.state, entry.via) = (Delivery::Sent, Some(Via::Mail));
    world.news(News::State(entry.clone()));
    let got = world.got(1);
    assert_eq!(tag(&got[0], "iim.local/state"), Some("sent"));
    assert_eq!(tag(&got[0], "+reply"), Some(id.as_str()));
    let note = format!(":iim.local NOTE PRIVMSG SENT_BY_MAIL bob {id} :The text went by mail");
    assert_eq!(got[1..], [note]);
    assert_eq!(world.got(2), [""; 0]);
    entry.state = Delivery::Failed;
    entry.reason = Some("no answer".to_owned());
    world.news(News::State(entry));
    let fail = format!(":iim.local FAIL PRIVMSG NOT_DELIVERED bob {id} :no answer");
    assert_eq!(world.got(1)[1], fail);
    assert_eq!(
        world.got(2),
        [":iim!iim@iim.local PRIVMSG &friends :not delivered to bob: no answer: \"hi\""]
    );
}
