//! The figures: what the program costs, printed as ratios. `tests/bench/run` builds the program and runs this.

#![allow(
    clippy::restriction,
    unreachable_pub,
    dead_code,
    reason = "measurements"
)]

mod agent;
mod attached;
mod crowd;
mod database;
mod felt;
mod gateway;
mod groups;
mod hook;
mod irc;
mod mailbox;
mod moving;
mod pairs;
mod people;
mod reading;
mod roster;
mod sink;
#[path = "../support/mod.rs"]
mod support;
mod turns;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    for (name, measure) in FIGURES {
        if wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str())) {
            println!("\n== {name}");
            measure();
        }
    }
}

const FIGURES: [(&str, fn()); 26] = [
    ("filter, an ordinary mail of 10 KB", hook::filter_small),
    ("filter, memory", hook::filter_memory),
    ("filter, 50 MB pipe to pipe", hook::filter_big),
    ("deliver, a mail that is not ours", hook::deliver_foreign),
    ("deliver, a sealed text", hook::deliver_text),
    (
        "rotate and flush, 1,000 visible friends",
        hook::rotate_and_flush,
    ),
    ("agent, idle with 100 friends on two networks", agent::idle),
    ("agent, a text from agent to agent", agent::latency),
    ("felt, from client to client", felt::latency),
    ("roster, with 10 to 5,000 friends", roster::roster),
    (
        "gateway, a text from the network to a client",
        gateway::latency,
    ),
    ("gateway, a burst from the store", gateway::from_the_store),
    (
        "gateway, a burst from the network",
        gateway::from_the_network,
    ),
    (
        "gateway, attach, memory and start",
        gateway::attach_memory_start,
    ),
    ("gateway, a page of 1,000,000 texts", gateway::history),
    ("groups, acts that come are judged", groups::judge),
    ("groups, a text to fifty members", groups::copies),
    ("groups, memory of the agent", groups::idle),
    ("groups, a text in a room of ten", groups::rooms::text),
    ("groups, memory with rooms", groups::rooms::idle),
    ("mailbox, a letter while the agent waits", mailbox::letter),
    ("mailbox, 60 letters at once", mailbox::burst),
    ("mailbox, 500,000 mails", mailbox::many),
    ("mailbox, five idle minutes", mailbox::idle),
    ("moving, 1,000 friends and 50,000 texts", moving::archive),
    ("moving, a kept copy of 1,000 friends", moving::copy),
];

/// Prints one figure: what was measured, its value, and the limit that it should keep.
pub fn figure(what: &str, value: f64, unit: &str, limit: Option<f64>, least: bool) {
    let verdict = match limit {
        None => String::new(),
        Some(limit) => {
            let kept = if least {
                value >= limit
            } else {
                value <= limit
            };
            let word = if least { "at least" } else { "at most" };
            format!(
                "   ({word} {limit}{unit}: {})",
                if kept { "kept" } else { "NOT KEPT" }
            )
        }
    };
    println!("{what:<52} {value:>9.3}{unit}{verdict}");
}

/// Prints a table: each row's name, and its values under the names of the columns.
pub fn table<const N: usize>(
    columns: [&str; N],
    rows: impl IntoIterator<Item = (String, [f64; N])>,
) {
    let cells = |cells: [String; N]| cells.map(|cell| format!("{cell:>14}")).concat();
    println!("{:<52}{}", "", cells(columns.map(str::to_owned)));
    for (name, values) in rows {
        let values = values.map(|value| format!("{value:.3}"));
        println!("{name:<52}{}", cells(values));
    }
}
