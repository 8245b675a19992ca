//! `[mail]` and `[mail.fetch]`: who logs in where and how, and what goes together.

use super::*;

fn config(mail: &str) -> Result<Config, ConfigError> {
    parse(&format!("address = 'alice@example.org'\n[mail]\n{mail}"))
}

fn password(file: &str) -> MailLogin {
    MailLogin::Password(Password::File(Path::new("/nowhere").join(file)))
}

#[test]
fn a_mailbox_has_what_mail_says_where_it_says_nothing_itself() {
    let text = "smtp = 'smtps://alice@mail.example.org'\npassword_file = 'pw'\nca = 'ca.pem'\n\
                [mail.fetch]\nserver = 'imaps://imap.example.org'";
    let fetch = config(text).unwrap().mail.fetch.unwrap();
    let expected = Fetch {
        protocol: Protocol::Imap,
        server: Server {
            host: "imap.example.org".to_owned(),
            port: 993,
        },
        security: Security::Tls,
        user: "alice@example.org".to_owned(),
        login: password("pw"),
        ca: Some("/nowhere/ca.pem".into()),
        folder: "INBOX".to_owned(),
        then: Then::Delete,
        junk: true,
        poll: Duration::from_secs(60),
    };
    assert_eq!(fetch, expected);
}

#[test]
fn every_key_of_a_mailbox_is_read() {
    let text = "smtp = 'smtps://alice@mail.example.org'\npassword_file = 'pw'\nca = 'ca.pem'\n\
                [mail.fetch]\nserver = 'imap://bob%40example.org@imap.example.org?tls=required'\n\
                token_command = 'oama access \"b b\"'\nca = 'own.pem'\nfolder = 'Chat'\nthen = 'move'\n\
                move_to = 'Done'\njunk = false\npoll = '5m'";
    let mail = config(text).unwrap().mail;
    let MailOut::Smtp(smtp) = mail.out else {
        panic!("{:?}", mail.out)
    };
    assert_eq!(smtp.login, Some(password("pw")));
    let words = ["oama", "access", "b b"].map(str::to_owned).to_vec();
    let expected = Fetch {
        protocol: Protocol::Imap,
        server: Server {
            host: "imap.example.org".to_owned(),
            port: 143,
        },
        security: Security::StartTls,
        user: "bob@example.org".to_owned(),
        login: MailLogin::Token(Password::Command(words)),
        ca: Some("/nowhere/own.pem".into()),
        folder: "Chat".to_owned(),
        then: Then::Move("Done".to_owned()),
        junk: false,
        poll: Duration::from_secs(300),
    };
    assert_eq!(mail.fetch.unwrap(), expected);
}

#[test]
fn a_mailbox_goes_beside_a_sendmail_program_and_its_password_may_stand_in_either_place() {
    for text in [
        "password_file = 'pw'\n[mail.fetch]\nserver = 'pop3s://mail.example.org'",
        "sendmail = 'msmtp'\n[mail.fetch]\nserver = 'pop3s://mail.example.org'\npassword_file = 'pw'",
    ] {
        let mail = config(text).unwrap().mail;
        assert!(matches!(mail.out, MailOut::Sendmail(_)), "{text}");
        let fetch = mail.fetch.unwrap();
        assert_eq!((fetch.login, fetch.poll.as_secs()), (password("pw"), 300));
    }
}

#[test]
fn a_password_beside_a_server_without_a_user_is_the_mailboxs() {
    let text = "smtp = 'smtp://127.0.0.1:25'\npassword_file = 'pw'\n[mail.fetch]\nserver = 'imap://127.0.0.1'";
    let mail = config(text).unwrap().mail;
    let MailOut::Smtp(smtp) = mail.out else {
        panic!("{:?}", mail.out)
    };
    assert_eq!(
        (smtp.login, mail.fetch.unwrap().login),
        (None, password("pw"))
    );
}

#[test]
fn what_does_not_go_together_is_told() {
    let imap = "password_file = 'pw'\n[mail.fetch]\nserver = 'imaps://imap.example.org'\n";
    let pop3 = "password_file = 'pw'\n[mail.fetch]\nserver = 'pop3s://pop.example.org'\n";
    for (text, what) in [
        (
            "[mail.fetch]\nserver = 'imaps://imap.example.org'".to_owned(),
            "needs password_command",
        ),
        (
            "[mail.fetch]\npassword_file = 'pw'".to_owned(),
            "missing field `server`",
        ),
        (
            "[mail.fetch]\nserver = 'imap://imap.example.org'".to_owned(),
            "tls=required",
        ),
        (
            "[mail.fetch]\nserver = 'imaps://a:hunter2@imap.example.org'".to_owned(),
            "password",
        ),
        (
            "smtp = 'smtps://a@b'\npassword_file = 'x'\ntoken_command = 'y'".to_owned(),
            "not both",
        ),
        ("token_command = 'y'".to_owned(), "smtp or [mail.fetch]"),
        (
            "smtp = 'smtps://b'\ntoken_command = 'y'".to_owned(),
            "needs a user",
        ),
        (
            format!("{imap}password_file = 'x'\ntoken_command = 'y'"),
            "not both",
        ),
        (format!("{imap}move_to = 'IIM'"), "goes with then"),
        (format!("{imap}then = 'archive'"), "archive"),
        (format!("{imap}then = 'move'\nmove_to = 'inbox'"), "watched"),
        (format!("{imap}folder = 'IIM'\nthen = 'move'"), "watched"),
        (format!("{imap}folder = ''"), "folder's name"),
        (format!("{imap}folder = \"a\\nb\""), "folder's name"),
        (format!("{imap}poll = 0"), "1 to 86400"),
        (format!("{pop3}folder = 'Chat'"), "POP3"),
        (format!("{pop3}then = 'move'"), "POP3"),
        (format!("{pop3}mark = true"), "mark"),
    ] {
        let told = config(&text).expect_err(&text).to_string();
        assert!(
            told.contains(what) && !told.contains("hunter2"),
            "{text}\n{told}"
        );
    }
}
