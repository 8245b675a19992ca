//! `iim hide`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::acting;
use super::context::Context;

/// Takes away the sight of your presence; they stay friends
///
/// Your presence gets a new secret, which all others who may see you are told. To the hidden it looks as if you
/// were away; their texts still come, and yours to them go by mail.
#[derive(Debug, clap::Args)]
pub(crate) struct Hide {
    /// Names or addresses
    #[arg(required = true, value_name = "WHO")]
    who: Vec<String>,
}

impl Hide {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        acting::on_people(context, &self.who, Act::Hide, "hidden from")
    }
}
