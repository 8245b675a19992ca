//! `iim setup --account` with a real Dovecot over TLS and a real Postfix: what works is seen to work, and what does not
//! leaves nothing behind and says what to do.

use std::path::Path;

use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::postfix::{Delivery, Postfix};
use crate::support::process::{free_port, is_root, need};

/// A person with a mailbox and no hook, and the servers.
struct Mailbox {
    dovecot: Dovecot,
    postfix: Postfix,
    bob: Account,
    _place: Place,
}

fn mailbox(name: &str) -> Option<Mailbox> {
    need(&["postfix", "dovecot"]);
    if !is_root(name) {
        return None;
    }
    let place = Place::new();
    let bob = Account::of_user(&place, "bob@example.org", 61_021);
    let dovecot = Dovecot::start(&place, &[&bob], "iim.sieve");
    bob.write("active.sieve", "keep;\n");
    let postfix = Postfix::start(&place, &[&bob], &Delivery::Lmtp(dovecot.lmtp));
    Some(Mailbox {
        dovecot,
        postfix,
        bob,
        _place: place,
    })
}

impl Mailbox {
    /// What setup says, with this password on its standard input.
    fn setup(&self, flags: &[&str], password: &str) -> (Option<i32>, String) {
        let smtp = self.postfix.smtp_url();
        let mut args = vec!["setup", "--account", "bob@example.org", "--smtp", &smtp];
        args.extend(flags);
        let out = self.bob.iim_with(&args, format!("{password}\n").as_bytes());
        let said = out.text() + &out.errors();
        assert!(!said.contains("secret"), "{said}");
        (out.code, said)
    }

    fn has(&self, file: &str) -> bool {
        self.bob.home.join(file).exists()
    }

    fn ca(&self) -> &Path {
        &self.dovecot.ca
    }
}

#[test]
fn a_mailbox_is_set_up_when_a_mail_was_seen_to_come() {
    for protocol in ["imaps", "imap", "pop3s"] {
        let Some(mailbox) = mailbox("a_mailbox_is_set_up_when_a_mail_was_seen_to_come") else {
            return;
        };
        let (flag, url) = match protocol {
            "imaps" => (
                "--imap",
                format!("imaps://bob@127.0.0.1:{}", mailbox.dovecot.imaps),
            ),
            "imap" => (
                "--imap",
                format!("imap://bob@127.0.0.1:{}?tls=required", mailbox.dovecot.imap),
            ),
            _ => (
                "--pop",
                format!("pop3s://bob@127.0.0.1:{}", mailbox.dovecot.pop3s),
            ),
        };
        let ca = mailbox.ca().display().to_string();
        let (code, said) = mailbox.setup(&[flag, &url, "--ca", &ca], "secret");
        assert_eq!(code, Some(0), "{protocol}: {said}");
        for words in [
            "a mail to yourself came after",
            "mode 0600",
            "made the account bob@example.org",
        ] {
            assert!(said.contains(words), "{protocol}: {words}: {said}");
        }
        assert!(!said.contains("--procmail"), "{said}");
        assert!(
            mailbox.bob.inbox().is_empty(),
            "{protocol}: the mail was taken out again"
        );
        let config =
            std::fs::read_to_string(mailbox.bob.home.join(".config/iim/config.toml")).unwrap();
        assert!(
            config.contains("\nper_day = 100\n") && !config.contains("\"secret\""),
            "{config}"
        );
        // What comes from now on is read, and no first look of later passes it over.
        let status = mailbox.bob.iim(&["status"]).text();
        assert!(status.contains("looked at 2"), "{protocol}: {status}");
        let doctor = mailbox.bob.iim(&["doctor"]).text();
        for words in [
            "logged in to 127.0.0.1",
            "0 mails in INBOX",
            "a mail to ourselves came into the mailbox",
        ] {
            assert!(doctor.contains(words), "{protocol}: {words}: {doctor}");
        }
        let idle = doctor.contains("it has IDLE, MOVE, UIDPLUS");
        assert_eq!(idle, protocol != "pop3s", "{doctor}");
    }
}

#[test]
fn what_fails_leaves_nothing_and_says_what_to_do() {
    let Some(mailbox) = mailbox("what_fails_leaves_nothing_and_says_what_to_do") else {
        return;
    };
    let ca = mailbox.ca().display().to_string();
    let imaps = format!("imaps://bob@127.0.0.1:{}", mailbox.dovecot.imaps);
    let nobody = format!("imaps://bob@127.0.0.1:{}", free_port());
    let pop3s = format!("pop3s://bob@127.0.0.1:{}", mailbox.dovecot.pop3s);
    let no_smtp = format!("smtp://127.0.0.1:{}", free_port());
    for (flags, password, words) in [
        (
            vec!["--imap", &imaps, "--ca", &ca],
            "wrong",
            &["the login is refused", "app password", "IMAP switched on"][..],
        ),
        (
            vec!["--pop", &pop3s, "--ca", &ca],
            "wrong",
            &["the login is refused", "POP3 switched on"],
        ),
        (
            vec!["--imap", &imaps],
            "secret",
            &["certificate", "signed by nobody whom this machine trusts"],
        ),
        (
            vec!["--imap", &nobody, "--ca", &ca],
            "secret",
            &["cannot reach", "--imap"],
        ),
        (vec!["--imap", &imaps, "--ca", &ca], "", &["no password"]),
        (
            vec!["--imap", "imap://bob@mail.example.org"],
            "secret",
            &["without TLS", "tls=required"],
        ),
        (
            vec!["--imap", &imaps, "--ca", &ca, "--token-command", "false"],
            "",
            &["false gave no password", "--token-command"],
        ),
        (
            vec!["--imap", &imaps, "--ca", "/nowhere/ca.pem"],
            "secret",
            &["/nowhere/ca.pem"],
        ),
    ] {
        let (code, said) = mailbox.setup(&flags, password);
        assert_eq!(code, Some(1), "{flags:?}: {said}");
        for words in words {
            assert!(said.contains(words), "{flags:?}: {words}: {said}");
        }
        for left in [".config/iim", ".local/share/iim", ".local/state/iim"] {
            assert!(!mailbox.has(left), "{flags:?}: {left} stayed behind");
        }
        assert!(mailbox.bob.inbox().is_empty(), "{flags:?}");
    }
    let args = [
        "setup",
        "--account",
        "bob@example.org",
        "--imap",
        &imaps,
        "--ca",
        &ca,
        "--smtp",
        &no_smtp,
    ];
    let out = mailbox.bob.iim_with(&args, b"secret\n");
    let said = out.text() + &out.errors();
    assert_eq!(out.code, Some(1), "{said}");
    assert!(
        said.contains("no mail can be sent") && said.contains("--smtp"),
        "{said}"
    );
    assert!(!mailbox.has(".config/iim"));
}
