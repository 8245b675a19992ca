//! A text as a mail in a mailbox file, for programs that search mail: mboxrd, as its `From ` lines are quoted.
//!
//! ```text
//! From bob@example.net Sat Nov 21 07:00:00 2026       when it was written, in UTC
//! From: "bob" <bob@example.net>
//! To: <alice@example.org>                             of a text in a group "#climbing":;
//! Subject: the beginning of its first line
//! Message-ID: <ID@AUTHOR.CONVERSATION.iim.invalid>    the same whenever it is written; author 0 is the user
//! In-Reply-To: <…>                                    the text that it answers
//! List-Id: <GID.iim.invalid>                          in a group
//!
//! words, as they read now, and what was done to it
//! ```

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailbox;
use mail_builder::headers::raw::Raw;

use super::line::marks;
use super::place::{Place, Said};
use super::wording::shown;
use crate::account::{Account, Named};
use crate::protocol::clean;
use crate::protocol::hex;
use crate::protocol::letter::LetterId;
use crate::rules::account::Settings;
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::message::Message;
use crate::rules::words::timestamp;

/// The mail with its `From ` line, and the empty line behind it; lines end with LF.
pub(super) fn as_mail(
    said: &Said<'_>,
    settings: &Settings,
    answered: Option<String>,
) -> anyhow::Result<String> {
    let (entry, place) = (said.entry, said.place);
    let message = &entry.message;
    let own = Named {
        name: clean::one_line(&settings.name),
        address: place.own_address(settings).to_string(),
    };
    let from = place.by(message.author).unwrap_or_else(|| own.clone());
    let to = match (place, message.author) {
        (Place::Group(_), _) => Mailbox::new_group(Some(place.name()), Vec::new()),
        (Place::Friend(..), Author::Contact(_)) => mailbox(&own),
        (Place::Friend(friend, _), Author::Us) => mailbox(friend),
    };
    let (words, marks) = (shown(entry), marks(entry, place));
    let subject = match words.lines().find(|line| !line.trim().is_empty()) {
        // What looks encoded would be read as something else.
        Some(first) => clean::line(first, SUBJECT).replace("=?", "= ?"),
        None => marks.trim().to_owned(),
    };
    let seconds = message.written().seconds();
    let mut mail = MessageBuilder::new()
        .from(mailbox(&from))
        .to(to)
        .subject(subject)
        .date(i64::try_from(seconds.0).unwrap_or(i64::MAX))
        .message_id(message_id(message.conversation, message.author, message.id))
        .text_body(
            [words.trim_end_matches('\n'), &marks]
                .concat()
                .trim_start_matches(' ')
                .to_owned()
                + "\n",
        );
    if let Some(answered) = answered {
        mail = mail.in_reply_to(answered);
    }
    if let Some(members) = place.group() {
        let id = hex::encode(&members.group.id.0);
        mail = mail.header("List-Id", Raw::new(format!("<{id}.{HOST}>")));
    }
    let mail = mail.write_to_string()?.replace("\r\n", "\n");
    let time = timestamp(message.written()).strftime("%a %b %e %H:%M:%S %Y");
    let head = format!("From {} {time}\n", address(&from));
    let lines = mail.trim_end_matches('\n').split('\n').map(quoted);
    Ok(lines.fold(head, |mail, line| mail + &line + "\n") + "\n")
}

/// The Message-ID of the text that another answers. Of two under one id with a friend it is the user's, as for all who answer.
pub(super) fn answered(account: &Account, message: &Message) -> anyhow::Result<Option<String>> {
    let Some(id) = message.reply_to else {
        return Ok(None);
    };
    let with = message.conversation;
    let author = match message.in_group {
        Some(place) => place.whose.unwrap_or(message.author),
        None => {
            let found = account.look(|tx| Ok(tx.texts().entry(with, id)?))?;
            found.map_or(message.author, |placed| placed.entry.message.author)
        }
    };
    Ok(Some(message_id(with, author, id)))
}

fn message_id(with: ConversationId, author: Author, id: LetterId) -> String {
    let author = author.contact().map_or(0, |contact| contact.number());
    format!("{id}@{author}.{}.{HOST}", with.number())
}

fn mailbox(who: &Named) -> Mailbox<'static> {
    Mailbox::new_address(Some(who.name.clone()), address(who))
}

/// Nobody knows any more whose it was.
fn address(who: &Named) -> String {
    match who.address.as_str() {
        "" => format!("unknown@{HOST}"),
        address => address.to_owned(),
    }
}

/// A line that would begin another mail.
fn quoted(line: &str) -> String {
    match line.trim_start_matches('>').starts_with("From ") {
        true => format!(">{line}"),
        false => line.to_owned(),
    }
}

/// No mail goes there (RFC 2606, section 2).
const HOST: &str = "iim.invalid";
/// How much of a text is its subject, in bytes.
const SUBJECT: usize = 78;
