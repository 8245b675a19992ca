//! `iim doctor`: one small function for each thing that can be wrong.

mod account;
mod certificate;
mod finding;
mod gateway;
mod hook;
mod loopback;
mod mailbox;
mod network;

use serde_json::Value;

use crate::account::mail;
use crate::rules::event::Act;

use super::context::Context;
use super::explain::Said;
use super::output::Colour;
use super::run::Run;
use super::status::report::could_not_be_read;
use crate::rules::words::counted;
use finding::{Finding, Level};

/// Checks everything on the real system, and says how to mend what is wrong
///
/// Looks at files and modes, the configuration, the hook, the way out for mail, the networks, the clock, the agent
/// and its gateway. A mail to your own address shows whether mail reaches the hook, and whether its From stays as it is.
/// Exit code 1 if anything is wrong.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The account's data came from a backup: heals what that broke, and checks no more
    #[arg(long)]
    restored: bool,
    /// Sends no mail to yourself
    #[arg(long)]
    no_mail: bool,
    /// One JSON array
    #[arg(long)]
    json: bool,
}

/// Shows findings as they come, and remembers them.
struct Round<'a> {
    context: &'a Context,
    json: bool,
    found: Vec<Finding>,
}

impl Doctor {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut round = Round {
            context,
            json: self.json,
            found: Vec::new(),
        };
        self.look(&mut round)?;
        round.end()
    }

    fn look(&self, round: &mut Round<'_>) -> anyhow::Result<()> {
        let home = round.context.home()?;
        round.take(account::files(&home))?;
        round.take(account::config(&home))?;
        let mut run = match Run::open(round.context) {
            Ok(run) => run,
            Err(error) => {
                let mend = "mend what stands above, and run doctor again";
                round.take(vec![Finding::error(error, mend)])?;
                round.take(hook::check(&home))?;
                return round.take(mailbox::check(false));
            }
        };
        round.take(account::database(&mut run.account))?;
        if self.restored {
            return restored(round, &mut run);
        }
        round.take(account::agent(&run.account))?;
        round.take(gateway::check(&mut run.account))?;
        round.take(hook::check(&home))?;
        if !self.no_mail {
            round.take(loopback::check(&mut run.account))?;
        }
        round.take(mailbox::check(run.account.config.mail.keep))?;
        round.take(unread(&mut run.account)?)?;
        round.take(network::check(&run.account))
    }
}

impl Round<'_> {
    fn take(&mut self, findings: Vec<Finding>) -> anyhow::Result<()> {
        for finding in findings {
            if self.found.contains(&finding) {
                continue;
            }
            let shown = finding.level != Level::Ok || !self.context.output.quiet;
            if shown && !self.json {
                let line = finding.as_text(&self.context.output);
                self.context.output.line(&line)?;
            }
            self.found.push(finding);
        }
        Ok(())
    }

    /// The last word, and the exit code.
    fn end(self) -> anyhow::Result<()> {
        let output = &self.context.output;
        let count = |level| self.found.iter().filter(|f| f.level == level).count();
        let faults = count(Level::Fault);
        if self.json {
            let all: Vec<Value> = self.found.iter().map(Finding::as_json).collect();
            output.json(&all)?;
        } else if faults > 0 {
            let said = format!("{} to be mended", counted(faults, "fault"));
            output.say(output.paint(Colour::Bad, &said))?;
        } else {
            let warned = count(Level::Warn) > 0;
            let said = if warned {
                "it works, but see the warnings"
            } else {
                "all is well"
            };
            output.say(output.paint(Colour::Good, said))?;
        }
        match faults {
            0 => Ok(()),
            _ => Err(Said.into()),
        }
    }
}

/// What bore our marker and could not be read.
fn unread(account: &mut crate::account::Account) -> anyhow::Result<Vec<Finding>> {
    let said = could_not_be_read(&account.unread_mails()?);
    let mend = "`iim inspect` says more of a mail on its standard input; `iim deliver --anyway` takes one that you know to be iim's";
    Ok(said
        .map(|what| Finding::warn(what, mend))
        .into_iter()
        .collect())
}

/// The data came from a backup: no ratchet of it is used again, and each friend is asked to heal.
fn restored(round: &mut Round<'_>, run: &mut Run) -> anyhow::Result<()> {
    run.act(Act::Restored)?;
    let report = mail::flush(&mut run.account)?;
    let sent = counted(report.sent, "letter");
    let finding = match report.trouble {
        None => Finding::ok(format!(
            "restored from a backup: the secret is new, friends are asked to heal ({sent} sent)"
        )),
        Some(trouble) => Finding::warn(
            format!("restored from a backup, but not all could be sent: {trouble}"),
            "`iim flush` tries again",
        ),
    };
    round.take(vec![finding])
}
