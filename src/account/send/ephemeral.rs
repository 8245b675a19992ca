//! What leaves over IRC at once or never: decided, sealed and committed in one turn, and kept nowhere.

use super::Sealer;
use crate::account::{Account, AccountError};
use crate::protocol::address::Address;
use crate::protocol::letter::Typing;
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
        let event = Event::Typing(friend.clone(), typing);
        let (lines, _) = self.transact(|turn| {
            let decided = turn.decide(event)?;
            turn.put_down(&decided)?;
            let whisper = decided.effects.iter().find_map(Effect::whisper);
            let Some((letter, person)) = whisper.zip(turn.tx.person(friend)?) else {
                return Ok(None);
            };
            let mut sealer = Sealer::new(turn)?;
            let framed = sealer.apart(friend, |one| one.frame(&person, letter, room))?;
            sealer.finish()?;
            Ok(framed.ok().and_then(Result::ok))
        })?;
        Ok(lines)
    }
}
