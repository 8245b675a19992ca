//! ngircd, as the tests want it.

use super::super::port::free_port;
use super::{Ircd, folder, path, shown};
use std::fmt::Write as _;
use std::fs;

/// What can be chosen for an ngircd; the default is the server's own defaults but for the four connections of one host.
#[derive(Clone, Debug)]
pub struct Ngircd {
    /// `MaxNickLength`; 9 is the default of the server.
    pub nicklen: u8,
    /// `MaxConnectionsIP`; 0 = no limit.
    pub connections: u16,
    /// No penalty time: no lag after a burst of lines.
    pub unlimited: bool,
    /// The name of the server.
    pub name: String,
    /// The name in ISUPPORT NETWORK.
    pub network: String,
    /// The password that clients must give (PASS).
    pub password: Option<String>,
    /// Lines put at the end of the configuration.
    pub more: String,
}

impl Default for Ngircd {
    fn default() -> Self {
        Self {
            nicklen: 9,
            connections: 0,
            unlimited: false,
            name: "ng.test.invalid".into(),
            network: "NgNet".into(),
            password: None,
            more: String::new(),
        }
    }
}

impl Ngircd {
    /// Long nicks, no limits.
    pub fn relaxed() -> Self {
        Self {
            nicklen: 30,
            unlimited: true,
            ..Self::default()
        }
    }

    /// One that knows another server, and links to it if it is told at which port that is.
    pub fn linked(name: &str, other: &str, at: Option<u16>) -> Self {
        let port = at.map_or(String::new(), |port| {
            format!("Host = 127.0.0.1\nPort = {port}\n")
        });
        Self {
            name: name.to_owned(),
            more: format!(
                "[Limits]\nConnectRetry = 5\n\
                 [Server]\nName = {other}\n{port}MyPassword = p\nPeerPassword = p\n"
            ),
            ..Self::default()
        }
    }

    /// Starts the server and waits until it answers.
    #[track_caller]
    pub fn start(self) -> Ircd {
        let dir = folder();
        let port = free_port();
        let conf = dir.path().join("ngircd.conf");
        fs::write(&conf, self.config(port)).unwrap();
        let command = vec![path("ngircd"), "-n".into(), "-f".into(), shown(&conf)];
        Ircd::launch(dir, port, None, self.network, command)
    }

    fn config(&self, port: u16) -> String {
        let Self {
            nicklen,
            connections,
            unlimited,
            name,
            network,
            password,
            more,
        } = self;
        let mut text = format!(
            "[Global]\nName = {name}\nInfo = test\nNetwork = {network}\nListen = 127.0.0.1\n\
             Ports = {port}\nMotdPhrase = hello\n"
        );
        if let Some(password) = password {
            writeln!(text, "Password = {password}").unwrap();
        }
        writeln!(
            text,
            "[Limits]\nMaxNickLength = {nicklen}\nMaxConnectionsIP = {connections}"
        )
        .unwrap();
        if *unlimited {
            writeln!(text, "MaxPenaltyTime = 0").unwrap();
        }
        text.push_str("[Options]\nIdent = no\nDNS = no\nPAM = no\nMorePrivacy = no\n");
        text.push_str(more);
        text
    }
}
