//! How far anybody gets with a server that wants our login in a way it should not.

use iim::edge::config::Security;
use iim::edge::mail::fetch::{Imap, Pop3};
use iim::rules::fetch::mailbox::{Answer, Command, Fault};
use iim::rules::fetch::pop3_box;

use crate::liar::{Liar, Lie};
use crate::{imap, pop3};

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

fn open(liar: &Liar, security: Security) -> Answer {
    let mut imap = Imap::new(liar.settings(security));
    run(imap.carry_out(Command::Open)).answer
}

fn says_no_login(heard: &[String]) {
    let login = ["AUTH", "LOGIN", "PASS", "hunter22", "AGJvYk"];
    let told = |line: &String| login.iter().any(|word| line.contains(word));
    assert!(!heard.iter().any(told), "{heard:?}");
}

/// RFC 9051, section 11.1 and the attacks of "Why TLS Is Better Without STARTTLS" (Poddebniak and others, 2021).
#[test]
fn without_tls_nothing_of_the_login_is_said() {
    for (at, lie) in [
        ("", Lie::Say("* PREAUTH welcome\r\n")),
        // Stripped.
        (
            "CAPABILITY",
            Lie::Say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK\r\n"),
        ),
        ("CAPABILITY", Lie::Say("{tag} OK\r\n")),
    ] {
        let liar = Liar::start(imap::honest, at, 0, Some(lie));
        match open(&liar, Security::StartTls) {
            Answer::Closed(Some(Fault::Tls(_) | Fault::Malformed(_) | Fault::Network(_))) => {}
            other => panic!("{at} {lie:?}: {other:?}"),
        }
        says_no_login(&liar.heard());
    }
    let liar = Liar::start(imap::honest, "", 0, Some(Lie::Say("* PREAUTH welcome\r\n")));
    assert!(matches!(
        open(&liar, Security::Tls),
        Answer::Closed(Some(_))
    ));
}

#[test]
fn what_is_said_ahead_of_tls_is_a_fault() {
    fn injects(line: &str, tag: &str) -> String {
        match line.split_once(' ') {
            Some((_, "CAPABILITY")) => format!("* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK\r\n"),
            Some((_, "STARTTLS")) => {
                format!("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA3 OK\r\n")
            }
            _ => imap::honest(line, tag),
        }
    }
    let liar = Liar::start(injects, "-", 0, None);
    match open(&liar, Security::StartTls) {
        Answer::Closed(Some(Fault::Tls(words))) => {
            assert!(words.contains("somebody may stand between"), "{words}")
        }
        other => panic!("{other:?}"),
    }
    says_no_login(&liar.heard());
    fn injects_pop3(line: &str, tag: &str) -> String {
        match line {
            "STLS" => "+OK go\r\n+OK logged in\r\n".to_owned(),
            _ => pop3::honest(line, tag),
        }
    }
    let liar = Liar::start(injects_pop3, "-", 0, None);
    let mut pop3 = Pop3::new(liar.settings(Security::StartTls));
    match run(pop3.carry_out(pop3_box::Command::Open)) {
        pop3_box::Answer::Closed(Some(Fault::Tls(_))) => {}
        other => panic!("{other:?}"),
    }
    says_no_login(&liar.heard());
}

#[test]
fn a_refused_login_is_told_without_the_login() {
    let liar = Liar::start(
        imap::honest,
        "AUTHENTICATE",
        0,
        Some(Lie::Say(
            "{tag} NO [AUTHENTICATIONFAILED] bob@example.org:hunter22 (AGJvYkBleGFtcGxlLm9yZwBodW50ZXIyMg==) \x1b[31mno\r\n",
        )),
    );
    let mut imap = Imap::new(liar.settings(Security::Plain));
    let answer = run(imap.carry_out(Command::Open)).answer;
    assert_eq!(
        answer,
        Answer::Closed(Some(Fault::Login("…:… (…==) no".to_owned())))
    );
    assert!(!format!("{imap:?}").contains("hunter22"));
    // Its words repeat the login later.
    let liar = Liar::start(
        imap::honest,
        "SELECT",
        0,
        Some(Lie::Say("{tag} NO hunter22\r\n")),
    );
    let answer = run(async {
        let mut imap = Imap::new(liar.settings(Security::Plain));
        imap.carry_out(Command::Open).await;
        let select = Command::Select("INBOX".to_owned());
        imap.carry_out(select).await.answer
    });
    assert!(
        matches!(&answer, Answer::Refused(words) if words == "…"),
        "{answer:?}"
    );
    // The login is not at fault.
    let liar = Liar::start(
        imap::honest,
        "AUTHENTICATE",
        0,
        Some(Lie::Say("{tag} NO [UNAVAILABLE] later\r\n")),
    );
    let answer = open(&liar, Security::Plain);
    assert!(
        matches!(answer, Answer::Closed(Some(Fault::Network(_)))),
        "{answer:?}"
    );
}

/// Each way to log in, and what the server hears of it.
#[test]
fn the_login_is_said_as_the_server_takes_it() {
    type Case = (&'static str, bool, &'static [&'static str], bool);
    let cases: [Case; 9] = [
        (
            "SASL-IR AUTH=PLAIN",
            false,
            &["AUTHENTICATE PLAIN AGJvYkBleGFtcGxlLm9yZwBodW50ZXIyMg=="],
            true,
        ),
        (
            "AUTH=PLAIN",
            false,
            &["AUTHENTICATE PLAIN", "AGJvYkBleGFtcGxlLm9yZwBodW50ZXIyMg=="],
            true,
        ),
        ("", false, &["LOGIN \"bob@example.org\" \"hunter22\""], true),
        ("LOGINDISABLED", false, &[], false),
        ("LOGINDISABLED AUTH=GSSAPI", false, &[], false),
        (
            "SASL-IR AUTH=XOAUTH2 AUTH=PLAIN",
            true,
            &["AUTHENTICATE XOAUTH2 dXNlcj1ib2JAZXhhbXBsZS5vcmcBYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB"],
            true,
        ),
        (
            "AUTH=XOAUTH2",
            true,
            &[
                "AUTHENTICATE XOAUTH2",
                "dXNlcj1ib2JAZXhhbXBsZS5vcmcBYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB",
            ],
            true,
        ),
        ("AUTH=PLAIN", true, &[], false),
        // The fault of a token is told as a challenge, which is answered.
        (
            "FAILS SASL-IR AUTH=XOAUTH2",
            true,
            &[
                "AUTHENTICATE XOAUTH2 dXNlcj1ib2JAZXhhbXBsZS5vcmcBYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB",
                "",
            ],
            false,
        ),
    ];
    for (at, (_, is_token, said, is_in)) in cases.into_iter().enumerate() {
        // A function pointer knows nothing of its case: one server for each.
        let servers: [fn(&str, &str) -> String; 9] = [
            |l, t| login(l, t, 0),
            |l, t| login(l, t, 1),
            |l, t| login(l, t, 2),
            |l, t| login(l, t, 3),
            |l, t| login(l, t, 4),
            |l, t| login(l, t, 5),
            |l, t| login(l, t, 6),
            |l, t| login(l, t, 7),
            |l, t| login(l, t, 8),
        ];
        let liar = Liar::start(servers[at], "-", 0, None);
        let settings = if is_token {
            liar.settings_with_token()
        } else {
            liar.settings(Security::Plain)
        };
        let answer = run(async {
            let mut imap = Imap::new(settings);
            imap.carry_out(Command::Open).await.answer
        });
        match (&answer, is_in) {
            (Answer::Opened(_), true) => {}
            (Answer::Closed(Some(Fault::Login(words))), false) => {
                assert!(!words.contains("ya29"), "{words}")
            }
            _ => panic!("{at}: {answer:?}"),
        }
        let heard = liar.heard();
        let heard: Vec<&str> = heard
            .iter()
            .map(|line| {
                line.strip_prefix("A1 ")
                    .or(line.strip_prefix("A2 "))
                    .unwrap_or(line)
            })
            .filter(|line| {
                !line.contains("CAPABILITY") && !line.contains("ID") && !line.contains("LIST")
            })
            .collect();
        assert_eq!(heard, said, "{at}");
    }
}

const OFFERED: [&str; 9] = [
    "SASL-IR AUTH=PLAIN",
    "AUTH=PLAIN",
    "",
    "LOGINDISABLED",
    "LOGINDISABLED AUTH=GSSAPI",
    "SASL-IR AUTH=XOAUTH2 AUTH=PLAIN",
    "AUTH=XOAUTH2",
    "AUTH=PLAIN",
    "SASL-IR AUTH=XOAUTH2",
];

fn login(line: &str, tag: &str, case: usize) -> String {
    let command = line.split_once(' ').map_or("", |(_, command)| command);
    if command == "CAPABILITY" {
        return format!("* CAPABILITY IMAP4rev1 {}\r\n{tag} OK\r\n", OFFERED[case]);
    }
    let waits = matches!(command, "AUTHENTICATE PLAIN" | "AUTHENTICATE XOAUTH2");
    match case {
        8 if command.starts_with("AUTHENTICATE") => "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n".to_owned(),
        // The empty answer comes here as a space.
        8 if line == " " => format!("{tag} NO token expired\r\n"),
        _ if waits => "+ \r\n".to_owned(),
        _ => imap::honest(line, tag),
    }
}
