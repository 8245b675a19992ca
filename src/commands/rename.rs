//! `iim rename`.

use crate::rules::event::Act;

use super::run::Run;
use crate::protocol::clean::one_line;

/// Gives somebody another name on your roster
#[derive(Debug, clap::Args)]
pub(crate) struct Rename {
    /// The name or the address
    who: String,
    /// The new name
    name: String,
}

impl Rename {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let person = run.account.who(&self.who)?;
        let old = one_line(&person.name);
        let new = one_line(&self.name);
        run.act(Act::Rename(person.address, self.name))?;
        run.say(format!("{old} is called {new} now"))
    }
}
