//! Whether mail that arrives is handed to us, and safely: what the user's own files say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::finding::Findings;
use crate::commands::setup::place::{self, names_us};
use crate::commands::setup::procmail::RECIPE;
use crate::commands::setup::sieve::SCRIPT;
use crate::edge::home::Home;
use crate::protocol::shell;

/// Looks through the user's files, our recipe, and the program of Sieve.
pub(crate) fn check(home: &Home, found: &mut Findings) {
    let recipe = place::recipe(home).display().to_string();
    let mut reached = false;
    for file in place::delivery_files() {
        let Ok(text) = fs::read(&file) else { continue };
        let text = String::from_utf8_lossy(&text);
        if !names_us(&text, &recipe) {
            continue;
        }
        reached = true;
        found.ok(format!("{} hands mail to iim", file.display()));
        in_file(&file, &text, found);
        for included in included(&text, home) {
            in_included(&file, &included, found);
        }
    }
    if !reached {
        let what = "no hook was found: no file of yours hands mail that arrives to iim";
        let mend = "iim setup --procmail, or --sieve (the README has recipes for other programs)";
        found.fault(what, mend);
    }
}

/// The files of ours that a user's file leads to.
fn included(text: &str, home: &Home) -> Vec<PathBuf> {
    let recipe = place::recipe(home);
    let program = place::sieve_folder(home).join("iim-deliver");
    let names = |word: &str| place::effective(text).any(|line| line.contains(word));
    let includes = names(&recipe.display().to_string());
    let runs = names("iim-deliver") && program.exists();
    let files = [(includes, recipe), (runs, program)];
    let named = files.into_iter().filter(|(named, _)| *named);
    named.map(|(_, file)| file).collect()
}

fn in_included(by: &Path, file: &Path, found: &mut Findings) {
    match fs::read_to_string(file) {
        Ok(text) => in_file(file, &text, found),
        Err(error) => {
            let what = format!("{} names {}, and {error}", by.display(), file.display());
            found.fault(what, "remove it and run setup again");
        }
    }
}

/// What is wrong with the lines of one file.
fn in_file(file: &Path, text: &str, found: &mut Findings) {
    let lines: Vec<&str> = place::effective(text).map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        let before = lines.get(..at).unwrap_or_default();
        unsafe_recipe(file, before, line, found);
        older_recipe(file, text, line, found);
        if let Some(program) = program_of(line) {
            wrong_program(file, &program, found);
        }
    }
}

/// A recipe under which a mail is lost when the program fails.
fn unsafe_recipe(file: &Path, before: &[&str], line: &str, found: &mut Findings) {
    let file = file.display();
    if line.contains("iim-deliver") && line.contains(":try") {
        let what = format!("{file}: with \"pipe :try\" a mail is lost when the program fails");
        found.fault(what, "write pipe \"iim-deliver\"; without :try");
    }
    let recipe = before.iter().rev().find(|line| line.starts_with(":0"));
    if let Some(recipe) = recipe
        && !recipe.trim_start_matches(":0").contains(['w', 'W'])
        && line.starts_with('|')
        && program_of(line).is_some()
    {
        let what = format!("{file}: under {recipe:?} a mail is lost when the program fails");
        found.fault(what, "write :0 w (deliver) or :0 fw (filter)");
    }
}

/// A line of an earlier version, by which mails that lost the field `IIM` on the way pass iim unseen.
fn older_recipe(file: &Path, text: &str, line: &str, found: &mut Findings) {
    let is_condition = line.starts_with('*') && line.contains("IIM:") && !line.contains("X-");
    let new = if is_condition && line.contains("IIM-Status") {
        Some(condition(FILTER, "* ^", "|"))
    } else if is_condition && line.contains("multipart/report") {
        Some(condition(RECIPE, "* ^", "{"))
    } else if line.contains("/^IIM:/") {
        Some(condition(MAILDROP, "if (", "{"))
    } else if line.contains("exists \"IIM\"") && !text.contains("exists \"X-IIM\"") {
        Some(condition(SCRIPT, "if anyof (", "    if "))
    } else {
        None
    };
    if let Some(new) = new {
        let older = format!("{}: {line:?} is of an earlier version", file.display());
        let unseen = "mails of ours that lost the field IIM on the way are not seen";
        let mend = format!("write in its place: {new}");
        found.warn(format!("{older}: {unseen}"), mend);
    }
}

/// The lines of a shipped file from the one with this beginning to the one before that.
fn condition(shipped: &str, from: &str, before: &str) -> String {
    let lines = shipped.lines().skip_while(|line| !line.starts_with(from));
    let lines = lines.take_while(|line| !line.starts_with(before));
    lines.collect::<Vec<_>>().join("\n")
}

const FILTER: &str = include_str!("../../../procmail/iim-filter.rc");
const MAILDROP: &str = include_str!("../../../procmail/iim.maildrop");

/// The program that a line runs as our hook.
fn program_of(line: &str) -> Option<PathBuf> {
    let line = line.trim_start_matches(['"', '|', ' ']);
    let words = shell_words::split(line.trim_end_matches('"')).ok()?;
    let is_hook = |word: &String| word == "deliver" || word == "filter";
    let words = words.get(..words.iter().position(is_hook)?)?;
    let is_passed_over = |word: &str| matches!(word, "exec" | "/usr/bin/env" | "env");
    let mut programs = words
        .iter()
        .filter(|word| !is_passed_over(word) && !is_assignment(word));
    let program = programs.next()?;
    let is_ours = program.contains("iim") || words.iter().any(|word| word == "--home");
    is_ours.then(|| PathBuf::from(program))
}

fn is_assignment(word: &str) -> bool {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && is_name(name)
}

/// A program that is not there, cannot be run, or is another than this one.
fn wrong_program(file: &Path, program: &Path, found: &mut Findings) {
    let Ok(own) = std::env::current_exe() else {
        return;
    };
    let runs = format!("{} runs {}", file.display(), program.display());
    let mend = format!("write {} there", own.display());
    if !program.is_absolute() {
        let what = format!("{runs} without its path, and delivery may have no PATH");
        return found.warn(what, mend);
    }
    let Ok(there) = fs::metadata(program) else {
        let what = format!("{runs}, which is not there: mails of ours stay in the mailbox");
        return found.fault(what, mend);
    };
    if there.permissions().mode() & 0o111 == 0 {
        let mend = format!("chmod +x {}", shell::path(program));
        found.fault(format!("{runs}, which cannot be run"), mend);
    } else if program.canonicalize().ok() != own.canonicalize().ok() {
        let what = format!("{runs}, which is another program than this one");
        found.warn(what, mend);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::commands::doctor::finding::{Finding, Level};

    fn faults(text: &str) -> Vec<Finding> {
        let mut found = Findings::default();
        in_file(Path::new("rc"), text, &mut found);
        found.all
    }

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
            let found = faults(line);
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            assert_eq!(found.first().unwrap().level, Level::Warn, "{line}");
            let mend = found.first().unwrap().mend.clone().unwrap_or_default();
            assert!(mend.contains(new), "{line}: {mend}");
        }
        for shipped in [RECIPE, FILTER, MAILDROP, SCRIPT, "* ^Subject: IIM: hello\n"] {
            let found = faults(&shipped.replace("@IIM@", "/bin/true"));
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
            let found = faults(&text);
            assert_eq!(found.first().map(|f| f.level), level, "{text}: {found:?}");
            assert!(
                found.first().is_none_or(|f| f.what.contains(says)),
                "{found:?}"
            );
        }
    }
}
