//! What is done to people: `iim accept`, `refuse` and `rename` to one, `hide`, `show`, `block`, `unblock` and `remove` to
//! all of them or none.

use std::collections::BTreeSet;

use super::list::{self, Line, Tally};
use super::run::{Run, addresses, names};
use crate::account::AccountError;
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::rules::event::Act;
use crate::rules::refusal::Refusal;

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

/// Takes and drops whatever they send, and hides from them
///
/// They are not told. Your presence gets a new secret, if they had the present one. Whoever is not on your roster is
/// blocked by their address: they never get to ask. A whole domain: `refuse` in config.toml.
#[derive(Debug, clap::Args)]
pub(crate) struct Block {
    /// Names or addresses
    #[arg(required_unless_present = "file", value_name = "WHO")]
    who: Vec<String>,
    /// Blocks everybody on a list, - for stdin: a line each, as `iim add --file` takes them
    #[arg(long, conflicts_with = "who")]
    file: Option<String>,
}

impl Block {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let Some(file) = self.file else {
            let found = self.who.iter().map(|who| address_of(run, who));
            let people = found.collect::<anyhow::Result<Vec<Address>>>()?;
            return block(run, people);
        };
        let lines = list::read(&run.output, &file)?;
        let (mut tally, mut people) = (Tally::of(&lines), Vec::new());
        for Line { number, whom } in lines {
            match whom.map(|one| one.target.address().clone()) {
                Ok(own) if run.account.settings().is_ours(&own) => {
                    let why = Refusal::Ourselves(own).to_string();
                    tally.failed(&run.output, number, &why);
                }
                Ok(address) => people.push(address),
                Err(why) => tally.failed(&run.output, number, &why),
            }
        }
        if !people.is_empty() {
            block(run, people)?;
        }
        tally.end(&run.output)
    }
}

/// Somebody on the roster, or whoever has this address.
fn address_of(run: &mut Run, who: &str) -> anyhow::Result<Address> {
    match run.account.who(who) {
        Ok(person) => Ok(person.address),
        Err(AccountError::Refused(Refusal::Nobody(_))) if who.contains('@') => {
            Address::parse(who).map_err(anyhow::Error::from)
        }
        Err(error) => Err(error.into()),
    }
}

/// All of them in one act, so that the presence gets one new secret at most.
fn block(run: &mut Run, mut people: Vec<Address>) -> anyhow::Result<()> {
    let mut named = BTreeSet::new();
    people.retain(|one| named.insert(one.clone()));
    run.act(Act::Block(people.clone()))?;
    let mut blocked = Vec::new();
    for address in people {
        blocked.push(run.account.who(address.as_str())?);
    }
    run.say(format!("blocked: {}", names(&blocked)))
}
