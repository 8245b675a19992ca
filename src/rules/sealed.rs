//! What a sealed letter brings beside its body.

use super::contact::Contact;
use super::decision::Decision;
use super::event::{Heard, Seal};
use super::refusal::Refusal;
use super::{announce, presence};
use crate::protocol::letter::{Body, OneTimeKeys, PublicKey};

/// What rides beside the body of a sealed letter.
pub(super) fn beside(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    person: &mut Contact,
) -> Result<(), Refusal> {
    let Some(friend) = person.friend_mut() else {
        return Ok(());
    };
    spend(&mut friend.ours, seal);
    if let Some(opened) = seal.irc {
        friend.irc_renewed_at = decision.now();
        friend.reopen_irc = false;
        // Only an accept repeats an opening in a known session, and that may want an answer.
        let accepts = matches!(heard.letter.body, Body::Accept(_));
        friend.answer_irc |= opened.is_some() || accepts;
    }
    if let Some(keys) = heard.letter.one_time_keys {
        friend.theirs.mail = keys.mail.or(friend.theirs.mail);
        friend.theirs.irc = keys.irc.or(friend.theirs.irc);
    }
    if let Some(told) = &heard.letter.presence {
        presence::take(decision, person, told, heard.letter.sent);
    }
    announce::holds(decision, person, heard.letter.holds.unwrap_or(0))
}

/// Strikes off the one-time keys of ours that a letter used up.
pub(super) fn spend(ours: &mut OneTimeKeys, seal: &Seal) {
    let used = [seal.used, seal.irc.flatten()];
    let spent = |key: Option<PublicKey>| key.filter(|key| !used.contains(&Some(*key)));
    ours.mail = spent(ours.mail);
    ours.irc = spent(ours.irc);
}
