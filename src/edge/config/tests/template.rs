//! The file that setup writes: every key explained, and read as it was meant.

use super::*;

fn setup(networks: &[&str], mail: &str) -> Setup {
    Setup {
        address: Address::parse("alice@example.org").unwrap(),
        name: Some("Al \"the\" \\ice".to_owned()),
        networks: networks.iter().map(|n| n.parse().unwrap()).collect(),
        sendmail: Some(mail.to_owned()).filter(|mail| !mail.is_empty() && !mail.contains("://")),
        smtp: Some(mail.to_owned()).filter(|mail| mail.contains("://")),
        token_command: None,
        ca: None,
        per_day: None,
        fetch: None,
        gateway: false,
    }
}

#[test]
fn what_setup_writes_is_read_as_it_was_meant() {
    for (networks, mail) in [
        (&[][..], ""),
        (
            &["irc://127.0.0.1:6667", "b=ircs://irc.example.org"][..],
            "msmtp -a 'my acc'",
        ),
        (
            &["irc://irc.example.org"][..],
            "smtps://me@mail.example.org",
        ),
    ] {
        let setup = setup(networks, mail);
        let text = setup.template();
        let config = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(
            (config.address, Some(config.name)),
            (setup.address, setup.name)
        );
        let written: Vec<_> = setup
            .networks
            .iter()
            .map(|n| (&n.name, vec![n.server.clone()], n.tls))
            .collect();
        let read: Vec<_> = config
            .networks
            .iter()
            .map(|n| (&n.name, n.servers.clone(), n.tls))
            .collect();
        assert_eq!(read, written);
        match (setup.sendmail, setup.smtp, config.mail.out) {
            (None, None, MailOut::Sendmail(words)) => assert_eq!(words, ["/usr/sbin/sendmail"]),
            (Some(text), None, MailOut::Sendmail(words)) => {
                assert_eq!(words, shell_words::split(&text).unwrap());
            }
            (None, Some(url), MailOut::Smtp(smtp)) => assert_eq!(smtp.url, url.parse().unwrap()),
            (sendmail, smtp, read) => panic!("{sendmail:?} {smtp:?} {read:?}"),
        }
    }
}

#[test]
fn a_mailbox_is_written_as_it_was_meant() {
    for token in [None, Some("oama access 'my box'")] {
        let setup = Setup {
            token_command: token.map(str::to_owned),
            ca: Some("/x/ca.pem".to_owned()),
            per_day: Some(100),
            fetch: Some("imaps://alice%40example.org@imap.example.org:993".to_owned()),
            ..setup(&[], "smtps://alice%40example.org@mail.example.org:465")
        };
        let mail = parse(&setup.template()).unwrap().mail;
        let login = match token {
            None => MailLogin::Password(Password::File("/nowhere/mail-password".into())),
            Some(words) => {
                let words = shell_words::split(words).unwrap();
                MailLogin::Token(Password::Command(words))
            }
        };
        let fetch = mail.fetch.into_iter().next().unwrap();
        assert_eq!((&fetch.login, mail.per_day), (&login, Some(100)));
        assert_eq!(fetch.ca.as_deref(), Some(Path::new("/x/ca.pem")));
        let MailOut::Smtp(smtp) = mail.out else {
            panic!("{:?}", mail.out)
        };
        assert_eq!((smtp.login, smtp.ca), (Some(login), fetch.ca));
    }
}

/// The lines that show a key which is not set, made to set it; `except` are left out.
fn uncommented(text: &str, except: &[&str]) -> String {
    let shown = |line: &str| {
        let key = line
            .strip_prefix('#')
            .filter(|k| k.starts_with(|c: char| c.is_ascii_lowercase() || c == '['));
        match key {
            Some(key) if !except.iter().any(|e| key.starts_with(e)) => format!("{key}\n"),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(shown).collect()
}

#[test]
fn every_key_that_is_shown_can_be_set() {
    let text = setup(&["libera=ircs://irc.libera.chat"], "").template();
    for except in [
        &["sendmail", "password_file", "token", "move_to", "open"][..],
        &["sendmail", "password_command", "token", "move_to", "open"],
        &["smtp", "password", "move_to", "ca"],
    ] {
        let all = uncommented(&text, except);
        let config = parse(&all).unwrap_or_else(|e| panic!("{e}\n{all}"));
        assert_eq!(config.hooks.len(), 6);
        assert_eq!(config.mail.per_day, Some(200));
    }
}

#[test]
fn every_key_is_explained() {
    let text = setup(&[], "").template();
    for key in [
        "address",
        "name",
        "servers",
        "tls",
        "ca",
        "server_password_command",
        "server_password_file",
        "sasl",
        "client_cert",
        "insecure",
        "proxy",
        "flood",
        "burst",
        "per_second",
        "mechanism",
        "user",
        "password_command",
        "password_file",
        "sendmail",
        "smtp",
        "token_command",
        "server",
        "folder",
        "then",
        "move_to",
        "junk",
        "per_day",
        "keep",
        "watch",
        "poll",
        "window",
        "grace",
        "policy",
        "auto",
        "refuse",
        "read",
        "presence",
        "text",
        "request",
        "listen",
        "certificate",
        "key",
        "open",
        "replay",
        "self_messages",
        "tags",
        "origins",
    ] {
        let shown = text.lines().any(|l| {
            let l = l.trim_start_matches(['#', ' ']);
            l.contains(&format!("{key} = "))
        });
        assert!(shown, "{key}");
    }
}
