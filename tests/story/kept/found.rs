//! Where a copy lies, and what lies beside it.

use std::fs;
use std::path::Path;

use iim::account::kept::Search;
use iim::edge::mail::stored::{self, Where};
use iim::edge::seal::stream::CodeKey;
use iim::protocol::code::Code;
use iim::protocol::kept::Kept;
use iim::protocol::mail_form::MAX_MAIL;
use iim::rules::event::Act;

use super::{NOW, code, copy_of, found};
use crate::world::{HOUR, World, address};

pub(super) fn in_file(path: &Path, key: &CodeKey) -> Option<Kept> {
    let mut search = Search::new(key, NOW);
    let mut take = |mail: &[u8], place| search.look(mail, place);
    stored::each(path, MAX_MAIL, &mut take).unwrap();
    search.found()
}

/// As an mbox has it.
pub(super) fn mbox(mails: &[Vec<u8>]) -> Vec<u8> {
    let one = |mail: &Vec<u8>| {
        let text = String::from_utf8(mail.clone())
            .unwrap()
            .replace("\r\n", "\n");
        format!("From alice@example.org Sun Jun  1 12:00:00 2025\n{text}\n").into_bytes()
    };
    mails.iter().flat_map(one).collect()
}

#[test]
fn it_is_found_in_a_mail_an_mbox_and_a_maildir() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let first = copy_of(&mut world, "alice", &key).mail;
    world.pass(HOUR);
    world.act("alice", Act::Hide(vec![address("bob")]));
    let newest = copy_of(&mut world, "alice", &key).mail;
    let made = world.clock().now();
    world.say("bob", "alice", "another mail");
    let other = world.outgoing("bob").remove(0).mail;
    let dir = world.dir.path().join("mails");
    fs::create_dir(&dir).unwrap();
    let all = [newest.clone(), other, first.clone()];
    fs::write(dir.join("mail"), &newest).unwrap();
    fs::write(dir.join("mbox"), mbox(&all)).unwrap();
    // A person's program has dropped the marker, and the subject says something else: the user names the file.
    let text = String::from_utf8(first).unwrap();
    let odd = text
        .replace("IIM: 1\r\n", "")
        .replace("Kept copy (iim)", "[x] copy");
    fs::write(dir.join("odd"), odd).unwrap();
    for (n, mail) in all.iter().enumerate() {
        let folder = dir.join("maildir");
        for name in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let name = ["new", "cur"][n % 2];
        fs::write(folder.join(name).join(format!("{n}")), mail).unwrap();
    }
    for name in ["mail", "mbox", "maildir"] {
        let kept = in_file(&dir.join(name), &key).unwrap();
        assert_eq!(kept.made, made, "{name}");
        assert_eq!(kept.people.len(), 1);
        assert_eq!(kept.people[0].flags & 1, 0, "hidden by the newer");
    }
    assert!(in_file(&dir.join("odd"), &key).is_some());
    let other = CodeKey::of(&Code([7; 16]));
    assert!(in_file(&dir.join("mbox"), &other).is_none());
}

#[test]
fn what_is_no_copy_of_ours_is_passed_over() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let bobs = code(&mut world, "bob");
    let mail = copy_of(&mut world, "alice", &key).mail;
    let text = String::from_utf8(mail.clone()).unwrap();
    let other = copy_of(&mut world, "bob", &bobs).mail;
    let forged = text
        .replace("alice@example.org", "mallory@example.org")
        .into_bytes();
    let changed = {
        let at = text.rfind("\r\n\r\n--").unwrap() - 400;
        let mut bytes = mail.clone();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        bytes
    };
    let large = [text.as_bytes(), "x\r\n".repeat(700_000).as_bytes()].concat();
    let mut search = Search::new(&key, NOW);
    for bytes in [
        &other,
        &forged,
        &changed,
        &mail[..mail.len() / 2].to_vec(),
        &large,
    ] {
        search.look(bytes, Where::Mailbox);
        search.look(bytes, Where::Alone);
    }
    assert!(search.sealed >= 6, "{}", search.sealed);
    assert!(search.found().is_none());
    assert_eq!(found([mail.as_slice()], &bobs), None, "bob's code");
    // Beside all that is wrong the right one is found, whoever else it says it is for.
    let all = [&other, &forged, &mail, &changed];
    assert!(found(all.into_iter().map(Vec::as_slice), &key).is_some());
    let rewritten = text.replacen("From: ", "From: <postmaster@example.org>\r\nX-From: ", 1);
    assert!(found([rewritten.as_bytes()], &key).is_some(), "To tells");
}

#[test]
fn one_among_ten_thousand_is_found() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let copy = copy_of(&mut world, "alice", &key).mail;
    world.say("bob", "alice", "a text");
    let letter = world.outgoing("bob").remove(0).mail;
    let person = b"From: zoe@example.org\r\nSubject: hello\r\n\r\nwords\r\n".to_vec();
    let mut mails = Vec::new();
    for n in 0..10_000 {
        mails.push(if n % 2 == 0 {
            letter.clone()
        } else {
            person.clone()
        });
    }
    mails[6_543] = copy;
    let file = world.dir.path().join("large.mbox");
    fs::write(&file, mbox(&mails)).unwrap();
    assert!(in_file(&file, &key).is_some());
}
