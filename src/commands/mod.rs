//! What is run: one file for each command.

pub mod deliver;
pub mod hook;

mod add;
mod arguments;
mod ask;
mod backup;
mod change;
mod cli;
mod context;
mod device;
mod doctor;
mod explain;
mod fetch;
mod flush;
mod friends;
mod generate;
mod group;
mod inspect;
mod invite;
mod list;
mod moving;
mod network;
mod output;
mod people;
mod presence;
mod read;
mod record;
mod rotate;
mod run;
mod say;
mod setup;
mod status;
mod typed;
mod verify;
mod watch;
mod whom;

use crate::daemon;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::edge::clock::SystemClock;
use crate::edge::log::Log;
use crate::edge::mail::hook::filter::TROUBLE;
use cli::{Cli, Command, dispatch};
use context::Context;
use output::Output;

/// Runs the command that the arguments name (the first is the program's own name), prints its error, and
/// returns its exit code: 0 done, 1 refused or failed, 2 wrong usage.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let context = Context::new(cli.home, Output::new(cli.quiet, cli.verbose));
    // Whoever calls a hook wrongly: its own entry takes all other calls.
    if matches!(cli.command, Command::Deliver { .. } | Command::Filter) {
        return ExitCode::from(TROUBLE);
    }
    let done = if let Command::Agent { json_log } = cli.command {
        run_agent(&context, json_log)
    } else {
        dispatch(&context, cli.command)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            explain::failed(&context.output, &error);
            ExitCode::FAILURE
        }
    }
}

/// The agent logs to stderr, in the foreground.
fn run_agent(context: &Context, json: bool) -> anyhow::Result<()> {
    let output = &context.output;
    let verbosity = i8::from(output.verbose).saturating_sub(i8::from(output.quiet));
    Log { verbosity, json }.start();
    std::panic::set_hook(Box::new(hook::say_where));
    daemon::run(context.home()?, Arc::new(SystemClock), typed::run)
}

/// Help and version are no errors; everything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    let _nobody_left = error.print();
    if let (ErrorKind::DisplayVersion, Some(from)) = (error.kind(), BUILT_FROM) {
        let _nobody_left = writeln!(std::io::stdout(), "built from {from}");
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// What the program was built from, if whoever built it has said so (`src/package/static`).
const BUILT_FROM: Option<&str> = option_env!("IIM_BUILT_FROM");
