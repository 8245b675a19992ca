//! To whom something is said: a friend or a group, as the user names them, and the acts that it comes to.

use crate::account::{AccountError, To};
use crate::protocol::letter::LetterId;
use crate::rules::contact::Contact;
use crate::rules::conversation::ConversationId;
use crate::rules::event::{Act, GroupAct};
use crate::rules::group::state::Group;
use crate::rules::refusal::Refusal;

use super::run::Run;

/// Whom the user named.
pub(crate) enum Whom {
    Friend(Box<Contact>),
    Group(Box<Group>),
}

impl Whom {
    /// Reads a name, an address, or a `#` and the name of a group.
    pub(crate) fn find(run: &mut Run, who: &str) -> anyhow::Result<Self> {
        if who.starts_with('#') {
            let found = run.account.group_named(who);
            // Somebody on the roster may be called so.
            let Err(AccountError::Refused(Refusal::NoGroup(_))) = found else {
                return Ok(Self::Group(Box::new(found?)));
            };
            let friend = run.account.who(who).map(Box::new).map(Self::Friend);
            return friend.or_else(|_| Ok(Self::Group(Box::new(found?))));
        }
        Ok(Self::Friend(Box::new(run.account.who(who)?)))
    }

    pub(crate) fn conversation(&self) -> ConversationId {
        match self {
            Self::Friend(friend) => friend.conversation,
            Self::Group(group) => group.conversation,
        }
    }

    pub(crate) fn to(&self) -> To {
        match self {
            Self::Friend(friend) => To::Friend(friend.id),
            Self::Group(group) => To::Group(group.conversation),
        }
    }
}

/// Says something.
pub(crate) fn say(to: To, text: String, reply_to: Option<LetterId>) -> Act {
    match to {
        To::Friend(to) => Act::Say { to, text, reply_to },
        To::Group(to) => Act::Group(GroupAct::Say { to, text, reply_to }),
    }
}

/// Gives a text another wording.
pub(crate) fn edit((to, of): (To, LetterId), text: String) -> Act {
    match to {
        To::Friend(to) => Act::Edit { to, of, text },
        To::Group(to) => Act::Group(GroupAct::Edit { to, of, text }),
    }
}

/// Takes a text back.
pub(crate) fn retract((to, of): (To, LetterId)) -> Act {
    let why = None;
    match to {
        To::Friend(to) => Act::Retract { to, of, why },
        To::Group(to) => Act::Group(GroupAct::Retract { to, of, why }),
    }
}

/// Sets a sign to a text, or takes it off.
pub(crate) fn react((to, of): (To, LetterId), emoji: String, on: bool) -> Act {
    match to {
        To::Friend(to) => Act::React { to, of, emoji, on },
        To::Group(to) => Act::Group(GroupAct::React { to, of, emoji, on }),
    }
}
