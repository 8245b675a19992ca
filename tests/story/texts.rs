//! What people write to each other: by mail, over IRC, lost and found again.

mod failed;

use iim::rules::message::{Delivery, Via};

use crate::world::{DAY, HOUR, MINUTE, World};

#[test]
fn a_text_by_mail_is_delivered_then_read() {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", "[receipts]\nread = true\n");
    world.befriend("alice", "bob");
    let id = world.say("alice", "bob", "hello");
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    let mails = world.outgoing("alice");
    let text = world.text("alice", "bob", id);
    assert_eq!((text.state, text.via), (Delivery::Sent, Some(Via::Mail)));
    world.deliver(&mails[0]);
    assert_eq!(world.heard("bob", "alice"), ["hello"]);
    assert_eq!(world.exchange(), 1, "the receipt, and nothing answers it");
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    world.catches_up("bob", Some("alice"));
    assert_eq!(world.exchange(), 1);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Read);
    world.catches_up("bob", Some("alice"));
    assert_eq!(world.pass(2 * DAY), 0);
}

#[test]
fn many_texts_are_acknowledged_together() {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", "[receipts]\nread = true\n");
    world.befriend("alice", "bob");
    let ids: Vec<_> = (0..20)
        .map(|n| world.say("alice", "bob", &format!("text {n}")))
        .collect();
    let mails = world.outgoing("alice");
    assert_eq!(mails.len(), 20);
    for mail in &mails {
        world.deliver(mail);
    }
    let receipts = world.outgoing("bob");
    assert_eq!(receipts.len(), 3, "eight texts in a receipt");
    for mail in &receipts {
        world.deliver(mail);
    }
    world.catches_up("bob", None);
    let receipts = world.outgoing("bob");
    assert_eq!(receipts.len(), 3, "and so when they are read");
    for mail in &receipts {
        world.deliver(mail);
    }
    for id in ids {
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Read);
    }
    let heard = world.heard("bob", "alice");
    assert_eq!(
        (heard.len(), heard[13].as_str()),
        (20, "text 13"),
        "in order"
    );
}

#[test]
fn a_conversation_over_irc() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let mut ids = Vec::new();
    for n in 0..10 {
        let (from, to) = if n % 3 == 0 {
            ("bob", "alice")
        } else {
            ("alice", "bob")
        };
        ids.push((from, to, world.say(from, to, &format!("line {n}"))));
        assert!(world.outgoing(from).is_empty(), "not by mail");
        world.chat("alice", "bob");
    }
    for (from, to, id) in ids {
        let text = world.text(from, to, id);
        assert_eq!(
            (text.state, text.via),
            (Delivery::Delivered, Some(Via::Irc))
        );
    }
    assert_eq!(world.pass(10 * MINUTE), 0, "no mail was needed");
}

#[test]
fn a_short_text_fits_one_line_and_a_long_one_goes_by_mail() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    world.say("alice", "bob", &"x".repeat(100));
    assert_eq!(world.chat("alice", "bob"), 2, "text and receipt");
    let id = world.say("alice", "bob", &"x".repeat(5000));
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    world.exchange();
    let text = world.text("alice", "bob", id);
    assert_eq!(
        (text.state, text.via),
        (Delivery::Delivered, Some(Via::Mail))
    );
}

#[test]
fn receipts_over_irc_wait_together() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    for n in 0..8 {
        world.say("alice", "bob", &format!("{n}"));
    }
    for lines in world.irc_lines("alice", "bob") {
        world.hear_lines("alice", "bob", &lines);
    }
    assert_eq!(
        world.irc_lines("bob", "alice").len(),
        1,
        "one receipt names all"
    );
}

#[test]
fn pieces_come_in_any_order_and_twice() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let text = "long ".repeat(200);
    world.say("alice", "bob", &text);
    let mut lines = world.irc_lines("alice", "bob").remove(0);
    assert!(lines.len() > 2);
    lines.reverse();
    let first = lines[0].clone();
    lines.push(first);
    assert_eq!(world.hear_lines("alice", "bob", &lines).len(), 1);
    assert_eq!(world.heard("bob", "alice"), [text]);
}

#[test]
fn without_a_receipt_it_goes_by_mail_and_opens_the_irc_session_anew() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let id = world.say("alice", "bob", "lost on the way");
    assert_eq!(world.irc_lines("alice", "bob").len(), 1);
    let text = world.text("alice", "bob", id);
    assert_eq!((text.state, text.via), (Delivery::Sent, Some(Via::Irc)));
    world.wait(29);
    assert!(world.outgoing("alice").is_empty());
    world.wait(1);
    let mails = world.outgoing("alice");
    assert_eq!(mails.len(), 1, "by mail after 30 s, though they are online");
    let before = world.sessions("bob", "alice", Via::Irc).len();
    world.deliver(&mails[0]);
    assert_eq!(world.sessions("bob", "alice", Via::Irc).len(), before + 1);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    let fresh = &world.sessions("alice", "bob", Via::Irc)[0];
    assert!(fresh.ready && fresh.ours, "the receipt brought the answer");

    // Over IRC again, both ways, in the new session.
    for (from, to) in [("alice", "bob"), ("bob", "alice")] {
        let id = world.say(from, to, "again");
        world.chat(from, to);
        assert_eq!(
            world.text(from, to, id).state,
            Delivery::Delivered,
            "{from}"
        );
    }
    // A second loss on the same day opens no other session.
    world.say("alice", "bob", "lost too");
    world.irc_lines("alice", "bob");
    world.wait(30);
    let sessions = world.sessions("alice", "bob", Via::Irc).len();
    world.exchange();
    assert_eq!(world.sessions("alice", "bob", Via::Irc).len(), sessions);
    assert_eq!(world.heard("bob", "alice").last().unwrap(), "lost too");
}

/// A link was cut while both said something: each opens a new IRC session, and the mails cross.
#[test]
fn both_open_the_irc_session_anew_at_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let both = [("alice", "bob"), ("bob", "alice")];
    for (from, to) in both {
        world.say(from, to, "before");
        world.chat(from, to);
    }
    for (from, to) in both {
        world.say(from, to, "lost on the way");
        assert_eq!(world.irc_lines(from, to).len(), 1);
    }
    world.wait(30);
    let crossing = world.all_outgoing();
    assert_eq!(crossing.len(), 2);
    for mail in &crossing {
        world.deliver(mail);
    }
    world.exchange();
    for (from, to) in both {
        let id = world.say(from, to, "again");
        world.chat(from, to);
        assert_eq!(
            world.text(from, to, id).state,
            Delivery::Delivered,
            "{from}"
        );
    }
}

#[test]
fn an_irc_copy_that_comes_late_is_a_double() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let id = world.say("alice", "bob", "slow");
    let lines = world.irc_lines("alice", "bob").remove(0);
    world.wait(31);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    let arrived = world.hear_lines("alice", "bob", &lines);
    assert_eq!(arrived.len(), 1);
    assert_eq!(world.heard("bob", "alice"), ["slow"]);
    assert_eq!(
        world.irc_lines("bob", "alice").len(),
        1,
        "acknowledged again"
    );
}

#[test]
fn replayed_mails_are_dropped() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "once");
    let mail = world.outgoing("alice").remove(0);
    for expected in [1, 0, 0] {
        assert!(world.deliver(&mail).unwrap().done);
        assert_eq!(world.outgoing("bob").len(), expected);
    }
    assert_eq!(world.heard("bob", "alice"), ["once"]);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Sent);
    // And after all sessions are others.
    world.wait(HOUR);
    assert!(world.deliver(&mail).unwrap().done);
    assert!(world.outgoing("bob").is_empty());
}

#[test]
fn mails_may_overtake_each_other() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let mut mails = Vec::new();
    for n in 0..10 {
        world.say("alice", "bob", &format!("{n}"));
        mails.extend(world.outgoing("alice"));
        world.clock.advance(1);
    }
    mails.reverse();
    for mail in &mails {
        assert!(world.deliver(mail).unwrap().done);
    }
    let heard = world.heard("bob", "alice");
    assert_eq!(heard.concat(), "0123456789", "in the sender's order");
}

#[test]
fn simultaneous_openings_settle() {
    let mut world = World::of_friends(&["alice", "bob"]);
    // Both lose a text, both open a new session after a day, the mails cross.
    world.say("alice", "bob", "from alice");
    world.say("bob", "alice", "from bob");
    world.all_outgoing();
    world.wait(DAY);
    let mails = world.all_outgoing();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        world.deliver(mail);
    }
    world.exchange();
    for round in 0..4 {
        for (from, to) in [("alice", "bob"), ("bob", "alice")] {
            let id = world.say(from, to, "on");
            world.exchange();
            assert_eq!(
                world.text(from, to, id).state,
                Delivery::Delivered,
                "{from} {round}"
            );
        }
    }
}

#[test]
fn a_read_receipt_that_irc_does_not_take_goes_by_mail() {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", "[receipts]\nread = true\n");
    world.befriend("alice", "bob");
    let id = world.say("alice", "bob", "read me");
    world.exchange();
    // Bob believes alice online, but the session over IRC is gone.
    let peer = world.peer("bob", "alice");
    let rows = world.sessions("bob", "alice", Via::Irc);
    world
        .store("bob")
        .transact(|tx| {
            rows.into_iter().try_for_each(|row| {
                let row = iim::edge::store::SessionRow {
                    retired: true,
                    ..row
                };
                tx.sessions().put(&peer, Via::Irc, &row)
            })
        })
        .unwrap();
    world.meet("alice", "bob");
    world.catches_up("bob", None);
    assert_eq!(world.irc_lines("bob", "alice").len(), 0);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Read);
}

/// Olm keeps forty keys for letters that were overtaken. A mail server that was down hands over what it has in any order.
#[test]
fn a_hundred_mails_arrive_in_any_order() {
    let orders: [fn(usize) -> usize; 3] = [|n| 99 - n, |n| n * 37 % 100, |n| (n + 50) % 100];
    for (case, order) in orders.into_iter().enumerate() {
        let mut world = World::of_friends(&["alice", "bob"]);
        world.say("bob", "alice", "a reply");
        world.exchange();
        let said: Vec<String> = (0..100).map(|n| format!("text {n}")).collect();
        for text in &said {
            world.say("alice", "bob", text);
            world.clock.advance(1);
        }
        let mails = world.outgoing("alice");
        assert_eq!(mails.len(), 100);
        for n in 0..100 {
            world.deliver(&mails[order(n)]);
        }
        assert_eq!(world.heard("bob", "alice"), said, "{case}");
        world.exchange();
        world.say("alice", "bob", "and on");
        world.exchange();
        assert_eq!(world.heard("bob", "alice").last().unwrap(), "and on");
    }
}
