//! `iim refuse`.

use crate::rules::event::Act;

use super::run::Run;
use crate::protocol::clean::one_line;

/// Answers a request with silence
#[derive(Debug, clap::Args)]
pub(crate) struct Refuse {
    /// Who asked: the name or the address
    who: String,
}

impl Refuse {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let person = run.account.who(&self.who)?;
        let name = one_line(&person.name);
        run.act(Act::Refuse(person.address))?;
        run.say(format!("refused {name}, who is not told"))
    }
}
