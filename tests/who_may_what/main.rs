//! Who may cause what: every kind of letter from a person of every standing, and all that comes of it. Alice has a group, into
//! which bob is asked, or in which they are or were.
//!
//! Last in it are kept copies, which are no letters.
//!
//! The table below says for each letter and each sender what becomes of the letter (`taken`, `dropped`: done with,
//! `left`: it stays in the mailbox and nothing is kept) and then every effect. Nothing else may happen.
#![allow(clippy::restriction, reason = "tests")]

mod copy;
mod group;
mod letters;
mod outcome;
mod person;

use std::sync::OnceLock;

use letters::letters;
use outcome::{outcome, store};
use person::standings;

/// Letter, sender, what comes of it.
const TABLE: &str = include_str!("../who_may_what.txt");

fn all() -> &'static [(String, &'static str, String)] {
    static ALL: OnceLock<Vec<(String, &str, String)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let standings = standings();
        let known = standings.iter().map(|(name, who)| (*name, who, store(who)));
        let known: Vec<_> = known.collect();
        let mut all = Vec::new();
        for (letter, heard) in letters() {
            for (standing, who, store) in &known {
                let came = outcome(&heard, who, store);
                all.push((letter.clone(), *standing, came));
            }
        }
        all.extend(copy::copies());
        all
    })
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
        if ["nobody", "asking", "blocked stranger", "blocked friend"].contains(standing) {
            assert!(!came.contains("leaves"), "{letter}, {standing}: {came}");
        }
    }
}

#[test]
fn whom_we_do_not_hear_in_a_group_gets_no_more_than_the_acts_that_they_lack() {
    let unheard = [
        "member who is out",
        "blocked member",
        "member by other keys",
    ];
    let kinds = ["told", "said", "got", "bid", "gather"];
    for (letter, standing, came) in all() {
        let is_of_group = kinds.iter().any(|kind| letter.starts_with(kind));
        if is_of_group && unheard.contains(standing) {
            let shows = letter.starts_with("told, old heads") || letter.starts_with("gather");
            let lacks = *standing == "blocked member" && shows && came.starts_with("taken");
            assert_eq!(
                came.contains("leaves"),
                lacks,
                "{letter}, {standing}: {came}"
            );
            assert!(
                !came.contains("text of the group"),
                "{letter}, {standing}: {came}"
            );
        }
    }
}

#[test]
fn one_letter_causes_at_most_one_automatic_letter() {
    for (letter, standing, came) in all() {
        let answers = came.matches(" leaves").count();
        let resumed = came.matches("text leaves").count();
        // What came is told as it came, and acts by mail.
        let repairs = letter.starts_with("said, old heads, IRC");
        let most = 1 + usize::from(repairs);
        assert!(answers - resumed <= most, "{letter}, {standing}: {came}");
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
