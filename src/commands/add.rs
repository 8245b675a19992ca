//! `iim add`.

use crate::rules::contact::{Contact, Standing};
use crate::rules::event::{Act, Adding};
use crate::rules::group::state as group;
use crate::rules::handshake::Handshake;

use super::arguments::{Listed, Target};
use super::explain::hinted;
use super::list::{self, Line, Tally};
use super::run::Run;
use super::{arguments, explain, say};
use crate::account::AccountError;
use crate::protocol::clean::one_line;
use crate::protocol::link::IntoGroup;
use crate::rules::refusal::Refusal;

/// Asks somebody to be a friend
///
/// The request goes by mail. It is repeated after 1, 3 and 9 days until it is answered. Without ADDRESS or LINK it is
/// read from stdin: a link given there is seen by nobody else on the machine. Of a list each line is asked by itself,
/// and who was asked before is passed over; the requests leave within what may leave in a day.
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// A mail address, alone or as 'Name <name@example.org>', or an invite link (iim:…)
    #[arg(value_name = "ADDRESS|LINK", value_parser = arguments::listed)]
    target: Option<Listed>,
    /// The name on your roster
    #[arg(long)]
    name: Option<String>,
    /// A word that goes with the request
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Does not let the new friend see your presence
    #[arg(long)]
    hidden: bool,
    /// The link was scanned face to face: marks the friend as verified
    #[arg(long)]
    verified: bool,
    /// Asks everybody on a list, - for stdin: a line each, as ADDRESS, 'Name <ADDRESS>', an address with a tab and a name
    /// behind it (abook, khard), or a link
    #[arg(long, conflicts_with_all = ["target", "name", "verified"])]
    file: Option<String>,
}

impl Add {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        if let Some(file) = &self.file {
            let lines = list::read(&run.output, file)?;
            return self.each(run, lines);
        }
        let from_stdin = || {
            let text = say::from_stdin(&run.output)?;
            arguments::listed(&text).map_err(anyhow::Error::msg)
        };
        let listed = self.target.clone().map_or_else(from_stdin, Ok)?;
        if self.verified && matches!(listed.target, Target::Address(_)) {
            let why = "--verified needs an invite link: an address says nothing about keys";
            return Err(hinted(why, "compare later with `iim verify`"));
        }
        let said = self.ask(run, listed)?;
        run.settle()?;
        run.say(said)
    }

    /// What is wrong with one line, or what is refused of it, is that line's failure alone.
    fn each(&self, run: &mut Run, lines: Vec<Line>) -> anyhow::Result<()> {
        let mut tally = Tally::of(&lines);
        for Line { number, whom } in lines {
            let error = match whom.map(|one| self.ask(run, one)) {
                Ok(Ok(said)) => {
                    run.say(said)?;
                    continue;
                }
                Ok(Err(error)) => error,
                Err(why) => {
                    tally.failed(&run.output, number, &why);
                    continue;
                }
            };
            let why = explain::in_words(&error).0;
            match error.downcast_ref() {
                Some(AccountError::Refused(
                    Refusal::AlreadyAsked(_) | Refusal::AlreadyFriend(_),
                )) => run.say(why)?,
                Some(AccountError::Refused(_)) => tally.failed(&run.output, number, &why),
                // The disk is full, say: so it would be for all lines to come.
                Some(_) | None => return Err(error.context(format!("line {number}"))),
            }
        }
        run.settle()?;
        tally.end(&run.output)
    }

    /// Asks one of them, and says what came of it; nothing is sent yet.
    fn ask(&self, run: &mut Run, listed: Listed) -> anyhow::Result<String> {
        let (address, invite) = match listed.target {
            Target::Address(address) => (address, None),
            Target::Link(invite) => (invite.address.clone(), Some(*invite)),
        };
        let into = invite.as_ref().and_then(|link| link.group.clone());
        let act = Act::Add(Adding {
            address: address.clone(),
            invite,
            name: self.name.clone().or(listed.name),
            note: self.note.clone(),
            hidden: self.hidden,
            verified: self.verified,
        });
        run.decide(act)?;
        let person = run.account.who(address.as_str())?;
        match into {
            Some(into) => came_into(run, &person, &into),
            None => Ok(came_of(&person)),
        }
    }
}

/// What came of a link into a group.
fn came_into(run: &mut Run, person: &Contact, into: &IntoGroup) -> anyhow::Result<String> {
    let held = run
        .account
        .groups()?
        .into_iter()
        .find(|it| it.id == into.id);
    let name = held.as_ref().map_or(&into.name, |group| &group.name);
    let group = format!("#{}", one_line(name));
    let by = one_line(&person.name);
    let who = came_of(person);
    Ok(match held.map(|group| group.standing) {
        Some(group::Standing::In) => format!("{who}; you are in {group} already"),
        Some(group::Standing::Agreed { .. }) => {
            format!("said yes to {group}; you are in when the side of {by} has told who is")
        }
        Some(group::Standing::Asked { .. } | group::Standing::Out) | None
            if person.friend().is_some() =>
        {
            format!(
                "asked {by} to take you into {group}; you are in when their side has told who is"
            )
        }
        Some(group::Standing::Asked { .. } | group::Standing::Out) | None => {
            format!("{who}; you come into {group} when you are friends")
        }
    })
}

/// What came of it: who asks already, or is a friend, is not asked.
fn came_of(person: &Contact) -> String {
    let who = format!("{} <{}>", one_line(&person.name), person.address);
    let confirmed = "when the answer has been confirmed";
    match &person.standing {
        Standing::Stranger | Standing::Asked(_) | Standing::Handshake(Handshake::Asking(_)) => {
            format!("asked {who}")
        }
        Standing::Handshake(Handshake::Confirming(_)) => {
            format!("accepted {who}; you are friends {confirmed}")
        }
        Standing::Friend(friend) if friend.new_keys.is_some() => {
            format!("accepted the new keys of {who}; they are in force {confirmed}")
        }
        Standing::Friend(_) => format!("{who} is a friend under the keys of this link"),
    }
}
