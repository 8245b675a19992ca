//! `iim setup --sieve`: the script, the program that Pigeonhole runs, and the lines for Dovecot's own files.

use std::os::unix::fs::symlink;

use super::place::{names_us, required_home, sieve_folder, without_comments};
use super::program::Program;
use super::report::{Report, write_new};
use crate::edge::home::Home;

pub(crate) const SCRIPT: &str = include_str!("../../../sieve/iim.sieve");
const RUN: &str = include_str!("../../../sieve/iim-deliver");
const DOVECOT: &str = include_str!("../../../sieve/dovecot-iim.conf");

/// Writes script and program into our own folder; makes the script the active one where none is.
pub(super) fn write(home: &Home, program: &Program, report: &mut Report) -> anyhow::Result<()> {
    let folder = sieve_folder(home);
    let run = RUN.replace("@IIM@", &program.for_shell());
    write_new(&folder.join("iim-deliver"), &run, 0o700, report)?;
    write_new(&folder.join("iim.sieve"), SCRIPT, 0o600, report)?;
    let lines = DOVECOT.replace("@BIN@", &folder.display().to_string());
    let admin = folder.join("dovecot-iim.conf");
    write_new(&admin, &lines, 0o600, report)?;
    report.leave(format!(
        "have the mail system's administrator put these lines into Dovecot's configuration ({}):\n{}",
        admin.display(),
        without_comments(&lines)
    ));
    activate(report)
}

/// Makes the script active, where no other is.
fn activate(report: &mut Report) -> anyhow::Result<()> {
    let user = required_home()?;
    let active = user.join(".dovecot.sieve");
    if active.symlink_metadata().is_ok() {
        let text = std::fs::read_to_string(&active).unwrap_or_default();
        let add = format!(
            "put this into {}, before your own rules (its \"require\" with yours, at the top):\n{}",
            active.display(),
            without_comments(SCRIPT)
        );
        report.users_own(&active, names_us(&text, "iim-deliver"), add);
        return Ok(());
    }
    let scripts = user.join("sieve");
    if !scripts.is_dir() {
        write_new(&active, SCRIPT, 0o600, report)?;
        return Ok(());
    }
    if write_new(&scripts.join("iim.sieve"), SCRIPT, 0o600, report)? {
        symlink("sieve/iim.sieve", &active)?;
        report.done(format!("made {} the active script", active.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_what_setup_needs() {
        assert!(RUN.contains("exec @IIM@ deliver"));
        assert!(DOVECOT.contains("sieve_pipe_bin_dir = @BIN@"));
        assert!(names_us(SCRIPT, "iim-deliver"));
        assert!(!without_comments(SCRIPT).contains('#'));
    }
}
