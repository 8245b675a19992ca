//! Whether mail that arrives is handed to us, and safely: what the user's own files say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::commands::setup::place::{self, names_us};
use crate::edge::home::Home;
use crate::protocol::shell;

/// Looks through the user's files, our recipe, and the program of Sieve.
pub(crate) fn check(home: &Home) -> Vec<Finding> {
    let recipe = place::recipe(home).display().to_string();
    let mut findings = Vec::new();
    let mut reached = false;
    for file in place::delivery_files() {
        let Ok(text) = fs::read(&file) else { continue };
        let text = String::from_utf8_lossy(&text);
        if !names_us(&text, &recipe) {
            continue;
        }
        reached = true;
        findings.push(Finding::ok(format!("{} hands mail to iim", file.display())));
        findings.extend(in_file(&file, &text));
        for included in included(&text, home) {
            findings.extend(in_included(&file, &included));
        }
    }
    if !reached {
        findings.push(Finding::fault(
            "no hook was found: no file of yours hands mail that arrives to iim",
            "iim setup --procmail, or --sieve (the README has recipes for other programs)",
        ));
    }
    findings
}

/// The files of ours that a user's file leads to.
fn included(text: &str, home: &Home) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let recipe = place::recipe(home);
    let lines = || {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
    };
    if lines().any(|line| line.contains(&recipe.display().to_string())) {
        files.push(recipe);
    }
    if lines().any(|line| line.contains("iim-deliver")) {
        let program = place::sieve_folder(home).join("iim-deliver");
        if program.exists() {
            files.push(program);
        }
    }
    files
}

fn in_included(by: &Path, file: &Path) -> Vec<Finding> {
    let again = "remove it and run setup again";
    match fs::read_to_string(file) {
        Ok(text) => in_file(file, &text),
        Err(error) => vec![Finding::fault(
            format!("{} names {}, and {error}", by.display(), file.display()),
            again,
        )],
    }
}

/// What is wrong with the lines of one file.
fn in_file(file: &Path, text: &str) -> Vec<Finding> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut findings = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        let before = lines.get(..at).unwrap_or_default();
        findings.extend(unsafe_recipe(file, before, line));
        findings.extend(older_recipe(file, text, line));
        if let Some(program) = program_of(line) {
            findings.extend(wrong_program(file, &program));
        }
    }
    findings
}

/// A recipe under which a mail is lost when the program fails.
fn unsafe_recipe(file: &Path, before: &[&str], line: &str) -> Option<Finding> {
    if line.contains("iim-deliver") && line.contains(":try") {
        return Some(Finding::fault(
            format!(
                "{}: with \"pipe :try\" a mail is lost when the program fails",
                file.display()
            ),
            "write pipe \"iim-deliver\"; without :try",
        ));
    }
    let is_pipe = line.starts_with('|') && program_of(line).is_some();
    let recipe = before.iter().rev().find(|line| line.starts_with(":0"))?;
    let flags = recipe.trim_start_matches(":0");
    let waits = flags.contains(['w', 'W']);
    (is_pipe && !waits).then(|| {
        Finding::fault(
            format!(
                "{}: under {recipe:?} a mail is lost when the program fails",
                file.display()
            ),
            "write :0 w (deliver) or :0 fw (filter)",
        )
    })
}

/// A line of an earlier version, by which mails that lost the field `IIM` on the way pass iim unseen.
fn older_recipe(file: &Path, text: &str, line: &str) -> Option<Finding> {
    let is_condition = line.starts_with('*') && line.contains("IIM:");
    let first_of =
        |shipped: &'static str, start: &str| shipped.lines().find(|line| line.starts_with(start));
    let new = if is_condition && !line.contains("X-") && line.contains("IIM-Status") {
        first_of(FILTER, "* ^").map(str::to_owned)
    } else if is_condition && !line.contains("X-") && line.contains("multipart/report") {
        first_of(RECIPE, "* ^").map(str::to_owned)
    } else if line.contains("/^IIM:/") {
        Some(condition(MAILDROP, "if (", "{"))
    } else if line.contains("exists \"IIM\"") && !text.contains("exists \"X-IIM\"") {
        Some(condition(SCRIPT, "if anyof (", "    if "))
    } else {
        None
    }?;
    Some(Finding::warn(
        format!(
            "{}: {line:?} is of an earlier version: mails of ours that lost the field IIM on the way are not seen",
            file.display()
        ),
        format!("write in its place: {new}"),
    ))
}

/// The lines of a shipped file from the one with this beginning to the one before that.
fn condition(shipped: &str, from: &str, before: &str) -> String {
    let lines = shipped.lines().skip_while(|line| !line.starts_with(from));
    let lines = lines.take_while(|line| !line.starts_with(before));
    lines.collect::<Vec<_>>().join("\n")
}

const RECIPE: &str = include_str!("../../../procmail/iim.rc");
const FILTER: &str = include_str!("../../../procmail/iim-filter.rc");
const MAILDROP: &str = include_str!("../../../procmail/iim.maildrop");
const SCRIPT: &str = include_str!("../../../sieve/iim.sieve");

/// The program that a line runs as our hook.
fn program_of(line: &str) -> Option<PathBuf> {
    let line = line
        .trim_start_matches(['"', '|', ' '])
        .trim_end_matches('"');
    let words = shell_words::split(line).ok()?;
    let hook = words
        .iter()
        .position(|word| word == "deliver" || word == "filter")?;
    let words = words.get(..hook)?;
    let passed_over = |word: &&String| {
        matches!(word.as_str(), "exec" | "/usr/bin/env" | "env") || is_assignment(word)
    };
    let program = words.iter().find(|word| !passed_over(word))?;
    let is_ours = program.contains("iim") || words.iter().any(|word| word == "--home");
    is_ours.then(|| PathBuf::from(program))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// A program that is not there, cannot be run, or is another than this one.
fn wrong_program(file: &Path, program: &Path) -> Option<Finding> {
    let own = std::env::current_exe().ok()?;
    let (file, shown) = (file.display(), program.display());
    let mend = format!("write {} there", own.display());
    if !program.is_absolute() {
        return Some(Finding::warn(
            format!("{file} runs {shown} without its path, and delivery may have no PATH"),
            mend,
        ));
    }
    let Ok(there) = fs::metadata(program) else {
        return Some(Finding::fault(
            format!("{file} runs {shown}, which is not there: mails of ours stay in the mailbox"),
            mend,
        ));
    };
    if there.permissions().mode() & 0o111 == 0 {
        return Some(Finding::fault(
            format!("{file} runs {shown}, which cannot be run"),
            format!("chmod +x {}", shell::path(program)),
        ));
    }
    let same = program.canonicalize().ok() == own.canonicalize().ok();
    (!same).then(|| {
        Finding::warn(
            format!("{file} runs {shown}, which is another program than this one"),
            mend,
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::commands::doctor::finding::Level;

    #[test]
    fn the_program_of_a_line_is_found() {
        for (line, program) in [
            ("| /usr/bin/iim deliver", Some("/usr/bin/iim")),
            ("| '/opt/my iim' --home /srv/b filter", Some("/opt/my iim")),
            (
                "exec /usr/bin/env XDG_STATE_HOME=/s /bin/iim deliver",
                Some("/bin/iim"),
            ),
            ("\"|/usr/bin/iim deliver\"", Some("/usr/bin/iim")),
            ("| iim deliver", Some("iim")),
            ("| /usr/lib/dovecot/deliver", None),
            ("| /usr/lib/dovecot/dovecot-lda deliver", None),
            ("pipe \"iim-deliver\";", None),
        ] {
            assert_eq!(program_of(line), program.map(PathBuf::from), "{line}");
        }
    }

    #[test]
    fn an_older_recipe_is_named_with_the_line_to_put_there() {
        for (line, new) in [
            (
                "* ^(IIM:|Content-Type:.*multipart/report)",
                "* ^((X-)?IIM:|",
            ),
            (
                "* ^(IIM:|IIM-Status:|Content-Type:.*multipart/report)",
                "IIM-Status:|",
            ),
            (
                "if (/^IIM:/ || /^Content-Type:.*multipart\\/report/)",
                "/^Return-Path:.*<>/)",
            ),
            (
                "if anyof (exists \"IIM\", header :contains \"Content-Type\" \"multipart/report\") {",
                "[\"mailer-daemon\", \"postmaster\"]) {",
            ),
        ] {
            let found = in_file(Path::new("rc"), line);
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            assert_eq!(found.first().unwrap().level, Level::Warn, "{line}");
            let mend = found.first().unwrap().mend.clone().unwrap_or_default();
            assert!(mend.contains(new), "{line}: {mend}");
        }
        for shipped in [RECIPE, FILTER, MAILDROP, SCRIPT, "* ^Subject: IIM: hello\n"] {
            let found = in_file(Path::new("rc"), &shipped.replace("@IIM@", "/bin/true"));
            let older = found.iter().any(|f| f.what.contains("earlier version"));
            assert!(!older, "{shipped}: {found:?}");
        }
    }

    #[test]
    fn faults_of_recipes_are_found() {
        let own = std::env::current_exe().unwrap();
        let own = own.display();
        for (text, level, says) in [
            (format!(":0 w\n| '{own}' --home /h deliver\n"), None, ""),
            (
                format!(":0\n| '{own}' --home /h deliver\n"),
                Some(Level::Fault),
                "lost",
            ),
            (
                format!(":0 f\n| '{own}' --home /h filter\n"),
                Some(Level::Fault),
                "lost",
            ),
            (format!("# :0\n# | '{own}' --home /h deliver\n"), None, ""),
            (
                ":0 w\n| /no/such/iim deliver\n".to_owned(),
                Some(Level::Fault),
                "not there",
            ),
            (
                ":0 w\n| iim deliver\n".to_owned(),
                Some(Level::Warn),
                "PATH",
            ),
            (
                ":0 w\n| /bin/sh iim --home /h deliver\n".to_owned(),
                Some(Level::Warn),
                "another",
            ),
            (
                "pipe :try \"iim-deliver\";\n".to_owned(),
                Some(Level::Fault),
                ":try",
            ),
            ("pipe \"iim-deliver\";\n".to_owned(), None, ""),
        ] {
            let found = in_file(Path::new("rc"), &text);
            assert_eq!(found.first().map(|f| f.level), level, "{text}: {found:?}");
            assert!(
                found.first().is_none_or(|f| f.what.contains(says)),
                "{found:?}"
            );
        }
    }
}
