//! Who comes into a group, and who does not.

use iim::rules::conversation::ContactId;
use iim::rules::effect::{Effect, GroupNews, Notice};
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::Standing;

use super::group_that_bob_has_not_heard_of;
use crate::world::{DAY, MINUTE, World};

#[test]
fn nobody_is_put_into_a_group() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    let by = world.contact("bob", "alice");
    let ended = None;
    assert_eq!(world.group("bob").standing, Standing::Asked { by, ended });
    let asked = |notice: &Notice| matches!(notice, Notice::Group { what: GroupNews::Asked, by: Some(who), .. } if *who == by);
    assert!(world.some("bob").told.iter().any(asked));
    world.group_act("bob", GroupAct::Refuse);
    assert_eq!(world.exchange(), 0, "silence is the refusal");
    world.pass(DAY);
    assert_eq!(world.who_is_in("alice"), ["alice"]);
    let say = Act::Group(GroupAct::Say {
        to: world.group("alice").conversation,
        text: "hello?".to_owned(),
        reply_to: None,
    });
    assert!(world.try_act("alice", say).is_err(), "nobody else is in");
}

#[test]
fn nobody_is_asked_where_fifty_are_in_or_asked() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.found("alice", "climbing", &["bob"]);
    let mut group = world.group("alice");
    let asked = group.asked[0].1;
    group.asked = (1000..1048).map(|id| (ContactId::new(id), asked)).collect();
    let put = Effect::Group(Box::new(group.clone()));
    world
        .store("alice")
        .transact(|tx| tx.apply(&put, asked))
        .unwrap();
    let add = |world: &World, name| {
        let who = vec![world.contact("alice", name)];
        Act::Group(GroupAct::Add(group.conversation, who))
    };
    let (carol, bob) = (add(&world, "carol"), add(&world, "bob"));
    world.act("alice", carol);
    let no = world.try_act("alice", bob).unwrap_err();
    assert!(no.to_string().contains("50"), "{no}");
}

#[test]
fn only_friends_are_asked_and_only_by_admins() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    for (one, other) in [("alice", "bob"), ("bob", "carol")] {
        world.befriend(one, other);
    }
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    world.group_act("bob", GroupAct::Accept);
    world.exchange();
    let carol = world.contact("bob", "carol");
    let add = Act::Group(GroupAct::Add(world.group("bob").conversation, vec![carol]));
    let no = world.try_act("bob", add.clone()).unwrap_err();
    assert!(no.to_string().contains("admin"), "{no}");
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Admin(group, bob, true));
    world.exchange();
    world.act("bob", add);
    world.exchange();
    world.group_act("carol", GroupAct::Accept);
    world.exchange();
    world.agree(&["alice", "bob", "carol"]);
    world.say_in("carol", "hello, alice");
    world.pass(20 * MINUTE);
    assert_eq!(
        world.reads("alice").len(),
        1,
        "a stranger's friend is heard"
    );
}

#[test]
fn a_friend_whose_program_is_older_is_not_asked_and_holds_nobody_up() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.is_of_version_one("alice", "bob");
    world.found("alice", "climbing", &["carol"]);
    world.exchange();
    world.group_act("carol", GroupAct::Accept);
    world.exchange();
    let bob = world.contact("alice", "bob");
    let group = world.group("alice").conversation;
    let add = Act::Group(GroupAct::Add(group, vec![bob]));
    let no = world.try_act("alice", add).unwrap_err().to_string();
    assert!(
        no.contains("bob") && no.contains("does not know groups"),
        "{no}"
    );
    assert_eq!(world.exchange(), 0, "nothing leaves that it would not read");
    world.say_in("alice", "among the newer ones");
    world.pass(20 * MINUTE);
    assert_eq!(world.reads("carol").len(), 1);
}

#[test]
fn an_answer_that_nobody_asked_for_adds_nobody() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    world.group_act("bob", GroupAct::Accept);
    let answers = world.all_outgoing();
    // The same answer twice, and again much later.
    for _ in 0..2 {
        for mail in &answers {
            world.deliver(mail);
        }
    }
    world.exchange();
    world.agree(&["alice", "bob"]);
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Remove(group, bob));
    world.exchange();
    for mail in &answers {
        world.deliver(mail);
    }
    world.exchange();
    assert_eq!(world.who_is_in("alice"), ["alice"]);
}

/// The second question crosses the yes to the first.
#[test]
fn a_question_that_comes_again_does_not_take_the_yes_back() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    let bob = world.contact("alice", "bob");
    world.group_act("alice", |group| GroupAct::Add(group, vec![bob]));
    let questions = world.outgoing("alice");
    world.group_act("bob", GroupAct::Accept);
    let answers = world.outgoing("bob");
    for mail in questions.iter().chain(&answers) {
        world.deliver(mail);
    }
    world.exchange();
    world.agree(&["alice", "bob"]);
}

#[test]
fn a_yes_that_was_lost_goes_again_with_the_next_question() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    world.group_act("bob", GroupAct::Accept);
    assert_eq!(world.outgoing("bob").len(), 1, "which is lost");
    let bob = world.contact("alice", "bob");
    for (minutes, answers) in [(30, 0), (31, 1)] {
        world.pass(minutes * MINUTE);
        world.group_act("alice", |group| GroupAct::Add(group, vec![bob]));
        for question in world.outgoing("alice") {
            world.deliver(&question);
        }
        let sent = world.outgoing("bob");
        assert_eq!(sent.len(), answers, "once an hour");
        sent.iter().for_each(|mail| drop(world.deliver(mail)));
    }
    world.exchange();
    world.agree(&["alice", "bob"]);
}

#[test]
fn who_says_yes_and_is_in_is_told_the_book_again() {
    let mut world = group_that_bob_has_not_heard_of();
    for _ in 0..20 {
        drop(world.outgoing("alice"));
        world.clock.advance(DAY);
        world.tick_all();
    }
    assert_eq!(world.outgoing("alice").len(), 0, "all were lost");
    assert!(!world.group("bob").is_in());
    world.group_act("bob", GroupAct::Accept);
    world.exchange();
    world.agree(&["alice", "bob"]);
}
