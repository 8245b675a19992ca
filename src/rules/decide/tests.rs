//! When what a mail causes leaves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use std::time::Duration;

use crate::protocol::letter::{Body, Letter, PublicKey, Text};
use crate::protocol::mail_form::Answerable;
use crate::protocol::time::HOUR;
use crate::rules::event::{Heard, Proof, Seal};
use crate::rules::fake_state::{Counting, FakeState, NOW, address, friend, id, posts};

fn text_by_mail(number: u8) -> Event {
    let text = Text {
        text: "hello".to_owned(),
        reply_to: None,
        notice: false,
    };
    Event::Letter(Box::new(Heard {
        letter: Letter {
            holds: Some(0),
            ..Letter::bare(id(number), NOW.millis(), Body::Text(text))
        },
        proof: Proof::Sealed(Seal {
            key: PublicKey([10; 32]),
            session: "bobs".into(),
            used: None,
            accept_signed: false,
            irc: None,
        }),
        from: address("bob"),
        via: Came::Mail,
        answerable: Answerable::Anybody,
    }))
}

#[test]
fn what_the_fetched_mail_of_the_hidden_causes_leaves_much_later() {
    for (fetches, visible, least, most) in [
        (true, false, HOUR, HOUR * 6),
        (true, true, Duration::ZERO, Duration::ZERO),
        (false, false, Duration::ZERO, Duration::ZERO),
    ] {
        let mut bob = friend("bob");
        bob.visible = visible;
        let mut fake = FakeState::new();
        fake.settings.fetches = fetches;
        fake.people.push(bob);
        let mut dues = BTreeSet::new();
        for dice in 0..20 {
            let mut rng = Counting(dice * 11);
            let decided = decide(
                &fake.settings,
                &fake,
                text_by_mail(1),
                NOW.millis(),
                &mut rng,
            );
            let letters = posts(&decided.unwrap().effects);
            assert_eq!(letters.len(), 1, "{fetches} {visible}");
            let later = letters[0].due.since(NOW);
            assert!(
                (least..=most).contains(&later),
                "{fetches} {visible} {later:?}"
            );
            dues.insert(later);
            if dice == 0 && fetches && !visible {
                // What waits already is not put off once more.
                let mut waits = letters[0].clone();
                waits.due = NOW.after(HOUR);
                let mut fake = FakeState::new();
                fake.settings.fetches = true;
                let mut bob = friend("bob");
                bob.visible = false;
                fake.people.push(bob);
                fake.waiting.push(waits);
                let again = decide(
                    &fake.settings,
                    &fake,
                    text_by_mail(2),
                    NOW.millis(),
                    &mut rng,
                );
                let again = posts(&again.unwrap().effects);
                assert_eq!(again[0].due, NOW.after(HOUR));
            }
        }
        // At a random time: nobody reckons back from it.
        assert_eq!(dues.len() > 1, most > least, "{fetches} {visible}");
    }
}
