//! MARKREAD: how far the user has read, the same for all their devices (IRCv3 `draft/read-marker`).

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::host::Marked;
use crate::gateway::nick::SERVER;
use crate::gateway::target::Target;
use crate::gateway::{nick, time};
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::time::Millis;

/// `MARKREAD <target> [timestamp=<time>]`.
pub(crate) fn mark_read(ctx: &mut Context<'_>, line: &Line) {
    let Some(name) = line.given(0).map(ToOwned::to_owned) else {
        let text = "Missing parameters";
        return ctx.fail(&["MARKREAD", "NEED_MORE_PARAMS"], text);
    };
    match line.given(1) {
        None => show_mark(ctx, &name),
        Some(time) => match time.strip_prefix("timestamp=").and_then(time::of_tag) {
            Some(at) => set_mark(ctx, &name, at),
            None => {
                let text = "Invalid parameters";
                ctx.fail(&["MARKREAD", "INVALID_PARAMS", &name, time], text);
            }
        },
    }
}

/// "If there is no known last message read timestamp, the `timestamp` parameter is a literal `*`."
pub(crate) fn show_mark(ctx: &mut Context<'_>, name: &str) {
    let folded = nick::fold(nick::of_target(name));
    let of = marked(&Target::of(ctx, name), &folded);
    let at = of.and_then(|of| ctx.host.marker(of));
    ctx.client.send(mark_line(name, at));
}

/// Where the marker is kept: by its name, for what is no conversation.
fn marked<'a>(target: &Target, name: &'a str) -> Option<Marked<'a>> {
    match target {
        Target::Friend(_) | Target::Group(_) => target
            .conversation()
            .map(|conversation| Marked::With(conversation.with)),
        Target::Channel | Target::Service | Target::Myself | Target::Client => {
            Some(Marked::Place(name))
        }
        Target::Stranger(_) | Target::Nobody => None,
    }
}

/// Never back: an older time is answered by the marker that holds. Never beyond now.
fn set_mark(ctx: &mut Context<'_>, name: &str, at: Millis) {
    let target = Target::of(ctx, name);
    let folded = nick::fold(nick::of_target(name));
    let Some(of) = marked(&target, &folded) else {
        let text = "No such conversation";
        return ctx.fail(&["MARKREAD", "INVALID_PARAMS", name], text);
    };
    let old = ctx.host.marker(of);
    let new = match ctx.host.set_marker(of, at.min(ctx.state.now)) {
        Ok(new) => new,
        Err(reason) => return ctx.fail(&["MARKREAD", "INTERNAL_ERROR", name], &reason),
    };
    let name = match &target {
        Target::Friend(contact) => &contact.nick,
        Target::Group(channel) => &channel.name,
        Target::Channel | Target::Service => &folded,
        Target::Myself | Target::Client | Target::Stranger(_) | Target::Nobody => name,
    };
    if let Some(conversation) = target.conversation() {
        ctx.state.shown_marks.insert(conversation.with, new);
    }
    let reply = mark_line(name, Some(new));
    ctx.client.send(reply.clone());
    if old != Some(new) {
        for other in ctx.others.values_mut() {
            notify(other, &reply);
        }
    }
}

/// Tells a client, if it takes markers.
pub(crate) fn notify(client: &mut Client, reply: &Reply) {
    if client.is_registered() && client.has(Cap::ReadMarker) {
        client.notify(reply.clone());
    }
}

/// The marker of a conversation as a line.
pub(crate) fn mark_line(name: &str, at: Option<Millis>) -> Reply {
    let at = match at {
        Some(at) => format!("timestamp={}", time::tag(at)),
        None => "*".to_owned(),
    };
    Reply::new(SERVER, &["MARKREAD", name, &at], None)
}
