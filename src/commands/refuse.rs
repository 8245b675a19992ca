//! `iim refuse`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;
use crate::protocol::clean::one_line;

/// Answers a request with silence
#[derive(Debug, clap::Args)]
pub(crate) struct Refuse {
    /// Who asked: the name or the address
    who: String,
}

impl Refuse {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        let person = account.who(&self.who)?;
        let name = one_line(&person.name);
        acting::act(context, &mut account, Act::Refuse(person.address))?;
        context
            .output
            .say(&format!("refused {name}, who is not told"))?;
        Ok(ExitCode::SUCCESS)
    }
}
