//! Changes that may not be, or not any more, and those who must not make them.

use super::{editing, reacting};
use crate::world::{DAY, World, address};
use iim::account::AccountError;
use iim::protocol::letter::{Body, Edit, LetterId, React, Retract};
use iim::rules::event::Act;
use iim::rules::message::{ChangeKind, Delivery};
use iim::rules::outgoing::Route;
use iim::rules::refusal::Refusal;

#[test]
fn nobody_changes_what_another_wrote() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let said = world.say("alice", "bob", "what alice said");
    let to_carol = world.say("alice", "carol", "between us");
    world.exchange();
    let edit = |of| {
        Body::Edit(Edit {
            of,
            text: "what bob wants".into(),
        })
    };
    world.forge("bob", "alice", 1, edit(said), Route::Mail);
    world.forge(
        "bob",
        "alice",
        2,
        Body::Retract(Retract {
            of: said,
            why: None,
        }),
        Route::Mail,
    );
    world.forge("bob", "alice", 3, edit(to_carol), Route::Mail);
    let mails = world.outgoing("bob");
    assert_eq!(mails.len(), 3);
    for mail in &mails {
        world.deliver(mail);
    }
    // What names nothing of theirs waits for a text of theirs that never comes; only that is acknowledged.
    assert_eq!(world.outgoing("alice").len(), 1);
    assert_eq!(
        world.sees_of("alice", "bob"),
        ["what alice said", "Edit of what? what bob wants"]
    );
    assert_eq!(world.sees_of("alice", "carol"), ["between us"]);
    assert!(world.told_changes("alice").is_empty());
}

/// A text of theirs under the id of one of ours: they may change theirs, not ours.
#[test]
fn a_borrowed_id_changes_only_his_own() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "what alice said");
    world.exchange();
    let text = Body::Text(iim::protocol::letter::Text {
        text: "what bob said".into(),
        reply_to: None,
        notice: false,
    });
    world.forge("bob", "alice", said.0[0], text, Route::Mail);
    world.exchange();
    let edit = Body::Edit(Edit {
        of: LetterId([said.0[0]; 16]),
        text: "what bob wants".into(),
    });
    let another = said.0[0].wrapping_add(1);
    world.forge("bob", "alice", another, edit, Route::Mail);
    world.exchange();
    assert_eq!(
        world.sees_of("alice", "bob"),
        ["what alice said", "what bob wants (edited)"]
    );
}

#[test]
fn a_hostile_friend_cannot_change_without_bound() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "hello");
    world.exchange();
    let react = |of, n: u8| {
        Body::React(React {
            to: of,
            emoji: format!("{n}"),
            on: true,
        })
    };
    for n in 1..=100 {
        world.forge("bob", "alice", n, react(said, n), Route::Mail);
    }
    for n in 101..=200 {
        world.forge("bob", "alice", n, react(LetterId([n; 16]), n), Route::Mail);
    }
    world.exchange();
    world.exchange();
    let with = world.ids("alice", "bob").conversation;
    let rows = world.at("alice").history(Some(with), false).unwrap();
    let about = |of: Option<LetterId>| {
        let changes = rows.iter().filter_map(|row| row.change);
        changes
            .filter(|change| of.is_none_or(|of| change.of == of))
            .count()
    };
    assert_eq!(about(Some(said)), 64);
    assert_eq!(about(None), 128, "64 that wait for texts that never come");

    // A month later others may wait.
    world.clock.advance(31 * DAY);
    world.forge(
        "bob",
        "alice",
        201,
        react(LetterId([201; 16]), 1),
        Route::Mail,
    );
    world.exchange();
    let with = world.ids("alice", "bob").conversation;
    let rows = world.at("alice").history(Some(with), false).unwrap();
    assert_eq!(rows.iter().filter(|row| row.change.is_some()).count(), 129);
}

#[test]
fn a_text_may_be_changed_often_but_not_for_ever() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "0");
    for n in 1..=64 {
        world.edit("alice", "bob", said, &format!("{n}"));
    }
    let refused = world
        .try_act("alice", editing(world.contact("alice", "bob"), said, "65"))
        .unwrap_err();
    assert!(matches!(
        refused,
        AccountError::Refused(Refusal::ChangedOften)
    ));
    world.retract("alice", "bob", said);
    world.exchange();
    world.exchange();
    assert_eq!(world.sees_of("bob", "alice"), ["64 (edited) (taken back)"]);
}

#[test]
fn the_blocked_change_nothing_and_are_not_written_to() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    let theirs = world.say("bob", "alice", "fine");
    world.exchange();
    world.act("alice", Act::Block(vec![address("bob")]));
    world.edit("bob", "alice", theirs, "not fine");
    world.exchange();
    assert_eq!(world.sees_of("alice", "bob"), ["at nine", "fine"]);
    for act in [
        editing(world.contact("alice", "bob"), said, "at ten"),
        reacting(world.contact("alice", "bob"), theirs, "👍", true),
    ] {
        let refused = world.try_act("alice", act).unwrap_err();
        assert!(matches!(
            refused,
            AccountError::Refused(Refusal::Blocked(_))
        ));
    }
}

#[test]
fn a_text_that_failed_is_changed_only_where_no_words_tell_of_it() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "never comes");
    for _ in 0..6 {
        drop(world.outgoing("alice"));
        world.wait(DAY);
    }
    assert_eq!(world.text("alice", "bob", said).state, Delivery::Failed);
    let to = world.contact("alice", "bob");
    let retract = || Act::Retract {
        to,
        of: said,
        why: None,
    };
    world.is_of_version_one("alice", "bob");
    let refused = world.try_act("alice", retract()).unwrap_err();
    assert!(matches!(
        refused,
        AccountError::Refused(Refusal::TextFailed(_))
    ));
    let mut person = world.person("alice", "bob");
    person
        .friend_mut()
        .unwrap()
        .presence
        .as_mut()
        .unwrap()
        .presence
        .capabilities = Some(vec![12]);
    world.keep("alice", person);
    assert!(world.try_act("alice", retract()).is_ok());
}

#[test]
fn what_cannot_be_is_refused() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    let theirs = world.say("bob", "alice", "fine");
    world.exchange();
    let edit = world.edit("alice", "bob", said, "at ten");
    let nothing = LetterId([255; 16]);
    let to = world.contact("alice", "bob");
    let taking_back = |of| Act::Retract { to, of, why: None };
    for (act, why) in [
        (
            editing(world.contact("alice", "bob"), theirs, "not fine"),
            "you did not write",
        ),
        (
            editing(world.contact("alice", "bob"), nothing, "what?"),
            "you did not write",
        ),
        (
            editing(world.contact("alice", "bob"), edit, "an edit of an edit"),
            "you did not write",
        ),
        (editing(world.contact("alice", "bob"), said, ""), "empty"),
        (
            editing(world.contact("alice", "bob"), said, &"x".repeat(65_524)),
            "65523",
        ),
        (taking_back(theirs), "you did not write"),
        (taking_back(edit), "you did not write"),
        (
            reacting(world.contact("alice", "bob"), nothing, "👍", true),
            "no text has this id",
        ),
        (
            reacting(world.contact("alice", "bob"), edit, "👍", true),
            "no text has this id",
        ),
        (
            reacting(world.contact("alice", "bob"), said, "", true),
            "cannot be a reaction",
        ),
        (
            reacting(world.contact("alice", "bob"), said, "two words\n", true),
            "cannot be a reaction",
        ),
        (
            reacting(world.contact("alice", "bob"), said, "\u{1b}[31m", true),
            "cannot be a reaction",
        ),
        (
            reacting(world.contact("alice", "bob"), said, &"x".repeat(65), true),
            "cannot be a reaction",
        ),
        (
            editing(world.contact("alice", "nobody"), said, "what?"),
            "nobody on the roster",
        ),
    ] {
        let refused = world.try_act("alice", act.clone()).unwrap_err().to_string();
        assert!(refused.contains(why), "{act:?}: {refused}");
    }
    let before = world.at("alice").history(None, false).unwrap();
    for act in [
        editing(world.contact("alice", "bob"), said, "at ten"),
        reacting(world.contact("alice", "bob"), said, "👍", false),
    ] {
        assert_eq!(world.act("alice", act).id, None, "it is so already");
    }
    assert_eq!(world.at("alice").history(None, false).unwrap(), before);
    let sign = world.react("alice", "bob", theirs, "👨‍👩‍👧").unwrap();
    assert_eq!(world.react("alice", "bob", theirs, "👨‍👩‍👧"), None);
    let sign = world.text("alice", "bob", sign);
    assert_eq!(sign.change.unwrap().kind, ChangeKind::React);
    assert!(sign.is_ours());
}

#[test]
fn whoever_was_removed_meanwhile_is_refused_by_their_address() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let say = world.saying("alice", "bob", "hello");
    world.act("alice", Act::Remove(vec![address("bob")]));
    let refused = world.try_act("alice", say).unwrap_err().to_string();
    let words = "nobody on the roster is called \"bob@example.net\"";
    assert!(refused.starts_with(words), "{refused}");
}
