//! Each mail of the corpus at the hook of somebody who has a friend: handled or left alone, what the filter says on
//! top, and what leaves.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::people::{People, deliver, filtered, mail, names, rows};

#[test]
fn each_mail_comes_to_what_the_table_says() {
    let people = People::friends();
    let mut before = roster(&people);
    let mut found = String::new();
    let mut wanted = String::new();
    for [name, code, status, leaves] in rows("mails") {
        writeln!(wanted, "{name:40} | {code} | {status:60} | {leaves}").unwrap();
        let mail = mail(&name);
        let out = people.alice.iim_with(&["filter"], &mail);
        assert_eq!(out.code, Some(0), "{name}: {}", out.errors());
        let said = status_of(&out.stdout);
        assert!(
            out.stdout == filtered(&mail, said.as_deref()),
            "{name}: not byte for byte"
        );
        let code = deliver(&people.alice, &mail).code.unwrap();
        let left = match people.left() {
            left if left.is_empty() => "nothing".to_owned(),
            left => left.join(", "),
        };
        let said = said.unwrap_or_else(|| "-".into());
        writeln!(found, "{name:40} | {code} | {said:60} | {left}").unwrap();
        let now = roster(&people);
        assert_eq!(now != before, name == "request", "{name} and the roster");
        before = now;
    }
    assert!(
        found == wanted,
        "tests/mail/expected.txt says otherwise; what came:\n{found}"
    );
}

/// The roster file, which every turn that changes the roster renders anew.
fn roster(people: &People) -> String {
    let path = people.alice.home.join(".local/share/iim/roster.toml");
    std::fs::read_to_string(path).unwrap()
}

/// What the filter itself wrote on top, below a `From ` line if there is one.
fn status_of(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let mut lines = text.lines().skip_while(|line| line.starts_with("From "));
    lines
        .next()?
        .strip_prefix("IIM-Status: ")
        .map(str::to_owned)
}

#[test]
fn each_mail_is_in_the_table_once() {
    let listed: Vec<String> = ["mails", "bounces"]
        .iter()
        .flat_map(|section| rows(section))
        .map(|[name, ..]| name)
        .collect();
    let set: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(set.len(), listed.len(), "listed twice");
    assert_eq!(set, names().into_iter().collect());
    assert!(listed.len() >= 100, "only {}", listed.len());
}
