//! What people do to texts after they were sent: other wordings, texts taken back, reactions.

use iim::account::AccountError;
use iim::protocol::letter::{Body, Edit, Letter, LetterId, React, Retract};
use iim::rules::effect::{Effect, Notice};
use iim::rules::entry::Entry;
use iim::rules::event::Act;
use iim::rules::message::{ChangeKind, Delivery, Direction, Via};
use iim::rules::outgoing::{Form, Outgoing, Route};
use iim::rules::refusal::Refusal;

use crate::world::{DAY, MINUTE, World, address};

impl World {
    fn edit(&mut self, name: &str, other: &str, of: LetterId, text: &str) -> LetterId {
        let edit = editing(other, of, text);
        self.act(name, edit).id.unwrap()
    }

    fn retract(&mut self, name: &str, other: &str, of: LetterId) -> LetterId {
        let address = address(other);
        self.act(
            name,
            Act::Retract {
                address,
                of,
                why: None,
            },
        )
        .id
        .unwrap()
    }

    fn react(&mut self, name: &str, other: &str, of: LetterId, emoji: &str) -> Option<LetterId> {
        self.act(name, reacting(other, of, emoji, true)).id
    }

    pub(crate) fn entries(&mut self, name: &str, other: &str) -> Vec<Entry> {
        self.at(name).entries(Some(&address(other)), false).unwrap()
    }

    /// A conversation as somebody sees it now.
    fn sees_of(&mut self, name: &str, other: &str) -> Vec<String> {
        let entries = self.entries(name, other);
        entries.iter().map(shown).collect()
    }

    /// The changes that somebody was told, in order, with the texts between.
    fn told_changes(&mut self, name: &str) -> Vec<String> {
        let told = &self.some(name).told;
        told.iter()
            .filter_map(|notice| match notice {
                Notice::Text { message } => Some(message.text.clone()),
                Notice::Change { change, of } => {
                    let kind = change.change.unwrap().kind;
                    Some(format!("{kind:?} {}: {}", of.text, change.text))
                }
                _ => None,
            })
            .collect()
    }

    /// Posts a letter as a friend's own program never would.
    pub(crate) fn forge(&mut self, name: &str, other: &str, id: u8, body: Body, route: Route) {
        let now = iim::edge::clock::Clock::now_ms(&self.clock);
        let letter = Letter {
            id: LetterId([id; 16]),
            sent: now + u64::from(id),
            body,
            holds: None,
            presence: None,
            one_time_keys: None,
            irc: None,
        };
        let outgoing = Outgoing {
            to: address(other),
            letter,
            form: Form::Friend {
                fresh: false,
                open_irc: false,
            },
            route,
            due: now / 1000,
            expires: None,
            attempts: 0,
        };
        let post = Effect::Post(Box::new(outgoing));
        let store = self.store(name);
        store.transact(|tx| tx.apply(&post, now / 1000)).unwrap();
    }

    /// From now on `name` holds what an older version of `other`'s side told of itself.
    pub(crate) fn is_of_version_one(&mut self, name: &str, other: &str) {
        let mut person = self.person(name, other);
        let held = person.presence.as_mut().unwrap();
        held.presence.capabilities = Some(vec![1, 2, 3, 4, 5, 6, 7]);
        self.keep(name, person);
    }

    fn keep(&mut self, name: &str, person: iim::rules::person::Person) {
        let now = iim::edge::clock::Clock::now(&self.clock);
        let store = self.store(name);
        let put = Effect::Person(Box::new(person));
        store.transact(|tx| tx.apply(&put, now)).unwrap();
    }
}

fn editing(other: &str, of: LetterId, text: &str) -> Act {
    Act::Edit {
        address: address(other),
        of,
        text: text.to_owned(),
    }
}

fn reacting(other: &str, of: LetterId, emoji: &str, on: bool) -> Act {
    Act::React {
        address: address(other),
        of,
        emoji: emoji.to_owned(),
        on,
    }
}

fn shown(entry: &Entry) -> String {
    let alone = entry
        .message
        .change
        .map(|change| format!("{:?} of what? ", change.kind));
    let edited = if entry.edit.is_some() {
        " (edited)"
    } else {
        ""
    };
    let back = if entry.retraction.is_some() {
        " (taken back)"
    } else {
        ""
    };
    let signs: String = entry
        .reactions
        .iter()
        .map(|one| format!(" {}", one.text))
        .collect();
    format!(
        "{}{}{edited}{back}{signs}",
        alone.unwrap_or_default(),
        entry.wording()
    )
}

#[test]
fn changes_go_over_irc_and_are_acknowledged_like_texts() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let said = world.say("alice", "bob", "at nine");
    world.chat("alice", "bob");
    let edit = world.edit("alice", "bob", said, "at ten");
    let sign = world.react("bob", "alice", said, "👍").unwrap();
    world.chat("alice", "bob");
    for (from, to, id) in [("alice", "bob", edit), ("bob", "alice", sign)] {
        let change = world.text(from, to, id);
        assert_eq!(
            (change.state, change.via),
            (Delivery::Delivered, Some(Via::Irc))
        );
    }
    for (name, other) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.sees_of(name, other), ["at ten (edited) 👍"], "{name}");
    }
    world.act("bob", reacting("alice", said, "👍", false));
    world.chat("alice", "bob");
    world.retract("alice", "bob", said);
    world.chat("alice", "bob");
    for (name, other) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(
            world.sees_of(name, other),
            ["at ten (edited) (taken back)"],
            "{name}"
        );
    }
    assert_eq!(
        world.told_changes("bob"),
        ["at nine", "Edit at nine: at ten", "Retract at nine: "]
    );
    assert_eq!(
        world.told_changes("alice"),
        ["React at nine: 👍", "Unreact at nine: 👍"]
    );
    assert_eq!(world.pass(10 * MINUTE), 0, "no mail was needed");
}

#[test]
fn without_a_receipt_over_irc_a_change_goes_by_mail() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let said = world.say("alice", "bob", "at nine");
    world.chat("alice", "bob");
    let edit = world.edit("alice", "bob", said, "at ten");
    assert_eq!(world.irc_lines("alice", "bob").len(), 1);
    world.wait(30);
    world.exchange();
    let change = world.text("alice", "bob", edit);
    assert_eq!(
        (change.state, change.via),
        (Delivery::Delivered, Some(Via::Mail))
    );
    assert_eq!(world.sees_of("bob", "alice"), ["at ten (edited)"]);
}

#[test]
fn mail_brings_them_in_any_order() {
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]];
    for order in orders {
        let mut world = World::of_friends(&["alice", "bob"]);
        let said = world.say("alice", "bob", "at nine");
        world.edit("alice", "bob", said, "at ten");
        world.edit("alice", "bob", said, "at eleven");
        world.react("alice", "bob", said, "🕚");
        let mails = world.outgoing("alice");
        assert_eq!(mails.len(), 4);
        for at in order {
            world.deliver(&mails[at]);
        }
        assert_eq!(
            world.sees_of("bob", "alice"),
            ["at eleven (edited) 🕚"],
            "{order:?}"
        );
        let told = world.told_changes("bob");
        assert_eq!(told[0], "at nine", "{order:?}: the text is told first");
        let last = told.iter().rfind(|told| told.starts_with("Edit")).unwrap();
        assert_eq!(last, "Edit at nine: at eleven", "{order:?}");
        world.exchange();
        let unfinished = world.read("alice", |tx| {
            tx.texts().history(Some(&address("bob")), false)
        });
        for row in unfinished {
            assert_eq!(row.state, Delivery::Delivered, "{order:?}");
        }
    }
}

#[test]
fn an_edit_whose_text_has_not_come_stands_for_itself() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    let lost = world.outgoing("alice");
    world.edit("alice", "bob", said, "at ten");
    world.exchange();
    assert_eq!(world.sees_of("bob", "alice"), ["Edit of what? at ten"]);
    assert!(world.told_changes("bob").is_empty());
    let new = world.at("bob").entries(None, true).unwrap();
    assert_eq!(new.len(), 1);
    world.deliver(&lost[0]);
    assert_eq!(world.sees_of("bob", "alice"), ["at ten (edited)"]);
    assert_eq!(
        world.told_changes("bob"),
        ["at nine", "Edit at nine: at ten"]
    );
}

#[test]
fn taking_back_beats_every_edit() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    world.exchange();
    world.edit("alice", "bob", said, "at ten");
    world.retract("alice", "bob", said);
    let mails = world.outgoing("alice");
    for mail in mails.iter().rev() {
        world.deliver(mail);
    }
    assert_eq!(
        world.sees_of("bob", "alice"),
        ["at ten (edited) (taken back)"]
    );
    assert_eq!(world.told_changes("bob"), ["at nine", "Retract at nine: "]);
    for act in [
        editing("bob", said, "at eleven"),
        Act::Retract {
            address: address("bob"),
            of: said,
            why: None,
        },
        reacting("bob", said, "👍", true),
    ] {
        let refused = world.try_act("alice", act).unwrap_err();
        assert!(matches!(refused, AccountError::Refused(Refusal::TakenBack)));
    }
}

/// The receipts are lost, and everything goes again in a new session: it is kept and told once.
#[test]
fn repeats_are_harmless() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    let edit = world.edit("alice", "bob", said, "at ten");
    for mail in world.outgoing("alice") {
        world.deliver(&mail);
    }
    drop(world.outgoing("bob"));
    world.wait(DAY);
    assert_eq!(world.exchange(), 3, "both again, and one receipt");
    assert_eq!(world.text("alice", "bob", edit).state, Delivery::Delivered);
    assert_eq!(
        world.told_changes("bob"),
        ["at nine", "Edit at nine: at ten"]
    );
    assert_eq!(world.sees_of("bob", "alice"), ["at ten (edited)"]);
}

#[test]
fn an_older_side_gets_it_in_words() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let his = world.say(
        "bob",
        "alice",
        "Are we on for Sunday? The forecast is rather good.",
    );
    let said = world.say("alice", "bob", "at nine");
    world.exchange();
    world.is_of_version_one("alice", "bob");
    world.edit("alice", "bob", said, "at ten");
    world.react("alice", "bob", his, "👍");
    world.act("alice", reacting("bob", his, "👍", false));
    world.retract("alice", "bob", said);
    world.exchange();
    assert_eq!(
        world.heard("bob", "alice"),
        [
            "at nine",
            "* corrected: at ten",
            "* reacted 👍 to \"Are we on for Sunday? The forecast is…\"",
            "* took back the reaction 👍 to \"Are we on for Sunday? The forecast is…\"",
            "* took back: \"at nine\"",
        ]
    );
    let heard = world.entries("bob", "alice");
    let answers: Vec<_> = heard
        .iter()
        .filter_map(|entry| entry.message.reply_to)
        .collect();
    assert_eq!(answers, [said, his, his, said]);
    // To whoever did it, it looks the same.
    let own = world.sees_of("alice", "bob");
    assert!(
        own.contains(&"at ten (edited) (taken back)".to_owned()),
        "{own:?}"
    );
    let failed = world.entries("alice", "bob");
    let states = failed.iter().flat_map(Entry::changes).map(|row| row.state);
    assert!(states.into_iter().all(|state| state == Delivery::Delivered));
}

/// The word that his side has learned more comes with his `here`, and with any presence of his.
#[test]
fn who_told_nothing_knows_nothing_and_here_tells() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.is_of_version_one("alice", "bob");
    assert!(!world.person("alice", "bob").understands(11));
    world.greet("bob", "alice", 1, None);
    for lines in world.irc_lines("bob", "alice") {
        world.hear_lines("bob", "alice", &lines);
    }
    let person = world.person("alice", "bob");
    for kind in [11, 12, 13, 14] {
        assert!(person.understands(kind), "{kind}");
    }
    assert!(!person.understands(8));
    let mut silent = person;
    silent.presence = None;
    assert!(!silent.understands(6));
}

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
    // What names nothing of his waits for a text of his that never comes; only that is acknowledged.
    assert_eq!(world.outgoing("alice").len(), 1);
    assert_eq!(
        world.sees_of("alice", "bob"),
        ["what alice said", "Edit of what? what bob wants"]
    );
    assert_eq!(world.sees_of("alice", "carol"), ["between us"]);
    assert!(world.told_changes("alice").is_empty());
}

/// A text of his under the id of one of ours: he may change his, not ours.
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
    world.forge("bob", "alice", 251, edit, Route::Mail);
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
    let rows = world
        .at("alice")
        .history(Some(&address("bob")), false)
        .unwrap();
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
    let rows = world
        .at("alice")
        .history(Some(&address("bob")), false)
        .unwrap();
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
        .try_act("alice", editing("bob", said, "65"))
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
fn from_and_to_a_hidden_friend_it_goes_by_mail() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let said = world.say("alice", "bob", "at nine");
    let his = world.say("bob", "alice", "fine");
    world.chat("alice", "bob");
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.pass(5 * MINUTE);
    world.edit("alice", "bob", said, "at ten");
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    // What he sends to the nick that he knew is taken, and acknowledged nowhere.
    let edit = world.edit("bob", "alice", his, "fine by me");
    for lines in world.irc_lines("bob", "alice") {
        world.hear_lines("bob", "alice", &lines);
    }
    assert!(
        world
            .sees_of("alice", "bob")
            .contains(&"fine by me (edited)".to_owned())
    );
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    assert_eq!(world.text("bob", "alice", edit).state, Delivery::Sent);
    world.part("alice", "bob");
    world.pass(MINUTE);
    assert_eq!(
        world.text("bob", "alice", edit).state,
        Delivery::Delivered,
        "the copy by mail"
    );
    assert!(
        world
            .sees_of("bob", "alice")
            .contains(&"at ten (edited)".to_owned())
    );
}

#[test]
fn the_blocked_change_nothing_and_are_not_written_to() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    let his = world.say("bob", "alice", "fine");
    world.exchange();
    world.act("alice", Act::Block(vec![address("bob")]));
    world.edit("bob", "alice", his, "not fine");
    world.exchange();
    assert_eq!(world.sees_of("alice", "bob"), ["at nine", "fine"]);
    for act in [
        editing("bob", said, "at ten"),
        reacting("bob", his, "👍", true),
    ] {
        let refused = world.try_act("alice", act).unwrap_err();
        assert!(matches!(
            refused,
            AccountError::Refused(Refusal::Blocked(_))
        ));
    }
}

#[test]
fn what_waits_for_a_friendship_goes_in_order() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let said = world.say("alice", "bob", "at nine");
    world.edit("alice", "bob", said, "at ten");
    world.exchange();
    world.accept("bob", "alice");
    world.exchange();
    assert_eq!(world.sees_of("bob", "alice"), ["at ten (edited)"]);
    assert_eq!(
        world.told_changes("bob"),
        ["at nine", "Edit at nine: at ten"]
    );
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
    let address = address("bob");
    let retract = || Act::Retract {
        address: address.clone(),
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
    person.presence.as_mut().unwrap().presence.capabilities = Some(vec![12]);
    world.keep("alice", person);
    assert!(world.try_act("alice", retract()).is_ok());
}

#[test]
fn what_cannot_be_is_refused() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    let his = world.say("bob", "alice", "fine");
    world.exchange();
    let edit = world.edit("alice", "bob", said, "at ten");
    let nothing = LetterId([255; 16]);
    let taking_back = |of| Act::Retract {
        address: address("bob"),
        of,
        why: None,
    };
    for (act, why) in [
        (editing("bob", his, "not fine"), "you did not write"),
        (editing("bob", nothing, "what?"), "you did not write"),
        (
            editing("bob", edit, "an edit of an edit"),
            "you did not write",
        ),
        (editing("bob", said, ""), "empty"),
        (editing("bob", said, &"x".repeat(65_524)), "65523"),
        (taking_back(his), "you did not write"),
        (taking_back(edit), "you did not write"),
        (reacting("bob", nothing, "👍", true), "no text has this id"),
        (reacting("bob", edit, "👍", true), "no text has this id"),
        (reacting("bob", said, "", true), "cannot be a reaction"),
        (
            reacting("bob", said, "two words\n", true),
            "cannot be a reaction",
        ),
        (
            reacting("bob", said, "\u{1b}[31m", true),
            "cannot be a reaction",
        ),
        (
            reacting("bob", said, &"x".repeat(65), true),
            "cannot be a reaction",
        ),
        (editing("nobody", said, "what?"), "nobody on the roster"),
    ] {
        let refused = world.try_act("alice", act.clone()).unwrap_err().to_string();
        assert!(refused.contains(why), "{act:?}: {refused}");
    }
    let before = world.at("alice").history(None, false).unwrap();
    for act in [
        editing("bob", said, "at ten"),
        reacting("bob", said, "👍", false),
    ] {
        assert_eq!(world.act("alice", act).id, None, "it is so already");
    }
    assert_eq!(world.at("alice").history(None, false).unwrap(), before);
    let sign = world.react("alice", "bob", his, "👨‍👩‍👧").unwrap();
    assert_eq!(world.react("alice", "bob", his, "👨‍👩‍👧"), None);
    let sign = world.text("alice", "bob", sign);
    assert_eq!(sign.change.unwrap().kind, ChangeKind::React);
    assert_eq!(sign.direction, Direction::Out);
}

#[test]
fn what_changed_since_it_was_seen_is_new_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let said = world.say("alice", "bob", "at nine");
    world.say("alice", "bob", "sharp");
    world.exchange();
    let new = |world: &mut World| -> Vec<String> {
        let entries = world.at("bob").entries(None, true).unwrap();
        entries.iter().map(shown).collect()
    };
    assert_eq!(new(&mut world), ["at nine", "sharp"]);
    world.act(
        "bob",
        Act::Seen {
            friend: None,
            up_to: u64::MAX,
        },
    );
    assert!(new(&mut world).is_empty());
    world.edit("alice", "bob", said, "at ten");
    world.exchange();
    assert_eq!(new(&mut world), ["at ten (edited)"]);
    world.act(
        "bob",
        Act::Seen {
            friend: None,
            up_to: u64::MAX,
        },
    );
    assert!(new(&mut world).is_empty());
}
