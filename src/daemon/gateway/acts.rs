//! What a client does in a conversation, as acts of the user: with a friend or in a group.

use crate::gateway::host::With;
use crate::protocol::letter::LetterId;
use crate::protocol::time::Millis;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::event::{Act, GroupAct};
use crate::rules::message::ChangeKind;

/// Says a text.
pub(super) fn say(with: With, text: String, reply_to: Option<LetterId>) -> Act {
    match with {
        With::Friend(to) => Act::Say { to, text, reply_to },
        With::Group(to) => Act::Group(GroupAct::Say { to, text, reply_to }),
    }
}

/// Has seen what came up to a time.
pub(super) fn seen(with: With, up_to: Millis) -> Act {
    match with {
        With::Friend(friend) => Act::Seen {
            friend: Some(friend),
            up_to,
        },
        With::Group(group) => Act::Group(GroupAct::Seen(group, up_to)),
    }
}

/// Changes a text.
pub(super) fn change((with, of): (With, LetterId), kind: ChangeKind, words: &str) -> Act {
    match with {
        With::Friend(to) => change_to(to, of, kind, words),
        With::Group(to) => Act::Group(change_in(to, of, kind, words)),
    }
}

fn change_to(to: ContactId, of: LetterId, kind: ChangeKind, words: &str) -> Act {
    let text = words.to_owned();
    match kind {
        ChangeKind::Edit => Act::Edit { to, of, text },
        ChangeKind::Retract => Act::Retract {
            to,
            of,
            why: Some(text).filter(|why| !why.is_empty()),
        },
        ChangeKind::React | ChangeKind::Unreact => Act::React {
            to,
            of,
            emoji: text,
            on: kind == ChangeKind::React,
        },
    }
}

fn change_in(to: ConversationId, of: LetterId, kind: ChangeKind, words: &str) -> GroupAct {
    let text = words.to_owned();
    match kind {
        ChangeKind::Edit => GroupAct::Edit { to, of, text },
        ChangeKind::Retract => GroupAct::Retract {
            to,
            of,
            why: Some(text).filter(|why| !why.is_empty()),
        },
        ChangeKind::React | ChangeKind::Unreact => GroupAct::React {
            to,
            of,
            emoji: text,
            on: kind == ChangeKind::React,
        },
    }
}
