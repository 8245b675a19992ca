//! `iim rename`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;
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
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        let person = account.who(&self.who)?;
        let old = one_line(&person.name);
        let new = one_line(&self.name);
        acting::act(
            context,
            &mut account,
            Act::Rename(person.address, self.name),
        )?;
        context.output.say(&format!("{old} is called {new} now"))?;
        Ok(ExitCode::SUCCESS)
    }
}
