//! `iim remove`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;

/// Takes people off the roster; they are not told
///
/// Your presence gets a new secret, if they had the present one.
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl Remove {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        acting::on_people(context, &self.who, Act::Remove, "removed:")
    }
}
