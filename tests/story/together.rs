//! Frames that come together: one turn for all, and the clients are told before receipts leave.

use iim::account::{Frame, send};
use iim::edge::irc::{LinkEvent, Order};
use iim::rules::effect::Notice;

use crate::typing::Wire;
use crate::world::{NET, World};

/// Alice says these to bob; the frames as they reach bob.
fn frames_of(world: &mut World, texts: &[&str]) -> Vec<Frame> {
    for text in texts {
        world.say("alice", "bob", text);
    }
    let lines = world.irc_lines("alice", "bob").concat();
    world.frames("alice", &lines)
}

fn texts_of_bob(world: &mut World) -> Vec<String> {
    let entries = world.at("bob").entries(None, false).unwrap();
    entries
        .into_iter()
        .map(|entry| entry.message.text)
        .collect()
}

#[test]
fn frames_heard_together_are_each_taken_for_what_they_are() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let mut frames = frames_of(&mut world, &["one", "two", "three"]);
    assert_eq!(frames.len(), 3);
    frames[1].sealed.ciphertext[40] ^= 1;
    let again = frames[2].clone();
    frames.push(again);
    let arrived = world.at("bob").hear_frames(&frames);
    let became: Vec<(bool, String)> = arrived
        .into_iter()
        .map(|arrived| arrived.map(|a| (a.done, a.status)).unwrap())
        .collect();
    let expected = [
        (true, "a sealed letter"),
        (false, "it does not open"),
        (true, "a sealed letter"),
        (true, "a double"),
    ];
    assert_eq!(
        became,
        expected.map(|(done, status)| (done, status.to_owned()))
    );
    assert_eq!(texts_of_bob(&mut world), ["one", "three"]);
}

#[test]
fn receipts_leave_when_all_has_been_told() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let mut wire = Wire::of(&mut world, ["alice", "bob"]);
    wire.run();
    wire.agents[1].outside.told.clear();
    for text in ["one", "two"] {
        let say = world.saying("alice", "bob", text);
        wire.agents[0].account.act(say).unwrap();
    }
    let from = wire.nicks[0].clone().unwrap();
    let due = send::due_over_irc(&mut wire.agents[0].account).unwrap();
    let mut news = Vec::new();
    for waiting in due {
        let leaving = send::leave_over_irc(&mut wire.agents[0].account, waiting.row, 400);
        let iim::account::What::Lines(lines) = leaving.unwrap().unwrap().what else {
            panic!("a mail went to IRC")
        };
        news.extend(lines.into_iter().map(|text| {
            let from = from.clone();
            (NET.to_owned(), LinkEvent::Message { from, text })
        }));
    }
    let bob = &mut wire.agents[1];
    bob.hear_all(news);
    let told = |notice: &Notice| match notice {
        Notice::Text { message } => Some(message.text.clone()),
        _ => None,
    };
    let texts: Vec<String> = bob.outside.told.iter().filter_map(told).collect();
    assert_eq!(texts, ["one", "two"]);
    let sends = |orders: &[Order]| orders.iter().any(|one| matches!(one, Order::Send { .. }));
    assert!(!sends(&bob.outside.orders), "nothing leaves yet");
    assert!(bob.has_to_send());
    bob.send_on();
    assert!(sends(&bob.outside.orders), "the receipt");
    assert!(!bob.has_to_send());
}
