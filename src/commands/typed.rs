//! A line that a client of the gateway has typed to its service: run in the agent, by the table of the command line.

use std::iter::once;
use std::time::Instant;

use anyhow::bail;
use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _};

use super::cli::{Cli, Command, dispatch};
use super::context::Context;
use super::explain::hinted;
use super::output::Output;
use super::{device, explain};
use crate::edge::home::Home;

/// Runs a command of this account, given in words: what it prints until then.
pub(super) fn run(home: &Home, words: Vec<String>, until: Instant) -> String {
    let output = Output::kept(until);
    if let Err(error) = try_run(home, &words, &output) {
        explain::failed(&output, &error);
    }
    output.into_kept()
}

fn try_run(home: &Home, words: &[String], output: &Output) -> anyhow::Result<()> {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_mut_slice() {
        [] | ["help" | "?"] => return help(output),
        [first, ..] if *first == "?" => *first = "help",
        _ => {}
    }
    let table = Cli::command().term_width(WIDTH);
    let parsed = table.try_get_matches_from(once("iim").chain(words));
    let parsed = parsed.and_then(|matches| {
        let name = matches.subcommand_name().unwrap_or_default().to_owned();
        Ok((name, Cli::from_arg_matches(&matches)?))
    });
    let (name, cli) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(output, &error),
    };
    if cli.home.is_some() || FOR_A_SHELL.contains(&name.as_str()) || shows_a_password(&cli.command)
    {
        bail!("this is for a shell");
    }
    let output = output.speaking(cli.quiet, cli.verbose);
    dispatch(&Context::typed(home, output), cli.command)
}

fn shows_a_password(command: &Command) -> bool {
    matches!(command, Command::Device(device) if matches!(device.what, device::What::Add { .. }))
}

/// What may be typed, a line each.
fn help(output: &Output) -> anyhow::Result<()> {
    output.line("commands, as in a shell (help NAME says more):")?;
    for command in Cli::command().get_subcommands() {
        let (name, about) = (command.get_name(), command.get_about());
        if let Some(about) = about.filter(|_| !FOR_A_SHELL.contains(&name)) {
            output.line(format!("{name}: {about}"))?;
        }
    }
    Ok(())
}

/// Help that was asked for, or what is wrong with the words.
fn usage(output: &Output, error: &clap::Error) -> anyhow::Result<()> {
    if error.kind() == ErrorKind::InvalidSubcommand {
        let word = error.get(ContextKind::InvalidSubcommand);
        let word = word.map_or_else(String::new, ToString::to_string);
        let what = format!("there is no command {word:?}");
        return Err(hinted(what, "help lists them"));
    }
    let said = error.render().to_string();
    match error.use_stderr() {
        true => output.error(said.trim_end()),
        false => output.line(said.trim_end())?,
    }
    Ok(())
}

/// What serves, asks, reads stdin or writes files of the user is not for a client.
const FOR_A_SHELL: [&str; 13] = [
    "setup", "watch", "agent", "deliver", "filter", "inspect", "generate", "export", "import",
    "return", "record", "backup", "recover",
];

/// How wide help is written, in columns.
const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use crate::protocol::time::{Millis, Seconds};
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::account::Account;
    use crate::edge::clock::SystemClock;
    use crate::edge::home::replace_file;
    use crate::edge::store::{Create, Store, StoreError};
    use crate::protocol::address::Address;
    use crate::protocol::letter::LetterId;
    use crate::rules::conversation::{Author, ContactId, ConversationId};
    use crate::rules::effect::Effect;
    use crate::rules::message::{Delivery, Message};
    use crate::rules::view::View as _;

    /// An account with so many texts of a friend.
    fn account(folder: &Path, texts: u16) -> Home {
        let home = Home::at(&folder.join("home"), &folder.join("state"));
        home.create().unwrap();
        replace_file(&home.config(), b"address = 'alice@example.org'\n").unwrap();
        Account::create(&home, Arc::new(SystemClock)).unwrap();
        let store = Store::open(&home.database(), Create::No).unwrap();
        let put = store.transact(|tx| {
            let bob = Address::parse("bob@example.net").unwrap();
            let with = tx.ids_at(&bob).unwrap().conversation;
            (0..texts).try_for_each(|number| {
                let text = Message {
                    conversation: with,
                    ..text(number)
                };
                tx.apply(&Effect::Message(Box::new(text)), Seconds(0))?;
                Ok::<_, StoreError>(())
            })
        });
        put.unwrap();
        home
    }

    fn text(number: u16) -> Message {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        Message {
            conversation: ConversationId::default(),
            author: Author::Contact(ContactId::new(1)),
            id: LetterId(id),
            sent: Millis(1000),
            arrival: Millis(1000),
            text: "hello".to_owned(),
            reply_to: None,
            unknown_kind: None,
            change: None,
            state: Delivery::Read,
            via: None,
            reason: None,
            attempts: 0,
            mailed_at: Seconds(0),
            due: None,
            acknowledged_read: false,
            notice: false,
            in_group: None,
        }
    }

    #[test]
    fn a_huge_history_is_not_gathered_in_the_agent() {
        for (texts, words) in [
            (3, "bob@example.net: hello"),
            (201, "201 texts are too many"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let home = account(folder.path(), texts);
            let until = Instant::now() + Duration::from_secs(60);
            let said = run(&home, vec!["read".to_owned()], until);
            assert!(said.contains(words), "{texts}: {said}");
        }
    }

    #[test]
    fn what_is_for_a_shell_is_a_command() {
        let table = Cli::command();
        for name in FOR_A_SHELL {
            assert!(table.find_subcommand(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_printed_is_bounded_in_length_and_time() {
        let now = Instant::now();
        let output = Output::kept(now + Duration::from_secs(60));
        let long = "é".repeat(10_000);
        assert!(output.line(&long).is_ok());
        assert!(output.line(&long).is_err());
        assert!(output.into_kept().len() < 33_000);
        assert!(Output::kept(now).line("late").is_err());
    }
}
