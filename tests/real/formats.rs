//! Texts as files of other programs, read by one of those.

use crate::support::account::{Account, Place};
use crate::support::process::{need, run};

/// Prints of each mail of a mailbox file its id, what it answers, whom it is from and to, the subject, the time, and the words,
/// as JSON.
const READER: &str = "
import email.header, email.utils, json, mailbox, sys
for mail in mailbox.mbox(sys.argv[1], create=False):
    subject = str(email.header.make_header(email.header.decode_header(mail['Subject'])))
    time = email.utils.parsedate_to_datetime(mail['Date']).timestamp()
    words = mail.get_payload(decode=True).decode(mail.get_content_charset())
    names = [email.utils.parseaddr(mail[key])[1] for key in ('From', 'To')]
    print(json.dumps([mail['Message-ID'], mail['In-Reply-To'], names, subject, int(time), words, mail.defects == []]))
";

#[test]
fn a_mailbox_file_is_read_by_another_program() {
    need(&["python3"]);
    let place = Place::new();
    let alice = Account::new(&place, "alice@example.org");
    let sendmail = place.script("sendmail", "#!/bin/sh\ncat >/dev/null\n");
    alice.setup(&["--sendmail", &sendmail.display().to_string()]);
    alice.ok(&["add", "bob@example.net", "--name", "Bob, the \"Bär\""]);
    let long = "ä ".repeat(2000);
    let texts = [
        "At nine?",
        "Grüße 👍\n\nFrom here\n>From there\n.\n",
        "Subject: no\nFrom: mallory@example.com\n\nno",
        "=C3=BC =?utf-8?q?no?=",
        &long,
    ];
    let mut ids: Vec<String> = Vec::new();
    for text in texts {
        let mut command = vec!["say", "bob@example.net"];
        if let Some(answered) = ids.first() {
            command.extend(["--reply", answered]);
        }
        let said = alice.iim_with(&command, text.as_bytes());
        ids.push(said.expect_code(0, text).trim().to_owned());
    }

    let written = alice.ok(&["read", "--format", "mbox"]);
    let file = alice.write("box", &written);
    let mut python = alice.command("/usr/bin/python3");
    let out = run(python.arg("-c").arg(READER).arg(file), b"");
    let read = out.expect_code(0, "python3");
    let mails: Vec<serde_json::Value> = read
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kept = alice.texts("bob@example.net");
    assert_eq!(
        (mails.len(), kept.len()),
        (texts.len(), texts.len()),
        "{written}"
    );
    let first = &mails[0][0];
    for ((mail, text), kept) in mails.iter().zip(texts).zip(&kept) {
        let id = kept["id"].as_str().unwrap();
        assert!(
            mail[0].as_str().unwrap().starts_with(&format!("<{id}@")),
            "{mail}"
        );
        let answered = if kept["reply_to"].is_null() {
            &serde_json::Value::Null
        } else {
            first
        };
        assert_eq!(&mail[1], answered);
        assert_eq!(
            mail[2],
            serde_json::json!(["alice@example.org", "bob@example.net"])
        );
        let words = mail[5].as_str().unwrap().replace(">From", "From");
        assert_eq!(words.trim_end(), text.replace(">From", "From").trim_end());
        let subject = text.lines().next().unwrap().replace("=?", "= ?");
        assert!(subject.starts_with(mail[3].as_str().unwrap()), "{mail}");
        assert_eq!(mail[6], true, "{mail}");
    }
    assert_eq!(mails.iter().filter(|mail| mail[1].is_null()).count(), 1);
    assert_eq!(
        alice.ok(&["read", "--format", "mbox"]),
        written,
        "written anew it is the same"
    );
}
