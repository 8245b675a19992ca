//! `iim setup --procmail`: the recipe in our own folder, and one line of the user's that includes it.

use std::path::Path;

use super::place::{names_us, recipe, required_home};
use super::program::Program;
use super::report::{Report, write_new};
use crate::edge::home::Home;

pub(crate) const RECIPE: &str = include_str!("../../../procmail/iim.rc");

/// Writes the recipe and, where there is none, the user's `.procmailrc`.
pub(super) fn write(home: &Home, program: &Program, report: &mut Report) -> anyhow::Result<()> {
    let recipe = recipe(home);
    let text = RECIPE.replace("@IIM@", &program.for_shell());
    write_new(&recipe, &text, 0o600, report)?;
    let user = required_home()?;
    include(&user.join(".procmailrc"), &recipe, report)?;
    if !user.join(".forward").exists() {
        report.leave(
            "make sure that your mail system runs procmail (doctor tries it); if it does not, put this into \
             ~/.forward:\n\"|exec /usr/bin/procmail\"",
        );
    }
    Ok(())
}

/// Makes the user's file, or says what to add to it.
fn include(rc: &Path, recipe: &Path, report: &mut Report) -> anyhow::Result<()> {
    let line = format!("INCLUDERC={}", quoted(&recipe.display().to_string()));
    let there = match std::fs::read(rc) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!(
                "# Mail that arrives is shown to `iim deliver` first, by the recipe in the file named here.\nSHELL=/bin/sh\n{line}\n"
            );
            write_new(rc, &text, 0o600, report)?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let ours = names_us(&there, &recipe.display().to_string());
    let shown = rc.display();
    let add = format!("put this line into {shown}, before your own recipes:\n{line}");
    report.users_own(rc, ours, add);
    Ok(())
}

/// A value as procmailrc(5) reads it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,".contains(c);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    let escape = |text: String, c: &str| text.replace(c, &format!("\\{c}"));
    let escaped = ["\\", "\"", "$", "`"]
        .into_iter()
        .fold(value.to_owned(), escape);
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_recipe_names_the_program() {
        assert!(RECIPE.contains("| @IIM@ deliver"));
    }

    #[test]
    fn the_users_own_file_is_never_changed() {
        let dir = tempfile::tempdir().unwrap();
        let rc = dir.path().join(".procmailrc");
        let recipe = Path::new("/home/b/iim/procmail.rc");
        std::fs::write(&rc, ":0\n| mine\n").unwrap();
        let mut report = Report::default();
        include(&rc, recipe, &mut report).unwrap();
        assert_eq!(std::fs::read_to_string(&rc).unwrap(), ":0\n| mine\n");
        assert!(
            report
                .to_do
                .concat()
                .contains("INCLUDERC=/home/b/iim/procmail.rc")
        );
    }

    #[test]
    fn a_new_file_includes_the_recipe_and_is_known_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let rc = dir.path().join(".procmailrc");
        let recipe = Path::new("/home/b c/iim/procmail.rc");
        let mut report = Report::default();
        include(&rc, recipe, &mut report).unwrap();
        let text = std::fs::read_to_string(&rc).unwrap();
        assert!(
            text.contains("INCLUDERC=\"/home/b c/iim/procmail.rc\"\n"),
            "{text}"
        );
        include(&rc, recipe, &mut report).unwrap();
        assert!(
            report.to_do.is_empty() && report.done.len() == 2,
            "{report:?}"
        );
    }
}
