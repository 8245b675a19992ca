//! Tables of cases: whole configurations, good and bad.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "tests"
)]

mod mail;
mod template;

use std::path::Path;

use super::*;
use crate::rules::account::AcceptPolicy;

const PATH: &str = "/nowhere/config.toml";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new(PATH))
}

#[test]
fn what_is_not_said_has_the_usual_value() {
    let config = parse("address = 'Alice@Example.org'").unwrap();
    assert_eq!(config.address.as_str(), "alice@example.org");
    assert_eq!(config.name, "alice");
    assert!(config.networks.is_empty());
    assert_eq!(
        config.mail.out,
        MailOut::Sendmail(vec!["/usr/sbin/sendmail".to_owned()])
    );
    assert_eq!((config.mail.per_day, config.mail.keep), (Some(200), false));
    let Presence {
        watch,
        poll,
        window,
        grace,
        follow,
    } = config.presence;
    assert_eq!(follow, Follow::Ask);
    assert_eq!(
        (watch.len(), poll.as_secs(), window, grace.as_secs()),
        (0, 15, 86_400, 180)
    );
    assert_eq!(
        (config.accept.accept, config.accept.auto.len()),
        (AcceptPolicy::Ask, 0)
    );
    assert!(!config.read_receipts && config.hooks.is_empty() && config.gateway.is_none());
}

#[test]
fn rooms_where_a_password_may_name_an_account_are_asked_for() {
    for (more, rooms) in [
        ("", true),
        ("groups = false", false),
        ("server_password_file = '/p'", false),
        ("server_password_file = '/p'\ngroups = true", true),
    ] {
        let text = format!("address = 'a@b.example'\n[[network]]\nservers = ['a:1']\n{more}");
        assert_eq!(parse(&text).unwrap().networks[0].groups, rooms, "{more}");
    }
}

#[test]
fn every_key_is_read() {
    let config = parse(
        r#"
        address = "alice@example.org"
        name = "Alice"
        [[network]]
        name = "Libera"
        servers = ["irc.libera.chat:6697", "[::1]:6697"]
        ca = "ca.pem"
        server_password_command = "pass show 'irc server'"
        sasl = { mechanism = "plain", user = "alice", password_file = "/p" }
        proxy = "socks5://127.0.0.1:9050"
        flood = { burst = 10, per_second = 2.5 }
        [[network]]
        servers = ["irc.example.org:6667"]
        tls = false
        insecure = true
        client_cert = "me.pem"
        sasl = { mechanism = "external" }
        [mail]
        smtp = "smtps://alice%40example.org@mail.example.org"
        password_command = ["pass", "mail"]
        ca = "mail.pem"
        per_day = 0
        keep = true
        [presence]
        watch = ["LIBERA"]
        poll = "30s"
        window = "1h"
        grace = 60
        [accept]
        policy = "known"
        auto = ["*@example.org"]
        refuse = ["*@Spam.example", "Eve@bücher.example", "*@*.bücher.example"]
        [receipts]
        read = true
        [hooks]
        presence = "a 'b c'"
        text = ["d"]
        request = "e"
        [gateway]
        listen = ["unix", "tls://0.0.0.0:6697"]
        certificate = "cert.pem"
        replay = 100
        origins = ["https://chat.example.org"]
        "#,
    )
    .unwrap();
    let [libera, other] = &config.networks[..] else {
        panic!("{config:?}")
    };
    assert_eq!(
        (libera.name.as_str(), other.name.as_str()),
        ("libera", "irc.example.org")
    );
    assert_eq!(libera.servers[1].to_string(), "[::1]:6697");
    assert_eq!(libera.ca.as_deref(), Some(Path::new("/nowhere/ca.pem")));
    let words = ["pass", "show", "irc server"].map(str::to_owned).to_vec();
    assert_eq!(libera.server_password, Some(Password::Command(words)));
    let password = Password::File("/p".into());
    assert_eq!(
        libera.sasl,
        Some(Sasl::Plain {
            user: "alice".to_owned(),
            password
        })
    );
    assert_eq!(
        libera.proxy.as_ref().unwrap().0.to_string(),
        "127.0.0.1:9050"
    );
    assert_eq!(
        libera.flood,
        Flood {
            burst: 10,
            per_second: 2.5
        }
    );
    assert_eq!(
        other.flood,
        Flood {
            burst: 4,
            per_second: 0.5
        }
    );
    assert_eq!(other.sasl, Some(Sasl::External(None)));
    assert!(libera.tls && !other.tls && other.insecure);
    let MailOut::Smtp(smtp) = &config.mail.out else {
        panic!("{config:?}")
    };
    assert_eq!(smtp.url.user.as_deref(), Some("alice@example.org"));
    assert_eq!((config.mail.per_day, config.mail.keep), (None, true));
    assert_eq!(config.presence.watch, ["libera"]);
    assert_eq!(
        (config.presence.poll.as_secs(), config.presence.window),
        (30, 3600)
    );
    assert_eq!(config.accept.accept, AcceptPolicy::Known);
    assert_eq!(config.accept.auto, ["*@example.org"]);
    let refused = [
        "*@spam.example",
        "eve@xn--bcher-kva.example",
        "*@*.xn--bcher-kva.example",
    ];
    assert_eq!(config.accept.refuse, refused);
    assert!(config.read_receipts);
    let programs = &config.hooks;
    assert_eq!(programs["presence"], ["a", "b c"]);
    assert_eq!(programs.len(), 3);
    assert!(config.gateway.is_some());
}

#[test]
fn a_fault_is_told_with_line_column_and_what() {
    let network = "address = 'a@b.example'\n[[network]]\n";
    for (text, line, column, what) in [
        ("name = 'Alice'", 1, 1, "address"),
        (
            "address = 'a@b.example'\nalso = ['c@d.example', 'bob']",
            2,
            24,
            "not a mail address",
        ),
        (
            "address = 'a@b.example'\nalso = ['A@B.example']",
            2,
            9,
            "named already",
        ),
        (
            "address = 'a@b.example'\nalso = ['c@d.example', 'c@d.example']",
            2,
            24,
            "named already",
        ),
        ("address = 'alice'", 1, 11, "not a mail address"),
        (
            "address = 'a@b.example'\naddress = 'c@d.example'",
            2,
            1,
            "duplicate",
        ),
        (
            "address = 'a@b.example'\npassword = 'hunter2'",
            2,
            1,
            "password",
        ),
        (
            "address = 'a@b.example'\n[mail]\n  sendmial = 'x'",
            3,
            3,
            "sendmial",
        ),
        ("address = 'a@b.example\n", 1, 23, ""),
        (
            "address = 'a@b.example'\nname = \"a\\u0007b\"",
            2,
            8,
            "control",
        ),
        (
            "address = 'a@b.example'\n[presence]\npoll = 'often'",
            3,
            8,
            "span of time",
        ),
        (
            "address = 'a@b.example'\n[presence]\nwindow = '31d'",
            3,
            10,
            "3600 to 2592000",
        ),
        (
            "address = 'a@b.example'\n[presence]\nwatch = ['libera']",
            3,
            10,
            "libera",
        ),
        (
            "address = 'a@b.example'\n[accept]\npolicy = 'all'",
            3,
            10,
            "all",
        ),
        (
            "address = 'a@b.example'\n[accept]\nauto = ['*']",
            3,
            8,
            "*@domain",
        ),
        (
            "address = 'a@b.example'\n[mail]\nsmtp = 'smtps://a:hunter2@b'",
            3,
            8,
            "password",
        ),
        (
            "address = 'a@b.example'\n[mail]\nsmtp = 'smtp://b.example'",
            3,
            8,
            "tls=required",
        ),
        (
            "address = 'a@b.example'\n[mail]\nsendmail = 'x'\nsmtp = 'smtps://b'",
            2,
            1,
            "exclude",
        ),
        (
            "address = 'a@b.example'\n[mail]\nsmtp = 'smtps://u@b'",
            2,
            1,
            "password_command",
        ),
        (
            "address = 'a@b.example'\n[mail]\npassword_file = 'x'",
            2,
            1,
            "smtp",
        ),
        (
            "address = 'a@b.example'\n[hooks]\ntext = \"a 'b\"",
            3,
            8,
            "quotation",
        ),
        (
            "address = 'a@b.example'\n[hooks]\ntext = ''",
            3,
            8,
            "program",
        ),
        (&format!("{network}servers = []"), 2, 1, "one to four"),
        (&format!("{network}servers = ['a']"), 3, 11, "host:port"),
        (
            &format!("{network}servers = ['a:1']\ntls = false"),
            2,
            1,
            "TLS",
        ),
        (
            &format!("{network}servers = ['a:1']\nname = 'b c'"),
            2,
            1,
            "name for a network",
        ),
        (
            &format!("{network}servers = ['a:1']\n[[network]]\nservers = ['A:2']"),
            4,
            1,
            "two networks",
        ),
        (
            &format!("{network}servers = ['a:1']\nsasl = {{ mechanism = 'plain' }}"),
            2,
            1,
            "needs user",
        ),
        (
            &format!("{network}servers = ['a:1']\nsasl = {{ mechanism = 'external' }}"),
            2,
            1,
            "client_cert",
        ),
        (
            &format!("{network}servers = ['a:1']\nproxy = 'http://x'"),
            4,
            9,
            "socks5",
        ),
        (
            &format!("{network}servers = ['a:1']\nflood = {{ burst = 0 }}"),
            2,
            1,
            "burst",
        ),
    ] {
        let fault = parse(text).expect_err(text);
        let told = fault.to_string();
        assert!(
            told.starts_with(&format!("{PATH}:{line}:{column}: ")),
            "{text}\n{told}"
        );
        assert!(told.contains(what), "{text}\n{told}");
        assert!(!told.contains("hunter2"), "{told}");
        assert!(!told.contains('\n'), "{told}");
    }
}

/// What stands in the wrong place may be a password.
#[test]
fn no_error_repeats_what_was_written() {
    let network = "address = 'a@b.example'\n[[network]]\nservers = ['a:1']\n";
    let mail = "address = 'a@b.example'\n[mail]\n";
    for text in [
        format!("{network}proxy = 'socks5://me:hunter2@127.0.0.1:9050'"),
        format!("{network}sasl = 'hunter2'"),
        format!("{network}flood = 'hunter2'"),
        format!("{network}server_password_command = \"echo 'hunter2\""),
        format!("{mail}smtp = 'smtps://me:hunter2'"),
        format!("{mail}smtp = 'smtps://me@b:hunter2'"),
        format!("{mail}per_day = 'hunter2'"),
        format!("{mail}password = 'hunter2'"),
        format!("{mail}password = hunter2"),
    ] {
        let told = Config::parse(&text, Path::new(PATH))
            .unwrap_err()
            .to_string();
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn loopback_needs_no_tls_and_nine_networks_are_too_many() {
    let network = |n: usize| {
        format!("[[network]]\nname = 'n{n}'\nservers = ['127.0.0.1:6667']\ntls = false\n")
    };
    let text = |n: usize| {
        "address = 'a@b.example'\n".to_owned() + &(0..n).map(network).collect::<String>()
    };
    assert_eq!(parse(&text(8)).unwrap().networks.len(), 8);
    assert!(parse(&text(9)).is_err());
}

#[test]
fn a_file_that_is_not_there_has_a_hint() {
    let fault = Config::load(Path::new("/nowhere/config.toml")).unwrap_err();
    assert!(matches!(fault, ConfigError::Missing(_)));
    assert!(fault.hint().is_some());
}
