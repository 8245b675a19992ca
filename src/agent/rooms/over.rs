//! Sessions of nicks that have left: where a nick comes back, as after a net split, what it says next is opened, and nothing of
//! before, which anybody may have recorded.

use std::collections::{BTreeMap, VecDeque};

use crate::edge::seal::room::Hearer;
use crate::protocol::group::MemberId;
use crate::rules::group::room::pace::MOST_NICKS;

/// The sessions, by who had them.
#[derive(Default)]
pub(super) struct Over(BTreeMap<MemberId, Sessions>);

#[derive(Default)]
struct Sessions {
    /// Those that may come back, the oldest first.
    kept: VecDeque<Left>,
    /// Those that never count again, by their keys.
    gone: Vec<String>,
}

/// A session whose nick has left.
pub(super) struct Left {
    /// The nick.
    pub(super) nick: String,
    /// What opens its lines.
    pub(super) hearer: Hearer,
    /// How often it has come back.
    pub(super) returns: u32,
}

impl Over {
    /// A nick of a member has left.
    pub(super) fn add(&mut self, member: MemberId, left: Left) {
        let sessions = self.0.entry(member).or_default();
        sessions.kept.push_back(left);
        while sessions.kept.len() > MOST_NICKS {
            let oldest = sessions.kept.pop_front();
            sessions.gone.extend(oldest.map(|left| left.hearer.id()));
        }
    }

    /// Whether a nick was somebody's who may come back.
    pub(super) fn has(&self, nick: &str) -> bool {
        let mut all = self.0.values().flat_map(|one| &one.kept);
        all.any(|left| left.nick == nick)
    }

    /// What opens the lines of a member who says this session under a nick, and how often it has come back: where it was theirs
    /// there before, only what comes after what was opened. `None`: it has left for good, or is one too many.
    pub(super) fn again(
        &mut self,
        nick: &str,
        member: MemberId,
        new: Hearer,
    ) -> Option<(Hearer, u32)> {
        let Some(sessions) = self.0.get_mut(&member) else {
            return Some((new, 0));
        };
        let id = new.id();
        let mut kept = sessions.kept.iter();
        if let Some(at) = kept.position(|left| left.hearer.id() == id) {
            let left = sessions.kept.get(at)?;
            if left.nick != nick || left.returns >= MOST_RETURNS {
                return None;
            }
            let left = sessions.kept.remove(at)?;
            return Some((left.hearer, left.returns.saturating_add(1)));
        }
        let is_one_more = sessions.gone.len() < MOST_SESSIONS && !sessions.gone.contains(&id);
        is_one_more.then_some((new, 0))
    }
}

/// Sessions of one member in a room, in all of its window.
const MOST_SESSIONS: usize = 256;
/// A session comes back so often: whoever plays it again under its nick causes no more lines than that.
const MOST_RETURNS: u32 = 16;
