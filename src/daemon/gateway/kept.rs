//! What the store keeps of groups, read for the gateway.

use std::collections::BTreeSet;

use super::groups::{question, sight};
use super::host::AgentHost;
use crate::account::AccountError;
use crate::agent::Outside;
use crate::edge::store::DeviceName;
use crate::gateway::host::{DeviceId, Question};
use crate::rules::conversation::ConversationId;
use crate::rules::group::room::closed::Closed;
use crate::rules::group::state::{Group as Kept, Standing};
use crate::rules::view::View;

impl<O: Outside> AgentHost<'_, O> {
    /// All groups; if they cannot be read, that is logged, and there are none.
    pub(super) fn kept_groups(&self) -> Vec<Kept> {
        let read = self.agent.account.look(|tx| Ok(View::groups(tx)?));
        read.unwrap_or_else(|fault: AccountError| {
            tracing::error!("{fault}");
            Vec::new()
        })
    }

    /// One of them.
    pub(super) fn kept_group(&self, id: ConversationId) -> Option<Kept> {
        let read = self.agent.account.look(|tx| Ok(tx.group(id)?));
        read.unwrap_or_else(|fault: AccountError| {
            tracing::error!("{fault}");
            None
        })
    }

    /// The questions of friends who would have the user in groups, and those about the rooms of groups.
    pub(super) fn of_groups(&self) -> Vec<Question> {
        let asked = |group: &Kept| match group.standing {
            Standing::Asked { by, .. } => {
                let friend = self.agent.roster().get(by)?;
                Some(question(&friend.name, &group.name))
            }
            Standing::In => self.sight_of(group),
            Standing::Agreed { .. } | Standing::Out => None,
        };
        self.kept_groups().iter().filter_map(asked).collect()
    }

    /// What is asked before there is a room of a group for the user.
    pub(super) fn sight_of(&self, group: &Kept) -> Option<Question> {
        if !group.is_in() || group.rooms.shown.is_some() {
            return None;
        }
        match self.agent.account.room_closed(group) {
            Ok(closed) => (closed == Some(Closed::NotShown)).then(|| sight(&group.name)),
            Err(fault) => {
                tracing::error!("{fault}");
                None
            }
        }
    }

    /// The groups that a device does not show; those of a time before the user came in anew are over.
    pub(super) fn hidden_on(
        &mut self,
        device: &DeviceId,
    ) -> Result<BTreeSet<ConversationId>, AccountError> {
        let Ok(name) = DeviceName::parse(&device.0) else {
            return Ok(BTreeSet::new());
        };
        let hidden = self.agent.account.devices().hidden(&name)?;
        let mut groups = self.kept_groups();
        groups.retain(|group| hidden.get(&group.conversation) == Some(&group.since));
        Ok(groups.iter().map(|group| group.conversation).collect())
    }

    /// Hides one on a device, or shows it again.
    pub(super) fn hide_on(
        &mut self,
        device: &DeviceId,
        group: ConversationId,
        hidden: bool,
    ) -> Result<(), AccountError> {
        let Ok(name) = DeviceName::parse(&device.0) else {
            return Ok(());
        };
        let kept = self.kept_group(group).filter(|_| hidden);
        let since = kept.map(|group| group.since);
        self.agent.account.devices().hide(&name, group, since)
    }
}
