//! What is still wrong in the house, by `still.txt`: nothing may come to it, and what is mended leaves it.

use std::collections::BTreeSet;

/// One fault a line: its kind, then where.
const STILL: &str = include_str!("still.txt");

/// Fails if there are other faults of this kind than those that are listed.
#[track_caller]
pub fn check(kind: &str, found: impl IntoIterator<Item = String>, more: impl FnOnce() -> String) {
    let found: BTreeSet<String> = found
        .into_iter()
        .map(|fault| format!("{kind} {fault}"))
        .collect();
    let of_kind = |line: &&str| line.split(' ').next() == Some(kind);
    let listed: BTreeSet<String> = STILL.lines().filter(of_kind).map(str::to_owned).collect();
    let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
        let faults: Vec<&str> = these.difference(those).map(String::as_str).collect();
        faults.join("\n")
    };
    let new = only(&found, &listed);
    assert!(new.is_empty(), "new faults:\n{new}\n{}", more());
    let gone = only(&listed, &found);
    assert!(
        gone.is_empty(),
        "mended; take these lines out of tests/floors/still.txt:\n{gone}"
    );
}

#[test]
fn the_list_is_sorted() {
    let lines: Vec<&str> = STILL
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(lines.is_sorted(), "tests/floors/still.txt is not sorted");
}
