//! Simulated worlds: several people, each with the real agent's mind, turns, rules, sealing and store, on IRC networks
//! and a mail system that are played here; clock and dice in the test's hand. Every choice comes from one seed.
//!
//!     cargo test --test world                    # some hundred seeds
//!     SEED=42 cargo test --test world -- --nocapture promises   # one of them, told step by step
//!     IIM_WORLD_SEEDS=100000 cargo test --test world          # as many as asked
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    reason = "tests"
)]

mod acts;
mod chance;
mod hostile;
mod irc;
mod people;
mod play;
mod post;
mod promises;
mod truth;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use play::play;

/// Steps of a play.
const STEPS: usize = 200;

#[test]
fn promises_hold_for_all_seeds() {
    if let Ok(seed) = std::env::var("SEED") {
        let ended = play(seed.parse().unwrap(), STEPS);
        println!("{}", ended.trace);
        for broken in &ended.broken {
            println!("BROKEN {}: {}", broken.promise, broken.words);
        }
        assert!(ended.broken.is_empty());
        return;
    }
    let asked = std::env::var("IIM_WORLD_SEEDS").ok();
    let long = std::env::var_os("IIM_TESTS_LONG").is_some();
    let usual = if long { 5000 } else { 800 };
    let seeds = asked.map_or(usual, |asked| asked.parse().unwrap());
    let faults = play_all(seeds);
    assert!(
        faults.is_empty(),
        "{} seeds:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Plays the first so many seeds on all cores; what was broken, a line for each seed.
fn play_all(seeds: u64) -> Vec<String> {
    let next = AtomicU64::new(0);
    let faults = Mutex::new(Vec::new());
    let enough = std::env::var("IIM_WORLD_FAULTS").ok();
    let enough = enough.map_or(20, |enough| enough.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds || faults.lock().unwrap().len() >= enough {
                        return;
                    }
                    if let Some(fault) = fault_of(seed) {
                        println!("{fault}");
                        faults.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    println!("{} seeds played", next.into_inner().min(seeds));
    faults.into_inner().unwrap()
}

fn fault_of(seed: u64) -> Option<String> {
    let ended = catch_unwind(AssertUnwindSafe(|| play(seed, STEPS)));
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
    let (one, two) = (play(7, 120), play(7, 120));
    assert_eq!(one.trace, two.trace);
}
