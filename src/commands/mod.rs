//! What is run: one file for each command.

pub mod deliver;
pub mod hook;

mod accept;
mod acting;
mod add;
mod arguments;
mod ask;
mod block;
mod context;
mod device;
mod doctor;
mod edit;
mod explain;
mod flush;
mod friends;
mod generate;
mod hide;
mod inspect;
mod invite;
mod output;
mod presence;
mod react;
mod read;
mod refuse;
mod remove;
mod rename;
mod retract;
mod rotate;
mod say;
mod setup;
mod show;
mod status;
mod typed;
mod unblock;
mod verify;
mod watch;

use crate::daemon;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::edge::clock::SystemClock;
use crate::edge::log::Log;
use context::Context;
use output::Output;

/// Instant messaging made of a mailbox and the public IRC networks
///
/// Your identity is your mail address and a key. Friends see that you are there, and talk to you, at a secret
/// nickname on ordinary IRC networks; nobody else can find you. Who is offline gets the message by mail.
#[derive(Debug, Parser)]
#[command(
    name = "iim",
    version,
    propagate_version = false,
    max_term_width = 100,
    after_help = "WHO is the name you gave a friend, or the address. `iim setup` comes first.\n\
                  Exit codes: 0 done, 1 refused or failed, 2 wrong usage; those of `deliver` and `filter` differ."
)]
struct Cli {
    /// All files of the account lie in this folder (also: IIM_HOME)
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Says more
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Says only what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Setup(setup::Setup),
    Add(add::Add),
    Invite(invite::Invite),
    Accept(accept::Accept),
    Refuse(refuse::Refuse),
    Friends(friends::Friends),
    Hide(hide::Hide),
    Show(show::Show),
    Block(block::Block),
    Unblock(unblock::Unblock),
    Remove(remove::Remove),
    Rename(rename::Rename),
    Rotate(rotate::Rotate),
    Status(status::Status),
    Say(say::Say),
    Edit(edit::Edit),
    Retract(retract::Retract),
    React(react::React),
    Read(read::Read),
    Watch(watch::Watch),
    Verify(verify::Verify),
    Device(device::Device),
    Flush(flush::Flush),
    Agent(AgentArgs),
    Deliver(HookArgs),
    Filter(FilterArgs),
    Doctor(doctor::Doctor),
    Inspect(inspect::Inspect),
    Generate(generate::Generate),
}

/// Runs in the foreground: presence and messages over IRC, mails that are due
///
/// Logs to stderr. SIGTERM ends it cleanly, SIGHUP makes it read its files again.
#[derive(Debug, clap::Args)]
struct AgentArgs {
    /// Logs one JSON object a line
    #[arg(long)]
    json_log: bool,
}

/// The hook at delivery: takes one mail on stdin, if it is ours
///
/// Exit codes: 0 ours, stored and committed; 1 not ours, left alone; 75 trouble, try later. No other.
#[derive(Debug, clap::Args)]
struct HookArgs {
    /// By hand, for a mail that you know to be one of iim's, whatever became of its header; says what was done
    #[arg(long)]
    anyway: bool,
}

/// The hook as a pipe: mail in, mail out, byte for byte
///
/// A mail of ours is handled and gets one header line `IIM-Status: …` on top. Trouble: the mail unchanged, and
/// exit code 75.
#[derive(Debug, clap::Args)]
struct FilterArgs {}

/// Runs the command that the arguments name (the first is the program's own name), prints its error, and
/// returns its exit code: 0 done, 1 refused or failed, 2 wrong usage.
#[must_use]
pub fn run(args: Vec<OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let context = Context::new(cli.home, Output::new(cli.quiet, cli.verbose));
    dispatch(&context, cli.command).unwrap_or_else(|error| {
        explain::failed(&context.output, &error);
        ExitCode::FAILURE
    })
}

/// The agent logs to stderr, in the foreground.
fn run_agent(context: &Context, json: bool) -> anyhow::Result<ExitCode> {
    let output = &context.output;
    let verbosity = i8::from(output.verbose).saturating_sub(i8::from(output.quiet));
    Log { verbosity, json }.start();
    std::panic::set_hook(Box::new(hook::say_where));
    daemon::run(context.home()?, Arc::new(SystemClock), typed::run)?;
    Ok(ExitCode::SUCCESS)
}

/// Help and version are no errors; everything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    let _nobody_left = error.print();
    if error.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

fn dispatch(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Setup(args) => args.run(context),
        Command::Add(args) => args.run(context),
        Command::Invite(args) => args.run(context),
        Command::Accept(args) => args.run(context),
        Command::Refuse(args) => args.run(context),
        Command::Friends(args) => args.run(context),
        Command::Hide(args) => args.run(context),
        Command::Show(args) => args.run(context),
        Command::Block(args) => args.run(context),
        Command::Unblock(args) => args.run(context),
        Command::Remove(args) => args.run(context),
        Command::Rename(args) => args.run(context),
        Command::Rotate(args) => args.run(context),
        Command::Status(args) => args.run(context),
        Command::Say(args) => args.run(context),
        Command::Edit(args) => args.run(context),
        Command::Retract(args) => args.run(context),
        Command::React(args) => args.run(context),
        Command::Read(args) => args.run(context),
        Command::Watch(args) => args.run(context),
        Command::Verify(args) => args.run(context),
        Command::Device(args) => args.run(context),
        Command::Flush(args) => args.run(context),
        Command::Agent(args) => run_agent(context, args.json_log),
        Command::Deliver(_) | Command::Filter(_) => Ok(ExitCode::from(75)),
        Command::Doctor(args) => args.run(context),
        Command::Inspect(args) => args.run(context),
        Command::Generate(args) => args.run(context),
    }
}
