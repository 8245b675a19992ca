//! Reports of mail systems that anybody can forge: once for each mail, about people on the roster alone, and with words
//! only beside the text that failed.

use iim::edge::mail::OutMail;
use iim::rules::effect::Notice;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{DAY, MINUTE, World, address};

pub(crate) fn message_id(mail: &OutMail) -> String {
    let text = String::from_utf8_lossy(&mail.mail);
    let line = text.lines().find(|line| line.starts_with("Message-ID:"));
    let (_, id) = line.unwrap().split_once('<').unwrap();
    id.trim_end_matches('>').to_owned()
}

/// A report to alice that names these mails of alice's and this receiver, so many times over.
pub(crate) fn report(recipient: &str, ids: &[&str], times: usize) -> Vec<u8> {
    let one = format!(
        "Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 call me at +1 555\n\n"
    );
    let headers: String = ids
        .iter()
        .map(|id| format!("Message-ID: <{id}>\n"))
        .collect();
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: alice@example.org\nSubject: Undelivered\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example\n\n{}\
         --b\nContent-Type: text/rfc822-headers\n\nFrom: alice@example.org\n{headers}\n--b--\n",
        one.repeat(times)
    )
    .into_bytes()
}

#[test]
fn a_report_counts_only_for_people_on_the_roster_who_are_not_blocked() {
    for (act, done) in [
        (Act::Block(vec![address("bob")]), true),
        (Act::Remove(vec![address("bob")]), false),
    ] {
        let mut world = World::of_friends(&["alice", "bob"]);
        world.say("alice", "bob", "a text");
        let mail = world.outgoing("alice").remove(0);
        world.act("alice", act.clone());
        let forged = report("bob@example.net", &[&message_id(&mail)], 1);
        let arrived = world.at("alice").hear_report(&forged).unwrap();
        assert_eq!(arrived.done, done, "{act:?}");
        assert_eq!(arrived.notices, [], "{act:?}");
    }
}

#[test]
fn a_report_counts_once_for_each_mail_and_in_one_turn() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "a text");
    let mail = world.outgoing("alice").remove(0);
    let forged = report("bob@example.net", &[&message_id(&mail)], 2000);
    let before = world.at("alice").data_version().unwrap();
    let arrived = world.at("alice").hear_report(&forged).unwrap();
    assert!(arrived.done);
    let failed = |notice: &Notice| {
        matches!(
            notice,
            Notice::State {
                state: Delivery::Failed,
                ..
            }
        )
    };
    assert_eq!(arrived.notices.iter().filter(|n| failed(n)).count(), 1);
    assert_eq!(arrived.notices.len(), 1);
    assert_eq!(world.at("alice").data_version().unwrap(), before);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Failed);
    // It arrives all the same, and the report comes again.
    world.deliver(&mail).unwrap();
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    let again = world.at("alice").hear_report(&forged).unwrap();
    assert!(again.done && again.notices.is_empty());
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn the_words_of_a_report_stand_only_beside_a_text_that_failed() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let request = world.outgoing("alice").remove(0);
    let forged = report("bob@example.net", &[&message_id(&request)], 1);
    let arrived = world.at("alice").hear_report(&forged).unwrap();
    let told: Vec<String> = arrived
        .notices
        .iter()
        .map(|notice| format!("{notice:?}"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("a mail to bob@example.net came back"),
        "{told:?}"
    );
    assert!(!told[0].contains("555"), "{told:?}");

    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Rotate { if_older: None });
    world.wait(3 * MINUTE);
    let announcement = world.outgoing("alice").remove(0);
    let forged = report("bob@example.net", &[&message_id(&announcement)], 1);
    assert_eq!(world.at("alice").hear_report(&forged).unwrap().notices, []);
}

#[test]
fn what_a_bounced_letter_announced_stays_untold_and_is_tried_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Rotate { if_older: None });
    world.wait(3 * MINUTE);
    let announcement = world.outgoing("alice").remove(0);
    assert!(world.person("alice", "bob").announce.is_none());
    let bounce = report("bob@example.net", &[&message_id(&announcement)], 1);
    world.at("alice").hear_report(&bounce).unwrap();
    assert!(world.person("alice", "bob").announce.is_some(), "untold");
    assert!(world.outgoing("alice").is_empty(), "not at once");
    world.wait(DAY);
    world.exchange();
    let ours = world.at("alice").state().unwrap().epoch;
    let held = world
        .person("bob", "alice")
        .friend()
        .unwrap()
        .presence
        .clone()
        .unwrap();
    assert_eq!(held.presence.epoch, Some(ours));
    // A late report on the first changes nothing any more.
    world.at("alice").hear_report(&bounce).unwrap();
    assert!(world.person("alice", "bob").announce.is_none());
}
