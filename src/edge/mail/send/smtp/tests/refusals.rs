//! What the server refuses, and what that means for the mail.

use super::*;

#[test]
fn what_the_server_says_is_for_good_or_for_now() {
    type Case = (&'static str, Answer, bool, &'static str);
    let cases: [Case; 10] = [
        (
            "550 to the recipient",
            |l| {
                l.starts_with("RCPT")
                    .then_some("550-5.1.1 no such\r\n550 5.1.1 user \u{1b}[1m")
            },
            true,
            "no such",
        ),
        (
            "450 to the recipient",
            |l| l.starts_with("RCPT").then_some("450 later"),
            false,
            "later",
        ),
        (
            "554 to the mail",
            |l| (l == "(mail)").then_some("554 spam"),
            true,
            "spam",
        ),
        (
            "452 to the mail",
            |l| (l == "(mail)").then_some("452 full"),
            false,
            "full",
        ),
        (
            "550 to us",
            |l| l.starts_with("MAIL").then_some("550 who are you"),
            false,
            "who are you",
        ),
        (
            "502 to the greeting",
            |l| matches!(l.get(..4), Some("EHLO" | "HELO")).then_some("502 what"),
            false,
            "what",
        ),
        (
            "421 in the middle",
            |l| l.starts_with("RCPT").then_some("421 going down"),
            false,
            "going down",
        ),
        (
            "closed in the middle",
            |l| l.starts_with("DATA").then_some("close"),
            false,
            "localhost",
        ),
        (
            "silence",
            |l| l.starts_with("DATA").then_some(""),
            false,
            "does not answer",
        ),
        (
            "silence at once",
            |l| (l == "(greeting)").then_some(""),
            false,
            "does not answer",
        ),
    ];
    for (case, answer, permanent, said) in cases {
        let served = serve(Security::Plain, answer);
        let patience = match case.starts_with("silence") {
            true => Duration::from_millis(500),
            false => Duration::from_secs(30),
        };
        let smtp = served.smtp(Security::Plain).with_patience(patience);
        let fault = send(&mut mailer(smtp), "bob@example.net");
        assert_eq!(
            matches!(fault, Handed::Refused(_)),
            permanent,
            "{case}: {fault:?}"
        );
        assert!(
            matches!(fault, Handed::Refused(_) | Handed::Later(_)),
            "{case}: {fault:?}"
        );
        let told = why(&fault).to_owned();
        assert!(
            told.contains(said) && !told.contains(char::is_control),
            "{case}: {told}"
        );
    }
    let nobody = Smtp::new("127.0.0.1", 1, Security::Plain);
    assert!(matches!(
        send(&mut mailer(nobody), "bob@example.net"),
        Handed::Later(_)
    ));
}

#[test]
fn a_refused_login_is_told_without_the_servers_words() {
    let served = serve(Security::Plain, |line| {
        line.starts_with("AUTH").then_some("535 not hunter2")
    });
    let smtp = served.smtp(Security::Plain).with_login("alice", "hunter2");
    let fault = send(&mut mailer(smtp), "bob@example.net");
    assert!(matches!(fault, Handed::Later(_)), "{fault:?}");
    assert!(why(&fault).to_owned().contains("535"), "{fault:?}");
    assert!(!why(&fault).to_owned().contains("hunter2"), "{fault:?}");
}

#[test]
fn one_refused_recipient_does_not_harm_the_next() {
    let served = serve(Security::Plain, |line| {
        line.contains("carol").then_some("550 unknown")
    });
    let mut mailer = mailer(served.smtp(Security::Plain));
    assert!(matches!(
        send(&mut mailer, "carol@example.net"),
        Handed::Refused(_)
    ));
    assert_eq!(send(&mut mailer, "bob@example.net"), Handed::Taken);
    drop(mailer);
    let seen = served.seen();
    assert_eq!(
        seen.iter().filter(|l| *l == "(connection)").count(),
        1,
        "{seen:?}"
    );
    assert!(seen.contains(&"RSET".to_owned()), "{seen:?}");
}

#[test]
fn a_mail_or_address_the_server_cannot_take_is_not_sent() {
    let served = serve(Security::Plain, |line| {
        line.starts_with("EHLO").then_some("250 localhost")
    });
    let mut mailer = mailer(served.smtp(Security::Plain));
    let (from, to) = (address("alice@example.org"), address("jürgen@example.net"));
    assert!(matches!(
        hand(&mut mailer, &from, &to, b"A: b\n"),
        Handed::Refused(_)
    ));
    let eight = hand(&mut mailer, &from, &from, b"A: \xff\n");
    assert!(matches!(eight, Handed::Refused(_)));
    assert_eq!(hand(&mut mailer, &from, &from, b"A: b\n"), Handed::Taken);
}

/// A server that has heard enough refuses the mail before its end; there is no way back to another one then.
#[test]
fn a_refusal_in_the_midst_of_the_mail_is_one() {
    type Case = (&'static str, Answer, bool);
    let cases: [Case; 3] = [
        (
            "552",
            |l| (l == "DATA").then_some("354 go on\r\n552-5.3.4 too\r\n552 5.3.4 large"),
            true,
        ),
        (
            "452",
            |l| (l == "DATA").then_some("354 go on\r\n452 full"),
            false,
        ),
        (
            "250",
            |l| (l == "DATA").then_some("354 go on\r\n250 taken"),
            false,
        ),
    ];
    for (case, answer, permanent) in cases {
        let served = serve(Security::Plain, answer);
        let mut mailer = mailer(served.smtp(Security::Plain));
        for _ in 0..2 {
            let fault = send(&mut mailer, "bob@example.net");
            assert!(
                match permanent {
                    true => matches!(fault, Handed::Refused(_)),
                    false => matches!(fault, Handed::Later(_)),
                },
                "{case}: {fault:?}"
            );
        }
        let seen = served.seen();
        let count = |what: &str| seen.iter().filter(|line| *line == what).count();
        assert_eq!((count("(connection)"), count("RSET")), (2, 0), "{case}");
    }
}

#[tokio::test]
async fn a_refusal_that_comes_while_a_mail_is_written_is_heard_before_the_dot() {
    let (ours, theirs) = tokio::io::duplex(64);
    let server = async {
        let mut stream = BufReader::new(theirs);
        let mut line = String::new();
        for answer in ["250 me\r\n", "354 go on\r\n", "552 too large\r\n"] {
            stream.read_line(&mut line).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        let mut rest = Vec::new();
        while stream.read_until(b'\n', &mut rest).await.unwrap() > 0 {}
        rest
    };
    let client = async {
        let stream: Box<dyn Stream> = Box::new(ours);
        let hello = ClientId::default();
        let begun = Conversation::begin(BufReader::new(stream), &hello, true).await;
        let mut conversation = begun.unwrap();
        conversation.data().await.unwrap();
        let written = conversation.mail(&b"line\r\n".repeat(1000)).await;
        assert!(
            matches!(&written, Err(Fault::No(no)) if no.code == 552),
            "{written:?}"
        );
    };
    let ((), rest) = tokio::join!(client, server);
    assert!(!rest.ends_with(b"\r\n.\r\n"));
}
