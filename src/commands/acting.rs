//! One act of the user: whom it concerns, the turn, what is said of it, and what it caused sent at once.

use std::process::ExitCode;
use std::time::Duration;

use crate::account;
use crate::account::{Account, Outcome};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::effect::Notice;
use crate::rules::event::Act;
use crate::rules::message::Delivery;
use crate::rules::person::Person;

use super::arguments::TextId;
use super::context::Context;
use crate::protocol::clean::one_line;
use crate::rules::words;

/// How long a command may take to send what it caused when no agent runs.
const LIMIT: Duration = Duration::from_secs(3);

/// Does one act, says what came of it, and sends what it caused.
pub(crate) fn act(context: &Context, account: &mut Account, act: Act) -> anyhow::Result<Outcome> {
    let outcome = account.act(act)?;
    for notice in &outcome.notices {
        tell(context, account, notice)?;
    }
    settle(context, account)?;
    Ok(outcome)
}

/// Does one act on people named by the user, all or none, and says on whom it was done.
pub(crate) fn on_people(
    context: &Context,
    who: &[String],
    act_on: fn(Vec<Address>) -> Act,
    words: &str,
) -> anyhow::Result<ExitCode> {
    let mut account = context.open()?;
    let people = people(&mut account, who)?;
    act(context, &mut account, act_on(addresses(&people)))?;
    context.output.say(&format!("{words} {}", names(&people)))?;
    Ok(ExitCode::SUCCESS)
}

/// Changes a text, and prints the id of the change; nothing if it is so already.
pub(crate) fn change(
    context: &Context,
    account: &mut Account,
    change: Act,
) -> anyhow::Result<ExitCode> {
    if let Some(id) = act(context, account, change)?.id {
        context.output.line(&id.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The text that the user names by its id, or by how that begins: with whom, and the whole id.
pub(crate) fn text(account: &mut Account, id: TextId) -> anyhow::Result<(Address, LetterId)> {
    Ok(account.text_named(id.first, id.last)?)
}

/// Sends what waits. The act itself is committed by now, so trouble is a warning, not a failure.
pub(crate) fn settle(context: &Context, account: &mut Account) -> anyhow::Result<()> {
    match account::settle(account, LIMIT) {
        Ok(settled) => {
            for notice in &settled.notices {
                tell(context, account, notice)?;
            }
            if let Some(trouble) = settled.trouble {
                let why = one_line(&trouble);
                context
                    .output
                    .warn(&format!("stored, but not sent yet: {why}"));
            }
        }
        Err(error) => {
            let (why, _) = crate::commands::explain::in_words(&error.into());
            context
                .output
                .warn(&format!("stored, but not sent yet: {why}"));
        }
    }
    Ok(())
}

/// Says what a notice means to the user who caused it. What the agent tells all clients of the gateway is not said once
/// more to the one that typed the command.
pub(crate) fn tell(context: &Context, account: &Account, notice: &Notice) -> anyhow::Result<()> {
    let words = match notice {
        Notice::Rotated { .. } | Notice::Friend { .. } if context.output.is_typed() => {
            return Ok(());
        }
        Notice::Rotated { to_tell, .. } => words::rotated(*to_tell, account.settings().per_day),
        Notice::Friend { friend } => format!("{friend} is your friend now"),
        Notice::Word { text, .. } => one_line(text),
        Notice::State {
            friend,
            state: Delivery::Failed,
            reason: Some(reason),
            ..
        } => format!("a text to {friend} failed: {}", one_line(reason)),
        Notice::Request { .. }
        | Notice::Text { .. }
        | Notice::Change { .. }
        | Notice::Typing { .. }
        | Notice::State { .. }
        | Notice::Seen { .. }
        | Notice::Status { .. }
        | Notice::Here { .. }
        | Notice::Presence { .. } => return Ok(()),
    };
    Ok(context.output.say(&words)?)
}

/// The people that these names or addresses mean, each once.
pub(crate) fn people(account: &mut Account, whos: &[String]) -> anyhow::Result<Vec<Person>> {
    let mut found: Vec<Person> = Vec::new();
    for who in whos {
        let person = account.who(who)?;
        if !found.iter().any(|other| other.address == person.address) {
            found.push(person);
        }
    }
    Ok(found)
}

/// Their addresses.
pub(crate) fn addresses(people: &[Person]) -> Vec<Address> {
    people.iter().map(|person| person.address.clone()).collect()
}

/// Their names, for a sentence.
pub(crate) fn names(people: &[Person]) -> String {
    let names: Vec<String> = people.iter().map(|person| one_line(&person.name)).collect();
    names.join(", ")
}
