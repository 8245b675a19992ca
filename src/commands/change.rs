//! `iim edit`, `retract` and `react`: a text as it is to be seen from now on.

use super::arguments::{self, TextId};
use super::run::Run;
use super::{say, whom};

/// Gives a text that you sent another wording; prints the id of the change
///
/// Without TEXT it is read from stdin. Your friend's side shows the new wording as edited; one of an older version gets
/// it as a text, `* corrected: …`. What was read was read, and the old words stay in the files of both.
#[derive(Debug, clap::Args)]
pub(crate) struct Edit {
    /// The id of the text, or how it begins: `iim say` prints it, `iim read --ids` shows it
    #[arg(value_parser = arguments::text_id)]
    id: TextId,
    /// The new wording (words are joined by spaces)
    text: Vec<String>,
}

impl Edit {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let text = run.text(self.id)?;
        let wording = say::words(&run.output, self.text)?;
        run.change(whom::edit(text, wording))
    }
}

/// Takes back a text that you sent; prints the id of the change
///
/// Your friend's side is asked not to show it any more; one of an older version is told so in words. Whether they have read
/// it nobody knows, and the words stay in the files of both: nothing that was sent can be made unsent.
#[derive(Debug, clap::Args)]
pub(crate) struct Retract {
    /// The id of the text, or how it begins: `iim say` prints it, `iim read --ids` shows it
    #[arg(value_parser = arguments::text_id)]
    id: TextId,
}

impl Retract {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let text = run.text(self.id)?;
        run.change(whom::retract(text))
    }
}

/// Sets a sign to a text, of yours or of a friend, or takes it off; prints the id of the change
///
/// A friend whose side is of an older version gets it as a text, `* reacted …`.
#[derive(Debug, clap::Args)]
pub(crate) struct React {
    /// The id of the text, or how it begins: `iim read --ids` shows it
    #[arg(value_parser = arguments::text_id)]
    id: TextId,
    /// The sign: 1 to 64 bytes, mostly one emoji
    emoji: String,
    /// Takes it off
    #[arg(long)]
    off: bool,
}

impl React {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let text = run.text(self.id)?;
        run.change(whom::react(text, self.emoji, !self.off))
    }
}
