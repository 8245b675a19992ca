//! The manual pages of `tests/cli`, run: each block with `$ …` lines is what a person types and what they then see.
//!
//! ```text
//! ``` ~alice            a block of alice's; they, bob and carol have a home each, and `iim` is in their PATH
//! $ iim friends         a command for the shell, run in their home
//! bob  bob@example.net  what it must print (both outputs); [..] stands for any part of a line,
//! [...]                 and this for any lines
//! ```
//! ``` ~bob (fail)       in this block each command must end with a code other than 0
//! ```
//!
//! `postman` carries the mails that wait to the hooks of their recipients, until none is left, and says so. With
//! `IIM_CLI_BLESS=1` a page that does not fit is rewritten with what was printed, for a person to look through.

#![allow(clippy::restriction, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

macro_rules! pages {
    ($($name:ident: $file:literal,)*) => {
        $(#[test] fn $name() { run_page($file); })*

        #[test]
        fn every_page_is_run() {
            let mut files: Vec<String> = fs::read_dir(folder()).unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let mut known = vec![$($file.to_owned()),*];
            known.sort();
            assert_eq!(files, known);
        }
    };
}

pages! {
    getting_started: "getting-started.md",
    friends: "friends.md",
    hide_and_rotate: "hide-and-rotate.md",
    say_and_read: "say-and-read.md",
    second_thoughts: "second-thoughts.md",
    formats: "formats.md",
    many_people: "many-people.md",
    record: "record.md",
    invite: "invite.md",
    hook: "hook.md",
    errors: "errors.md",
    flush: "flush.md",
    moving: "moving.md",
    kept: "kept.md",
    groups: "groups.md",
    group_links: "group-links.md",
    device: "device.md",
    network: "network.md",
}

/// One command of a page and what it must print.
struct Step {
    person: String,
    command: String,
    expected: Vec<String>,
    fails: bool,
    /// The line of the page on which the command stands, from 1.
    line: usize,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

fn run_page(file: &str) {
    let path = folder().join(file);
    let page = fs::read_to_string(&path).unwrap();
    let steps = parse(&page);
    assert!(!steps.is_empty(), "{file} has no commands");
    let world = World::new();
    let mut printed = Vec::new();
    let mut faults = String::new();
    for step in &steps {
        let (lines, success) = world.run(&step.person, &step.command);
        let fits = matches(&step.expected, &lines);
        if !fits || success == step.fails {
            report(&mut faults, file, step, &lines, success);
        }
        printed.push(if fits { step.expected.clone() } else { lines });
    }
    if !faults.is_empty() && std::env::var_os("IIM_CLI_BLESS").is_some() {
        fs::write(&path, rewrite(&page, &steps, &printed)).unwrap();
    }
    assert!(faults.is_empty(), "{faults}");
}

fn report(faults: &mut String, file: &str, step: &Step, lines: &[String], success: bool) {
    let ended = if success { "it succeeded" } else { "it failed" };
    writeln!(
        faults,
        "\n{file}:{}: ~{} $ {} ({ended})\n-- expected\n{}\n-- printed\n{}",
        step.line,
        step.person,
        step.command,
        step.expected.join("\n"),
        lines.join("\n")
    )
    .unwrap();
}

fn parse(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block: Option<(String, bool)> = None;
    for (index, line) in page.lines().enumerate() {
        if let Some(fence) = line.strip_prefix("```") {
            block = match (&block, fence.trim().strip_prefix('~')) {
                (None, Some(words)) => {
                    let person = words.split(' ').next().unwrap().to_owned();
                    Some((person, words.contains("(fail)")))
                }
                _ => None,
            };
            continue;
        }
        let Some((person, fails)) = &block else {
            continue;
        };
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                person: person.clone(),
                command: command.to_owned(),
                expected: Vec::new(),
                fails: *fails,
                line: index + 1,
            });
        } else if let Some(step) = steps.last_mut() {
            step.expected.push(line.to_owned());
        }
    }
    steps
}

/// The page with what was printed in the place of what was expected.
fn rewrite(page: &str, steps: &[Step], printed: &[Vec<String>]) -> String {
    let lines: Vec<&str> = page.lines().collect();
    let mut text = String::new();
    let mut at = 0;
    for (step, output) in steps.iter().zip(printed) {
        for line in &lines[at..step.line] {
            writeln!(text, "{line}").unwrap();
        }
        for line in output {
            writeln!(text, "{line}").unwrap();
        }
        at = step.line + step.expected.len();
    }
    for line in &lines[at..] {
        writeln!(text, "{line}").unwrap();
    }
    text
}

/// Whether lines fit a pattern in which a line `[...]` stands for any lines.
fn matches(pattern: &[String], lines: &[String]) -> bool {
    match pattern.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "[...]" => {
            (0..=lines.len()).any(|skip| matches(rest, &lines[skip..]))
        }
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, others)| line_matches(first, line) && matches(rest, others)),
    }
}

/// Whether a line fits a pattern in which `[..]` stands for any part.
fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Homes for three people, the program in their PATH, and a post office.
struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("iim-").tempdir().unwrap();
        let world = Self { dir };
        for folder in ["bin", "spool"] {
            fs::create_dir(world.path(folder)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_iim"), world.path("bin/iim")).unwrap();
        let here = world.dir.path().display().to_string();
        world.script("bin/sendmail", &SENDMAIL.replace("$WORLD", &here));
        world.script("bin/postman", POSTMAN);
        for person in ["alice", "bob", "carol"] {
            let home = world.path(person);
            fs::create_dir(&home).unwrap();
            fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The lines a command prints, with the place of the homes hidden, and whether it succeeded.
    fn run(&self, person: &str, command: &str) -> (Vec<String>, bool) {
        let home = self.path(person);
        let world = self.dir.path().display().to_string();
        let output = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("exec 2>&1; {command}"))
            .env_clear()
            .env("HOME", &home)
            .env("USER", person)
            .env("WORLD", &world)
            .env("PATH", format!("{world}/bin:/usr/local/bin:/usr/bin:/bin"))
            .env("TZ", "UTC")
            .env("COLUMNS", "100")
            .current_dir(&home)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).replace(&world, "/home");
        (
            text.lines().map(str::to_owned).collect(),
            output.status.success(),
        )
    }
}

/// Called as `sendmail -i -f FROM -- TO`.
const SENDMAIL: &str = r#"#!/bin/sh
cat >"$WORLD/spool/tmp.$$" && mv "$WORLD/spool/tmp.$$" "$WORLD/spool/$(date +%s%N),$3,$5"
"#;

const POSTMAN: &str = r#"#!/bin/sh
while :; do
    mail=$(ls "$WORLD/spool" | head -n 1)
    [ -n "$mail" ] || exit 0
    to=${mail##*,}
    from=${mail%,*}
    from=${from#*,}
    person=${to%@*}
    { printf 'Return-Path: <%s>\nDelivered-To: %s\n' "$from" "$to"; cat "$WORLD/spool/$mail"; } >"$WORLD/mail"
    rm "$WORLD/spool/$mail"
    printf '%s -> %s: %s: ' "$from" "$to" "$(sed -n '/^$/q; s/^Subject: //p' "$WORLD/mail" | head -n 1)"
    HOME=$WORLD/$person iim deliver <"$WORLD/mail"
    case $? in
        0) echo taken ;;
        1) echo left in the mailbox ;;
        *) echo deferred ;;
    esac
done
"#;

#[test]
fn wildcards_fit_what_they_should() {
    for (pattern, line, fits) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("[..]", "", true),
        ("a[..]c", "abc", true),
        ("a[..]c", "abd", false),
        ("a[..]b[..]c", "a1b2c", true),
        ("a[..]b[..]c", "a1c2b", false),
    ] {
        assert_eq!(line_matches(pattern, line), fits, "{pattern} {line}");
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n[...]\nd"), &lines("a\nb\nc\nd")));
    assert!(!matches(&lines("a\n[...]\nd"), &lines("a\nb\nc")));
}
