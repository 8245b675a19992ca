//! `iim react`.

use crate::rules::event::Act;

use super::arguments::{self, TextId};
use super::run::Run;

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
        let (address, of) = run.text(self.id)?;
        let act = Act::React {
            address,
            of,
            emoji: self.emoji,
            on: !self.off,
        };
        run.change(act)
    }
}
