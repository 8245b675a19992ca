//! `iim setup --systemd`: a user unit for the agent.

use std::path::PathBuf;

use super::place::required_home;
use super::program::Program;
use super::report::{Report, write_new};

const UNIT: &str = include_str!("iim-agent.service");

/// Writes the unit; `hard` switches on what rules out set-gid programs (the sendmail of Postfix and Exim).
pub(super) fn write(program: &Program, hard: bool, report: &mut Report) -> anyhow::Result<()> {
    if write_new(&path()?, &unit(program, hard), 0o644, report)? {
        report.leave(
            "start the agent, and let it run while you are not logged in:\n\
             systemctl --user daemon-reload && systemctl --user enable --now iim-agent\n\
             loginctl enable-linger",
        );
    }
    Ok(())
}

fn unit(program: &Program, hard: bool) -> String {
    UNIT.replace("@IIM@", &program.for_systemd())
        .replace("@HARD@", if hard { "" } else { "#" })
}

/// Where systemd looks for the user's units (systemd.unit(5)).
fn path() -> anyhow::Result<PathBuf> {
    let set = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = match set.filter(|path| path.is_absolute()) {
        Some(config) => config,
        None => required_home()?.join(".config"),
    };
    Ok(config.join("systemd/user/iim-agent.service"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_be_filled_in() {
        assert!(UNIT.contains("ExecStart=@IIM@ agent") && UNIT.contains("@HARD@"));
    }
}
