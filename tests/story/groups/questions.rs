//! Questions whether somebody comes into a group: how many are kept, and what becomes of those that cross.

use iim::edge::mail::OutMail;
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::{Group, Standing};
use iim::rules::view::View;

use crate::world::{DAY, MINUTE, World};

impl World {
    /// All groups of somebody, also those that they are only asked into.
    fn groups_of(&mut self, name: &str) -> Vec<Group> {
        self.at(name).look(|tx| Ok(View::groups(tx)?)).unwrap()
    }

    /// Somebody founds a group with one friend; the question.
    fn asks(&mut self, name: &str, group: &str, other: &str) -> Vec<OutMail> {
        self.found(name, group, &[other]);
        self.outgoing(name)
    }

    fn all_arrive(&mut self, mails: &[OutMail]) {
        for mail in mails {
            self.deliver(mail);
        }
    }
}

fn waits(groups: &[Group]) -> usize {
    let is_asked = |group: &&Group| matches!(group.standing, Standing::Asked { .. });
    groups.iter().filter(is_asked).count()
}

#[test]
fn who_says_no_is_asked_no_more_and_cannot_say_yes() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    world.group_act("bob", GroupAct::Refuse);
    assert_eq!(world.group("bob").standing, Standing::Out);
    let group = world.group("bob").conversation;
    for act in [GroupAct::Refuse(group), GroupAct::Accept(group)] {
        let no = world.try_act("bob", Act::Group(act)).unwrap_err();
        assert!(
            no.to_string().contains("does not wait for your answer"),
            "{no}"
        );
    }
    // Only who says yes to a question is in, and a new one may come.
    let bob = world.contact("alice", "bob");
    world.pass(DAY);
    world.group_act("alice", |group| GroupAct::Add(group, vec![bob]));
    world.exchange();
    assert_eq!(waits(&world.groups_of("bob")), 1);
}

#[test]
fn four_questions_of_one_friend_wait_and_eight_in_all() {
    let mut world = World::of_friends(&["bob", "alice", "carol", "dave"]);
    for number in 0..6 {
        let mails = world.asks("alice", &format!("alice{number}"), "bob");
        world.all_arrive(&mails);
        assert_eq!(waits(&world.groups_of("bob")), 4.min(number + 1));
    }
    for (name, all) in [("carol", 8), ("dave", 8)] {
        for number in 0..5 {
            let mails = world.asks(name, &format!("{name}{number}"), "bob");
            world.all_arrive(&mails);
        }
        assert_eq!(waits(&world.groups_of("bob")), all, "{name}");
    }
    // Who has waited for long holds nobody up.
    world.wait(31 * DAY);
    let mails = world.asks("dave", "later", "bob");
    world.all_arrive(&mails);
    assert!(
        world
            .groups_of("bob")
            .iter()
            .any(|group| group.name == "later")
    );
}

#[test]
fn whoever_has_said_yes_is_asked_nothing_more() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.befriend("bob", "carol");
    world.found("alice", "climbing", &["carol"]);
    world.exchange();
    world.group_act("carol", GroupAct::Accept);
    world.exchange();
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Admin(group, carol, true));
    world.pass(20 * MINUTE);
    // Both ask bob; he has said yes to alice before he hears of the other question.
    let bob = world.contact("alice", "bob");
    world.group_act("alice", |group| GroupAct::Add(group, vec![bob]));
    let first = world.outgoing("alice");
    let bob = world.contact("carol", "bob");
    world.group_act("carol", |group| GroupAct::Add(group, vec![bob]));
    let second = world.outgoing("carol");
    world.all_arrive(&first);
    world.group_act("bob", GroupAct::Accept);
    let before = world.group("bob");
    world.all_arrive(&second);
    assert_eq!(world.group("bob"), before, "it is alice whom he answered");
    world.exchange();
    world.agree(&["alice", "bob", "carol"]);
    // Who is in is asked nothing, whatever comes late.
    world.all_arrive(&second);
    assert!(world.group("bob").is_in());
}
