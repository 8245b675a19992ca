//! Which network is which, and for whom one is joined and left.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::protocol::letter::{Presence, Secret};
use crate::protocol::time::Millis;
use crate::rules::fake_state::{NOW, friend};
use crate::rules::friend::Held;

fn network(name: &str, servers: &[&str]) -> Network {
    Network {
        name: name.to_owned(),
        servers: servers.iter().map(ToString::to_string).collect(),
    }
}

fn ours(name: &str, server: &str) -> Ours {
    Ours {
        name: name.to_owned(),
        servers: vec![server.to_owned()],
        called: Called::Nothing,
    }
}

/// A friend who says to be on these.
fn on(name: &str, networks: &[Network]) -> Contact {
    let mut person = friend(name);
    person.visible = true;
    person.friend_mut().unwrap().presence = Some(Held {
        presence: Presence {
            secret: Some(Secret([1; 32])),
            networks: Some(networks.to_vec()),
            ..Presence::default()
        },
        sent: Millis(1),
    });
    person
}

fn joined(name: &str, server: &str, how: How) -> Joined {
    Joined {
        network: network(name, &[server]),
        tls: true,
        how,
        since: NOW,
        met: NOW,
    }
}

#[test]
fn a_well_known_network_is_one_by_its_servers_whatever_it_is_called() {
    for (servers, known) in [
        (&["irc.oftc.net:6697"][..], Some("oftc")),
        (&["IRC.OFTC.net:6667"], Some("oftc")),
        (
            &["irc.example.org:6697", "irc.hackint.org:9999"],
            Some("hackint"),
        ),
        (&["irc.eu.libera.chat:6697"], Some("libera")),
        (&["zinc.libera.chat:6697"], Some("libera")),
        (&["irc.libera.chat.:6697"], Some("libera")),
        (&["libera.chat:6697"], None),
        (&["irc.notoftc.net:6697"], None),
        (&["irc.oftc.net.example.org:6697"], None),
        (&["oftc:6697"], None),
        (&[], None),
    ] {
        let all = network("libera", servers).servers;
        assert_eq!(
            Known::of(&all).map(|known| known.name),
            known,
            "{servers:?}"
        );
    }
    for known in Known::all() {
        assert!(Network::is_name(known.name));
        assert!(
            known
                .servers
                .iter()
                .all(|server| Network::is_server(server))
        );
        assert!((1..=4).contains(&known.servers.len()));
        assert_eq!(Known::of(&known.network().servers), Some(known));
    }
}

#[test]
fn two_servers_of_a_well_known_network_are_of_one_network() {
    let mine = [
        ours("here", "irc.example.org:6697"),
        ours("chat", "irc.us.libera.chat:6697"),
    ];
    let theirs = network("libera", &["irc.libera.chat:6697"]);
    assert_eq!(matching(&theirs, &mine).unwrap().name, "chat");
    let pretended = network("libera", &["irc.example.com:6697"]);
    assert_eq!(matching(&pretended, &mine), None);
}

#[test]
fn a_friend_is_elsewhere_who_is_on_none_of_ours_and_says_where() {
    let mine = [ours("here", "irc.example.org:6697")];
    let there = network("oftc", &["irc.oftc.net:6697"]);
    let here = network("home", &["irc.example.org:6697"]);
    let away = on("hank", std::slice::from_ref(&there));
    assert_eq!(elsewhere(&away, &mine), std::slice::from_ref(&there));
    assert!(elsewhere(&on("hank", &[there.clone(), here]), &mine).is_empty());
    assert!(elsewhere(&on("hank", &[]), &mine).is_empty());
    assert!(
        elsewhere(&friend("hank"), &mine).is_empty(),
        "has told nothing"
    );
    let mut blocked = away.clone();
    blocked.blocked = true;
    assert!(elsewhere(&blocked, &mine).is_empty());
    let mut without = away.clone();
    without
        .friend_mut()
        .unwrap()
        .presence
        .as_mut()
        .unwrap()
        .presence
        .secret = None;
    assert!(
        elsewhere(&without, &mine).is_empty(),
        "nobody could find them"
    );
}

#[test]
fn a_network_is_joined_for_a_visible_friend_who_is_nowhere_else_if_it_is_well_known() {
    let mine = [ours("here", "irc.example.org:6697")];
    let oftc = network("x", &["irc.oftc.net:6697"]);
    let own = network("oftc", &["irc.example.com:6697"]);
    let here = network("here", &["irc.example.org:6697"]);
    let left = [joined("x", "irc.oftc.net:6697", How::Left)];
    let was = [joined("oftc", "irc.oftc.net:6697", How::Asked)];
    let unwanted =
        |kept: &[Joined]| -> Vec<&Known> { kept.iter().filter_map(Joined::left).collect() };
    let mut hidden = on("hank", std::slice::from_ref(&oftc));
    hidden.visible = false;
    for (who, kept, found) in [
        (on("hank", &[own.clone(), oftc.clone()]), &[][..], true),
        (on("hank", std::slice::from_ref(&oftc)), &was, true),
        (on("hank", std::slice::from_ref(&oftc)), &left, false),
        (on("hank", std::slice::from_ref(&own)), &[], false),
        (on("hank", &[oftc.clone(), here]), &[], false),
        (hidden, &[], false),
    ] {
        let all = [on("bob", &[]), who];
        let known = to_follow(all.iter(), &mine, &unwanted(kept));
        let expected = found.then_some(("oftc", all[1].id));
        assert_eq!(
            known.map(|(known, id)| (known.name, id)),
            expected,
            "{:?}",
            all[1]
        );
        let unseen = [Ours {
            called: Called::Unknown,
            ..mine[0].clone()
        }];
        assert_eq!(to_follow(all.iter(), &unseen, &[]), None, "it may be that");
    }
}

#[test]
fn what_was_joined_for_a_friend_is_left_a_month_after_the_last_was_there() {
    let oftc = network("x", &["irc.oftc.net:6697"]);
    let there = on("hank", std::slice::from_ref(&oftc));
    let mut hidden = there.clone();
    hidden.visible = false;
    let followed = joined("oftc", "irc.oftc.net:6697", How::Followed);
    let month = NOW.after(MONTH);
    for (people, now, stays) in [
        (vec![there.clone()], NOW, Stays::AsItIs),
        (vec![there.clone()], NOW.after(DAY), Stays::Met),
        (vec![there.clone()], month, Stays::Met),
        (vec![], month.before(Duration::from_secs(1)), Stays::AsItIs),
        (vec![], month, Stays::No),
        (vec![hidden], month, Stays::No),
        (vec![], NOW.before(DAY), Stays::Met),
    ] {
        assert_eq!(
            followed.stays(people.iter(), now),
            stays,
            "{now:?} {people:?}"
        );
    }
    for how in [How::Asked, How::Left] {
        let one = joined("oftc", "irc.oftc.net:6697", how);
        assert_eq!(
            one.stays(std::iter::empty(), month),
            Stays::AsItIs,
            "{how:?}"
        );
    }
}
