//! How somebody stands in the channel of a group, as it shows before their nick.

use crate::gateway::host::{Group, Member};

/// An admin is operator there, and whoever is in the group's room has a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    admin: bool,
    there: bool,
}

impl Marks {
    /// Those of somebody else.
    pub(crate) fn of(member: &Member) -> Self {
        Self {
            admin: member.admin,
            there: member.there,
        }
    }

    /// Those of the user.
    pub(crate) fn own(group: &Group) -> Self {
        Self {
            admin: group.admin,
            there: group.there,
        }
    }

    /// All of them, the highest first, to a client that takes them (IRCv3 `multi-prefix`); else the highest alone.
    pub(crate) fn text(self, all: bool) -> &'static str {
        match (self.admin, self.there) {
            (true, true) if all => "@+",
            (true, _) => "@",
            (false, true) => "+",
            (false, false) => "",
        }
    }
}
