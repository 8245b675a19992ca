//! Groups that ask for something: an answer of the user's, or patience.

use serde::Serialize;

use crate::commands::run::Run;
use crate::protocol::clean::one_line;
use crate::protocol::shell;
use crate::rules::group::room::closed::Closed;
use crate::rules::group::state::{Group, Standing};

/// Those that do.
#[derive(Default, Serialize)]
pub(super) struct Groups {
    /// Into which somebody asks the user.
    groups_asking: Vec<Asking>,
    /// To which the user said yes, and of which they have not been told yet who is in.
    groups_waiting: Vec<Asking>,
    /// In which members may not see when the user is there, who has not said whether they may.
    groups_not_shown: Vec<String>,
}

/// A group, and who asks the user to come into it, or has asked.
#[derive(Serialize)]
struct Asking {
    group: String,
    by: String,
}

impl Groups {
    pub(super) fn of(run: &Run) -> anyhow::Result<Self> {
        let mut groups = Self::default();
        for group in run.account.groups()? {
            let (by, these) = match group.standing {
                Standing::Asked { by, .. } => (by, &mut groups.groups_asking),
                Standing::Agreed { by, .. } => (by, &mut groups.groups_waiting),
                Standing::In => {
                    groups.look(run, &group)?;
                    continue;
                }
                Standing::Out => continue,
            };
            let members = run.account.members_of(group)?;
            these.push(Asking {
                group: one_line(&members.group.name),
                by: members.who(by).name,
            });
        }
        Ok(groups)
    }

    /// Whether there would be a room if the user said yes or no.
    fn look(&mut self, run: &Run, group: &Group) -> anyhow::Result<()> {
        if group.rooms.shown.is_some() {
            return Ok(());
        }
        if run.account.room_closed(group)? == Some(Closed::NotShown) {
            self.groups_not_shown.push(one_line(&group.name));
        }
        Ok(())
    }

    /// For a person, one line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let asking = self.groups_asking.iter().map(|Asking { group, by }| {
            let more = shell::hint("group show", &[group]);
            format!("{by} asks you to come into #{group} ({more})")
        });
        let waiting = self.groups_waiting.iter().map(|Asking { group, by }| {
            format!("#{group} waits for the side of {by}, who has not told yet that you are in")
        });
        let not_shown = self.groups_not_shown.iter().map(|group| {
            let yes = shell::hint("group show --show", &[group]);
            let no = shell::hint("group show --hide", &[group]);
            format!(
                "#{group} comes to you by mail until you say whether all in it may see when you are there ({yes} or {no})"
            )
        });
        asking.chain(waiting).chain(not_shown).collect()
    }
}

/// How many texts are new, but for those in groups of which the user is not told.
pub(super) fn unread(run: &mut Run) -> anyhow::Result<usize> {
    let mut new = run.account.entries(None, true)?;
    for group in run.account.groups()?.iter().filter(|group| group.muted) {
        new.retain(|entry| entry.message.conversation != group.conversation);
    }
    Ok(new.len())
}
