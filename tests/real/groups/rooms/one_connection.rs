//! A server that takes one connection from a host alone: no room there, and all else as ever.

use std::thread::sleep;
use std::time::Duration;

use super::long;
use super::party::{GROUP, Party, shown};
use crate::groups::{delivered, until_passed};
use crate::support::ircd::{Hybrid, Inspircd, Ircd, Ngircd, available};
use crate::support::process::{Running, need, try_until};

#[test]
fn ngircd_takes_one_connection() {
    need(&["ngircd"]);
    let server = Ngircd {
        connections: 1,
        ..Ngircd::default()
    };
    one_connection_each(&server.start());
}

#[test]
fn inspircd_takes_one_connection() {
    if !long() || !available("inspircd") {
        return;
    }
    let server = Inspircd {
        connections: 1,
        ..Inspircd::default()
    };
    one_connection_each(&server.start());
}

#[test]
fn hybrid_takes_one_connection() {
    if !long() || !Hybrid::available("hybrid_takes_one_connection") {
        return;
    }
    let server = Hybrid {
        connections: 1,
        ..Hybrid::default()
    };
    one_connection_each(&server.start());
}

fn one_connection_each(server: &Ircd) {
    let party = Party::of(3, |_| vec![server.port]);
    party.meets();
    until_online(&party);
    // The pause before the connection of rooms is over.
    party.turn(60);
    until_refused(&party, 3);
    until_closed(&party);
    all_else_as_ever(&party, 0);
    if long() {
        asked_once_more_then_daily(&party);
    }
}

/// The server may only have wanted us slower, so it is asked again minutes later; then not within a day.
fn asked_once_more_then_daily(party: &Party) {
    passes(party, 6 * 60);
    until_refused(party, 6);
    until_closed(party);
    all_else_as_ever(party, 1);
    passes(party, 20 * 3_600);
    all_else_as_ever(party, 2);
    assert_eq!(refused(party), 6);
    passes(party, 5 * 3_600);
    until_refused(party, 9);
    until_closed(party);
    all_else_as_ever(party, 3);
}

/// So many seconds pass. Whoever moves to another nick by that has left it, and is shown to be online no more.
fn passes(party: &Party, seconds: i64) {
    party.turn(seconds);
    sleep(BETWEEN_QUESTIONS);
    party.turn(GRACE);
    sleep(NOTICED);
}

/// Who is there is asked at least so often, and for so many seconds somebody is shown who is not.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(20);
const GRACE: i64 = 200;
/// For so long an agent may not look at the clock.
const NOTICED: Duration = Duration::from_secs(3);

/// How often a connection of rooms was refused.
fn refused(party: &Party) -> usize {
    let logs = party.agents.iter().map(Running::log);
    logs.map(|log| log.matches("the connection of rooms is over").count())
        .sum()
}

#[track_caller]
fn until_refused(party: &Party, times: usize) {
    try_until("all to be refused", 120, || {
        let count = refused(party);
        (count == times).then_some(()).ok_or(count.to_string())
    });
}

#[track_caller]
fn until_closed(party: &Party) {
    for person in &party.people {
        try_until(&format!("{}'s room to be closed", person.name), 10, || {
            let on = shown(person)["room"]["on"][0].clone();
            let closed = on["state"] == "closed" && on["until"].is_string();
            closed.then_some(()).ok_or(on.to_string())
        });
    }
}

/// Alice and their friends see each other. They greet as fast as lines leave, whatever the clock shows, and move to another
/// nick at times: nobody turns the clock.
#[track_caller]
fn until_online(party: &Party) {
    let alice = party.person("alice");
    for friend in &party.people[1..] {
        alice.until_friend(&friend.name, "presence", "online", 240);
        friend.until_friend("alice", "presence", "online", 240);
    }
}

/// Who is online is seen, a text to one comes by IRC, and one to all reaches all and is acknowledged.
#[track_caller]
fn all_else_as_ever(party: &Party, round: usize) {
    until_online(party);
    let alice = party.person("alice");
    for friend in ["bob", "carol"] {
        let text = format!("{round} to {friend}");
        alice.ok(&["say", friend, &text]);
        let said = alice.until_text(friend, &text, 30, |text| text["state"] == "delivered");
        assert_eq!(said["via"], "irc", "{friend}");
    }
    let text = |from: &str| format!("{round} from {from}");
    // That something came is told by mail every ten minutes.
    let minutes = || party.turn(300);
    for from in party.names() {
        party.say(from, &text(from));
    }
    for from in party.names() {
        let text = text(from);
        until_passed(&format!("{text:?} to have come"), minutes, || {
            let come = delivered(party.person(from), GROUP)[&text];
            (come == (2, 2)).then_some(()).ok_or(format!("{come:?}"))
        });
    }
}
