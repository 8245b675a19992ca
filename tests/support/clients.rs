//! Other people's IRC clients, headless: WeeChat by its FIFO, irssi in a tmux, The Lounge in Chromium.
//!
//! The first two are told what `iim device add` prints for them, so that these lines are proved too.

pub mod irssi;
pub mod lounge;
pub mod weechat;

use super::account::Account;

/// A device of somebody's: its name, its password, and what to type in which client.
pub struct Device {
    pub name: String,
    printed: String,
}

impl Device {
    /// `iim device add`.
    #[track_caller]
    pub fn add(account: &Account, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            printed: account.ok(&["device", "add", name]),
        }
    }

    /// Its password.
    #[track_caller]
    pub fn password(&self) -> &str {
        let line = self.printed.lines().nth(1);
        line.map(str::trim).unwrap_or_default()
    }

    /// The lines under a client's name.
    #[track_caller]
    pub fn lines(&self, client: &str) -> Vec<String> {
        let lines: Vec<String> = self
            .printed
            .lines()
            .skip_while(|line| *line != client)
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .map(|line| line.trim().to_owned())
            .collect();
        assert!(
            lines.iter().any(|line| line.starts_with("/connect")),
            "nothing for {client} in {}",
            self.printed
        );
        lines
    }
}
