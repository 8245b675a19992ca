//! `iim show`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;

/// Lets friends see your presence (again)
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        acting::on_people(context, &self.who, Act::Show, "shown to")
    }
}
