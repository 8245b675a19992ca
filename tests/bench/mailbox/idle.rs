//! The connection that waits for mails, over TLS: what memory it takes, and that nothing happens on it.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::Scene;
use crate::agent::until_connected;
use crate::pairs::{median_of, memory, voluntary_switches};
use crate::support::ircd::Inspircd;
use crate::support::process::{Running, try_until};
use crate::{figure, table};

/// So long after the beginning of an IDLE nothing may have happened: after five minutes it is begun anew.
const IDLE: Duration = Duration::from_secs(295);
/// So long what an agent needed to start is given back.
const SETTLE: Duration = Duration::from_secs(5);
/// Of so many agents of each kind the middle one counts.
const AGENTS: usize = 3;

pub fn idle() {
    let irc = Inspircd {
        tls: true,
        ..Inspircd::relaxed()
    };
    let irc = irc.start();
    let server = format!("127.0.0.1:{}", irc.tls_port().unwrap());
    let scene = Scene::new(10, &["--network", &format!("one=ircs://{server}")]);
    let alice = &scene.people.alice;
    let ca = alice.write("irc-ca.pem", fs::read(irc.ca().unwrap()).unwrap());
    let line = format!("\"{server}\"]\n");
    alice.configure(&[(&line, &format!("{line}ca = \"{}\"\n", ca.display()))]);
    let without = agents(|| scene.online());
    let more = format!("ca = \"{}\"\n", scene.dovecot.ca.display());
    let url = format!("imaps://alice@127.0.0.1:{}", scene.dovecot.imaps);
    alice.fetches_from(&url, &more);
    let with = agents(|| scene.watching());
    table(
        ["whole", "of its own"],
        [
            ("iim agent, on a network over TLS: memory, MB", without),
            ("  and it waits at a mailbox over TLS", with),
        ]
        .map(|(name, memory)| (name.to_owned(), memory)),
    );
    let more = |at: usize| with[at] - without[at];
    figure(
        "  more memory, parts of the program that were read too",
        more(0),
        " MB",
        None,
        false,
    );
    figure("  more memory of its own", more(1), " MB", Some(0.6), false);
    let agent = scene.watching();
    sleep(SETTLE);
    let before = voluntary_switches(agent.id(), "fetch");
    sleep(IDLE - SETTLE);
    let after = voluntary_switches(agent.id(), "fetch");
    figure(
        &format!("wake-ups of the fetching thread in {:?}", IDLE - SETTLE),
        f64::from(after - before),
        "",
        Some(0.0),
        false,
    );
}

/// The memory of an agent that has settled, in MB: the whole, and without what is only read from the program's file.
fn agents(mut start: impl FnMut() -> Running) -> [f64; 2] {
    let memories: Vec<[f64; 2]> = (0..AGENTS)
        .map(|_| {
            let agent = start();
            sleep(SETTLE);
            ["VmRSS:", "RssAnon:"].map(|key| memory(agent.id(), key))
        })
        .collect();
    [0, 1].map(|at| median_of(memories.iter().map(|memory| memory[at])))
}

impl Scene {
    /// An agent that is on its network.
    fn online(&self) -> Running {
        let agent = self.people.alice.agent();
        until_connected(&self.people, 1);
        agent
    }

    /// One that waits at the mailbox, too.
    fn watching(&self) -> Running {
        let agent = self.online();
        try_until("the mailbox to be watched", 20, || {
            let status = self.people.alice.ok(&["status"]);
            match status.contains("mailbox: watched since ") {
                true => Ok(()),
                false => Err(status),
            }
        });
        agent
    }
}
