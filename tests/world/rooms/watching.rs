//! What a member learns from whom somebody hides: no more than if that somebody had no agent.

use std::collections::BTreeSet;

use iim::rules::message::{Delivery, Via};

use crate::play::Play;
use crate::rooms::has_rooms;
use crate::truth::MALLORY;
use crate::world::World;

const ALICE: usize = 0;
const BOB: usize = 1;
const GROUP: usize = 0;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// Why Alice is in no room.
#[derive(Clone, Copy)]
enum Alice {
    Hides,
    HasNoAgent,
}

/// What Mallory sees.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Who was in channels, and who said something there.
    came: BTreeSet<usize>,
    spoke: BTreeSet<usize>,
    /// How far Mallory's texts came to Alice, by what Mallory is told.
    told: Vec<Option<(Delivery, Option<Via>)>>,
    /// How Alice's texts came to Mallory.
    heard: Vec<Option<Option<Via>>>,
    /// Mails of Alice to Mallory within ten minutes of what Mallory said.
    soon: usize,
}

/// A world in good weather in which Alice, Bob and Mallory see each other in the room of a group.
fn together(seed: u64) -> Option<World> {
    let mut world = Play::with_groups(seed, true).world;
    for who in 0..4 {
        world.start_agent(who);
    }
    for (one, two) in [(ALICE, BOB), (ALICE, MALLORY), (BOB, MALLORY)] {
        let friends = world.still_friends(one, two);
        let (near, far) = (world.is_in(one, GROUP), world.is_in(two, GROUP));
        if !friends || !near || !far {
            return None;
        }
    }
    // Of a mailbox nothing leaves for the hidden as soon as this takes.
    if world.people[ALICE].mailbox.is_some() {
        return None;
    }
    for who in [ALICE, BOB, MALLORY] {
        world.show_in_room(who, GROUP, true);
    }
    world.pass(HOUR);
    let id = world.truth.talks[GROUP].id;
    let is_seen = |who: usize| world.sees(MALLORY, who, id);
    (is_seen(ALICE) && is_seen(BOB)).then_some(world)
}

fn watched(seed: u64, alice: Alice) -> Option<Seen> {
    let mut world = together(seed)?;
    match alice {
        Alice::Hides => world.hide(ALICE, MALLORY),
        Alice::HasNoAgent => world.stop_agent(ALICE),
    }
    world.pass(26 * HOUR);
    let (began, stays) = (world.now, world.irc.stays().len());
    let pair = (world.address(ALICE), world.address(MALLORY));
    let mails = |world: &World| world.post.between.get(&pair).copied().unwrap_or_default();
    let before = mails(&world);
    let mut said = Vec::new();
    for who in [MALLORY, BOB, MALLORY] {
        said.push((who, world.say_in(who, GROUP)?));
        world.pass(20);
    }
    world.pass(9 * MINUTE);
    let soon = mails(&world) - before;
    for who in [ALICE, BOB, ALICE] {
        said.push((who, world.say_in(who, GROUP)?));
        world.pass(40);
    }
    world.pass(48 * HOUR);
    let channels = |at: usize| {
        let all = world.irc.stays().iter().enumerate();
        let seen = all.filter(|(nth, stay)| *nth >= at || stay.until_ms.is_none());
        seen.filter_map(|(_, stay)| stay.person).collect()
    };
    let lines = world.networks.iter().flat_map(|name| world.irc.log(name));
    let lines = lines.filter(|line| line.at_ms >= began && line.to.starts_with('#'));
    let spoke = lines.filter_map(|line| line.person).collect();
    let of = |author: usize| said.iter().filter(move |(who, _)| *who == author);
    let state = |from: usize, at: usize| {
        let said = &world.truth.said[at];
        let here = world.group(from, GROUP)?.conversation;
        let copies = world.copies(from, here, said.id);
        let to = copies
            .iter()
            .find(|it| world.whose(it.to) == Some((ALICE, 0)));
        to.map(|it| (it.state, it.via))
    };
    let told = of(MALLORY).map(|(_, at)| state(MALLORY, *at)).collect();
    Some(Seen {
        came: channels(stays),
        spoke,
        told,
        soon,
        heard: of(ALICE).map(|(_, at)| heard(&mut world, *at)).collect(),
    })
}

/// How a text of Alice's came to Mallory.
fn heard(world: &mut World, at: usize) -> Option<Option<Via>> {
    let here = world.group(MALLORY, GROUP)?.conversation;
    let account = &mut world.people[MALLORY].account;
    let all = account.history(Some(here), false).unwrap();
    let id = world.truth.said[at].id;
    all.iter().find(|message| message.id == id).map(|it| it.via)
}

#[test]
fn a_member_from_whom_somebody_hides_sees_what_they_see_of_somebody_without_an_agent() {
    let rooms = (0..400).filter(|seed| has_rooms(*seed));
    let mut tried = 0;
    for seed in rooms {
        if tried == 2 {
            break;
        }
        let (Some(hides), Some(none)) = (
            watched(seed, Alice::Hides),
            watched(seed, Alice::HasNoAgent),
        ) else {
            continue;
        };
        assert!(
            hides.spoke.contains(&BOB) && hides.came.contains(&MALLORY),
            "{seed}: {hides:?}"
        );
        assert!(!hides.came.contains(&ALICE), "{seed}: {hides:?}");
        assert_eq!(hides, none, "{seed}");
        tried += 1;
    }
    assert_eq!(tried, 2, "only {tried} worlds had such a room");
}
