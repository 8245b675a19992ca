//! Who may cause what: every kind of letter from a person of every standing, and all that comes of it.
//!
//! The table below says for each letter and each sender what becomes of the letter (`taken`, `dropped`: done with,
//! `left`: it stays in the mailbox and nothing is kept) and then every effect. Nothing else may happen.
#![allow(clippy::restriction, reason = "tests")]

mod letters;
mod outcome;
mod person;

use letters::letters;
use outcome::outcome;
use person::standings;

/// Letter, sender, what comes of it.
const TABLE: &str = include_str!("../who_may_what.txt");

fn all() -> Vec<(String, &'static str, String)> {
    let mut all = Vec::new();
    for (letter, heard) in letters() {
        for (standing, person) in standings() {
            let came = outcome(&heard, person.as_ref());
            all.push((letter.clone(), standing, came));
        }
    }
    all
}

#[test]
fn nothing_else_may_happen() {
    let mut expected = TABLE.lines().filter(|line| !line.starts_with('#'));
    for (letter, standing, came) in all() {
        let line = format!("{letter} | {standing} | {came}");
        assert_eq!(Some(line.as_str()), expected.next());
    }
    assert_eq!(expected.next(), None, "each line has its case");
}

#[test]
fn strangers_the_waiting_and_the_blocked_are_answered_with_nothing() {
    for (letter, standing, came) in all() {
        if ["nobody", "asking", "blocked stranger", "blocked friend"].contains(&standing) {
            assert!(!came.contains("leaves"), "{letter}, {standing}: {came}");
        }
    }
}

#[test]
fn one_letter_causes_at_most_one_automatic_letter() {
    for (letter, standing, came) in all() {
        let answers = came.matches(" leaves").count();
        let resumed = came.matches("text leaves").count();
        assert!(answers - resumed <= 1, "{letter}, {standing}: {came}");
    }
}

#[test]
fn what_is_left_alone_changes_nothing() {
    for (letter, standing, came) in all() {
        if let Some(more) = came.strip_prefix("left") {
            assert_eq!(more, "", "{letter}, {standing}");
        }
    }
}
