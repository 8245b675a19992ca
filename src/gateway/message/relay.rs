//! What goes from one client of the user to another: it is kept nowhere.

use crate::gateway::batch::Batch;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::tags::MULTILINE_CONCAT;
use crate::gateway::target::clients_named;
use crate::gateway::time;
use crate::protocol::irc_line::{Line, Reply};

/// From one client of the user to another, or to itself: kept nowhere.
pub(crate) fn pass_on(
    ctx: &mut Context<'_>,
    command: &str,
    name: &str,
    text: Option<&str>,
    line: &Line,
) {
    let reply = tagged(ctx, command, name, text, line);
    let takes = |client: &Client| command != "TAGMSG" || client.has(Cap::MessageTags);
    if ctx.client.has(Cap::EchoMessage) {
        ctx.client.send(reply.clone());
    }
    for target in clients_named(ctx, name).filter(|client| takes(client)) {
        target.tell(reply.clone());
    }
}

/// A line from the client with its client-only tags.
pub(crate) fn tagged(
    ctx: &mut Context<'_>,
    command: &str,
    target: &str,
    text: Option<&str>,
    line: &Line,
) -> Reply {
    let mut reply = Reply::new(&ctx.client.source(), &[command, target], text);
    reply.tags = own_tags(ctx, line);
    reply
}

/// The tags of something that the client says and that is not stored.
pub(crate) fn own_tags(ctx: &mut Context<'_>, line: &Line) -> Vec<(String, String)> {
    let mut tags = vec![
        ("time".to_owned(), time::tag(ctx.state.now)),
        ("msgid".to_owned(), ctx.state.passing_id()),
    ];
    if ctx.client.logged_in {
        tags.push(("account".to_owned(), ctx.state.account()));
    }
    if ctx.client.bot {
        tags.push(("bot".to_owned(), String::new()));
    }
    tags.extend(line.client_tags().cloned());
    tags
}

/// "Servers SHOULD maintain the line composition sent by the client."
pub(crate) fn pass_on_batch(ctx: &mut Context<'_>, batch: &Batch) {
    let source = ctx.client.source();
    let tags = own_tags(ctx, &batch.opening);
    let several = |takes: bool, name: &str| match takes {
        true => whole_batch(&source, batch, &tags, name),
        false => fallback(&source, batch, &tags),
    };
    let takes = |has: &dyn Fn(Cap) -> bool| has(Cap::Multiline) && has(Cap::Batch);
    if ctx.client.has(Cap::EchoMessage) {
        let name = ctx.client.batch_name();
        let caps = ctx.client.caps;
        for reply in several(takes(&|cap| caps.has(cap)), &name) {
            ctx.client.send(reply);
        }
    }
    for target in clients_named(ctx, &batch.target) {
        let name = target.batch_name();
        let caps = target.caps;
        for reply in several(takes(&|cap| caps.has(cap)), &name) {
            target.tell(reply);
        }
    }
}

fn whole_batch(source: &str, batch: &Batch, tags: &[(String, String)], name: &str) -> Vec<Reply> {
    let (open, close) = (format!("+{name}"), format!("-{name}"));
    let words = ["BATCH", &open, "draft/multiline", &batch.target];
    let mut first = Reply::new(source, &words, None);
    first.tags = tags.to_vec();
    let mut all = vec![first];
    for (text, goes_on) in &batch.lines {
        let line = Reply::new(source, &[batch.command(), &batch.target], Some(text));
        let line = line.tag("batch", name);
        all.push(match goes_on {
            true => line.tag(MULTILINE_CONCAT, ""),
            false => line,
        });
    }
    all.push(Reply::new(source, &["BATCH", &close], None));
    all
}

fn fallback(source: &str, batch: &Batch, tags: &[(String, String)]) -> Vec<Reply> {
    let texts = batch.lines.iter().filter(|(text, _)| !text.is_empty());
    let each = texts.enumerate().map(|(at, (text, _))| {
        let mut reply = Reply::new(source, &[batch.command(), &batch.target], Some(text));
        let keeps = |key: &str| at == 0 || key != "msgid";
        reply.tags = tags.iter().filter(|(key, _)| keeps(key)).cloned().collect();
        reply
    });
    each.collect()
}
