//! What an agent that runs with `-v` logs of the letters it has heard.

use std::time::{Duration, SystemTime};

/// A turn, as the log has it.
pub struct Turn {
    pub begun: SystemTime,
    pub open: Duration,
    pub commit: Duration,
}

/// The turns of an agent that runs with `-v`, from its log.
pub fn turns(log: &str) -> Vec<Turn> {
    let lines = log
        .lines()
        .filter(|line| line.contains(" committed status="));
    let turns = lines.map(|line| {
        let logged: jiff::Timestamp = line.split_whitespace().next().unwrap().parse().unwrap();
        let took = |name: &str| {
            let (_, rest) = line.split_once(name).unwrap();
            let digits = rest.split_whitespace().next().unwrap();
            Duration::from_micros(digits.parse().unwrap())
        };
        Turn {
            begun: SystemTime::from(logged) - took("begun_us_ago="),
            open: took("open_us="),
            commit: took("commit_us="),
        }
    });
    turns.collect()
}
