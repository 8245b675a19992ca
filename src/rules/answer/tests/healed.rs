//! Accepts that answer a request of ours that heals.

use super::*;
use crate::protocol::letter::Secret;
use crate::rules::contact::Shown;

#[test]
fn what_was_told_in_the_lost_session_is_told_again() {
    for (epoch, holds, again) in [
        (Some(100), 99, true),
        (Some(100), 100, false),
        (None, 0, false),
    ] {
        let mut bob = friend("bob");
        bob.friend_mut().unwrap().healing = Some(healing());
        bob.shown = epoch.map(|epoch| Shown {
            epoch,
            secret: Secret([9; 32]),
            real: true,
            at: NOW - 10,
            by_mail: true,
        });
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let mut heard = heard(83, Body::Accept(accept()));
        heard.letter.holds = Some(holds);
        heard.proof = Proof::Sealed(seal());
        let effects = fake.after(Event::Letter(Box::new(heard)));
        let after = effects.iter().find_map(|effect| match effect {
            Effect::Contact(person) => Some(person.announce.is_some_and(|due| due.repair)),
            _ => None,
        });
        assert_eq!(after, Some(again), "{epoch:?} {holds}");
    }
}
