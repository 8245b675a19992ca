//! What every command starts from: which account, and how it speaks.

use std::path::PathBuf;

use crate::edge::home::Home;

use super::output::Output;

/// The account that a command works on, and how it speaks.
pub(crate) struct Context {
    /// `--home`, made absolute; without it the environment decides.
    pub(crate) home: Option<PathBuf>,
    /// Where that is, if it is known already.
    found: Option<Home>,
    pub(crate) output: Output,
}

impl Context {
    pub(crate) fn new(home: Option<PathBuf>, output: Output) -> Self {
        let home = home.map(|home| std::path::absolute(&home).unwrap_or(home));
        Self {
            home,
            found: None,
            output,
        }
    }

    /// For a command that a client of the gateway has typed: of the agent's own account.
    pub(crate) fn typed(home: &Home, output: Output) -> Self {
        Self {
            home: None,
            found: Some(home.clone()),
            output,
        }
    }

    pub(crate) fn home(&self) -> anyhow::Result<Home> {
        match &self.found {
            Some(home) => Ok(home.clone()),
            None => Ok(Home::locate(self.home.as_deref())?),
        }
    }
}

/// What is said of an agent that was started before the program was replaced.
pub(crate) const ANOTHER_AGENT: &str =
    "the agent that runs is of another version of iim, and can do nothing with the database";
/// What helps.
pub(crate) const RESTART: &str =
    "systemctl --user restart iim-agent, or end it and start `iim agent` anew";
