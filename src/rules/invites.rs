//! Invites: a token spares the question, not the proof.

use super::decision::Decision;
use super::effect::Effect;
use super::refusal::Refusal;
use super::view::Invite;
use crate::protocol::address::Address;
use crate::protocol::link::Token;
use crate::protocol::part::InviteProof;
use crate::protocol::time::Seconds;

/// How an invite is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// By this address for the first time.
    First,
    /// By an address that has used it before.
    Again,
}

/// Makes one, and gives its id.
pub(super) fn make(decision: &mut Decision<'_>, uses: u32, expires_at: Seconds) -> [u8; 8] {
    let token = Token(decision.random());
    let made_at = decision.now();
    decision.cause(Effect::Invite(Box::new(Invite {
        token,
        made_at,
        expires_at,
        uses,
        used_by: Vec::new(),
    })));
    token.id()
}

pub(super) fn revoke(decision: &mut Decision<'_>, id: [u8; 8]) -> Result<(), Refusal> {
    decision.view.invite(id)?.ok_or(Refusal::NoInvite)?;
    decision.cause(Effect::Revoke(id));
    Ok(())
}

/// How an invite is used that is proved, still runs and has a use left for this address; counts the use.
pub(super) fn take(
    decision: &mut Decision<'_>,
    proof: &InviteProof,
    bytes: &[u8],
    from: &Address,
) -> Result<Option<Use>, Refusal> {
    let Some(mut invite) = decision.view.invite(proof.id)? else {
        return Ok(None);
    };
    if invite.expires_at <= decision.now() || !invite.token.check(bytes, proof) {
        return Ok(None);
    }
    if invite.used_by.contains(from) {
        return Ok(Some(Use::Again));
    }
    if invite.used_by.len() >= usize::try_from(invite.uses).unwrap_or(usize::MAX) {
        return Ok(None);
    }
    invite.used_by.push(from.clone());
    decision.cause(Effect::Invite(Box::new(invite)));
    Ok(Some(Use::First))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::rules::fake_state::{Counting, FakeState, NOW, address};

    #[test]
    fn an_invite_is_taken_while_it_runs_and_has_a_use_left() {
        let token = Token([7; 16]);
        let proof = |token: &Token, letter: &[u8]| InviteProof {
            id: Token([7; 16]).id(),
            hmac: token.proof(letter),
        };
        let good = proof(&token, b"letter");
        let of_other_token = proof(&Token([8; 16]), b"letter");
        let of_other_letter = proof(&token, b"other");
        let unknown = InviteProof {
            id: [0; 8],
            ..good.clone()
        };
        for (case, proof, expires_at, uses, used_by, taken) in [
            ("the first", &good, NOW + 1, 1, vec![], Some(Use::First)),
            (
                "the second of two",
                &good,
                NOW + 1,
                2,
                vec!["carol"],
                Some(Use::First),
            ),
            ("used up", &good, NOW + 1, 1, vec!["carol"], None),
            (
                "more than used up",
                &good,
                NOW + 1,
                1,
                vec!["carol", "eve"],
                None,
            ),
            ("of no use", &good, NOW + 1, 0, vec![], None),
            (
                "used by them",
                &good,
                NOW + 1,
                1,
                vec!["bob"],
                Some(Use::Again),
            ),
            ("just over", &good, NOW, 1, vec![], None),
            ("long over", &good, NOW - 1, 1, vec!["bob"], None),
            (
                "of another token",
                &of_other_token,
                NOW + 1,
                1,
                vec![],
                None,
            ),
            (
                "of another letter",
                &of_other_letter,
                NOW + 1,
                1,
                vec![],
                None,
            ),
            ("unknown", &unknown, NOW + 1, 1, vec![], None),
        ] {
            let invite = Invite {
                token,
                made_at: NOW - 10,
                expires_at,
                uses,
                used_by: used_by.into_iter().map(address).collect(),
            };
            let mut fake = FakeState::new();
            fake.invites.push(invite.clone());
            let mut rng = Counting(0);
            let mut decision = fake.decision(&mut rng);
            let took =
                crate::rules::invites::take(&mut decision, proof, b"letter", &address("bob"))
                    .unwrap();
            assert_eq!(took, taken, "{case}");
            let mut used = invite;
            used.used_by.push(address("bob"));
            let used = Effect::Invite(Box::new(used));
            let expected: Vec<_> = (taken == Some(Use::First))
                .then_some(used)
                .into_iter()
                .collect();
            assert_eq!(decision.finish(), expected, "{case}");
        }
    }
}
