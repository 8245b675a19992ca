//! `iim status`.

pub(crate) mod copy;
mod groups;
mod mailbox;
pub(crate) mod report;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::presence::Presences;
use super::run::{Run, addresses, names};
use crate::protocol::letter::Status as Shown;
use crate::rules::event::{Act, NewStatus};
use report::Report;

/// Shows or sets your status, for all or for some friends
///
/// `invisible` takes you off every network under a name that friends know; texts go by mail then.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// How you want to be found
    status: Option<Word>,
    /// A word to it ("" takes it away)
    text: Option<String>,
    /// Only for these friends
    #[arg(long = "for", value_name = "WHO", num_args = 1..)]
    friends: Vec<String>,
    /// Other ways to reach you that these friends are told (mailto:, tel:, xmpp:, https:; "" takes all away)
    #[arg(long = "way", value_name = "URI", num_args = 1..)]
    ways: Vec<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A status as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// There
    Online,
    /// Not at the keyboard
    Away,
    /// Not to be disturbed
    Busy,
    /// Under no name that friends know
    Invisible,
}

impl Status {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        if self.status.is_some() || !self.ways.is_empty() || !self.friends.is_empty() {
            return self.set(run);
        }
        let report = Report::of(run)?;
        match self.json {
            true => run.output.json(&report),
            false => report.show(&run.output),
        }
    }

    fn set(self, run: &mut Run) -> anyhow::Result<()> {
        let people = run.people(&self.friends)?;
        let whom = match people.is_empty() {
            true => "for all".to_owned(),
            false => format!("for {}", names(&people)),
        };
        let given = |way: &String| !way.is_empty();
        let ways = (!self.ways.is_empty()).then(|| self.ways.into_iter().filter(given).collect());
        let act = Act::Status {
            status: self.status.map(Word::meaning),
            text: self.text,
            friends: addresses(&people),
            ways,
        };
        run.act(act)?;
        let word = self.status.and_then(|status| status.to_possible_value());
        let word = word.as_ref().map_or("changed", PossibleValue::get_name);
        let when = match Presences::ask(&run.account.home).agent {
            true => "",
            false => ", once the agent runs",
        };
        run.say(format!("{word} {whom}{when}"))
    }
}

impl Word {
    fn meaning(self) -> NewStatus {
        match self {
            Self::Online => NewStatus::Shown(Shown::Online),
            Self::Away => NewStatus::Shown(Shown::Away),
            Self::Busy => NewStatus::Shown(Shown::Busy),
            Self::Invisible => NewStatus::Invisible,
        }
    }
}
