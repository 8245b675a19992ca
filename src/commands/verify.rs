//! `iim verify`.

use std::io::IsTerminal;

use crate::account::AccountError;
use crate::protocol::letter::Keys;
use crate::protocol::{safety, shell};
use crate::rules::contact::Contact;
use crate::rules::event::Act;
use crate::rules::refusal::Refusal;

use super::ask;
use super::explain::hinted;
use super::output::{Colour, Output};
use super::run::Run;
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
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let person = run.account.who(&self.who)?;
        let name = one_line(&person.name);
        let (keys, number) = number(run, &person)?;
        let again = |why: String| {
            let hint = shell::hint("verify", &[person.address.as_str()]);
            Err(hinted(why, &hint))
        };
        let given = self.number.as_deref().map(digits);
        let is_other = |known: &String| *known != digits(&number);
        if given.as_ref().is_some_and(is_other) {
            return again(format!(
                "that is not the number of {name} and you: mistyped, or the keys have changed since"
            ));
        }
        if self.yes && run.output.is_typed() {
            return Err(hinted(
                "which number was compared, is not said",
                &shown_hint(&person, &number),
            ));
        }
        let account = &mut run.account;
        let shown = account.look(|tx| Ok(tx.roster().shown_number(person.id)?))?;
        if self.yes && shown.as_ref().is_some_and(is_other) {
            return again(format!(
                "the number of {name} and you has changed since it was last shown"
            ));
        }
        run.output.line(&number)?;
        run.account.note_shown(person.id, &digits(&number))?;
        if self.yes || given.is_some() || agreed(&run.output, &person, &name)? {
            run.act(Act::Verify(person.address, keys))?;
            let done = run.output.paint(Colour::Good, "verified");
            run.say(format!("{name} is {done}"))
        } else if person.verified {
            run.say(format!("{name} was verified before"))
        } else if run.output.is_typed() {
            let hint = shown_hint(&person, &number);
            run.say(format!("if {name} sees the same number: {hint}"))
        } else {
            Ok(())
        }
    }
}

/// What a client types when the number is the same; the command itself says which.
fn shown_hint(person: &Contact, number: &str) -> String {
    let (who, number) = (shell::word(person.address.as_str()), digits(number));
    format!("verify {who} --number {number}")
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The keys in force, and their number in groups of five.
fn number(run: &mut Run, person: &Contact) -> anyhow::Result<(Keys, String)> {
    let Some(theirs) = person.keys() else {
        return Err(AccountError::from(Refusal::NoKeys(person.name.clone())).into());
    };
    let ours = run.account.state()?.keys;
    let own = person.our_address(run.account.settings()).clone();
    let number = safety::safety_number((&own, &ours), (&person.address, theirs));
    Ok((*theirs, grouped(&number)))
}

/// Groups of digits, four a line.
fn grouped(number: &str) -> String {
    let groups: Vec<&str> = number.split(' ').collect();
    let lines: Vec<String> = groups.chunks(4).map(|line| line.join(" ")).collect();
    lines.join("\n")
}

/// Asks, where there is somebody to ask.
fn agreed(output: &Output, person: &Contact, name: &str) -> anyhow::Result<bool> {
    let somebody = std::io::stdin().is_terminal() && output.is_terminal();
    if output.quiet || person.verified || !somebody {
        return Ok(false);
    }
    let question = format!("Does {name} see the same number?");
    Ok(ask::yes(&question, false)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_shown_in_groups() {
        let number = "12345 67890 12345 67890 12345 67890";
        assert_eq!(grouped(number), "12345 67890 12345 67890\n12345 67890");
    }
}
