//! What stands in a copy, and what in a mailbox, may be wrong: something comes back all the same.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iim::account::AccountError;
use iim::account::kept::{Recovered, Search, When, back_up, is_due, recover};
use iim::edge::mail::stored::Where;
use iim::edge::seal::kept::seal_copy;
use iim::edge::seal::stream::CodeKey;
use iim::protocol::codec::encode_kept;
use iim::protocol::kept::Kept;
use iim::protocol::mail_form::{Envelope, write_copy};
use iim::protocol::part::SealedCopy;
use iim::protocol::time::Seconds;
use iim::rules::event::{Act, NewStatus};

use super::{code, copy_of, found, lose_all};
use crate::world::{DAY, HOUR, Mailbag, World, address};

/// The mail of a copy that nobody has made.
fn mail_of(kept: &Kept, key: &CodeKey, nonce: u8) -> Vec<u8> {
    let copy = seal_copy(key, [nonce; 24], &kept.address, &encode_kept(kept)).unwrap();
    mail_with(kept, copy)
}

fn mail_with(kept: &Kept, copy: SealedCopy) -> Vec<u8> {
    let envelope = Envelope {
        from: &kept.address,
        from_name: "",
        to: &kept.address,
        message_id: "a@example.org",
        date: kept.made,
    };
    write_copy(&envelope, copy)
}

#[test]
fn who_was_invisible_is_invisible() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    copy_of(&mut world, "alice", &key);
    world.act(
        "alice",
        Act::Status {
            status: Some(NewStatus::Invisible),
            text: None,
            friends: Vec::new(),
            ways: None,
        },
    );
    world.exchange();
    assert!(is_due(world.at("alice"), &key).unwrap());
    let mail = copy_of(&mut world, "alice", &key);
    lose_all(&mut world, "alice", &key, &mail);
    world.act("alice", Act::Restored);
    world.exchange();
    world.pass(2 * HOUR);
    assert!(world.at("alice").state().unwrap().invisible);
}

#[test]
fn a_configuration_that_is_not_understood_is_laid_aside() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    let other = kept.config.replace("alice@", "zoe@");
    let newer = format!("of_a_later_version = true\n{}", kept.config);
    for (n, config) in [newer, other, String::new()].into_iter().enumerate() {
        let mut kept = kept.clone();
        kept.name = "Ali \"A\\B\"".to_owned();
        kept.config.clone_from(&config);
        let home = world.home(&format!("new{n}"));
        let done = recover(&home, world.clock(), &key, &kept).unwrap();
        let Recovered {
            mut account, aside, ..
        } = done;
        assert_eq!(account.people().unwrap().len(), 1);
        assert_eq!(account.config.address, address("alice"));
        assert_eq!(account.config.name, kept.name);
        let aside = aside.unwrap();
        assert_eq!(fs::read_to_string(&aside).unwrap(), config);
        let mode = fs::metadata(&aside).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let home = world.home("as it was");
    let done = recover(&home, world.clock(), &key, &kept).unwrap();
    assert!(done.aside.is_none() && done.left_out.is_empty());
}

#[test]
fn no_copy_is_made_of_a_configuration_that_gives_nobody_back() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let path = world.some("alice").home.config();
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let refused = |world: &mut World| {
        let mut bag = Mailbag::default();
        assert!(is_due(world.at("alice"), &key).is_err());
        let fault = back_up(world.at("alice"), &key, When::Due, &mut bag).unwrap_err();
        assert!(bag.mails.is_empty());
        fault
    };
    assert!(matches!(refused(&mut world), AccountError::Config(_)));
    fs::write(&path, format!("nothing = 1\n{text}")).unwrap();
    assert!(matches!(refused(&mut world), AccountError::Config(_)));
    fs::write(&path, text.replace("alice@", "zoe@")).unwrap();
    assert!(matches!(refused(&mut world), AccountError::Mail(_)));
    fs::write(&path, text).unwrap();
    copy_of(&mut world, "alice", &key);
}

#[test]
fn a_copy_from_the_future_counts_only_alone() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key).mail;
    let now = world.clock().now();
    let mut ahead = found([mail.as_slice()], &key).unwrap();
    ahead.made = Seconds(now.0 + 1000 * DAY);
    let odd = mail_of(&ahead, &key, 1);
    for mails in [[&mail, &odd], [&odd, &mail]] {
        let mut search = Search::new(&key, now);
        (mails.into_iter()).for_each(|mail| search.look(mail, Where::Mailbox));
        assert_eq!(search.passed_over(), Some(ahead.made));
        assert_eq!(search.found().unwrap().made, now);
    }
    let mut search = Search::new(&key, now);
    search.look(&odd, Where::Mailbox);
    assert_eq!(search.passed_over(), None);
    assert_eq!(search.found().unwrap().made, ahead.made);
    // Clocks differ by a day.
    ahead.made = Seconds(now.0 + DAY);
    let later = mail_of(&ahead, &key, 2);
    let mut search = Search::new(&key, now);
    for mail in [&later, &mail] {
        search.look(mail, Where::Mailbox);
    }
    assert_eq!(search.found().unwrap().made, ahead.made);
}

#[test]
fn of_two_copies_of_one_second_the_later_counts() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let first = copy_of(&mut world, "alice", &key).mail;
    world.act("alice", Act::Hide(vec![address("bob")]));
    let second = copy_of(&mut world, "alice", &key).mail;
    for mails in [[&first, &second], [&second, &first]] {
        let kept = found(mails.map(Vec::as_slice), &key).unwrap();
        assert_eq!(kept.people[0].flags & 1, 0, "hidden by the later");
    }
}

#[test]
fn one_whom_the_database_refuses_is_left_out_and_no_other() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    let mut kept = found([mail.mail.as_slice()], &key).unwrap();
    kept.people[1].name = kept.people[0].name.to_uppercase();
    let home = world.home("new");
    let mut done = recover(&home, world.clock(), &key, &kept).unwrap();
    assert_eq!(done.left_out, [address("carol").as_str()]);
    let people = done.account.people().unwrap();
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].address, address("bob"));
}

#[test]
fn one_of_a_newer_version_is_said_to_be_that() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key).mail;
    let kept = found([mail.as_slice()], &key).unwrap();
    let looked = |mail: &[u8], place| {
        let mut search = Search::new(&key, kept.made);
        search.look(mail, place);
        let newer = (search.newer, search.named_newer);
        let counts = (newer, search.sealed, search.fault.take());
        assert!(search.found().is_none());
        counts
    };
    // What opens is written by whoever has the code.
    let copy = seal_copy(&key, [1; 24], &kept.address, b"\xa1\x01\x63odd").unwrap();
    let (newer, sealed, _) = looked(&mail_with(&kept, copy), Where::Mailbox);
    assert_eq!((newer, sealed), ((1, 0), 0));
    // Another form of it is known by its number, whoever has written that.
    let later = |subject: &str| {
        let part = BASE64.encode([0x84, 4, 2, 0x40, 0x40]);
        format!(
            "From: alice@example.org\r\nTo: alice@example.org\r\nSubject: {subject}\r\nIIM: 1\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/vnd.iim\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{part}\r\n--b--\r\n"
        )
        .into_bytes()
    };
    let (newer, _, fault) = looked(&later("Kept copy (iim)"), Where::Alone);
    assert_eq!((newer, fault.is_some()), ((0, 1), true));
    assert_eq!(
        looked(&later("Sealed message (iim)"), Where::Mailbox).0,
        (0, 0)
    );
    let (newer, sealed, fault) = looked(&mail[..mail.len() / 2], Where::Alone);
    assert_eq!((newer, sealed), ((0, 0), 0));
    assert!(fault.unwrap().has_our_part(), "it is cut");
    assert_eq!(looked(&mail[..mail.len() / 2], Where::Mailbox).2, None);
}
