//! A person with mailboxes at two providers, as after a change of address: one agent fetches from both.

use serde_json::Value;

use super::fetched::take_away;
use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::mailboxes::Scene;
use crate::support::process::{is_root, need, try_until};

fn mailboxes(person: &Account) -> Vec<Value> {
    let status: Value = serde_json::from_str(&person.ok(&["status", "--json"])).unwrap();
    assert_eq!(status["mailbox"], status["mailboxes"][0]);
    status["mailboxes"].as_array().unwrap().clone()
}

fn until_heard(person: &Account, text: &str) {
    try_until("a text to come", 15, || {
        let texts = person.texts("bob");
        match texts.iter().filter(|one| one["text"] == text).count() {
            1 => Ok(()),
            _ => Err(format!("{texts:?}")),
        }
    });
}

/// How each is, and that all are as is wanted of them.
fn until_watched(person: &Account, wanted: &[bool]) {
    try_until("the mailboxes to be watched, or not", 30, || {
        let all = mailboxes(person);
        let watched = all.iter().map(|one| one["since"].is_string());
        match watched.eq(wanted.iter().copied()) {
            true => Ok(()),
            false => Err(format!("{all:?}")),
        }
    });
}

#[test]
fn one_agent_fetches_from_two_providers_and_one_that_is_gone_holds_up_nothing() {
    need(&["dovecot"]);
    if !is_root("one_agent_fetches_from_two_providers_and_one_that_is_gone_holds_up_nothing") {
        return;
    }
    let scene = Scene::new("");
    let Scene {
        alice,
        bob,
        dovecot,
        ..
    } = &scene;
    scene.befriend();
    let before = mailboxes(alice)[0]["letters"].as_u64().unwrap();
    let elsewhere = Place::new();
    let old = Account::of_user(&elsewhere, "old@example.net", 65_534);
    let provider = Dovecot::start_with(&elsewhere, &[&old], "iim.sieve", "");
    bob.ok(&["say", "alice", "twice"]);
    let [letter] = &take_away(alice)[..] else {
        panic!("no letter is there");
    };
    let second = format!(
        "\n[[mail.fetch]]\nname = \"old\"\nserver = \"imap://old@127.0.0.1:{}\"\npassword_file = \"{}\"\n",
        provider.imap,
        alice.home.join("password").display(),
    );
    let first = format!("imap://alice@127.0.0.1:{}", dovecot.imap);
    alice.fetches_from(&first, &second);
    // The first table stays as it was but for its brackets, and goes on where it was.
    alice.configure(&[("\n[mail.fetch]", "\n[[mail.fetch]]")]);
    let said = "alice@127.0.0.1: 0 letters fetched\nold: 0 letters fetched\n";
    assert_eq!(alice.ok(&["fetch"]), said);
    assert_eq!(mailboxes(alice)[0]["letters"].as_u64(), Some(before));
    let agent = alice.agent();
    until_watched(alice, &[true, true]);
    old.deliver("1.letter", letter);
    alice.deliver("1.letter", letter);
    until_heard(alice, "twice");
    bob.ok(&["say", "alice", "at once"]);
    until_heard(alice, "at once");
    try_until("both to be empty of letters", 10, || {
        match (old.inbox_count(), alice.inbox_count()) {
            (0, 5) => Ok(()),
            left => Err(format!("{left:?}")),
        }
    });
    bob.ok(&["fetch"]);
    assert_eq!(bob.texts("alice")[0]["state"], "delivered");
    provider_gone(&scene, provider);
    drop(agent);
    let out = alice.iim(&["fetch", "--json"]);
    out.expect_code(1, "a provider that is gone");
    let came: Value = serde_json::from_str(&out.text()).unwrap();
    assert_eq!(came["mailboxes"][0]["trouble"], Value::Null, "{came}");
    assert!(came["mailboxes"][1]["trouble"].is_string(), "{came}");
    let only = ["fetch", "--from", "ALICE@127.0.0.1"];
    assert_eq!(alice.ok(&only), "0 letters fetched\n");
    let out = alice.iim(&["fetch", "--from", "nobody"]);
    out.expect_code(1, "no such mailbox");
    assert!(out.errors().contains("alice@127.0.0.1, old"));
}

/// The old provider closes down.
fn provider_gone(scene: &Scene, provider: Dovecot) {
    let Scene { alice, bob, .. } = scene;
    drop(provider);
    until_watched(alice, &[true, false]);
    bob.ok(&["say", "alice", "beside the dead"]);
    until_heard(alice, "beside the dead");
    let lines = alice.ok(&["status"]);
    assert!(lines.contains("mailbox alice@127.0.0.1: watched since "));
    assert!(lines.contains("mailbox old: not watched: "), "{lines}");
    let out = alice.iim(&["fetch"]);
    out.expect_code(1, "a provider that is gone");
    let first = "alice@127.0.0.1: 0 letters fetched by the agent\n";
    assert_eq!(out.text(), first);
    assert!(out.errors().starts_with("iim: old: the agent fetches no"));
    let one = alice.ok(&["fetch", "--from", "alice@127.0.0.1"]);
    assert_eq!(one, "0 letters fetched by the agent\n");
}
