//! `iim flush`.

use std::process::ExitCode;

use crate::account;

use super::acting;
use super::context::Context;
use super::explain::hinted;
use super::output::local;
use crate::protocol::clean::one_line;
use crate::rules::words::counted;

/// Sends what waits in the outbox by mail, and does what is due
///
/// For cron, where no agent runs; harmless where one does.
#[derive(Debug, clap::Args)]
pub(crate) struct Flush {
    /// Try at once, though the mail system has refused all that is ours and is being left in peace for a while
    #[arg(long)]
    now: bool,
}

impl Flush {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        if self.now {
            account.end_rest()?;
        }
        let settled = account::flush(&mut account)?;
        for notice in &settled.notices {
            acting::tell(context, &account, notice)?;
        }
        let sent = counted(settled.sent, "letter");
        let left = counted(settled.left, "letter");
        let news = account.is_news(settled.trouble.as_deref())?;
        if let Some(trouble) = settled.trouble {
            // From cron, with -q, a trouble is told once: its mails would come every five minutes.
            if context.output.quiet && !news {
                return Ok(ExitCode::FAILURE);
            }
            let trouble = one_line(&trouble);
            let (again, hint) = match settled.rests_until {
                Some(until) => (
                    format!(" (tried again after {})", local(until)),
                    "`iim flush --now` tries at once; `iim doctor` looks for the cause",
                ),
                None => (String::new(), "`iim doctor` looks for the cause"),
            };
            return Err(hinted(
                format!("{sent} sent, {left} left: {trouble}{again}"),
                hint,
            ));
        }
        context.output.say(&format!("{sent} sent, {left} left"))?;
        Ok(ExitCode::SUCCESS)
    }
}
