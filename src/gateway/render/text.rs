//! A stored text as lines of IRC.

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::host::Host;
use crate::gateway::render::ends::Ends;
use crate::gateway::render::origin::Origin;
use crate::gateway::render::split::{ACTION, Privmsg, quote};
use crate::gateway::state::State;
use crate::gateway::tags::{EDIT_OF, EDIT_TEXT, STATE_TAG, id_text, reply_tags};
use crate::gateway::time;
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE};
use crate::protocol::irc_line::Reply;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Done, Stored, What};
use crate::rules::entry::Entry;
use crate::rules::message::{ChangeKind, Message};
use crate::rules::words;
use std::time::Duration;

/// One client, and what shows it what is stored.
pub(crate) struct Renderer<'a> {
    pub(crate) client: &'a mut Client,
    pub(crate) state: &'a State,
    pub(crate) host: &'a mut dyn Host,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(client: &'a mut Client, state: &'a State, host: &'a mut dyn Host) -> Self {
        Self {
            client,
            state,
            host,
        }
    }

    /// Writes what is stored, if it has a place at this client.
    pub(crate) fn show(&mut self, stored: &Stored, origin: Origin<'_>) {
        match &stored.what {
            What::Text(entry) => self.show_text(entry, origin),
            What::Change(done) => self.show_change(done, Some(done.change.id), origin),
            What::Nothing => {}
        }
    }

    fn show_text(&mut self, entry: &Entry, origin: Origin<'_>) {
        let message = &entry.message;
        let Some(ends) = Ends::of(self.client, self.state, message, origin) else {
            return;
        };
        if !message.is_ours() && !origin.answers() {
            let up_to = self.client.shown_up_to.entry(ends.with);
            let up_to = up_to.or_default();
            *up_to = message.arrival.max(*up_to);
        }
        let text = self.text_of(&ends, entry, origin);
        let is_own = ends.is_own;
        let mut privmsg = self.privmsg(ends, message, &text, origin);
        privmsg.notice = message.notice;
        let mut first = Vec::new();
        if is_own {
            let account = ("account".to_owned(), self.state.account());
            privmsg.all.push(account);
            let state = words::state(message.state).to_owned();
            first.push((STATE_TAG.to_owned(), state));
        }
        first.push(("msgid".to_owned(), id_text(message.id)));
        if let Some(id) = message.reply_to {
            first.extend(reply_tags(id));
        }
        origin.as_sent(&mut first);
        privmsg.first = first;
        privmsg.write(self.client);
    }

    fn privmsg<'t>(
        &self,
        ends: Ends,
        message: &Message,
        text: &'t str,
        origin: Origin<'_>,
    ) -> Privmsg<'t> {
        let mut privmsg = Privmsg::of(ends, text);
        privmsg.answers = origin.answers();
        privmsg.all.extend(origin.tags(message.arrival));
        privmsg
    }

    /// What stands in front of a text: the time, of what happened before a client came that takes no `server-time`, and
    /// whose it is, for a client that shows none as the user's.
    fn lead(&self, ends: &Ends, message: &Message, origin: Origin<'_>) -> String {
        let mut lead = String::new();
        if origin == Origin::Replay && !self.client.has(Cap::ServerTime) {
            let (now, zone) = (self.state.now, &self.state.settings.zone);
            lead = format!("[{}] ", time::short(message.arrival, now, zone));
        }
        if message.is_ours() && !ends.is_own {
            lead.push_str("→ ");
        }
        lead
    }

    /// The text with what must be said in front of it.
    fn text_of(&mut self, ends: &Ends, entry: &Entry, origin: Origin<'_>) -> String {
        let message = &entry.message;
        let mut lead = self.lead(ends, message, origin);
        if message.arrival.since(message.sent) > LATE {
            lead.push_str(&format!("[written {}] ", time::whole(message.sent)));
        }
        if entry.retraction.is_some() {
            lead.push_str("[taken back] ");
        } else if entry.edit.is_some() {
            lead.push_str("[edited] ");
        }
        if let Some(id) = message.reply_to
            && !self.client.shows_replies()
            && let Some(first) = self.host.find(ends.with, id)
        {
            lead.push_str(&format!("[re \"{}\"] ", quote(&first.entry.words())));
        }
        led(&lead, &clean::text(&entry.words()))
    }

    /// Writes a change, under its id unless it was so already, if it has a place at this client.
    pub(crate) fn show_change(&mut self, done: &Done, id: Option<LetterId>, origin: Origin<'_>) {
        let Some(ends) = Ends::of(self.client, self.state, &done.change, origin) else {
            return;
        };
        let Some(mut line) = as_line(self.client, &ends, done) else {
            let text = led(&self.lead(&ends, &done.change, origin), &in_words(done));
            let mut privmsg = self.privmsg(ends, &done.change, &text, origin);
            origin.as_sent(&mut privmsg.first);
            return privmsg.write(self.client);
        };
        line.tags.extend(origin.tags(done.change.arrival));
        if let Some(id) = id {
            line.tags.push(("msgid".to_owned(), id_text(id)));
        }
        origin.as_sent(&mut line.tags);
        self.client.push(line, origin.answers());
    }
}

/// REDACT (IRCv3 `draft/message-redaction`), EDIT (the draft of `message-edit`), or TAGMSG with `+draft/react`.
fn as_line(client: &Client, ends: &Ends, done: &Done) -> Option<Reply> {
    if done.change.is_ours() && !ends.is_own {
        return None;
    }
    let Ends { source, target, .. } = ends;
    let (id, words) = (id_text(done.of()), words(done));
    let reaction = |tag| {
        let line = Reply::new(source, &["TAGMSG", target], None);
        let mut line = line.tag(tag, &words);
        line.tags.extend(reply_tags(done.of()));
        client.shows_reactions().then_some(line)
    };
    match done.kind {
        ChangeKind::Retract => {
            let reason = Some(words.as_str()).filter(|reason| !reason.is_empty());
            let line = Reply::new(source, &["REDACT", target, &id], reason);
            client.has(Cap::MessageRedaction).then_some(line)
        }
        ChangeKind::Edit => {
            let fits = words.len() <= MOST_IN_TAG;
            let line = Reply::new(source, &["EDIT", target], None);
            let line = line.tag(EDIT_OF, &id).tag(EDIT_TEXT, &words);
            (fits && client.has(Cap::MessageEdit)).then_some(line)
        }
        ChangeKind::React => reaction("+draft/react"),
        ChangeKind::Unreact => reaction("+draft/unreact"),
    }
}

/// What is written in a change, without what a terminal would obey.
fn words(done: &Done) -> String {
    let text = &done.change.text;
    match done.kind {
        ChangeKind::Edit => clean::text(text),
        ChangeKind::Retract => clean::line(text, MAX_NOTE),
        ChangeKind::React | ChangeKind::Unreact => clean::line(text, MAX_EMOJI),
    }
}

/// Nobody is told that a text is gone: only what its writer did.
fn in_words(done: &Done) -> String {
    let about = match quote(done.text.wording()) {
        quoted if quoted.is_empty() => "a text".to_owned(),
        quoted => format!("\"{quoted}\""),
    };
    let words = words(done);
    match done.kind {
        ChangeKind::Edit => format!("[edited] {words}"),
        ChangeKind::Retract if words.is_empty() => format!("{ACTION}took back {about}"),
        ChangeKind::Retract => format!("{ACTION}took back {about}: {words}"),
        ChangeKind::React => format!("{ACTION}reacted {words} to {about}"),
        ChangeKind::Unreact => format!("{ACTION}took {words} back from {about}"),
    }
}

/// A text with words in front, which do not hide that it is an action.
pub(crate) fn led(lead: &str, text: &str) -> String {
    match text.strip_prefix(ACTION) {
        Some(rest) if !rest.contains('\n') => format!("{ACTION}{lead}{rest}"),
        Some(_) | None => format!("{lead}{text}"),
    }
}

/// A text that came this much later than it was written says when that was.
const LATE: Duration = Duration::from_mins(10);

/// A longer text does not fit in a tag (8191 bytes of tags, each character may take two).
const MOST_IN_TAG: usize = 3_500;
