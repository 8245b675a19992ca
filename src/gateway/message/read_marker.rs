//! MARKREAD: how far the user has read, the same for all their devices (IRCv3 `draft/read-marker`).

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::host::Marked;
use crate::gateway::nick::{CHANNEL, SERVER, SERVICE};
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
    let target = Target::of(ctx, name);
    let at = match (marked(&target), &target) {
        (Some(marked), _) => ctx.host.marker(marked),
        (None, Target::Nobody) => None,
        (None, _) => ctx.state.marks.get(&nick::fold(name)).copied(),
    };
    let reply = mark_line(name, at);
    ctx.client.send(reply);
}

/// Whose marker the host keeps.
fn marked(target: &Target) -> Option<Marked<'_>> {
    match target {
        Target::Friend(contact) => Some(Marked::Friend(contact.friend.id)),
        Target::Channel => Some(Marked::Place(CHANNEL)),
        Target::Service => Some(Marked::Place(SERVICE)),
        Target::Myself | Target::Client | Target::Nobody => None,
    }
}

/// Never back: an older time is answered by the marker that holds. Never beyond now.
fn set_mark(ctx: &mut Context<'_>, name: &str, at: Millis) {
    let at = at.min(ctx.state.now);
    let target = Target::of(ctx, name);
    let (old, new) = match (marked(&target), &target) {
        (Some(marked), _) => {
            let old = ctx.host.marker(marked);
            match ctx.host.set_marker(marked, at) {
                Ok(new) => (old, new),
                Err(reason) => return ctx.fail(&["MARKREAD", "INTERNAL_ERROR", name], &reason),
            }
        }
        (None, Target::Nobody) => return no_mark(ctx, name),
        (None, _) if ctx.state.marks.len() >= MOST_MARKS => return no_mark(ctx, name),
        (None, _) => {
            let kept = ctx.state.marks.entry(nick::fold(name));
            let kept = kept.or_default();
            let old = std::mem::replace(kept, at.max(*kept));
            (Some(old), *kept)
        }
    };
    let name = match &target {
        Target::Friend(contact) => {
            ctx.state.shown_marks.insert(contact.friend.id, new);
            &contact.nick
        }
        Target::Channel => CHANNEL,
        Target::Service => SERVICE,
        Target::Myself | Target::Client | Target::Nobody => name,
    };
    let reply = mark_line(name, Some(new));
    ctx.client.send(reply.clone());
    if old != Some(new) {
        for other in ctx.others.values_mut() {
            notify(other, &reply);
        }
    }
}

fn no_mark(ctx: &mut Context<'_>, name: &str) {
    let text = "No such conversation";
    ctx.fail(&["MARKREAD", "INVALID_PARAMS", name], text);
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

/// Of what is no conversation with a friend: the nicks that clients have had.
const MOST_MARKS: usize = 1000;
