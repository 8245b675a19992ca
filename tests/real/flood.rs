//! Requests from thousands of strangers in an hour: the roster and the database stay small, what goes beyond stays in
//! the mailbox, and friends are heard as ever.

use iim::edge::seal::Keyring;
use iim::protocol::address::Address;
use iim::protocol::codec;
use iim::protocol::letter::{Body, Letter, LetterId, OneTimeKeys, Request};
use iim::protocol::mail_form::{Envelope, write_request};
use iim::protocol::part::{Open, Part};
use iim::protocol::time::{Millis, Seconds};

use crate::support::account::Place;
use crate::support::handshake::{befriend, carry};
use crate::support::mails::Way;
use crate::support::post::Post;

const NETWORK: &str = "test=irc://127.0.0.1:6667";
/// What a stranger may call themselves to play with a terminal: escape, bell, bidi override.
const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{1b}[31m\u{202e}evil";

/// A request to alice, rightly signed by keys of its own.
fn request(number: u64) -> Vec<u8> {
    let mut keyring = Keyring::generate();
    let from = Address::parse(&format!("stranger{number}@example.com")).unwrap();
    let to = Address::parse("alice@example.org").unwrap();
    let request = Request {
        from: from.clone(),
        to: to.clone(),
        name: HOSTILE.to_owned(),
        note: Some(HOSTILE.repeat(20)),
        keys: keyring.keys(),
        one_time_keys: OneTimeKeys {
            mail: Some(keyring.new_one_time_key().unwrap()),
            irc: Some(keyring.new_one_time_key().unwrap()),
        },
    };
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let letter = codec::encode(&Letter {
        id: LetterId(rand::random()),
        sent: Millis(now * 1000),
        body: Body::Request(request.clone()),
        holds: None,
        presence: None,
        one_time_keys: None,
        irc: None,
    });
    let signature = keyring.sign(&codec::request_signed_bytes(&letter));
    let part = Part::Open(Open {
        letter,
        signature,
        invite: None,
    });
    let message_id = format!("stranger{number}@example.com");
    let envelope = Envelope {
        from: &from,
        to: &to,
        message_id: &message_id,
        date: Seconds(now),
        from_name: "",
    };
    write_request(&envelope, &part, &request)
}

#[test]
fn thousands_of_requests_stay_within_limits() {
    let count: u64 = 10_000;
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    befriend(&post, Way::Procmail, &bob, &alice);
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|worker| {
                let alice = &alice;
                scope.spawn(move || {
                    (worker..count)
                        .step_by(2)
                        .map(|number| alice.iim_with(&["deliver"], &request(number)).code)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .collect()
    });
    let taken = codes.iter().filter(|c| **c == Some(0)).count();
    let left = codes.iter().filter(|c| **c == Some(1)).count();
    assert_eq!(taken, 200, "two hundred wait, no more");
    assert_eq!(taken + left, codes.len(), "none is in trouble");
    assert!(post.waiting().is_empty(), "no stranger got an answer");

    let friends = alice.friends();
    assert_eq!(friends.len(), 201, "two hundred strangers and bob");
    let shown = alice.iim(&["friends"]).stdout;
    assert!(
        !shown.contains(&0x1b) && !shown.contains(&0x07),
        "a terminal is safe"
    );
    assert!(
        !String::from_utf8_lossy(&shown).contains('\u{202e}'),
        "and reads left to right"
    );
    let data = alice.home.join(".local/share/iim");
    let size: u64 = std::fs::read_dir(data)
        .unwrap()
        .map(|e| e.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size < 8_000_000, "the account takes {size} bytes");

    bob.ok(&["say", "alice", "still there?"]);
    carry(&post, Way::Procmail, &[&alice, &bob]);
    bob.until_text("alice", "still there?", 5, |t| t["state"] == "delivered");
}
