//! What is done to a text that was said: reactions, REDACT and EDIT (IRCv3 `+draft/react`, `draft/message-redaction`,
//! `draft/message-edit`).

use crate::gateway::caps::Cap;
use crate::gateway::context::Context;
use crate::gateway::host::{Refused, With};
use crate::gateway::render::backlog;
use crate::gateway::render::origin::Origin;
use crate::gateway::render::text::Renderer;
use crate::gateway::tags::{EDIT_OF, EDIT_TEXT, id_of, id_text, reaction, reply_to};
use crate::gateway::target::{Conversation, Target};
use crate::gateway::{formatting, numeric as n};
use crate::protocol::irc_line::Line;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Author, Done};
use crate::rules::message::{Change, ChangeKind, Message};

/// A reaction to a text of a conversation.
pub(crate) fn react(ctx: &mut Context<'_>, to: Conversation<'_>, line: &Line) {
    let (Some((kind, reaction)), Some(id)) = (reaction(line), reply_to(line)) else {
        let text = "A reaction needs +draft/reply";
        return ctx.fail(&["TAGMSG", "INVALID_REACTION", to.name], text);
    };
    ctx.client.reacted = true;
    change(ctx, line, (to, id), (kind, reaction));
}

/// `REDACT <target> <msgid> [<reason>]`.
pub(crate) fn redact(ctx: &mut Context<'_>, line: &Line) {
    let (msgid, why) = (line.param(1), line.param(2));
    change_named(ctx, line, msgid, (ChangeKind::Retract, why));
}

/// `@draft/target-msgid=<msgid>;draft/edit-text=<text> EDIT <target>`.
pub(crate) fn edit(ctx: &mut Context<'_>, line: &Line) {
    if !ctx.client.has(Cap::MessageEdit) {
        return ctx.numeric(n::UNKNOWN_COMMAND, &["EDIT"], "Unknown command");
    }
    let msgid = line.tag(EDIT_OF).unwrap_or_default();
    let text = formatting::without(line.tag(EDIT_TEXT).unwrap_or_default());
    if text.is_empty() || msgid.is_empty() {
        let words = ["EDIT", "INVALID_EDIT", line.param(0)];
        return ctx.fail(&words, "Invalid edit text");
    }
    change_named(ctx, line, msgid, (ChangeKind::Edit, &text));
}

/// The conversation is the command's first parameter.
fn change_named(ctx: &mut Context<'_>, line: &Line, msgid: &str, done: (ChangeKind, &str)) {
    let (command, name) = (line.command.as_str(), line.param(0));
    let target = Target::of(ctx, name);
    if matches!(target, Target::Nobody | Target::Stranger(_)) {
        let text = "No such conversation";
        return ctx.fail(&[command, "INVALID_TARGET", name], text);
    }
    let conversation = target.conversation();
    match conversation.zip(id_of(msgid)) {
        Some((to, id)) => change(ctx, line, (Conversation { name, ..to }, id), done),
        None => {
            let text = "No such message";
            ctx.fail(&[command, "UNKNOWN_MSGID", name, msgid], text);
        }
    }
}

/// Shows a change to all devices, or says why there is none.
fn change(
    ctx: &mut Context<'_>,
    line: &Line,
    (to, of): (Conversation<'_>, LetterId),
    (kind, words): (ChangeKind, &str),
) {
    match ctx.host.change((to.with, of), kind, words) {
        Ok(Some(stored)) => backlog::broadcast(ctx, &stored, line),
        Ok(None) => echo_unchanged(ctx, (to.with, of), (kind, words)),
        Err(refused) => {
            let (command, what) = match kind {
                ChangeKind::Edit => ("EDIT", "EDIT"),
                ChangeKind::Retract => ("REDACT", "REDACT"),
                ChangeKind::React | ChangeKind::Unreact => ("TAGMSG", "REACTION"),
            };
            let (code, text) = match refused {
                Refused::Unknown => ("UNKNOWN_MSGID".to_owned(), "No such message".to_owned()),
                Refused::Forbidden(text) => (format!("{what}_FORBIDDEN"), text),
                Refused::Failed(text) => ("INTERNAL_ERROR".to_owned(), text),
            };
            ctx.fail(&[command, &code, to.name, &id_text(of)], &text);
        }
    }
}

/// All was so already: only an echo tells of it.
fn echo_unchanged(
    ctx: &mut Context<'_>,
    (with, of): (With, LetterId),
    (kind, words): (ChangeKind, &str),
) {
    if ctx.client.has(Cap::EchoMessage)
        && let Some(text) = ctx.host.find(with, of)
    {
        let change = Message {
            author: Author::Us,
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
        let mut renderer = Renderer::new(ctx.client, ctx.state, ctx.host);
        renderer.show_change(&done, None, Origin::Echo(&[]));
    }
}
