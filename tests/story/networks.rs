//! What an agent tells its user of networks that take the nick away, or do not want us.

use std::time::Duration;

use iim::account::{Account, OsRng};
use iim::agent::Agent;
use iim::edge::irc::{End, LinkEvent};
use iim::rules::effect::Notice;
use iim::rules::queue::irc::Ended;

use crate::typing::{Hands, registered};
use crate::world::{HOUR, MINUTE, NET, World};

fn agent(world: &mut World) -> Agent<Hands> {
    let account = Account::open(world.some("alice").home.clone(), world.clock()).unwrap();
    Agent::open(account, world.clock(), Box::new(OsRng), Hands::default()).unwrap()
}

fn state(agent: &Agent<Hands>) -> (String, String) {
    let network = agent.networks().remove(0);
    (network.state, network.reason.unwrap_or_default())
}

fn is(state: &str, reason: &str) -> (String, String) {
    (state.to_owned(), reason.to_owned())
}

fn words(agent: &mut Agent<Hands>) -> Vec<String> {
    let told = std::mem::take(&mut agent.outside.told).into_iter();
    told.filter_map(|notice| match notice {
        Notice::Word { text, .. } => Some(text),
        _ => None,
    })
    .collect()
}

#[test]
fn a_nick_that_was_taken_from_us_is_trouble_until_it_is_right_again() {
    let mut world = World::of(&["alice"]);
    let mut agent = agent(&mut world);
    for _ in 0..2 {
        agent.hear(NET, registered("alicenick".to_owned()));
        assert_eq!(state(&agent), is("connected", ""));
        let renamed = End::new(Ended::Renamed, "Guest1");
        agent.hear(NET, LinkEvent::Over(renamed, None));
        let why = "the server gave us another nickname than friends look for";
        assert_eq!(state(&agent), is("nick taken", why));
    }
    agent.tick();
    assert!(words(&mut agent).is_empty(), "it may go by itself");
    world.clock.advance(10 * MINUTE);
    agent.tick();
    agent.tick();
    let words = words(&mut agent);
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].starts_with("testnet gives you another nickname"));
    agent.hear(NET, registered("alicenick".to_owned()));
    assert_eq!(state(&agent), is("connected", ""));
}

#[test]
fn who_is_thrown_out_is_told_once_and_when_it_is_tried_again() {
    let mut world = World::of(&["alice"]);
    let mut agent = agent(&mut world);
    let thrown_out = |hours: u64| {
        let end = End::new(Ended::ThrownOut, "G-Lined");
        LinkEvent::Over(end, Some(Duration::from_secs(hours * HOUR)))
    };
    agent.hear(NET, registered("alicenick".to_owned()));
    agent.hear(NET, thrown_out(1));
    let why = "the server does not want us (G-Lined); the next try is in 60 min";
    assert_eq!(state(&agent), is("trouble", why));
    let told = words(&mut agent);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains(why), "{told:?}");
    agent.hear(NET, thrown_out(2));
    let later = "the server does not want us (G-Lined); the next try is in 2 h";
    assert_eq!(state(&agent), is("trouble", later));
    assert!(words(&mut agent).is_empty(), "once");
    agent.hear(NET, registered("alicenick".to_owned()));
    assert_eq!(state(&agent), is("connected", ""));
    agent.hear(NET, thrown_out(4));
    assert_eq!(words(&mut agent).len(), 1, "let in meanwhile");
}
