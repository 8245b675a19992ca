//! Texts that wait, go again, and are answered.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::panic,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{Body, OneTimeKeys};
use crate::rules::event::NewNotice;
use crate::rules::fake_state::{FakeState, NOW, contact, friend, id, messages, posts, said};
use crate::rules::friend::Healing;

/// A text to bob that came so far.
fn came(state: Delivery, via: Option<Via>, attempts: u8) -> Message {
    Message {
        via,
        attempts,
        ..said("bob", 40, state)
    }
}

fn fake(bob: &Contact, message: &Message) -> FakeState {
    let mut fake = FakeState::new();
    fake.people.push(bob.clone());
    fake.messages.push(message.clone());
    fake
}

#[test]
fn what_waits_goes_when_there_is_a_session() {
    use Delivery::{Queued, Sent};
    let (mail, irc) = (Some(Via::Mail), Some(Via::Irc));
    for (state, via, attempts, visible, expected) in [
        (Queued, None, 0, true, Some(Route::Any)),
        (Queued, None, 0, false, Some(Route::Mail)),
        (Queued, None, 1, true, Some(Route::Mail)),
        (Queued, irc, 0, true, Some(Route::Any)),
        (Sent, mail, 1, true, Some(Route::Mail)),
        (Sent, mail, 1, false, Some(Route::Mail)),
        (Sent, irc, 0, true, None),
        (Sent, irc, 1, false, None),
    ] {
        let mut bob = friend("bob");
        bob.visible = visible;
        let message = came(state, via, attempts);
        let effects = fake(&bob, &message).effects(|decision| resume(decision, &mut bob));
        let routes: Vec<_> = posts(&effects).into_iter().map(|post| post.route).collect();
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(routes, expected, "{message:?}, visible: {visible}");
    }
}

#[test]
fn a_receipt_takes_a_text_further_and_never_back() {
    use Delivery::{Delivered, Failed, Queued, Read, Sent};
    for (before, receipt, after) in [
        (Queued, ReceiptState::Delivered, Some(Delivered)),
        (Sent, ReceiptState::Delivered, Some(Delivered)),
        (Sent, ReceiptState::Read, Some(Read)),
        (Failed, ReceiptState::Delivered, Some(Delivered)),
        (Delivered, ReceiptState::Delivered, None),
        (Delivered, ReceiptState::Read, Some(Read)),
        (Read, ReceiptState::Read, None),
        (Read, ReceiptState::Delivered, None),
    ] {
        let bob = friend("bob");
        let message = Message {
            due: Some(NOW + 10),
            reason: Some("too late".into()),
            ..came(before, Some(Via::Mail), 3)
        };
        let told = Receipt {
            state: receipt,
            ids: vec![message.id, id(99)],
        };
        let effects = fake(&bob, &message).effects(|decision| hear_receipt(decision, &bob, &told));
        let expected: Vec<_> = after
            .map(|state| Message {
                state,
                due: None,
                reason: None,
                ..message
            })
            .into_iter()
            .collect();
        assert_eq!(messages(&effects), expected, "{before:?}, {receipt:?}");
        assert_eq!(
            effects.is_empty(),
            after.is_none(),
            "{before:?}, {receipt:?}"
        );
    }
}

#[test]
fn after_a_backup_the_time_of_what_was_under_way_begins_anew() {
    for (state, expected) in [(Delivery::Sent, true), (Delivery::Queued, false)] {
        let message = came(state, Some(Via::Irc), 1);
        let effects =
            fake(&friend("bob"), &message).effects(|decision| restored(decision, &friend("bob")));
        assert_waits(&effects, message, expected);
    }
}

#[test]
fn the_time_of_what_cannot_leave_runs_once() {
    for (state, due, expected) in [
        (Delivery::Queued, None, true),
        (Delivery::Queued, Some(NOW + 10), false),
        (Delivery::Sent, None, false),
        (Delivery::Sent, Some(NOW + 10), false),
    ] {
        let message = Message {
            due,
            ..came(state, None, 0)
        };
        let effects = fake(&friend("bob"), &message)
            .effects(|decision| cannot_leave(decision, &friend("bob")));
        assert_waits(&effects, message, expected);
    }
}

/// Whether a text has five days from now, as one that left by mail.
fn assert_waits(effects: &[Effect], message: Message, expected: bool) {
    let waiting = Message {
        via: Some(Via::Mail),
        mailed_at: NOW,
        attempts: 3,
        due: Some(NOW + 5 * DAY),
        ..message.clone()
    };
    let expected: Vec<_> = expected.then_some(waiting).into_iter().collect();
    assert_eq!(messages(effects), expected, "{message:?}");
}

/// A notice to bob that came so far.
fn notice_came(state: Delivery, via: Option<Via>) -> Message {
    Message {
        notice: true,
        ..came(state, via, 0)
    }
}

#[test]
fn a_notice_leaves_over_irc_or_has_failed_at_once() {
    let hidden = || {
        let mut bob = friend("bob");
        bob.visible = false;
        bob
    };
    for (bob, reached, leaves) in [
        (friend("bob"), true, true),
        (friend("bob"), false, false),
        (hidden(), true, false),
    ] {
        let mut fake = FakeState::new();
        fake.people.push(bob.clone());
        let new = NewNotice {
            to: bob.id,
            text: "beep".to_owned(),
            reply_to: None,
            reached,
        };
        let effects = fake.effects(|decision| crate::rules::delivery::send_notice(decision, new));
        let stored = messages(&effects).remove(0);
        assert!(stored.notice && stored.text == "beep", "{stored:?}");
        let posts = posts(&effects);
        let ways: Vec<_> = posts
            .iter()
            .map(|post| (&post.route, post.expires))
            .collect();
        if leaves {
            assert_eq!(ways, [(&Route::Irc, Some(NOW + 30))]);
            assert_eq!(
                (stored.state, stored.due),
                (Delivery::Queued, Some(NOW + 30))
            );
            let Body::Text(text) = &posts[0].letter.body else {
                panic!("{posts:?}")
            };
            assert!(text.notice);
        } else {
            assert!(ways.is_empty(), "no mail and no try later: {ways:?}");
            let reason = "bob is not online: a notice goes over IRC only";
            assert_eq!(stored.state, Delivery::Failed);
            assert_eq!(stored.reason.as_deref(), Some(reason));
            let told = |effect: &Effect| matches!(effect, Effect::Tell(Notice::State { .. }));
            assert!(effects.iter().any(told), "the client is told");
        }
    }
}

#[test]
fn a_notice_without_a_receipt_in_time_has_failed_and_goes_by_no_mail() {
    use Delivery::{Queued, Sent};
    for (state, via) in [(Queued, None), (Sent, Some(Via::Irc))] {
        let message = notice_came(state, via);
        let effects =
            fake(&friend("bob"), &message).effects(|decision| overdue(decision, message.clone()));
        assert_eq!(posts(&effects), [], "{state:?}");
        assert_eq!(messages(&effects)[0].state, Delivery::Failed, "{state:?}");
    }
    let message = notice_came(Queued, None);
    let effects = fake(&friend("bob"), &message)
        .effects(|decision| by_mail(decision, contact("bob"), message.clone()));
    assert_eq!(
        posts(&effects),
        [],
        "the nick is gone, or it is too long for IRC"
    );
    assert_eq!(messages(&effects)[0].state, Delivery::Failed);
}

#[test]
fn a_notice_is_not_sent_again_later() {
    let mut bob = friend("bob");
    let message = notice_came(Delivery::Queued, None);
    let effects = fake(&bob, &message).effects(|decision| resume(decision, &mut bob));
    assert!(effects.is_empty(), "a friendship begins anew: {effects:?}");
    let message = notice_came(Delivery::Sent, Some(Via::Irc));
    let effects = fake(&bob, &message).effects(|decision| restored(decision, &bob));
    assert_eq!(
        messages(&effects)[0].state,
        Delivery::Failed,
        "after a backup"
    );
}

#[test]
fn a_late_receipt_makes_a_failed_notice_delivered() {
    let bob = friend("bob");
    let message = notice_came(Delivery::Failed, Some(Via::Irc));
    let told = Receipt {
        state: ReceiptState::Delivered,
        ids: vec![message.id],
    };
    let effects = fake(&bob, &message).effects(|decision| hear_receipt(decision, &bob, &told));
    assert_eq!(messages(&effects)[0].state, Delivery::Delivered);
}

#[test]
fn a_friend_is_asked_anew_once_a_day() {
    let healing = |at: Seconds| Healing {
        request: id(50),
        sent: at.millis(),
        at,
        one_time_keys: OneTimeKeys::default(),
        unanswered: 0,
        soon: false,
    };
    for (asked, expected) in [
        (None, 1),
        (Some(NOW), 0),
        (Some(NOW - DAY + 1), 0),
        (Some(NOW - DAY), 1),
        (Some(NOW - 2 * DAY), 1),
    ] {
        let mut bob = friend("bob");
        bob.friend_mut().unwrap().healing = asked.map(healing);
        let message = Message {
            mailed_at: NOW - 2 * DAY,
            ..came(Delivery::Sent, Some(Via::Mail), 2)
        };
        let effects = fake(&bob, &message).effects(|decision| overdue(decision, message));
        assert_eq!(posts(&effects).len(), expected, "{asked:?}");
        let message = &messages(&effects)[0];
        assert_eq!((message.attempts, message.due), (3, Some(NOW + 3 * DAY)));
    }
}

#[test]
fn what_irc_did_not_bring_goes_by_mail_and_opens_irc_anew_once_a_day() {
    for (visible, opened_at, opens) in [
        (true, Seconds(0), true),
        (true, NOW - DAY, true),
        (true, NOW - DAY + 1, false),
        (false, Seconds(0), false),
        (false, NOW, false),
    ] {
        let mut bob = friend("bob");
        bob.visible = visible;
        bob.friend_mut().unwrap().opened_irc_at = opened_at;
        let message = Message {
            due: Some(NOW),
            ..came(Delivery::Sent, Some(Via::Irc), 0)
        };
        let effects = fake(&bob, &message)
            .effects(|decision| by_mail(decision, contact("bob"), message.clone()));
        let form = Form::Friend {
            fresh: false,
            open_irc: opens,
        };
        let post = &posts(&effects)[0];
        assert_eq!((&post.form, &post.route), (&form, &Route::Mail));
        let after = Message {
            state: Delivery::Queued,
            due: None,
            via: None,
            ..message
        };
        assert_eq!(messages(&effects), [after], "{visible}, {opened_at}");
        let opened_at = if opens { NOW } else { opened_at };
        bob.friend_mut().unwrap().opened_irc_at = opened_at;
        assert!(effects.contains(&Effect::Contact(Box::new(bob))));
    }
}
