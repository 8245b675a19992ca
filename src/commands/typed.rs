//! `iim typed`: one command whose words come on stdin, as a JSON array of texts. The agent runs it for what a client
//! of the gateway types, so that no list of processes shows what was typed.

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use clap::error::ErrorKind;

use super::context::Context;
use super::{Cli, Command, device, dispatch, usage};

/// Runs the command whose words come on stdin
#[derive(Debug, clap::Args)]
pub(crate) struct Typed {}

impl Typed {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut text = String::new();
        let mut stdin = std::io::stdin().lock().take(LONGEST);
        stdin
            .read_to_string(&mut text)
            .context("reading the command")?;
        let words: Vec<String> = serde_json::from_str(&text).context("reading the command")?;
        let all = std::iter::once("iim").chain(words.iter().map(String::as_str));
        match Cli::try_parse_from(all) {
            Ok(cli) if cli.home.is_none() && is_typed(&cli.command) => {
                dispatch(&context.of_typed(), cli.command)
            }
            Ok(_) => bail!("this is for a shell"),
            Err(error) if error.kind() == ErrorKind::InvalidSubcommand => {
                let word = words.first().map_or("", String::as_str);
                bail!("there is no command {word:?}\nhint: help lists them");
            }
            Err(error) => Ok(usage(&error)),
        }
    }
}

/// Whether a client may have it run: nothing that serves, that asks, or that prints a password.
fn is_typed(command: &Command) -> bool {
    match command {
        Command::Add(_)
        | Command::Invite(_)
        | Command::Accept(_)
        | Command::Refuse(_)
        | Command::Friends(_)
        | Command::Hide(_)
        | Command::Show(_)
        | Command::Block(_)
        | Command::Unblock(_)
        | Command::Remove(_)
        | Command::Rename(_)
        | Command::Rotate(_)
        | Command::Status(_)
        | Command::Say(_)
        | Command::Edit(_)
        | Command::Retract(_)
        | Command::React(_)
        | Command::Read(_)
        | Command::Verify(_)
        | Command::Flush(_)
        | Command::Doctor(_) => true,
        Command::Device(device) => !matches!(device.what, device::What::Add(_)),
        Command::Setup(_)
        | Command::Watch(_)
        | Command::Agent(_)
        | Command::Deliver(_)
        | Command::Filter(_)
        | Command::Inspect(_)
        | Command::Generate(_)
        | Command::Typed(_) => false,
    }
}

/// The longest command, in bytes.
const LONGEST: u64 = 64 * 1024;
