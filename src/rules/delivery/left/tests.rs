//! What becomes of texts and receipts that left, or could not, and of mails on which is reported.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{Letter, LetterId, Receipt, Text};
use crate::protocol::time::DAY;
use crate::rules::effect::Notice;
use crate::rules::event::Event;
use crate::rules::fake_state::{FakeState, NOW, contact, friend, id, messages, posts, said};

fn departure(body: Body, how: Left) -> Departure {
    Departure {
        to: contact("bob"),
        letter: Letter::bare(id(40), NOW.millis(), body),
        announced: false,
        how,
    }
}

fn text() -> Body {
    Body::Text(Text {
        text: "hello".into(),
        reply_to: None,
        notice: false,
    })
}

fn fake(message: &Message) -> FakeState {
    let mut fake = FakeState::new();
    fake.people.push(friend("bob"));
    fake.messages.push(message.clone());
    fake
}

#[test]
fn a_text_that_left_by_mail_has_its_time_from_the_first_mail_on() {
    let day_ago = NOW - DAY;
    for (mailed_at, attempts, due, expected) in [
        (Seconds(0), 0, None, (NOW, 1, Some(NOW + DAY))),
        (Seconds(0), 2, Some(NOW + 7), (NOW, 2, Some(NOW + 2 * DAY))),
        (day_ago, 1, Some(NOW + 7), (day_ago, 1, Some(NOW + 7))),
        (day_ago, 2, None, (day_ago, 2, Some(NOW + DAY))),
        (day_ago, 3, None, (day_ago, 3, Some(NOW + 4 * DAY))),
    ] {
        let message = Message {
            mailed_at,
            attempts,
            due,
            ..said("bob", 40, Delivery::Queued)
        };
        let effects = fake(&message).after(Event::Left(Box::new(departure(text(), Left::Mailed))));
        let (mailed_at, attempts, due) = expected;
        let after = Message {
            state: Delivery::Sent,
            via: Some(Via::Mail),
            mailed_at,
            attempts,
            due,
            ..message.clone()
        };
        assert_eq!(messages(&effects), [after], "{message:?}");
    }
}

#[test]
fn how_a_text_went_is_noted_after_its_receipt_too() {
    for state in [Delivery::Delivered, Delivery::Read, Delivery::Failed] {
        for (before, how, after) in [
            (None, Left::Mailed, Some(Via::Mail)),
            (None, Left::Written, Some(Via::Irc)),
            (Some(Via::Irc), Left::Mailed, None),
            (Some(Via::Mail), Left::Written, None),
            (None, Left::Unreachable, None),
            (None, Left::Delayed, None),
            (None, Left::Refused("no".into()), None),
        ] {
            let message = Message {
                via: before,
                ..said("bob", 40, state)
            };
            let case = format!("{state:?}, {before:?}, {how:?}");
            let effects = fake(&message).after(Event::Left(Box::new(departure(text(), how))));
            let noted = after.map(|via| Message {
                via: Some(via),
                ..message
            });
            let expected: Vec<_> = noted.into_iter().collect();
            assert_eq!(messages(&effects), expected, "{case}");
            assert_eq!(effects.len(), expected.len(), "{case}");
        }
    }
}

#[test]
fn a_receipt_for_what_was_read_goes_by_mail_to_those_who_see_us() {
    for (state, visible, expected) in [
        (ReceiptState::Read, true, 1),
        (ReceiptState::Read, false, 0),
        (ReceiptState::Delivered, true, 0),
        (ReceiptState::Delivered, false, 0),
    ] {
        let mut bob = friend("bob");
        bob.visible = visible;
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let receipt = Body::Receipt(Receipt {
            state,
            ids: vec![LetterId([7; 16])],
        });
        let effects = fake.after(Event::Left(Box::new(departure(receipt, Left::Unreachable))));
        assert_eq!(posts(&effects).len(), expected, "{state:?}, {visible}");
    }
}

#[test]
fn a_report_fails_what_has_not_arrived() {
    use Delivery::{Delivered, Failed, Queued, Read, Sent};
    for (state, permanent, fails) in [
        (Queued, true, true),
        (Sent, true, true),
        (Failed, true, false),
        (Delivered, true, false),
        (Read, true, false),
        (Sent, false, false),
    ] {
        let message = Message {
            due: Some(NOW + 7),
            ..said("bob", 40, state)
        };
        let bounce = Bounce {
            friend: contact("bob"),
            letter: id(40),
            announced: 0,
            permanent,
            reason: "no such user".into(),
        };
        let effects = fake(&message).effects(|case| bounced(case, &bounce));
        let failed = Message {
            state: Failed,
            due: None,
            reason: Some("no such user".into()),
            ..message
        };
        let expected: Vec<_> = fails.then_some(failed).into_iter().collect();
        assert_eq!(messages(&effects), expected, "{state:?}, {permanent}");
        let word = |effect: &Effect| matches!(effect, Effect::Tell(Notice::Word { .. }));
        assert!(!effects.iter().any(word), "{state:?}");
    }
}
