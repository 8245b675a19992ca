//! What a person sees happen, line by line, and when: `iim watch` beside the agent.

use std::time::Instant;

use serde_json::Value;

use crate::support::account::Account;
use crate::support::process::{Running, try_until};

/// Somebody who watches all the time.
pub struct Eyes {
    watching: Running,
    name: String,
}

impl Eyes {
    /// Opens them; the agent must be there.
    pub fn open(account: &Account) -> Self {
        let mut command = account.command("/usr/bin/setpriv");
        command
            .args(["--pdeathsig", "TERM", "--"])
            .arg(&account.program)
            .args(["watch", "--json"]);
        let name = format!("{}'s eyes", account.name);
        let log = account.home.join("watch.log");
        let _ = std::fs::remove_file(&log);
        let watching = Running::start(&name, &mut command, &log);
        Self { watching, name }
    }

    /// All that was seen so far.
    pub fn seen(&self) -> Vec<Value> {
        let log = self.watching.log();
        let whole = log
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        whole
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Now, as a place in what is seen.
    pub fn mark(&self) -> usize {
        self.seen().len()
    }

    /// What was seen after a place.
    pub fn since(&self, mark: usize) -> Vec<Value> {
        self.seen().split_off(mark)
    }

    /// Waits until something is seen after a place; the seconds that it took from `begun`.
    #[track_caller]
    pub fn until(
        &self,
        (mark, begun): (usize, Instant),
        what: &str,
        seconds: u64,
        right: impl Fn(&Value) -> bool,
    ) -> f64 {
        try_until(&format!("{}: {what}", self.name), seconds, || {
            let seen = self.since(mark);
            match seen.iter().any(&right) {
                true => Ok(()),
                false => Err(format!("{seen:?}")),
            }
        });
        begun.elapsed().as_secs_f64()
    }
}

/// A friend is seen coming or going.
pub fn presence(friend: &str, presence: &str) -> impl Fn(&Value) -> bool {
    move |event| {
        event["event"] == "presence" && event["friend"] == friend && event["presence"] == presence
    }
}

/// A network is joined or lost.
pub fn network(name: &str, state: &str) -> impl Fn(&Value) -> bool {
    move |event| event["event"] == "network" && event["network"] == name && event["state"] == state
}

/// A text from somebody comes.
pub fn text(text: &str) -> impl Fn(&Value) -> bool {
    move |event| event["event"] == "text" && event["direction"] == "in" && event["text"] == text
}
