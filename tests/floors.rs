//! The floors of the house, read off the sources: who may use whom, which library is named where, how long a
//! function may be, and that each file says what it is.
//!
//! ```text
//! protocol ◀─ rules ◀─ edge ◀─ account ◀─ gateway ◀─ agent ◀─ daemon ◀─ commands     a floor uses those before it,
//!                       │                                                              never those after it
//!                       └─ edge modules do not know each other, but for the few in SHARED
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// From the first to the last: each may use itself and those before it.
const FLOORS: [&str; 8] = [
    "protocol", "rules", "edge", "account", "gateway", "agent", "daemon", "commands",
];

/// A library, and the folders in which alone it is named.
const PLACES: [(&str, &[&str]); 7] = [
    ("vodozemac::", &["src/edge/seal/"]),
    ("rusqlite::", &["src/edge/store/"]),
    ("irc::proto", &["src/edge/irc/", "src/protocol/irc_line.rs"]),
    ("minicbor::", &["src/protocol/"]),
    ("mail_parser::", &["src/protocol/", "src/edge/mail/"]),
    ("clap::", &["src/commands/", "src/main.rs"]),
    ("tokio::", &["src/edge/", "src/daemon", "src/commands/"]),
];

/// Modules of the edge that others of it may use.
const SHARED: [&str; 2] = ["certificates", "dial"];

/// Lines of a function, outside tests.
const LONGEST: usize = 60;

#[test]
fn no_floor_uses_one_after_it() {
    let mut faults = Vec::new();
    for file in sources("src") {
        let module = module(&file);
        let Some(own) = module.first().and_then(|name| floor(name)) else {
            continue;
        };
        for path in paths(&code(&file), &module) {
            let used = path.first().and_then(|name| floor(name));
            if used.is_some_and(|used| used > own) {
                faults.push(format!("{}: crate::{}", file.display(), path.join("::")));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "a floor uses a later one:\n{}",
        faults.join("\n")
    );
}

#[test]
fn edge_modules_do_not_know_each_other() {
    let mut faults = Vec::new();
    for file in sources("src/edge") {
        let module = module(&file);
        // A test may need what the rest must not: the store's migrations play with real keys.
        let test = module.iter().any(|name| name == "tests");
        let Some(own) = module.get(1).filter(|_| !test) else {
            continue;
        };
        for path in paths(&code(&file), &module) {
            let known = path.first().map(String::as_str) == Some("edge");
            let shared = |other: &String| SHARED.contains(&other.as_str());
            if known
                && path
                    .get(1)
                    .is_some_and(|other| other != own && !shared(other))
            {
                faults.push(format!("{}: crate::{}", file.display(), path.join("::")));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "an edge knows another:\n{}",
        faults.join("\n")
    );
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
        let name = file.file_name().and_then(|name| name.to_str()).unwrap();
        if name.ends_with("tests.rs") || file.iter().any(|folder| folder == "tests") {
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
fn the_reader_of_paths_reads_them() {
    let module = ["edge".to_owned(), "config".to_owned()];
    for (text, expected) in [
        ("use crate::account::Account;", "account::Account"),
        ("use super::store::Store;", "edge::store::Store"),
        ("let x = super::super::account::f();", "account::f"),
        ("use self::values::Glob;", "edge::config::values::Glob"),
        (
            "use crate::{account::Account, rules::view};",
            "account::Account|rules::view",
        ),
        (
            "use crate::{\n    rules::{view, case},\n    edge::home,\n};",
            "rules|edge::home",
        ),
        ("use crate::protocol::{\n    letter, link};", "protocol"),
        ("use othercrate::turn::x;", ""),
    ] {
        let found: Vec<String> = paths(text, &module)
            .into_iter()
            .map(|path| path.join("::"))
            .collect();
        assert_eq!(found.join("|"), expected, "{text}");
    }
    assert_eq!(
        functions("fn a() {\n    b();\n}\n\nfn c() {}\n"),
        [("a".to_owned(), 3)]
    );
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

/// `src/edge/store/mod.rs` is `edge::store`, `src/edge/config/file.rs` is `edge::config::file`.
fn module(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix("src").unwrap().with_extension("");
    let mut module: Vec<String> = inside
        .iter()
        .map(|name| name.to_str().unwrap().to_owned())
        .collect();
    if ["mod", "main", "lib"].contains(&module.last().unwrap().as_str()) {
        module.pop();
    }
    module
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

/// The paths inside the crate that a text names, from the crate's root on.
fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for word in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(word) {
            if is_inside_word(text, at) || text[..at].ends_with("::") {
                continue;
            }
            let mut rest = &text[at..];
            let mut base: Vec<String> = match word {
                "crate::" => Vec::new(),
                _ => module.to_vec(),
            };
            rest = rest.strip_prefix("crate::").unwrap_or(rest);
            rest = rest.strip_prefix("self::").unwrap_or(rest);
            while let Some(up) = rest.strip_prefix("super::") {
                base.pop();
                rest = up;
            }
            for names in names(rest) {
                found.push(base.iter().cloned().chain(names).collect());
            }
        }
    }
    found
}

/// The names that follow: `a::b::C`, or each of `{a::b, c::{…}}` up to its first brace.
fn names(rest: &str) -> Vec<Vec<String>> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![segments(rest)];
    };
    let mut depth = 0;
    let mut one = String::new();
    let mut all = Vec::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => all.push(std::mem::take(&mut one)),
            _ => {}
        }
        one.push(c);
    }
    all.push(one);
    let clean = all
        .iter()
        .map(|one| segments(one.trim_start_matches(',').trim()));
    clean.filter(|names| !names.is_empty()).collect()
}

fn segments(path: &str) -> Vec<String> {
    let end = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
    let path = path.split(end).next().unwrap_or_default();
    let names = path.split("::").filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
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
        let close = format!("{}}}", &line[..indent]);
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
