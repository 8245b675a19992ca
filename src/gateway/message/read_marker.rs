//! MARKREAD: how far the user has read, the same for all their devices (IRCv3 `draft/read-marker`).

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::nick::{CHANNEL, SERVER, SERVICE};
use crate::gateway::target::Target;
use crate::gateway::{nick, time};
use crate::protocol::irc_line::{Line, Reply};

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
    let at = match Target::of(ctx, name) {
        Target::Friend(contact) => ctx.host.marker(&contact.friend.address),
        Target::Channel => ctx.host.place_marker(CHANNEL),
        Target::Service => ctx.host.place_marker(SERVICE),
        Target::Myself | Target::Client => ctx.state.marks.get(&nick::fold(name)).copied(),
        Target::Nobody => None,
    };
    let reply = mark_line(name, at);
    ctx.client.send(reply);
}

/// Never back: an older time is answered by the marker that holds. Never beyond now.
fn set_mark(ctx: &mut Context<'_>, name: &str, at: u64) {
    let at = at.min(ctx.state.now);
    let (name, old, new) = match Target::of(ctx, name) {
        Target::Friend(contact) => {
            let address = &contact.friend.address;
            let old = ctx.host.marker(address);
            match ctx.host.set_marker(address, at) {
                Ok(new) => {
                    ctx.state.told_marks.insert(address.clone(), new);
                    (contact.nick.clone(), old, new)
                }
                Err(reason) => return not_kept(ctx, name, &reason),
            }
        }
        Target::Channel | Target::Service => {
            let place = match nick::fold(name) == CHANNEL {
                true => CHANNEL,
                false => SERVICE,
            };
            let old = ctx.host.place_marker(place);
            match ctx.host.set_place_marker(place, at) {
                Ok(new) => (place.to_owned(), old, new),
                Err(reason) => return not_kept(ctx, name, &reason),
            }
        }
        Target::Myself | Target::Client if ctx.state.marks.len() < MOST_MARKS => {
            set_own_mark(ctx, name, at)
        }
        Target::Myself | Target::Client | Target::Nobody => return no_mark(ctx, name),
    };
    let reply = mark_line(&name, Some(new));
    ctx.client.send(reply.clone());
    if old != Some(new) {
        for other in ctx.others.values_mut() {
            tell(other, &reply);
        }
    }
}

fn set_own_mark(ctx: &mut Context<'_>, name: &str, at: u64) -> (String, Option<u64>, u64) {
    let key = nick::fold(name);
    let old = ctx.state.marks.get(&key).copied();
    let new = old.unwrap_or(0).max(at);
    ctx.state.marks.insert(key, new);
    (name.to_owned(), old, new)
}

fn not_kept(ctx: &mut Context<'_>, name: &str, reason: &str) {
    ctx.fail(&["MARKREAD", "INTERNAL_ERROR", name], reason);
}

fn no_mark(ctx: &mut Context<'_>, name: &str) {
    let text = "No such conversation";
    ctx.fail(&["MARKREAD", "INVALID_PARAMS", name], text);
}

/// Tells a client, if it takes markers.
pub(crate) fn tell(client: &mut Client, reply: &Reply) {
    if client.is_registered() && client.has(Cap::ReadMarker) {
        client.tell(reply.clone());
    }
}

/// The marker of a conversation as a line.
pub(crate) fn mark_line(name: &str, at: Option<u64>) -> Reply {
    let at = match at {
        Some(at) => format!("timestamp={}", time::tag(at)),
        None => "*".to_owned(),
    };
    Reply::new(SERVER, &["MARKREAD", name, &at], None)
}

/// Of what is no conversation with a friend: the nicks that clients have had.
const MOST_MARKS: usize = 1000;
