//! `config.toml`: whatever is read holds what the rest of the program relies on, a fault has its place, and what
//! `iim setup` writes is read as it was meant.
#![no_main]

use std::path::Path;

use iim::edge::config::{Config, ConfigError, MailOut, NetworkUrl, Security, Setup};
use iim::protocol::address::Address;
use iim::protocol::time::DAY;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    match first {
        b'S' => set_up(text),
        _ => read(std::str::from_utf8(bytes).unwrap_or(text)),
    }
});

fn read(text: &str) {
    match Config::parse(text, Path::new("/home/alice/config.toml")) {
        Ok(config) => sound(&config),
        Err(ConfigError::Wrong(_, line, column, what)) => {
            assert!(
                line >= 1 && line <= text.matches('\n').count() + 1,
                "line {line}"
            );
            let of_line = text.split('\n').nth(line - 1).unwrap_or_default();
            assert!(
                column >= 1 && column <= of_line.chars().count() + 1,
                "column {column}"
            );
            assert!(
                !what.is_empty() && !what.contains('\n'),
                "one line: {what:?}"
            );
        }
        Err(other) => panic!("{other}"),
    }
}

/// What the rest of the program takes for granted.
fn sound(config: &Config) {
    assert_eq!(
        Address::parse(config.address.as_str()).as_ref(),
        Ok(&config.address)
    );
    assert!(config.name.len() <= 64 && !config.name.contains(char::is_control));
    assert!(config.networks.len() <= 8);
    for (i, network) in config.networks.iter().enumerate() {
        assert!(
            iim::protocol::letter::Network::is_name(&network.name),
            "{:?}",
            network.name
        );
        assert!((1..=4).contains(&network.servers.len()));
        for server in &network.servers {
            assert!(
                iim::protocol::letter::Network::is_server(&server.to_string()),
                "{server}"
            );
            assert!(
                network.tls || network.insecure || server.is_loopback(),
                "{server} without TLS"
            );
        }
        assert!(
            config
                .networks
                .iter()
                .skip(i + 1)
                .all(|other| other.name != network.name)
        );
        assert!(network.flood.burst >= 1 && network.flood.per_second >= 0.01);
        assert!(
            network
                .ca
                .iter()
                .chain(&network.client_cert)
                .all(|path| path.is_absolute())
        );
    }
    assert!((3_600..=2_592_000).contains(&config.presence.window));
    assert!((1..=3_600).contains(&config.presence.poll.as_secs()) && config.presence.grace <= DAY);
    let known = |name: &String| config.networks.iter().any(|network| network.name == *name);
    assert!(config.presence.watch.iter().all(known));
    match &config.mail.out {
        MailOut::Sendmail(words) => assert!(words.first().is_some_and(|word| !word.is_empty())),
        MailOut::Smtp(smtp) => {
            assert!(smtp.url.security != Security::Plain || smtp.url.server.is_loopback());
            assert_eq!(smtp.url.user.is_some(), smtp.login.is_some());
        }
    }
    assert_ne!(config.mail.per_day, Some(0));
    for words in config.hooks.values() {
        assert!(words.first().is_some_and(|word| !word.is_empty()));
    }
}

/// An address, a name, a network, a command and a server, a line each, as `iim setup` was told them.
fn set_up(text: &str) {
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let Ok(address) = Address::parse(next()) else {
        return;
    };
    let name = Some(next()).filter(|name| {
        !name.is_empty()
            && name.len() <= 64
            && !name.contains(char::is_control)
            && name.trim() == *name
    });
    let networks: Vec<NetworkUrl> = next().parse().into_iter().collect();
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (sendmail, smtp) = (given(next()), given(next()));
    let setup = Setup {
        address,
        name: name.map(str::to_owned),
        networks,
        smtp: smtp.filter(|_| sendmail.is_none()),
        sendmail,
        token_command: None,
        ca: None,
        per_day: None,
        fetch: None,
        gateway: false,
    };
    let written = setup.template();
    let mail = setup.sendmail.as_ref().or(setup.smtp.as_ref());
    let config = match (
        Config::parse(&written, Path::new("/x/config.toml")),
        mail,
    ) {
        (Ok(config), _) => config,
        // Words of a command and a server's address are checked by what reads the file.
        (Err(_), Some(_)) => return,
        (Err(fault), None) => panic!("{fault}\n{written}"),
    };
    sound(&config);
    assert_eq!(config.address, setup.address);
    assert_eq!(
        config.name,
        setup
            .name
            .unwrap_or_else(|| setup.address.local().to_owned())
    );
    assert_eq!(config.networks.len(), setup.networks.len());
    for (read, told) in config.networks.iter().zip(&setup.networks) {
        assert_eq!(
            (&read.name, &read.servers, read.tls),
            (&told.name, &vec![told.server.clone()], told.tls)
        );
    }
}
