//! Copies that do not arrive: what is refused, reported, or not taken by IRC.

use iim::account::send;
use iim::protocol::letter::LetterId;
use iim::rules::event::Left;
use iim::rules::message::Delivery;
use iim::rules::queue::choice::Announcements;
use iim::rules::queue::route::Handed;

use super::group_of;
use super::quiet::gathering;
use crate::reports::{message_id, report};
use crate::world::{DAY, MINUTE, Mailbag, World, address};

impl World {
    /// How far the copy of one member has come, and why it failed.
    fn copy(&mut self, name: &str, of: LetterId, to: &str) -> (Delivery, Option<String>) {
        let id = self.member(name, to);
        let copies = self.copies(name, of);
        let copy = copies.into_iter().find(|copy| copy.to == id).unwrap();
        (copy.state, copy.reason)
    }
}

#[test]
fn a_report_fails_the_copy_that_it_is_about() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("alice", "who is there?");
    world.wait(2 * MINUTE);
    let mails = world.outgoing("alice");
    let to = |name: &str| mails.iter().find(|mail| mail.to == address(name)).unwrap();
    let (bobs, carols) = (to("bob"), to("carol"));
    world.deliver(carols);
    let bounce = report("bob@example.net", &[&message_id(bobs)], 1);
    world.at("alice").hear_report(&bounce).unwrap();
    let (state, why) = world.copy("alice", id, "bob");
    assert_eq!(state, Delivery::Failed);
    assert!(why.unwrap().contains("550"));
    assert_eq!(world.copy("alice", id, "carol").0, Delivery::Sent);
    world.pass(20 * MINUTE);
    assert_eq!(world.copy("alice", id, "carol").0, Delivery::Delivered);
    // Whoever has it after all says so.
    world.deliver(bobs);
    world.pass(20 * MINUTE);
    assert_eq!(world.copy("alice", id, "bob").0, Delivery::Delivered);
}

#[test]
fn what_the_mail_system_refuses_fails_and_no_later_text_does() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("alice", "too much");
    world.wait(2 * MINUTE);
    let mut refusing = Mailbag {
        answer: Some(Handed::Refused("552 5.3.4 too large".into())),
        ..Mailbag::default()
    };
    world.send("alice", &mut refusing, Announcements::Due);
    for name in ["bob", "carol"] {
        let (state, why) = world.copy("alice", id, name);
        assert_eq!(state, Delivery::Failed, "{name}");
        assert!(why.unwrap().contains("too large"), "{name}");
    }
    assert_eq!(world.said("alice", id), Delivery::Failed);
    let later = world.say_in("alice", "less");
    world.pass(DAY);
    assert_eq!(world.said("alice", later), Delivery::Delivered);
    assert!(world.reads("bob").iter().any(|(_, text)| text == "less"));
}

#[test]
fn what_irc_does_not_take_leaves_by_mail_with_the_next() {
    let mut world = gathering(&["alice", "bob"]);
    world.see_each_other("alice", "bob");
    world.meet("alice", "bob");
    let id = world.say_in("alice", "half out of the door");
    let row = send::due_over_irc(world.at("alice")).unwrap()[0].row;
    let leaving = send::leave_over_irc(world.at("alice"), row, 400)
        .unwrap()
        .unwrap();
    assert_eq!(world.copy("alice", id, "bob").0, Delivery::Sent);
    send::departed(world.at("alice"), &leaving, Left::Unreachable).unwrap();
    assert_eq!(world.copy("alice", id, "bob").0, Delivery::Queued);
    world.part("alice", "bob");
    world.pass(5 * MINUTE);
    assert_eq!(world.reads("bob").len(), 1);
    world.pass(20 * MINUTE);
    assert_eq!(world.copy("alice", id, "bob").0, Delivery::Delivered);
}
