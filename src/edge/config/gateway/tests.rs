//! Tables of cases: what `[gateway]` takes, and what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
use std::path::Path;

use super::*;
use crate::edge::config::{Config, ConfigError};

fn parse(table: &str) -> Result<Config, ConfigError> {
    let text = format!("address = 'a@b.example'\n[gateway]\n{table}");
    Config::parse(&text, Path::new("/nowhere/config.toml"))
}

fn read(table: &str) -> Gateway {
    let config = parse(table).unwrap_or_else(|e| panic!("{table}: {e}"));
    config.gateway.unwrap()
}

#[test]
fn without_a_word_it_is_reached_from_this_machine_by_devices() {
    let Gateway {
        listen,
        certificate,
        login,
        replay,
        self_messages,
        tags,
        origins,
    } = read("");
    assert!(self_messages && tags.is_empty());
    let shown: Vec<String> = listen.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["unix", "127.0.0.1:6667"]);
    assert!(listen.iter().all(Listen::is_local));
    assert_eq!((certificate, login, replay), (None, Login::Devices, None));
    assert!(origins.is_empty());
}

#[test]
fn without_the_section_there_is_none() {
    let path = Path::new("/nowhere/config.toml");
    let config = Config::parse("address = 'a@b.example'", path).unwrap();
    assert_eq!(config.gateway, None);
}

#[test]
fn every_form_of_a_listener_is_read_and_written() {
    for (text, written, local, tls) in [
        ("unix", "unix", true, false),
        ("unix:/run/x.sock", "unix:/run/x.sock", true, false),
        ("127.0.0.1:6667", "127.0.0.1:6667", true, false),
        ("127.9.8.7:1", "127.9.8.7:1", true, false),
        ("localhost:6667", "127.0.0.1:6667", true, false),
        ("[::1]:6667", "[::1]:6667", true, false),
        ("tls://127.0.0.1:6697", "tls://127.0.0.1:6697", true, true),
        ("tls://0.0.0.0:6697", "tls://0.0.0.0:6697", false, true),
        ("tls://[::]:6697/", "tls://[::]:6697", false, true),
        ("ws://127.0.0.1:8067", "ws://127.0.0.1:8067", true, false),
        ("wss://192.0.2.1:443", "wss://192.0.2.1:443", false, true),
    ] {
        let listen = Listen::try_from(text.to_owned()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(listen.to_string(), written);
        let is_tls = matches!(listen, Listen::Tcp { tls: true, .. });
        assert_eq!((listen.is_local(), is_tls), (local, tls), "{text}");
    }
}

#[test]
fn what_is_no_listener_is_refused_and_not_repeated() {
    for text in [
        "",
        "unix:",
        "6667",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:70000",
        "irc.example.org:6667",
        "tls://irc.example.org:6697",
        "http://127.0.0.1:80",
        "tls://me:hunter2@127.0.0.1:6697",
        "hunter2",
    ] {
        let told = Listen::try_from(text.to_owned()).unwrap_err();
        assert!(told.contains("a listener is written"), "{text}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn clear_text_stays_on_this_machine() {
    for (text, instead) in [
        ("0.0.0.0:6667", "tls://0.0.0.0:6667"),
        ("192.0.2.1:6667", "tls://192.0.2.1:6667"),
        ("[::]:6667", "tls://[::]:6667"),
        ("ws://0.0.0.0:8067", "wss://0.0.0.0:8067"),
        // Not loopback to the system, whatever it is mapped to.
        ("[::ffff:127.0.0.1]:6667", "tls://"),
    ] {
        let told = Listen::try_from(text.to_owned()).unwrap_err();
        assert!(
            told.contains("without TLS") && told.contains(instead),
            "{text}: {told}"
        );
    }
}

#[test]
fn certificates_and_passwords_are_found_beside_the_configuration() {
    let gateway = read(
        "listen = ['tls://0.0.0.0:6697', 'unix:my.sock']\ncertificate = 'cert.pem'\nkey = '/etc/key.pem'\n\
         password_file = 'one'\nreplay = 500\norigins = ['HTTPS://chat.example/', 'http://127.0.0.1:9000']",
    );
    let certificate = gateway.certificate.unwrap();
    assert_eq!(certificate.chain, Path::new("/nowhere/cert.pem"));
    assert_eq!(certificate.key, Path::new("/etc/key.pem"));
    assert_eq!(
        gateway.listen[1],
        Listen::Unix(Some("/nowhere/my.sock".into()))
    );
    assert_eq!(
        gateway.login,
        Login::Password(Password::File("/nowhere/one".into()))
    );
    assert_eq!(gateway.replay, Some(500));
    assert_eq!(
        gateway.origins,
        ["https://chat.example", "http://127.0.0.1:9000"]
    );
}

#[test]
fn a_key_in_the_same_file_needs_no_mention() {
    let certificate = read("certificate = '/both.pem'").certificate.unwrap();
    assert_eq!(certificate.chain, certificate.key);
}

#[test]
fn nobody_from_elsewhere_comes_in_without_a_login() {
    for listen in [
        "'unix'",
        "'127.0.0.1:6667', 'ws://[::1]:8067'",
        "'tls://127.0.0.1:1'",
    ] {
        let gateway = read(&format!(
            "listen = [{listen}]\nopen = true\ncertificate = 'x'"
        ));
        assert_eq!(gateway.login, Login::Open, "{listen}");
    }
    assert_eq!(read("open = false").login, Login::Devices);
}

#[test]
fn a_fault_is_told_with_its_place_and_no_password() {
    for (table, line, column, what) in [
        ("listen = []", 2, 1, "one to 16"),
        (
            "listen = ['unix', 'hunter2']",
            3,
            10,
            "a listener is written",
        ),
        ("listen = ['unix', 'unix']", 3, 19, "twice"),
        ("listen = ['[::1]:1', 'ws://[::1]:1']", 3, 22, "twice"),
        ("listen = ['0.0.0.0:6667']", 3, 10, "without TLS"),
        ("listen = ['tls://0.0.0.0:6697']", 2, 1, "needs certificate"),
        ("key = 'x'", 2, 1, "goes with certificate"),
        ("open = true\npassword_file = 'x'", 3, 8, "no password"),
        (
            "open = true\ncertificate = 'x'\nlisten = ['tls://0.0.0.0:1']",
            3,
            8,
            "everybody who reaches tls://0.0.0.0:1",
        ),
        (
            "password_file = 'x'\npassword_command = 'y'",
            2,
            1,
            "not both",
        ),
        ("origins = ['*']", 3, 11, "an origin is written"),
        (
            "origins = ['https://chat.example/path']",
            3,
            11,
            "an origin is written",
        ),
        (
            "origins = ['https://me:hunter2@chat.example']",
            3,
            11,
            "an origin is written",
        ),
        ("replay = 'hunter2'", 3, 10, "invalid type"),
        ("replay = -1", 3, 10, ""),
        ("password = 'hunter2'", 3, 1, "unknown field"),
        ("open = 'hunter2'", 3, 8, "invalid type"),
    ] {
        let told = parse(table).unwrap_err();
        let ConfigError::Wrong(_, at, across, said) = &told else {
            panic!("{table}: {told}")
        };
        assert_eq!((*at, *across), (line, column), "{table}: {told}");
        assert!(said.contains(what), "{table}: {said}");
        assert!(!told.to_string().contains("hunter2"), "{told}");
    }
}

#[test]
fn what_devices_show_is_said_by_their_names_in_any_case() {
    let gateway = read("tags = { Phone = true, laptop = false }");
    let tags: Vec<(&str, bool)> = gateway
        .tags
        .iter()
        .map(|(name, is)| (name.as_str(), *is))
        .collect();
    assert_eq!(tags, [("laptop", false), ("phone", true)]);
}
