//! `iim rotate`.

use std::time::Duration;

use super::arguments;
use super::output::local;
use super::run::Run;
use crate::rules::event::Act;

/// Makes a new presence secret, and tells it to all who may see you
///
/// Says how many are told and how long that takes. For cron: `iim -q rotate --if-older 30d`.
#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// Only if the present secret is older than this (90s, 15m, 12h, 30d)
    #[arg(long, value_name = "SPAN", value_parser = arguments::span)]
    if_older: Option<Duration>,
}

impl Rotate {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let before = run.account.state()?.epoch;
        let act = Act::Rotate {
            if_older: self.if_older,
        };
        run.act(act)?;
        let account = run.account.state()?;
        if account.epoch != before {
            return Ok(());
        }
        let made = local(account.rotated_at);
        run.say(format!("nothing to do: the secret was made on {made}"))
    }
}
