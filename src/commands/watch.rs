//! `iim watch`.

use std::process::ExitCode;

use jiff::Zoned;
use serde_json::Value;

use crate::edge::control;
use crate::protocol::clean;

use super::context::Context;
use super::output::{Colour, Output};
use crate::protocol::clean::one_line;

/// Shows what happens, as it happens (the agent must run)
///
/// Friends coming and going, texts, how far your own texts have come, requests, networks.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Watch {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let home = context.home()?;
        home.require()?;
        for event in control::subscribe(home.sockets())? {
            let event = event?;
            if self.json {
                context.output.json(&event)?;
            } else if let Some(line) = as_text(&context.output, &event) {
                let time = Zoned::now().strftime("%H:%M:%S").to_string();
                let time = context.output.paint(Colour::Faint, &time);
                context.output.line(&format!("{time} {line}"))?;
            }
        }
        // The agent has ended; whoever watches should learn that.
        Err(crate::commands::explain::hinted(
            "the agent has ended",
            "start one with `iim agent`",
        ))
    }
}

/// What people read of an event; an event of a newer agent is passed over.
fn as_text(output: &Output, event: &Value) -> Option<String> {
    let get = |key: &str| one_line(event.get(key).and_then(Value::as_str).unwrap_or(""));
    let friend = output.paint(Colour::Strong, &get("friend"));
    let line = match event.get("event").and_then(Value::as_str)? {
        "presence" => format!(
            "{friend} is {}{}",
            get("presence"),
            after(": ", &get("status"))
        ),
        "text" => {
            let text = event.get("text").and_then(Value::as_str).unwrap_or("");
            let text = clean::text(text).replace('\n', "\n    ");
            let to = if get("direction") == "out" {
                "→ "
            } else {
                ""
            };
            format!("{to}{friend}: {text}")
        }
        "edit" | "retract" | "react" => {
            let words = event.get("words").and_then(Value::as_str).unwrap_or("");
            format!("{friend}: {}", clean::text(words).replace('\n', "\n    "))
        }
        "typing" if get("state") == "active" => format!("{friend} is writing"),
        "state" => {
            let by = after(" by ", &get("via"));
            let why = after(": ", &get("reason"));
            format!("to {friend}: {}{by}{why}  {}", get("state"), get("id"))
        }
        "request" => request(&friend, event, &get("note")),
        "rotated" => "your presence has a new secret".to_owned(),
        "network" => {
            let name = [get("network"), get("name")]
                .into_iter()
                .find(|name| !name.is_empty());
            let name = name.unwrap_or_default();
            format!(
                "network {name}: {}{}",
                get("state"),
                after(": ", &get("reason"))
            )
        }
        "friend" => format!("{friend} is your friend now"),
        "word" => get("text"),
        _ => return None,
    };
    Some(line)
}

fn request(friend: &str, event: &Value, note: &str) -> String {
    let changed = event.get("key_changed").and_then(Value::as_bool);
    let what = match changed {
        Some(true) => "has new keys",
        Some(false) | None => "asks to be your friend",
    };
    format!("{friend} {what}{}", after(": ", note))
}

/// A part of a line that is left out when it is empty.
fn after(before: &str, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{before}{text}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::commands::output::tests::PLAIN;

    #[test]
    fn events_are_said_in_words() {
        for (event, line) in [
            (
                json!({"event": "presence", "friend": "bob", "presence": "away", "status": "tea"}),
                Some("bob is away: tea"),
            ),
            (
                json!({"event": "presence", "friend": "bob", "presence": "offline", "status": null}),
                Some("bob is offline"),
            ),
            (
                json!({"event": "text", "friend": "bob", "direction": "in", "text": "a\nb\u{1b}[2J"}),
                Some("bob: a\n    b"),
            ),
            (
                json!({"event": "state", "friend": "bob", "id": "00", "state": "failed", "reason": "no user"}),
                Some("to bob: failed: no user  00"),
            ),
            (
                json!({"event": "edit", "friend": "bob", "text": "b", "words": "* corrected: a\nb\u{1b}[2J"}),
                Some("bob: * corrected: a\n    b"),
            ),
            (
                json!({"event": "react", "friend": "bob", "words": "* reacted 👍 to \"a\""}),
                Some("bob: * reacted 👍 to \"a\""),
            ),
            (
                json!({"event": "typing", "friend": "bob", "state": "active"}),
                Some("bob is writing"),
            ),
            (
                json!({"event": "typing", "friend": "bob", "state": "done"}),
                None,
            ),
            (
                json!({"event": "request", "friend": "eve", "note": "hi\nthere"}),
                Some("eve asks to be your friend: hi there"),
            ),
            (
                json!({"event": "network", "network": "oftc", "state": "connected"}),
                Some("network oftc: connected"),
            ),
            (json!({"event": "later"}), None),
            (json!(7), None),
        ] {
            assert_eq!(as_text(&PLAIN, &event).as_deref(), line, "{event}");
        }
    }
}
