//! What people do to texts after they were sent: other wordings, texts taken back, reactions.

mod older;
mod refused;

use std::time::Duration;

use iim::account::AccountError;
use iim::protocol::letter::{Body, Letter, LetterId};
use iim::protocol::time::Millis;
use iim::rules::conversation::ContactId;
use iim::rules::effect::{Effect, Notice};
use iim::rules::entry::Entry;
use iim::rules::event::Act;
use iim::rules::message::{Delivery, Via};
use iim::rules::outgoing::{Form, Outgoing, Route};
use iim::rules::refusal::Refusal;

use crate::world::{DAY, MINUTE, World, address};

impl World {
    fn edit(&mut self, name: &str, other: &str, of: LetterId, text: &str) -> LetterId {
        let edit = editing(self.contact(name, other), of, text);
        self.act(name, edit).id.unwrap()
    }

    fn retract(&mut self, name: &str, other: &str, of: LetterId) -> LetterId {
        let (to, why) = (self.contact(name, other), None);
        self.act(name, Act::Retract { to, of, why }).id.unwrap()
    }

    fn react(&mut self, name: &str, other: &str, of: LetterId, emoji: &str) -> Option<LetterId> {
        self.act(name, reacting(self.contact(name, other), of, emoji, true))
            .id
    }

    pub(crate) fn entries(&mut self, name: &str, other: &str) -> Vec<Entry> {
        let with = self.ids(name, other).conversation;
        self.at(name).entries(Some(with), false).unwrap()
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
            sent: now.after(Duration::from_millis(id.into())),
            body,
            holds: None,
            presence: None,
            one_time_keys: None,
            irc: None,
        };
        let outgoing = Outgoing {
            to: self.id(name, other),
            letter,
            form: Form::Friend {
                fresh: false,
                open_irc: false,
            },
            route,
            due: now.seconds(),
            expires: None,
            attempts: 0,
        };
        let post = Effect::Post(Box::new(outgoing));
        let store = self.store(name);
        store.transact(|tx| tx.apply(&post, now.seconds())).unwrap();
    }

    /// From now on `name` holds what an older version of `other`'s side told of itself.
    pub(crate) fn is_of_version_one(&mut self, name: &str, other: &str) {
        let mut person = self.person(name, other);
        let held = person.friend_mut().unwrap().presence.as_mut().unwrap();
        held.presence.capabilities = Some(vec![1, 2, 3, 4, 5, 6, 7]);
        self.keep(name, person);
    }

    fn keep(&mut self, name: &str, person: iim::rules::contact::Contact) {
        let now = iim::edge::clock::Clock::now(&self.clock);
        let store = self.store(name);
        let put = Effect::Contact(Box::new(person));
        store.transact(|tx| tx.apply(&put, now)).unwrap();
    }
}

fn editing(to: ContactId, of: LetterId, text: &str) -> Act {
    Act::Edit {
        to,
        of,
        text: text.to_owned(),
    }
}

fn reacting(to: ContactId, of: LetterId, emoji: &str, on: bool) -> Act {
    Act::React {
        to,
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
    world.act(
        "bob",
        reacting(world.contact("bob", "alice"), said, "👍", false),
    );
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
        let with = world.ids("alice", "bob").conversation;
        let unfinished = world.read("alice", |tx| tx.texts().history(Some(with), false));
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
        editing(world.contact("alice", "bob"), said, "at eleven"),
        Act::Retract {
            to: world.contact("alice", "bob"),
            of: said,
            why: None,
        },
        reacting(world.contact("alice", "bob"), said, "👍", true),
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
fn from_and_to_a_hidden_friend_it_goes_by_mail() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let said = world.say("alice", "bob", "at nine");
    let theirs = world.say("bob", "alice", "fine");
    world.chat("alice", "bob");
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.pass(5 * MINUTE);
    world.edit("alice", "bob", said, "at ten");
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    // What they send to the nick that they knew is taken, and acknowledged nowhere.
    let edit = world.edit("bob", "alice", theirs, "fine by me");
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
    let seen = Act::Seen {
        friend: None,
        up_to: Millis(u64::MAX),
    };
    world.act("bob", seen.clone());
    assert!(new(&mut world).is_empty());
    world.edit("alice", "bob", said, "at ten");
    world.exchange();
    assert_eq!(new(&mut world), ["at ten (edited)"]);
    world.act("bob", seen);
    assert!(new(&mut world).is_empty());
}
