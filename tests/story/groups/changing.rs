//! Texts of a group that are answered, edited, taken back, marked with a sign.

use iim::rules::entry::{Entry, entries};
use iim::rules::event::{Act, GroupAct};

use super::group_of;
use crate::world::{MINUTE, World};

impl World {
    fn group_entries(&mut self, name: &str) -> Vec<Entry> {
        let group = self.group(name).conversation;
        entries(self.at(name).history(Some(group), false).unwrap())
    }

    /// Each text as somebody sees it: its words, whether it was taken back, its signs.
    fn sees_texts(&mut self, name: &str) -> Vec<(String, bool, Vec<String>)> {
        let seen = |entry: Entry| {
            let mut signs: Vec<_> = entry.reactions.iter().map(|one| one.text.clone()).collect();
            signs.sort();
            (
                entry.wording().to_owned(),
                entry.retraction.is_some(),
                signs,
            )
        };
        self.group_entries(name).into_iter().map(seen).collect()
    }
}

#[test]
fn everybody_sees_what_is_done_to_a_text() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let first = world.say_in("bob", "at nine");
    let second = world.say_in("bob", "or not");
    world.pass(20 * MINUTE);
    let to = world.group("bob").conversation;
    let text = "at ten".to_owned();
    world.act(
        "bob",
        Act::Group(GroupAct::Edit {
            to,
            of: first,
            text,
        }),
    );
    let why = None;
    world.act(
        "bob",
        Act::Group(GroupAct::Retract {
            to,
            of: second,
            why,
        }),
    );
    for name in ["alice", "carol"] {
        let to = world.group(name).conversation;
        let (emoji, on) = ("👍".to_owned(), true);
        let react = GroupAct::React {
            to,
            of: first,
            emoji,
            on,
        };
        world.act(name, Act::Group(react));
    }
    world.pass(20 * MINUTE);
    world.pass(20 * MINUTE);
    let both = vec!["👍".to_owned(), "👍".to_owned()];
    let expected = vec![
        ("at ten".to_owned(), false, both),
        ("or not".to_owned(), true, Vec::new()),
    ];
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.sees_texts(name), expected, "{name}");
    }
    let to = world.group("alice").conversation;
    let text = "mine".to_owned();
    let edit = Act::Group(GroupAct::Edit {
        to,
        of: first,
        text,
    });
    assert!(world.try_act("alice", edit).is_err(), "it is bob's");
}

#[test]
fn an_answer_stands_after_what_it_answers() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let question = world.say_in("alice", "who comes?");
    world.pass(MINUTE);
    // Bob's clock is behind; the answer names what it answers.
    let to = world.group("bob").conversation;
    let say = GroupAct::Say {
        to,
        text: "I do".to_owned(),
        reply_to: Some(question),
    };
    world.act("bob", Act::Group(say));
    world.pass(20 * MINUTE);
    let seen = world.group_entries("carol");
    let texts: Vec<_> = seen.iter().map(Entry::wording).collect();
    assert_eq!(texts, ["who comes?", "I do"]);
    assert_eq!(seen[1].message.reply_to, Some(question));
    assert!(seen[1].message.sent > seen[0].message.sent);
}
