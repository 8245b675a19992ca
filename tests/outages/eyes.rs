//! What a person sees happen, and when: what the agent tells to `iim watch`.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use iim::edge::control;
use iim::edge::home::Home;
use serde_json::Value;

use crate::support::account::Account;
use crate::support::process::try_until;

/// Somebody who watches all the time.
pub struct Eyes {
    seen: Arc<Mutex<Vec<Value>>>,
    name: String,
}

impl Eyes {
    /// Opens them; the agent must be there. What happens from now on is seen: the agent has said that it tells.
    pub fn open(account: &Account) -> Self {
        let home = Home::from_env(None, |name| {
            (name == "HOME").then(|| account.home.clone().into_os_string())
        });
        let events = control::subscribe(home.unwrap().sockets()).unwrap();
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&seen);
        // It ends with the agent.
        thread::spawn(move || {
            for event in events.map_while(Result::ok) {
                kept.lock().unwrap().push(event);
            }
        });
        let name = format!("{}'s eyes", account.name);
        Self { seen, name }
    }

    /// All that was seen so far.
    pub fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap().clone()
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
