//! The other recipes of `procmail/OTHERS.md`, as they are shipped: maildrop, qmail's line, fetchmail and getmail.

use std::path::Path;

use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::mails::{foreign_report, forged, mail, ordinary};
use crate::support::process::{is_root, need, run, try_until};
use crate::support::recipes::shipped;

/// Takes what has the marker, is in trouble with the subject "trouble", and leaves the rest alone.
const CHOOSY: &str = "#!/bin/sh\nmail=$(cat)\necho \"$*\" >>$HOME/ran\n\
    case $mail in *'IIM: 1'*) exit 0 ;; *trouble*) exit 75 ;; *) exit 1 ;; esac\n";

#[test]
fn maildrop_keeps_what_the_program_did_not_take() {
    need(&["maildrop"]);
    let place = Place::new();
    let alice = Account::new(&place, "alice@example.org");
    for (end, how, code, kept) in [
        ("handled", "exit 0", 0, 0),
        ("not ours", "exit 1", 0, 1),
        ("trouble", "exit 75", 75, 0),
        ("panic", "exit 101", 0, 1),
        ("killed", "kill -9 $$", 0, 1),
        ("missing", "", 0, 1),
    ] {
        let program = place.script("stand-in", &format!("#!/bin/sh\ncat >/dev/null\n{how}\n"));
        let program = if end == "missing" {
            place.join("missing")
        } else {
            program
        };
        let fill = program.display().to_string();
        let ours = shipped("procmail/iim.maildrop", &[("@IIM@", &fill)]);
        let home = alice.home.display();
        let filter = alice.write(
            ".mailfilter",
            format!("DEFAULT=\"{home}/Maildir/\"\n{ours}"),
        );
        private(&filter);
        for (kind, mail) in [("marker", forged()), ("report", foreign_report())] {
            alice.empty_inbox();
            let out = run(alice.command("/usr/bin/maildrop").arg(&filter), &mail);
            out.expect_code(code, &format!("{end}, {kind}"));
            assert_eq!(alice.inbox().len(), kept, "{end}, {kind}");
        }
        alice.empty_inbox();
        run(alice.command("/usr/bin/maildrop").arg(&filter), &ordinary()).expect_code(0, end);
        assert_eq!(alice.inbox(), [ordinary()], "{end}");
    }
}

/// There is no qmail to try; what its line must answer is in qmail-command(8).
#[test]
fn the_line_for_qmail_answers_as_qmail_command_asks() {
    let place = Place::new();
    for (how, code) in [
        ("exit 0", 99),
        ("exit 1", 0),
        ("exit 75", 111),
        ("kill -9 $$", 0),
        ("exit 101", 0),
    ] {
        let program = place.script("stand-in", &format!("#!/bin/sh\ncat >/dev/null\n{how}\n"));
        let fill = program.display().to_string();
        let text = shipped("procmail/iim.qmail", &[("@IIM@", &fill)]);
        let line = text.lines().find_map(|l| l.strip_prefix('|')).unwrap();
        let out = run(
            std::process::Command::new("/bin/sh").arg("-c").arg(line),
            &forged(),
        );
        out.expect_code(code, how);
    }
}

#[test]
fn fetchmail_leaves_on_the_server_what_the_program_did_not_take() {
    need(&["fetchmail", "dovecot"]);
    if !is_root("fetchmail_leaves_on_the_server_what_the_program_did_not_take") {
        return;
    }
    let place = Place::new();
    let (alice, dovecot) = mailbox(&place);
    for (protocol, port) in [("imap", dovecot.imap), ("pop3", dovecot.pop3)] {
        fill_mailbox(&alice);
        let rc = fetchmailrc(&alice, &place.join("choosy"), protocol, port);
        for round in [1, 2] {
            fetch(&alice, &rc);
            let left = subjects(&alice);
            assert_eq!(left, ["other", "trouble"], "{protocol}, round {round}");
        }
    }
    assert_eq!(ran(&alice), "deliver\n".repeat(10));
}

#[test]
fn getmail_leaves_on_the_server_what_the_program_did_not_take() {
    need(&["getmail", "dovecot"]);
    if !is_root("getmail_leaves_on_the_server_what_the_program_did_not_take") {
        return;
    }
    let place = Place::new();
    let (alice, dovecot) = mailbox(&place);
    for (protocol, port) in [("IMAP", dovecot.imap), ("POP3", dovecot.pop3)] {
        fill_mailbox(&alice);
        let program = place.join("choosy").display().to_string();
        let rc = shipped(
            "procmail/iim.getmailrc",
            &[
                ("@IIM@", &program),
                ("@SERVER@", &format!("127.0.0.1\nport = {port}")),
                ("@USER@", "alice"),
                ("@PASSWORD@", "secret"),
                (
                    "type = SimpleIMAPSSLRetriever",
                    &format!("type = Simple{protocol}Retriever"),
                ),
            ],
        );
        let folder = alice.folder(&format!("getmail-{protocol}"));
        let name = format!("getmail-{protocol}/getmailrc");
        private(&alice.write(&name, rc));
        let mut get = || {
            let mut command = alice.command("/usr/bin/getmail");
            let out = run(command.arg("--getmaildir").arg(&folder), b"");
            match subjects(&alice) {
                left if left == ["other", "trouble"] => Ok(()),
                left => Err(format!("{protocol}: {left:?}; {}", out.text())),
            }
        };
        // Beside much else the server may not answer it in time, or not to the end; what is left stays left.
        try_until("getmail to take what the program took", 60, &mut get);
        get().unwrap();
    }
    let ran = ran(&alice);
    assert!(ran.len() >= "deliver\n".repeat(10).len(), "{ran}");
}

/// Alice's mailbox on a server; alice is the user nobody, because getmail wants one that the machine knows.
fn mailbox(place: &Place) -> (Account, Dovecot) {
    let alice = Account::of_user(place, "alice@example.org", 65_534);
    place.script("choosy", CHOOSY);
    let dovecot = Dovecot::start(place, &[&alice], "iim.sieve");
    (alice, dovecot)
}

fn fill_mailbox(alice: &Account) {
    alice.empty_inbox();
    alice.write("Maildir/new/1.a", forged());
    for (file, subject) in [("Maildir/new/2.b", "other"), ("Maildir/new/3.c", "trouble")] {
        let text = String::from_utf8(mail("", "hi\n")).unwrap();
        alice.write(
            file,
            text.replace("Subject: hello", &format!("Subject: {subject}")),
        );
    }
}

fn subjects(alice: &Account) -> Vec<String> {
    let mut subjects: Vec<String> = alice
        .inbox()
        .iter()
        .filter_map(|mail| {
            let text = String::from_utf8_lossy(mail).into_owned();
            text.lines()
                .find_map(|l| l.strip_prefix("Subject: ").map(str::to_owned))
        })
        .collect();
    subjects.sort();
    subjects
}

fn ran(alice: &Account) -> String {
    std::fs::read_to_string(alice.home.join("ran")).unwrap()
}

/// The shipped `.fetchmailrc`, but for TLS, which the server of the tests has not.
pub fn fetchmailrc(
    account: &Account,
    program: &Path,
    protocol: &str,
    port: u16,
) -> std::path::PathBuf {
    let rc = shipped(
        "procmail/iim.fetchmailrc",
        &[
            ("@IIM@", &program.display().to_string()),
            ("@SERVER@", "127.0.0.1"),
            ("@PROTOCOL@", &format!("{protocol} port {port}")),
            ("@USER@", &account.name),
            ("@PASSWORD@", "secret"),
            ("  ssl\n", "  sslproto ''\n"),
        ],
    );
    let path = account.write(".fetchmailrc", rc);
    private(&path);
    path
}

pub fn fetch(account: &Account, rc: &Path) {
    let mut command = account.command("/usr/bin/fetchmail");
    command
        .arg("-f")
        .arg(rc)
        .arg("--pidfile")
        .arg(account.home.join("fetchmail.pid"));
    let out = run(&mut command, b"");
    // 1: there was nothing new.
    assert!(
        matches!(out.code, Some(0 | 1)),
        "fetchmail: {}{}",
        out.text(),
        out.errors()
    );
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
