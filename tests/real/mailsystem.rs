//! Two people behind a real mail system: Postfix with procmail, and Postfix with Dovecot's LMTP and Sieve.

use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::postfix::{Delivery, Postfix};
use crate::support::process::{is_root, need, until};
use crate::support::recipes::install_procmail;

const NETWORK: &str = "test=irc://127.0.0.1:6667";

fn people(place: &Place) -> (Account, Account) {
    (
        Account::of_user(place, "alice@example.org", 61_001),
        Account::of_user(place, "bob@example.org", 61_002),
    )
}

#[test]
fn postfix_and_procmail() {
    need(&["postfix", "procmail", "msmtp"]);
    if !is_root("postfix_and_procmail") {
        return;
    }
    let place = Place::new();
    let (alice, bob) = people(&place);
    for account in [&alice, &bob] {
        install_procmail(account, "iim.rc", "");
    }
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Procmail);
    two_acts_make_friends(&postfix, &alice, &bob);
}

#[test]
fn postfix_and_dovecot() {
    need(&["postfix", "dovecot", "msmtp"]);
    if !is_root("postfix_and_dovecot") {
        return;
    }
    let place = Place::new();
    let (alice, bob) = people(&place);
    let dovecot = Dovecot::start(&place, &[&alice, &bob], "iim.sieve");
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Lmtp(dovecot.lmtp));
    two_acts_make_friends(&postfix, &alice, &bob);
}

/// Alice adds, bob accepts; the programs do the rest. Then they write to each other, and each text is acknowledged.
fn two_acts_make_friends(postfix: &Postfix, alice: &Account, bob: &Account) {
    // One sends by SMTP, the other by a sendmail command.
    alice.setup(&["--smtp", &postfix.smtp_url(), "--network", NETWORK]);
    bob.setup(&["--sendmail", &postfix.msmtp(), "--network", NETWORK]);
    alice.ok(&["add", "bob@example.org", "--name", "bob"]);
    bob.until_friend("alice@example.org", "standing", "asking", 20);
    bob.ok(&["accept", "alice@example.org", "--name", "alice"]);
    alice.until_friend("bob", "standing", "friend", 20);
    bob.until_friend("alice", "standing", "friend", 20);

    alice.ok(&["say", "bob", "hello bob"]);
    bob.until_text("alice", "hello bob", 20, |_| true);
    bob.ok(&["say", "alice", "hello alice"]);
    alice.until_text("bob", "hello alice", 20, |_| true);
    let delivered =
        |text: &serde_json::Value| text["state"] == "delivered" && text["via"] == "mail";
    alice.until_text("bob", "hello bob", 20, delivered);
    bob.until_text("alice", "hello alice", 20, delivered);

    until("the queue to be empty", 20, || {
        let open: Vec<String> = postfix
            .deliveries()
            .into_iter()
            .filter(|line| !line.contains("status=sent"))
            .collect();
        assert!(open.is_empty(), "every mail was taken at once: {open:?}");
        Some(())
    });
    for account in [alice, bob] {
        assert!(
            account.inbox().is_empty(),
            "{}: nothing was left over",
            account.name
        );
    }
}

/// Trouble in the real program defers; when it is over, the mail is taken.
#[test]
fn postfix_tries_again_after_trouble() {
    need(&["postfix", "procmail", "msmtp"]);
    if !is_root("postfix_tries_again_after_trouble") {
        return;
    }
    let place = Place::new();
    let (alice, bob) = people(&place);
    for account in [&alice, &bob] {
        install_procmail(account, "iim.rc", "");
    }
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Procmail);
    for account in [&alice, &bob] {
        account.setup(&["--smtp", &postfix.smtp_url(), "--network", NETWORK]);
    }
    let good = bob.break_config();
    alice.ok(&["add", "bob@example.org"]);
    until("the request to be deferred", 20, || {
        postfix
            .deliveries()
            .iter()
            .any(|l| l.contains("status=deferred"))
            .then_some(())
    });
    bob.mend_config(&good);
    postfix.until_tried_again("the request to be taken", || {
        bob.of_friend("alice@example.org", "standing") == "asking"
    });
    assert!(bob.inbox().is_empty());
}

/// A mail to nobody comes back as a report, and the person is told why.
#[test]
fn a_bounce_is_told_to_the_user() {
    need(&["postfix", "procmail", "msmtp"]);
    if !is_root("a_bounce_is_told_to_the_user") {
        return;
    }
    let place = Place::new();
    let (alice, bob) = people(&place);
    for account in [&alice, &bob] {
        install_procmail(account, "iim.rc", "");
    }
    // Bob's hook refuses nothing, but their mailbox is gone from one moment to the other: bob is no user any more.
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Procmail);
    for account in [&alice, &bob] {
        account.setup(&["--smtp", &postfix.smtp_url(), "--network", NETWORK]);
    }
    alice.ok(&["add", "bob@example.org", "--name", "bob"]);
    bob.until_friend("alice@example.org", "standing", "asking", 20);
    bob.ok(&["accept", "alice@example.org"]);
    alice.until_friend("bob", "standing", "friend", 20);
    bob.until_friend("alice@example.org", "standing", "friend", 20);
    postfix.forget(&bob);
    alice.ok(&["say", "bob", "are you there?"]);
    let text = alice.until_text("bob", "are you there?", 30, |t| t["state"] == "failed");
    assert!(
        text["reason"].as_str().is_some_and(|r| !r.is_empty()),
        "{text}"
    );
    assert!(alice.inbox().is_empty(), "the report was ours");
}
