//! `iim show`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;

/// Lets friends see your presence (again)
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut station = context.open()?;
        let people = acting::people(&mut station, &self.who)?;
        let names = acting::names(&people);
        acting::act(context, &mut station, Act::Show(acting::addresses(&people)))?;
        context.output.say(&format!("shown to {names}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
