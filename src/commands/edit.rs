//! `iim edit`.

use crate::rules::event::Act;

use super::arguments::TextId;
use super::run::Run;
use super::{arguments, say};

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
        let (address, of) = run.text(self.id)?;
        let act = Act::Edit {
            address,
            of,
            text: say::words(&run.output, self.text)?,
        };
        run.change(act)
    }
}
