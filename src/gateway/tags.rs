//! Tags of messages (IRCv3): what they are called, and what they say of a text.

use crate::protocol::hex;
use crate::protocol::irc_line::Line;
use crate::protocol::letter::LetterId;
use crate::rules::message::ChangeKind;

/// A letter's id as `msgid`.
pub(crate) fn id_text(id: LetterId) -> String {
    hex::encode(&id.0)
}

/// The letter's id that a `msgid` is.
pub(crate) fn id_of(text: &str) -> Option<LetterId> {
    let bytes = hex::decode(text)?;
    bytes.try_into().ok().map(LetterId)
}

/// The tag that names the text that is answered, under its name today and its name to come.
pub(crate) fn reply_tags(id: LetterId) -> [(String, String); 2] {
    let id = id_text(id);
    REPLY_TAGS.map(|name| (name.to_owned(), id.clone()))
}

pub(crate) const REPLY_TAGS: [&str; 2] = ["+draft/reply", "+reply"];

/// The tag that says how far a text of the user has come.
pub(crate) const STATE_TAG: &str = "iim.local/state";

/// The tag that says with how many of a group's members a text of the user is: `3/5`.
pub(crate) const REACHED_TAG: &str = "iim.local/reached";

/// The text that a line answers.
pub(crate) fn reply_to(line: &Line) -> Option<LetterId> {
    let id = line.tag("+reply").or(line.tag("+draft/reply"))?;
    id_of(id)
}

/// A reaction, put or taken away (IRCv3 `+draft/react`, `+draft/unreact`).
pub(crate) fn reaction(line: &Line) -> Option<(ChangeKind, &str)> {
    let put = line.tag("+draft/react").or(line.tag("+react"));
    let taken = line.tag("+draft/unreact").or(line.tag("+unreact"));
    put.map(|reaction| (ChangeKind::React, reaction))
        .or(taken.map(|reaction| (ChangeKind::Unreact, reaction)))
        .filter(|(_, reaction)| !reaction.is_empty())
}

/// The tag that names what is edited.
pub(crate) const EDIT_OF: &str = "draft/target-msgid";
/// The tag that holds the new text.
pub(crate) const EDIT_TEXT: &str = "draft/edit-text";

/// The tag of a line that goes on without a line feed.
pub(super) const MULTILINE_CONCAT: &str = "draft/multiline-concat";
