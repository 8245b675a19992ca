//! People who have a mailbox at an IMAP server, and neither a hook nor a shell there.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::support::account::Account;
use crate::support::mailboxes::{Scene, whole};
use crate::support::mails::ordinary;
use crate::support::process::{is_root, need, try_until};

/// Letters that come within moments.
const BURST: usize = 40;

fn mailbox(person: &Account) -> Value {
    let status: Value = serde_json::from_str(&person.ok(&["status", "--json"])).unwrap();
    status["mailbox"].clone()
}

#[test]
fn two_people_with_nothing_but_mailboxes_talk() {
    need(&["dovecot"]);
    if !is_root("two_people_with_nothing_but_mailboxes_talk") {
        return;
    }
    let scene = Scene::new("");
    let Scene { alice, bob, .. } = &scene;
    // What is there before the first look is not looked at, whatever it is.
    bob.write("Maildir/new/old", crate::support::mails::forged());
    let before = (whole(alice), whole(bob));
    scene.befriend();
    alice.ok(&["say", "bob", "hello"]);
    bob.write("Maildir/new/later", ordinary());
    bob.ok(&["fetch"]);
    assert_eq!(bob.texts("alice")[0]["text"], "hello");
    alice.ok(&["fetch"]);
    assert_eq!(alice.texts("bob")[0]["state"], "delivered");
    assert_eq!(alice.ok(&["fetch"]), "0 letters fetched\n");
    // Nothing of theirs is changed, and nothing of iim's is left.
    assert_eq!(whole(alice), before.0);
    let mut after = whole(bob);
    assert_eq!(after.remove("later "), Some(ordinary()));
    assert_eq!(after, before.1);
    assert!(mailbox(bob)["letters"].as_u64().unwrap() >= 3);
}

#[test]
fn an_agent_watches_its_mailbox_and_says_how_it_is() {
    need(&["dovecot"]);
    if !is_root("an_agent_watches_its_mailbox_and_says_how_it_is") {
        return;
    }
    let scene = Scene::new("");
    let Scene { alice, bob, .. } = &scene;
    scene.befriend();
    let _agent = bob.agent();
    try_until("bob's mailbox to be watched", 20, || match mailbox(bob) {
        mailbox if mailbox["since"].is_string() => Ok(()),
        mailbox => Err(mailbox.to_string()),
    });
    alice.ok(&["say", "bob", "at once"]);
    let has = |text: &str| {
        let texts = bob.texts("alice");
        match texts.iter().any(|one| one["text"] == text) {
            true => Ok(()),
            false => Err(format!("{texts:?}")),
        }
    };
    try_until("the text to come", 10, || has("at once"));
    assert!(bob.ok(&["status"]).contains("mailbox: watched since "));
    // A command lets the agent look.
    alice.ok(&["say", "bob", "asked for"]);
    let fetched = bob.ok(&["fetch"]);
    assert!(fetched.ends_with("fetched by the agent\n"), "{fetched}");
    try_until("the second text to come", 10, || has("asked for"));
    // Nobody else fetches meanwhile.
    assert!(bob.iim(&["fetch", "--since", "1d"]).code != Some(0));
}

/// Whatever the server is about when the next one comes, none is overlooked.
#[test]
fn letters_that_come_within_moments_are_all_heard_once_and_at_once() {
    need(&["dovecot"]);
    if !is_root("letters_that_come_within_moments_are_all_heard_once_and_at_once") {
        return;
    }
    let scene = Scene::new("");
    let Scene { alice, bob, .. } = &scene;
    scene.befriend();
    // Written while bob looks away: they come when the provider wants.
    let written: Vec<String> = (0..BURST).map(|n| format!("text {n}")).collect();
    for text in &written {
        alice.ok(&["say", "bob", text]);
    }
    let letters = take_away(bob);
    assert_eq!(letters.len(), BURST);
    let own = whole(bob);
    let _agent = bob.agent();
    try_until("bob's mailbox to be watched", 20, || match mailbox(bob) {
        mailbox if mailbox["since"].is_string() => Ok(()),
        mailbox => Err(mailbox.to_string()),
    });
    for (n, letter) in letters.iter().enumerate() {
        bob.deliver(&format!("{n:03}.letter"), letter);
        std::thread::sleep(Duration::from_millis(rand::random_range(0..=30)));
    }
    try_until("all letters to leave the mailbox", 15, || {
        match bob.inbox_count() - own.len() {
            0 => Ok(()),
            left => Err(format!("{left} are left")),
        }
    });
    let mut heard: Vec<String> = texts(bob);
    let mut expected = written;
    heard.sort();
    expected.sort();
    assert_eq!(heard, expected);
    assert_eq!(whole(bob), own);
}

/// What is new in the mailbox, out of it.
pub fn take_away(person: &Account) -> Vec<Vec<u8>> {
    let new = fs::read_dir(person.home.join("Maildir/new")).unwrap();
    let mut paths: Vec<_> = new.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let take = |path| {
        let mail = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        mail
    };
    paths.into_iter().map(take).collect()
}

fn texts(person: &Account) -> Vec<String> {
    let texts = person.texts("alice");
    let text = |one: &Value| one["text"].as_str().unwrap().to_owned();
    texts.iter().map(text).collect()
}

#[test]
fn what_keeps_mail_from_being_fetched_is_said() {
    need(&["dovecot"]);
    if !is_root("what_keeps_mail_from_being_fetched_is_said") {
        return;
    }
    let Scene {
        alice,
        bob,
        dovecot,
        place: _place,
    } = Scene::new("");
    assert_eq!(alice.ok(&["fetch"]), "0 letters fetched\n");
    alice.write("password", "wrong");
    let out = alice.iim(&["fetch"]);
    out.expect_code(1, "wrong password");
    assert!(
        out.errors().contains("login is refused"),
        "{}",
        out.errors()
    );
    // By cron it is not tried at each run: servers lock accounts.
    alice.write("password", "secret");
    let out = alice.iim(&["fetch"]);
    out.expect_code(1, "a login that was refused a moment ago");
    assert!(
        out.errors().contains("tried again in 5 minutes")
            && out.errors().contains("iim fetch --now"),
        "{}",
        out.errors()
    );
    assert_eq!(alice.ok(&["fetch", "--now"]), "0 letters fetched\n");
    assert_eq!(alice.ok(&["fetch"]), "0 letters fetched\n");
    agent_that_was_refused(&alice);
    alice.configure(&[("\n[mail.fetch]", "\n[mail.fetch]\nfolder = \"Nowhere\"")]);
    let out = alice.iim(&["fetch"]);
    out.expect_code(1, "no such folder");
    assert!(out.errors().contains("Nowhere"), "{}", out.errors());
    drop(dovecot);
    bob.iim(&["fetch"]).expect_code(1, "no server");
}

/// An agent lets the pause pass, too, unless somebody wants the login.
fn agent_that_was_refused(alice: &Account) {
    alice.write("password", "wrong");
    let _agent = alice.agent();
    try_until("the login to be refused", 20, || match mailbox(alice) {
        mailbox if mailbox["trouble"].is_string() => Ok(()),
        mailbox => Err(mailbox.to_string()),
    });
    alice.write("password", "secret");
    let out = alice.iim(&["fetch"]);
    out.expect_code(1, "a login that the agent was refused a moment ago");
    assert!(
        out.errors().contains("login is refused"),
        "{}",
        out.errors()
    );
    let fetched = alice.ok(&["fetch", "--now"]);
    assert_eq!(fetched, "0 letters fetched by the agent\n");
}
