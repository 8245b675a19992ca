//! Lies about who is where: a friend passes off another's secret as their own, a server another network's name.

use iim::account::{Account, OsRng};
use iim::agent::Agent;
use iim::edge::clock::Clock as _;
use iim::edge::irc::LinkEvent;
use iim::protocol::letter::{Body, Network, Presence};
use iim::protocol::nick;
use iim::protocol::nick::Window;
use iim::protocol::time::Seconds;
use iim::rules::conversation::ContactId;
use iim::rules::outgoing::Route;
use iim::rules::presence_tracker::Shown;

use crate::typing::{Hands, Wire, registered};
use crate::world::{NET, World, address};

/// Mallory tells alice bob's secret as their own, and alice hears it.
fn pass_off(world: &mut World) {
    let bobs = world.person("alice", "bob").presence().unwrap().clone();
    let held = world.person("alice", "mallory").presence().unwrap().clone();
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
    let held = world.person("alice", "mallory").presence().unwrap().clone();
    assert_eq!(held.secret, stolen.secret, "alice cannot know better");
}

fn shown(agent: &Agent<Hands>, name: &str) -> Shown {
    let friends = agent.friends();
    let one = friends.iter().find(|one| one.friend == address(name));
    one.unwrap().shown
}

/// Whoever has that name to somebody.
fn known(agent: &Agent<Hands>, name: &str) -> ContactId {
    let mut people = agent.roster().people();
    people.find(|one| one.address == address(name)).unwrap().id
}

fn says_over_irc(wire: &mut Wire, who: usize, to: &str, text: &str) {
    let say = iim::rules::event::Act::Say {
        to: known(&wire.agents[who], to),
        text: text.to_owned(),
        reply_to: None,
    };
    wire.agents[who].act(say).unwrap();
    wire.run();
}

fn texts(agent: &mut Agent<Hands>) -> Vec<String> {
    let entries = agent.account.entries(None, false).unwrap();
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
        wire.agents[0].hear(NET, LinkEvent::Down(nick));
        world.clock.advance(3600);
        wire.agents[0].tick();
        for name in ["bob", "mallory"] {
            let gone = shown(&wire.agents[0], name);
            assert_eq!(gone, Shown::Offline, "{name} {thief_first}");
        }
    }
}

#[test]
fn over_the_edge_of_a_window_the_one_who_proves_the_next_nick_stays_online() {
    let mut world = World::of_friends(&["alice", "bob", "mallory"]);
    let mut wire = Wire::of(&mut world, ["alice", "bob"]);
    pass_off(&mut world);
    let told = world.person("alice", "bob").presence().unwrap().clone();
    let (secret, length) = (told.secret.unwrap(), told.window.unwrap());
    let now = world.clock.now().0;
    let Window(number) = nick::window_at(&secret, length, Seconds(now));
    let edge = nick::window_start(&secret, length, Window(number + 1)).0;
    world.clock.advance(edge - now - 5);
    let before = wire.nicks[1].clone();
    for _ in 0..1500 {
        world.clock.advance(1);
        wire.agents.iter_mut().for_each(Agent::tick);
        wire.run();
    }
    assert_ne!(wire.nicks[1], before, "bob has moved");
    assert_eq!(shown(&wire.agents[0], "bob"), Shown::Online);
    assert_eq!(shown(&wire.agents[0], "mallory"), Shown::Unverified);
    says_over_irc(&mut wire, 1, "alice", "from the next nick");
    assert_eq!(texts(&mut wire.agents[0]), ["from the next nick"]);
}

#[test]
fn a_server_that_is_not_proved_is_not_believed_what_its_network_is_called() {
    let mut world = World::of(&["bob"]);
    let safe = "[[network]]\nname = \"safe\"\nservers = [\"irc.safe.net:6697\"]\ntls = true\n\
                [presence]\nwatch = [\"testnet\", \"safe\"]\n";
    world.settle_in("alice", "alice", safe);
    world.befriend("alice", "bob");
    let held = world.person("alice", "bob").presence().unwrap().clone();
    let elsewhere = Presence {
        epoch: held.epoch.map(|epoch| epoch + 1),
        secret: held.secret,
        networks: Some(vec![Network {
            name: "large".to_owned(),
            servers: vec!["irc.large.net:6697".to_owned()],
        }]),
        ..Presence::default()
    };
    world.forge("bob", "alice", 1, Body::Presence(elsewhere), Route::Mail);
    world.exchange();
    for (name, looked_for) in [(NET, 0), ("safe", 1)] {
        let account = Account::open(world.some("alice").home.clone(), world.clock()).unwrap();
        let rng = Box::new(OsRng);
        let mut agent = Agent::open(account, world.clock(), rng, Hands::default()).unwrap();
        agent.tick();
        let mut greeting = registered("alicenick".to_owned());
        if let LinkEvent::Registered(on) = &mut greeting {
            on.network = Some("Large".to_owned());
        }
        agent.hear(name, greeting);
        let watched = agent.outside.watched.entry(name.to_owned()).or_default();
        assert_eq!(watched.is_empty(), looked_for == 0, "{name}: {watched:?}");
    }
}

#[test]
fn a_server_that_lies_about_a_nick_wakes_nobody_again_and_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let mut wire = Wire::of(&mut world, ["alice", "bob"]);
    wire.run();
    let nick = wire.nicks[1].clone().unwrap();
    let alice = &mut wire.agents[0];
    let down = || LinkEvent::Down(nick.clone());
    let up = || LinkEvent::Up(nick.clone());
    let no_such_nick = || LinkEvent::Undeliverable {
        ticket: None,
        nick: nick.clone(),
        numeric: 401,
    };
    // What was written lately has not arrived.
    alice.hear(NET, no_such_nick());
    alice.outside.woken = 0;
    for _ in 0..100 {
        alice.hear(NET, down());
        alice.hear(NET, no_such_nick());
    }
    assert_eq!(alice.outside.woken, 0, "it is known to be down");

    let flaps = (0..100).flat_map(|_| [up(), down()]);
    alice.hear_all(flaps.map(|news| (NET.to_owned(), news)));
    assert!(alice.outside.woken < 10, "{}", alice.outside.woken);
    assert_eq!(shown(alice, "bob"), Shown::Online, "for the grace time");
    let sent = alice.outside.orders.iter();
    let sent = sent.filter(|order| matches!(order, iim::edge::irc::Order::Send { .. }));
    assert!(sent.count() <= 2);
}
