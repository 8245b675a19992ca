//! Texts of several lines from a client, in a batch (IRCv3 `draft/multiline`).
//!
//! ```text
//!   none ── BATCH +ref ──▶ open ── PRIVMSG or NOTICE with batch=ref ──▶ open
//!     ▲                     │ BATCH -ref: said as one text
//!     └─────────────────────┴ anything else: refused, what comes of the rest is ignored
//! ```

use crate::gateway::batch::{Batch, Piece};
use crate::gateway::caps::{Cap, MULTILINE_BYTES, MULTILINE_LINES};
use crate::gateway::context::Context;
use crate::gateway::message::{relay, send, service};
use crate::gateway::nick::{self, SERVER};
use crate::gateway::tags::MULTILINE_CONCAT;
use crate::gateway::target::{Target, addressed, nobody};
use crate::protocol::irc_line::{Line, Reply};

/// Opens a batch, or ends one. The end of one that was refused is ignored.
pub(crate) fn batch(ctx: &mut Context<'_>, line: &Line) {
    let word = line.param(0).to_owned();
    if let Some(name) = word.strip_prefix('+') {
        return open_batch(ctx, name, line);
    }
    if ctx.client.batch.is_some() {
        end_batch(ctx);
    }
}

fn open_batch(ctx: &mut Context<'_>, name: &str, line: &Line) {
    let known = line.param(1) == "draft/multiline" && ctx.client.has(Cap::Multiline);
    let Some(target) = line.given(2).filter(|_| known) else {
        return refuse_batch(ctx, &["MULTILINE_INVALID"], "Invalid multiline batch");
    };
    ctx.client.batch = Some(Batch {
        name: name.to_owned(),
        target: target.to_owned(),
        opening: line.clone(),
        // The label belongs to what the whole batch leads to.
        label: ctx.label.take(),
        lines: Vec::new(),
        bytes: 0,
        notice: false,
    });
}

/// While a batch is open: whether a line is to be answered as if none were. The lines of the batch are kept.
pub(crate) fn belongs_to_batch(ctx: &mut Context<'_>, line: &Line) -> bool {
    let Some(batch) = &ctx.client.batch else {
        return true;
    };
    let ends = format!("-{}", batch.name);
    match line.command.as_str() {
        "PING" | "PONG" | "QUIT" => true,
        "BATCH" if line.param(0) == ends => true,
        "PRIVMSG" | "NOTICE" if line.tag("batch") == Some(batch.name.as_str()) => {
            add_to_batch(ctx, line);
            false
        }
        _ => {
            refuse_batch(ctx, &["MULTILINE_INVALID"], "Invalid multiline batch");
            false
        }
    }
}

fn add_to_batch(ctx: &mut Context<'_>, line: &Line) {
    let Some(batch) = &mut ctx.client.batch else {
        return;
    };
    let (target, text) = (line.param(0), line.param(1));
    let goes_on = line.tag(MULTILINE_CONCAT).is_some();
    let notice = line.command == "NOTICE";
    if batch.lines.is_empty() {
        batch.notice = notice;
    }
    let is_mixed = batch.notice != notice;
    let feed = usize::from(!goes_on && !batch.lines.is_empty());
    batch.bytes = batch.bytes.saturating_add(text.len()).saturating_add(feed);
    batch.lines.push(Piece::new(text, goes_on));
    let (bytes, lines) = (batch.bytes, batch.lines.len());
    if nick::fold(target) != nick::fold(&batch.target) {
        let meant = batch.target.clone();
        let words = ["MULTILINE_INVALID_TARGET", &meant, target];
        refuse_batch(ctx, &words, "Invalid multiline target");
    } else if is_mixed || (goes_on && line.param(1).is_empty()) {
        refuse_batch(ctx, &["MULTILINE_INVALID"], "Invalid multiline batch");
    } else if bytes > MULTILINE_BYTES {
        let words = ["MULTILINE_MAX_BYTES", &MULTILINE_BYTES.to_string()];
        refuse_batch(ctx, &words, "Multiline batch max-bytes exceeded");
    } else if lines > MULTILINE_LINES {
        let words = ["MULTILINE_MAX_LINES", &MULTILINE_LINES.to_string()];
        refuse_batch(ctx, &words, "Multiline batch max-lines exceeded");
    }
}

fn refuse_batch(ctx: &mut Context<'_>, words: &[&str], text: &str) {
    if let Some(batch) = ctx.client.batch.take() {
        ctx.label = batch.label;
    }
    let mut all = vec!["BATCH"];
    all.extend(words);
    ctx.fail(&all, text);
}

/// "Clients MUST NOT send messages consisting entirely of blank lines."
fn end_batch(ctx: &mut Context<'_>) {
    let Some(batch) = ctx.client.batch.take() else {
        return;
    };
    let of_end = std::mem::replace(&mut ctx.label, batch.label.clone());
    if let Some(label) = of_end.filter(|_| ctx.client.takes_labels()) {
        // What the batch leads to has the label of its beginning.
        let ack = Reply::new(SERVER, &["ACK"], None);
        ctx.client.notify(ack.tag("label", &label));
    }
    if batch.lines.iter().all(|line| line.text.is_empty()) {
        return refuse_batch(ctx, &["MULTILINE_INVALID"], "Invalid multiline batch");
    }
    ctx.client.spoke_at = ctx.state.now;
    match addressed(ctx, &batch.target) {
        Target::Channel | Target::Service | Target::Stranger(_) | Target::Nobody
            if batch.notice => {}
        Target::Group(channel) if batch.notice => send::refuse_notice(ctx, &channel),
        Target::Channel => service::say_in_channel(ctx, &batch.text(), &batch.opening),
        Target::Service => service::say_to_service(ctx, &batch.text(), &batch.opening),
        Target::Myself | Target::Client => relay::pass_on_batch(ctx, &batch),
        Target::Friend(contact) => {
            send::text_to_friend(ctx, &contact, &batch.text(), &batch.opening, batch.notice);
        }
        Target::Group(channel) => {
            send::text_in_group(ctx, &channel, &batch.text(), &batch.opening);
        }
        Target::Stranger(member) => send::stranger(ctx, &member),
        Target::Nobody => nobody(ctx, &batch.target),
    }
}
