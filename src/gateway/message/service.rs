//! `iim`: takes commands in the control channel and by query, asks, and announces.

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::Contact;
use crate::gateway::context::Context;
use crate::gateway::ctcp::Ctcp;
use crate::gateway::host::{Answer, Asker, Question};
use crate::gateway::message::relay;
use crate::gateway::nick::{CHANNEL, SERVER, SERVICE};
use crate::gateway::render::split::cut;
use crate::gateway::{ctcp, time};
use crate::protocol::clean;
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};

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
            let answer = lines(&["commands are taken here: help lists them"]);
            return say_back(ctx.client, &answer, place, ctx.state.now);
        }
    }
    for line in text.split('\n') {
        let line = clean::line(line, usize::MAX);
        let words = ["iim:", "iim,", "iim "].iter();
        let words = words
            .filter_map(|name| strip_name(&line, name))
            .next()
            .unwrap_or(&line)
            .trim();
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
    let (version, now) = (ctx.state.settings.version.clone(), ctx.state.now);
    let name = ctx.client.nick.clone();
    let service = source();
    let answer = match command.to_ascii_uppercase().as_str() {
        "VERSION" => format!("VERSION iim {version}"),
        "PING" => format!("PING {rest}"),
        "TIME" => format!("TIME {}", time::words(now)),
        "CLIENTINFO" => "CLIENTINFO ACTION CLIENTINFO PING TIME VERSION".to_owned(),
        "DCC" => {
            let text = "files cannot be sent yet: the offer went nowhere";
            let reply = Reply::new(&service, &["NOTICE", &name], Some(text));
            return ctx.client.send(reply.tag("bot", ""));
        }
        _ => return,
    };
    let answer = format!("\u{1}{answer}\u{1}");
    let reply = Reply::new(&service, &["NOTICE", &name], Some(&answer));
    ctx.client.send(reply.tag("bot", ""));
}

/// A yes or no answers the last question; anything else is a command.
fn obey(ctx: &mut Context<'_>, words: &str, to: &Asker) -> Option<Answer> {
    let yes = match words.to_ascii_lowercase().as_str() {
        "yes" | "y" => true,
        "no" | "n" => false,
        _ => {
            return match addressee(ctx, words) {
                Some(nick) => Some(lines(&[&format!("to write to {nick}: /query {nick}")])),
                None => ctx.host.command(&as_command(ctx, words), to),
            };
        }
    };
    match open_question(ctx) {
        Ok(Question { yes: command, .. }) if yes => ctx.host.command(&command, to),
        Ok(Question {
            no: Some(command), ..
        }) => ctx.host.command(&command, to),
        Ok(Question { no: None, .. }) => Some(lines(&["nothing was done"])),
        Err(answer) => Some(answer),
    }
}

/// The friend to whom a line is written as in a channel: `bob: hello`.
fn addressee<'a>(ctx: &'a Context<'_>, words: &str) -> Option<&'a str> {
    let word = words.split(' ').next().unwrap_or_default();
    let name = word.strip_suffix([':', ','])?;
    let contact = ctx.state.contacts.named(name)?;
    Some(&contact.nick)
}

/// A command as the program knows it: in small letters, though telephones begin with a capital, and a friend by their
/// address if they are called by a nick that is nobody's name.
fn as_command(ctx: &Context<'_>, words: &str) -> String {
    let (command, rest) = words.split_once(' ').unwrap_or((words, ""));
    let command = command.to_ascii_lowercase();
    let (whom, more) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_name = |contact: &Contact| contact.friend.name.eq_ignore_ascii_case(whom);
    let rest = match ctx.state.contacts.named(whom) {
        Some(contact)
            if OF_FRIENDS.contains(&command.as_str()) && !ctx.state.contacts.all().any(is_name) =>
        {
            let address = shell_words::quote(contact.friend.address.as_str());
            format!("{address} {more}")
        }
        Some(_) | None => rest.to_owned(),
    };
    format!("{command} {rest}").trim_end().to_owned()
}

/// What this client was asked; else what waits for an answer, if that is one thing alone: a yes must not be
/// guessed at.
fn open_question(ctx: &mut Context<'_>) -> Result<Question, Answer> {
    if let Some(question) = ctx.client.question.take() {
        return Ok(question);
    }
    let mut open = ctx.host.questions();
    if open.len() > 1 {
        let first = "more than one question is open; answer one by its command:";
        let mut all = vec![first.to_owned()];
        all.extend(open.iter().map(question_text));
        return Err(Answer {
            lines: all,
            question: None,
        });
    }
    open.pop().ok_or_else(|| lines(&["nothing was asked"]))
}

/// To a client that has just come: what still waits for an answer.
pub(crate) fn open_questions(ctx: &mut Context<'_>) {
    for question in ctx.host.questions() {
        announce(ctx.client, &question_text(&question), ctx.state.now);
    }
}

/// Says what a command answers, and remembers what it asks.
pub(crate) fn say_back(client: &mut Client, answer: &Answer, place: &str, now: u64) {
    let question = answer.question.as_ref();
    let question = question.map(|question| format!("{} yes or no?", question.text));
    for text in answer.lines.iter().chain(&question) {
        for reply in service_lines(place, text, now) {
            client.send(reply);
        }
    }
    if answer.question.is_some() {
        client.question.clone_from(&answer.question);
    }
}

/// Says something to a client that it did not ask for: in the control channel, or by query if it has left that.
pub(crate) fn announce(client: &mut Client, text: &str, now: u64) {
    let place = match client.joined {
        true => CHANNEL.to_owned(),
        false => client.nick.clone(),
    };
    for reply in service_lines(&place, text, now) {
        client.notify(reply);
    }
}

/// A question with the commands that answer it.
pub(crate) fn question_text(question: &Question) -> String {
    format!("{} ({})", question.text, question_commands(question))
}

fn question_commands(question: &Question) -> String {
    match &question.no {
        Some(no) => format!("yes: {} · no: {no}", question.yes),
        None => format!("yes: {}", question.yes),
    }
}

/// Whom lines of the service come from.
pub(crate) fn source() -> String {
    format!("{SERVICE}!{SERVICE}@{SERVER}")
}

fn service_lines(place: &str, text: &str, now: u64) -> Vec<Reply> {
    let source = source();
    let mut all = Vec::new();
    for line in text.split('\n') {
        let line = clean::line(line, usize::MAX);
        for piece in cut(&line, ROOM)
            .iter()
            .filter(|piece| !piece.text.is_empty())
        {
            let reply = Reply::new(&source, &["PRIVMSG", place], Some(&piece.text));
            all.push(reply.tag("time", &time::tag(now)).tag("bot", ""));
        }
    }
    all
}

fn strip_name<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let head = line.get(..name.len())?;
    head.eq_ignore_ascii_case(name)
        .then(|| line.get(name.len()..))
        .flatten()
}

fn lines(texts: &[&str]) -> Answer {
    Answer {
        lines: texts.iter().map(ToString::to_string).collect(),
        question: None,
    }
}

/// Commands whose first word is a friend.
const OF_FRIENDS: [&str; 11] = [
    "accept", "block", "hide", "read", "refuse", "remove", "rename", "say", "show", "unblock",
    "verify",
];

/// Bytes of what `iim` says in one line.
const ROOM: usize = LONGEST_BODY - 90;
