//! Acts that wait for those that they build on: so many of each sender, so many in all.

use std::collections::BTreeMap;

use crate::protocol::group::Act;
use crate::rules::conversation::ContactId;

/// An act that waits, as one of those who sent it has told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingAct {
    /// Who has the sender's address.
    pub from: ContactId,
    /// The act.
    pub act: Act,
}

/// What waits once a letter has brought these: the first few of it, and what else of its sender came last. Where all together are
/// too many, the oldest of whoever has most there goes: nobody who sends many pushes out what another has sent, or keeps it out.
pub(super) fn with_new(
    mut waits: Vec<WaitingAct>,
    from: ContactId,
    new: impl Iterator<Item = Act>,
) -> Vec<WaitingAct> {
    let mut new: Vec<WaitingAct> = new.map(|act| WaitingAct { from, act }).collect();
    new.retain(|one| !waits.contains(one));
    new.truncate(MOST_OF_ONE);
    waits.extend(new);
    while count(&waits, from) > MOST_OF_ONE {
        drop_oldest(&mut waits, from);
    }
    while waits.len() > MOST {
        let most = has_most(&waits, from);
        drop_oldest(&mut waits, most);
    }
    waits
}

fn count(waits: &[WaitingAct], of: ContactId) -> usize {
    waits.iter().filter(|one| one.from == of).count()
}

/// Who has most waiting; of several this sender.
fn has_most(waits: &[WaitingAct], sender: ContactId) -> ContactId {
    let mut counts: BTreeMap<ContactId, usize> = BTreeMap::new();
    for one in waits {
        let count = counts.entry(one.from).or_default();
        *count = count.saturating_add(1);
    }
    let most = counts
        .iter()
        .max_by_key(|(of, count)| (**count, **of == sender));
    most.map_or(sender, |(of, _)| *of)
}

fn drop_oldest(waits: &mut Vec<WaitingAct>, of: ContactId) {
    if let Some(oldest) = waits.iter().position(|one| one.from == of) {
        waits.remove(oldest);
    }
}

/// Of one group.
const MOST: usize = 64;
/// Of one sender.
const MOST_OF_ONE: usize = 8;

#[cfg(test)]
mod tests;
