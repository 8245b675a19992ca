//! The user's own files that make mail reach the program: where they lie, and how a new one is made.

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::commands::explain::hinted;
use crate::edge::home::Home;

/// The user's home folder.
pub(crate) fn user_home() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    home.map(PathBuf::from)
}

/// The same, where nothing can be done without it.
pub(crate) fn required_home() -> anyhow::Result<PathBuf> {
    user_home().ok_or_else(|| hinted("HOME is not set", "set it to your home folder"))
}

/// What the user is called on this machine.
pub(crate) fn user_name() -> Option<String> {
    let named = ["LOGNAME", "USER"].map(std::env::var);
    named.into_iter().find_map(Result::ok)
}

/// Files that decide what happens to a mail that arrives, in the order in which they are looked at.
pub(crate) fn delivery_files() -> Vec<PathBuf> {
    let Some(home) = user_home() else {
        return Vec::new();
    };
    let names = ".forward .procmailrc .mailfilter .qmail .dovecot.sieve".split(' ');
    let scripts = fs::read_dir(home.join("sieve")).into_iter().flatten();
    let scripts = scripts.flatten().map(|entry| entry.path());
    let scripts = scripts.filter(|path| path.extension().is_some_and(|ext| ext == "sieve"));
    let files = names.map(|name| home.join(name)).chain(scripts);
    files.filter(|file| file.is_file()).collect()
}

/// The recipe in our own folder, which the user's file includes.
pub(crate) fn recipe(home: &Home) -> PathBuf {
    home.config().with_file_name("procmail.rc")
}

/// The folder of the program that Pigeonhole runs.
pub(crate) fn sieve_folder(home: &Home) -> PathBuf {
    home.config().with_file_name("sieve")
}

/// Whether one of the user's files names us.
pub(crate) fn has_hook(home: &Home) -> bool {
    let recipe = recipe(home).display().to_string();
    let is_ours = |text: String| names_us(&text, &recipe);
    let mut files = delivery_files().into_iter();
    files.any(|file| fs::read_to_string(file).is_ok_and(is_ours))
}

/// Whether a line that is no comment runs our hook, includes our recipe, or hands to our Sieve program.
pub(crate) fn names_us(text: &str, recipe: &str) -> bool {
    effective(text).any(|line| {
        let mut words = line.split(|c: char| c.is_whitespace() || "\"'".contains(c));
        line.contains(recipe)
            || line.contains("iim-deliver")
            || (line.contains("iim") && words.any(|word| word == "deliver" || word == "filter"))
    })
}

/// The lines that do something: neither empty nor a comment.
pub(crate) fn effective(text: &str) -> impl Iterator<Item = &str> {
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let lines = text.lines();
    lines.filter(move |line| !line.trim().is_empty() && !is_comment(line))
}

/// Those lines alone.
pub(crate) fn without_comments(text: &str) -> String {
    effective(text).collect::<Vec<_>>().join("\n")
}

/// Makes a file that must not be there yet, and its folder.
pub(crate) fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = File::options();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_names_us_is_known() {
        let recipe = "/home/bob/.config/iim/procmail.rc";
        for (text, ours) in [
            ("INCLUDERC=/home/bob/.config/iim/procmail.rc\n", true),
            ("# INCLUDERC=/home/bob/.config/iim/procmail.rc\n", false),
            (":0 w\n| /usr/local/bin/iim deliver\n", true),
            (":0 fw\n| iim --home '/srv/b' filter\n", true),
            ("\"|/usr/bin/iim deliver\"\n", true),
            ("pipe \"iim-deliver\";\n", true),
            ("| /usr/lib/dovecot/deliver\n", false),
            (":0\n* ^Subject: iim\niim/\n", false),
            ("", false),
        ] {
            assert_eq!(names_us(text, recipe), ours, "{text:?}");
        }
    }
}
