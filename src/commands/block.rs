//! `iim block`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;

/// Takes and drops whatever they send, and hides from them
///
/// They are not told. Your presence gets a new secret, if they had the present one.
#[derive(Debug, clap::Args)]
pub(crate) struct Block {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl Block {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        acting::on_people(context, &self.who, Act::Block, "blocked:")
    }
}
