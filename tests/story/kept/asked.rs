//! Who was asked by an invite link before all was lost.

use iim::protocol::time::Seconds;
use iim::rules::event::Act;

use super::{code, copy_of, found, lose_all};
use crate::invites::{follow, invite};
use crate::world::{DAY, HOUR, START, World, address};

/// Alice has followed a link of bob's, and lost all before he heard of it.
fn lost_before_the_answer() -> (World, iim::protocol::link::Invite) {
    let mut world = World::of(&["alice", "bob"]);
    let link = invite(&mut world, "bob", 1, Seconds(START + 20 * DAY));
    follow(&mut world, "alice", &link, true);
    assert_eq!(world.outgoing("alice").len(), 1, "lost");
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    assert_eq!(kept.people[0].pinned, Some(link.keys));
    assert_eq!(kept.people[0].token, Some(link.token));
    lose_all(&mut world, "alice", &key, &mail);
    world.act("alice", Act::Restored);
    (world, link)
}

#[test]
fn the_link_still_spares_the_question_and_what_was_scanned_counts() {
    let (mut world, _) = lost_before_the_answer();
    world.pass(2 * DAY);
    world.are_friends("alice", "bob");
    assert!(world.person("alice", "bob").verified);
}

#[test]
fn no_other_keys_than_the_links_are_taken() {
    let (mut world, link) = lost_before_the_answer();
    // Whoever runs bob's mailbox answers in his place.
    world.settle_in("bob", "lair", "");
    assert_ne!(world.keys("bob"), link.keys);
    world.wait(DAY + HOUR);
    world.exchange();
    if world.standing("bob", "alice") == "asking" {
        world.act(
            "bob",
            Act::Accept {
                address: address("alice"),
                name: None,
                hidden: false,
            },
        );
    }
    world.exchange();
    assert_eq!(world.standing("alice", "bob"), "asked");
}
