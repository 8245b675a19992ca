//! Who vouches for who asks: the invite that a request proves, or the user's rule.

use super::Asks;
use crate::rules::contact::Contact;
use crate::rules::decision::Decision;
use crate::rules::invites::{self, Use};
use crate::rules::refusal::Refusal;
use crate::rules::{group, policy};

/// How the invite that a request proves is used, if it proves one that is valid. The use is counted here, per address.
pub(super) fn invited(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
) -> Result<Option<Use>, Refusal> {
    match asks.invite {
        Some(proof) => invites::take(decision, proof, asks.bytes, &asks.request.from),
        None => Ok(None),
    }
}

/// Whether a valid invite or the user's `auto` spares the question.
pub(super) fn is_vouched(decision: &Decision<'_>, asks: &Asks<'_>, used: Option<Use>) -> bool {
    used.is_some() || policy::automatic(&decision.settings.policy, &asks.request.from)
}

/// The invite of somebody's request may lead into a group.
pub(super) fn came_for(
    decision: &Decision<'_>,
    asks: &Asks<'_>,
    person: &mut Contact,
    used: Option<Use>,
) -> Result<(), Refusal> {
    match asks.invite.zip(used) {
        Some((proof, used)) => Ok(group::link::used(decision, person, proof.id, used)?),
        None => Ok(()),
    }
}

/// Both, of somebody who is known.
pub(super) fn came_by(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    person: &mut Contact,
) -> Result<Option<Use>, Refusal> {
    let used = invited(decision, asks)?;
    came_for(decision, asks, person, used)?;
    Ok(used)
}
