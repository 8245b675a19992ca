//! `iim retract`.

use crate::rules::event::Act;

use super::arguments::{self, TextId};
use super::run::Run;

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
        let (address, of) = run.text(self.id)?;
        let act = Act::Retract {
            address,
            of,
            why: None,
        };
        run.change(act)
    }
}
