//! `iim doctor`: one small function for each thing that can be wrong.

mod account;
mod certificate;
mod copy;
mod fetched;
mod finding;
mod gateway;
mod hook;
mod loopback;
mod mailbox;
mod network;

use crate::account::mail;
use crate::rules::event::Act;

use super::context::Context;
use super::explain::Said;
use super::output::Colour;
use super::run::Run;
use crate::rules::words::counted;
use finding::{Findings, Level};

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

impl Doctor {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let output = &context.output;
        let mut found = Findings::shown((!self.json).then(|| output.clone()));
        self.look(context, &mut found)?;
        found.check_output()?;
        let faults = found.count(Level::Fault);
        if self.json {
            output.json(&found.all)?;
        } else {
            let mended = format!("{} to be mended", counted(faults, "fault"));
            let (colour, said) = match (faults, found.count(Level::Warn)) {
                (0, 0) => (Colour::Good, "all is well"),
                (0, _) => (Colour::Good, "it works, but see the warnings"),
                _ => (Colour::Bad, mended.as_str()),
            };
            output.say(output.paint(colour, said))?;
        }
        match faults {
            0 => Ok(()),
            _ => Err(Said.into()),
        }
    }

    fn look(&self, context: &Context, found: &mut Findings) -> anyhow::Result<()> {
        let home = context.home()?;
        account::files(&home, found);
        account::config(&home, found);
        let mut run = match Run::open(context) {
            Ok(run) => run,
            Err(error) => {
                found.error(error, "mend what stands above, and run doctor again");
                hook::check(&home, found);
                mailbox::check(false, found);
                return Ok(());
            }
        };
        if let Err(left) = run.account.require_here() {
            let mend =
                "if it lives there, take the recipe, the crontab lines and the unit away here";
            found.error(left, mend);
            return Ok(());
        }
        let account = &mut run.account;
        account::database(account, found);
        if self.restored {
            return restored(&mut run, found);
        }
        let agent = account::agent(account, found);
        gateway::check(account, agent.as_ref(), found);
        let fetch = account.config.mail.fetch.clone();
        for one in &fetch {
            let name = (fetch.len() > 1).then(|| format!("mailbox {}", one.name));
            found.is_of(name);
            fetched::check(account, one, found);
        }
        found.is_of(None);
        if fetch.is_empty() {
            hook::check(&home, found);
        }
        found.check_output()?;
        if !self.no_mail && !fetched::round_trip(account, agent.as_ref(), found) {
            loopback::check(account, found);
        }
        mailbox::check(account.config.mail.keep, found);
        account::unread(account, found)?;
        copy::check(&run, found)?;
        let account = &mut run.account;
        found.check_output()?;
        network::check(account, agent.as_ref(), found);
        Ok(())
    }
}

/// The data came from a backup: no ratchet of it is used again, and each friend is asked to heal.
fn restored(run: &mut Run, found: &mut Findings) -> anyhow::Result<()> {
    run.act(Act::Restored)?;
    let report = mail::flush(&mut run.account)?;
    let sent = counted(report.sent, "letter");
    let restored = "restored from a backup";
    if let Some(trouble) = report.trouble {
        let what = format!("{restored}, but not all could be sent: {trouble}");
        found.warn(what, "`iim flush` tries again");
    } else {
        let asked = "the secret is new, friends are asked to heal";
        found.ok(format!("{restored}: {asked} ({sent} sent)"));
    }
    Ok(())
}
