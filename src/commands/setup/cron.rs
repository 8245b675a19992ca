//! `iim setup --cron`: the lines in the user's crontab.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::place::{effective, without_comments};
use super::program::Program;
use super::report::Report;

const LINES: &str = include_str!("crontab");

/// Adds the lines that are missing; where there is no crontab program, shows them. `fetches`: there is a mailbox to look into.
pub(super) fn write(program: &Program, fetches: bool, report: &mut Report) -> anyhow::Result<()> {
    let ours = lines(fetches).replace("@IIM@", &program.for_cron());
    let there = match read() {
        Ok(there) => there,
        Err(why) => {
            let lines = without_comments(&ours);
            report.leave(format!("have these lines run regularly ({why}):\n{lines}"));
            return Ok(());
        }
    };
    let Some(text) = completed(&there, &ours) else {
        report.done("the crontab lines are there already");
        return Ok(());
    };
    install(&text)?;
    report.done("added the crontab lines (`crontab -l` shows them)");
    Ok(())
}

fn lines(fetches: bool) -> String {
    match fetches {
        true => LINES.replace("@IIM@ -q flush", "@IIM@ -q fetch; @IIM@ -q flush"),
        false => LINES.to_owned(),
    }
}

/// The user's crontab as it is; empty if there is none.
fn read() -> Result<String, String> {
    let output = Command::new("crontab")
        .arg("-l")
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| format!("crontab cannot be run: {error}"))?;
    if output.status.success() {
        return String::from_utf8(output.stdout)
            .map_err(|_| "your crontab is not UTF-8".to_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    if error.to_ascii_lowercase().contains("no crontab") {
        return Ok(String::new());
    }
    let why = error.lines().next().unwrap_or("it says nothing");
    Err(format!("crontab -l fails: {why}"))
}

fn install(text: &str) -> anyhow::Result<()> {
    let mut child = Command::new("crontab")
        .arg("-")
        .stdin(Stdio::piped())
        .spawn()
        .context("crontab cannot be run")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let status = child.wait()?;
    anyhow::ensure!(status.success(), "crontab did not take the lines: {status}");
    Ok(())
}

/// The crontab with what is missing; `None` if nothing is.
fn completed(there: &str, ours: &str) -> Option<String> {
    let has = |job: &str| there.lines().any(|line| line.trim() == job);
    let missing: Vec<&str> = effective(ours).filter(|job| !has(job)).collect();
    if missing.is_empty() {
        return None;
    }
    let all = missing.len() == effective(ours).count();
    let mut text = there.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in ours.lines() {
        if missing.contains(&line) || (all && line.starts_with('#')) {
            text.push_str(line);
            text.push('\n');
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const OURS: &str =
        "# iim\n*/5 * * * * /bin/iim -q flush\n# more\n1 4 * * * /bin/iim -q rotate\n";

    #[test]
    fn what_is_missing_is_added_once_and_nothing_else_changes() {
        let mine = "MAILTO=me\n0 0 * * * mine";
        let text = completed(mine, OURS).unwrap();
        assert_eq!(text, format!("{mine}\n{OURS}"));
        assert_eq!(completed(&text, OURS), None);
        let half = "*/5 * * * * /bin/iim -q flush\n";
        assert_eq!(
            completed(half, OURS).unwrap(),
            format!("{half}1 4 * * * /bin/iim -q rotate\n")
        );
        assert_eq!(completed("", OURS).unwrap(), OURS);
    }

    #[test]
    fn the_shipped_lines_name_the_program() {
        let ours = effective(LINES).filter(|line| line.contains("@IIM@"));
        assert_eq!((ours.count(), effective(LINES).count()), (2, 2));
        let fetching = lines(true);
        assert!(fetching.contains(" @IIM@ -q fetch; @IIM@ -q flush\n"));
        assert_eq!(effective(&fetching).count(), 2);
    }
}
