//! The program behind the shipped recipes: procmail's and Pigeonhole's.

use crate::support::account::Place;
use crate::support::handshake::{befriend, carry};
use crate::support::mails::{Way, big, foreign_report, forged, ordinary};
use crate::support::post::Post;
use crate::support::process::need;

const WAYS: [Way; 3] = [Way::Procmail, Way::Sieve, Way::SieveExecute];
const NETWORK: &str = "test=irc://127.0.0.1:6667";

fn need_all() {
    need(&["procmail", "dovecot-lda"]);
}

/// A mail as it must lie in the mailbox, whatever the mail system puts around it: CRLF is LF again, and what
/// Dovecot adds in front is gone.
fn plain(mail: &[u8]) -> Vec<u8> {
    let text: Vec<u8> = mail.iter().copied().filter(|b| *b != b'\r').collect();
    let start = text.windows(6).position(|w| w == b"From: ").unwrap_or(0);
    text[start..].to_vec()
}

#[test]
fn a_request_is_taken_and_nothing_is_answered() {
    need_all();
    for way in WAYS {
        let place = Place::new();
        let post = Post::new(&place);
        let alice = way.account(&place, "alice@example.org");
        let bob = way.account(&place, "bob@example.net");
        for account in [&alice, &bob] {
            account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
        }
        bob.ok(&["add", "alice@example.org", "--note", "it is me"]);
        let request = post.take_one();
        assert_eq!(request.to, "alice@example.org", "{way:?}");
        way.deliver(&alice, &request.from, &request.bytes)
            .expect_code(0, "the request");
        assert!(alice.inbox().is_empty(), "{way:?}: taken");
        assert_eq!(
            alice.of_friend("bob@example.net", "standing"),
            "asking",
            "{way:?}"
        );
        assert!(
            post.waiting().is_empty(),
            "{way:?}: a stranger gets no answer"
        );
    }
}

#[test]
fn an_invite_is_accepted_at_once_and_the_reply_sent() {
    need_all();
    for way in WAYS {
        let place = Place::new();
        let post = Post::new(&place);
        let alice = way.account(&place, "alice@example.org");
        let bob = way.account(&place, "bob@example.net");
        for account in [&alice, &bob] {
            account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
        }
        let printed = alice.ok(&["invite"]);
        let link = printed
            .split_whitespace()
            .find(|w| w.starts_with("iim:"))
            .expect("a link");
        bob.ok(&["add", link]);
        let request = post.take_one();
        way.deliver(&alice, &request.from, &request.bytes)
            .expect_code(0, "the request");
        assert!(alice.inbox().is_empty(), "{way:?}: taken");
        let accept = post.take_one();
        assert_eq!(accept.to, "bob@example.net", "{way:?}");
        assert_eq!(
            alice.of_friend("bob@example.net", "standing"),
            "confirming",
            "{way:?}"
        );
        way.deliver(&bob, &accept.from, &accept.bytes)
            .expect_code(0, "the accept");
        assert_eq!(
            bob.of_friend("alice@example.org", "standing"),
            "friend",
            "{way:?}"
        );
        carry(&post, way, &[&alice, &bob]);
        assert_eq!(
            alice.of_friend("bob@example.net", "standing"),
            "friend",
            "{way:?}"
        );
    }
}

#[test]
fn an_ordinary_mail_of_ten_megabytes_is_untouched() {
    need_all();
    for way in [Way::Procmail, Way::Filter, Way::Sieve, Way::SieveExecute] {
        let place = Place::new();
        let alice = way.account(&place, "alice@example.org");
        alice.setup(&["--sendmail", "/bin/false", "--network", NETWORK]);
        let mail = big();
        way.deliver(&alice, "carol@example.com", &mail)
            .expect_code(0, "the big mail");
        let inbox = alice.inbox();
        assert_eq!(inbox.len(), 1, "{way:?}");
        assert!(plain(&inbox[0]) == mail, "{way:?}: the mail has changed");
    }
}

/// The same through the program itself, with the marker in it: even then not a byte may change.
#[test]
fn a_big_mail_with_a_forged_marker_is_untouched() {
    need_all();
    for way in [Way::Procmail, Way::Filter, Way::Sieve, Way::SieveExecute] {
        let place = Place::new();
        let alice = way.account(&place, "alice@example.org");
        alice.setup(&["--sendmail", "/bin/false", "--network", NETWORK]);
        let mut mail = b"IIM: 1\n".to_vec();
        mail.extend(big());
        way.deliver(&alice, "carol@example.com", &mail)
            .expect_code(0, "the big mail");
        let inbox = alice.inbox();
        assert_eq!(inbox.len(), 1, "{way:?}");
        assert!(
            plain(&inbox[0]) == plain(&mail),
            "{way:?}: the mail has changed"
        );
    }
}

#[test]
fn with_a_broken_config_every_mail_stays() {
    need_all();
    for way in WAYS {
        let place = Place::new();
        let post = Post::new(&place);
        let alice = way.account(&place, "alice@example.org");
        let bob = way.account(&place, "bob@example.net");
        for account in [&alice, &bob] {
            account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
        }
        bob.ok(&["add", "alice@example.org"]);
        let request = post.take_one();
        let good = alice.break_config();
        let out = way.deliver(&alice, &request.from, &request.bytes);
        match way {
            // The mail system keeps it and tries again.
            Way::Procmail => assert_eq!((out.code, alice.inbox().len()), (Some(75), 0)),
            Way::Filter | Way::Sieve | Way::SieveExecute => {
                assert_eq!((out.code, alice.inbox().len()), (Some(0), 1), "{way:?}");
            }
        }
        alice.empty_inbox();
        way.deliver(&alice, "carol@example.com", &ordinary())
            .expect_code(0, "an ordinary mail");
        assert_eq!(
            alice.inbox().len(),
            1,
            "{way:?}: an ordinary mail needs no config"
        );
        alice.mend_config(&good);
        way.deliver(&alice, &request.from, &request.bytes)
            .expect_code(0, "the second try");
        assert_eq!(
            alice.of_friend("bob@example.net", "standing"),
            "asking",
            "{way:?}"
        );
    }
}

#[test]
fn what_only_looks_like_ours_comes_to_the_inbox() {
    need_all();
    for way in WAYS {
        let place = Place::new();
        let alice = way.account(&place, "alice@example.org");
        alice.setup(&["--sendmail", "/bin/false", "--network", NETWORK]);
        let mails = [
            ("a forged marker", forged()),
            ("a foreign report", foreign_report()),
        ];
        for (what, mail) in mails {
            alice.empty_inbox();
            way.deliver(&alice, "carol@example.com", &mail)
                .expect_code(0, what);
            let inbox = alice.inbox();
            assert_eq!(inbox.len(), 1, "{way:?}: {what}");
            assert!(
                plain(&inbox[0]) == plain(&mail),
                "{way:?}: {what} has changed"
            );
        }
    }
}

#[test]
fn the_filter_says_what_it_did_on_top() {
    need_all();
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Filter.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    bob.ok(&["add", "alice@example.org"]);
    let request = post.take_one();
    Way::Filter
        .deliver(&alice, &request.from, &request.bytes)
        .expect_code(0, "the request");
    let inbox = alice.inbox();
    let text = String::from_utf8(inbox[0].clone()).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("IIM-Status: "), "{first}");
    assert_eq!(rest, request.text(), "the rest is the mail as it came");
    assert_eq!(alice.of_friend("bob@example.net", "standing"), "asking");

    alice.empty_inbox();
    let claimed = [b"IIM-Status: all is well\n".as_slice(), &ordinary()].concat();
    Way::Filter
        .deliver(&alice, "carol@example.com", &claimed)
        .expect_code(0, "a claim");
    assert_eq!(
        alice.inbox(),
        [ordinary()],
        "such a line from outside is removed"
    );
}

/// What `iim setup --procmail` writes is what procmail then runs.
#[test]
fn setup_writes_a_recipe_that_procmail_runs() {
    need_all();
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    std::fs::remove_file(alice.home.join(".procmailrc")).unwrap();
    alice.setup(&[
        "--sendmail",
        &post.sendmail,
        "--network",
        NETWORK,
        "--procmail",
    ]);
    bob.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    let written = std::fs::read_to_string(alice.home.join(".procmailrc")).unwrap();
    // With -m, procmail takes HOME from the password file, which does not know alice.
    let home = alice.home.display();
    alice.write(
        ".procmailrc",
        format!("HOME={home}\nDEFAULT=$HOME/Maildir/\n{written}"),
    );
    befriend(&post, Way::Procmail, &bob, &alice);
}
