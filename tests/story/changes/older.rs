//! A friend's side of an older version.

use super::reacting;
use crate::world::World;
use iim::rules::entry::Entry;
use iim::rules::message::Delivery;

#[test]
fn an_older_side_gets_it_in_words() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let theirs = world.say(
        "bob",
        "alice",
        "Are we on for Sunday? The forecast is rather good.",
    );
    let said = world.say("alice", "bob", "at nine");
    world.exchange();
    world.is_of_version_one("alice", "bob");
    world.edit("alice", "bob", said, "at ten");
    world.react("alice", "bob", theirs, "👍");
    world.act(
        "alice",
        reacting(world.contact("alice", "bob"), theirs, "👍", false),
    );
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
    assert_eq!(answers, [said, theirs, theirs, said]);
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

/// The word that their side has learned more comes with their `here`, and with any presence of theirs.
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
    silent.friend_mut().unwrap().presence = None;
    assert!(!silent.understands(6));
}
