//! Simulated worlds: several people, each with the real agent's mind, turns, rules, sealing and store, on IRC networks,
//! a mail system and mailboxes that are played here; clock and rng in the test's hand. Every choice comes from one seed.
//!
//!     tests/world/play                              # five hundred seeds; ten thousand with IIM_TESTS_LONG
//!     SEED=42 tests/world/play --nocapture promises # one of them, told step by step
//!     IIM_WORLD_SEEDS=100000 tests/world/play       # as many as asked; IIM_WORLD_STEPS=n: of so many steps
//!     IIM_WORLD_ATTACKS=keys,names tests/world/play # of the attacks in attack*.rs only these
#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod accidents;
mod acts;
mod attack_at_last;
mod attacks;
mod chance;
mod counting;
mod disk;
mod entropy;
mod fetching;
mod forged;
mod groups;
mod hostile;
mod house;
mod irc;
mod late;
mod mailbox;
mod moving;
mod people;
mod play;
mod post;
mod promises;
mod quiet;
mod refused;
mod rooms;
mod sealed;
/// The server by which fetching is tested.
#[path = "../../src/rules/fetch/tests/server.rs"]
mod server;
mod sessions;
mod strangers;
mod truth;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

// As the server knows them.
use iim::{protocol, rules};
use play::play;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Steps of a play.
fn steps() -> usize {
    let asked = std::env::var("IIM_WORLD_STEPS").ok();
    asked.map_or(200, |asked| asked.parse().unwrap())
}

#[test]
fn promises_hold_for_all_seeds() {
    if let Ok(seed) = std::env::var("SEED") {
        let ended = play(seed.parse().unwrap(), steps());
        println!("{}", ended.trace);
        for broken in &ended.broken {
            println!("BROKEN {}: {}", broken.promise, broken.words);
        }
        assert!(ended.broken.is_empty());
        return;
    }
    let asked = std::env::var("IIM_WORLD_SEEDS").ok();
    let long = std::env::var_os("IIM_TESTS_LONG").is_some();
    let usual = if long { 10_000 } else { 500 };
    let seeds = asked.map_or(usual, |asked| asked.parse().unwrap());
    let faults = play_all(seeds);
    assert!(
        faults.is_empty(),
        "{} seeds:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Plays the first so many seeds, a process for each core (SQLite's threads would wait for each other); what was
/// broken, a line for each seed.
fn play_all(seeds: u64) -> Vec<String> {
    if let Ok(share) = std::env::var(SHARE) {
        let (first, step) = share.split_once('/').unwrap();
        return play_some(first.parse().unwrap(), step.parse().unwrap(), seeds);
    }
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let program = std::env::current_exe().unwrap();
    let begun = Instant::now();
    let shares = (0..cores).map(|share| {
        Command::new(&program)
            .args(["promises_hold_for_all_seeds", "--exact", "--nocapture"])
            .env(SHARE, format!("{share}/{cores}"))
            .env("IIM_WORLD_SEEDS", seeds.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    });
    let shares: Vec<Child> = shares.collect();
    let mut faults = Vec::new();
    for share in shares {
        let done = share.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        let broken = said.lines().filter(|line| line.starts_with("SEED="));
        let before = faults.len();
        faults.extend(broken.map(str::to_owned));
        assert!(done.status.success() || faults.len() > before, "{said}");
    }
    for fault in &faults {
        println!("{fault}");
    }
    println!(
        "{seeds} seeds of {} steps in {} s",
        steps(),
        begun.elapsed().as_secs()
    );
    faults
}

/// Plays every so manieth seed, until enough is broken.
fn play_some(first: u64, step: usize, seeds: u64) -> Vec<String> {
    let enough = std::env::var("IIM_WORLD_FAULTS").ok();
    let enough = enough.map_or(10, |enough| enough.parse().unwrap());
    let faults = (first..seeds).step_by(step).filter_map(fault_of);
    faults
        .take(enough)
        .inspect(|fault| println!("{fault}"))
        .collect()
}

/// Which of how many shares a process plays.
const SHARE: &str = "IIM_WORLD_SHARE";

fn fault_of(seed: u64) -> Option<String> {
    let ended = catch_unwind(AssertUnwindSafe(|| play(seed, steps())));
    match ended {
        Ok(ended) => {
            let first = ended.broken.first()?;
            Some(format!("SEED={seed}  {}: {}", first.promise, first.words))
        }
        Err(_) => Some(format!("SEED={seed}  a panic")),
    }
}

#[test]
fn a_seed_replays_exactly() {
    // One with groups, and one without.
    for seed in [7, 8, 9, 10] {
        let (one, two) = (play(seed, 120), play(seed, 120));
        assert_eq!(one.trace, two.trace, "{seed}");
        assert_eq!(one.mails, two.mails, "{seed}");
    }
}
