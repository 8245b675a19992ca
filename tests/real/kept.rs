//! All of a machine is lost but a sheet of paper; the mailbox at a Dovecot has the rest.

use std::fs;

use crate::support::account::Account;
use crate::support::mailboxes::{Scene, whole};
use crate::support::process::{is_root, need};

#[test]
fn an_account_comes_back_out_of_its_mailbox() {
    need(&["dovecot"]);
    if !is_root("an_account_comes_back_out_of_its_mailbox") {
        return;
    }
    let scene = Scene::new("");
    scene.befriend();
    let Scene {
        alice,
        bob,
        dovecot,
        place,
    } = &scene;
    let said = alice.ok(&["backup", "--code"]);
    let paper = said.lines().next().unwrap().to_owned();
    bob.ok(&["say", "alice", "while it burned"]);
    alice.ok(&["-q", "backup"]);
    // Somebody sends alice what looks like a copy, and a sealed letter is there, too.
    let box_of_alice = alice.home.join("Maildir/new");
    let mails = fs::read_dir(&box_of_alice).unwrap();
    let mails = mails.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let copy = mails
        .map(|mail| String::from_utf8(mail).unwrap())
        .find(|mail| mail.contains("Subject: Kept copy (iim)"))
        .unwrap();
    let forged = copy.replacen("\n\nhAQB", "\n\nhAQC", 1);
    assert_ne!(forged, copy);
    alice.write("Maildir/new/forged", forged);
    let before = whole(alice);

    let new = Account {
        home: place.join("new"),
        ..alice.clone()
    };
    new.folder("");
    let imap = format!("imap://alice@127.0.0.1:{}", dovecot.imap);
    let recover = ["recover", "--account", &alice.address, "--imap", &imap];
    let wrong = b"aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaeb\nsecret\n";
    let nobodys = new.iim_with(&recover, wrong);
    nobodys.expect_code(1, "another's paper");
    assert!(nobodys.errors().contains("none opens with this code"));
    let there = new.iim_with(&recover, format!("{paper}\nsecret\n").as_bytes());
    there.expect_code(0, "recover");
    assert!(there.text().contains("a roster of 1"), "{}", there.text());
    assert!(!there.text().contains(&paper) && !there.errors().contains(&paper));
    assert_eq!(whole(alice), before, "nothing is marked, moved or gone");

    // Its programs and passwords are put in place by hand, as the command says.
    let config = ".config/iim";
    for entry in fs::read_dir(alice.home.join(config)).unwrap() {
        let path = entry.unwrap().path();
        if !new
            .home
            .join(config)
            .join(path.file_name().unwrap())
            .exists()
        {
            let name = path.file_name().unwrap().to_str().unwrap();
            new.write(&format!("{config}/{name}"), fs::read(&path).unwrap());
        }
    }
    new.ok(&["say", "bob", "out of the ashes"]);
    new.ok(&["fetch"]);
    for _ in 0..3 {
        new.ok(&["flush"]);
        bob.ok(&["fetch"]);
        new.ok(&["fetch"]);
    }
    assert_eq!(bob.texts("alice").len(), 2);
    assert_eq!(bob.of_friend("alice", "key_changed"), "false");
    assert_eq!(new.of_friend("bob", "standing"), "friend");
    let kept = whole(alice)
        .keys()
        .filter(|name| name.starts_with("forged"))
        .count();
    assert_eq!(kept, 1, "what cannot be read stays, too");
}
