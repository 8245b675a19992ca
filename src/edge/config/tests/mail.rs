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
    let fetch = config(text).unwrap().mail.fetch.remove(0);
    let expected = Fetch {
        name: "alice@example.org".to_owned(),
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
        others: Vec::new(),
        junk: true,
        poll: Duration::from_secs(60),
    };
    assert_eq!(fetch, expected);
}

#[test]
fn every_key_of_a_mailbox_is_read() {
    let text = "smtp = 'smtps://alice@mail.example.org'\npassword_file = 'pw'\nca = 'ca.pem'\n\
                [mail.fetch]\nname = 'chat'\nserver = 'imap://bob%40example.org@imap.example.org?tls=required'\n\
                token_command = 'oama access \"b b\"'\nca = 'own.pem'\nfolder = 'Chat'\nthen = 'move'\n\
                move_to = 'Done'\njunk = false\npoll = '5m'";
    let mut mail = config(text).unwrap().mail;
    let MailOut::Smtp(smtp) = mail.out else {
        panic!("{:?}", mail.out)
    };
    assert_eq!(smtp.login, Some(password("pw")));
    let words = ["oama", "access", "b b"].map(str::to_owned).to_vec();
    let expected = Fetch {
        name: "chat".to_owned(),
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
        others: Vec::new(),
        junk: false,
        poll: Duration::from_secs(300),
    };
    assert_eq!(mail.fetch.remove(0), expected);
}

#[test]
fn a_mailbox_goes_beside_a_sendmail_program_and_its_password_may_stand_in_either_place() {
    for text in [
        "password_file = 'pw'\n[mail.fetch]\nserver = 'pop3s://mail.example.org'",
        "sendmail = 'msmtp'\n[mail.fetch]\nserver = 'pop3s://mail.example.org'\npassword_file = 'pw'",
    ] {
        let mut mail = config(text).unwrap().mail;
        assert!(matches!(mail.out, MailOut::Sendmail(_)), "{text}");
        let fetch = mail.fetch.remove(0);
        assert_eq!((fetch.login, fetch.poll.as_secs()), (password("pw"), 300));
    }
}

#[test]
fn a_password_beside_a_server_without_a_user_is_the_mailboxs() {
    let text = "smtp = 'smtp://127.0.0.1:25'\npassword_file = 'pw'\n[mail.fetch]\nserver = 'imap://127.0.0.1'";
    let mut mail = config(text).unwrap().mail;
    let MailOut::Smtp(smtp) = mail.out else {
        panic!("{:?}", mail.out)
    };
    assert_eq!(
        (smtp.login, mail.fetch.remove(0).login),
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

const OLD: &str = "[[mail.fetch]]\nserver = 'imaps://bob%40old.example@imap.old.example'\npassword_file = 'old'\n";
const NEW: &str = "[[mail.fetch]]\nserver = 'imaps://imap.example.org'\n";

fn names(text: &str) -> Vec<String> {
    let all = config(text).expect(text).mail.fetch;
    all.into_iter().map(|fetch| fetch.name).collect()
}

#[test]
fn there_may_be_several_mailboxes_each_with_its_name_and_password() {
    let several = format!("password_file = 'pw'\n{OLD}{NEW}");
    let all = config(&several).unwrap().mail.fetch;
    let logins: Vec<_> = all.iter().map(|fetch| fetch.login.clone()).collect();
    assert_eq!(logins, [password("old"), password("pw")]);
    assert_eq!(names(&several), ["bob@old.example", "alice@example.org"]);
    let folder = format!(
        "{several}name = 'here'\n{NEW}folder = 'Chat'\n[[mail.fetch]]\nserver = 'pop3s://fred@pop.example'\npassword_file = 'x'"
    );
    let expected = [
        "bob@old.example",
        "here",
        "alice@example.org/Chat",
        "fred@pop.example",
    ];
    assert_eq!(names(&folder), expected);
    // One table in brackets of a list is one, as a list of none is none.
    assert_eq!(
        names(&format!("password_file = 'pw'\n{NEW}")),
        ["alice@example.org"]
    );
    assert_eq!(names("fetch = []"), [""; 0]);
}

#[test]
fn what_is_wrong_with_one_of_several_names_it() {
    let both = format!("password_file = 'pw'\n{OLD}{NEW}");
    let login = "password_file = 'x'\n";
    for (text, name, what) in [
        (
            format!("{OLD}{NEW}"),
            "alice@example.org",
            "needs password_command",
        ),
        (format!("{both}poll = 0"), "", "1 to 86400"),
        (format!("{both}then = 'archive'"), "", "archive"),
        (
            format!("{both}then = 'move'\nmove_to = 'inbox'"),
            "alice@example.org",
            "watched",
        ),
        (format!("{both}name = ''"), "", "a name is 1 to 64 bytes"),
        (
            format!("{both}name = 'BOB@old.example'"),
            "BOB@old.example",
            "name = ",
        ),
        (
            format!("{both}{NEW}"),
            "alice@example.org",
            "same folder: INBOX of alice@example.org@imap.example.org",
        ),
        (
            format!("{both}{NEW}name = 'b'\nfolder = 'inbox'"),
            "\"b\"",
            "same folder",
        ),
        // The port tells no two accounts apart.
        (
            format!("{both}[[mail.fetch]]\nname = 'b'\nserver = 'pop3s://imap.example.org:9955'"),
            "\"b\" and \"alice@example.org\"",
            "same folder",
        ),
        (
            format!("{both}{NEW}folder = 'B'\nthen = 'move'\nmove_to = 'INBOX'"),
            "alice@example.org/B",
            "the other watches",
        ),
        (
            format!("{both}then = 'move'\nmove_to = 'B'\n{NEW}folder = 'B'"),
            "alice@example.org/B",
            "the other watches",
        ),
        // The password for one provider is told to no other.
        (
            format!("{both}[[mail.fetch]]\nserver = 'imaps://eve@other.example'"),
            "eve@other.example",
            "of its own",
        ),
        (
            format!(
                "{both}[[mail.fetch]]\nserver = 'imaps://c@c.example'\n{login}[[mail.fetch]]\nserver = 'imaps://d@d.example'\n\
                 {login}[[mail.fetch]]\nserver = 'imaps://e@e.example'\n{login}"
            ),
            "e@e.example",
            "one too many",
        ),
        (format!("fetch = 7\n{login}"), "", "[[mail.fetch]]"),
    ] {
        let told = config(&text).expect_err(&text).to_string();
        assert!(told.contains(what) && told.contains(name), "{text}\n{told}");
    }
}

/// The entry that says nothing of its login stands last, first, and alone.
#[test]
fn the_password_of_one_provider_is_shown_to_no_other() {
    let of = |user: &str, host: &str, more: &str| {
        format!("[[mail.fetch]]\nserver = 'imaps://{user}@{host}'\n{more}\n")
    };
    let own = "password_file = 'own'\nname = 'own'";
    let mail =
        |smtp: &str| format!("smtp = 'smtps://{smtp}'\npassword_file = 'pw'\nca = 'ca.pem'\n");
    let (new, old) = ("me%40new.example", "me%40old.example");
    for (smtp, forgot, other, is_lent) in [
        // Of another user; of the same who may be somebody else there; of an account that has one already.
        (
            "me%40new.example@smtp.new.example",
            of(old, "imap.old.example", ""),
            of(new, "imap.new.example", own),
            false,
        ),
        (
            "me@smtp.new.example",
            of("me", "imap.old.example", ""),
            of(new, "imap.new.example", own),
            false,
        ),
        (
            "me@smtp.new.example",
            of("me", "imap.new.example", ""),
            of("me", "imap.old.example", own),
            false,
        ),
        (
            "me%40new.example@smtp.new.example",
            of(new, "a.example", ""),
            of(new, "b.example", "name = 'b'"),
            false,
        ),
        (
            "smtp.new.example",
            of("eve", "imap.old.example", ""),
            of("bob", "imap.new.example", own),
            false,
        ),
        (
            "me%40new.example@smtp.new.example",
            of(new, "imap.new.example", ""),
            of(old, "imap.old.example", own),
            true,
        ),
        (
            "me@smtp.new.example",
            of("me", "imap.new.example", ""),
            of(old, "imap.old.example", own),
            true,
        ),
        (
            "smtp.new.example",
            of("alice", "imap.new.example", ""),
            of(old, "imap.old.example", own),
            true,
        ),
    ] {
        for text in [format!("{forgot}{other}"), format!("{other}{forgot}")] {
            let text = format!("{}{text}", mail(smtp));
            let Ok(config) = config(&text) else {
                assert!(!is_lent, "{text}");
                let told = config_fault(&text);
                assert!(told.contains("of its own: that of [mail]"), "{told}");
                continue;
            };
            assert!(is_lent, "{text}");
            for fetch in config.mail.fetch {
                let is_own = fetch.name == "own";
                assert_eq!(fetch.login, password(if is_own { "own" } else { "pw" }));
                assert_eq!(fetch.ca.is_none(), is_own);
            }
        }
    }
}

fn config_fault(text: &str) -> String {
    config(text).expect_err(text).to_string()
}

#[test]
fn one_folder_of_an_account_looks_into_that_for_spam_and_knows_the_others() {
    let chat = format!("{NEW}folder = 'Chat'\n");
    let (inbox, quiet) = (
        format!("{NEW}folder = 'inbox'\n"),
        format!("{NEW}junk = false\n"),
    );
    let pop3 = "[[mail.fetch]]\nserver = 'pop3s://imap.example.org'\n".to_owned();
    for (tables, expected) in [
        ([&chat, &inbox], [("Chat", false), ("INBOX", true)]),
        ([&inbox, &chat], [("INBOX", true), ("Chat", false)]),
        ([&quiet, &chat], [("INBOX", false), ("Chat", true)]),
        // By POP3 nobody sees it.
        ([&pop3, &chat], [("INBOX", false), ("Chat", true)]),
    ] {
        let [one, two] = tables;
        let text = format!("password_file = 'pw'\n{one}{two}{OLD}");
        let [first, second, old] = &config(&text).unwrap().mail.fetch[..] else {
            panic!("{text}");
        };
        let seen = [first, second].map(|it| (it.folder.as_str(), it.junk));
        assert_eq!(seen, expected, "{text}");
        assert_eq!(
            (&first.others[..], &second.others[..]),
            (&[second.folder.clone()][..], &[first.folder.clone()][..])
        );
        assert!(old.junk && old.others.is_empty());
    }
}

#[test]
fn a_second_mailbox_beside_single_brackets_says_what_to_do() {
    let single = NEW.replace("[[mail.fetch]]", "[mail.fetch]");
    for text in [
        format!("password_file = 'pw'\n{single}{OLD}"),
        format!("password_file = 'pw'\n{OLD}{single}"),
    ] {
        let told = config_fault(&text);
        assert!(
            told.contains("the first one, too, has double brackets: [[mail.fetch]]"),
            "{told}"
        );
    }
}
