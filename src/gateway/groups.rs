//! Groups as clients see them: each a channel under a name made from what the user calls it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::gateway::host::Group;
use crate::gateway::nick;
use crate::rules::conversation::ConversationId;

/// All groups, by the name of their channel and by their conversation.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_name: BTreeMap<String, Arc<Channel>>,
    names: HashMap<ConversationId, String>,
}

/// A group with the name that its channel has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) group: Group,
}

impl Groups {
    /// Gives each a name. Those that the user has been in longer have the first choice.
    pub(super) fn new(mut groups: Vec<Group>) -> Self {
        groups.sort_by_key(|group| (group.since, group.id));
        let mut all = Self::default();
        for group in groups {
            all.set(group.id, Some(group));
        }
        all
    }

    /// The channel of this name, as a client gives it.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Channel>> {
        self.by_name.get(&nick::fold(name))
    }

    /// The channel of a group.
    pub(super) fn get(&self, id: ConversationId) -> Option<&Arc<Channel>> {
        self.by_name.get(self.names.get(&id)?)
    }

    /// All, by name.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.by_name.values()
    }

    /// A group is as given now, or is none any more. It keeps the name of its channel while the user calls it the same.
    pub(super) fn set(&mut self, id: ConversationId, now: Option<Group>) {
        let old = self.names.remove(&id);
        let old = old.and_then(|name| self.by_name.remove(&name));
        let Some(group) = now else {
            return;
        };
        let name = match old.filter(|old| old.group.name == group.name) {
            Some(old) => old.name.clone(),
            None => nick::of_channel(&group.name, |name| self.by_name.contains_key(name)),
        };
        let folded = nick::fold(&name);
        self.names.insert(id, folded.clone());
        self.by_name
            .insert(folded, Arc::new(Channel { name, group }));
    }
}
