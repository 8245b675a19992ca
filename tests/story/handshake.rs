//! How two become friends, and who cannot.

use iim::edge::mail::OutMail;

use crate::world::{World, address};

#[test]
fn one_human_act_on_each_side_makes_two_friends() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let request = world.outgoing("alice");
    assert_eq!(request.len(), 1);
    assert_eq!(world.standing("alice", "bob"), "asked");
    let arrived = world.deliver(&request[0]).unwrap();
    assert!(arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("bob", "alice"), "asking");
    assert!(
        world.outgoing("bob").is_empty(),
        "nothing answers a stranger"
    );

    world.accept("bob", "alice");
    assert_eq!(world.standing("bob", "alice"), "confirming");
    let accept = world.outgoing("bob");
    assert_eq!(accept.len(), 1);
    assert_eq!(accept[0].to, address("alice"));
    let arrived = world.deliver(&accept[0]).unwrap();
    assert!(arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("alice", "bob"), "friend");
    assert!(world.sees("alice", "bob"));

    let confirm = world.outgoing("alice");
    assert_eq!(confirm.len(), 1);
    let arrived = world.deliver(&confirm[0]).unwrap();
    assert!(arrived.done, "{}", arrived.status);
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    assert_eq!(
        world.pass(600),
        0,
        "everything is said with three mails"
    );
}

fn subjects(mails: &[OutMail]) -> Vec<String> {
    mails
        .iter()
        .map(|mail| String::from_utf8_lossy(&mail.mail).into_owned())
        .map(|mail| {
            let line = mail.lines().find(|line| line.starts_with("Subject:"));
            line.unwrap_or_default().to_owned()
        })
        .collect()
}

#[test]
fn sealed_mails_look_alike() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    let accept = world.outgoing("bob");
    world.deliver(&accept[0]);
    let confirm = world.outgoing("alice");
    assert_eq!(subjects(&accept), subjects(&confirm));
}
