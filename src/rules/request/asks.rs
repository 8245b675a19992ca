//! A request as it was heard, and what it is when it waits.

use crate::protocol::letter::{LetterId, Request};
use crate::protocol::part::InviteProof;
use crate::protocol::time::Millis;
use crate::rules::decision::Decision;
use crate::rules::event::Heard;
use crate::rules::handshake::Asking;
use crate::rules::healing;

pub(in crate::rules) struct Asks<'a> {
    pub(in crate::rules) heard: &'a Heard,
    pub(in crate::rules) request: &'a Request,
    pub(in crate::rules) bytes: &'a [u8],
    pub(in crate::rules) invite: Option<&'a InviteProof>,
}

impl Asks<'_> {
    /// What waits for the user's answer.
    pub(super) fn asking(&self, decision: &Decision<'_>) -> Asking {
        let mut ahead = Vec::new();
        self.note(decision, &mut ahead);
        Asking {
            request: self.heard.letter.id,
            sent: self.made_at(decision),
            at: decision.now(),
            keys: self.request.keys,
            one_time_keys: self.request.one_time_keys,
            name: self.request.name.clone(),
            note: self.request.note.clone().unwrap_or_default(),
            ahead,
        }
    }

    /// Notes the request among those of its key that were sent in our future, if there is room.
    pub(super) fn note(
        &self,
        decision: &Decision<'_>,
        ahead: &mut Vec<(LetterId, Millis)>,
    ) -> bool {
        let letter = &self.heard.letter;
        healing::note(ahead, letter.id, letter.sent, decision.now_ms)
    }

    /// When the request was made, as far as it can be believed: min(sent, arrival).
    pub(super) fn made_at(&self, decision: &Decision<'_>) -> Millis {
        self.heard.letter.sent.min(decision.now_ms)
    }
}
