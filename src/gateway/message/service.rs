//! `iim`: takes commands in the control channel and by query, asks, and announces.

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::Person;
use crate::gateway::context::Talk;
use crate::gateway::ctcp::Ctcp;
use crate::gateway::host::{Answer, Asker, Question};
use crate::gateway::render::split::cut;
use crate::gateway::{CHANNEL, SERVER, SERVICE, ctcp, time};
use crate::protocol::clean;
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};

impl Talk<'_> {
    /// A plain line in the control channel is a command; it goes to no other device.
    pub(in crate::gateway) fn say_in_channel(&mut self, text: &str, line: &Line) {
        self.echo(CHANNEL, text, line);
        self.commands(text, CHANNEL);
    }

    /// A query to `iim`.
    pub(in crate::gateway) fn say_to_service(&mut self, text: &str, line: &Line) {
        self.echo(SERVICE, text, line);
        let name = self.client.nick.clone();
        self.commands(text, &name);
    }

    fn echo(&mut self, target: &str, text: &str, line: &Line) {
        if self.client.has(Cap::EchoMessage) {
            for text in text.split('\n').filter(|text| !text.is_empty()) {
                let reply = self.tagged("PRIVMSG", target, Some(text), line);
                self.client.send(reply);
            }
        }
    }

    fn commands(&mut self, text: &str, place: &str) {
        match ctcp::read(text) {
            Ctcp::Plain(_) => {}
            Ctcp::Request(command, rest) => return self.answer_ctcp(command, rest),
            Ctcp::Action(_) => {
                let answer = lines(&["commands are taken here: help lists them"]);
                return say_back(self.client, &answer, place, self.shared.now);
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
                conn: self.conn,
                place: place.to_owned(),
            };
            if let Some(answer) = self.obey(words, &to) {
                say_back(self.client, &answer, place, self.shared.now);
            }
        }
    }

    /// A yes or no answers the last question; anything else is a command.
    fn obey(&mut self, words: &str, to: &Asker) -> Option<Answer> {
        let yes = match words.to_ascii_lowercase().as_str() {
            "yes" | "y" => true,
            "no" | "n" => false,
            _ => {
                return match self.addressee(words) {
                    Some(nick) => Some(lines(&[&format!("to write to {nick}: /query {nick}")])),
                    None => self.host.command(&self.as_command(words), to),
                };
            }
        };
        match self.open_question() {
            Ok(Question { yes: command, .. }) if yes => self.host.command(&command, to),
            Ok(Question {
                no: Some(command), ..
            }) => self.host.command(&command, to),
            Ok(Question { no: None, .. }) => Some(lines(&["nothing was done"])),
            Err(answer) => Some(answer),
        }
    }

    /// The friend to whom a line is written as in a channel: `bob: hello`.
    fn addressee(&self, words: &str) -> Option<&str> {
        let word = words.split(' ').next().unwrap_or_default();
        let name = word.strip_suffix([':', ','])?;
        let person = self.shared.people.named(name)?;
        Some(&person.nick)
    }

    /// A command as the program knows it: in small letters, though telephones begin with a capital, and a friend by his
    /// address if he is called by a nick that is nobody's name.
    fn as_command(&self, words: &str) -> String {
        let (command, rest) = words.split_once(' ').unwrap_or((words, ""));
        let command = command.to_ascii_lowercase();
        let (whom, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_name = |person: &Person| person.friend.name.eq_ignore_ascii_case(whom);
        let rest = match self.shared.people.named(whom) {
            Some(person)
                if OF_FRIENDS.contains(&command.as_str())
                    && !self.shared.people.all().any(is_name) =>
            {
                let address = shell_words::quote(person.friend.address.as_str());
                format!("{address} {more}")
            }
            Some(_) | None => rest.to_owned(),
        };
        format!("{command} {rest}").trim_end().to_owned()
    }

    /// What this client was asked; else what waits for an answer, if that is one thing alone: a yes must not be
    /// guessed at.
    fn open_question(&mut self) -> Result<Question, Answer> {
        if let Some(question) = self.client.question.take() {
            return Ok(question);
        }
        let mut open = self.host.questions();
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
    pub(in crate::gateway) fn open_questions(&mut self) {
        for question in self.host.questions() {
            announce(self.client, &question_text(&question), self.shared.now);
        }
    }
}

/// Says what a command answers, and remembers what it asks.
pub(in crate::gateway) fn say_back(client: &mut Client, answer: &Answer, place: &str, now: u64) {
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
pub(in crate::gateway) fn announce(client: &mut Client, text: &str, now: u64) {
    let place = match client.joined {
        true => CHANNEL.to_owned(),
        false => client.nick.clone(),
    };
    for reply in service_lines(&place, text, now) {
        client.tell(reply);
    }
}

/// A question with the commands that answer it.
pub(in crate::gateway) fn question_text(question: &Question) -> String {
    format!("{} ({})", question.text, question_commands(question))
}

fn question_commands(question: &Question) -> String {
    match &question.no {
        Some(no) => format!("yes: {} · no: {no}", question.yes),
        None => format!("yes: {}", question.yes),
    }
}

/// Whom lines of the service come from.
pub(in crate::gateway) fn source() -> String {
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
