//! `iim rotate`.

use std::process::ExitCode;

use crate::rules::event::Act;

use super::context::Context;
use super::output::local;
use super::{acting, arguments};

/// Makes a new presence secret, and tells it to all who may see you
///
/// Says how many are told and how long that takes. For cron: `iim -q rotate --if-older 30d`.
#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// Only if the present secret is older than this (90s, 15m, 12h, 30d)
    #[arg(long, value_name = "SPAN", value_parser = arguments::span)]
    if_older: Option<u64>,
}

impl Rotate {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        let before = account.state()?.epoch;
        let act = Act::Rotate {
            if_older: self.if_older,
        };
        acting::act(context, &mut account, act)?;
        let account = account.state()?;
        if account.epoch == before {
            let made = local(account.rotated_at);
            context
                .output
                .say(&format!("nothing to do: the secret was made on {made}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
