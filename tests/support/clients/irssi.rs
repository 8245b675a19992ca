//! irssi in a tmux of its own: keys go in; its raw log and its screen come out.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::Device;
use crate::support::account::Account;
use crate::support::process::{Running, need, run, try_until, until};

/// An irssi with the gateway as its server `iim`.
pub struct Irssi {
    account: Account,
    dir: PathBuf,
    _tmux: Running,
}

impl Irssi {
    /// Starts it, and types what was printed for the device.
    #[track_caller]
    pub fn start(account: &Account, device: &Device) -> Self {
        need(&["tmux", "irssi"]);
        let dir = account.folder("irssi");
        let mut command = account.command("/usr/bin/setpriv");
        command.args(["--pdeathsig", "TERM", "--", "tmux", "-u", "-f", "/dev/null"]);
        command.args(["-D", "-S"]).arg(dir.join("tmux"));
        command.env("LANG", "C.UTF-8").env("IRCNICK", &account.name);
        let log = account.home.join("tmux.log");
        let tmux = Running::start("tmux", &mut command, &log);
        let irssi = Self {
            account: account.clone(),
            dir,
            _tmux: tmux,
        };
        until("tmux's socket", 20, || {
            irssi.dir.join("tmux").exists().then_some(())
        });
        let run = format!("irssi --home={}", irssi.dir.display());
        irssi.tmux(&[
            "new-session",
            "-d",
            "-x",
            "110",
            "-y",
            "50",
            "-s",
            "i",
            &run,
        ]);
        irssi.until_screen("irssi to start", |screen| screen.contains("[(status)]"));
        let logs = irssi.dir.join("$0.log").display().to_string();
        irssi.type_in(&format!("/set autolog_path {logs}"));
        irssi.type_in("/set autolog on");
        for line in device.lines("irssi") {
            if line.starts_with("/connect") {
                let raw = irssi.dir.join("raw").display().to_string();
                let auto = format!("/network modify -autosendcmd \"^rawlog open {raw}\" iim");
                irssi.type_in(&auto);
            }
            irssi.type_in(&line);
        }
        irssi
    }

    fn tmux(&self, args: &[&str]) -> String {
        let mut command: Command = self.account.command("tmux");
        command.args(["-u", "-S"]).arg(self.dir.join("tmux"));
        let out = run(command.args(args).env("LANG", "C.UTF-8"), b"");
        out.expect_code(0, &format!("tmux {args:?}"))
    }

    /// Types a line.
    pub fn type_in(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "i", "-l", "--", text]);
        self.tmux(&["send-keys", "-t", "i", "Enter"]);
    }

    /// What stands on its screen.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "i"])
    }

    /// Waits until the screen is right.
    #[track_caller]
    pub fn until_screen(&self, what: &str, right: impl Fn(&str) -> bool) {
        try_until(&format!("irssi's screen: {what}"), 30, || {
            let screen = self.screen();
            if right(&screen) { Ok(()) } else { Err(screen) }
        });
    }

    /// What it has got, line by line, without what stands before the command's source.
    pub fn got(&self) -> Vec<String> {
        let raw = fs::read(self.dir.join("raw")).unwrap_or_default();
        String::from_utf8_lossy(&raw)
            .lines()
            .filter_map(|line| line.strip_prefix(">> ").map(str::to_owned))
            .collect()
    }

    /// Waits for a line from the gateway.
    #[track_caller]
    pub fn until_got(&self, what: &str, seconds: u64, right: impl Fn(&str) -> bool) -> String {
        try_until(&format!("irssi to get {what}"), seconds, || {
            let got = self.got();
            match got.iter().find(|line| right(line)) {
                Some(line) => Ok(line.clone()),
                None => Err(got.join("\n")),
            }
        })
    }

    /// When the lines were sent that it has got in private and are `right` without their tags, in seconds.
    pub fn times(&self, right: impl Fn(&str) -> bool) -> Vec<i64> {
        let got = self.got();
        let tagged = got
            .iter()
            .filter_map(|line| line.strip_prefix("@time=")?.split_once(' '));
        tagged
            .filter(|(_, line)| right(line))
            .map(|(time, _)| time.parse::<jiff::Timestamp>().unwrap().as_second())
            .collect()
    }

    /// What it shows in a window, line by line, without the time of day.
    pub fn shown(&self, window: &str) -> Vec<String> {
        let log = fs::read(self.dir.join(format!("{window}.log"))).unwrap_or_default();
        String::from_utf8_lossy(&log)
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(_, line)| line.to_owned())
            .collect()
    }

    /// Waits until it shows a line in a window.
    #[track_caller]
    pub fn until_shown(&self, window: &str, line: &str) {
        try_until(&format!("irssi to show {line:?} in {window}"), 30, || {
            let shown = self.shown(window);
            if shown.iter().any(|one| one == line) {
                Ok(())
            } else {
                Err(format!("{shown:#?}\n{}", self.screen()))
            }
        });
    }

    /// Connects again, and waits until the gateway has said all it has to say at once.
    #[track_caller]
    pub fn reconnect(&self) {
        let before = self.ends_of_names();
        self.type_in("/connect iim");
        try_until("irssi to be there again", 30, || {
            if self.ends_of_names() > before {
                Ok(())
            } else {
                Err(self.screen())
            }
        });
    }

    fn ends_of_names(&self) -> usize {
        let got = self.got();
        got.iter().filter(|line| line.contains(" 366 ")).count()
    }
}

impl Drop for Irssi {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("IIM_SHOW_CLIENTS").is_some() {
            eprintln!("-- irssi got\n{}", self.got().join("\n"));
        }
    }
}
