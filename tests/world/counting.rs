//! What a hidden friend learns who counts the receipts that they get: nothing of the mails to others.

use iim::protocol::letter::{Body, Text};

use crate::play::Play;
use crate::truth::MALLORY;
use crate::world::World;

const ALICE: usize = 0;
const BOB: usize = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// A world in good weather without agents, where Alice may send few mails a day and hides from Mallory.
fn hidden(seed: u64) -> Option<World> {
    let mut world = Play::new(seed).world;
    world.post.weather.delay = 0;
    for who in 0..4 {
        world.stop_agent(who);
    }
    // Of a mailbox nothing leaves for the hidden as soon as this takes.
    let by_hook = world.people[ALICE].mailbox.is_none();
    let few = world.people[ALICE].account.settings().per_day == 40;
    let friends = [BOB, MALLORY].map(|who| {
        let address = world.address(who);
        world.people[ALICE].is_friend(&address)
    });
    if !by_hook || !few || friends != [true; 2] {
        return None;
    }
    world.hide(ALICE, MALLORY);
    world.pass(25 * HOUR);
    Some(world)
}

/// How many mails Mallory has got from Alice at each moment while Mallory writes as much as a day holds, when Alice has
/// written so many texts to Bob.
fn counted(seed: u64, texts: usize) -> Option<Vec<usize>> {
    let mut world = hidden(seed)?;
    for _ in 0..texts {
        world.say(ALICE, BOB);
    }
    world.pass(HOUR);
    let pair = (world.address(ALICE), world.address(MALLORY));
    let got = |world: &World| world.post.between.get(&pair).copied().unwrap_or_default();
    let mut moments = Vec::new();
    for number in 0..45 {
        let text = Body::Text(Text {
            text: format!("Mallory's {number}th"),
            reply_to: None,
            notice: false,
        });
        let letter = world.letter(text);
        let parcel = world.sealed(MALLORY, ALICE, &letter);
        assert!(parcel.is_some(), "{seed}");
        world.slip_in(parcel);
        world.pass(20);
        moments.push(got(&world));
    }
    for _ in 0..60 {
        world.pass(MINUTE);
        moments.push(got(&world));
    }
    Some(moments)
}

#[test]
fn a_hidden_friend_who_counts_receipts_learns_nothing_of_mails_to_others() {
    let mut tried = 0;
    for seed in 0..60 {
        if tried == 2 {
            break;
        }
        let (Some(none), Some(ten)) = (counted(seed, 0), counted(seed, 10)) else {
            continue;
        };
        assert!(none.first() < none.last(), "{seed}: receipts came");
        assert_eq!(none, ten, "{seed}");
        tried += 1;
    }
    assert_eq!(tried, 2, "only {tried} worlds had a hidden friend");
}
