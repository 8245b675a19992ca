//! CAP: which capabilities a client takes (IRCv3 capability negotiation).

use crate::gateway::caps::{Cap, Caps};
use crate::gateway::client::Stage;
use crate::gateway::context::Context;
use crate::gateway::nick::SERVER;
use crate::gateway::render::split::pack;
use crate::gateway::{caps, numeric as n};
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};

/// CAP LS, LIST, REQ, END.
pub(crate) fn cap(ctx: &mut Context<'_>, line: &Line) {
    let sub = line.param(0).to_ascii_uppercase();
    match sub.as_str() {
        "LS" => cap_ls(ctx, line.param(1).parse().unwrap_or(0)),
        "LIST" => cap_list(ctx),
        "REQ" => cap_request(ctx, line.param(1)),
        "END" => cap_end(ctx),
        _ => ctx.numeric(n::INVALID_CAP, &[line.param(0)], "Invalid CAP command"),
    }
}

/// "If the client supports version 302, cap-notify is enabled implicitly", and values and several lines may be
/// sent.
fn cap_ls(ctx: &mut Context<'_>, version: u32) {
    negotiate(ctx);
    if version >= 302 {
        ctx.client.cap_302 = true;
        ctx.client.caps.set(Cap::Notify, true);
    }
    let offered = caps::offered(version);
    let room = if version >= 302 { ROOM } else { usize::MAX };
    cap_lines(ctx, "LS", &pack(&offered, ' ', room));
}

/// "If no capabilities are active, an empty parameter must be sent."
fn cap_list(ctx: &mut Context<'_>) {
    let names = ctx.client.caps.names();
    cap_lines(ctx, "LIST", &pack(&names, ' ', ROOM));
}

fn cap_lines(ctx: &mut Context<'_>, sub: &str, texts: &[String]) {
    let last = texts.len().saturating_sub(1);
    for (at, text) in texts.iter().enumerate() {
        cap_line(ctx, sub, text, at < last);
    }
}

fn cap_line(ctx: &mut Context<'_>, sub: &str, text: &str, more: bool) {
    let name = ctx.client.name().to_owned();
    let mut words = vec!["CAP", name.as_str(), sub];
    if more {
        words.push("*");
    }
    ctx.client.send(Reply::new(SERVER, &words, Some(text)));
}

/// The answer bears the list as it came: ACK for the whole of it, or NAK for the whole of it. `cap-notify` "MAY NOT
/// be disabled if the client requests CAP LS with a version of 302 or newer".
fn cap_request(ctx: &mut Context<'_>, list: &str) {
    negotiate(ctx);
    let list = list.trim();
    let keeps = |caps: &Caps| caps.has(Cap::Notify) || !ctx.client.cap_302;
    match ctx.client.caps.request(list).filter(keeps) {
        Some(caps) => {
            cap_line(ctx, "ACK", list, false);
            ctx.client.caps = caps;
        }
        None => cap_line(ctx, "NAK", list, false),
    }
}

/// "If the client sends CAP END without a prior LS or REQ, or once it is registered, it has no effect."
fn cap_end(ctx: &mut Context<'_>) {
    ctx.client.cap_ended = true;
    if ctx.client.stage == Stage::Negotiating {
        ctx.client.stage = Stage::Fresh;
    }
}

/// Who has ended it once is not held up again: after a nick that was refused, clients ask anew and do not end it.
fn negotiate(ctx: &mut Context<'_>) {
    if ctx.client.stage == Stage::Fresh && !ctx.client.cap_ended {
        ctx.client.stage = Stage::Negotiating;
    }
}

/// Of a list in a line, after `:iim.local CAP nick LIST * :`.
const ROOM: usize = LONGEST_BODY - 70;
