//! A server that takes one connection from a host alone: no room there, and all else as ever.

use super::long;
use super::party::{GROUP, Party, shown};
use crate::groups::delivered;
use crate::support::ircd::{Hybrid, Inspircd, Ircd, Ngircd, available};
use crate::support::process::{Running, need};

#[test]
fn ngircd_takes_one_connection() {
    need(&["ngircd"]);
    // A day and more passes, with mails of all to all.
    if !long() {
        return;
    }
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
    let refused = || -> usize {
        let logs = party.agents.iter().map(Running::log);
        logs.map(|log| log.matches("the connection of rooms is over").count())
            .sum()
    };
    let until_refused = |what: &str, times: usize| {
        party.until(what, || {
            let count = refused();
            (count == times).then_some(()).ok_or(count.to_string())
        });
    };
    // The server may only have wanted us slower.
    until_refused("all to be refused, and again minutes later", 6);
    until_closed(&party);
    all_else_as_ever(&party, 0);
    for friend in ["bob", "carol"] {
        let said = party.people[0].texts(friend).pop().unwrap();
        assert_eq!(said["via"], "irc", "{friend}");
    }
    // Not asked again within a day, and then once.
    party.turn(20 * 3_600);
    all_else_as_ever(&party, 1);
    assert_eq!(refused(), 6);
    party.turn(5 * 3_600);
    until_refused("all to be refused again", 9);
    until_closed(&party);
    all_else_as_ever(&party, 2);
}

#[track_caller]
fn until_closed(party: &Party) {
    for person in &party.people {
        party.until(&format!("{}'s room to be closed", person.name), || {
            let on = shown(person)["room"]["on"][0].clone();
            let closed = on["state"] == "closed" && on["until"].is_string();
            closed.then_some(()).ok_or(on.to_string())
        });
    }
}

/// Who is online is seen, a text to one comes, and one to all reaches all and is acknowledged.
#[track_caller]
fn all_else_as_ever(party: &Party, round: usize) {
    let alice = party.person("alice");
    for friend in ["bob", "carol"] {
        alice.until_friend(friend, "presence", "online", 60);
        let text = format!("{round} to {friend}");
        alice.ok(&["say", friend, &text]);
        party.until(&format!("{text:?} to have come"), || {
            let said = alice.texts(friend).pop().unwrap();
            (said["state"] == "delivered")
                .then_some(())
                .ok_or(said.to_string())
        });
    }
    for from in party.names() {
        let text = format!("{round} from {from}");
        party.say(from, &text);
        party.until(&format!("{text:?} to have come"), || {
            let come = delivered(party.person(from), GROUP)[&text];
            (come == (2, 2)).then_some(()).ok_or(format!("{come:?}"))
        });
    }
}
