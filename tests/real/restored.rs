//! Mail that is fetched from a server, and a home that is restored from an old copy.

use std::collections::BTreeMap;
use std::process::Command;

use mail_parser::{MessageParser, MimeHeaders as _};
use vodozemac::olm::OlmMessage;

use super::fetch::{fetch, fetchmailrc};
use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::handshake::{befriend, hand_over};
use crate::support::mails::{Way, ordinary};
use crate::support::post::{Mail, Post};
use crate::support::process::{is_root, need, run};

const NETWORK: &str = "test=irc://127.0.0.1:6667";

/// Bob's mailbox is on a server; fetchmail brings what is for his program, and leaves the rest there.
#[test]
fn fetchmail_from_imap_into_the_hook() {
    need(&["fetchmail", "dovecot", "procmail"]);
    if !is_root("fetchmail_from_imap_into_the_hook") {
        return;
    }
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    // The user nobody, because fetchmail wants one that the machine knows.
    let bob = Account::of_user(&place, "bob@example.net", 65_534);
    let dovecot = Dovecot::start(&place, &[&bob], "iim.sieve");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    let rc = fetchmailrc(&bob, &bob.program, "imap", dovecot.imap);
    bob.write("Maildir/new/ordinary", ordinary());
    let arrive = |mail: &Mail, name: &str| {
        bob.write(&format!("Maildir/new/{name}"), &mail.bytes);
        fetch(&bob, &rc);
        assert_eq!(
            bob.inbox(),
            [ordinary()],
            "{name}: only the ordinary mail is left"
        );
    };

    alice.ok(&["add", "bob@example.net", "--name", "bob"]);
    arrive(&post.take_one(), "request");
    assert_eq!(bob.of_friend("alice@example.org", "standing"), "asking");
    bob.ok(&["accept", "alice@example.org", "--name", "alice"]);
    let accept = post.take_one();
    Way::Procmail
        .deliver(&alice, &accept.from, &accept.bytes)
        .expect_code(0, "the accept");
    arrive(&post.take_one(), "confirm");
    assert_eq!(bob.of_friend("alice", "standing"), "friend");
    alice.ok(&["say", "bob", "hello from afar"]);
    arrive(&post.take_one(), "text");
    bob.until_text("alice", "hello from afar", 5, |_| true);
    let receipt = post.take_one();
    Way::Procmail
        .deliver(&alice, &receipt.from, &receipt.bytes)
        .expect_code(0, "the receipt");
    alice.until_text("bob", "hello from afar", 5, |t| t["state"] == "delivered");
}

/// Alice's disk fails; her backup is a hundred texts old. She and bob talk on, and nothing is sealed twice.
#[test]
fn a_restored_home_seals_nothing_twice() {
    need(&["procmail"]);
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    befriend(&post, Way::Procmail, &alice, &bob);
    let mut sealed = Sealed::default();
    let people = [&alice, &bob];
    alice.ok(&["say", "bob", "before the copy"]);
    bob.ok(&["say", "alice", "before the copy"]);
    sealed.carry(&post, &people);

    let data = alice.home.join(".local/share/iim");
    let backup = place.join("backup");
    run(Command::new("cp").arg("-a").arg(&data).arg(&backup), b"").expect_code(0, "cp");
    for number in 0..50 {
        alice.ok(&["say", "bob", &format!("alice {number}")]);
        bob.ok(&["say", "alice", &format!("bob {number}")]);
        sealed.carry(&post, &people);
    }
    std::fs::remove_dir_all(&data).unwrap();
    run(Command::new("cp").arg("-a").arg(&backup).arg(&data), b"").expect_code(0, "cp");

    // She writes first, not knowing; then she does as doctor says. Bob does nothing.
    alice.ok(&["say", "bob", "after the copy"]);
    sealed.carry(&post, &people);
    alice.iim(&["doctor", "--restored"]);
    sealed.carry(&post, &people);
    for _ in 0..3 {
        alice.ok(&["flush"]);
        sealed.carry(&post, &people);
    }
    bob.until_text("alice", "after the copy", 5, |_| true);
    alice.until_text("bob", "after the copy", 5, |t| t["state"] == "delivered");
    bob.ok(&["say", "alice", "welcome back"]);
    sealed.carry(&post, &people);
    alice.until_text("bob", "welcome back", 5, |_| true);
    bob.until_text("alice", "welcome back", 5, |t| t["state"] == "delivered");
    assert!(
        sealed.seen.len() > 200,
        "only {} sealed mails were looked at",
        sealed.seen.len()
    );
}

/// Every place in a ratchet that a sealed mail was seen to use, with the ciphertext it was used for.
#[derive(Default)]
struct Sealed {
    seen: BTreeMap<([u8; 32], u64), Vec<u8>>,
}

impl Sealed {
    /// Carries mails, looking at each on its way.
    #[track_caller]
    fn carry(&mut self, post: &Post, people: &[&Account]) {
        for _ in 0..100 {
            let mails = post.take();
            if mails.is_empty() {
                return;
            }
            for mail in &mails {
                self.look(mail);
                hand_over(Way::Procmail, people, mail);
            }
        }
        panic!("the mails never end");
    }

    #[track_caller]
    fn look(&mut self, mail: &Mail) {
        let Some((kind, bytes)) = sealed(mail) else {
            return;
        };
        let message = match OlmMessage::from_parts(kind, &bytes).expect("an Olm message") {
            OlmMessage::Normal(message) => message,
            OlmMessage::PreKey(message) => message.message().clone(),
        };
        let place = (message.ratchet_key().to_bytes(), message.chain_index());
        let ciphertext = message.ciphertext().to_vec();
        if let Some(before) = self.seen.insert(place, ciphertext.clone()) {
            assert_eq!(
                before, ciphertext,
                "{} sealed twice from one ratchet",
                mail.from
            );
        }
    }
}

/// The kind and the bytes of the Olm message in a mail, if it is sealed: `[1, 0 / 1, bstr]`.
fn sealed(mail: &Mail) -> Option<(usize, Vec<u8>)> {
    let message = MessageParser::default().parse(&mail.bytes)?;
    let part = message.parts.iter().find(|part| {
        part.content_type()
            .is_some_and(|t| t.subtype() == Some("vnd.iim"))
    })?;
    let mut decoder = minicbor::Decoder::new(part.contents());
    decoder.array().unwrap();
    if decoder.u8().unwrap() != 1 {
        return None;
    }
    let kind = decoder.u8().unwrap();
    let bytes = decoder.bytes().unwrap().to_vec();
    Some((usize::from(kind), bytes))
}
