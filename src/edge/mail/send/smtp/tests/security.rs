//! TLS, whom it trusts, and that no login leaves in clear.

use super::*;

#[test]
fn tls_and_logins() {
    for (security, login) in [
        (Security::Tls, "AUTH LOGIN|YWxpY2U=|aHVudGVyMg=="),
        (Security::StartTls, "AUTH PLAIN AGFsaWNlAGh1bnRlcjI="),
        (Security::Plain, "AUTH LOGIN|YWxpY2U=|aHVudGVyMg=="),
    ] {
        let served = serve(security, |_| None);
        let smtp = served.smtp(security).with_login("alice", "hunter2");
        assert!(!format!("{smtp:?}").contains("hunter2"), "{smtp:?}");
        let mut mailer = mailer(smtp);
        assert_eq!(
            send(&mut mailer, "bob@example.net"),
            Handed::Taken,
            "{security:?}"
        );
        assert!(!format!("{mailer:?}").contains("hunter2"), "{mailer:?}");
        drop(mailer);
        let seen = served.seen();
        assert!(seen.join("|").contains(login), "{security:?} {seen:?}");
        assert_eq!(seen[seen.len() - 5..], ONE, "{security:?}");
        let clear = seen.iter().position(|l| l == "STARTTLS");
        assert_eq!(clear.is_some(), security == Security::StartTls);
    }
}

#[test]
fn nothing_is_said_in_clear_where_tls_is_wanted() {
    type Told = (&'static str, Security, Answer);
    let cases: [Told; 4] = [
        ("no STARTTLS", Security::Plain, |line| {
            line.starts_with("STAR").then_some("502 what")
        }),
        ("answer in clear behind it", Security::StartTls, |line| {
            line.starts_with("STAR")
                .then_some("220 go on\r\n250 AUTH PLAIN")
        }),
        ("no greeting", Security::Plain, |line| {
            (line == "(greeting)").then_some("554 no")
        }),
        ("garbage", Security::Plain, |line| {
            (line == "(greeting)").then_some("\u{0}\u{ff}")
        }),
    ];
    for (case, security, answer) in cases {
        let served = serve(security, answer);
        let smtp = served
            .smtp(Security::StartTls)
            .with_login("alice", "hunter2");
        let patient = smtp.with_patience(Duration::from_millis(500));
        let fault = send(&mut mailer(patient), "bob@example.net");
        assert!(matches!(fault, Handed::Later(_)), "{case}: {fault:?}");
        let seen = served.seen().join("|");
        assert!(
            !seen.contains("AUTH") && !seen.contains("MAIL"),
            "{case}: {seen}"
        );
    }
}

#[test]
fn a_certificate_of_nobody_is_refused() {
    for security in [Security::Tls, Security::StartTls] {
        let served = serve(security, |_| None);
        for (smtp, case) in [
            (
                Smtp::new("localhost", served.port, security),
                "unknown authority",
            ),
            (
                Smtp::new("localhost", served.port, security)
                    .with_ca(Some(serve(security, |_| None).ca.path().to_owned())),
                "another of the same name",
            ),
            (
                Smtp::new("localhost", served.port, security)
                    .with_ca(Some(Path::new("/no/such/file").to_owned())),
                "no file",
            ),
        ] {
            let fault = send(&mut mailer(smtp), "bob@example.net");
            assert!(matches!(fault, Handed::Later(_)), "{case}: {fault:?}");
            assert!(!served.seen().join("|").contains("MAIL"), "{case}");
        }
    }
}

#[test]
fn a_certificate_that_is_in_ca_byte_for_byte_is_trusted() {
    for security in [Security::Tls, Security::StartTls] {
        let served = serve(security, |_| None);
        // Its own signature, no authority, and another name.
        let smtp = Smtp::new("127.0.0.1", served.port, security)
            .with_ca(Some(served.ca.path().to_owned()));
        assert_eq!(send(&mut mailer(smtp), "bob@example.net"), Handed::Taken);
    }
}

#[test]
fn a_certificate_of_nobody_is_told_with_the_command_that_mends_it() {
    for (security, more) in [(Security::Tls, ""), (Security::StartTls, " -starttls smtp")] {
        let served = serve(security, |_| None);
        let port = served.port;
        let smtp = Smtp::new("localhost", port, security);
        let fault = send(&mut mailer(smtp), "bob@example.net");
        let told = why(&fault).to_owned();
        assert!(
            told.contains("signed by nobody whom this machine trusts"),
            "{told}"
        );
        let command = format!(
            "`openssl s_client -connect localhost:{port}{more} </dev/null | openssl x509 >server.pem`"
        );
        assert!(told.contains(&command), "{told}");
    }
}
