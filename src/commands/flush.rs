//! `iim flush`.

use std::process::ExitCode;

use crate::turn;

use super::acting;
use super::context::Context;
use super::explain::hinted;
use super::output::{counted, one_line};

/// Sends what waits in the outbox by mail, and does what is due
///
/// For cron, where no agent runs; harmless where one does.
#[derive(Debug, clap::Args)]
pub(crate) struct Flush {}

impl Flush {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Self {} = self;
        let mut station = context.open()?;
        let settled = turn::flush(&mut station)?;
        for notice in &settled.notices {
            acting::tell(context, &station, notice)?;
        }
        let sent = counted(count(settled.sent), "letter");
        let left = counted(count(settled.left), "letter");
        if let Some(trouble) = settled.trouble {
            return Err(hinted(
                format!("{sent} sent, {left} left: {}", one_line(&trouble)),
                "`iim doctor` looks for the cause",
            ));
        }
        context.output.say(&format!("{sent} sent, {left} left"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
