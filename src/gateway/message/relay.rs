//! What goes from one client of the user to another: it is kept nowhere.

use crate::gateway::batch::Batch;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::render::split::Privmsg;
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
        target.notify(reply.clone());
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
    let tags = own_tags(ctx, &batch.opening).into_iter();
    let (first, all) = tags.partition(|(key, _)| key == "msgid");
    let mut privmsg = Privmsg {
        source: ctx.client.source(),
        target: batch.target.clone(),
        text: "",
        notice: batch.notice,
        all,
        first,
        answers: true,
    };
    if ctx.client.has(Cap::EchoMessage) {
        privmsg
            .clone()
            .write_pieces(ctx.client, batch.lines.clone());
    }
    privmsg.answers = false;
    for target in clients_named(ctx, &batch.target) {
        privmsg.clone().write_pieces(target, batch.lines.clone());
    }
}
