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

#[test]
fn nothing_is_joined_for_a_friend_where_the_user_may_hide_their_host() {
    let proxy = "proxy = 'socks5://127.0.0.1:9050'";
    let home = "[[network]]\nname = 'home'\nservers = ['127.0.0.1:6667']\ntls = false\n";
    let plain = "sasl = { mechanism = 'plain', user = 'a', password_command = 'pass x' }";
    for (text, joins) in [
        (network("a", ""), true),
        (network("a", "") + home, true),
        (network("a", proxy) + &network("b", proxy), true),
        (String::new(), false),
        (home.to_owned(), false),
        (network("a", proxy) + &network("b", ""), false),
        (network("a", "") + &network("b", plain), false),
        (network("a", "server_password_file = '/x'"), false),
        (network("a", "client_cert = '/a/cert'"), false),
    ] {
        let config = config(&text);
        let one = joined("oftc", "irc.oftc.net:6697");
        let followed = Joined {
            how: How::Followed,
            ..one.clone()
        };
        let joining = config.joining(&followed);
        assert_eq!(joining.is_ok(), joins, "{text}: {joining:?}");
        // Asked, all can be joined for which the way is known.
        let asked = config.joining(&one);
        let ways = matches!(asked, Err(JoinError::Ways));
        assert!(asked.is_ok() || ways, "{text}: {asked:?}");
    }
}

#[test]
fn rooms_are_joined_where_all_of_the_file_have_them() {
    let groups = |text: &str| {
        let joining = config(text).joining(&joined("oftc", "irc.oftc.net:6697"));
        joining.unwrap().groups
    };
    assert!(groups(&(network("a", "") + &network("b", ""))));
    assert!(!groups(
        &(network("a", "") + &network("b", "groups = false"))
    ));
}

#[test]
fn a_well_known_network_is_joined_once_and_no_other_by_its_name() {
    let text = "[[network]]\nname = 'chat'\nservers = ['irc.us.libera.chat:6697']\n";
    let why = |name: &str, server: &str| config(text).joining(&joined(name, server));
    assert_eq!(
        why("libera", "irc.libera.chat:6697"),
        Err(JoinError::There(
            "chat".to_owned(),
            "irc.us.libera.chat:6697".to_owned()
        ))
    );
    assert!(matches!(
        why("oftc", "irc.example.org:6697"),
        Err(JoinError::Pretended(..))
    ));
}

#[test]
fn only_servers_of_the_file_are_believed_what_they_call_themselves() {
    let text = network("a", "")
        + &network("b", "tls = false\ninsecure = true")
        + "[[network]]\nname = 'c'\nservers = ['irc.oftc.net:6697']\n";
    let mut config = config(&text);
    config.take_joined(&[joined("d", "irc.d.example:6697")]);
    let called = |at: usize, said| config.networks[at].ours(said).called;
    let so = Some(Some("OFTC"));
    assert_eq!(called(0, so), Called::By("oftc".to_owned()));
    assert_eq!(called(0, None), Called::Unknown);
    assert_eq!(called(0, Some(None)), Called::Nothing);
    for at in [1, 3] {
        assert_eq!(called(at, so), Called::Nothing);
        assert_eq!(called(at, None), Called::Nothing);
    }
    assert_eq!(called(2, None), Called::Nothing, "it is known which it is");
}
