//! A friend on a network that is not the user's: said once, joined where the user wants it so, left when nobody is there.

use iim::account::{Account, OsRng, joined};
use iim::agent::Agent;
use iim::edge::home::replace_file;
use iim::edge::irc::Order;
use iim::protocol::letter::Network;
use iim::rules::effect::Notice;
use iim::rules::event::Act;
use iim::rules::networks::How;

use crate::typing::{Hands, registered};
use crate::world::{DAY, HOUR, MINUTE, NET, World, address};

pub(crate) const OFTC: (&str, &str) = ("oftc", "irc.oftc.net:6697");
pub(crate) const HERE: (&str, &str) = (NET, "127.0.0.1:6667");

pub(crate) const THEIRS: (&str, &str) = ("theirs", "irc.example.org:6697");
/// A network of alice's on another machine, in her file.
pub(crate) const FAR: &str = "far";

/// Alice, who follows so, and bob, a friend.
pub(crate) fn world(follow: &str) -> World {
    world_of(&["bob"], follow, "")
}

/// Alice, who follows so and has more to say of her network `far`, and friends.
pub(crate) fn world_of(friends: &[&str], follow: &str, of_far: &str) -> World {
    let mut world = World::of(friends);
    let more = format!(
        "[[network]]\nname = \"{FAR}\"\nservers = [\"irc.far.example:6697\"]\n{of_far}\n\
         [presence]\nfollow = \"{follow}\"\n"
    );
    world.settle_in("alice", "alice", &more);
    for friend in friends {
        world.befriend(friend, "alice");
    }
    world
}

/// Bob is on another network from now on, and tells it.
pub(crate) fn moves(world: &mut World, to: (&str, &str)) {
    says(world, "bob", &[to]);
    world.pass(2 * MINUTE);
    world.pass(2 * MINUTE);
}

/// Somebody is on other networks from now on.
pub(crate) fn says(world: &mut World, who: &str, networks: &[(&str, &str)]) {
    let config = world.some(who).home.config();
    let mut text = format!("address = \"{}\"\nname = \"{who}\"\n", address(who));
    for (name, server) in networks {
        let tls = !server.starts_with("127.");
        text += &format!("[[network]]\nname = \"{name}\"\nservers = [\"{server}\"]\ntls = {tls}\n");
    }
    text += "[mail]\nper_day = 0\n";
    replace_file(&config, text.as_bytes()).unwrap();
    world.at(who).reload().unwrap();
}

pub(crate) fn bare_agent(world: &mut World) -> Agent<Hands> {
    let account = Account::open(world.some("alice").home.clone(), world.clock()).unwrap();
    Agent::open(account, world.clock(), Box::new(OsRng), Hands::default()).unwrap()
}

/// Alice's agent, on the networks of the configuration.
pub(crate) fn agent(world: &mut World) -> Agent<Hands> {
    let mut agent = bare_agent(world);
    agent.hear(NET, registered("alicenick".to_owned()));
    agent.hear(FAR, registered("alicenick".to_owned()));
    agent
}

/// Time passes, and what the agent says.
pub(crate) fn words(world: &mut World, agent: &mut Agent<Hands>, seconds: u64) -> Vec<String> {
    world.clock.advance(seconds);
    agent.tick();
    let told = std::mem::take(&mut agent.outside.told).into_iter();
    told.filter_map(|notice| match notice {
        Notice::Word { text, .. } => Some(text),
        _ => None,
    })
    .collect()
}

/// Those beside the one on another machine.
pub(crate) fn networks(agent: &Agent<Hands>) -> Vec<String> {
    let names = agent.networks().into_iter().map(|one| one.name);
    names.filter(|name| name != FAR).collect()
}

pub(crate) fn network((name, server): (&str, &str)) -> Network {
    Network {
        name: name.to_owned(),
        servers: vec![server.to_owned()],
    }
}

fn is_told(world: &mut World, network: &str) -> bool {
    let alice = world.person("bob", "alice");
    let told = alice.presence().unwrap().networks.clone().unwrap();
    told.iter().any(|one| one.name == network)
}

#[test]
fn it_is_said_once_where_a_friend_is() {
    let mut world = world("ask");
    let mut agent = agent(&mut world);
    assert!(words(&mut world, &mut agent, MINUTE).is_empty());
    moves(&mut world, OFTC);
    let said = "bob is on oftc (irc.oftc.net:6697), where you are not: `iim network join oftc`";
    assert_eq!(words(&mut world, &mut agent, 1), [said]);
    assert_eq!(agent.friends()[0].elsewhere.as_deref(), Some(said));
    assert!(words(&mut world, &mut agent, 2 * HOUR).is_empty(), "once");
    assert_eq!(networks(&agent), [NET], "and nothing is joined");
    moves(&mut world, HERE);
    assert!(words(&mut world, &mut agent, 1).is_empty());
    assert_eq!(agent.friends()[0].elsewhere, None);
    moves(&mut world, THEIRS);
    assert!(words(&mut world, &mut agent, HOUR).is_empty(), "once a day");
    let said = words(&mut world, &mut agent, DAY);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with("`iim network join ircs://irc.example.org:6697`"));
}

#[test]
fn what_our_servers_call_their_network_is_waited_for() {
    let mut world = world("ask");
    moves(&mut world, OFTC);
    let mut agent = bare_agent(&mut world);
    assert!(words(&mut world, &mut agent, 1).is_empty());
    assert!(words(&mut world, &mut agent, MINUTE).is_empty());
    assert_eq!(
        words(&mut world, &mut agent, MINUTE).len(),
        1,
        "no longer than that"
    );
}

#[test]
fn whoever_wants_to_hear_nothing_of_it_does_not() {
    let mut world = world("never");
    let mut agent = agent(&mut world);
    moves(&mut world, OFTC);
    assert!(words(&mut world, &mut agent, 2 * HOUR).is_empty());
    assert_eq!(agent.friends()[0].elsewhere, None);
    assert_eq!(networks(&agent), [NET]);
}

#[test]
fn a_well_known_network_is_joined_for_a_friend_and_left_when_none_is_there() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    moves(&mut world, OFTC);
    let said = words(&mut world, &mut agent, 1);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("joined oftc (irc.oftc.net:6697), for bob is there"));
    assert_eq!(networks(&agent), [OFTC.0, NET].map(str::to_owned));
    assert_eq!(agent.friends()[0].elsewhere, None);
    // It counts as one of ours: friends are told of it.
    world.reopen("alice");
    world.pass(2 * MINUTE);
    assert!(is_told(&mut world, "oftc"));
    // As long as bob is there it stays.
    for _ in 0..40 {
        assert!(words(&mut world, &mut agent, DAY).is_empty());
    }
    moves(&mut world, HERE);
    for _ in 0..29 {
        assert!(words(&mut world, &mut agent, DAY).is_empty());
    }
    let said = words(&mut world, &mut agent, 2 * DAY);
    assert_eq!(
        said,
        ["left oftc: none of your friends has been there for 30 days"]
    );
    assert_eq!(networks(&agent), [NET]);
    world.reopen("alice");
    world.pass(2 * MINUTE);
    assert!(!is_told(&mut world, "oftc"));
}

#[test]
fn no_stranger_network_is_joined_whatever_it_is_called_and_none_for_the_hidden() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    moves(&mut world, ("oftc", "irc.example.com:6697"));
    assert_eq!(words(&mut world, &mut agent, 1).len(), 1, "it is said");
    assert_eq!(networks(&agent), [NET]);
    world.act("alice", Act::Hide(vec![address("bob")]));
    moves(&mut world, OFTC);
    words(&mut world, &mut agent, DAY);
    assert_eq!(networks(&agent), [NET]);
    world.act("alice", Act::Show(vec![address("bob")]));
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [OFTC.0, NET].map(str::to_owned));
}

#[test]
fn what_the_user_left_is_not_joined_again_by_itself() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    moves(&mut world, OFTC);
    words(&mut world, &mut agent, 1);
    joined::leave(world.at("alice"), "oftc").unwrap();
    let said = words(&mut world, &mut agent, 1);
    assert_eq!(
        networks(&agent),
        [NET],
        "the agent has left it, too: {said:?}"
    );
    for _ in 0..40 {
        words(&mut world, &mut agent, DAY);
    }
    assert_eq!(networks(&agent), [NET]);
    joined::join(world.at("alice"), network(OFTC), true, How::Asked).unwrap();
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [OFTC.0, NET].map(str::to_owned));
    moves(&mut world, HERE);
    for _ in 0..40 {
        words(&mut world, &mut agent, DAY);
    }
    assert_eq!(
        networks(&agent),
        [OFTC.0, NET].map(str::to_owned),
        "it is the user's own"
    );
}

#[test]
fn what_was_joined_for_a_friend_stays_once_the_user_joins_it_too() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    moves(&mut world, OFTC);
    words(&mut world, &mut agent, 1);
    joined::join(world.at("alice"), network(OFTC), true, How::Asked).unwrap();
    moves(&mut world, HERE);
    for _ in 0..40 {
        assert!(words(&mut world, &mut agent, DAY).is_empty());
    }
    assert_eq!(networks(&agent), [OFTC.0, NET].map(str::to_owned));
}

#[test]
fn an_agent_that_runs_joins_and_leaves_what_a_command_does() {
    let mut world = world("ask");
    let mut agent = agent(&mut world);
    words(&mut world, &mut agent, 1);
    agent.outside.orders.clear();
    joined::join(world.at("alice"), network(THEIRS), true, How::Asked).unwrap();
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [NET, "theirs"].map(str::to_owned));
    let connects = |agent: &Agent<Hands>| {
        let orders = agent.outside.orders.iter();
        orders
            .filter(|order| matches!(order, Order::Connect(_)))
            .count()
    };
    assert_eq!(connects(&agent), 1, "the other link goes on as it is");
    moves(&mut world, THEIRS);
    words(&mut world, &mut agent, 1);
    let watched = &agent.outside.watched["theirs"];
    assert!(!watched.is_empty(), "bob is looked for there");
    joined::leave(world.at("alice"), "theirs").unwrap();
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [NET]);
}
