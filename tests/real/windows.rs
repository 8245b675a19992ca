//! What happens to mailboxes in ordinary life: put back from a backup, full, shared with a client that takes all the logins
//! there are, or by mistake with a second iim.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::support::account::Account;
use crate::support::dovecot::without;
use crate::support::mailboxes::{Scene, whole};
use crate::support::process::{is_root, need, run, try_until};

/// Makes `to` an exact copy of the folder `from`.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    run(Command::new("cp").arg("-a").arg(from).arg(to), b"").expect_code(0, "cp");
}

fn texts(scene: &Scene) -> Vec<String> {
    let texts = scene.bob.texts("alice");
    let text = |text: &serde_json::Value| text["text"].as_str().unwrap().to_owned();
    texts.iter().map(text).collect()
}

/// The provider puts a backup back: old letters lie there again, and every mail has another uid.
#[test]
fn a_mailbox_that_was_restored_is_read_on() {
    need(&["dovecot"]);
    if !is_root("a_mailbox_that_was_restored_is_read_on") {
        return;
    }
    let scene = Scene::new("");
    let Scene { alice, bob, .. } = &scene;
    scene.befriend();
    let (mailbox, backup) = (bob.home.join("Maildir"), bob.home.join("backup"));
    let own = whole(bob);
    alice.ok(&["say", "bob", "before the backup"]);
    copy(&mailbox, &backup);
    bob.ok(&["fetch"]);
    alice.ok(&["say", "bob", "lost with the disk, says the provider"]);
    bob.ok(&["fetch"]);
    copy(&backup, &mailbox);
    for entry in fs::read_dir(&mailbox).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("dovecot")
        {
            fs::remove_file(path).unwrap();
        }
    }
    alice.ok(&["say", "bob", "after it"]);
    bob.ok(&["fetch"]);
    let said = [
        "before the backup",
        "lost with the disk, says the provider",
        "after it",
    ];
    assert_eq!(texts(&scene), said);
    assert_eq!(whole(bob), own, "the letter that came back is gone again");
    alice.ok(&["say", "bob", "and on"]);
    bob.ok(&["fetch"]);
    assert_eq!(texts(&scene).len(), 4);
    assert_eq!(whole(bob), own);
}

/// Nothing can be put into any folder: letters are read and stay where they are, which is said; nothing else waits for them.
#[test]
fn in_a_full_mailbox_letters_are_read_and_stay() {
    need(&["dovecot"]);
    if !is_root("in_a_full_mailbox_letters_are_read_and_stay") {
        return;
    }
    let quota =
        "mail_plugins = quota\nplugin {\n  quota = maildir:all\n  quota_rule = *:messages=1\n}\n";
    // A MOVE puts nothing more into it, a COPY would.
    let scene = Scene::new(&format!("{}{quota}", without(&["MOVE"])));
    let Scene { alice, bob, .. } = &scene;
    scene.befriend();
    let own = whole(bob);
    bob.configure(&[("\n[mail.fetch]", "\n[mail.fetch]\nthen = \"move\"")]);
    alice.ok(&["say", "bob", "one"]);
    let out = bob.iim(&["fetch"]);
    assert!(out.errors().contains("stay in the mailbox"), "{out:?}");
    alice.ok(&["say", "bob", "two"]);
    bob.ok(&["fetch"]);
    bob.ok(&["fetch"]);
    assert_eq!(texts(&scene), ["one", "two"]);
    let left = whole(bob);
    assert_eq!(left.len(), own.len() + 2);
    assert!(own.iter().all(|(name, mail)| left.get(name) == Some(mail)));
}

/// Another client holds the only connection that the provider allows: it is said, and tried again later.
#[test]
fn a_provider_that_allows_no_more_logins_is_asked_again_later() {
    need(&["dovecot"]);
    if !is_root("a_provider_that_allows_no_more_logins_is_asked_again_later") {
        return;
    }
    let scene = Scene::new("mail_max_userip_connections = 1\n");
    let Scene {
        alice,
        bob,
        dovecot,
        ..
    } = &scene;
    scene.befriend();
    let own = whole(bob);
    let mut other = TcpStream::connect(("127.0.0.1", dovecot.imap)).unwrap();
    write!(other, "a LOGIN bob secret\r\nb SELECT INBOX\r\n").unwrap();
    let mut said = String::new();
    while !said.contains("\nb OK") {
        let mut part = [0; 4096];
        let length = other.read(&mut part).unwrap();
        assert!(length > 0, "{said}");
        said += &String::from_utf8_lossy(&part[..length]);
    }
    alice.ok(&["say", "bob", "hello"]);
    let out = bob.iim(&["fetch"]);
    out.expect_code(1, "no login is left");
    assert!(out.errors().contains("connections"), "{}", out.errors());
    assert!(!out.errors().contains("secret"));
    drop(other);
    try_until("the login", 20, || {
        let out = bob.iim(&["fetch"]);
        (out.code == Some(0)).then_some(()).ok_or(out.errors())
    });
    assert_eq!(texts(&scene), ["hello"]);
    assert_eq!(whole(bob), own);
}

/// A laptop and a desktop are both set up for one address: what a friend says to the one is never taken by the other, and the
/// other way round.
#[test]
fn two_that_were_set_up_for_one_address_take_each_their_own() {
    need(&["dovecot"]);
    if !is_root("two_that_were_set_up_for_one_address_take_each_their_own") {
        return;
    }
    let scene = Scene::new("imap_idle_notify_interval = 1s\n");
    let Scene { alice, bob, .. } = &scene;
    scene.befriend();
    let own = whole(bob);
    let mut desktop = Account::of_user(&scene.place, "desktop@example.org", 65_534);
    desktop.address.clone_from(&bob.address);
    let post = scene.place.join("post").display().to_string();
    desktop.setup(&["--sendmail", &post]);
    let url = format!("imap://bob@127.0.0.1:{}", scene.dovecot.imap);
    desktop.fetches_from(&url, "");
    desktop.ok(&["fetch"]);
    alice.ok(&["say", "bob", "0"]);
    assert_eq!(desktop.ok(&["fetch"]), "0 letters fetched\n");
    assert_eq!(whole(bob).len(), own.len() + 1);
    bob.ok(&["fetch"]);
    assert_eq!(whole(bob), own);
    let agents = [bob.agent(), desktop.agent()];
    for at in 1..=8 {
        alice.ok(&["say", "bob", &at.to_string()]);
    }
    bob.until_text("alice", "8", 30, |_| true);
    try_until("the letters to be gone", 20, || {
        let left = whole(bob);
        (left == own).then_some(()).ok_or(format!("{left:?}"))
    });
    assert_eq!(texts(&scene), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    assert!(desktop.friends().is_empty(), "{:?}", desktop.friends());
    drop(agents);
    let doctor = desktop.iim(&["doctor", "--no-mail"]).text();
    let words = "those of another iim that is set up for your address";
    assert!(doctor.contains(words), "{doctor}");
}
