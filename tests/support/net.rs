//! IRC networks of the kinds that people meet, each one server on loopback.

use super::ircd::{Inspircd, Ircd, Ngircd};
use super::process::need;

/// Which server, and with which limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No MONITOR, NICKLEN 9, its default limits.
    Ngircd,
    /// The same without limits.
    RelaxedNgircd,
    /// MONITOR, its default limits (fifteen lines at once and it throws one out).
    Inspircd,
    /// MONITOR, no limits.
    RelaxedInspircd,
}

/// A network under the name that accounts give it.
pub struct Network {
    name: String,
    server: Ircd,
}

impl Network {
    #[track_caller]
    pub fn start(kind: Kind, name: &str) -> Self {
        let server = match kind {
            Kind::Ngircd => {
                need(&["ngircd"]);
                Ngircd::default().start()
            }
            Kind::RelaxedNgircd => {
                need(&["ngircd"]);
                Ngircd {
                    unlimited: true,
                    ..Ngircd::default()
                }
                .start()
            }
            Kind::Inspircd => {
                need(&["inspircd"]);
                Inspircd::default().start()
            }
            Kind::RelaxedInspircd => {
                need(&["inspircd"]);
                Inspircd::relaxed().start()
            }
        };
        Self {
            name: name.to_owned(),
            server,
        }
    }

    /// What `iim setup --network` takes.
    pub fn url(&self) -> String {
        format!("{}=irc://{}", self.name, self.server.address())
    }

    pub fn port(&self) -> u16 {
        self.server.port
    }

    pub fn kill(&mut self) {
        self.server.kill();
    }

    pub fn restart(&mut self) {
        self.server.start_again();
    }

    pub fn log(&self) -> String {
        self.server.output()
    }

    /// Whether the server closed a connection for sending too much.
    pub fn has_thrown_out(&self) -> bool {
        let log = self.log();
        ["Excess Flood", "RecvQ exceeded", "Excess flood"]
            .iter()
            .any(|words| log.contains(words))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("-- the last of the output of {}'s server", self.name);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}
