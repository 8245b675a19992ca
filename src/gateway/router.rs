//! The one place where commands are told apart: each line goes to its handler, one call an arm.

use crate::edge::listener::event::BadLine;
use crate::gateway::caps::Cap;
use crate::gateway::channel;
use crate::gateway::client::Stage;
use crate::gateway::context::Context;
use crate::gateway::message::{away, edit, multiline, read_marker, send};
use crate::gateway::nick::SERVER;
use crate::gateway::numeric as n;
use crate::gateway::query::{history, info, monitor, who, whois};
use crate::gateway::register::{cap, registration, sasl};
use crate::protocol::irc_line::{Line, Reply, is_too_long};

/// Answers a line.
pub(super) fn receive(ctx: &mut Context<'_>, line: Result<&str, BadLine>) {
    if ctx.client.is_closing() {
        return;
    }
    ctx.client.active_at = ctx.host.now();
    ctx.client.pinged = false;
    ctx.client.doubted = None;
    ctx.client.begin_answer();
    match line {
        Ok(text) => read(ctx, text),
        Err(BadLine::TooLong) => too_long(ctx),
        Err(BadLine::NotUtf8(text)) => not_utf8(ctx, &text),
    }
    let label = ctx.label.take();
    ctx.client.end_answer(label.as_deref());
}

fn read(ctx: &mut Context<'_>, text: &str) {
    if is_too_long(text.as_bytes()) {
        return too_long(ctx);
    }
    let Some(line) = Line::parse(text) else {
        return;
    };
    ctx.label = label(&line);
    if ctx.client.stage == Stage::Registered {
        route(ctx, &line);
    } else {
        route_before(ctx, &line);
    }
}

/// Modern, "ERR_INPUTTOOLONG (417)".
fn too_long(ctx: &mut Context<'_>) {
    ctx.numeric(n::INPUT_TOO_LONG, &[], "Input line was too long");
}

/// IRCv3 `UTF8ONLY`: the message is refused, the connection stays.
fn not_utf8(ctx: &mut Context<'_>, text: &str) {
    let line = Line::parse(text).unwrap_or_default();
    ctx.label = label(&line);
    let command = match line.command.is_ascii() && !line.command.is_empty() {
        true => line.command,
        false => "*".to_owned(),
    };
    let words = [command.as_str(), "INVALID_UTF8"];
    ctx.fail(&words, "Message rejected, it is not UTF-8");
}

/// Before the client is registered.
fn route_before(ctx: &mut Context<'_>, line: &Line) {
    match line.command.as_str() {
        command @ ("CAP" | "PASS" | "USER" | "AUTHENTICATE") if is_short(line) => {
            ctx.need_more(command);
        }
        "CAP" => cap::cap(ctx, line),
        "PASS" => registration::pass(ctx, line),
        "NICK" => registration::nick(ctx, line),
        "USER" => registration::user(ctx, line),
        "AUTHENTICATE" => sasl::authenticate(ctx, line),
        "PING" => ping(ctx, line),
        "PONG" | "ERROR" => {}
        "QUIT" => quit(ctx, line),
        "AWAY" if ctx.client.has(Cap::PreAway) => away::away_before(ctx, line),
        _ => ctx.numeric(n::NOT_REGISTERED, &[], "You have not registered"),
    }
    registration::complete(ctx);
}

/// Once it is registered: what is said and what is changed here, what is asked in [`route_questions`].
fn route(ctx: &mut Context<'_>, line: &Line) {
    let command = line.command.as_str();
    if is_short(line) {
        return ctx.need_more(command);
    }
    if ctx.client.batch.is_some() && !multiline::belongs_to_batch(ctx, line) {
        return;
    }
    match command {
        "PRIVMSG" => send::privmsg(ctx, line),
        "NOTICE" => send::notice(ctx, line),
        "TAGMSG" => send::tagmsg(ctx, line),
        "BATCH" => multiline::batch(ctx, line),
        "REDACT" => edit::redact(ctx, line),
        "EDIT" => edit::edit(ctx, line),
        "PING" => ping(ctx, line),
        "PONG" | "ERROR" => {}
        "CAP" => cap::cap(ctx, line),
        "NICK" => registration::nick(ctx, line),
        "SETNAME" => registration::set_name(ctx, line),
        "AWAY" => away::away(ctx, line),
        "JOIN" => channel::join(ctx, line),
        "PART" => channel::part(ctx, line),
        "TOPIC" => channel::topic(ctx, line),
        "MODE" => channel::mode(ctx, line),
        "INVITE" => channel::invite(ctx, line),
        "KICK" => channel::kick(ctx, line),
        "RENAME" => channel::rename(ctx, line),
        "MONITOR" => monitor::monitor(ctx, line),
        "WATCH" => monitor::watch(ctx, line),
        "MARKREAD" => read_marker::mark_read(ctx, line),
        "AUTHENTICATE" => sasl::authenticate(ctx, line),
        "PASS" | "USER" => ctx.numeric(n::ALREADY_REGISTERED, &[], "You may not reregister"),
        "QUIT" => quit(ctx, line),
        _ => route_questions(ctx, line),
    }
}

/// What only asks.
fn route_questions(ctx: &mut Context<'_>, line: &Line) {
    let command = line.command.as_str();
    match command {
        "CHATHISTORY" => history::chathistory(ctx, line),
        "NAMES" => channel::names_of(ctx, line),
        "LIST" => channel::list(ctx, line),
        "WHO" => who::who(ctx, line),
        "WHOIS" => whois::whois(ctx, line),
        "WHOWAS" => info::whowas(ctx, line),
        "ISON" => who::ison(ctx, line),
        "USERHOST" => who::userhost(ctx, line),
        "MOTD" => info::motd(ctx),
        "LUSERS" => info::lusers(ctx),
        "VERSION" => info::version(ctx),
        "TIME" => info::time(ctx),
        "HELP" | "HELPOP" => info::help(ctx, line),
        "OPER" => ctx.numeric(n::NO_OPER_HOST, &[], "Nobody is operator here"),
        "KILL" | "REHASH" | "RESTART" | "DIE" | "SQUIT" | "CONNECT" | "WALLOPS" => {
            ctx.numeric(n::NO_PRIVILEGES, &[], "Permission denied");
        }
        _ => ctx.numeric(n::UNKNOWN_COMMAND, &[command], "Unknown command"),
    }
}

/// RFC 2812, section 3.7.2.
fn ping(ctx: &mut Context<'_>, line: &Line) {
    match line.params.first() {
        None => ctx.need_more("PING"),
        Some(token) if token.is_empty() => {
            ctx.numeric(n::NO_ORIGIN, &[], "No origin specified");
        }
        Some(token) => {
            let pong = Reply::new(SERVER, &["PONG", SERVER], Some(token));
            ctx.client.send(pong);
        }
    }
}

/// RFC 2812, section 3.1.7: the server acknowledges this by an ERROR.
fn quit(ctx: &mut Context<'_>, line: &Line) {
    let reason = match line.given(0) {
        Some(reason) => format!("Quit: {reason}"),
        None => "Quit".to_owned(),
    };
    ctx.client.close(&reason);
}

/// What the answer is to be labelled with: the tag "has a required value" (IRCv3 `labeled-response`).
fn label(line: &Line) -> Option<String> {
    let label = line.tag("label").filter(|label| !label.is_empty());
    label.map(ToOwned::to_owned)
}

/// Whether parameters are missing, or empty, that a command cannot do without (RFC 2812, "ERR_NEEDMOREPARAMS").
fn is_short(line: &Line) -> bool {
    let least = match line.command.as_str() {
        "JOIN" | "PART" | "TOPIC" | "MODE" | "USERHOST" | "ISON" | "MONITOR" | "CAP" | "PASS"
        | "AUTHENTICATE" | "BATCH" => 1,
        "INVITE" | "KICK" | "OPER" | "KILL" | "REDACT" | "RENAME" => 2,
        "USER" => 4,
        _ => 0,
    };
    line.params.iter().filter(|one| !one.is_empty()).count() < least
}
