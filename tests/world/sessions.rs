//! Lost sessions, as seen by two agents who watch each other.

use iim::edge::store::{Peer, StoreError, Transport};
use iim::protocol::time::Seconds;
use iim::rules::effect::Effect;
use iim::rules::presence_tracker::Shown;

use crate::play::Play;
use crate::world::World;

const ALICE: usize = 0;
const BOB: usize = 1;
const MINUTE: u64 = 60;

/// What these two see of each other.
fn seen(world: &World) -> [Option<Shown>; 2] {
    let of = |who: usize, other: usize| {
        let friends = world.people[who].agent.as_ref()?.friends();
        let other = world.address(other);
        let friend = friends.into_iter().find(|one| one.friend == other);
        friend.map(|one| one.shown)
    };
    [of(ALICE, BOB), of(BOB, ALICE)]
}

const ONLINE: [Option<Shown>; 2] = [Some(Shown::Online); 2];

/// A world in good weather where these two are friends, and online.
fn friends_online(seed: u64) -> Option<World> {
    let mut world = Play::new(seed).world;
    for who in [ALICE, BOB] {
        if world.people[who].agent.is_none() {
            world.start_agent(who);
        }
    }
    world.pass(30 * MINUTE);
    (seen(&world) == ONLINE).then_some(world)
}

/// Bob's database is as it was before they and Alice had sessions over IRC; those by mail are there.
fn lose_irc_sessions(world: &mut World) {
    world.people[BOB].end_agent();
    let address = world.people[ALICE].address.clone();
    let alice = world.people[BOB].find(&address).expect("a friend");
    let peer = Peer {
        contact: alice.id,
        key: world.people[ALICE].keys[0].curve25519,
        former: false,
    };
    let store = world.people[BOB].disk.open();
    let lost = store.transact(|account| {
        let mails = account.sessions().of(&peer, Transport::Mail)?;
        account.apply(&Effect::DropSessions(peer.contact, peer.key), Seconds(0))?;
        for row in mails.iter().rev() {
            account.sessions().put(&peer, Transport::Mail, row)?;
        }
        Ok::<_, StoreError>(())
    });
    lost.unwrap();
    world.people[BOB].disk.put_aside(store);
    world.people[BOB].reopen();
    world.start_agent(BOB);
}

/// How many mails these two have sent.
fn mails(world: &World) -> usize {
    let of = |who: usize| {
        world
            .post
            .count
            .get(&world.address(who))
            .map_or(0, Vec::len)
    };
    of(ALICE) + of(BOB)
}

#[test]
fn a_lost_irc_session_heals_by_the_next_mail() {
    let mut tried = 0;
    for (seed, first) in (0..8).map(|seed| (seed, [ALICE, BOB][seed as usize % 2])) {
        let Some(mut world) = friends_online(seed) else {
            continue;
        };
        lose_irc_sessions(&mut world);
        world.pass(20 * MINUTE);
        // One of them may not have noticed that the other was away.
        assert!(seen(&world).contains(&Some(Shown::Unverified)), "{seed}");
        let before = mails(&world);
        world.pass(12 * 60 * MINUTE);
        assert_eq!(mails(&world), before, "{seed}: no mail of its own");
        world.say(first, BOB - first);
        world.pass(40 * MINUTE);
        assert_eq!(seen(&world), ONLINE, "{seed}");
        tried += 1;
    }
    assert!(tried >= 4, "only {tried} worlds had both of them online");
}
