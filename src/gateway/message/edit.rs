//! What is done to a text that was said: reactions, REDACT and EDIT (IRCv3 `+draft/react`, `draft/message-redaction`,
//! `draft/message-edit`).

use super::send::{Target, reaction, reply_to};
use crate::gateway::caps::Cap;
use crate::gateway::contacts::Person;
use crate::gateway::context::Talk;
use crate::gateway::host::Refused;
use crate::gateway::render::text::Way;
use crate::gateway::render::{changed, text};
use crate::gateway::{formatting, numeric as n};
use crate::protocol::irc_line::Line;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Done, Stored};
use crate::rules::message::{Change, ChangeKind, Direction, Message};

impl Talk<'_> {
    /// A reaction to a text of a conversation.
    pub(in crate::gateway) fn react(&mut self, person: &Person, line: &Line) {
        let (Some((reaction, on)), Some(id)) = (reaction(line), reply_to(line)) else {
            let text = "A reaction needs +draft/reply";
            return self.fail(&["TAGMSG", "INVALID_REACTION", &person.nick], text);
        };
        self.client.reacted = true;
        match self.host.react(&person.friend.address, id, reaction, on) {
            Ok(stored) => {
                let kind = match on {
                    true => ChangeKind::React,
                    false => ChangeKind::Unreact,
                };
                self.changed(person, line, (id, stored), (kind, reaction));
            }
            Err(refused) => {
                let (code, text) = words("REACTION", refused);
                let msgid = text::id_text(id);
                self.fail(&["TAGMSG", &code, &person.nick, &msgid], &text);
            }
        }
    }

    /// `REDACT <target> <msgid> [<reason>]`.
    pub(in crate::gateway) fn redact(&mut self, line: &Line) {
        let (target, msgid) = (line.param(0).to_owned(), line.param(1).to_owned());
        let Some((person, id)) = self.what_is_meant("REDACT", &target, &msgid) else {
            return;
        };
        let why = line.given(2);
        match self.host.retract(&person.friend.address, id, why) {
            Ok(stored) => {
                let done = (ChangeKind::Retract, why.unwrap_or_default());
                self.changed(&person, line, (id, stored), done);
            }
            Err(refused) => {
                let (code, text) = words("REDACT", refused);
                self.fail(&["REDACT", &code, &target, &msgid], &text);
            }
        }
    }

    /// `@draft/target-msgid=<msgid>;draft/edit-text=<text> EDIT <target>`.
    pub(in crate::gateway) fn edit(&mut self, line: &Line) {
        if !self.client.has(Cap::MessageEdit) {
            return self.numeric(n::UNKNOWN_COMMAND, &["EDIT"], "Unknown command");
        }
        let target = line.param(0).to_owned();
        let msgid = line.tag(EDIT_OF).unwrap_or_default().to_owned();
        let text = formatting::without(line.tag(EDIT_TEXT).unwrap_or_default());
        if text.is_empty() || msgid.is_empty() {
            return self.fail(&["EDIT", "INVALID_EDIT", &target], "Invalid edit text");
        }
        let Some((person, id)) = self.what_is_meant("EDIT", &target, &msgid) else {
            return;
        };
        match self.host.edit(&person.friend.address, id, &text) {
            Ok(stored) => {
                let done = (ChangeKind::Edit, text.as_str());
                self.changed(&person, line, (id, stored), done);
            }
            Err(refused) => {
                let (code, text) = words("EDIT", refused);
                self.fail(&["EDIT", &code, &target, &msgid], &text);
            }
        }
    }

    fn what_is_meant(
        &mut self,
        command: &str,
        target: &str,
        msgid: &str,
    ) -> Option<(Box<Person>, LetterId)> {
        match (self.target(target), text::id_of(msgid)) {
            (Target::Friend(person), Some(id)) => Some((person, id)),
            (Target::Nobody, _) => {
                let text = "No such conversation";
                self.fail(&[command, "INVALID_TARGET", target], text);
                None
            }
            (Target::Friend(_), None)
            | (Target::Channel | Target::Service | Target::Myself | Target::Client, _) => {
                let text = "No such message";
                self.fail(&[command, "UNKNOWN_MSGID", target, msgid], text);
                None
            }
        }
    }

    /// Shows a change to all devices. If all was so already, only an echo tells of it.
    fn changed(
        &mut self,
        person: &Person,
        line: &Line,
        (of, stored): (LetterId, Option<Stored>),
        (kind, words): (ChangeKind, &str),
    ) {
        let friend = &person.friend.address;
        match stored {
            Some(stored) => self.hand_out(&stored, line),
            None if self.client.has(Cap::EchoMessage) => {
                if let Some(text) = self.host.find(friend, of) {
                    let change = Message {
                        direction: Direction::Out,
                        arrival: self.shared.now,
                        text: words.to_owned(),
                        change: Some(Change { of, kind }),
                        ..text.entry.message.clone()
                    };
                    let done = Done {
                        kind,
                        change,
                        text: text.entry,
                        text_row: text.row,
                    };
                    changed::show(self.client, self.shared, &done, None, Way::Echo(&[]));
                }
            }
            None => {}
        }
    }
}

fn words(what: &str, refused: Refused) -> (String, String) {
    match refused {
        Refused::Unknown => ("UNKNOWN_MSGID".to_owned(), "No such message".to_owned()),
        Refused::Forbidden(text) => (format!("{what}_FORBIDDEN"), text),
        Refused::Failed(text) => ("INTERNAL_ERROR".to_owned(), text),
    }
}

/// The tag that names what is edited.
pub(in crate::gateway) const EDIT_OF: &str = "draft/target-msgid";
/// The tag that holds the new text.
pub(in crate::gateway) const EDIT_TEXT: &str = "draft/edit-text";
