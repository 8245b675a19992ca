//! What leaves over IRC at once or never: decided, sealed and committed in one turn, and kept nowhere.

use super::Sealer;
use crate::account::{Account, AccountError, commit};
use crate::protocol::address::Address;
use crate::protocol::letter::Typing;
use crate::rules::decide::decide;
use crate::rules::effect::Effect;
use crate::rules::event::Event;
use crate::rules::view::View;

impl Account {
    /// Tells a friend who is online that the user is writing to him, or has stopped: the texts of the IRC lines that
    /// now leave, `room` bytes each at most. `None`: he is not to be told, or cannot be.
    pub fn typing(
        &mut self,
        friend: &Address,
        typing: Typing,
        room: usize,
    ) -> Result<Option<Vec<String>>, AccountError> {
        let (settings, now_ms, rng) = (&self.settings, self.clock.now_ms(), self.rng.as_mut());
        let (teller, now) = (self.teller, now_ms / 1000);
        let event = Event::Typing(friend.clone(), typing);
        let (lines, sealings) = self.store.transact(|tx| {
            tx.at(now);
            let decision = decide(settings, tx, event, now_ms, rng)?;
            commit(tx, &decision, now, teller)?;
            let whisper = decision.effects.iter().find_map(Effect::whisper);
            let mut sealer = Sealer::new(tx, settings, now, rng)?;
            let lines = match whisper.zip(tx.person(friend)?) {
                Some((letter, person)) => {
                    let framed = sealer.apart(friend, |one| one.frame(&person, letter, room))?;
                    framed.ok().and_then(Result::ok)
                }
                None => None,
            };
            Ok::<_, AccountError>((lines, sealer.finish()?))
        })?;
        self.count(sealings)?;
        Ok(lines)
    }
}
