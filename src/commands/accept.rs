//! `iim accept`.

use crate::rules::event::Act;

use super::run::Run;
use crate::protocol::clean::one_line;

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
