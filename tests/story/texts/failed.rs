//! Texts that do not arrive: lost, bounced, refused.

use crate::world::{HOUR, Mailbag, World, address};
use iim::edge::mail::OutMail;
use iim::protocol::time::Seconds;
use iim::rules::effect::Notice;
use iim::rules::message::Delivery;
use iim::rules::queue::choice::Announcements;
use iim::rules::queue::route::Handed;

/// The mails that leave while time passes, hour by hour, all lost.
fn lose(world: &mut World, name: &str, hours: u64) -> Vec<OutMail> {
    let mut lost = world.outgoing(name);
    for _ in 0..hours {
        world.wait(HOUR);
        lost.extend(world.outgoing(name));
    }
    lost
}

#[test]
fn a_lost_text_comes_again_in_a_new_session_after_a_day() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "lost once");
    assert_eq!(lose(&mut world, "alice", 23).len(), 1);
    world.wait(HOUR);
    let mails = world.outgoing("alice");
    assert_eq!(mails.len(), 1);
    // The session of before is gone on bob's side: the new one does not need it.
    let peer = world.peer("bob", "alice");
    world
        .store("bob")
        .transact(|tx| {
            let gone = iim::rules::effect::Effect::DropSessions(peer.contact, peer.key);
            tx.apply(&gone, Seconds(0))
        })
        .unwrap();
    world.deliver(&mails[0]);
    assert_eq!(world.heard("bob", "alice"), ["lost once"]);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    world.say("bob", "alice", "and back");
    world.exchange();
    assert_eq!(world.heard("alice", "bob"), ["and back"]);
}

#[test]
fn after_two_days_it_heals_by_a_signed_request() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "lost twice");
    assert_eq!(lose(&mut world, "alice", 47).len(), 2);
    world.wait(HOUR);
    let mails = world.outgoing("alice");
    assert_eq!(mails.len(), 1, "the request goes alone");
    let peer = world.peer("bob", "alice");
    world
        .store("bob")
        .transact(|tx| {
            let gone = iim::rules::effect::Effect::DropSessions(peer.contact, peer.key);
            tx.apply(&gone, Seconds(0))
        })
        .unwrap();
    assert!(world.deliver(&mails[0]).unwrap().done);
    assert_eq!(
        world.standing("bob", "alice"),
        "friend",
        "no question is asked"
    );
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["lost twice"]);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    world.see_each_other("alice", "bob");
    // A replay of the healing request causes nothing.
    world.wait(HOUR);
    world.deliver(&mails[0]);
    assert!(world.outgoing("bob").is_empty());
    for (from, to) in [("alice", "bob"), ("bob", "alice")] {
        let id = world.say(from, to, "healed");
        world.exchange();
        assert_eq!(
            world.text(from, to, id).state,
            Delivery::Delivered,
            "{from}"
        );
    }
}

#[test]
fn after_five_days_it_has_failed_and_a_late_receipt_mends_that() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "lost for good");
    let first = world.outgoing("alice").remove(0);
    lose(&mut world, "alice", 5 * 24);
    let text = world.text("alice", "bob", id);
    assert_eq!(text.state, Delivery::Failed);
    assert_eq!(text.reason.as_deref(), Some("no answer for five days"));
    let told = &world.some("alice").told;
    let failed = |notice: &Notice| {
        matches!(
            notice,
            Notice::State {
                state: Delivery::Failed,
                ..
            }
        )
    };
    assert!(told.iter().any(failed));
    assert_eq!(lose(&mut world, "alice", 24), []);
    world.deliver(&first);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn several_lost_texts_ask_anew_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    for n in 0..5 {
        world.say("alice", "bob", &format!("{n}"));
        world.clock.advance(60);
    }
    let lost = lose(&mut world, "alice", 50);
    assert_eq!(lost.len(), 5 + 5 + 1);
    world.outgoing("alice");
}

fn message_id(mail: &OutMail) -> String {
    let text = String::from_utf8_lossy(&mail.mail);
    let line = text.lines().find(|line| line.starts_with("Message-ID:"));
    line.unwrap()
        .split_once('<')
        .unwrap()
        .1
        .trim_end_matches('>')
        .to_owned()
}

fn report(to: &str, recipient: &str, message_id: &str, status: &str, action: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\n\
         Status: {status}\nDiagnostic-Code: smtp; 550 no such user here\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nFrom: {to}\nMessage-ID: <{message_id}>\n\n--b--\n"
    )
    .into_bytes()
}

#[test]
fn a_bounce_fails_the_text_and_says_why() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "to nobody");
    let mail = world.outgoing("alice").remove(0);
    let (alice, bob) = (address("alice"), address("bob"));
    let ours = message_id(&mail);
    for (what, recipient, message_id, status, action) in [
        (
            "another mail's",
            bob.as_str(),
            "guess@example.org",
            "5.1.1",
            "failed",
        ),
        ("a delay", bob.as_str(), ours.as_str(), "4.4.1", "delayed"),
    ] {
        let report = report(alice.as_str(), recipient, message_id, status, action);
        world.at("alice").hear_report(&report).unwrap();
        assert_eq!(
            world.text("alice", "bob", id).state,
            Delivery::Sent,
            "{what}"
        );
    }
    let real = report(alice.as_str(), bob.as_str(), &ours, "5.1.1", "failed");
    let arrived = world.at("alice").hear_report(&real).unwrap();
    assert!(arrived.done);
    let text = world.text("alice", "bob", id);
    assert_eq!(text.state, Delivery::Failed);
    assert!(text.reason.unwrap().contains("no such user here"));
    assert_eq!(lose(&mut world, "alice", 48), [], "it is not sent again");
}

#[test]
fn a_report_on_no_mail_of_ours_stays_in_the_mailbox() {
    let mut world = World::of(&["alice"]);
    let forged = report(
        "alice@example.org",
        "bob@example.net",
        "x@y",
        "5.1.1",
        "failed",
    );
    assert!(!world.at("alice").hear_report(&forged).unwrap().done);
}

#[test]
fn a_mail_system_that_is_down_loses_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "patience");
    let mut down = Mailbag {
        answer: Some(Handed::Later("connection refused".into())),
        ..Mailbag::default()
    };
    let settled = world.send("alice", &mut down, Announcements::Due);
    assert_eq!(settled.trouble.as_deref(), Some("connection refused"));
    assert_eq!((settled.sent, settled.left), (0, 1));
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    for _ in 0..48 {
        world.wait(HOUR);
        world.send("alice", &mut down, Announcements::Due);
    }
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    world.wait(HOUR);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn a_mail_system_that_refuses_fails_the_text() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "no way");
    let mut refusing = Mailbag {
        answer: Some(Handed::Refused("550 relaying denied".into())),
        ..Mailbag::default()
    };
    world.send("alice", &mut refusing, Announcements::Due);
    let text = world.text("alice", "bob", id);
    assert_eq!(text.state, Delivery::Failed);
    assert_eq!(text.reason.as_deref(), Some("550 relaying denied"));
    world.add("alice", "carol");
    world.send("alice", &mut refusing, Announcements::Due);
    let words = world.words("alice");
    assert!(
        words.iter().any(|word| word.contains("carol@example.com")),
        "{words:?}"
    );
}
