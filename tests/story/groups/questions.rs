//! Questions whether somebody comes into a group: how many are kept, and what becomes of those that cross.

use iim::edge::mail::OutMail;
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::{Group, Standing};
use iim::rules::view::View;

use crate::world::{DAY, MINUTE, World, address};

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

/// Alice asks bob over IRC, where the first of these goes astray: her question, or his answer. The mails that go at last.
fn goes_astray(question: bool, then: impl FnOnce(&mut World)) -> (World, Vec<OutMail>) {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    world.found("alice", "climbing", &["bob"]);
    let asked = world.irc_lines("alice", "bob");
    assert_eq!(asked.len(), 1, "it goes over IRC");
    if !question {
        world.hear_lines("alice", "bob", &asked.concat());
        world.group_act("bob", GroupAct::Accept);
        assert_eq!(world.irc_lines("bob", "alice").len(), 1);
    }
    world.part("alice", "bob");
    then(&mut world);
    world.wait(59 * MINUTE);
    let who = if question { "alice" } else { "bob" };
    assert_eq!(world.outgoing(who).len(), 0, "an answer may still come");
    world.wait(2 * MINUTE);
    let mails = world.outgoing(who);
    (world, mails)
}

#[test]
fn a_question_that_went_astray_over_irc_goes_by_mail_after_an_hour() {
    let (mut world, mails) = goes_astray(true, |_| {});
    assert_eq!(mails.len(), 1);
    world.all_arrive(&mails);
    world.group_act("bob", GroupAct::Accept);
    world.exchange();
    world.agree(&["alice", "bob"]);
    world.wait(2 * DAY);
    assert!(world.group("alice").unsure.is_empty(), "once is enough");
}

#[test]
fn an_answer_that_went_astray_over_irc_goes_by_mail_after_an_hour() {
    let (mut world, mails) = goes_astray(false, |_| {});
    assert_eq!(mails.len(), 1);
    world.all_arrive(&mails);
    world.exchange();
    world.agree(&["alice", "bob"]);
}

#[test]
fn a_question_that_goes_twice_is_shown_once_also_to_who_said_no() {
    for says_no in [false, true] {
        let mut world = World::of_friends(&["alice", "bob"]);
        world.meet("alice", "bob");
        world.found("alice", "climbing", &["bob"]);
        world.chat("alice", "bob");
        world.part("alice", "bob");
        if says_no {
            world.group_act("bob", GroupAct::Refuse);
        }
        world.some("bob").told.clear();
        world.wait(61 * MINUTE);
        let before = world.group("bob");
        let mails = world.outgoing("alice");
        assert_eq!(mails.len(), 1);
        world.all_arrive(&mails);
        assert_eq!(world.group("bob"), before);
        assert_eq!(world.some("bob").told, [], "{says_no}");
    }
}

#[test]
fn what_irc_does_not_take_goes_by_mail_at_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    world.found("alice", "climbing", &["bob"]);
    world.not_taken("alice");
    world.part("alice", "bob");
    let mails = world.outgoing("alice");
    assert_eq!(mails.len(), 1, "the question");
    world.all_arrive(&mails);
    world.meet("alice", "bob");
    world.group_act("bob", GroupAct::Accept);
    world.not_taken("bob");
    world.part("alice", "bob");
    let mails = world.outgoing("bob");
    assert_eq!(mails.len(), 1, "the answer");
    world.all_arrive(&mails);
    world.exchange();
    world.agree(&["alice", "bob"]);
}

#[test]
fn nobody_is_asked_again_who_is_in_or_no_friend() {
    for removed in [false, true] {
        let (_, mails) = goes_astray(true, |world| {
            let bob = vec![address("bob")];
            match removed {
                true => world.act("alice", Act::Remove(bob)),
                false => world.act("alice", Act::Block(bob)),
            };
        });
        assert_eq!(mails.len(), 0, "{removed}");
    }
}
