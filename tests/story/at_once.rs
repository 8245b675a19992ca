//! A text to somebody who is reached over IRC is said and sealed in one transaction; that it has left is put down with the
//! next one. Killed anywhere between, it arrives, once.

use std::fs;

use iim::edge::irc::{LinkEvent, Order};
use iim::protocol::letter::LetterId;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::typing::Wire;
use crate::world::{NET, World};

/// Alice says it to bob.
fn say(world: &World, text: &str) -> Act {
    world.saying("alice", "bob", text)
}

/// Alice and bob, who see one another, and nothing waits.
fn online() -> (World, Wire) {
    let mut world = World::of_friends(&["alice", "bob"]);
    let mut wire = Wire::of(&mut world, ["alice", "bob"]);
    wire.run();
    (world, wire)
}

/// Both agents are killed, and start again; what they had ordered never left.
fn killed(world: &mut World, wire: Wire) -> Wire {
    drop(wire);
    let mut wire = Wire::of(world, ["alice", "bob"]);
    // The claim on what was about to leave is over.
    for _ in 0..70 {
        world.clock.advance(1);
        wire.agents.iter_mut().for_each(iim::agent::Agent::tick);
        wire.run();
    }
    wire
}

/// How many transactions have changed anything of alice's.
fn commits(world: &mut World) -> u64 {
    world.at("alice").changes().unwrap().last
}

fn tickets(wire: &Wire) -> Vec<u64> {
    let orders = wire.agents[0].outside.orders.iter();
    let sent = orders.filter_map(|order| match order {
        Order::Send { ticket, .. } => Some(*ticket),
        Order::Connect(_)
        | Order::Leave
        | Order::Watch(_)
        | Order::Enter { .. }
        | Order::Part(_) => None,
    });
    sent.collect()
}

/// Bob's agent hears what alice's has ordered, and alice's that it was written; nothing that this causes leaves.
fn arrive(wire: &mut Wire) {
    let from = wire.nicks[0].clone().unwrap();
    for order in std::mem::take(&mut wire.agents[0].outside.orders) {
        let Order::Send { ticket, texts, .. } = order else {
            continue;
        };
        let lines = texts.into_iter().map(|text| LinkEvent::Message {
            from: from.clone(),
            text,
        });
        let lines: Vec<_> = lines.map(|line| (NET.to_owned(), line)).collect();
        wire.agents[1].hear_all(lines);
        wire.agents[0].hear_all([(NET.to_owned(), LinkEvent::Written(ticket))]);
    }
}

fn heard(world: &mut World) -> Vec<String> {
    let entries = world.at("bob").entries(None, false).unwrap();
    entries
        .into_iter()
        .map(|entry| entry.message.text)
        .collect()
}

fn state(world: &mut World, id: LetterId) -> Delivery {
    world.text("alice", "bob", id).state
}

/// Changes alice's database as nothing of ours does.
fn break_in(world: &World, sql: &str) {
    let path = world.home("alice").database();
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch(sql).unwrap();
}

#[test]
fn a_text_is_said_and_sealed_in_one_commit() {
    let (mut world, mut wire) = online();
    let before = commits(&mut world);
    wire.agents[0].outside.woken = 0;
    let said = wire.agents[0].act(say(&world, "hello")).unwrap();
    assert_eq!(commits(&mut world), before + 1);
    assert_eq!(tickets(&wire).len(), 1);
    assert_eq!(wire.agents[0].outside.woken, 0, "the mail worker sleeps on");
    wire.run();
    assert_eq!(heard(&mut world), ["hello"]);
    assert_eq!(state(&mut world, said.id.unwrap()), Delivery::Delivered);
}

#[test]
fn killed_after_the_commit_the_text_goes_again() {
    let (mut world, mut wire) = online();
    wire.agents[0].act(say(&world, "hello")).unwrap();
    killed(&mut world, wire);
    assert_eq!(heard(&mut world), ["hello"]);
}

#[test]
fn that_it_has_left_is_put_down_with_the_next_commit() {
    let (mut world, mut wire) = online();
    let first = wire.agents[0]
        .act(say(&world, "first"))
        .unwrap()
        .id
        .unwrap();
    let ticket = tickets(&wire)[0];
    let before = commits(&mut world);
    let written = || [(NET.to_owned(), LinkEvent::Written(ticket))];
    wire.agents[0].hear_all(written());
    assert_eq!(commits(&mut world), before);
    assert_eq!(state(&mut world, first), Delivery::Queued);
    assert!(wire.agents[0].has_to_settle());
    wire.agents[0].act(say(&world, "second")).unwrap();
    assert_eq!(commits(&mut world), before + 1);
    assert_eq!(state(&mut world, first), Delivery::Sent);
    assert!(!wire.agents[0].has_to_settle());
}

#[test]
fn a_refused_act_forgets_nothing_that_has_left() {
    let (mut world, mut wire) = online();
    let first = wire.agents[0]
        .act(say(&world, "first"))
        .unwrap()
        .id
        .unwrap();
    let ticket = tickets(&wire)[0];
    wire.agents[0].hear_all([(NET.to_owned(), LinkEvent::Written(ticket))]);
    wire.agents[0].act(say(&world, "")).unwrap_err();
    assert_eq!(state(&mut world, first), Delivery::Queued);
    wire.agents[0].settle();
    assert_eq!(state(&mut world, first), Delivery::Sent);
}

#[test]
fn killed_before_it_is_put_down_that_a_text_has_left_it_arrives_once() {
    let (mut world, mut wire) = online();
    wire.agents[0].act(say(&world, "hello")).unwrap();
    arrive(&mut wire);
    assert_eq!(heard(&mut world), ["hello"]);
    assert!(wire.agents[0].has_to_settle());
    killed(&mut world, wire);
    assert_eq!(heard(&mut world), ["hello"]);
    assert_eq!(world.at("alice").waiting().unwrap(), 0);
}

#[test]
fn its_receipt_is_posted_and_sealed_in_the_commit_after_it() {
    let (mut world, mut wire) = online();
    let said = wire.agents[0].act(say(&world, "hello")).unwrap();
    let before = world.at("bob").changes().unwrap().last;
    arrive(&mut wire);
    assert_eq!(world.at("bob").waiting().unwrap(), 0, "not posted yet");
    wire.agents[1].send_on();
    assert_eq!(world.at("bob").changes().unwrap().last, before + 2);
    wire.run();
    assert_eq!(state(&mut world, said.id.unwrap()), Delivery::Delivered);
    assert_eq!(world.at("bob").waiting().unwrap(), 0);
}

#[test]
fn killed_before_its_receipt_is_posted_it_is_acknowledged_when_it_comes_again() {
    let (mut world, mut wire) = online();
    let said = wire.agents[0].act(say(&world, "hello")).unwrap();
    arrive(&mut wire);
    assert_eq!(heard(&mut world), ["hello"]);
    killed(&mut world, wire);
    assert_eq!(heard(&mut world), ["hello"]);
    assert_eq!(state(&mut world, said.id.unwrap()), Delivery::Delivered);
}

#[test]
fn what_its_timer_has_posted_does_not_go_after_it_has_left() {
    let (mut world, mut wire) = online();
    let id = wire.agents[0]
        .act(say(&world, "hello"))
        .unwrap()
        .id
        .unwrap();
    let ticket = tickets(&wire)[0];
    // The link has room for nothing else, and takes longer than the timer.
    for _ in 0..70 {
        world.clock.advance(1);
        wire.agents[0].tick();
    }
    assert_eq!(world.at("alice").waiting().unwrap(), 1);
    wire.agents[0].hear_all([(NET.to_owned(), LinkEvent::Written(ticket))]);
    wire.agents[0].settle();
    assert_eq!(world.at("alice").waiting().unwrap(), 0);
    assert_eq!(state(&mut world, id), Delivery::Sent);
}

#[test]
fn a_text_that_cannot_be_sealed_is_said_all_the_same() {
    let (mut world, mut wire) = online();
    break_in(
        &world,
        "CREATE TRIGGER broken BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    let id = wire.agents[0]
        .act(say(&world, "hello"))
        .unwrap()
        .id
        .unwrap();
    assert!(tickets(&wire).is_empty(), "nothing leaves");
    assert_eq!(state(&mut world, id), Delivery::Queued);
    break_in(&world, "DROP TRIGGER broken");
    wire.agents[0].hear(NET, LinkEvent::Room);
    wire.run();
    assert_eq!(heard(&mut world), ["hello"]);
}

#[test]
fn a_text_that_cannot_be_counted_is_said_all_the_same_and_waits() {
    let (mut world, mut wire) = online();
    let counter = world.home("alice").sealings().path().to_owned();
    let counted = fs::read(&counter).unwrap();
    fs::remove_file(&counter).unwrap();
    fs::create_dir(&counter).unwrap();
    let id = wire.agents[0]
        .act(say(&world, "hello"))
        .unwrap()
        .id
        .unwrap();
    assert!(tickets(&wire).is_empty(), "nothing leaves uncounted");
    assert_eq!(state(&mut world, id), Delivery::Queued);
    fs::remove_dir(&counter).unwrap();
    fs::write(&counter, counted).unwrap();
    killed(&mut world, wire);
    assert_eq!(heard(&mut world), ["hello"]);
}

#[test]
fn without_a_session_it_goes_by_mail() {
    let (mut world, mut wire) = online();
    break_in(
        &world,
        "UPDATE session SET pickle = 'no pickle' WHERE transport = 'irc'",
    );
    let id = wire.agents[0]
        .act(say(&world, "hello"))
        .unwrap()
        .id
        .unwrap();
    assert!(tickets(&wire).is_empty());
    assert!(wire.agents[0].outside.woken > 0, "the mail worker has it");
    drop(wire);
    world.exchange();
    assert_eq!(heard(&mut world), ["hello"]);
    assert_eq!(state(&mut world, id), Delivery::Delivered);
}

#[test]
fn an_older_letter_keeps_its_place() {
    let (mut world, mut wire) = online();
    world.say("alice", "bob", "older");
    wire.agents[0].act(say(&world, "newer")).unwrap();
    assert_eq!(tickets(&wire).len(), 1);
    wire.run();
    assert_eq!(heard(&mut world), ["older", "newer"]);
}

#[test]
fn a_burst_keeps_its_order() {
    let (mut world, mut wire) = online();
    let texts = ["one", "two", "three", "four", "five"];
    for text in texts {
        wire.agents[0].act(say(&world, text)).unwrap();
    }
    assert_eq!(tickets(&wire).len(), 1, "one letter at a time");
    wire.run();
    assert_eq!(heard(&mut world), texts);
    assert_eq!(world.at("alice").waiting().unwrap(), 0);
}
