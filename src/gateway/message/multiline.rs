//! Texts of several lines from a client, in a batch (IRCv3 `draft/multiline`).
//!
//! ```text
//!   none ── BATCH +ref ──▶ open ── PRIVMSG or NOTICE with batch=ref ──▶ open
//!     ▲                     │ BATCH -ref: said as one text
//!     └─────────────────────┴ anything else: refused, what comes of the rest is ignored
//! ```

use super::send::Target;
use crate::gateway::caps::{Cap, MULTILINE_BYTES, MULTILINE_CONCAT, MULTILINE_LINES};
use crate::gateway::context::Talk;
use crate::gateway::{SERVER, nick};
use crate::protocol::irc_line::{Line, Reply};

/// A batch that is not yet complete.
#[derive(Debug)]
pub(in crate::gateway) struct Batch {
    name: String,
    target: String,
    /// The line that opened it, for its tags.
    opening: Line,
    label: Option<String>,
    lines: Vec<(String, bool)>,
    bytes: usize,
    /// Its lines are NOTICEs, all of them.
    notice: bool,
}

impl Batch {
    fn command(&self) -> &'static str {
        match self.notice {
            true => "NOTICE",
            false => "PRIVMSG",
        }
    }

    /// The lines joined: by a line feed, but for those that go on.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes);
        for (at, (line, goes_on)) in self.lines.iter().enumerate() {
            if at > 0 && !goes_on {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
    }
}

impl Talk<'_> {
    /// Opens a batch, or ends one. The end of one that was refused is ignored.
    pub(in crate::gateway) fn batch(&mut self, line: &Line) {
        let word = line.param(0).to_owned();
        if let Some(name) = word.strip_prefix('+') {
            return self.open_batch(name, line);
        }
        if self.client.batch.is_some() {
            self.end_batch();
        }
    }

    fn open_batch(&mut self, name: &str, line: &Line) {
        let known = line.param(1) == "draft/multiline" && self.client.has(Cap::Multiline);
        let Some(target) = line.given(2).filter(|_| known) else {
            return self.refuse_batch(&["MULTILINE_INVALID"], "Invalid multiline batch");
        };
        self.client.batch = Some(Batch {
            name: name.to_owned(),
            target: target.to_owned(),
            opening: line.clone(),
            // The label belongs to what the whole batch leads to.
            label: self.label.take(),
            lines: Vec::new(),
            bytes: 0,
            notice: false,
        });
    }

    /// While a batch is open: whether a line is to be answered as if none were. The lines of the batch are kept.
    pub(in crate::gateway) fn belongs_to_batch(&mut self, line: &Line) -> bool {
        let Some(batch) = &self.client.batch else {
            return true;
        };
        let ends = format!("-{}", batch.name);
        match line.command.as_str() {
            "PING" | "PONG" | "QUIT" => true,
            "BATCH" if line.param(0) == ends => true,
            "PRIVMSG" | "NOTICE" if line.tag("batch") == Some(batch.name.as_str()) => {
                self.add_to_batch(line);
                false
            }
            _ => {
                self.refuse_batch(&["MULTILINE_INVALID"], "Invalid multiline batch");
                false
            }
        }
    }

    fn add_to_batch(&mut self, line: &Line) {
        let Some(batch) = &mut self.client.batch else {
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
        batch.lines.push((text.to_owned(), goes_on));
        let (bytes, lines) = (batch.bytes, batch.lines.len());
        if nick::fold(target) != nick::fold(&batch.target) {
            let words = [batch.target.clone(), target.to_owned()];
            let words = ["MULTILINE_INVALID_TARGET", &words[0], &words[1]];
            self.refuse_batch(&words, "Invalid multiline target");
        } else if is_mixed || (goes_on && text.is_empty()) {
            self.refuse_batch(&["MULTILINE_INVALID"], "Invalid multiline batch");
        } else if bytes > MULTILINE_BYTES {
            let words = ["MULTILINE_MAX_BYTES", &MULTILINE_BYTES.to_string()];
            self.refuse_batch(&words, "Multiline batch max-bytes exceeded");
        } else if lines > MULTILINE_LINES {
            let words = ["MULTILINE_MAX_LINES", &MULTILINE_LINES.to_string()];
            self.refuse_batch(&words, "Multiline batch max-lines exceeded");
        }
    }

    fn refuse_batch(&mut self, words: &[&str], text: &str) {
        if let Some(batch) = self.client.batch.take() {
            self.label = batch.label;
        }
        let mut all = vec!["BATCH"];
        all.extend(words);
        self.fail(&all, text);
    }

    /// "Clients MUST NOT send messages consisting entirely of blank lines."
    fn end_batch(&mut self) {
        let Some(batch) = self.client.batch.take() else {
            return;
        };
        let of_end = std::mem::replace(&mut self.label, batch.label.clone());
        if let Some(label) = of_end.filter(|_| self.client.takes_labels()) {
            // What the batch leads to has the label of its beginning.
            let ack = Reply::new(SERVER, &["ACK"], None);
            self.client.tell(ack.tag("label", &label));
        }
        if batch.lines.iter().all(|(line, _)| line.is_empty()) {
            return self.refuse_batch(&["MULTILINE_INVALID"], "Invalid multiline batch");
        }
        self.client.spoke = self.shared.now;
        match self.addressed(&batch.target) {
            Target::Channel | Target::Service | Target::Nobody if batch.notice => {}
            Target::Channel => self.say_in_channel(&batch.text(), &batch.opening),
            Target::Service => self.say_to_service(&batch.text(), &batch.opening),
            Target::Myself | Target::Client => self.pass_on_batch(&batch),
            Target::Friend(person) => match batch.notice {
                true => self.send_notice(&person, &batch.text(), &batch.opening),
                false => self.send_text(&person, &batch.text(), &batch.opening),
            },
            Target::Nobody => self.nobody(&batch.target),
        }
    }

    /// "Servers SHOULD maintain the line composition sent by the client."
    fn pass_on_batch(&mut self, batch: &Batch) {
        let source = self.client.source();
        let tags = self.own_tags(&batch.opening);
        let several = |takes: bool, name: &str| match takes {
            true => whole_batch(&source, batch, &tags, name),
            false => fallback(&source, batch, &tags),
        };
        let takes = |has: &dyn Fn(Cap) -> bool| has(Cap::Multiline) && has(Cap::Batch);
        if self.client.has(Cap::EchoMessage) {
            let name = self.client.batch_name();
            let caps = self.client.caps;
            for reply in several(takes(&|cap| caps.has(cap)), &name) {
                self.client.send(reply);
            }
        }
        for target in self.clients_named(&batch.target) {
            let name = target.batch_name();
            let caps = target.caps;
            for reply in several(takes(&|cap| caps.has(cap)), &name) {
                target.tell(reply);
            }
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
