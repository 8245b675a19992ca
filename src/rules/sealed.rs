//! What a sealed letter brings beside its body.

use super::contact::Contact;
use super::decision::Decision;
use super::event::Heard;
use super::refusal::Refusal;
use super::{announce, presence};
use crate::protocol::letter::{Body, OneTimeKeys, PublicKey};

/// What the session of a sealed letter proves.
#[derive(Debug, Clone)]
pub(super) struct Seal {
    pub(super) key: PublicKey,
    pub(super) session: String,
    pub(super) used: Option<PublicKey>,
    pub(super) accept_signed: bool,
    pub(super) irc: Option<Option<PublicKey>>,
}

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
        friend.answer_irc = friend.answer_irc || opened.is_some() || awaits_answer(heard);
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

/// Whether what came may hold an opening that wants an answer: only an accept repeats one in a known session.
pub(super) fn awaits_answer(heard: &Heard) -> bool {
    matches!(heard.letter.body, Body::Accept(_))
}
