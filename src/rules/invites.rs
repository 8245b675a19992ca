//! Invites: a token spares the question, not the proof.

use super::case::Case;
use super::effect::Effect;
use super::refusal::Refusal;
use super::view::Invite;
use crate::protocol::address::Address;
use crate::protocol::link::Token;
use crate::protocol::part::InviteProof;

/// Makes an invite.
pub(super) fn make(case: &mut Case<'_>, uses: u32, expires_at: u64) -> Result<(), Refusal> {
    let token = Token(case.random());
    let made_at = case.now();
    case.cause(Effect::Invite(Box::new(Invite {
        token,
        made_at,
        expires_at,
        uses,
        used_by: Vec::new(),
    })));
    Ok(())
}

/// Ends an invite.
pub(super) fn revoke(case: &mut Case<'_>, id: [u8; 8]) -> Result<(), Refusal> {
    case.view.invite(id)?.ok_or(Refusal::NoInvite)?;
    case.cause(Effect::Revoke(id));
    Ok(())
}

/// Whether an invite is proved, still runs and has a use left for this address; counts the use.
pub(super) fn take(
    case: &mut Case<'_>,
    proof: &InviteProof,
    bytes: &[u8],
    from: &Address,
) -> Result<bool, Refusal> {
    let Some(mut invite) = case.view.invite(proof.id)? else {
        return Ok(false);
    };
    if invite.expires_at <= case.now() || !invite.token.check(bytes, proof) {
        return Ok(false);
    }
    if invite.used_by.contains(from) {
        return Ok(true);
    }
    if invite.used_by.len() >= usize::try_from(invite.uses).unwrap_or(usize::MAX) {
        return Ok(false);
    }
    invite.used_by.push(from.clone());
    case.cause(Effect::Invite(Box::new(invite)));
    Ok(true)
}
