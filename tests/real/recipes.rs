//! The shipped recipes alone: whatever the program does, no mail is lost. A stand-in plays the program.

use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::mails::{foreign_report, forged, mail, ordinary};
use crate::support::postfix::{Delivery, Postfix};
use crate::support::process::{is_root, need, run, until};
use crate::support::recipes::{dovecot_lda, install_procmail, install_sieve, procmail};

/// Ways for the program to end, as shell commands after it has read the mail.
const ENDS: [(&str, &str); 6] = [
    ("handled", "exit 0"),
    ("not ours", "exit 1"),
    ("trouble", "exit 75"),
    ("panic", "exit 101"),
    ("killed", "kill -9 $$"),
    ("missing", ""),
];

fn stand_in(place: &Place, end: &str, how: &str) -> std::path::PathBuf {
    if end == "missing" {
        return place.join("missing");
    }
    let text = format!("#!/bin/sh\ncat >/dev/null\necho \"$*\" >>$HOME/ran\n{how}\n");
    place.script(&end.replace(' ', "-"), &text)
}

#[test]
fn procmail_keeps_what_the_program_did_not_take() {
    need(&["procmail"]);
    let place = Place::new();
    let mut alice = Account::new(&place, "alice@example.org");
    for (end, how) in ENDS {
        alice.program = stand_in(&place, end, how);
        install_procmail(&alice, "iim.rc", "");
        for (kind, mail) in [("marker", forged()), ("report", foreign_report())] {
            alice.empty_inbox();
            let code = procmail(&alice, &mail).code;
            let (expected, kept) = match end {
                "handled" => (0, 0),
                "trouble" => (75, 0),
                _ => (0, 1),
            };
            assert_eq!(code, Some(expected), "{end}, {kind}");
            assert_eq!(alice.inbox().len(), kept, "{end}, {kind}");
        }
        alice.empty_inbox();
        assert_eq!(procmail(&alice, &ordinary()).code, Some(0), "{end}");
        assert_eq!(alice.inbox(), [ordinary()], "{end}");
    }
    let ran = std::fs::read_to_string(alice.home.join("ran")).unwrap();
    assert_eq!(
        ran,
        "deliver\n".repeat(10),
        "only marked mails and reports reach the program"
    );
}

/// Own recipes after ours see what is not ours, and only that.
#[test]
fn procmail_goes_on_to_the_users_own_recipes() {
    need(&["procmail"]);
    let place = Place::new();
    let mut alice = Account::new(&place, "alice@example.org");
    for (end, how, filed) in [
        ("handled", "exit 0", 0),
        ("not ours", "exit 1", 1),
        ("trouble", "exit 75", 0),
    ] {
        alice.program = stand_in(&place, end, how);
        install_procmail(&alice, "iim.rc", ":0\n* ^Subject: hello\n$HOME/filed-$$/\n");
        procmail(&alice, &forged());
        let count = std::fs::read_dir(&alice.home)
            .unwrap()
            .filter(|e| {
                e.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with("filed")
            })
            .count();
        assert_eq!(count, filed, "{end}");
        assert!(alice.inbox().is_empty(), "{end}");
        std::fs::remove_dir_all(&alice.home).unwrap();
        alice = Account::new(&place, "alice@example.org");
    }
}

#[test]
fn procmail_filter_keeps_the_mail_when_the_program_fails() {
    need(&["procmail"]);
    let place = Place::new();
    let mut alice = Account::new(&place, "alice@example.org");
    for (end, how) in ENDS {
        let text = format!("#!/bin/sh\necho 'IIM-Status: tried'\ncat\n{how}\n");
        alice.program = if end == "missing" {
            place.join("missing")
        } else {
            place.script("filter", &text)
        };
        install_procmail(&alice, "iim-filter.rc", "");
        alice.empty_inbox();
        assert_eq!(procmail(&alice, &forged()).code, Some(0), "{end}");
        let expected = match end {
            "handled" => [b"IIM-Status: tried\n".as_slice(), &forged()].concat(),
            _ => forged(),
        };
        assert_eq!(alice.inbox(), [expected], "{end}");
    }
}

#[test]
fn sieve_keeps_what_the_program_did_not_take() {
    need(&["dovecot-lda"]);
    let place = Place::new();
    let mut alice = user(&place, "alice@example.org", 61_001);
    if alice.ids.is_none() && rustix::process::geteuid().is_root() {
        return;
    }
    for script in ["iim.sieve", "iim-execute.sieve"] {
        for (end, how) in ENDS {
            alice.program = stand_in(&place, end, how);
            let config = install_sieve(&alice, script, "");
            let all = [
                ("marker", forged()),
                ("report", foreign_report()),
                ("ordinary", ordinary()),
            ];
            for (kind, mail) in all {
                alice.empty_inbox();
                let out = dovecot_lda(&alice, &config, "carol@example.com", &mail);
                out.expect_code(0, &format!("{script}, {end}, {kind}"));
                let kept = usize::from(end != "handled" || kind == "ordinary");
                assert_eq!(alice.inbox().len(), kept, "{script}, {end}, {kind}");
            }
        }
    }
}

/// The `execute` form lets the user's own rules see what is not ours.
#[test]
fn sieve_goes_on_to_the_users_own_rules() {
    need(&["dovecot-lda"]);
    let place = Place::new();
    let mut alice = user(&place, "alice@example.org", 61_001);
    let rules = "if header :is \"Subject\" \"hello\" { redirect \"nobody@example.net\"; }";
    let own = rules.replace("redirect \"nobody@example.net\"", "discard");
    for (end, how, kept) in [("handled", "exit 0", 0), ("not ours", "exit 1", 0)] {
        alice.program = stand_in(&place, end, how);
        let config = install_sieve(&alice, "iim-execute.sieve", &own);
        dovecot_lda(&alice, &config, "carol@example.com", &forged()).expect_code(0, end);
        assert_eq!(alice.inbox().len(), kept, "{end}");
    }
    // The same rule with a subject that does not fit: it stays.
    dovecot_lda(
        &alice,
        &alice.home.join("dovecot.conf"),
        "carol@example.com",
        &String::from_utf8(forged())
            .unwrap()
            .replace("hello", "other")
            .into_bytes(),
    );
    assert_eq!(alice.inbox().len(), 1);
}

/// An account that `dovecot-lda` takes: our own if we are a user, one made up if we are root.
fn user(place: &Place, address: &str, id: u32) -> Account {
    if rustix::process::geteuid().is_root() {
        Account::of_user(place, address, id)
    } else {
        Account::new(place, address)
    }
}

#[test]
fn postfix_defers_on_75_and_delivers_later() {
    need(&["postfix", "procmail", "msmtp"]);
    if !is_root("postfix_defers_on_75_and_delivers_later") {
        return;
    }
    let place = Place::new();
    let mut alice = Account::of_user(&place, "alice@example.org", 61_001);
    // In trouble until the file "well" is there.
    let text = "#!/bin/sh\ncat >/dev/null\necho x >>$HOME/ran\n[ -e $HOME/well ] || exit 75\n";
    alice.program = place.script("moody", text);
    install_procmail(&alice, "iim.rc", "");
    let postfix = Postfix::start(&place, &[&alice], &Delivery::Procmail);
    send(&postfix, &alice, &forged());
    until("the mail to be deferred", 20, || {
        postfix
            .deliveries()
            .iter()
            .any(|l| l.contains("status=deferred"))
            .then_some(())
    });
    assert!(alice.inbox().is_empty());
    alice.write("well", "");
    postfix.until_tried_again("the mail to be taken", || {
        postfix
            .deliveries()
            .iter()
            .any(|l| l.contains("status=sent"))
    });
    assert!(alice.inbox().is_empty(), "taken by the program");
    assert!(
        std::fs::read_to_string(alice.home.join("ran"))
            .unwrap()
            .len()
            >= 4,
        "tried twice"
    );
}

#[test]
fn postfix_brings_what_is_not_ours_to_the_inbox() {
    need(&["postfix", "procmail", "msmtp"]);
    if !is_root("postfix_brings_what_is_not_ours_to_the_inbox") {
        return;
    }
    let place = Place::new();
    let mut alice = Account::of_user(&place, "alice@example.org", 61_001);
    alice.program = stand_in(&place, "not ours", "exit 1");
    install_procmail(&alice, "iim.rc", "");
    let postfix = Postfix::start(&place, &[&alice], &Delivery::Procmail);
    for mail in [forged(), foreign_report(), mail("", "plain\n")] {
        send(&postfix, &alice, &mail);
    }
    until("three mails in the inbox", 20, || {
        (alice.inbox().len() == 3).then_some(())
    });
}

#[test]
fn dovecot_lmtp_keeps_what_the_program_did_not_take() {
    need(&["postfix", "dovecot", "msmtp"]);
    if !is_root("dovecot_lmtp_keeps_what_the_program_did_not_take") {
        return;
    }
    let place = Place::new();
    let mut alice = Account::of_user(&place, "alice@example.org", 61_001);
    let mut bob = Account::of_user(&place, "bob@example.org", 61_002);
    alice.program = stand_in(&place, "not ours", "exit 1");
    bob.program = stand_in(&place, "handled", "exit 0");
    let dovecot = Dovecot::start(&place, &[&alice, &bob], "iim.sieve");
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Lmtp(dovecot.lmtp));
    for mail in [forged(), ordinary()] {
        send(&postfix, &alice, &mail);
        send(&postfix, &bob, &mail);
    }
    until("alice's two mails", 20, || {
        (alice.inbox().len() == 2).then_some(())
    });
    until("bob's one mail", 20, || {
        (bob.inbox().len() == 1).then_some(())
    });
    until("bob's hook", 20, || {
        bob.home.join("ran").exists().then_some(())
    });
}

/// Hands a mail to Postfix as an ordinary sendmail would.
fn send(postfix: &Postfix, to: &Account, mail: &[u8]) {
    let command = postfix.msmtp();
    let mut words = command.split(' ');
    let mut command = std::process::Command::new(words.next().unwrap());
    command
        .args(words)
        .args(["-i", "-f", "carol@example.com", "--", &to.address]);
    run(&mut command, mail).expect_code(0, "msmtp");
}
