//! What may stand beside the networks of the file.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use super::*;
use crate::protocol::letter;
use crate::protocol::time::Seconds;

fn config(more: &str) -> Config {
    let text = format!("address = 'alice@example.org'\n{more}");
    Config::parse(&text, Path::new("/nowhere/config.toml")).unwrap()
}

fn network(name: &str, more: &str) -> String {
    format!("[[network]]\nname = '{name}'\nservers = ['irc.{name}.example:6697']\n{more}\n")
}

fn joined(name: &str, server: &str) -> Joined {
    Joined {
        network: letter::Network {
            name: name.to_owned(),
            servers: vec![server.to_owned()],
        },
        tls: true,
        how: How::Asked,
        since: Seconds(1),
        met: Seconds(1),
    }
}

fn names(config: &Config) -> Vec<&str> {
    config
        .networks
        .iter()
        .map(|one| one.name.as_str())
        .collect()
}

#[test]
fn a_joined_network_counts_and_is_watched_though_only_others_are_named() {
    let text = network("a", "") + &network("b", "") + "[presence]\nwatch = ['b']\n";
    let mut config = config(&text);
    let file = config.clone();
    let left = Joined {
        how: How::Left,
        ..joined("left", "irc.left.example:1")
    };
    config.take_joined(&[joined("oftc", "irc.oftc.net:6697"), left]);
    assert_eq!(names(&config), ["a", "b", "oftc"]);
    assert_eq!(config.presence.watch, ["b", "oftc"]);
    let oftc = &config.networks[2];
    assert!(oftc.tls && oftc.joined && oftc.groups && oftc.proxy.is_none());
    config.take_joined(&[]);
    assert_eq!(config, file);
}

#[test]
fn what_is_there_already_is_not_joined() {
    let config = config(&network("a", ""));
    let why = |name: &str, server: &str| config.joining(&joined(name, server)).unwrap_err();
    let server = "irc.a.example:6697";
    let there = JoinError::There("a".to_owned(), server.to_owned());
    assert_eq!(why("b", server), there);
    assert_eq!(why("a", server), there);
    assert_eq!(why("b", "IRC.A.example:6697"), there);
    let named = JoinError::Named("a".to_owned(), server.to_owned());
    assert_eq!(why("a", "irc.b.example:6697"), named);
    assert!(matches!(why("b", "nonsense"), JoinError::Wrong(_)));
}

#[test]
fn there_are_eight_in_all_and_those_of_the_file_come_first() {
    let mut text = String::new();
    for number in 0..6 {
        text += &network(&format!("n{number}"), "");
    }
    let mut config = config(&text);
    let more = [1, 2, 3].map(|n| joined(&format!("j{n}"), &format!("irc{n}.example.org:6697")));
    config.take_joined(&more);
    assert_eq!(names(&config)[6..], ["j1", "j2"]);
    assert_eq!(config.joining(&more[2]), Err(JoinError::Full));
}

#[test]
fn whoever_hides_behind_a_proxy_is_not_shown_by_a_joined_network() {
    let proxy = "proxy = 'socks5://127.0.0.1:9050'";
    let home = "[[network]]\nname = 'home'\nservers = ['127.0.0.1:6667']\ntls = false\n";
    let way = |text: &str| {
        let joining = config(text).joining(&joined("oftc", "irc.oftc.net:6697"));
        joining.map(|network| network.proxy.map(|proxy| proxy.0.to_string()))
    };
    let tor = Some("127.0.0.1:9050".to_owned());
    assert_eq!(
        way(&(network("a", proxy) + &network("b", proxy) + home)),
        Ok(tor)
    );
    assert_eq!(way(&(network("a", "") + home)), Ok(None));
    assert_eq!(
        way(&(network("a", proxy) + &network("b", ""))),
        Err(JoinError::Ways)
    );
    let mut mixed = config(&(network("a", proxy) + &network("b", "")));
    mixed.take_joined(&[joined("oftc", "irc.oftc.net:6697")]);
    assert_eq!(
        names(&mixed),
        ["a", "b"],
        "it was joined before the proxy was"
    );
}

#[test]
fn a_well_known_server_brings_its_networks_name() {
    for (url, name) in [
        ("ircs://irc.oftc.net", "oftc"),
        ("mine=ircs://irc.oftc.net", "mine"),
        ("ircs://irc.example.org", "irc.example.org"),
    ] {
        let url: NetworkUrl = url.parse().unwrap();
        assert_eq!(url.well_named().name, name);
    }
}
