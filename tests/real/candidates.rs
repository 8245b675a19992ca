//! Which mails the shipped recipes and scripts show to the program: those of the one test of the specification (7.2), in
//! procmail, Pigeonhole and maildrop as they are.

use std::fs;

use iim::protocol::candidate;

use crate::support::account::{Account, Place};
use crate::support::mails::user;
use crate::support::process::{need, run};
use crate::support::recipes::{dovecot_lda, install_procmail, install_sieve, procmail, shipped};

/// Header fields, and whether the program is to see the mail.
const SHOWN: &[(&str, bool)] = &[
    ("From: bob@example.net\nIIM: 1\n", true),
    ("From: bob@example.net\nX-IIM: 1\n", true),
    (
        "From: bob@example.net\nSubject: Sealed message (iim)\n",
        true,
    ),
    (
        "From: bob@example.net\nSubject: [EXT] Sealed message\n (iim)\n",
        true,
    ),
    (
        "From: bob@example.net\nSubject: =?utf-8?B?SsO8cmdlbg==?=\n =?utf-8?B?IGRv?= (iim)\n",
        true,
    ),
    (
        "From: bob@example.net\nContent-Type: multipart/report;\n\tboundary=b\n",
        true,
    ),
    (
        "From: Mail System <MAILER-DAEMON@mx.example.net>\nSubject: failure notice\n",
        true,
    ),
    (
        "From: MAILER-DAEMON@mx.example.net (Mail System)\nSubject: failure notice\n",
        true,
    ),
    (
        "From: postmaster@mx.example.net\nSubject: Undeliverable: hello\n",
        true,
    ),
    ("From: bob@example.net\nSubject: hello\n", false),
    ("From: bob@example.net\nSubject: what is iim?\n", false),
    (
        "From: \"The postman\" <bob@example.net>\nSubject: hello\nX-Was: IIM: 1\n",
        false,
    ),
    (
        "From: bob@example.net\nSubject: hello\n X-IIM: 1\nContent-Type: text/plain\n",
        false,
    ),
];

fn stand_in(place: &Place) -> std::path::PathBuf {
    place.script(
        "stand-in",
        "#!/bin/sh\ncat >/dev/null\necho x >>$HOME/ran\nexit 1\n",
    )
}

/// Runs `deliver` for each mail, and says which of them the program saw.
#[track_caller]
fn check(alice: &Account, what: &str, deliver: impl Fn(&[u8], &str)) {
    let ran = alice.home.join("ran");
    let mut cases: Vec<(String, bool)> = Vec::new();
    for (header, shown) in SHOWN {
        let kind = candidate::kind(format!("{header}\n").as_bytes());
        assert_eq!(kind.is_some(), *shown, "{header}");
        cases.push(((*header).to_owned(), *shown));
    }
    for (header, shown) in cases {
        let _ = fs::remove_file(&ran);
        alice.empty_inbox();
        let mail = format!("{header}To: alice@example.org\nMessage-ID: <1@example.net>\n\nhello\n");
        deliver(mail.as_bytes(), "bob@example.net");
        assert_eq!(ran.exists(), shown, "{what}: {header}");
        assert_eq!(alice.inbox().len(), 1, "{what}: {header}");
    }
}

#[test]
fn procmail_shows_the_candidates_to_the_program() {
    need(&["procmail"]);
    let place = Place::new();
    let mut alice = Account::new(&place, "alice@example.org");
    alice.program = stand_in(&place);
    for recipe in ["iim.rc", "iim-filter.rc"] {
        install_procmail(&alice, recipe, "");
        check(&alice, recipe, |mail, _| {
            procmail(&alice, mail).expect_code(0, recipe);
        });
        let ran = alice.home.join("ran");
        let _ = fs::remove_file(&ran);
        procmail(&alice, b"Return-Path: <>\nFrom: bob@example.net\n\nhello\n")
            .expect_code(0, recipe);
        assert!(ran.exists(), "{recipe}: a null return path");
    }
}

/// What SpamAssassin wrapped is unwrapped by its own program, here a stand-in, and shown to iim; other spam goes on.
#[test]
fn what_report_safe_wrapped_is_unwrapped_and_shown_to_the_program() {
    need(&["procmail"]);
    let place = Place::new();
    let mut alice = Account::new(&place, "alice@example.org");
    let takes_ours = "#!/bin/sh\nmail=$(cat)\ncase $mail in 'From: bob'*'IIM: 1'*) exit 0 ;; *) exit 1 ;; esac\n";
    alice.program = place.script("takes-ours", takes_ours);
    let unwraps =
        "#!/bin/sh\nsed '1,/^Content-Type: message/d' | sed '1,/^$/d' | sed '/^--sa--/d'\n";
    alice.folder("bin");
    alice.write_program("bin/spamassassin", unwraps);
    let program = alice.program.display().to_string();
    let recipe = shipped("procmail/iim-report-safe.rc", &[("@IIM@", &program)]);
    install_procmail(
        &alice,
        "iim.rc",
        &format!("PATH=$HOME/bin:/usr/bin:/bin\n{recipe}"),
    );
    let wrapped = |subject: &str, inner: &str| {
        format!(
            "From: bob@example.net\nTo: alice@example.org\nSubject: {subject}\nX-Spam-Flag: YES\n\
             Content-Type: multipart/mixed; boundary=sa\n\n--sa\n\nspam?\n--sa\n\
             Content-Type: message/rfc822; x-spam-type=original\n\nFrom: bob@example.net\n{inner}\nhello\n--sa--\n"
        )
    };
    for (subject, inner, kept) in [
        ("Sealed message (iim)", "IIM: 1\n", 0),
        ("Sealed message (iim)", "", 1),
        ("Buy now", "IIM: 1\n", 1),
    ] {
        alice.empty_inbox();
        procmail(&alice, wrapped(subject, inner).as_bytes()).expect_code(0, subject);
        assert_eq!(alice.inbox().len(), kept, "{subject}, {inner}");
    }
}

#[test]
fn pigeonhole_shows_the_candidates_to_the_program() {
    need(&["dovecot-lda"]);
    let place = Place::new();
    let mut alice = user(&place, "alice@example.org");
    alice.program = stand_in(&place);
    for script in ["iim.sieve", "iim-execute.sieve"] {
        let config = install_sieve(&alice, script, "");
        check(&alice, script, |mail, from| {
            dovecot_lda(&alice, &config, from, mail).expect_code(0, script);
        });
        let ran = alice.home.join("ran");
        let _ = fs::remove_file(&ran);
        let mail = b"Return-Path: <>\nFrom: bob@example.net\n\nhello\n";
        dovecot_lda(&alice, &config, "", mail).expect_code(0, script);
        assert!(ran.exists(), "{script}: a null return path");
    }
}

#[test]
fn maildrop_shows_the_candidates_to_the_program() {
    need(&["maildrop"]);
    let place = Place::new();
    let mut alice = Account::new(&place, "alice@example.org");
    alice.program = stand_in(&place);
    let program = alice.program.display().to_string();
    let ours = shipped("procmail/iim.maildrop", &[("@IIM@", &program)]);
    let home = alice.home.display();
    let filter = alice.write(
        ".mailfilter",
        format!("HOME=\"{home}\"\n{ours}\nto \"{home}/Maildir\"\n"),
    );
    fs::set_permissions(&filter, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    check(&alice, "maildrop", |mail, _| {
        run(alice.command("/usr/bin/maildrop").arg(&filter), mail).expect_code(0, "maildrop");
    });
}
