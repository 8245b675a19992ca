//! A command at work: the account that it has opened, its acts, what is said of them, and what they caused sent at once.

use std::sync::Arc;

use super::arguments::TextId;
use super::context::{ANOTHER_AGENT, Context, RESTART};
use super::explain;
use super::output::Output;
use crate::account::{Account, Outcome, To, hashed, mail};
use crate::edge::clock::SystemClock;
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::protocol::letter::LetterId;
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::effect::Notice;
use crate::rules::event::Act;
use crate::rules::message::Delivery;
use crate::rules::words;

/// An account that a command has opened, and how it speaks.
pub(crate) struct Run {
    pub(crate) account: Account,
    pub(crate) output: Output,
}

impl Run {
    /// Opens the account. What was not obeyed of hand edits in `roster.toml` is told on stderr, `-q` or not.
    pub(crate) fn open(context: &Context) -> anyhow::Result<Self> {
        let mut account = Account::open_quietly(context.home()?, Arc::new(SystemClock))?;
        if account.agent_is_of_another_version() {
            context.output.error(&format!("iim: {ANOTHER_AGENT}"));
            context.output.error(&format!("hint: {RESTART}"));
        }
        for notice in account.take_edits()? {
            if let Notice::Word { text, .. } = notice {
                context.output.error(&format!("iim: {}", one_line(&text)));
            }
        }
        let output = context.output.clone();
        Ok(Self { account, output })
    }

    /// Errors: [`Refusal::MovedOut`] where the account has left from.
    pub(crate) fn here(self) -> anyhow::Result<Self> {
        self.account.require_here()?;
        Ok(self)
    }

    /// Whether the account has left for another machine, which is said: for what cron runs, and has nothing to do here any more.
    pub(crate) fn has_moved_out(&self) -> anyhow::Result<bool> {
        let Some(at) = self.account.moved_out()? else {
            return Ok(false);
        };
        let at = words::rfc3339(at);
        let what = format!("nothing to do: this account left for another machine on {at}");
        self.say(what)?;
        Ok(true)
    }

    /// Says what was done; not with `-q`.
    pub(crate) fn say(&self, text: impl AsRef<str>) -> anyhow::Result<()> {
        self.output.say(text)
    }

    /// Does one act, says what came of it, and sends what it caused.
    pub(crate) fn act(&mut self, act: Act) -> anyhow::Result<Outcome> {
        let outcome = self.decide(act)?;
        self.settle()?;
        Ok(outcome)
    }

    /// The same, one of several: [`Run::settle`] sends what they caused.
    pub(crate) fn decide(&mut self, act: Act) -> anyhow::Result<Outcome> {
        let outcome = self.account.act(act)?;
        self.tell(&outcome.notices)?;
        Ok(outcome)
    }

    /// Changes a text, and prints the id of the change; nothing if it is so already.
    pub(crate) fn change(&mut self, change: Act) -> anyhow::Result<()> {
        match self.act(change)?.id {
            Some(id) => self.output.line(id.to_string()),
            None => Ok(()),
        }
    }

    /// The text that the user names by its id, or by how that begins: with whom, and the whole id.
    pub(crate) fn text(&mut self, id: TextId) -> anyhow::Result<(To, LetterId)> {
        Ok(self.account.text_named(id.first, id.last)?)
    }

    /// The people that these names or addresses mean, each once.
    pub(crate) fn people(&mut self, whos: &[String]) -> anyhow::Result<Vec<Contact>> {
        let mut found: Vec<Contact> = Vec::new();
        for who in whos {
            let person = self.account.who(who)?;
            if !found.iter().any(|other| other.address == person.address) {
                found.push(person);
            }
        }
        Ok(found)
    }

    /// Sends what waits. The act itself is committed by now, so trouble is a warning, not a failure.
    pub(crate) fn settle(&mut self) -> anyhow::Result<()> {
        let trouble = match mail::send_now(&mut self.account) {
            Ok(report) => {
                self.tell(&report.notices)?;
                report.trouble.map(|trouble| one_line(&trouble))
            }
            Err(error) => Some(explain::in_words(&error.into()).0),
        };
        if let Some(why) = trouble {
            let why = format!("stored, but not sent yet: {why}");
            self.output.warn(&why);
        }
        Ok(())
    }

    /// Says what notices mean to the user who caused them.
    pub(crate) fn tell(&self, notices: &[Notice]) -> anyhow::Result<()> {
        for notice in notices {
            let whose = notice.about().map(|id| self.account.whoever(id));
            let whose = whose.transpose()?.flatten();
            let whose = whose.map_or_else(String::new, |one| one.address.to_string());
            let words = if let Notice::Copies {
                group,
                failed: Some((friend, why)),
                ..
            } = notice
            {
                self.failed_in(*group, *friend, why)?
            } else {
                self.words(notice, &whose)
            };
            if let Some(words) = words {
                self.say(words)?;
            }
        }
        Ok(())
    }

    /// What the user said in a group does not come to somebody.
    fn failed_in(
        &self,
        group: ConversationId,
        friend: ContactId,
        why: &str,
    ) -> anyhow::Result<Option<String>> {
        let members = self.account.members_in(group)?;
        Ok(members.map(|members| {
            let (group, who) = (hashed(&members.group), members.who(friend).name);
            format!("a text in {group} failed for {who}: {}", one_line(why))
        }))
    }

    /// What the agent tells all clients of the gateway is not said once more to the one that typed the command.
    fn words(&self, notice: &Notice, whose: &str) -> Option<String> {
        let typed = self.output.is_typed();
        match notice {
            Notice::Rotated { .. } | Notice::Friend { .. } if typed => None,
            Notice::Rotated { to_tell, .. } => {
                let per_day = self.account.settings().per_day;
                Some(words::rotated(*to_tell, per_day))
            }
            Notice::Friend { .. } => Some(format!("{whose} is your friend now")),
            Notice::Word { text, .. } => Some(one_line(text)),
            Notice::State {
                state: Delivery::Failed,
                reason: Some(reason),
                ..
            } => Some(format!("a text to {whose} failed: {}", one_line(reason))),
            Notice::Request { .. }
            | Notice::Text { .. }
            | Notice::Change { .. }
            | Notice::Typing { .. }
            | Notice::State { .. }
            | Notice::Seen { .. }
            | Notice::Status { .. }
            | Notice::Here { .. }
            | Notice::Group { .. }
            | Notice::Copies { .. }
            | Notice::SeenIn { .. }
            | Notice::Presence { .. } => None,
        }
    }
}

/// Their addresses.
pub(crate) fn addresses(people: &[Contact]) -> Vec<Address> {
    people.iter().map(|person| person.address.clone()).collect()
}

/// Their names, for a sentence.
pub(crate) fn names(people: &[Contact]) -> String {
    let names: Vec<String> = people.iter().map(|person| one_line(&person.name)).collect();
    names.join(", ")
}
