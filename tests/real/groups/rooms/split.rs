//! A network that splits while people are in a room, and somebody who takes the channel meanwhile.

use super::long;
use super::party::{GROUP, Party, shown};
use super::wire::Wire;
use crate::support::between::Linked;
use crate::support::ircd::{Bare, available};
use crate::support::process::need;

#[test]
fn ngircds_split_and_heal() {
    need(&["ngircd"]);
    split_in_the_middle(&Linked::ngircds());
}

#[test]
fn inspircds_split_and_heal() {
    if long() && available("inspircd") {
        split_in_the_middle(&Linked::inspircds());
    }
}

/// Alice and bob are on one server, carol and dave on the other: whatever is said before, in and after a split is heard once.
fn split_in_the_middle(servers: &Linked) {
    let (near, far) = (servers.near.port, servers.far.port);
    let party = Party::of(4, |name| match name {
        "alice" | "bob" => vec![near, far],
        _ => vec![far, near],
    });
    party.meets();
    let all = party.names();
    party.until_there(all, 3);
    let mut said = Vec::new();
    let mut note = |from: &'static str, when: &str| {
        let text = format!("{when}, says {from}");
        said.push((from, text.clone()));
        text
    };
    for &from in all {
        party.said_at_once(from, &note(from, "before"), all);
    }
    servers.splits();
    // Nobody's agent need know it yet.
    for &from in all {
        party.say(from, &note(from, "just then"));
    }
    party.until_there(all, 1);
    for (from, to) in [
        ("alice", ["bob"]),
        ("bob", ["alice"]),
        ("carol", ["dave"]),
        ("dave", ["carol"]),
    ] {
        party.said_at_once(from, &note(from, "meanwhile"), &to);
    }
    servers.heals();
    for &from in all {
        party.say(from, &note(from, "just healed"));
    }
    party.until_heard(&said);
}

#[test]
fn a_channel_of_ngircd_is_taken_over_during_a_split() {
    need(&["ngircd"]);
    let servers = Linked::ngircds();
    let (party, wire) = taken_over(&servers);
    let all = party.names();
    // Nobody is let in again: what is said goes by copies, and who is online is seen as before.
    for person in &party.people {
        party.until(&format!("{} to be out of the room", person.name), || {
            let on = shown(person)["room"]["on"][0].clone();
            (on["state"] == "closed")
                .then_some(())
                .ok_or(on.to_string())
        });
    }
    for friend in ["bob", "carol"] {
        assert_eq!(party.people[0].of_friend(friend, "presence"), "online");
    }
    party.say("bob", "out of it");
    party.until_heard(&[
        ("alice", "before".to_owned()),
        ("bob", "out of it".to_owned()),
    ]);
    // Another key is another channel, which they do not know.
    let taken = wire.channels();
    party.people[0].ok(&["group", "rooms", GROUP, "--new"]);
    party.until_there(all, 2);
    party.said_at_once("carol", "in another", all);
    assert_eq!(wire.channels().len(), taken.len() + 1);
}

#[test]
fn a_channel_of_inspircd_cannot_be_taken_over_so() {
    if !long() || !available("inspircd") {
        return;
    }
    let servers = Linked::inspircds();
    let (party, wire) = taken_over(&servers);
    party.said_at_once("carol", "still in it", party.names());
    assert_eq!(wire.channels().len(), 1);
}

/// All are on one server; somebody on the other, which is empty, who knows name and key, has the channel for themselves during
/// a split: they bar everybody, and throw all out when it has healed.
fn taken_over(servers: &Linked) -> (Party, Wire) {
    let wire = Wire::to(&servers.near);
    let party = Party::of(3, |_| vec![wire.port()]);
    party.meets();
    let all = party.names();
    party.until_there(all, 2);
    party.said_at_once("alice", "before", all);
    let room = wire.channels().pop().unwrap();
    servers.splits();
    let mut mallory = Bare::on(&servers.far, "mallory");
    let name = &room.name;
    let barred = mallory.asks(&format!("JOIN {name} {}\r\nMODE {name} +b *!*@*", room.key));
    let ban = barred
        .lines()
        .any(|line| line.contains("+b") && line.ends_with("*!*@*"));
    assert!(ban, "{barred}");
    servers.heals();
    for nick in wire.nicks() {
        mallory.asks(&format!("KICK {name} {nick} :out"));
    }
    (party, wire)
}
