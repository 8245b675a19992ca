//! What a friend's own network must not lead to: to be led to a stranger, to be shown where one hides, to stop anything else.

use std::time::Duration;

use iim::account::joined::{self, Parted};
use iim::edge::irc::{End, LinkEvent, Registered};
use iim::protocol::letter::Status;
use iim::rules::effect::Notice;
use iim::rules::event::{Act, NewStatus};
use iim::rules::networks::How;
use iim::rules::queue::irc::Ended;

use crate::elsewhere::{
    FAR, HERE, OFTC, THEIRS, agent, bare_agent, moves, network, networks, says, words, world,
    world_of,
};
use crate::typing::registered;
use crate::world::{DAY, HOUR, MINUTE, NET};

const LIBERA: (&str, &str) = ("libera", "irc.libera.chat:6697");

/// We are on a network that calls itself so.
fn called(name: &str) -> LinkEvent {
    let LinkEvent::Registered(session) = registered("alicenick".to_owned()) else {
        unreachable!();
    };
    LinkEvent::Registered(Registered {
        network: Some(name.to_owned()),
        ..session
    })
}

#[test]
fn a_server_to_which_a_friend_led_us_is_not_believed_what_it_is_called() {
    let mut world = world("ask");
    joined::join(world.at("alice"), network(THEIRS), true, How::Asked).unwrap();
    let mut agent = agent(&mut world);
    agent.hear(THEIRS.0, called("OFTC"));
    moves(&mut world, OFTC);
    assert_eq!(words(&mut world, &mut agent, 1).len(), 1, "bob is not here");
    let watched = agent.outside.watched.get(THEIRS.0);
    assert!(watched.is_none_or(|nicks| nicks.is_empty()), "{watched:?}");
    agent.hear(FAR, called("OFTC"));
    words(&mut world, &mut agent, 1);
    assert!(
        !agent.outside.watched[FAR].is_empty(),
        "what is in the file"
    );
    assert_eq!(agent.friends()[0].elsewhere, None);
}

#[test]
fn what_a_network_is_called_holds_while_its_link_is_lost() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    agent.hear(FAR, called("OFTC"));
    moves(&mut world, OFTC);
    assert!(words(&mut world, &mut agent, MINUTE).is_empty());
    let end = End {
        how: Ended::Lost,
        words: "gone".to_owned(),
    };
    agent.hear(FAR, LinkEvent::Over(end, Some(Duration::from_secs(60))));
    for _ in 0..3 {
        assert!(words(&mut world, &mut agent, DAY).is_empty());
    }
    assert_eq!(networks(&agent), [NET]);
    assert_eq!(agent.friends()[0].elsewhere, None);
}

#[test]
fn nothing_is_joined_before_it_is_known_what_ours_are_called() {
    let mut world = world("known");
    let mut agent = bare_agent(&mut world);
    agent.hear(NET, registered("alicenick".to_owned()));
    moves(&mut world, OFTC);
    let mut said = words(&mut world, &mut agent, MINUTE);
    said.extend(words(&mut world, &mut agent, DAY));
    assert_eq!(
        said,
        ["bob is on oftc (irc.oftc.net:6697), where you are perhaps not: `iim network join oftc`"]
    );
    assert!(words(&mut world, &mut agent, 2 * DAY).is_empty());
    assert_eq!(networks(&agent), [NET]);
    agent.hear(FAR, called("far"));
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [OFTC.0, NET]);
}

#[test]
fn nothing_is_joined_by_itself_where_the_user_may_hide_their_host() {
    let sasl = "sasl = { mechanism = \"plain\", user = \"alice\", password_command = \"echo x\" }";
    let mut world = world_of(&["bob"], "known", sasl);
    let mut agent = agent(&mut world);
    moves(&mut world, OFTC);
    let said = words(&mut world, &mut agent, DAY);
    assert!(said[0].starts_with("bob is on oftc"), "{said:?}");
    assert_eq!(networks(&agent), [NET]);
    joined::join(world.at("alice"), network(OFTC), true, How::Asked).unwrap();
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [OFTC.0, NET], "the user says so");
}

#[test]
fn nothing_is_joined_by_itself_while_we_are_invisible() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    let set = |status| Act::Status {
        status: Some(status),
        text: None,
        friends: Vec::new(),
        ways: None,
    };
    world.act("alice", set(NewStatus::Invisible));
    moves(&mut world, OFTC);
    for _ in 0..3 {
        words(&mut world, &mut agent, DAY);
    }
    assert_eq!(networks(&agent), [NET]);
    world.act("alice", set(NewStatus::Shown(Status::Online)));
    words(&mut world, &mut agent, 1);
    assert_eq!(networks(&agent), [OFTC.0, NET]);
}

#[test]
fn what_the_user_left_by_another_name_is_not_joined_again_either() {
    let mut world = world("known");
    let mut agent = agent(&mut world);
    let mine = network(("mine", OFTC.1));
    joined::join(world.at("alice"), mine, true, How::Asked).unwrap();
    let parted = joined::leave(world.at("alice"), "mine").unwrap();
    assert_eq!(parted, Parted::Left);
    // One that was never joined, too.
    let parted = joined::leave(world.at("alice"), LIBERA.0).unwrap();
    assert_eq!(parted, Parted::Never);
    says(&mut world, "bob", &[OFTC, LIBERA]);
    moves(&mut world, LIBERA);
    for _ in 0..3 {
        words(&mut world, &mut agent, DAY);
    }
    moves(&mut world, OFTC);
    for _ in 0..3 {
        words(&mut world, &mut agent, DAY);
    }
    assert_eq!(networks(&agent), [NET]);
}

#[test]
fn one_network_that_cannot_be_joined_stops_no_other() {
    let mut world = world_of(
        &["bob", "carol"],
        "known",
        "[[network]]\nname = \"libera\"\nservers = [\"irc.example.com:6697\"]\n",
    );
    let mut agent = agent(&mut world);
    agent.hear(LIBERA.0, called("theirs"));
    says(&mut world, "carol", &[OFTC]);
    moves(&mut world, LIBERA);
    let said = words(&mut world, &mut agent, 1);
    assert!(
        said.iter().any(|one| one.starts_with("joined oftc")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|one| one.starts_with("bob is on libera")),
        "{said:?}"
    );
}

#[test]
fn a_link_that_cannot_be_had_stops_no_other_and_is_tried_again() {
    let mut world = world("ask");
    let mut agent = agent(&mut world);
    words(&mut world, &mut agent, 1);
    says(
        &mut world,
        "alice",
        &[HERE, ("first", "irc.first.example:1"), THEIRS],
    );
    agent.outside.refused = Some("first".to_owned());
    let refused = agent.take_configuration().unwrap_err().to_string();
    assert!(refused.contains("first"), "{refused}");
    assert_eq!(networks(&agent), [NET, "theirs"]);
    words(&mut world, &mut agent, HOUR);
    agent.outside.refused = None;
    words(&mut world, &mut agent, MINUTE);
    assert_eq!(networks(&agent), [NET, "theirs"], "not each second");
    words(&mut world, &mut agent, 5 * MINUTE);
    assert_eq!(networks(&agent), ["first", NET, "theirs"]);
}

#[test]
fn what_goes_wrong_with_it_leaves_nothing_else_undone() {
    let mut world = world_of(&["bob", "carol"], "known", "");
    let mut agent = agent(&mut world);
    words(&mut world, &mut agent, 1);
    let database = rusqlite::Connection::open(world.some("alice").home.database()).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON joined_network WHEN NEW.name = 'libera'
                BEGIN SELECT RAISE(FAIL, 'no'); END";
    database.execute_batch(full).unwrap();
    drop(database);
    world.say("bob", "alice", "hello");
    says(&mut world, "carol", &[LIBERA]);
    moves(&mut world, OFTC);
    world.clock.advance(1);
    agent.tick();
    let told = std::mem::take(&mut agent.outside.told);
    let is_text = |one: &Notice| matches!(one, Notice::Text { .. });
    assert!(told.iter().any(is_text), "{told:?}");
    let is_joined =
        |one: &Notice| matches!(one, Notice::Word { text, .. } if text.starts_with("joined oftc"));
    assert!(told.iter().any(is_joined), "{told:?}");
}

#[test]
fn of_many_who_are_elsewhere_few_are_said() {
    let mut world = world_of(&["bob", "carol", "dave", "erin", "frank"], "ask", "");
    let mut agent = agent(&mut world);
    words(&mut world, &mut agent, 1);
    for who in ["carol", "dave", "erin", "frank"] {
        says(&mut world, who, &[OFTC]);
    }
    moves(&mut world, OFTC);
    let said = words(&mut world, &mut agent, 1);
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(said[3], "and 2 others: `iim network list`");
    assert!(words(&mut world, &mut agent, 2 * DAY).is_empty());
}
