//! What is done to a text that was said: reactions, REDACT and EDIT (IRCv3 `+draft/react`, `draft/message-redaction`,
//! `draft/message-edit`).

use crate::gateway::caps::Cap;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::host::Refused;
use crate::gateway::render::text::Way;
use crate::gateway::render::{backlog, text};
use crate::gateway::tags::{EDIT_OF, EDIT_TEXT, id_of, id_text, reaction, reply_to};
use crate::gateway::target::Target;
use crate::gateway::{formatting, numeric as n};
use crate::protocol::irc_line::Line;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Done, Stored};
use crate::rules::message::{Change, ChangeKind, Direction, Message};

/// A reaction to a text of a conversation.
pub(crate) fn react(ctx: &mut Context<'_>, contact: &Contact, line: &Line) {
    let (Some((reaction, on)), Some(id)) = (reaction(line), reply_to(line)) else {
        let text = "A reaction needs +draft/reply";
        return ctx.fail(&["TAGMSG", "INVALID_REACTION", &contact.nick], text);
    };
    ctx.client.reacted = true;
    match ctx.host.react(&contact.friend.address, id, reaction, on) {
        Ok(stored) => {
            let kind = match on {
                true => ChangeKind::React,
                false => ChangeKind::Unreact,
            };
            changed(ctx, contact, line, (id, stored), (kind, reaction));
        }
        Err(refused) => {
            let (code, text) = words("REACTION", refused);
            let msgid = id_text(id);
            ctx.fail(&["TAGMSG", &code, &contact.nick, &msgid], &text);
        }
    }
}

/// `REDACT <target> <msgid> [<reason>]`.
pub(crate) fn redact(ctx: &mut Context<'_>, line: &Line) {
    let (target, msgid) = (line.param(0).to_owned(), line.param(1).to_owned());
    let Some((contact, id)) = what_is_meant(ctx, "REDACT", &target, &msgid) else {
        return;
    };
    let why = line.given(2);
    match ctx.host.retract(&contact.friend.address, id, why) {
        Ok(stored) => {
            let done = (ChangeKind::Retract, why.unwrap_or_default());
            changed(ctx, &contact, line, (id, stored), done);
        }
        Err(refused) => {
            let (code, text) = words("REDACT", refused);
            ctx.fail(&["REDACT", &code, &target, &msgid], &text);
        }
    }
}

/// `@draft/target-msgid=<msgid>;draft/edit-text=<text> EDIT <target>`.
pub(crate) fn edit(ctx: &mut Context<'_>, line: &Line) {
    if !ctx.client.has(Cap::MessageEdit) {
        return ctx.numeric(n::UNKNOWN_COMMAND, &["EDIT"], "Unknown command");
    }
    let target = line.param(0).to_owned();
    let msgid = line.tag(EDIT_OF).unwrap_or_default().to_owned();
    let text = formatting::without(line.tag(EDIT_TEXT).unwrap_or_default());
    if text.is_empty() || msgid.is_empty() {
        return ctx.fail(&["EDIT", "INVALID_EDIT", &target], "Invalid edit text");
    }
    let Some((contact, id)) = what_is_meant(ctx, "EDIT", &target, &msgid) else {
        return;
    };
    match ctx.host.edit(&contact.friend.address, id, &text) {
        Ok(stored) => changed(ctx, &contact, line, (id, stored), (ChangeKind::Edit, &text)),
        Err(refused) => {
            let (code, text) = words("EDIT", refused);
            ctx.fail(&["EDIT", &code, &target, &msgid], &text);
        }
    }
}

fn what_is_meant(
    ctx: &mut Context<'_>,
    command: &str,
    target: &str,
    msgid: &str,
) -> Option<(Box<Contact>, LetterId)> {
    match (Target::of(ctx, target), id_of(msgid)) {
        (Target::Friend(contact), Some(id)) => Some((contact, id)),
        (Target::Nobody, _) => {
            let text = "No such conversation";
            ctx.fail(&[command, "INVALID_TARGET", target], text);
            None
        }
        (Target::Friend(_), None)
        | (Target::Channel | Target::Service | Target::Myself | Target::Client, _) => {
            let text = "No such message";
            ctx.fail(&[command, "UNKNOWN_MSGID", target, msgid], text);
            None
        }
    }
}

/// Shows a change to all devices. If all was so already, only an echo tells of it.
fn changed(
    ctx: &mut Context<'_>,
    contact: &Contact,
    line: &Line,
    (of, stored): (LetterId, Option<Stored>),
    (kind, words): (ChangeKind, &str),
) {
    let friend = &contact.friend.address;
    match stored {
        Some(stored) => backlog::hand_out(ctx, &stored, line),
        None if ctx.client.has(Cap::EchoMessage) => {
            if let Some(text) = ctx.host.find(friend, of) {
                let change = Message {
                    direction: Direction::Out,
                    arrival: ctx.state.now,
                    text: words.to_owned(),
                    change: Some(Change { of, kind }),
                    ..text.entry.message.clone()
                };
                let done = Done {
                    kind,
                    change,
                    text: text.entry,
                    text_row: text.row,
                };
                text::show_change(ctx.client, ctx.state, &done, None, Way::Echo(&[]));
            }
        }
        None => {}
    }
}

fn words(what: &str, refused: Refused) -> (String, String) {
    match refused {
        Refused::Unknown => ("UNKNOWN_MSGID".to_owned(), "No such message".to_owned()),
        Refused::Forbidden(text) => (format!("{what}_FORBIDDEN"), text),
        Refused::Failed(text) => ("INTERNAL_ERROR".to_owned(), text),
    }
}
