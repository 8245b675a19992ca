//! The table of commands: what the command line and a client's line are read by.

use std::path::PathBuf;

use anyhow::bail;
use clap::{CommandFactory as _, Parser, Subcommand};

use super::context::Context;
use super::people::{self, People};
use super::run::Run;
use super::{
    add, backup, change, device, doctor, fetch, flush, friends, generate, group, inspect, invite,
    moving, network, read, record, rotate, say, setup, status, verify, watch,
};
use crate::rules::event::Act;

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
    after_help = "WHO is the name you gave a friend, or the address. `iim say` and `iim read` take a group, too: '#name', in\n\
                  quotes, for # begins a comment in a shell. `iim setup` comes first.\n\
                  Exit codes: 0 done, 1 refused or failed, 2 wrong usage; those of `deliver` and `filter` differ."
)]
pub(crate) struct Cli {
    /// All files of the account lie in this folder (also: IIM_HOME)
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Says more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Says only what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Setup(setup::Setup),
    Add(add::Add),
    Invite(invite::Invite),
    Accept(people::Accept),
    Refuse(people::Refuse),
    Friends(friends::Friends),
    /// Takes away the sight of your presence; they stay friends
    ///
    /// Your presence gets a new secret, which all others who may see you are told. To the hidden it looks as if you
    /// were away; their texts still come, and yours to them go by mail.
    Hide(People),
    /// Lets friends see your presence (again)
    Show(People),
    Block(people::Block),
    /// Takes what they send again; leaves you hidden from them (see `iim show`)
    Unblock(People),
    /// Takes people off the roster; they are not told
    ///
    /// Your presence gets a new secret, if they had the present one.
    Remove(People),
    Rename(people::Rename),
    Rotate(rotate::Rotate),
    Status(status::Status),
    Say(say::Say),
    Edit(change::Edit),
    Retract(change::Retract),
    React(change::React),
    Read(read::Read),
    Record(record::Record),
    Group(group::Group),
    Watch(watch::Watch),
    Verify(verify::Verify),
    Device(device::Device),
    Network(network::Network),
    Fetch(fetch::Fetch),
    Flush(flush::Flush),
    /// Runs in the foreground: presence and messages over IRC, mails that are due
    ///
    /// Logs to stderr. SIGTERM ends it cleanly, SIGHUP makes it read its files again.
    Agent {
        /// Logs one JSON object a line
        #[arg(long)]
        json_log: bool,
    },
    /// The hook at delivery: takes one mail on stdin, if it is ours
    ///
    /// Exit codes: 0 ours, stored and committed; 1 not ours, left alone; 75 trouble, try later. No other.
    Deliver {
        /// By hand, for a mail that you know to be one of iim's, whatever became of its header; says what was done
        #[arg(long)]
        anyway: bool,
    },
    /// The hook as a pipe: mail in, mail out, byte for byte
    ///
    /// A mail of ours is handled and gets one header line `IIM-Status: …` on top. Trouble: the mail unchanged, and
    /// exit code 75.
    Filter,
    Export(moving::Export),
    Import(moving::Import),
    Return(moving::Return),
    Backup(backup::Backup),
    Recover(backup::Recover),
    Doctor(doctor::Doctor),
    /// Explains a defined mail on stdin, without acting
    ///
    /// Says what it is, who it claims to be from, and whether a signature is valid. Nothing is stored, answered or
    /// opened.
    Inspect,
    Generate(generate::Generate),
}

/// Runs one that has an end of its own; [`Command::Agent`] and the hooks are started elsewhere.
pub(crate) fn dispatch(context: &Context, command: Command) -> anyhow::Result<()> {
    let open = || Run::open(context)?.here();
    // What reads works also where the account has left from.
    let anywhere = || Run::open(context);
    match command {
        Command::Setup(args) => args.run(context),
        Command::Watch(args) => args.run(context),
        Command::Fetch(args) => args.run(context),
        Command::Doctor(args) => args.run(context),
        Command::Inspect => inspect::run(context),
        Command::Import(args) => args.run(context),
        Command::Export(args) => args.run(&mut anywhere()?),
        Command::Return(args) => args.run(&mut anywhere()?),
        Command::Backup(args) => args.run(&mut anywhere()?),
        Command::Recover(args) => args.run(context),
        Command::Record(args) => args.run(context),
        Command::Generate(args) => args.run(context, Cli::command()),
        Command::Add(args) => args.run(&mut open()?),
        Command::Invite(args) => args.run(&mut open()?),
        Command::Accept(args) => args.run(&mut open()?),
        Command::Refuse(args) => args.run(&mut open()?),
        Command::Friends(args) => args.run(&mut anywhere()?),
        Command::Hide(who) => who.run(&mut open()?, Act::Hide, "hidden from"),
        Command::Show(who) => who.run(&mut open()?, Act::Show, "shown to"),
        Command::Block(args) => args.run(&mut open()?),
        Command::Unblock(who) => {
            let words = "no longer blocked, and hidden from:";
            who.run(&mut open()?, Act::Unblock, words)
        }
        Command::Remove(who) => who.run(&mut open()?, Act::Remove, "removed:"),
        Command::Rename(args) => args.run(&mut open()?),
        Command::Rotate(args) => args.run(&mut open()?),
        Command::Status(args) => args.run(&mut open()?),
        Command::Say(args) => args.run(&mut open()?),
        Command::Edit(args) => args.run(&mut open()?),
        Command::Retract(args) => args.run(&mut open()?),
        Command::React(args) => args.run(&mut open()?),
        Command::Read(args) => args.run(&mut anywhere()?),
        Command::Group(args) => args.run(&mut open()?),
        Command::Verify(args) => args.run(&mut open()?),
        Command::Device(args) => args.run(&mut open()?),
        Command::Network(args) => args.run(&mut open()?),
        Command::Flush(args) => args.run(&mut anywhere()?),
        Command::Agent { .. } | Command::Deliver { .. } | Command::Filter => {
            bail!("this is for a shell")
        }
    }
}
