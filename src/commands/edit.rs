//! `iim edit`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::arguments::TextId;
use super::context::Context;
use super::{acting, arguments, say};

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
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        let (address, of) = acting::text(&mut account, self.id)?;
        let act = Act::Edit {
            address,
            of,
            text: say::words(context, self.text)?,
        };
        acting::change(context, &mut account, act)
    }
}
