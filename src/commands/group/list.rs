//! The groups of the user, a row each.

use serde_json::{Value, json};

use crate::account::{Members, Named, hashed};
use crate::commands::output::{Cell, Colour};
use crate::commands::run::Run;
use crate::protocol::clean::one_line;
use crate::rules::group::state::{Group, Standing};
use crate::rules::words::rfc3339;

/// A group, and how much of it is new.
pub(super) struct Row {
    members: Members,
    unread: usize,
}

pub(super) fn list(run: &mut Run, json: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for group in run.account.groups()? {
        rows.push(Row::of(run, group)?);
    }
    let nothing = "you are in no group: `iim group new NAME WHO`";
    run.output
        .list(json, &rows, (Row::as_json, Row::as_row), nothing)
}

impl Row {
    pub(super) fn of(run: &mut Run, group: Group) -> anyhow::Result<Self> {
        let unread = run.account.entries(Some(group.conversation), true)?.len();
        let members = run.account.members_of(group)?;
        Ok(Self { members, unread })
    }

    pub(super) fn members(&self) -> &Members {
        &self.members
    }

    pub(super) fn unread(&self) -> usize {
        self.unread
    }

    /// The object that scripts read.
    pub(super) fn as_json(&self) -> Value {
        let group = &self.members.group;
        let by = self.asks().map(|by| by.name);
        json!({
            "group": one_line(&group.name),
            "id": group.id.to_string(),
            "title": one_line(&group.title.name),
            "topic": one_line(&group.title.topic),
            "standing": standing(group.standing),
            "by": by,
            "since": rfc3339(group.since),
            "members": group.count(),
            "unread": self.unread,
            "admin": group.admin,
            "muted": group.muted,
        })
    }

    fn as_row(&self) -> Vec<Cell> {
        let group = &self.members.group;
        let new = match self.unread {
            0 => String::new(),
            some => format!("{some} new"),
        };
        let colour = match group.standing {
            Standing::Asked { .. } | Standing::Agreed { .. } => Colour::Warn,
            Standing::In => Colour::Good,
            Standing::Out => Colour::Faint,
        };
        vec![
            (hashed(group), Some(Colour::Strong)),
            (self.standing(), Some(colour)),
            (counted_members(group), None),
            (new, Some(Colour::Warn)),
            (remarks(group), Some(Colour::Faint)),
        ]
    }

    /// How far the user is in it, in words.
    pub(super) fn standing(&self) -> String {
        let by = self.asks().map_or_else(String::new, |by| by.name);
        match self.members.group.standing {
            Standing::Asked { .. } => format!("{by} asks you"),
            Standing::Agreed { .. } => format!("waits for the side of {by}"),
            Standing::In => "in".to_owned(),
            Standing::Out => "out".to_owned(),
        }
    }

    /// Who asks the user to come in, or to whom they said yes.
    fn asks(&self) -> Option<Named> {
        match self.members.group.standing {
            Standing::Asked { by, .. } | Standing::Agreed { by, .. } => Some(self.members.who(by)),
            Standing::In | Standing::Out => None,
        }
    }
}

/// How many are in, if the user can know.
fn counted_members(group: &Group) -> String {
    match (group.standing, group.count()) {
        (Standing::Out, _) | (_, 0) => String::new(),
        (_, 1) => "1 member".to_owned(),
        (_, many) => format!("{many} members"),
    }
}

fn remarks(group: &Group) -> String {
    let title = one_line(&group.title.name);
    let remarks = [
        (group.admin, "admin"),
        (group.muted, "muted"),
        (title != one_line(&group.name), title.as_str()),
    ];
    let remarks = remarks.into_iter().filter(|(holds, _)| *holds);
    remarks.map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

/// How far the user is in a group, as scripts read it.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Asked { .. } => "asked",
        Standing::Agreed { .. } => "agreed",
        Standing::In => "in",
        Standing::Out => "out",
    }
}
