//! `iim setup` without a flag: a person answers its questions at a terminal, and from then on cron looks into their mailbox by
//! POP3, where no agent ever runs.

use std::path::Path;
use std::process::Command;

use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::mailboxes::whole;
use crate::support::mails::mail;
use crate::support::postfix::{Delivery, Postfix};
use crate::support::process::{is_root, need, run, try_until};
use crate::support::terminal::Terminal;

/// Keeps what it is given, as crontab(1) does.
const CRONTAB: &str = "#!/bin/sh\ncase $1 in\n-l) cat \"$HOME/crontab\" 2>/dev/null || { echo 'no crontab' >&2; exit 1; } ;;\n\
    -) cat >\"$HOME/crontab\" ;;\nesac\n";

/// Runs the jobs in somebody's crontab, with as little around them as cron gives.
fn cron(person: &Account, ca: &str) -> String {
    let table = std::fs::read_to_string(person.home.join("crontab")).unwrap();
    let jobs = table.lines().filter(|line| !line.starts_with('#'));
    let mut said = String::new();
    for job in jobs {
        let command = job.splitn(6, ' ').nth(5).unwrap();
        let mut shell: Command = person.command("/bin/sh");
        shell.env("PATH", "/usr/bin:/bin").env("SSL_CERT_FILE", ca);
        let out = run(shell.args(["-c", command]), b"");
        said += &(out.text() + &out.errors());
    }
    said
}

#[test]
fn a_person_answers_the_questions_and_cron_fetches_by_pop3() {
    need(&["postfix", "dovecot", "script", "setpriv"]);
    if !is_root("a_person_answers_the_questions_and_cron_fetches_by_pop3") {
        return;
    }
    let place = Place::new();
    let alice = Account::of_user(&place, "alice@example.org", 61_041);
    let bob = Account::of_user(&place, "bob@example.org", 61_042);
    let dovecot = Dovecot::start(&place, &[&alice, &bob], "iim.sieve");
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Lmtp(dovecot.lmtp));
    for person in [&alice, &bob] {
        person.write("active.sieve", "keep;\n");
        for (n, flags) in ["S", "", "DS"].iter().enumerate() {
            person.write(&format!("Maildir/cur/{n}.own:2,{flags}"), mail("", "hi\n"));
        }
    }
    let before = whole(&bob);
    let (smtp, ca) = (postfix.smtp_url(), dovecot.ca.display().to_string());
    std::fs::create_dir_all(place.join("bin")).unwrap();
    place.script("bin/crontab", CRONTAB);

    // The authority is one that bob's machine trusts.
    let mut terminal = Terminal::open_where(&place, &bob, &[("SSL_CERT_FILE", &ca)]);
    terminal.type_line("iim setup");
    terminal.answer("Where is your mail?", "2");
    terminal.answer("Your mail address", &bob.address);
    terminal.answer("The name that your requests carry", "");
    terminal.answer("An IRC network", "");
    if Path::new("/run/systemd/system").exists() {
        terminal.answer("systemd user unit", "n");
    }
    terminal.answer("your crontab", "y");
    terminal.answer("IRC clients connect", "n");
    // No server of that name says where the mailbox is.
    let pop3s = format!("pop3s://bob@127.0.0.1:{}", dovecot.pop3s);
    terminal.answer("The server of your mailbox", &pop3s);
    terminal.answer("The server that sends", &smtp);
    terminal.answer("(it is not shown): ", "secret");
    terminal.until("a mail to yourself came after", 30);
    terminal.until("added the crontab lines", 20);
    terminal.until("$ ", 20);
    let screen = terminal.screen();
    assert!(!screen.contains("secret"), "{screen}");
    assert_eq!(whole(&bob), before, "the trial's mail is gone again");
    let own = bob.iim(&["friends", "--json"]);
    own.expect_code(0, "an account was made");

    let imaps = format!("imaps://alice@127.0.0.1:{}", dovecot.imaps);
    let args = [
        "setup",
        "--account",
        &alice.address,
        "--imap",
        &imaps,
        "--smtp",
        &smtp,
        "--ca",
        &ca,
    ];
    alice
        .iim_with(&args, b"secret\n")
        .expect_code(0, "alice's setup");
    alice.ok(&["add", "bob@example.org"]);
    let until = |what: &str, is_there: &dyn Fn() -> bool| {
        try_until(what, 30, || {
            let said = cron(&bob, &ca);
            alice.ok(&["fetch"]);
            is_there().then_some(()).ok_or(said)
        });
    };
    let is_friend =
        |of: &Account, who: &str, standing: &str| of.of_friend(who, "standing") == standing;
    until("alice's request", &|| is_friend(&bob, "alice", "asking"));
    bob.ok(&["accept", "alice"]);
    until("the handshake", &|| {
        is_friend(&bob, "alice", "friend") && is_friend(&alice, "bob", "friend")
    });
    alice.ok(&["say", "bob", "at the next five minutes"]);
    until("the text", &|| !bob.texts("alice").is_empty());
    assert_eq!(cron(&bob, &ca), "", "cron mails what a job says");
    assert_eq!(whole(&bob), before);
}
