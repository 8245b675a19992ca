//! Each step has its answers (RFC 5321, section 4.3.2); with any other, nobody knows which answer is whose.

use super::*;

/// What it is, and what the server says. A mail to `carol` meets it.
type Case = (&'static str, Answer);

/// Before the dot: the mail is not begun.
const BEFORE: [Case; 12] = [
    ("a greeting of 250", |l| {
        (l == "(greeting)").then_some("250 fine")
    }),
    ("an answer behind the greeting", |l| {
        (l == "(greeting)").then_some("220 ready\r\n250 fine")
    }),
    ("an answer behind that to EHLO", |l| {
        l.starts_with("EHLO").then_some("250 me\r\n250 fine")
    }),
    ("354 to EHLO", |l| {
        l.starts_with("EHLO").then_some("354 go on")
    }),
    ("354 to MAIL", |l| {
        l.starts_with("MAIL").then_some("354 go on")
    }),
    ("an answer behind that to MAIL", |l| {
        l.starts_with("MAIL").then_some("250 fine\r\n250 fine")
    }),
    ("334 to RCPT", |l| {
        l.starts_with("RCPT").then_some("334 VXNlcm5hbWU6")
    }),
    ("an answer behind that to RCPT", |l| {
        l.contains("carol").then_some("250 fine\r\n250 fine")
    }),
    ("half an answer behind that to RCPT", |l| {
        l.contains("carol").then_some("250 fine\r\n2")
    }),
    ("250 to DATA", |l| (l == "DATA").then_some("250 fine")),
    ("a late answer before that to DATA", |l| {
        (l == "DATA").then_some("250 fine\r\n354 go on")
    }),
    ("an answer of no class", |l| {
        (l == "DATA").then_some("700 fine")
    }),
];

#[test]
fn a_wrong_answer_before_the_dot_lets_the_mail_wait() {
    for (case, answer) in BEFORE {
        let served = serve(Security::Plain, answer);
        let mut mailer = mailer(served.smtp(Security::Plain));
        let sent = send(&mut mailer, "carol@example.net");
        let seen = served.seen();
        assert!(
            matches!(sent, Handed::Later(_)),
            "{case}: {sent:?} {seen:?}"
        );
        let written = seen.iter().any(|line| line.starts_with("A: b"));
        assert!(!written, "{case}: {seen:?}");
    }
}

#[test]
fn a_connection_out_of_step_is_not_used_again() {
    let cases: [Case; 5] = [
        ("a surplus answer", |l| {
            l.contains("carol").then_some("250 fine\r\n250 fine")
        }),
        ("another class", |l| {
            l.contains("carol").then_some("354 go on")
        }),
        ("behind a refusal", |l| {
            l.contains("carol").then_some("450 later\r\n250 fine")
        }),
        ("354 to RSET", |l| match l {
            "RSET" => Some("354 go on"),
            l => l.contains("carol").then_some("450 later"),
        }),
        ("no answer at all", |l| {
            l.contains("carol").then_some("what\r\n250 fine")
        }),
    ];
    for (case, answer) in cases {
        let served = serve(Security::Plain, answer);
        let mut mailer = mailer(served.smtp(Security::Plain));
        let sent = send(&mut mailer, "carol@example.net");
        assert!(matches!(sent, Handed::Later(_)), "{case}: {sent:?}");
        assert_eq!(
            send(&mut mailer, "bob@example.net"),
            Handed::Taken,
            "{case}"
        );
        drop(mailer);
        let seen = served.seen();
        let count = seen.iter().filter(|line| *line == "(connection)").count();
        assert_eq!(count, 2, "{case}: {seen:?}");
        assert_eq!(seen[seen.len() - 5..], ONE, "{case}");
    }
}

#[test]
fn a_surplus_answer_to_a_mail_costs_the_next_one_nothing() {
    let served = serve(Security::Plain, |l| {
        (l == "(mail)").then_some("250 taken\r\n250 taken")
    });
    let mut mailer = mailer(served.smtp(Security::Plain));
    for _ in 0..3 {
        assert_eq!(send(&mut mailer, "bob@example.net"), Handed::Taken);
    }
    let seen = served.seen();
    let count = |what: &str| seen.iter().filter(|line| *line == what).count();
    assert_eq!((count("(connection)"), count(ONE[3])), (3, 3), "{seen:?}");
}

#[test]
fn a_wrong_answer_after_the_dot_is_an_end_that_nobody_saw() {
    let cases: [Case; 4] = [
        ("354", |l| (l == "(mail)").then_some("354 go on")),
        ("334", |l| (l == "(mail)").then_some("334 ")),
        ("no class", |l| (l == "(mail)").then_some("150 soon")),
        ("no code", |l| (l == "(mail)").then_some("taken")),
    ];
    for (case, answer) in cases {
        let served = serve(Security::Plain, answer);
        let mut mailer = mailer(served.smtp(Security::Plain));
        for _ in 0..2 {
            let sent = send(&mut mailer, "bob@example.net");
            assert!(matches!(sent, Handed::Unseen(_)), "{case}: {sent:?}");
        }
        let seen = served.seen();
        let count = seen.iter().filter(|line| *line == "(connection)").count();
        assert_eq!(count, 2, "{case}: {seen:?}");
    }
}

#[test]
fn a_login_has_its_answers() {
    let cases: [Case; 4] = [
        ("250 to AUTH LOGIN", |l| {
            l.starts_with("AUTH").then_some("250 fine")
        }),
        ("235 to the name", |l| {
            l.starts_with("YWxp").then_some("235 welcome")
        }),
        ("334 at the end", |l| {
            l.starts_with("aHVu").then_some("334 UGFzc3dvcmQ6")
        }),
        ("334 to AUTH PLAIN", |l| match l.get(..4) {
            Some("EHLO") => Some("250-localhost\r\n250 AUTH PLAIN"),
            Some("AUTH") => Some("334 "),
            _ => None,
        }),
    ];
    for (case, answer) in cases {
        let served = serve(Security::Plain, answer);
        let smtp = served.smtp(Security::Plain).with_login("alice", "hunter2");
        let sent = send(&mut mailer(smtp), "bob@example.net");
        let seen = served.seen().join("|");
        assert!(matches!(sent, Handed::Later(_)), "{case}: {sent:?}");
        assert!(!seen.contains("MAIL"), "{case}: {seen}");
    }
}

#[test]
fn what_a_server_says_is_told_in_clean_words() {
    let cases: [Case; 4] = [
        ("no code", |l| {
            (l == "(greeting)").then_some("\u{1b}]0;x\u{7} hello")
        }),
        ("no code after the dot", |l| {
            (l == "(mail)").then_some("\u{1b}[2J hello")
        }),
        ("another class", |l| {
            (l == "DATA").then_some("250 \u{1b}[2J hello")
        }),
        ("a surplus answer", |l| {
            l.starts_with("RCPT")
                .then_some("250 fine\r\n250 \u{1b}[2J hello")
        }),
    ];
    for (case, answer) in cases {
        let served = serve(Security::Plain, answer);
        let fault = send(&mut mailer(served.smtp(Security::Plain)), "bob@example.net");
        let told = why(&fault).to_owned();
        assert!(
            told.contains("hello") && !told.contains(char::is_control),
            "{case}: {told:?}"
        );
    }
}

#[test]
fn a_server_that_drips_after_the_dot_holds_up_nobody_in_a_hurry() {
    let served = serve(Security::Plain, |l| (l == "(mail)").then_some("drip"));
    let mut mailer = mailer(served.smtp(Security::Plain));
    let begun = std::time::Instant::now();
    let mail = OutMail {
        from: address("alice@example.org"),
        to: address("bob@example.net"),
        mail: b"A: b\n\n".to_vec(),
    };
    let results = mailer.send_all(vec![mail], Some(Duration::from_millis(500)));
    assert!(
        matches!(results[..], [Ok(Handed::Unseen(_))]),
        "{results:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_server_that_drips_before_the_dot_is_late() {
    for step in ["(greeting)", "MAIL", "RCPT", "DATA"] {
        let answer: Answer = match step {
            "(greeting)" => |l| (l == "(greeting)").then_some("drip"),
            "MAIL" => |l| l.starts_with("MAIL").then_some("drip"),
            "RCPT" => |l| l.starts_with("RCPT").then_some("drip"),
            _ => |l| (l == "DATA").then_some("drip"),
        };
        let served = serve(Security::Plain, answer);
        let smtp = served.smtp(Security::Plain);
        let hasty = smtp.with_patience(Duration::from_millis(500));
        let told = send(&mut mailer(hasty), "bob@example.net");
        assert!(
            why(&told).to_owned().contains("does not answer"),
            "{step}: {told:?}"
        );
    }
}

/// RFC 5321, section 4.5.3.2.6: ten minutes in all, not for each byte.
#[tokio::test(start_paused = true)]
async fn an_answer_after_the_dot_that_drips_has_ten_minutes_in_all() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let server = async {
        let mut stream = BufReader::new(theirs);
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        stream.write_all(b"250 me\r\n").await.unwrap();
        stream.read_line(&mut line).await.unwrap();
        loop {
            stream.write_all(b"2").await.unwrap();
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    };
    let client = async {
        let hello = ClientId::default();
        let begun = Conversation::begin(BufReader::new(Box::new(ours)), &hello, true).await;
        let mut conversation = begun.unwrap();
        let dot = Instant::now();
        let ended = end(&mut conversation).await;
        assert!(matches!(ended, Err((Step::Dot, Fault::Late))), "{ended:?}");
        assert_eq!(dot.elapsed().as_secs(), 600);
    };
    tokio::select! {
        () = client => {}
        () = server => {}
    }
}
