//! `iim verify`.

use std::io::IsTerminal;
use std::process::ExitCode;

use crate::account::{Account, AccountError};
use crate::protocol::letter::Keys;
use crate::protocol::{safety, shell};
use crate::rules::event::Act;
use crate::rules::person::Person;
use crate::rules::refusal::Refusal;

use super::context::Context;
use super::explain::hinted;
use super::output::Colour;
use super::{acting, ask};
use crate::protocol::clean::one_line;

/// Shows the safety number of you two; marks the friend as verified when it is the same on both sides
///
/// Compare it over a way that nobody in between can change: face to face, or by voice.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The friend: the name or the address
    who: String,
    /// The number was compared and is the same; refused if it has changed since this command last printed it
    #[arg(long)]
    yes: bool,
    /// The number that was compared, as it was shown or read out: marks only the keys that have it
    #[arg(long, value_name = "NUMBER", conflicts_with = "yes")]
    number: Option<String>,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        let person = account.who(&self.who)?;
        let name = one_line(&person.name);
        let (keys, number) = number(&mut account, &person)?;
        let given = self.number.as_deref().map(digits);
        if given
            .as_ref()
            .is_some_and(|given| *given != digits(&number))
        {
            return Err(hinted(
                format!(
                    "that is not the number of {name} and you: mistyped, or the keys have changed since"
                ),
                &shell::hint("verify", &[person.address.as_str()]),
            ));
        }
        if self.yes && context.output.is_typed() {
            return Err(hinted(
                "which number was compared, is not said",
                &shown_hint(&person, &number),
            ));
        }
        let shown = account.shown_number(&person.address)?;
        if self.yes && shown.is_some_and(|shown| shown != digits(&number)) {
            return Err(hinted(
                format!("the number of {name} and you has changed since it was last shown"),
                &shell::hint("verify", &[person.address.as_str()]),
            ));
        }
        context.output.line(&number)?;
        account.note_shown(&person.address, &digits(&number))?;
        if self.yes || given.is_some() || agreed(context, &person, &name)? {
            acting::act(context, &mut account, Act::Verify(person.address, keys))?;
            let done = context.output.paint(Colour::Good, "verified");
            context.output.say(&format!("{name} is {done}"))?;
        } else if person.verified {
            context.output.say(&format!("{name} was verified before"))?;
        } else if context.output.is_typed() {
            let hint = shown_hint(&person, &number);
            context
                .output
                .say(&format!("if {name} sees the same number: {hint}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a client types when the number is the same; the command itself says which.
fn shown_hint(person: &Person, number: &str) -> String {
    format!(
        "verify {} --number {}",
        shell::word(person.address.as_str()),
        digits(number)
    )
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The keys in force, and their number in groups of five.
fn number(account: &mut Account, person: &Person) -> anyhow::Result<(Keys, String)> {
    let Some(theirs) = person.keys() else {
        return Err(AccountError::from(Refusal::NoKeys(person.name.clone())).into());
    };
    let ours = account.state()?.keys;
    let own = person.our_address(account.settings()).clone();
    let number = safety::safety_number((&own, &ours), (&person.address, theirs));
    Ok((*theirs, grouped(&number)))
}

/// Digits in groups of five, four groups a line.
fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let groups: Vec<String> = digits
        .chunks(5)
        .map(|group| group.iter().collect())
        .collect();
    let lines: Vec<String> = groups.chunks(4).map(|line| line.join(" ")).collect();
    lines.join("\n")
}

/// Asks, where there is somebody to ask.
fn agreed(context: &Context, person: &Person, name: &str) -> anyhow::Result<bool> {
    let somebody = std::io::stdin().is_terminal() && context.output.is_terminal();
    if context.output.quiet || person.verified || !somebody {
        return Ok(false);
    }
    Ok(ask::yes(
        &format!("Does {name} see the same number?"),
        false,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_shown_in_groups() {
        let number = "1234567890".repeat(3);
        assert_eq!(grouped(&number), "12345 67890 12345 67890\n12345 67890");
    }
}
