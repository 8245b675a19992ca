//! `iim flush`.

use crate::account::kept::send_copy;
use crate::account::mail;

use super::explain::{self, hinted};
use super::output::local;
use super::run::Run;
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
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        if run.has_moved_out()? {
            return Ok(());
        }
        if self.now {
            mail::route::end_rest(&mut run.account)?;
        }
        let report = mail::flush(&mut run.account)?;
        run.tell(&report.notices)?;
        let copy = send_copy(&mut run.account)?;
        let trouble = report.trouble.or(copy);
        let sent = counted(report.sent, "letter");
        let left = counted(report.left, "letter");
        let news = mail::route::is_news(&mut run.account, trouble.as_deref())?;
        if let Some(trouble) = trouble {
            // From cron, with -q, a trouble is told once: its mails would come every five minutes.
            if run.output.quiet && !news {
                return Err(explain::Said.into());
            }
            let trouble = one_line(&trouble);
            let (mut again, mut hint) = (String::new(), "`iim doctor` looks for the cause");
            if let Some(until) = report.rests_until {
                again = format!(" (tried again after {})", local(until));
                hint = "`iim flush --now` tries at once; `iim doctor` looks for the cause";
            }
            let what = format!("{sent} sent, {left} left: {trouble}{again}");
            return Err(hinted(what, hint));
        }
        run.say(format!("{sent} sent, {left} left"))
    }
}
