//! The floors of the house, read off the sources: who may use whom, which library is named where, how long a
//! function and a file may be, over how many files a type may go, and that each file says what it is. What is still
//! wrong stands in `still.txt`.
//!
//! ```text
//! protocol ◀─ rules ◀─ edge ◀─ account ◀─ gateway ◀─ agent ◀─ daemon ◀─ commands     a floor uses those before it,
//!                       │                                                              never those after it
//!                       └─ edge modules do not know each other, but for the few in SHARED
//! ```
#![allow(clippy::restriction, unreachable_pub, reason = "tests")]

mod circles;
mod house;
mod still;
mod trips;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use house::{House, is_test};
use still::check;

/// From the first to the last: each may use itself and those before it.
const FLOORS: [&str; 8] = [
    "protocol", "rules", "edge", "account", "gateway", "agent", "daemon", "commands",
];

/// A library, and the folders in which alone it is named.
const PLACES: [(&str, &[&str]); 8] = [
    ("vodozemac::", &["src/edge/seal/"]),
    ("rusqlite::", &["src/edge/store/"]),
    ("lettre::", &["src/edge/mail/send/"]),
    ("irc::proto", &["src/edge/irc/", "src/protocol/irc_line.rs"]),
    ("minicbor::", &["src/protocol/"]),
    ("mail_parser::", &["src/protocol/", "src/edge/mail/"]),
    ("clap::", &["src/commands/", "src/main.rs"]),
    ("tokio::", &["src/edge/", "src/daemon", "src/commands/"]),
];

/// Modules of the edge that others of it may use.
const SHARED: [&str; 6] = [
    "clock",
    "config",
    "process",
    "runtime",
    "socket_file",
    "tls",
];

/// The gateway stands beside the account, and knows it by a trait alone.
const BESIDE: (&str, &str) = ("gateway", "account");

/// Files with `impl` blocks of one type, at most.
const WIDEST: usize = 4;

/// Lines of a file.
const LONGEST_FILE: usize = 400;

/// Lines of a function, outside tests.
const LONGEST: usize = 60;

#[test]
fn no_floor_uses_one_after_it() {
    let mut faults = BTreeSet::new();
    for (at, module, paths) in House::read(&sources("src")).named() {
        let Some((name, own)) = at.first().and_then(|name| Some((name, floor(name)?))) else {
            continue;
        };
        for other in paths.iter().filter_map(|path| path.first()) {
            let later = floor(other).is_some_and(|used| used > own);
            if later || (name.as_str(), other.as_str()) == BESIDE {
                faults.insert(format!("{} uses {other}", module.file.display()));
            }
        }
    }
    check("floor", faults, String::new);
}

#[test]
fn edge_modules_do_not_know_each_other() {
    let mut faults = BTreeSet::new();
    for (at, module, paths) in House::read(&sources("src")).named() {
        // A test may need what the rest must not: the store's migrations play with real keys.
        let [first, own, ..] = &at[..] else { continue };
        if first != "edge" || module.test {
            continue;
        }
        for path in &paths {
            if let [first, other, ..] = &path[..]
                && first == "edge"
                && other != own
                && !SHARED.contains(&other.as_str())
            {
                faults.insert(format!("{} uses {other}", module.file.display()));
            }
        }
    }
    check("edge", faults, String::new);
}

#[test]
fn a_type_is_written_in_few_files() {
    let house = House::read(&sources("src"));
    let impls = house.impls();
    let wide = || impls.iter().filter(|(_, files)| files.len() > WIDEST);
    let names = wide().map(|(name, _)| name.clone());
    check("impl", names, || {
        wide()
            .map(|(name, files)| format!("{name}: {files:?}\n"))
            .collect()
    });
}

#[test]
fn files_are_not_long() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let lines = |file: &PathBuf| fs::read_to_string(file).unwrap().lines().count();
    let long = all.filter(|file| lines(file) > LONGEST_FILE);
    let names = long.map(|file| file.display().to_string());
    check("long", names, String::new);
}

#[test]
fn libraries_are_named_in_their_place_alone() {
    let mut faults = Vec::new();
    for file in sources("src") {
        let name = file.display().to_string();
        let text = code(&file);
        for (library, places) in PLACES {
            let elsewhere = !places.iter().any(|place| name.starts_with(place));
            if elsewhere && starts_a_path(&text, library) {
                faults.push(format!("{name}: {library}"));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "a library out of its place:\n{}",
        faults.join("\n")
    );
}

#[test]
fn functions_fit_on_a_screen() {
    let mut faults = Vec::new();
    for file in sources("src") {
        if is_test(&file) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (name, length) in functions(outside_tests(&text)) {
            if length > LONGEST {
                faults.push(format!("{}: {name} has {length} lines", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "too long:\n{}", faults.join("\n"));
}

#[test]
fn each_file_says_what_it_is() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let silent: Vec<_> = all
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "without a word in front: {silent:?}");
}

#[test]
fn the_readers_of_text_read_it() {
    assert_eq!(
        functions("fn a() {\n    b();\n}\n\nfn c() {}\n"),
        [("a".to_owned(), 3)]
    );
    assert_eq!(functions("fn a(\n    b: u8,\n);\nimpl C {\n}\n"), []);
    assert!(starts_a_path("use lettre::x;", "lettre::"));
    assert!(!starts_a_path("use crate::edge::irc::proto;", "irc::proto"));
}

/// The Rust files below a folder, in order, but for what cargo builds there.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend(Some(path).filter(|path| !path.ends_with("target")));
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folder} has no sources");
    files
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == name)
}

/// A file without its comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .map(|line| match line.trim_start().starts_with("//") {
            true => "",
            false => line,
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_inside_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a path begins like this, and not in the middle of another.
fn starts_a_path(text: &str, path: &str) -> bool {
    let mut places = text.match_indices(path);
    places.any(|(at, _)| !is_inside_word(text, at) && !text[..at].ends_with("::"))
}

fn outside_tests(text: &str) -> &str {
    let tests = text.find("#[cfg(test)]\nmod tests {");
    tests.map_or(text, |at| &text[..at])
}

/// Each function of more than a line, with its lines from `fn` to the closing brace, as rustfmt sets them.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some(name) = function(line.trim_start()) else {
            continue;
        };
        let margin = &line[..indent];
        let mut outer = lines[at + 1..]
            .iter()
            .filter_map(|line| line.strip_prefix(margin))
            .filter(|line| !line.is_empty() && !line.starts_with(' '));
        // A method of a trait without a body ends with its parameters.
        if outer
            .next()
            .is_some_and(|line| line.starts_with(')') && line.ends_with(';'))
        {
            continue;
        }
        let close = format!("{margin}}}");
        let end = lines[at..].iter().position(|line| *line == close);
        let one_line = line.ends_with('}') || line.ends_with(';');
        if let Some(end) = end.filter(|_| !one_line) {
            found.push((name.to_owned(), end + 1));
        }
    }
    found
}

fn function(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let words = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "const",
        "async",
        "extern",
    ];
    let known = |word: &str| words.contains(&word) || word.starts_with("pub(in");
    if !before
        .split_whitespace()
        .all(|word| known(word) || word.ends_with(')'))
    {
        return None;
    }
    after.split(['(', '<']).next()
}
