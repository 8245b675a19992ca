//! What a client logs in with by SASL, while it is under way.

use crate::gateway::host::DeviceId;
use crate::protocol::debug::redacted_debug;
use crate::protocol::scram::Exchange;

/// A login that is under way.
pub(super) struct Sasl {
    pub(super) step: Step,
    /// The chunks of the client's message so far.
    pub(super) begun: String,
}

// What has come of the message may be a password.
redacted_debug! { Sasl { step, begun: length } }

/// What the client is to say next.
#[derive(Debug)]
pub(super) enum Step {
    /// Name and password (RFC 4616).
    Plain,
    /// The first message of SCRAM (RFC 5802).
    First,
    /// Its proof.
    Proof(Box<Exchange>, String),
    /// Nothing: the proof held.
    Proved(DeviceId),
}

impl From<Step> for Sasl {
    fn from(step: Step) -> Self {
        let begun = String::new();
        Self { step, begun }
    }
}

impl Sasl {
    /// Whether it was told a challenge that it has not answered.
    pub(super) fn owes(&self) -> bool {
        match self.step {
            Step::Proof(..) => true,
            Step::Plain | Step::First | Step::Proved(_) => false,
        }
    }
}
