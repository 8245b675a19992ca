//! `iim unblock`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;

/// Takes what they send again; leaves you hidden from them (see `iim show`)
#[derive(Debug, clap::Args)]
pub(crate) struct Unblock {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl Unblock {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        acting::on_people(
            context,
            &self.who,
            Act::Unblock,
            "no longer blocked, and hidden from:",
        )
    }
}
