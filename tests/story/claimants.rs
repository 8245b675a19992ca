//! Several friends claim one nick: a mutual friend has passed off another's secret as their own.

use iim::agent::Agent;
use iim::edge::irc::News;
use iim::protocol::letter::{Body, Presence};
use iim::rules::outgoing::Route;
use iim::rules::watch::Shown;

use crate::typing::{Hands, Wire};
use crate::world::{NET, World, address};

/// Mallory tells alice bob's secret as their own, and alice hears it.
fn pass_off(world: &mut World) {
    let bobs = world.person("alice", "bob").presence.unwrap().presence;
    let held = world.person("alice", "mallory").presence.unwrap().presence;
    let stolen = Presence {
        epoch: held.epoch.map(|epoch| epoch + 1),
        secret: bobs.secret,
        window: bobs.window,
        networks: bobs.networks,
        ..Presence::default()
    };
    world.forge(
        "mallory",
        "alice",
        1,
        Body::Presence(stolen.clone()),
        Route::Mail,
    );
    world.exchange();
    let held = world.person("alice", "mallory").presence.unwrap().presence;
    assert_eq!(held.secret, stolen.secret, "alice cannot know better");
}

fn shown(agent: &Agent<Hands>, name: &str) -> Shown {
    let friends = agent.friends();
    let one = friends.iter().find(|one| one.friend == address(name));
    one.unwrap().shown
}

fn says_over_irc(wire: &mut Wire, who: usize, to: &str, text: &str) {
    let say = iim::rules::event::Act::Say {
        address: address(to),
        text: text.to_owned(),
        reply_to: None,
    };
    wire.agents[who].act(say).unwrap();
    wire.run();
}

fn texts(agent: &mut Agent<Hands>) -> Vec<String> {
    let entries = agent.station.entries(None, false).unwrap();
    entries.into_iter().map(|one| one.message.text).collect()
}

#[test]
fn of_two_who_claim_a_nick_the_one_who_proves_it_is_online() {
    for thief_first in [true, false] {
        let mut world = World::of_friends(&["alice", "bob", "mallory"]);
        let mut wire = if thief_first {
            pass_off(&mut world);
            Wire::of(&mut world, ["alice", "bob"])
        } else {
            let wire = Wire::of(&mut world, ["alice", "bob"]);
            pass_off(&mut world);
            wire
        };
        for _ in 0..300 {
            world.clock.advance(1);
            wire.agents.iter_mut().for_each(Agent::tick);
            wire.run();
        }
        assert_eq!(
            shown(&wire.agents[0], "bob"),
            Shown::Online,
            "{thief_first}"
        );
        let thief = shown(&wire.agents[0], "mallory");
        assert_eq!(thief, Shown::Unverified, "{thief_first}");
        says_over_irc(&mut wire, 0, "bob", "hello");
        says_over_irc(&mut wire, 1, "alice", "and to you");
        assert_eq!(texts(&mut wire.agents[0]), ["hello", "and to you"]);
        assert_eq!(texts(&mut wire.agents[1]), ["hello", "and to you"]);

        let nick = wire.nicks[1].take().unwrap();
        wire.agents[0].hear(NET, News::Down { nick });
        world.clock.advance(3600);
        wire.agents[0].tick();
        for name in ["bob", "mallory"] {
            let gone = shown(&wire.agents[0], name);
            assert_eq!(gone, Shown::Offline, "{name} {thief_first}");
        }
    }
}
