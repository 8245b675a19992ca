//! WeeChat without a terminal: lines go into its FIFO; a script of ours inside it writes down what its user sees.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use rustix::fs::OFlags;
use serde_json::Value;

use super::Device;
use crate::support::account::Account;
use crate::support::process::{Running, need, try_until, until};

/// A WeeChat with the gateway as its server `iim`.
pub struct Weechat {
    dir: PathBuf,
    _running: Running,
}

/// A line of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// In seconds.
    pub time: i64,
    /// Who, as it stands in front.
    pub prefix: String,
    pub text: String,
}

impl Weechat {
    /// Starts it, and types what was printed for the device.
    #[track_caller]
    pub fn start(account: &Account, device: &Device) -> Self {
        need(&["weechat-headless"]);
        let dir = account.folder("weechat");
        account.folder("weechat/python");
        account.folder("weechat/python/autoload");
        account.write("weechat/python/autoload/seen.py", include_str!("seen.py"));
        let mut command = account.command("/usr/bin/setpriv");
        command
            .args(["--pdeathsig", "TERM", "--", "weechat-headless", "-d"])
            .arg(&dir)
            .args(["-P", "alias,fifo,irc,logger,python", "-r"])
            .arg(format!("/set fifo.file.path {}/fifo", dir.display()))
            // It takes the nick from the system's list of users, not from USER.
            .args([
                "-r",
                &format!("/set irc.server_default.nicks {}", account.name),
            ])
            .env("LANG", "C.UTF-8");
        for line in device.lines("WeeChat") {
            command.arg("-r").arg(line);
        }
        let log = account.home.join("weechat.log");
        let running = Running::start("WeeChat", &mut command, &log);
        let weechat = Self {
            dir,
            _running: running,
        };
        until("WeeChat's FIFO", 20, || {
            weechat.dir.join("fifo").exists().then_some(())
        });
        weechat
    }

    /// Types a line into a buffer (`server.iim`, `iim.bob`).
    #[track_caller]
    pub fn type_in(&self, buffer: &str, text: &str) {
        // The FIFO is there a moment before WeeChat reads from it.
        let mut fifo = try_until("WeeChat to read its FIFO", 30, || {
            fs::OpenOptions::new()
                .write(true)
                .custom_flags(OFlags::NONBLOCK.bits() as i32)
                .open(self.dir.join("fifo"))
                .map_err(|e| e.to_string())
        });
        writeln!(fifo, "irc.{buffer} *{text}").unwrap();
    }

    /// A command that needs no buffer of its own.
    #[track_caller]
    pub fn command(&self, text: &str) {
        self.type_in("server.iim", text);
    }

    fn buffer(&self, name: &str) -> Option<Value> {
        let text = fs::read(self.dir.join("seen.json")).ok()?;
        let seen: Vec<Value> = serde_json::from_slice(&text).unwrap();
        seen.into_iter()
            .find(|buffer| buffer["name"] == format!("irc.{name}"))
    }

    /// The lines of a buffer; none if it is not there.
    pub fn lines(&self, buffer: &str) -> Vec<Line> {
        let buffer = self.buffer(buffer).unwrap_or_default();
        let lines = buffer["lines"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        lines
            .iter()
            .map(|line| Line {
                time: line["time"].as_i64().unwrap(),
                prefix: text(&line["prefix"]),
                text: text(&line["text"]),
            })
            .collect()
    }

    /// Waits for a line of a buffer.
    #[track_caller]
    pub fn until_line(&self, buffer: &str, seconds: u64, right: impl Fn(&Line) -> bool) -> Line {
        let what = format!("WeeChat's line in {buffer}");
        try_until(&what, seconds, || {
            let lines = self.lines(buffer);
            match lines.iter().find(|line| right(line)) {
                Some(line) => Ok(line.clone()),
                None => Err(format!("{lines:#?}")),
            }
        })
    }

    /// Waits until `prefix` has said `text` in a buffer.
    #[track_caller]
    pub fn until_said(&self, buffer: &str, prefix: &str, text: &str) -> Line {
        self.until_line(buffer, 30, |line| {
            line.prefix.trim_start_matches(['+', '@']) == prefix && line.text == text
        })
    }

    /// Waits until somebody stands in `&friends` with this prefix (`+` is online, `` away, `@` the service), or not
    /// (`None`).
    #[track_caller]
    pub fn until_nick(&self, nick: &str, mode: Option<&str>, seconds: u64) {
        let what = format!("WeeChat's list of nicks to have {nick} as {mode:?}");
        try_until(&what, seconds, || {
            let buffer = self.buffer("iim.&friends").unwrap_or_default();
            if buffer["nicks"][nick].as_str() == mode && !buffer.is_null() {
                Ok(())
            } else {
                Err(buffer["nicks"].to_string())
            }
        });
    }

    /// Waits until these stand in a channel's list, each with their prefix in front, in the order of their nicks.
    #[track_caller]
    pub fn until_nicks(&self, buffer: &str, wanted: &[&str]) {
        try_until(&format!("WeeChat to list {wanted:?}"), 30, || {
            let seen = self.buffer(buffer).unwrap_or_default();
            let nicks = seen["nicks"].as_object().cloned().unwrap_or_default();
            let listed: BTreeSet<(&String, &str)> = nicks
                .iter()
                .map(|(nick, prefix)| (nick, prefix.as_str().unwrap()))
                .collect();
            let listed: Vec<String> = listed
                .iter()
                .map(|(nick, prefix)| format!("{prefix}{nick}"))
                .collect();
            match listed == wanted {
                true => Ok(()),
                false => Err(format!("{listed:?}")),
            }
        });
    }

    /// All that is seen, for people to read.
    pub fn screen(&self) -> String {
        let text = fs::read(self.dir.join("seen.json")).unwrap_or_default();
        let seen: Vec<Value> = serde_json::from_slice(&text).unwrap_or_default();
        let mut all = String::new();
        for buffer in seen {
            all.push_str(&format!("== {} {}\n", buffer["name"], buffer["nicks"]));
            for line in buffer["lines"].as_array().unwrap() {
                let word = |key: &str| line[key].as_str().unwrap().to_owned();
                let (prefix, text) = (word("prefix"), word("text"));
                all.push_str(&format!("{} {prefix:>14} | {text}\n", line["time"]));
            }
        }
        all
    }
}

impl Drop for Weechat {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("IIM_SHOW_CLIENTS").is_some() {
            eprintln!("-- WeeChat\n{}", self.screen());
        }
    }
}
