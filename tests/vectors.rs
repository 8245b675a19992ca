//! Runs the vectors of `tests/vectors`: files, one a case, each headed by what must come of it.
//!
//! ```text
//! what: a short text
//! expect: ok                    or: error WORD
//! value: {"id": …}              what must be read, as JSON
//!
//! a50050…                       the input
//! ```
#![allow(clippy::restriction, reason = "tests")]

#[path = "vectors/book.rs"]
mod book;
#[path = "vectors/check.rs"]
mod check;
#[path = "vectors/conversation.rs"]
mod conversation;
#[path = "vectors/file.rs"]
mod file;
#[path = "vectors/group_letters.rs"]
mod group_letters;
#[path = "vectors/kept.rs"]
mod kept;
#[path = "vectors/numbers.rs"]
mod numbers;
#[path = "vectors/render.rs"]
mod render;
#[path = "vectors/rooms.rs"]
mod rooms;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use file::Vector;
use serde_json::Value;

/// A check reads the input and says what came of it; it compares what only it knows.
type Check = fn(&Vector) -> Result<(), String>;

const FOLDERS: [(&str, Check); 21] = [
    ("letter", check::letter),
    ("part", check::part),
    ("padded", check::padded),
    ("signed", check::signed),
    ("said", check::said),
    ("nick", check::nick),
    ("safety", check::safety),
    ("link", check::link),
    ("irc", check::irc),
    ("frame", check::frame),
    ("mail", check::mail),
    ("written", check::written),
    ("report", check::report),
    ("conversation", conversation::step),
    ("book", book::book),
    ("room", rooms::key),
    ("room-part", rooms::part),
    ("bare", rooms::bare),
    ("room-talk", rooms::talk),
    ("kept", kept::kept),
    ("copy", kept::copy),
];

#[test]
fn every_vector_comes_to_what_it_says() {
    let root = Path::new("tests/vectors");
    let mut failures = Vec::new();
    let mut count = 0;
    for (folder, check) in FOLDERS {
        for path in file::files(&root.join(folder)) {
            count += 1;
            let vector = Vector::read(&path);
            if let Err(failure) = vector.judge(check(&vector)) {
                failures.push(format!(
                    "{} ({}): {failure}",
                    path.display(),
                    vector.field("what")
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} failed\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count >= 400, "only {count} vectors found");
}

/// Many books that `book.py --write N FILE` wrote, if the environment names the file as `IIM_BOOKS`.
#[test]
fn books_of_the_environment() {
    let Some(file) = std::env::var_os("IIM_BOOKS") else {
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    println!("{} books", book::lines(&text).unwrap());
}

#[test]
fn every_folder_is_run() {
    let folders = std::fs::read_dir("tests/vectors").unwrap();
    for entry in folders
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
    {
        let name = entry.file_name().into_string().unwrap();
        assert!(FOLDERS.iter().any(|(folder, _)| *folder == name), "{name}");
    }
}

/// The section of the specification that a reader of these files needs.
fn listed() -> String {
    let text = std::fs::read_to_string("src/protocol/README.md").unwrap();
    let (_, section) = text.split_once("\n## 15. Vectors\n").unwrap();
    section.to_owned()
}

#[test]
fn the_specification_lists_every_error_word() {
    let listed = listed();
    for path in all_files() {
        let vector = Vector::read(&path);
        let mut words = BTreeSet::new();
        words.extend(vector.field("expect").strip_prefix("error "));
        let refused = vector.may("refused").map(|_| vector.json("refused"));
        let refused = refused.iter().flat_map(|list| list.as_array().unwrap());
        let refused: Vec<_> = refused.map(|one| one[1].as_str().unwrap()).collect();
        words.extend(refused);
        for word in words {
            let word = format!("`{word}`");
            assert!(listed.contains(&word), "{word} of {}", path.display());
        }
    }
}

#[test]
fn the_specification_lists_every_member_of_a_value() {
    let listed = listed();
    let mut members = BTreeSet::new();
    for path in all_files() {
        let vector = Vector::read(&path);
        if vector.may("value").is_some() {
            names(&vector.json("value"), &mut members);
        }
    }
    assert!(members.len() > 40, "{members:?}");
    for member in members {
        assert!(listed.contains(&member), "{member}");
    }
}

fn all_files() -> impl Iterator<Item = PathBuf> {
    let root = Path::new("tests/vectors");
    FOLDERS
        .iter()
        .flat_map(move |(folder, _)| file::files(&root.join(folder)))
}

fn names(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| {
            into.insert(format!("`{name}`"));
            names(value, into);
        }),
        Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
