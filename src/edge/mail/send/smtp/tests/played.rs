//! Servers that were met, and others that the RFCs allow.

use super::*;

/// What it is, what it says, what a mail comes to, and what is told.
type Case = (&'static str, Answer, &'static str, &'static str);
const CASES: [Case; 16] = [
    (
        "a greeting in Latin-1",
        |l| (l == "(greeting)").then_some("220 \u{fc}bergro\u{df}"),
        "taken",
        "",
    ),
    (
        "taken, in Latin-1",
        |l| (l == "(mail)").then_some("250 ok, \u{fc}bernommen"),
        "taken",
        "",
    ),
    (
        "a code alone",
        |l| l.starts_with("RCPT").then_some("250"),
        "taken",
        "",
    ),
    (
        "codes alone",
        |l| (l == "(mail)").then_some("250-\r\n250"),
        "taken",
        "",
    ),
    (
        "LF alone",
        |l| l.starts_with("MAIL").then_some("250-so\n250 be it"),
        "taken",
        "",
    ),
    (
        "codes that differ",
        |l| l.starts_with("MAIL").then_some("250-so\r\n251 be it"),
        "taken",
        "",
    ),
    (
        "EHLO unknown",
        |l| l.starts_with("EHLO").then_some("502 what"),
        "taken",
        "",
    ),
    (
        "EHLO refused",
        |l| l.starts_with("EHLO").then_some("550 what"),
        "taken",
        "",
    ),
    (
        "refused in Latin-1",
        |l| {
            l.starts_with("RCPT")
                .then_some("550 5.1.1 kein Postfach f\u{fc}r bob")
        },
        "never",
        "kein Postfach f\u{fc}r bob",
    ),
    (
        "421 at MAIL",
        |l| l.starts_with("MAIL").then_some("421 4.3.2 shutting down"),
        "later",
        "shutting down",
    ),
    (
        "452 after the dot",
        |l| (l == "(mail)").then_some("452 4.3.1 full"),
        "later",
        "full",
    ),
    (
        "a daily limit",
        |l| (l == "(mail)").then_some("550-5.4.5 Daily user sending\r\n550 5.4.5 limit exceeded"),
        "of us",
        "5.4.5 Daily user sending limit exceeded",
    ),
    (
        "no relay",
        |l| {
            l.starts_with("RCPT")
                .then_some("554 5.7.1 <bob@example.net>: Relay access denied")
        },
        "perhaps",
        "Relay access denied",
    ),
    (
        "530 at MAIL",
        |l| l.starts_with("MAIL").then_some("530 5.7.0 log in"),
        "of us",
        "log in",
    ),
    (
        "530 at RCPT",
        |l| l.starts_with("RCPT").then_some("530 5.7.0 log in"),
        "perhaps",
        "log in",
    ),
    (
        "closed after the dot",
        |l| (l == "(mail)").then_some("close"),
        "unseen",
        "localhost",
    ),
];

#[test]
fn servers_are_taken_as_they_write() {
    for (case, answer, end, said) in CASES {
        let served = serve(Security::Plain, answer);
        let sent = send(&mut mailer(served.smtp(Security::Plain)), "bob@example.net");
        let found = match &sent {
            Handed::Taken => "taken",
            Handed::Later(_) => "later",
            Handed::Refused(_) => "never",
            Handed::Perhaps(_) => "perhaps",
            Handed::OfUs(_) => "of us",
            Handed::Unseen(_) => "unseen",
            Handed::Unsent => "not begun",
        };
        assert_eq!(found, end, "{case}: {sent:?}");
        let told = why(&sent);
        assert!(told.contains(said), "{case}: {told}");
    }
}

#[test]
fn keywords_are_taken_in_any_case() {
    let cases: [(&str, Answer); 3] = [
        ("lower", |l| {
            l.starts_with("EHLO")
                .then_some("250-localhost\r\n250-auth login plain\r\n250 8bitmime")
        }),
        ("before RFC 4954", |l| {
            l.starts_with("EHLO")
                .then_some("250-localhost\r\n250-AUTH=LOGIN PLAIN\r\n250 8BitMIME")
        }),
        ("several spaces", |l| {
            l.starts_with("EHLO")
                .then_some("250-localhost\r\n250-Auth  Login\tPlain\r\n250 8BITMIME ")
        }),
    ];
    for (case, script) in cases {
        let served = serve(Security::Plain, script);
        let smtp = served.smtp(Security::Plain).with_login("alice", "hunter2");
        let mut mailer = mailer(smtp);
        let from = address("alice@example.org");
        assert_eq!(
            hand(&mut mailer, &from, &from, b"A: \xff\n"),
            Handed::Taken,
            "{case}"
        );
    }
}

#[test]
fn a_login_refused_in_another_character_set_is_told_by_its_code() {
    let served = serve(Security::Plain, |line| {
        line.starts_with("AUTH")
            .then_some("535 \u{b5}\u{c7}\u{c2}\u{bc} hunter2")
    });
    let smtp = served.smtp(Security::Plain).with_login("alice", "hunter2");
    let fault = send(&mut mailer(smtp), "bob@example.net");
    let told = why(&fault).to_owned();
    assert!(
        told.contains("(535)") && !told.contains("hunter2"),
        "{told}"
    );
}

fn to_each(names: &[&str]) -> Vec<OutMail> {
    let one = |name: &&str| OutMail {
        from: address("alice@example.org"),
        to: address(&format!("{name}@example.net")),
        mail: format!("To: {name}\n\n").into_bytes(),
    };
    names.iter().map(one).collect()
}

/// RFC 5321, section 4.5.3.2.6: "DATA Termination: 10 minutes. This is while awaiting the '250 OK' reply."
#[test]
fn an_answer_after_the_dot_that_takes_long_holds_up_nobody_and_is_told_later() {
    // A mail to `slow` is answered when the next one has come.
    let served = serve(Security::Plain, |line| (line == "(slow)").then_some("wait"));
    let slow = Mailer::new(crate::edge::mail::send::lane::Route::Smtp(
        served.smtp(Security::Plain).into(),
    ));
    let slow = slow.with_patience_after_dot(Duration::from_secs(60));
    let mut mailer = BlockingMailer::new(slow).unwrap();
    let within = Some(Duration::from_secs(1));
    let results = mailer.send_all(to_each(&["slow"]), within);
    let [Err(Slow(number))] = results[..] else {
        panic!("{results:?}");
    };
    assert!(mailer.late(Duration::from_millis(1)).is_empty());
    assert_eq!(
        mailer.send_all(to_each(&["bob"]), within),
        [Ok(Handed::Taken)]
    );
    assert_eq!(
        mailer.late(Duration::from_secs(30)),
        [(number, Handed::Taken)]
    );
    assert!(mailer.late(Duration::from_secs(30)).is_empty());
}

#[test]
fn whoever_is_in_a_hurry_does_not_see_the_end() {
    let served = serve(Security::Plain, |line| (line == "(mail)").then_some(""));
    let mut mailer = mailer(served.smtp(Security::Plain));
    let results = mailer.send_all(to_each(&["bob"]), Some(Duration::from_millis(500)));
    assert!(
        matches!(results[..], [Ok(Handed::Unseen(_))]),
        "{results:?}"
    );
}

#[test]
fn what_is_about_us_ends_the_round() {
    let served = serve(Security::Plain, |line| {
        line.starts_with("MAIL").then_some("550 5.4.5 daily limit")
    });
    let mut mailer = mailer(served.smtp(Security::Plain));
    let results = mailer.send_all(to_each(&["bob", "carol", "dora"]), None);
    assert!(matches!(results[0], Ok(Handed::OfUs(_))), "{results:?}");
    assert_eq!(results[1..], [Ok(Handed::Unsent), Ok(Handed::Unsent)]);
    let tried = served
        .seen()
        .iter()
        .filter(|line| line.starts_with("MAIL"))
        .count();
    assert_eq!(tried, 1);
}
