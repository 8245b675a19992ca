//! Genuine mails of a friend as mail systems change them, at the real hook: taken, heard but kept, or left and told.

use crate::people::{People, deliver};
use crate::support::post::Mail;

const MARKERS: &str = "IIM: 1\nX-IIM: 1\n";

fn lf(mail: &Mail) -> String {
    mail.text().replace("\r\n", "\n")
}

/// What the hook says of this change of a new text of bob's, and whether alice has the text then.
fn changed(people: &People, said: &str, change: impl Fn(String) -> String) -> (i32, bool) {
    let mail = lf(&people.text_of_bob(said));
    let changed = change(mail.clone());
    assert_ne!(changed, mail, "{said}: nothing was changed");
    let code = deliver(&people.alice, changed.as_bytes()).code.unwrap();
    let texts = people.alice.texts("bob@example.net");
    people.post.take();
    (code, texts.iter().any(|text| text["text"] == said))
}

#[test]
fn a_mail_without_markers_is_taken_if_its_subject_is_exactly_ours() {
    let people = People::friends();
    let without = |mail: String| mail.replace(MARKERS, "");
    for (said, subject, came) in [
        ("only the subject", "Sealed message (iim)", (0, true)),
        ("a tag", "[EXTERNAL] Sealed message (iim)", (0, true)),
        ("other words", "***SPAM*** Sealed message (iim)", (1, true)),
        ("an answer", "Re: Sealed message (iim)", (1, false)),
        ("no subject of ours", "hello", (1, false)),
    ] {
        let found = changed(&people, said, |mail| {
            without(mail).replace("Sealed message (iim)", subject)
        });
        assert_eq!(found, came, "{said}");
    }
    let one = |mail: String| mail.replace("IIM: 1\nX-IIM: 1", "X-IIM: 1");
    assert_eq!(changed(&people, "the second marker", one), (0, true));
    let filtered = lf(&people.text_of_bob("kept, and told by the filter"));
    let filtered = without(filtered).replace("Subject: ", "Subject: look here: ");
    let out = people.alice.iim_with(&["filter"], filtered.as_bytes());
    assert!(
        out.text().starts_with("IIM-Status: a sealed letter\n"),
        "{}",
        out.text()
    );
}

#[test]
fn by_hand_a_mail_is_taken_whatever_became_of_its_header() {
    let people = People::friends();
    let mail = lf(&people.text_of_bob("hello"));
    let changed = mail
        .replace(MARKERS, "")
        .replace("Sealed message (iim)", "hello");
    assert_eq!(deliver(&people.alice, changed.as_bytes()).code, Some(1));
    let by_hand = |mail: &str| {
        let out = people
            .alice
            .iim_with(&["deliver", "--anyway"], mail.as_bytes());
        (out.code, out.errors())
    };
    assert_eq!(
        by_hand(&changed),
        (Some(0), "iim: a sealed letter\n".to_owned())
    );
    assert_eq!(by_hand(&changed).0, Some(0), "a double");
    assert_eq!(people.alice.texts("bob@example.net").len(), 1);
    assert_eq!(by_hand("Subject: x\n\nhello\n").0, Some(1));
    let forwarded = format!(
        "From: bob@example.net\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
         Content-Type: message/rfc822\n\n{mail}\n--b--\n"
    );
    assert_eq!(by_hand(&forwarded).0, Some(1));
}

/// "3 mails with our marker could not be read; last: why": once for each mail, however often it is shown to the hook.
#[test]
fn marked_mails_that_could_not_be_read_are_counted_and_told() {
    let people = People::friends();
    let status = || {
        let json = people.alice.iim_with(&["status", "--json"], b"").text();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        (
            json["unread_mails"]["count"].clone(),
            json["unread_mails"]["last"].clone(),
        )
    };
    assert_eq!(status(), (0.into(), serde_json::Value::Null));
    let damaged = lf(&people.text_of_bob("hello"));
    let whole = damaged.clone();
    let damaged = damaged.replace("application/vnd.iim", "application/x-removed");
    for _ in 0..3 {
        assert_eq!(deliver(&people.alice, damaged.as_bytes()).code, Some(1));
    }
    assert_eq!(status(), (1.into(), "no application/vnd.iim part".into()));
    let out = people
        .alice
        .iim_with(&["filter"], &crate::people::mail("forged-marker-newer"));
    assert_eq!(out.code, Some(0));
    assert_eq!(
        status(),
        (2.into(), "written by a newer version (2)".into())
    );
    let said = people.alice.iim_with(&["status"], b"").text();
    assert!(
        said.contains("2 mails with our marker could not be read; last, "),
        "{said}"
    );
    // What is read after all is counted no longer.
    let lost = whole.replace("Content-Type: multipart/mixed", "Content-Type: text/plain");
    assert_eq!(deliver(&people.alice, lost.as_bytes()).code, Some(1));
    assert_eq!(status().0, 3);
    deliver(&people.alice, whole.as_bytes()).expect_code(0, "whole");
    assert_eq!(status().0, 2);
}

/// However the mail comes again: with another line on top, through the filter, with an account that does not open.
#[test]
fn a_marked_mail_over_1_mib_is_counted_once_with_its_reason() {
    let people = People::friends();
    let large = format!("IIM: 1\n\n{}", "a line of the body\n".repeat(100_000));
    for _ in 0..2 {
        assert_eq!(deliver(&people.alice, large.as_bytes()).code, Some(1));
    }
    let again = format!("Received: from x\n{large}");
    let out = people.alice.iim_with(&["filter"], again.as_bytes());
    assert_eq!(out.code, Some(0));
    let json = people.alice.iim_with(&["status", "--json"], b"").text();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["unread_mails"]["count"], 1);
    assert_eq!(json["unread_mails"]["last"], "larger than 1 MiB");
    let nobody = ["--home", "/nonexistent", "deliver"];
    let out = people.alice.iim_with(&nobody, large.as_bytes());
    assert_eq!(
        out.code,
        Some(1),
        "it will not be read the next time either"
    );
}
