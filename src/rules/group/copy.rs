//! One member's copy of something that the user said in a group, and how far it has come.
//!
//! ```text
//!            sealed over IRC or into a mail      their `got`
//!  queued ─────────────────────────────▶ sent ─────────────▶ delivered
//!    ▲                                    │ 30 s (IRC), 1 day, 2 days: again, in a new session
//!    └────────────────────────────────────┤
//!    └▶ failed: five days                 └▶ failed: five days, a report, they are out
//! ```

use crate::protocol::group::MemberId;
use crate::protocol::letter::LetterId;
use crate::protocol::time::Seconds;
use crate::rules::ids::{ContactId, ConversationId};
use crate::rules::message::{Delivery, Via};

/// One member's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// In which group.
    pub conversation: ConversationId,
    /// Of which text or change of the user's.
    pub of: LetterId,
    /// Whose.
    pub to: MemberId,
    /// Who has their address.
    pub contact: ContactId,
    /// The number of what was said.
    pub number: u64,
    /// How far it has come; never `Read`.
    pub state: Delivery,
    /// How it went.
    pub via: Option<Via>,
    /// The letter that carries it or carried it last.
    pub within: Option<LetterId>,
    /// How often it has left by mail.
    pub attempts: u8,
    /// When it first left by mail; 0 = not yet.
    pub mailed_at: Seconds,
    /// When it goes again, or fails.
    pub due: Option<Seconds>,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Copy {
    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        self.state >= Delivery::Failed
    }

    /// It goes again, in whatever leaves next; if nothing takes it until then, it has failed.
    pub fn again(&mut self, until: Seconds) {
        self.state = Delivery::Queued;
        (self.via, self.within, self.due) = (None, None, Some(until));
    }
}

/// How far what was said has come with all whose copies these are.
pub fn together(copies: &[Copy]) -> Delivery {
    let states = || copies.iter().map(|copy| copy.state);
    if states().any(|state| state < Delivery::Failed) {
        return states()
            .max()
            .map_or(Delivery::Queued, |most| most.min(Delivery::Sent));
    }
    match states().any(|state| state == Delivery::Failed) {
        true => Delivery::Failed,
        false => Delivery::Delivered,
    }
}
