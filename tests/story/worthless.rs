//! Keys with which nothing is secret, and sessions that are damaged: each is the failure of one letter alone.

use iim::edge::seal::Keyring;
use iim::edge::store::{SessionRow, Transport};
use iim::protocol::codec::{encode, request_signed_bytes};
use iim::protocol::letter::{Body, Keys, Letter, LetterId, OneTimeKeys, PublicKey, Request};
use iim::protocol::mail_form::{Envelope, write_request};
use iim::protocol::part::{Open, Part};
use iim::protocol::time::{Millis, Seconds};
use iim::rules::contact::{Contact, Standing};
use iim::rules::effect::Effect;
use iim::rules::handshake::Handshake;
use iim::rules::message::Delivery;

use crate::world::{MINUTE, START, World, address};

const WORTHLESS: PublicKey = PublicKey([0; 32]);

/// A request of carol's, made by hand, with what they like in it.
fn request(change: impl FnOnce(&mut Request)) -> Vec<u8> {
    let mut keyring = Keyring::generate();
    let mut request = Request {
        from: address("carol"),
        to: address("alice"),
        name: "Carol".to_owned(),
        note: None,
        keys: keyring.keys(),
        one_time_keys: OneTimeKeys {
            mail: Some(keyring.new_one_time_key().unwrap()),
            irc: Some(keyring.new_one_time_key().unwrap()),
        },
    };
    change(&mut request);
    let letter = encode(&Letter {
        id: LetterId([7; 16]),
        sent: Millis(START * 1000),
        body: Body::Request(request.clone()),
        holds: None,
        presence: None,
        one_time_keys: None,
        irc: None,
    });
    let signature = keyring.sign(&request_signed_bytes(&letter));
    let part = Part::Open(Open {
        letter,
        signature,
        invite: None,
    });
    let envelope = Envelope {
        from: &request.from,
        from_name: &request.name,
        to: &request.to,
        message_id: "1@example.com",
        date: Seconds(START),
    };
    write_request(&envelope, &part, &request)
}

/// Changes what `name` keeps of `other`.
fn change(world: &mut World, name: &str, other: &str, change: impl FnOnce(&mut Contact)) {
    let mut person = world.person(name, other);
    change(&mut person);
    let put = Effect::Contact(Box::new(person));
    let store = world.store(name);
    store.transact(|tx| tx.apply(&put, Seconds(START))).unwrap();
}

/// Changes the sessions that `name` has with `other`.
fn change_sessions(
    world: &mut World,
    name: &str,
    other: &str,
    transport: Transport,
    change: impl Fn(&SessionRow) -> String,
) {
    let peer = world.peer(name, other);
    let rows = world.sessions(name, other, transport);
    assert!(!rows.is_empty());
    let store = world.store(name);
    for row in rows {
        let pickle = change(&row).into();
        let row = SessionRow { pickle, ..row };
        store
            .transact(|tx| tx.sessions().put(&peer, transport, &row))
            .unwrap();
    }
}

/// As it is after a pre-key message with a ratchet key of low order, or after an ordinary one.
fn with_worthless_ratchet(row: &SessionRow) -> String {
    let mut pickle: serde_json::Value = serde_json::from_str(&row.pickle).unwrap();
    let zeros = serde_json::json!(vec![0; 32]);
    for chain in pickle["receiving_chains"]["inner"].as_array_mut().unwrap() {
        assert!(chain["ratchet_key"].is_array());
        chain["ratchet_key"] = zeros.clone();
    }
    let key = pickle["sending_ratchet"].get_mut("ratchet_key");
    *key.expect("no chain of theirs has begun") = zeros;
    pickle.to_string()
}

#[test]
fn a_request_with_a_key_of_low_order_stays_in_the_mailbox() {
    let low = |request: &mut Request| request.keys.curve25519 = WORTHLESS;
    let mail = |request: &mut Request| request.one_time_keys.mail = Some(WORTHLESS);
    let irc = |request: &mut Request| request.one_time_keys.irc = Some(WORTHLESS);
    let mut world = World::of(&["alice"]);
    for raw in [request(low), request(mail), request(irc)] {
        let arrived = world.hear("alice", &raw);
        assert!(!arrived.done, "{}", arrived.status);
        assert_eq!(world.standing("alice", "carol"), "nobody");
    }
    assert!(world.hear("alice", &request(|_| {})).done);
    assert_eq!(world.standing("alice", "carol"), "asking");
}

#[test]
fn a_worthless_one_time_key_is_that_letters_own_failure() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let key = world.keys("bob").curve25519;
    let bob = world.id("alice", "bob");
    let store = world.store("alice");
    store
        .transact(|tx| tx.apply(&Effect::DropSessions(bob, key), Seconds(START)))
        .unwrap();
    change(&mut world, "alice", "bob", |bob| {
        bob.friend_mut().unwrap().theirs.mail = Some(WORTHLESS);
    });
    let (to_bob, to_carol) = (
        world.say("alice", "bob", "one"),
        world.say("alice", "carol", "two"),
    );
    world.exchange();
    assert_eq!(world.heard("carol", "alice"), ["two"]);
    assert_eq!(
        world.text("alice", "carol", to_carol).state,
        Delivery::Delivered
    );
    // The friend is asked anew, as when all sessions are lost.
    world.pass(2 * 60 * MINUTE);
    assert_eq!(world.heard("bob", "alice"), ["one"]);
    assert_eq!(
        world.text("alice", "bob", to_bob).state,
        Delivery::Delivered
    );
}

#[test]
fn a_session_that_cannot_seal_is_that_letters_own_failure() {
    for (what, damage) in [
        ("no session", (|_| "{}".to_owned()) as fn(&SessionRow) -> _),
        ("a worthless ratchet key", with_worthless_ratchet),
    ] {
        let mut world = World::of_friends(&["alice", "bob", "carol"]);
        // Alice's next letter begins a chain of its own, for which alice needs bob's key.
        world.say("bob", "alice", "zero");
        let mails = world.outgoing("bob");
        mails.iter().for_each(|mail| drop(world.deliver(mail)));
        change_sessions(&mut world, "alice", "bob", Transport::Mail, damage);
        world.say("alice", "bob", "one");
        world.say("alice", "carol", "two");
        world.exchange();
        assert_eq!(world.heard("carol", "alice"), ["two"], "{what}");
        world.pass(2 * 60 * MINUTE);
        assert_eq!(world.heard("bob", "alice"), ["one"], "{what}");
    }
}

#[test]
fn a_damaged_session_over_irc_leaves_the_text_to_mail() {
    let mut world = World::of_friends(&["alice", "bob"]);
    change_sessions(&mut world, "alice", "bob", Transport::Irc, |_| "{}".into());
    world.meet("alice", "bob");
    world.say("alice", "bob", "one");
    world.chat("alice", "bob");
    assert!(world.heard("bob", "alice").is_empty());
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["one"]);
}

#[test]
fn a_damaged_session_does_not_keep_others_from_opening() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let peer = world.peer("bob", "alice");
    let damaged = SessionRow {
        session_id: "damaged".to_owned(),
        pickle: "{}".to_owned().into(),
        ours: false,
        opened_at: Seconds(START + 60 * 60 * 24),
        created_at: Seconds(START),
        ready: true,
        retired: false,
    };
    for transport in [Transport::Mail, Transport::Irc] {
        let store = world.store("bob");
        store
            .transact(|tx| tx.sessions().put(&peer, transport, &damaged))
            .unwrap();
    }
    world.say("alice", "bob", "one");
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["one"]);
    world.meet("alice", "bob");
    world.say("alice", "bob", "two");
    world.chat("alice", "bob");
    assert_eq!(world.heard("bob", "alice"), ["one", "two"]);
}

#[test]
fn an_accept_that_cannot_be_sealed_is_told_and_holds_up_nobody() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.settle_in("carol", "carol", "");
    world.add("carol", "alice");
    world.exchange();
    // As an older version kept it.
    change(&mut world, "alice", "carol", |carol| {
        let Standing::Handshake(Handshake::Asking(asking)) = &mut carol.standing else {
            panic!("they ask")
        };
        asking[0].keys = Keys {
            curve25519: WORTHLESS,
            ..asking[0].keys
        };
    });
    world.accept("alice", "carol");
    world.say("alice", "bob", "one");
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["one"]);
    let words = world.words("alice");
    let told = words
        .iter()
        .filter(|text| text.contains("could not be sent"));
    assert_eq!(told.count(), 1, "{words:?}");
}
