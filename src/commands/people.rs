//! What is done to people: `iim accept`, `refuse` and `rename` to one, `hide`, `show`, `block`, `unblock` and `remove` to
//! all of them or none.

use super::run::{Run, addresses, names};
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::rules::event::Act;

/// Answers a request with yes
///
/// You are friends as soon as the other side has confirmed, which its program does by itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Accept {
    /// Who asked: the name or the address
    who: String,
    /// The name on your roster
    #[arg(long)]
    name: Option<String>,
    /// Does not let the new friend see your presence
    #[arg(long)]
    hidden: bool,
}

impl Accept {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let address = run.account.who(&self.who)?.address;
        let act = Act::Accept {
            address: address.clone(),
            name: self.name,
            hidden: self.hidden,
        };
        run.act(act)?;
        let person = run.account.who(address.as_str())?;
        let name = one_line(&person.name);
        run.say(format!(
            "accepted {name} <{address}>; you are friends when the answer has been confirmed"
        ))
    }
}

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
