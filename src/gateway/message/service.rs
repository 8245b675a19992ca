//! `iim`: takes commands in the control channel and by query, asks, and announces.

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::ctcp::Ctcp;
use crate::gateway::host::{Asker, Question};
use crate::gateway::message::relay;
use crate::gateway::nick::{CHANNEL, SERVER, SERVICE};
use crate::gateway::render::split::cut;
use crate::gateway::{ctcp, time};
use crate::protocol::clean;
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};
use crate::protocol::time::Millis;

/// A plain line in the control channel is a command; it goes to no other device.
pub(crate) fn say_in_channel(ctx: &mut Context<'_>, text: &str, line: &Line) {
    echo(ctx, CHANNEL, text, line);
    commands(ctx, text, CHANNEL);
}

/// A query to `iim`.
pub(crate) fn say_to_service(ctx: &mut Context<'_>, text: &str, line: &Line) {
    echo(ctx, SERVICE, text, line);
    let name = ctx.client.nick.clone();
    commands(ctx, text, &name);
}

fn echo(ctx: &mut Context<'_>, target: &str, text: &str, line: &Line) {
    if ctx.client.has(Cap::EchoMessage) {
        for text in text.split('\n').filter(|text| !text.is_empty()) {
            let reply = relay::tagged(ctx, "PRIVMSG", target, Some(text), line);
            ctx.client.send(reply);
        }
    }
}

fn commands(ctx: &mut Context<'_>, text: &str, place: &str) {
    match ctcp::read(text) {
        Ctcp::Plain(_) => {}
        Ctcp::Request(command, rest) => return answer_ctcp(ctx, command, rest),
        Ctcp::Action(_) => {
            let answer = ["commands are taken here: help lists them".to_owned()];
            return say_back(ctx.client, &answer, place, ctx.state.now);
        }
    }
    for line in text.split('\n') {
        let line = clean::line(line, usize::MAX);
        let named = line.split_once([':', ',', ' ']);
        let named = named.filter(|(name, _)| name.eq_ignore_ascii_case(SERVICE));
        let words = named.map_or(line.as_str(), |(_, words)| words).trim();
        if words.is_empty() {
            continue;
        }
        let to = Asker {
            conn: ctx.conn,
            place: place.to_owned(),
        };
        if let Some(answer) = obey(ctx, words, &to) {
            say_back(ctx.client, &answer, place, ctx.state.now);
        }
    }
}

/// What the gateway says of itself. In a friend's name it would be a sign of life that they never gave.
pub(crate) fn answer_ctcp(ctx: &mut Context<'_>, command: &str, rest: &str) {
    let text = match command.to_ascii_uppercase().as_str() {
        "VERSION" => format!("\u{1}VERSION iim {}\u{1}", ctx.state.settings.version),
        "PING" => format!("\u{1}PING {rest}\u{1}"),
        "TIME" => format!("\u{1}TIME {}\u{1}", time::words(ctx.state.now)),
        "CLIENTINFO" => "\u{1}CLIENTINFO ACTION CLIENTINFO PING TIME VERSION\u{1}".to_owned(),
        "DCC" => "files cannot be sent yet: the offer went nowhere".to_owned(),
        _ => return,
    };
    let reply = Reply::new(&source(), &["NOTICE", &ctx.client.nick], Some(&text));
    ctx.client.send(reply.tag("bot", ""));
}

/// A yes or no answers what waits for one; anything else is a command.
fn obey(ctx: &mut Context<'_>, words: &str, to: &Asker) -> Option<Vec<String>> {
    let yes = match words.to_ascii_lowercase().as_str() {
        "yes" | "y" => true,
        "no" | "n" => false,
        _ => {
            return match addressee(ctx, words) {
                Some(nick) => Some(vec![format!("to write to {nick}: /query {nick}")]),
                None => ctx.host.command(&as_command(ctx, words), to),
            };
        }
    };
    let command = match open_question(ctx) {
        Ok(question) if yes => question.yes,
        Ok(question) => question.no,
        Err(answer) => return Some(answer),
    };
    ctx.host.command(&command, to)
}

/// The friend to whom a line is written as in a channel: `bob: hello`.
fn addressee<'a>(ctx: &'a Context<'_>, words: &str) -> Option<&'a str> {
    let word = words.split(' ').next().unwrap_or_default();
    let name = word.strip_suffix([':', ','])?;
    let contact = ctx.state.contacts.named(name)?;
    Some(&contact.nick)
}

/// A command as the program knows it: in small letters, though telephones begin with a capital, a friend by their
/// address if they are called by a nick that is nobody's name, and a group as the user calls it, whatever its channel is called.
fn as_command(ctx: &Context<'_>, words: &str) -> String {
    let (command, rest) = words.split_once(' ').unwrap_or((words, ""));
    let command = command.to_ascii_lowercase();
    let rest = match command.as_str() {
        "group" => {
            let (what, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            format!("{what} {}", by_name(ctx, rest))
        }
        known if OF_FRIENDS.contains(&known) => by_name(ctx, rest),
        _ => rest.to_owned(),
    };
    format!("{command} {rest}").trim_end().to_owned()
}

/// Words of which the first means somebody or a group.
fn by_name(ctx: &Context<'_>, rest: &str) -> String {
    let (whom, more) = rest.split_once(' ').unwrap_or((rest, ""));
    if let Some(channel) = ctx.state.groups.named(whom) {
        let name = format!("#{}", channel.group.name);
        return format!("{} {more}", shell_words::quote(&name));
    }
    let is_name = |contact: &Contact| contact.friend.name.eq_ignore_ascii_case(whom);
    match ctx.state.contacts.named(whom) {
        Some(contact) if !ctx.state.contacts.all().any(is_name) => {
            let address = shell_words::quote(contact.friend.address.as_str());
            format!("{address} {more}")
        }
        Some(_) | None => rest.to_owned(),
    }
}

/// What waits for an answer, if that is one thing alone: a yes must not be guessed at.
fn open_question(ctx: &Context<'_>) -> Result<Question, Vec<String>> {
    let mut open = ctx.host.questions();
    if open.len() > 1 {
        let first = "more than one question is open; answer one by its command:";
        let first = std::iter::once(first.to_owned());
        return Err(first.chain(open.iter().map(question_text)).collect());
    }
    open.pop()
        .ok_or_else(|| vec!["nothing was asked".to_owned()])
}

/// To a client that has just come: what still waits for an answer.
pub(crate) fn open_questions(ctx: &mut Context<'_>) {
    for question in ctx.host.questions() {
        announce(ctx.client, &question_text(&question), ctx.state.now);
    }
}

/// Says what a command answers.
pub(crate) fn say_back(client: &mut Client, answer: &[String], place: &str, now: Millis) {
    for text in answer {
        client.push_all(service_lines(place, text, now), true);
    }
}

/// Says something to a client that it did not ask for: in the control channel, or by query if it has left that.
pub(crate) fn announce(client: &mut Client, text: &str, now: Millis) {
    let place = place(client);
    client.push_all(service_lines(&place, text, now), false);
}

/// Says there what answers a command of IRC.
pub(crate) fn answer(client: &mut Client, text: &str, now: Millis) {
    let place = place(client);
    client.push_all(service_lines(&place, text, now), true);
}

fn place(client: &Client) -> String {
    match client.joined {
        true => CHANNEL.to_owned(),
        false => client.nick.clone(),
    }
}

/// A question with the commands that answer it.
pub(crate) fn question_text(question: &Question) -> String {
    let Question { text, yes, no } = question;
    format!("{text} (yes: {yes} · no: {no})")
}

/// Whom lines of the service come from.
pub(crate) fn source() -> String {
    format!("{SERVICE}!{SERVICE}@{SERVER}")
}

fn service_lines(place: &str, text: &str, now: Millis) -> Vec<Reply> {
    let source = source();
    let mut all = Vec::new();
    for line in text.split('\n') {
        let line = clean::line(line, usize::MAX);
        let mut pieces = cut(&line, ROOM);
        pieces.retain(|piece| !piece.text.is_empty());
        for piece in pieces {
            let reply = Reply::new(&source, &["PRIVMSG", place], Some(&piece.text));
            all.push(reply.tag("time", &time::tag(now)).tag("bot", ""));
        }
    }
    all
}

/// Commands whose first word is a friend.
const OF_FRIENDS: [&str; 11] = [
    "accept", "block", "hide", "read", "refuse", "remove", "rename", "say", "show", "unblock",
    "verify",
];

/// Bytes of what `iim` says in one line.
const ROOM: usize = LONGEST_BODY - 90;
