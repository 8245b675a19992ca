//! What newcomers read: the first page stays short, every link leads somewhere, and the commands and options that the
//! documents show are those of the program.
#![allow(clippy::restriction, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const DOCUMENTS: [&str; 9] = [
    "README.md",
    "src/README.md",
    "src/protocol/README.md",
    "tests/README.md",
    "tests/bench/README.md",
    "tests/fuzz/README.md",
    "tests/mutants/explained.md",
    "tests/scale/README.md",
    "procmail/OTHERS.md",
];

/// Lines of the first page, which a newcomer reads in five minutes.
const FIRST_PAGE: usize = 220;

#[test]
fn the_first_page_is_read_in_five_minutes() {
    let lines = fs::read_to_string("README.md").unwrap().lines().count();
    assert!(lines <= FIRST_PAGE, "README.md has {lines} lines");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let (mut faults, mut links) = (Vec::new(), 0);
    for document in DOCUMENTS {
        let text = fs::read_to_string(document).unwrap();
        let folder = Path::new(document).parent().unwrap();
        for link in targets(&text).filter(|link| !link.contains("://")) {
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let file = match file {
                "" => Path::new(document).to_owned(),
                file => folder.join(file),
            };
            let there = file.exists()
                && (heading.is_empty() || headings(&file).iter().any(|one| one == heading));
            if !there {
                faults.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(faults.is_empty(), "lead nowhere:\n{}", faults.join("\n"));
    assert!(links > 50, "only {links} links were found");
}

/// Where the links of a document lead: `[words](target)`.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// The names by which the headings of a document are linked: lower case, blanks as hyphens, other signs left out.
fn headings(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let titles = text.lines().filter_map(|line| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len()).then(|| title.trim().to_lowercase())
    });
    let kept = |c: char| c.is_alphanumeric() || "-_ ".contains(c);
    let name = |title: String| title.chars().filter(|c| kept(*c)).collect::<String>();
    titles.map(|title| name(title).replace(' ', "-")).collect()
}

#[test]
fn the_commands_that_documents_show_are_those_of_the_program() {
    let (mut helps, mut faults) = (BTreeMap::new(), Vec::new());
    for document in DOCUMENTS {
        let text = fs::read_to_string(document).unwrap();
        for (command, options) in commands(&text) {
            let shown = command.join(" ");
            let help = helps.entry(shown.clone()).or_insert_with(|| help(&command));
            let Some(help) = help else {
                faults.push(format!("{document}: iim {shown}"));
                continue;
            };
            let unknown = options.iter().filter(|option| !names(help, option));
            faults.extend(unknown.map(|option| format!("{document}: iim {shown} {option}")));
        }
    }
    assert!(faults.is_empty(), "not there:\n{}", faults.join("\n"));
    assert!(helps.len() > 20, "only {helps:?} were found");
}

/// The commands that stand as code: what each is called, with the word after that, which may be a command of its own, and its
/// long options.
fn commands(text: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    let shown = text.lines().flat_map(|line| {
        // In a block of its own, with a prompt or without, or between backticks.
        let block = line.strip_prefix("    ").unwrap_or_default();
        let block = block.strip_prefix("$ ").unwrap_or(block);
        let block = block.split(" # ").next();
        block.into_iter().chain(line.split('`').skip(1))
    });
    let called = shown.filter_map(|code| code.strip_prefix("iim "));
    let words = called.map(|code| code.split_whitespace().collect::<Vec<_>>());
    let named = words.filter_map(|words| {
        let is_option = |word: &&str| word.starts_with("--");
        let options = words.iter().copied().filter(is_option).collect();
        let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        let command: Vec<&str> = words.iter().copied().take(2).take_while(is_word).collect();
        (!command.is_empty()).then_some((command, options))
    });
    named.collect()
}

/// What the program says about one of its commands; nothing if it knows none of that name.
fn help(command: &[&str]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_iim");
    let out = Command::new(program).args(command).arg("--help").output();
    let out = out.unwrap();
    let known = out.status.success();
    known.then(|| String::from_utf8(out.stdout).unwrap())
}

/// Whether a help names an option.
fn names(help: &str, option: &str) -> bool {
    let option = option.split('=').next().unwrap();
    help.split(|c: char| !c.is_alphanumeric() && c != '-')
        .any(|word| word == option)
}

#[test]
fn the_search_finds_what_it_is_for() {
    let text = "    $ iim say --wait=9 bob \"--\"  # not `iim fly --far`\n\
                Say `iim flush --now`, or `iim status`.\n    iim.db\n`iim: no` `iim group link NAME --qr`\n";
    let found = commands(text);
    let expected = [
        (vec!["say"], vec!["--wait=9"]),
        (vec!["fly"], vec!["--far"]),
        (vec!["flush"], vec!["--now"]),
        (vec!["status"], vec![]),
        (vec!["group", "link"], vec!["--qr"]),
    ];
    assert_eq!(found, expected);
    assert!(names("  --wait <SECONDS>\n", "--wait=9") && !names("  --waiting\n", "--wait"));
    let links: Vec<&str> = targets("[a](b.md#c), [d](#e)\n(f)").collect();
    assert_eq!(links, ["b.md#c", "#e"]);
}
