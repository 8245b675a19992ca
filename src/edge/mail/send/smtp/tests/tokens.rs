//! Logins by an OAuth 2 token: the mechanism, the long token, the refusal in words, and a token for each login.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::edge::config::Password;

const BOTH: &str = "250-localhost\r\n250-AUTH PLAIN XOAUTH2 OAUTHBEARER\r\n250 8BITMIME";
const OLD: &str = "250-localhost\r\n250-AUTH PLAIN XOAUTH2\r\n250 8BITMIME";

impl Smtp {
    /// Whose token is what a shell prints.
    fn with_token(self, script: &str) -> Self {
        let words = ["sh", "-c", script].map(str::to_owned).to_vec();
        let login = Login::Token("alice@example.org".to_owned(), Password::Command(words));
        let login = Some(login);
        Self { login, ..self }
    }
}

#[test]
fn the_better_mechanism_is_used_and_a_long_token_has_a_line_of_its_own() {
    let first = |host: &str, port: u16, token: &str| {
        STANDARD.encode(format!(
            "n,a=alice@example.org,\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01"
        ))
    };
    let both = serve(Security::Plain, |l| l.starts_with("EHLO").then_some(BOTH));
    let smtp = both.smtp(Security::Plain).with_token("echo hunter2");
    assert_eq!(send(&mut mailer(smtp), "bob@example.net"), Handed::Taken);
    let said = format!(
        "AUTH OAUTHBEARER {}",
        first("localhost", both.port, "hunter2")
    );
    assert!(both.seen().contains(&said));

    let old = serve(Security::Plain, |l| l.starts_with("EHLO").then_some(OLD));
    let smtp = old.smtp(Security::Plain).with_token("echo hunter2");
    assert_eq!(send(&mut mailer(smtp), "bob@example.net"), Handed::Taken);
    let told = "user=alice@example.org\x01auth=Bearer hunter2\x01\x01";
    assert!(
        old.seen()
            .contains(&format!("AUTH XOAUTH2 {}", STANDARD.encode(told)))
    );

    let long = serve(Security::Plain, |line| match line {
        "AUTH OAUTHBEARER" => Some("334 "),
        line if line.starts_with("EHLO") => Some(BOTH),
        line if line.starts_with("bixh") => Some("235 welcome"),
        _ => None,
    });
    let smtp = long
        .smtp(Security::Plain)
        .with_token("printf 'a%.0s' $(seq 2000)");
    assert_eq!(send(&mut mailer(smtp), "bob@example.net"), Handed::Taken);
    let said = first("localhost", long.port, &"a".repeat(2000));
    assert!(long.seen().contains(&said));
}

#[test]
fn a_refusal_is_answered_as_the_mechanism_wants_and_told_in_words() {
    let expired: Answer = |line| match line {
        line if line.starts_with("EHLO") => Some(BOTH),
        // {"status":"invalid_token","hint":"hunter2"}
        line if line.starts_with("AUTH") => {
            Some("334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwiaGludCI6Imh1bnRlcjIifQ==")
        }
        "AQ==" => Some("535 5.7.8 hunter2"),
        _ => None,
    };
    let old: Answer = |line| match line {
        line if line.starts_with("EHLO") => Some(OLD),
        // {"status":"400"}
        line if line.starts_with("AUTH") => Some("334 eyJzdGF0dXMiOiI0MDAifQ=="),
        _ => None,
    };
    let at_once: Answer = |line| match line {
        line if line.starts_with("EHLO") => Some(BOTH),
        line if line.starts_with("AUTH") => Some("535 hunter2"),
        _ => None,
    };
    let between: Answer = |line| match line {
        line if line.starts_with("EHLO") => Some(BOTH),
        line if line.starts_with("AUTH") => Some("300 hunter2"),
        _ => None,
    };
    let none: Answer = |_| None;
    for (answer, token, words) in [
        (expired, "echo hunter2", "not valid, or no longer"),
        (at_once, "echo hunter2", "refused the login (535)"),
        (between, "echo hunter2", "cannot log in"),
        (none, "echo hunter2", "it takes no tokens"),
        (expired, "echo hunter2 hunter2", "is no token"),
        (expired, "echo hunter2; exit 3", "no token for localhost"),
    ] {
        let served = serve(Security::Plain, answer);
        let smtp = served.smtp(Security::Plain).with_token(token);
        let told = format!("{:?}", send(&mut mailer(smtp), "bob@example.net"));
        assert!(
            told.starts_with("Later") && told.contains(words),
            "{words}: {told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
        assert!(
            !served.seen().iter().any(|line| line.starts_with("MAIL")),
            "{words}"
        );
    }
    // The line after XOAUTH2's challenge is an empty one, for which the server of these tests hangs up.
    let served = serve(Security::Plain, old);
    let smtp = served.smtp(Security::Plain).with_token("echo hunter2");
    let told = format!("{:?}", send(&mut mailer(smtp), "bob@example.net"));
    assert!(told.contains("another user"), "{told}");
    assert_eq!(served.seen().last().map(String::as_str), Some(""));
}

#[test]
fn each_login_has_a_token_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let count = dir.path().join("count");
    let script = format!("echo x >>{0}; echo token$(wc -l <{0})", count.display());
    // The server hangs up after each mail.
    let served = serve(Security::Plain, |line| match line {
        line if line.starts_with("EHLO") => Some(OLD),
        "(mail)" => Some("250 taken\r\n421 bye"),
        _ => None,
    });
    let mut mailer = mailer(served.smtp(Security::Plain).with_token(&script));
    for _ in 0..2 {
        assert_eq!(send(&mut mailer, "bob@example.net"), Handed::Taken);
    }
    let seen = served.seen();
    for token in ["token1", "token2"] {
        let told = format!("user=alice@example.org\x01auth=Bearer {token}\x01\x01");
        let said = format!("AUTH XOAUTH2 {}", STANDARD.encode(told));
        let times = seen.iter().filter(|line| **line == said).count();
        assert_eq!(times, 1, "{token}: {seen:?}");
    }
}
