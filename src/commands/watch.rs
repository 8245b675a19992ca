//! `iim watch`.

use jiff::Zoned;
use serde::Deserialize as _;

use crate::edge::control;
use crate::edge::control::event::Event;

use super::context::Context;
use super::explain::hinted;
use super::output::{Colour, Output, after};
use crate::protocol::clean::{self, one_line};
use crate::protocol::shell;

/// Shows what happens, as it happens (the agent must run)
///
/// Friends coming and going, texts, how far your own texts have come, requests, groups, networks, the mailbox.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Watch {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let home = context.home()?;
        home.require()?;
        for event in control::subscribe(home.sockets())? {
            let event = event?;
            if self.json {
                context.output.json(&event)?;
            } else if let Ok(event) = Event::deserialize(&event)
                && let Some(line) = as_text(&context.output, &event)
            {
                // An event of a newer agent is passed over.
                let time = Zoned::now().strftime("%H:%M:%S").to_string();
                let time = context.output.paint(Colour::Faint, &time);
                context.output.line(format!("{time} {line}"))?;
            }
        }
        // The agent has ended; whoever watches should learn that.
        Err(hinted("the agent has ended", "start one with `iim agent`"))
    }
}

/// What people read of an event.
fn as_text(output: &Output, event: &Event) -> Option<String> {
    let name = |friend: &str| output.paint(Colour::Strong, &one_line(friend));
    let more = |text: &Option<String>| after(": ", text.as_deref());
    Some(match event {
        Event::Presence {
            who,
            presence,
            status,
        } => format!("{} is {presence}{}", name(&who.friend), more(status)),
        Event::Text(text) => {
            let to = if text.direction == "out" { "→ " } else { "" };
            let who = within(&text.group, name(&text.who.friend));
            format!("{to}{who}: {}", indented(&text.text))
        }
        Event::Edit { change, .. }
        | Event::Retract { change, .. }
        | Event::React { change, .. } => {
            let who = within(&change.group, name(&change.who.friend));
            format!("{who}: {}", indented(&change.words))
        }
        Event::Typing { who, state } if state == "active" => {
            format!("{} is writing", name(&who.friend))
        }
        Event::Typing { .. } => return None,
        Event::State { .. } => return of_state(output, event),
        Event::Group { .. } | Event::Member { .. } => return of_group(output, event),
        Event::Room {
            group,
            inside,
            there,
        } => {
            let names: Vec<String> = there.iter().map(|one| name(&one.friend)).collect();
            of_room(&hashed(group), *inside, &names)
        }
        Event::Request {
            who,
            note,
            key_changed,
        } => {
            let what = match key_changed {
                true => "has new keys",
                false => "asks to be your friend",
            };
            format!("{} {what}{}", name(&who.friend), after(": ", Some(note)))
        }
        Event::Rotated { .. } => "your presence has a new secret".to_owned(),
        Event::Network {
            network,
            state,
            reason,
        } => format!("network {}: {state}{}", one_line(network), more(reason)),
        Event::Mailbox {
            name,
            state,
            reason,
        } => of_mailbox(name, state, reason),
        Event::Friend { who } => format!("{} is your friend now", name(&who.friend)),
        Event::Word { text, .. } => one_line(text),
    })
}

fn of_mailbox(name: &str, state: &str, reason: &Option<String>) -> String {
    let mailbox = format!("the mailbox{}", after(" ", Some(name)));
    match (state, reason) {
        ("watched", None) => format!("{mailbox} is watched"),
        ("watched", Some(why)) => format!("{mailbox} is watched, but {}", one_line(why)),
        _ => format!("{mailbox} is not watched{}", after(": ", reason.as_deref())),
    }
}

fn of_room(group: &str, inside: bool, there: &[String]) -> String {
    match (inside, there) {
        (false, _) => format!("you are in the room of {group} no more"),
        (true, []) => format!("you are in the room of {group}, and nobody else is"),
        (true, _) => format!("in the room of {group} with you: {}", there.join(", ")),
    }
}

/// Who speaks, behind the name of the group in which they do.
fn within(group: &Option<String>, who: String) -> String {
    match group {
        Some(group) => format!("{} {who}", hashed(group)),
        None => who,
    }
}

fn hashed(group: &str) -> String {
    format!("#{}", one_line(group))
}

/// How far a text has come.
fn of_state(output: &Output, event: &Event) -> Option<String> {
    let Event::State {
        who,
        group,
        id,
        state,
        via,
        reason,
        delivered,
        of,
    } = event
    else {
        return None;
    };
    let friend = output.paint(Colour::Strong, &one_line(&who.friend));
    let why = after(": ", reason.as_deref());
    let Some(group) = group else {
        let by = after(" by ", via.as_deref());
        return Some(format!("to {friend}: {state}{by}{why}  {id}"));
    };
    let failed = match reason {
        Some(_) => format!("failed for {friend}{why}, "),
        None => String::new(),
    };
    let (come, of) = (delivered.unwrap_or_default(), of.unwrap_or_default());
    let group = hashed(group);
    Some(format!(
        "in {group}: {failed}delivered {come} of {of}  {id}"
    ))
}

/// What has happened to a group, or to somebody in it; nothing of what a newer agent says.
fn of_group(output: &Output, event: &Event) -> Option<String> {
    let name = |friend: &str| output.paint(Colour::Strong, &one_line(friend));
    if let Event::Member {
        who, group, state, ..
    } = event
    {
        let (who, group) = (name(&who.friend), hashed(group));
        return Some(match state.as_str() {
            "in" => format!("{who} is in {group} now"),
            "left" => format!("{who} has left {group}"),
            "removed" => format!("{who} was put out of {group}"),
            "admin" => format!("{who} is an admin of {group}"),
            "no admin" => format!("{who} is no admin of {group} any more"),
            _ => return None,
        });
    }
    let Event::Group {
        group,
        state,
        title,
        topic,
        by,
    } = event
    else {
        return None;
    };
    let yes = shell::hint("group accept", &[group]);
    let group = hashed(group);
    Some(match state.as_str() {
        "asked" => {
            let by = by.as_ref().map_or("", |by| &by.friend);
            format!("{} asks you to come into {group}: {yes}", name(by))
        }
        "in" => format!("you are in {group}"),
        "out" => format!("you are out of {group}"),
        "titled" => {
            let title = one_line(title);
            let topic = after(": ", Some(topic));
            format!("{group} has another title: {title}{topic}")
        }
        "admin" => format!("you are an admin of {group}"),
        "no admin" => format!("you are no admin of {group} any more"),
        _ => return None,
    })
}

fn indented(text: &str) -> String {
    clean::text(text).replace('\n', "\n    ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[allow(clippy::too_many_lines, reason = "a row for each event")]
    fn events_are_said_in_words() {
        for (event, line) in [
            (
                json!({"event": "presence", "friend": "bob", "address": "b@x", "presence": "away", "status": "tea"}),
                Some("bob is away: tea"),
            ),
            (
                json!({"event": "presence", "friend": "bob", "address": "b@x", "presence": "offline", "status": null}),
                Some("bob is offline"),
            ),
            (
                json!({"event": "text", "friend": "bob", "address": "b@x", "id": "00", "direction": "in", "sent": "", "arrival": "",
                       "text": "a\nb\u{1b}[2J", "state": "read", "newer": false, "notice": false}),
                Some("bob: a\n    b"),
            ),
            (
                json!({"event": "state", "friend": "bob", "address": "b@x", "id": "00", "state": "failed", "reason": "no user"}),
                Some("to bob: failed: no user  00"),
            ),
            (
                json!({"event": "edit", "friend": "bob", "address": "b@x", "id": "00", "of": "01", "direction": "in",
                       "sent": "", "arrival": "", "text": "b", "words": "* corrected: a\nb\u{1b}[2J"}),
                Some("bob: * corrected: a\n    b"),
            ),
            (
                json!({"event": "react", "friend": "bob", "address": "b@x", "id": "00", "of": "01", "direction": "in",
                       "sent": "", "arrival": "", "emoji": "x", "on": true, "words": "* reacted 👍 to \"a\""}),
                Some("bob: * reacted 👍 to \"a\""),
            ),
            (
                json!({"event": "typing", "friend": "bob", "address": "b@x", "state": "active"}),
                Some("bob is writing"),
            ),
            (
                json!({"event": "typing", "friend": "bob", "address": "b@x", "state": "done"}),
                None,
            ),
            (
                json!({"event": "request", "friend": "eve", "address": "e@x", "key_changed": false, "note": "hi\nthere"}),
                Some("eve asks to be your friend: hi there"),
            ),
            (
                json!({"event": "network", "network": "oftc", "state": "connected"}),
                Some("network oftc: connected"),
            ),
            (
                json!({"event": "mailbox", "name": "b@old", "state": "watched", "reason": null}),
                Some("the mailbox b@old is watched"),
            ),
            (
                json!({"event": "mailbox", "state": "trouble", "reason": "the login is\nrefused"}),
                Some("the mailbox is not watched: the login is refused"),
            ),
            (
                json!({"event": "mailbox", "state": "watched", "reason": "letters stay"}),
                Some("the mailbox is watched, but letters stay"),
            ),
            (
                json!({"event": "text", "friend": "carol", "address": "c@x", "group": "climbing", "id": "00", "direction": "in",
                       "sent": "", "arrival": "", "text": "hi", "state": "delivered", "newer": false, "notice": false}),
                Some("#climbing carol: hi"),
            ),
            (
                json!({"event": "state", "friend": "", "address": "", "group": "climbing", "id": "00", "state": "sent",
                       "delivered": 7, "of": 9}),
                Some("in #climbing: delivered 7 of 9  00"),
            ),
            (
                json!({"event": "state", "friend": "carol", "address": "c@x", "group": "climbing", "id": "00",
                       "state": "failed", "reason": "no user", "delivered": 8, "of": 9}),
                Some("in #climbing: failed for carol: no user, delivered 8 of 9  00"),
            ),
            (
                json!({"event": "group", "group": "big wall", "state": "asked", "title": "Big wall", "topic": "",
                       "by": {"friend": "bob", "address": "b@x"}}),
                Some("bob asks you to come into #big wall: `iim group accept 'big wall'`"),
            ),
            (
                json!({"event": "group", "group": "climbing", "state": "titled", "title": "Climbing", "topic": "ropes\u{1b}[2J",
                       "by": null}),
                Some("#climbing has another title: Climbing: ropes"),
            ),
            (
                json!({"event": "member", "friend": "carol", "address": "c@x", "group": "climbing", "state": "removed",
                       "by": {"friend": "bob", "address": "b@x"}}),
                Some("carol was put out of #climbing"),
            ),
            (
                json!({"event": "member", "friend": "carol", "address": "c@x", "group": "climbing", "state": "crowned",
                       "by": null}),
                None,
            ),
            (
                json!({"event": "room", "group": "climbing", "inside": true, "there": [{"friend": "bob", "address": "b@x"},
                       {"friend": "c\narol", "address": "c@x"}]}),
                Some("in the room of #climbing with you: bob, c arol"),
            ),
            (
                json!({"event": "room", "group": "climbing", "inside": true, "there": []}),
                Some("you are in the room of #climbing, and nobody else is"),
            ),
            (
                json!({"event": "room", "group": "climbing", "inside": false, "there": []}),
                Some("you are in the room of #climbing no more"),
            ),
            (json!({"event": "later"}), None),
            (json!(7), None),
        ] {
            let read = Event::deserialize(&event).ok();
            let shown = read.and_then(|event| as_text(&Output::default(), &event));
            assert_eq!(shown.as_deref(), line, "{event}");
        }
    }
}
