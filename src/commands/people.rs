//! `iim hide`, `show`, `block`, `unblock` and `remove`: one act on people, all of them or none.

use super::run::{Run, addresses, names};
use crate::protocol::address::Address;
use crate::rules::event::Act;

// Its help is that of the command that it belongs to.
#[derive(Debug, clap::Args)]
pub(crate) struct People {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl People {
    /// Does it, and says on whom it was done.
    pub(crate) fn run(
        self,
        run: &mut Run,
        act_on: fn(Vec<Address>) -> Act,
        words: &str,
    ) -> anyhow::Result<()> {
        let people = run.people(&self.who)?;
        run.act(act_on(addresses(&people)))?;
        run.say(format!("{words} {}", names(&people)))
    }
}
