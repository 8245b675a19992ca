//! `iim read`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::rules::event::Act;
use crate::rules::message::{Delivery, Direction, Message, Via};
use crate::turn::Station;

use super::acting;
use super::context::Context;
use super::output::{Colour, Output, local_ms, one_line, rfc3339_ms};

/// Shows what was written, newest last, and marks it as seen
#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// Only with this friend: the name or the address
    who: Option<String>,
    /// Only what came and has not been seen
    #[arg(long)]
    new: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Read {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut station = context.open()?;
        let friend = match &self.who {
            Some(who) => Some(station.who(who)?.address),
            None => None,
        };
        let names = names(&mut station)?;
        let messages = station.history(friend.as_ref(), self.new)?;
        for message in &messages {
            let name = name_of(&names, &message.friend);
            if self.json {
                context.output.json(&as_json(message, &name))?;
            } else {
                context
                    .output
                    .line(&as_text(context.output, message, &name))?;
            }
        }
        // What could not be shown (stdout failed above) is not marked as seen.
        mark(context, &mut station, friend, &messages)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Marks as seen, if anything shown was new.
fn mark(
    context: &Context,
    station: &mut Station,
    friend: Option<Address>,
    shown: &[Message],
) -> anyhow::Result<()> {
    let new = |message: &Message| {
        message.direction == Direction::In && message.state == Delivery::Delivered
    };
    if shown.iter().any(new) {
        acting::act(context, station, Act::Seen(friend))?;
    }
    Ok(())
}

/// The names on the roster, by address.
pub(crate) fn names(station: &mut Station) -> anyhow::Result<BTreeMap<Address, String>> {
    let people = station.people()?;
    Ok(people
        .into_iter()
        .map(|person| (person.address, person.name))
        .collect())
}

/// The name of an address, or the address itself.
pub(crate) fn name_of(names: &BTreeMap<Address, String>, friend: &Address) -> String {
    names
        .get(friend)
        .map_or_else(|| friend.to_string(), |name| one_line(name))
}

/// The object that scripts read.
fn as_json(message: &Message, name: &str) -> Value {
    json!({
        "id": message.id.to_string(),
        "friend": name,
        "address": message.friend.as_str(),
        "direction": direction(message.direction),
        "sent": rfc3339_ms(message.sent),
        "text": text_of(message),
        "state": state(message.state),
        "via": message.via.map(via),
        "reason": message.reason.as_deref().map(one_line),
        "reply_to": message.reply_to.map(|id| id.to_string()),
    })
}

/// The lines that people read.
fn as_text(output: Output, message: &Message, name: &str) -> String {
    let time = output.paint(Colour::Faint, &local_ms(message.sent));
    let text = text_of(message).replace('\n', "\n    ");
    match message.direction {
        Direction::In => {
            let name = output.paint(Colour::Strong, name);
            format!("{time} {name}: {text}")
        }
        Direction::Out => {
            let how = output.paint(colour(message.state), &how(message));
            format!("{time} → {name}: {text}  {how}")
        }
    }
}

fn colour(state: Delivery) -> Colour {
    match state {
        Delivery::Failed => Colour::Bad,
        Delivery::Queued | Delivery::Sent | Delivery::Delivered | Delivery::Read => Colour::Faint,
    }
}

fn how(message: &Message) -> String {
    let state = state(message.state);
    match (message.state, message.via, &message.reason) {
        (Delivery::Failed, _, Some(reason)) => format!("[{state}: {}]", one_line(reason)),
        (Delivery::Sent | Delivery::Delivered, Some(by), _) => format!("[{state}, {}]", via(by)),
        _ => format!("[{state}]"),
    }
}

/// What a friend wrote, without anything that a terminal would obey.
fn text_of(message: &Message) -> String {
    match message.unknown_kind {
        Some(kind) => format!("(kind {kind}: sent by a newer version)"),
        None => clean::text(&message.text),
    }
}

/// `in` or `out`.
pub(crate) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

/// The word for a state.
pub(crate) fn state(state: Delivery) -> &'static str {
    match state {
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Failed => "failed",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
    }
}

/// The word for a transport.
pub(crate) fn via(via: Via) -> &'static str {
    match via {
        Via::Mail => "mail",
        Via::Irc => "irc",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::protocol::letter::LetterId;

    fn message(direction: Direction, state: Delivery) -> Message {
        Message {
            friend: Address::parse("bob@example.net").unwrap(),
            direction,
            id: LetterId([7; 16]),
            sent: 1_795_244_400_000,
            arrival: 0,
            text: "one\ntwo\u{1b}[31m".to_owned(),
            reply_to: None,
            unknown_kind: None,
            change: None,
            state,
            via: Some(Via::Mail),
            reason: None,
            attempts: 0,
            mailed_at: 0,
            due: None,
            acknowledged_read: false,
        }
    }

    #[test]
    fn scripts_get_the_keys_of_the_contract() {
        let value = as_json(&message(Direction::In, Delivery::Delivered), "bob");
        let text = value["text"].as_str().unwrap();
        assert!(text.starts_with("one\ntwo") && !text.contains('\u{1b}'));
        for (key, expected) in [
            ("id", json!("07070707070707070707070707070707")),
            ("friend", json!("bob")),
            ("direction", json!("in")),
            ("sent", json!("2026-11-21T07:00:00Z")),
            ("state", json!("delivered")),
            ("via", json!("mail")),
            ("reason", Value::Null),
        ] {
            assert_eq!(value[key], expected, "{key}");
        }
    }

    #[test]
    fn how_a_text_went_is_said() {
        let mut failed = message(Direction::Out, Delivery::Failed);
        failed.reason = Some("no such\nuser".to_owned());
        assert!(how(&failed).starts_with("[failed: no such"));
        assert_eq!(
            how(&message(Direction::Out, Delivery::Sent)),
            "[sent, mail]"
        );
        assert_eq!(how(&message(Direction::Out, Delivery::Read)), "[read]");
    }
}
