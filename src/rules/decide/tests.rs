//! When what a mail causes leaves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use std::time::Duration;

use crate::protocol::letter::{Body, Letter, PublicKey, Text};
use crate::protocol::mail_form::Answerable;
use crate::protocol::time::HOUR;
use crate::rules::contact::Standing;
use crate::rules::event::{Heard, Proof, Seal};
use crate::rules::fake_state::{
    Counting, FakeState, NOW, Sealing, address, friend, id, messages, posts,
};
use crate::rules::outgoing::Route;

fn text_by_mail(number: u8) -> Event {
    Event::Letter(Box::new(text(number, Came::Mail)))
}

fn text(number: u8, via: Came) -> Heard {
    let text = Text {
        text: "hello".to_owned(),
        reply_to: None,
        notice: false,
    };
    Heard {
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
        via,
        answerable: Answerable::Anybody,
    }
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
                &Sealing,
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
                    &Sealing,
                );
                let again = posts(&again.unwrap().effects);
                assert_eq!(again[0].due, NOW.after(HOUR));
            }
        }
        // At a random time: nobody reckons back from it.
        assert_eq!(dues.len() > 1, most > least, "{fetches} {visible}");
    }
}

fn over_irc() -> Came {
    Came::Irc {
        network: "one".to_owned(),
        nick: "bobs-nick".to_owned(),
    }
}

/// Whether bob's text 1 is answered over IRC by the turn after the one that heard it.
fn is_answered(meanwhile: impl FnOnce(&mut FakeState)) -> bool {
    let mut fake = FakeState::new();
    fake.people.push(friend("bob"));
    let decide = |fake: &FakeState, event| {
        let mut rng = Counting(0);
        decide(
            &fake.settings,
            fake,
            event,
            NOW.millis(),
            &mut rng,
            &Sealing,
        )
        .unwrap()
    };
    let heard = Box::new(text(1, over_irc()));
    let decided = decide(&fake, Event::LetterAhead(heard.clone()));
    assert_eq!(posts(&decided.effects), []);
    assert_eq!(messages(&decided.effects).len(), 1);
    let at_once = decide(&fake, Event::Letter(heard));
    assert_eq!((posts(&at_once.effects).len(), at_once.owed), (1, None));
    meanwhile(&mut fake);
    let answered = decide(&fake, Event::Answer(decided.owed.unwrap()));
    let letters = posts(&answered.effects);
    assert!(letters.iter().all(|letter| letter.route == Route::Irc));
    !letters.is_empty()
}

#[test]
fn a_receipt_that_is_decided_later_goes_to_whom_it_may() {
    assert!(is_answered(|_| {}));
    assert!(!is_answered(|fake| fake.people[0].visible = false));
    assert!(!is_answered(|fake| fake.people[0].blocked = true));
    assert!(!is_answered(
        |fake| fake.people[0].standing = Standing::Stranger
    ));
    assert!(!is_answered(|fake| fake.account.invisible = true));
    assert!(!is_answered(|fake| fake.people.clear()));
}

#[test]
fn a_mail_has_no_later_receipt() {
    let mut fake = FakeState::new();
    fake.settings.fetches = true;
    let mut bob = friend("bob");
    bob.visible = false;
    fake.people.push(bob);
    let event = Event::LetterAhead(Box::new(text(1, Came::Mail)));
    let decided = decide(
        &fake.settings,
        &fake,
        event,
        NOW.millis(),
        &mut Counting(0),
        &Sealing,
    )
    .unwrap();
    let letters = posts(&decided.effects);
    assert_eq!((letters.len(), decided.owed), (1, None));
    // It is no less a fetched mail of somebody who is hidden.
    assert!(letters[0].due >= NOW.after(HOUR));
}
