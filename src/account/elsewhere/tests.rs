//! What is said of a friend who is elsewhere, also of one who means ill.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::protocol::address::Address;
use crate::protocol::letter::{Keys, Presence, PublicKey, Secret};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::contact::Standing;
use crate::rules::conversation::Ids;
use crate::rules::friend::Held;

fn on(networks: &[(&str, &[&str])]) -> Contact {
    let address = Address::parse("hank@example.net").unwrap();
    let mut person = Contact::new(Ids::new(1, 1), address, "hank".to_owned(), Seconds(0));
    person.standing = Standing::friend(Keys {
        curve25519: PublicKey([1; 32]),
        ed25519: PublicKey([1; 32]),
    });
    let networks = networks.iter().map(|(name, servers)| Network {
        name: (*name).to_owned(),
        servers: servers.iter().map(ToString::to_string).collect(),
    });
    person.friend_mut().unwrap().presence = Some(Held {
        presence: Presence {
            secret: Some(Secret([1; 32])),
            networks: Some(networks.collect()),
            ..Presence::default()
        },
        sent: Millis(1),
    });
    person
}

fn line(networks: &[(&str, &[&str])]) -> String {
    Elsewhere::of(&on(networks), &[]).unwrap().line("hank")
}

#[test]
fn a_well_known_network_is_joined_by_its_name_and_shown_with_its_own_server() {
    let said = "hank is on oftc (irc.oftc.net:6697), where you are not: `iim network join oftc`";
    for networks in [
        &[("oftc", &["irc.oftc.net:6697"][..])][..],
        &[("anything", &["irc.example.com:1", "irc.oftc.net:6667"])],
        &[
            ("x", &["irc.example.com:6697"]),
            ("oftc", &["irc.oftc.net:6697"]),
        ],
    ] {
        assert_eq!(line(networks), said);
    }
}

#[test]
fn any_other_is_joined_by_its_server_whatever_they_call_it() {
    for (name, server, shown) in [
        ("oftc", "irc.example.com:6697", "irc.example.com:6697"),
        ("oftc", "IRC.Example.com:7000", "irc.example.com:7000"),
        (
            "libera",
            "irc.libera.chat.example.com:6697",
            "irc.libera.chat.example.com:6697",
        ),
    ] {
        let said = format!(
            "hank is on {shown} (they call it {name}), where you are not: `iim network join ircs://{shown}`"
        );
        assert_eq!(line(&[(name, &[server])]), said);
    }
    let ipv6 = line(&[("six", &["[2001:db8::7]:6697"])]);
    assert!(
        ipv6.ends_with("`iim network join 'ircs://[2001:db8::7]:6697'`"),
        "{ipv6}"
    );
}

#[test]
fn a_host_that_is_too_long_for_a_name_gets_one() {
    let host = format!("irc.{}.example.org:6697", "x".repeat(60));
    let said = line(&[("theirs", &[&host])]);
    assert!(
        said.ends_with(&format!("`iim network join irc=ircs://{host}`")),
        "{said}"
    );
}

#[test]
fn nobody_is_led_into_a_local_network_or_to_what_is_no_server() {
    for server in [
        "127.0.0.1:6667",
        "192.168.0.1:80",
        "[::1]:6697",
        "router.lan:6697",
        "2130706433:6697",
        "$(reboot):6697",
        "`id`:6697",
        "a/../b:6697",
        "x=ircs://y:6697",
    ] {
        let said = line(&[("home", &[server])]);
        assert!(!said.contains("network join"), "{said}");
        assert!(
            said.ends_with("where you are not; it is no server of the internet"),
            "{said}"
        );
    }
    let said = line(&[("home", &["127.0.0.1:6667", "irc.example.org:6697"])]);
    assert!(
        said.ends_with("`iim network join ircs://irc.example.org:6697`"),
        "{said}"
    );
}

#[test]
fn what_they_call_it_runs_nothing_where_it_is_pasted() {
    let said = line(&[("x`id`$(id);id", &["irc.example.org:6697"])]);
    assert!(said.contains("(they call it 'x`id`$(id);id')"), "{said}");
    assert!(
        said.ends_with("`iim network join ircs://irc.example.org:6697`"),
        "{said}"
    );
}

#[test]
fn of_a_thousand_networks_one_is_said() {
    let servers: Vec<String> = (0..1000)
        .map(|n| format!("irc{n}.example.org:6697"))
        .collect();
    let servers: Vec<[&str; 1]> = servers.iter().map(|server| [server.as_str()]).collect();
    let all: Vec<(&str, &[&str])> = servers.iter().map(|server| ("n", &server[..])).collect();
    assert!(line(&all).len() < 200);
}
