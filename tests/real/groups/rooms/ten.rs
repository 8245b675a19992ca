//! Ten members all say something: nobody is thrown out, everybody has each text once, an answer behind what it answers, and an
//! outsider sees nothing.

use std::sync::Arc;
use std::time::Duration;

use super::long;
use super::outsider::Outsider;
use super::party::{GROUP, NAMES, Party};
use super::wire::Wire;
use crate::support::account::Account;
use crate::support::ircd::{Hybrid, Inspircd, Ircd, Ngircd, available};
use crate::support::process::need;

/// How often each speaks: 200 texts in all where there is time.
fn rounds() -> usize {
    if long() { 19 } else { 2 }
}

/// So far behind everybody else's is erin's clock, in seconds.
const SLOW: i64 = 40;

#[test]
fn ten_talk_in_a_room_of_ngircd() {
    need(&["ngircd"]);
    ten_talk(&Ngircd::default().start(), Duration::ZERO);
}

#[test]
fn ten_talk_in_a_room_of_inspircd() {
    if long() && available("inspircd") {
        // Whoever writes more than two lines a second to it for long is thrown out.
        ten_talk(&Inspircd::default().start(), Duration::from_millis(600));
    }
}

#[test]
fn ten_talk_in_a_room_of_hybrid() {
    if long() && Hybrid::available("ten_talk_in_a_room_of_hybrid") {
        let server = Hybrid {
            paced: false,
            ..Hybrid::default()
        };
        ten_talk(&server.start(), Duration::from_millis(1_200));
    }
}

fn ten_talk(server: &Ircd, pause: Duration) {
    let wire = Arc::new(Wire::to(server));
    let party = Party::of(10, |_| vec![wire.port()]);
    let erin = NAMES.iter().position(|name| *name == "erin").unwrap();
    party.hands[erin].turn(-SLOW);
    let outsider = Outsider::on(server, &wire, pause);
    party.meets();
    party.until_there(&NAMES, 9);
    let connections = wire.connections();
    let mut said: Vec<(&str, String)> = Vec::new();
    let mut answers = Vec::new();
    for round in 0..rounds() {
        for from in NAMES {
            let text = format!("{round} from {from}");
            party.say(from, &text);
            said.push((from, text));
        }
        // Everybody has heard who spoke last; then one answers another.
        let (answering, asked) = (NAMES[(erin + round) % 10], NAMES[(erin + 1 + round) % 10]);
        for name in NAMES {
            let last = format!("{round} from judy");
            party.person(name).until_text(GROUP, &last, 60, |_| true);
        }
        let question = format!("{round} from {asked}");
        let answer = format!("{round}: {answering} answers {asked}");
        answers_to(party.person(answering), &question, &answer);
        said.push((answering, answer.clone()));
        answers.push((question, answer));
    }
    party.until_heard(&said);
    for person in &party.people {
        let texts: Vec<String> = texts(person);
        let at = |words: &String| texts.iter().position(|text| text == words).unwrap();
        for (question, answer) in &answers {
            let stands = at(question) < at(answer);
            assert!(stands, "{}: {answer:?} in {texts:?}", person.name);
        }
    }
    assert_eq!(wire.connections(), connections, "nobody came anew");
    outsider.saw_nothing();
    let log = server.output();
    for sign in ["Excess Flood", "RecvQ exceeded", "Excess flood"] {
        assert!(!log.contains(sign), "{sign}");
    }
}

/// Answers what somebody said.
#[track_caller]
fn answers_to(person: &Account, question: &str, answer: &str) {
    let asked = person.until_text(GROUP, question, 60, |_| true);
    let id = asked["id"].as_str().unwrap();
    person.ok(&["say", GROUP, "--reply", id, answer]);
    let said = person.until_text(GROUP, answer, 10, |_| true);
    assert_eq!(said["reply_to"], asked["id"]);
}

/// The history of the group, in order.
fn texts(person: &Account) -> Vec<String> {
    let texts = person.texts(GROUP).into_iter();
    texts
        .map(|text| text["text"].as_str().unwrap().to_owned())
        .collect()
}
