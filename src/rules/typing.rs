//! Who is told that the user is writing: friends who are there, whose side knows the letter, and not too often.

use crate::protocol::time::Millis;
use std::collections::BTreeMap;
use std::time::Duration;

use super::contact::Contact;
use super::conversation::ContactId;
use super::decision::Decision;
use super::effect::Effect;
use super::refusal::Refusal;
use crate::protocol::letter::{Body, Typing};

/// Tells a friend who is online that the user is writing to them, or has stopped. It leaves now or never.
pub(super) fn tell(
    decision: &mut Decision<'_>,
    typing: Typing,
    mut person: Contact,
) -> Result<(), Refusal> {
    let body = Body::Typing(typing);
    let seen = person.visible && !person.blocked && !decision.account()?.invisible;
    if !seen || person.keys().is_none() || !person.understands(body.kind()) {
        return Ok(());
    }
    let id = decision.fresh_id();
    let letter = decision.letter(&mut person, id, body);
    decision.cause(Effect::Ephemeral(Box::new(letter)));
    decision.put(person);
    Ok(())
}

/// What each friend was last told, so that they are not told too often.
#[derive(Debug, Default)]
pub struct Throttle(BTreeMap<ContactId, Last>);

#[derive(Debug, Clone, Copy)]
struct Last {
    typing: Typing,
    /// When they were last told `active`.
    active_at: Millis,
}

impl Throttle {
    /// Whether a friend may be told now: `active` once in three seconds, an end only of what was
    /// begun.
    pub fn allows(&self, friend: ContactId, typing: Typing, now: Millis) -> bool {
        let last = self.0.get(&friend);
        match typing {
            Typing::Active => last.is_none_or(|last| !now.is_within(BETWEEN, last.active_at)),
            Typing::Paused => last.is_some_and(|last| last.typing == Typing::Active),
            Typing::Done => last.is_some_and(|last| last.typing != Typing::Done),
        }
    }

    /// Notes that a friend has been told.
    pub fn note(&mut self, friend: ContactId, typing: Typing, now: Millis) {
        let before = self.0.get(&friend).map_or(Millis(0), |last| last.active_at);
        let active_at = match typing {
            Typing::Active => now,
            Typing::Paused | Typing::Done => before,
        };
        self.0.insert(friend, Last { typing, active_at });
    }
}

/// Between two words that the user is writing.
const BETWEEN: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::protocol::letter::Presence;
    use crate::rules::contact::Standing;
    use crate::rules::event::Event;
    use crate::rules::fake_state::{FakeState, contact, friend};
    use crate::rules::friend::Held;

    #[test]
    fn active_comes_once_in_three_seconds_and_an_end_once() {
        use Typing::{Active, Done, Paused};
        let (bob, carol) = (ContactId::new(1), ContactId::new(2));
        let mut told = Throttle::default();
        for (friend, typing, at, allowed) in [
            (bob, Paused, 10_000, false),
            (bob, Done, 10_000, false),
            (bob, Active, 10_000, true),
            (bob, Active, 12_999, false),
            (carol, Active, 12_999, true),
            (bob, Paused, 12_999, true),
            (bob, Paused, 12_999, false),
            (bob, Active, 12_999, false),
            (bob, Active, 13_000, true),
            (bob, Done, 13_001, true),
            (bob, Paused, 13_002, false),
            (bob, Done, 13_002, false),
            (bob, Active, 15_999, false),
            (bob, Active, 16_000, true),
            // The clock was set back.
            (bob, Active, 9_000, true),
        ] {
            let at = Millis(at);
            assert_eq!(
                told.allows(friend, typing, at),
                allowed,
                "{friend:?} {typing:?} {at}"
            );
            if allowed {
                told.note(friend, typing, at);
            }
        }
    }

    #[test]
    fn who_sees_us_and_knows_of_it_is_told() {
        type Change = fn(&mut FakeState);
        let cases: [(&str, Change, usize); 6] = [
            ("a friend", |_| {}, 1),
            ("hidden", |fake| fake.people[0].visible = false, 0),
            ("blocked", |fake| fake.people[0].blocked = true, 0),
            ("we are invisible", |fake| fake.account.invisible = true, 0),
            (
                "no keys",
                |fake| fake.people[0].standing = Standing::Stranger,
                0,
            ),
            (
                "an older version",
                |fake| fake.people[0].friend_mut().unwrap().presence = None,
                0,
            ),
        ];
        for (case, change, told) in cases {
            let mut fake = FakeState::new();
            let mut bob = friend("bob");
            bob.visible = true;
            bob.friend_mut().unwrap().presence = Some(Held {
                sent: Millis(1),
                presence: Presence {
                    capabilities: Some(vec![Body::Typing(Typing::Active).kind()]),
                    ..Presence::default()
                },
            });
            fake.people.push(bob);
            change(&mut fake);
            let effects = fake.after(Event::Typing(contact("bob"), Typing::Active));
            let ephemerals = effects.iter().filter(|effect| effect.ephemeral().is_some());
            assert_eq!(ephemerals.count(), told, "{case}");
        }
    }
}
