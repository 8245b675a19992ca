//! Passwords in the wrong place, servers that repeat them: no word of it in what is printed and logged.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use crate::needles::{Found, Kind, Needle, Search};
use crate::support::account::{Account, Place};
use crate::support::mails::Way;
use crate::support::process::{Out, need, until};

const PASSWORD: &str = "Hunter2-correct-horse";

fn account(place: &Place) -> Account {
    need(&["procmail"]);
    let account = Way::Procmail.account(place, "alice@example.org");
    account.setup(&[
        "--sendmail",
        "/bin/false",
        "--network",
        "net0=irc://127.0.0.1:1",
    ]);
    account
}

fn leaks(bytes: &[u8]) -> Vec<Found> {
    let needle = [Needle::text(Kind::Secret, "the password", PASSWORD)];
    Search::new(&needle).find(bytes).into_iter().collect()
}

#[track_caller]
fn assert_silent(what: &str, out: &Out) {
    let leaks = leaks(&[out.stdout.as_slice(), &out.stderr].concat());
    assert_eq!(
        leaks,
        [],
        "{what}: {}",
        out.errors().replace(PASSWORD, "PASSWORD")
    );
}

/// Every place of the configuration where somebody may put a password that does not belong there.
#[test]
fn a_password_in_the_configuration_is_not_repeated() {
    let place = Place::new();
    let account = account(&place);
    let path = account.home.join(".config/iim/config.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    let network = |line: &str| good.replace("tls = false\n", &format!("tls = false\n{line}\n"));
    let mail = |line: &str| good.replace("sendmail = \"/bin/false\"", line);
    let broken = [
        network(&format!(
            "proxy = \"socks5://me:{PASSWORD}@127.0.0.1:9050\""
        )),
        network(&format!("proxy = \"{PASSWORD}\"")),
        network(&format!("sasl = \"{PASSWORD}\"")),
        network(&format!(
            "sasl = {{ mechanism = \"plain\", user = \"me\", password = \"{PASSWORD}\" }}"
        )),
        network(&format!("server_password = \"{PASSWORD}\"")),
        network(&format!("server_password_command = \"echo '{PASSWORD}\"")),
        network(&format!("server_password_file = \"{PASSWORD}")),
        network(&format!("flood = \"{PASSWORD}\"")),
        network(&format!("password = {PASSWORD}")),
        mail(&format!(
            "smtp = \"smtps://me:{PASSWORD}@mail.example.org\""
        )),
        mail(&format!("smtp = \"smtps://me:{PASSWORD}\"")),
        mail(&format!(
            "smtp = \"smtps://me@mail.example.org:{PASSWORD}\""
        )),
        mail(&format!(
            "smtp = \"smtps://me:{PASSWORD}/x@mail.example.org\""
        )),
        mail(&format!(
            "smtp = \"smtps://me:{PASSWORD}?x@mail.example.org\""
        )),
        mail(&format!("smtp = \"{PASSWORD}\"")),
        mail(&format!("password = \"{PASSWORD}\"")),
        mail(&format!("password_command = \"echo \\\"{PASSWORD}\"")),
        mail(&format!("keep = \"{PASSWORD}\"")),
        mail(&format!("per_day = \"{PASSWORD}\"")),
        mail(&format!("\"{PASSWORD}")),
    ];
    for text in broken {
        assert_ne!(text, good);
        std::fs::write(&path, &text).unwrap();
        for args in [
            &["-v", "friends"][..],
            &["-v", "agent"],
            &["deliver"],
            &["-v", "doctor"],
        ] {
            let out = account.iim_with(args, b"IIM: 1\n\nx");
            let line = text.lines().find(|line| line.contains(PASSWORD)).unwrap();
            let what = format!("{args:?} with {}", line.replace(PASSWORD, "PASSWORD"));
            assert_ne!(out.code, Some(0), "{what}");
            assert_silent(&what, &out);
        }
    }
}

#[test]
fn a_password_on_the_command_line_is_not_repeated() {
    let place = Place::new();
    let account = account(&place);
    let url = format!("smtps://me:{PASSWORD}@mail.example.org");
    for args in [
        &["setup", "--smtp", &url][..],
        &[
            "--home",
            "other",
            "setup",
            "--address",
            "a@b.example",
            "--smtp",
            &url,
        ],
    ] {
        let out = account.iim(args);
        assert_ne!(out.code, Some(0));
        assert!(out.errors().contains("password"), "{}", out.errors());
        assert_silent("setup --smtp", &out);
    }
}

/// A server that answers each line that `answers` knows by its first word; `@` in an answer is the rest of the line.
fn server(greeting: &'static str, answers: &'static [(&'static str, &'static str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Ends with the test program: nobody waits for it.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(&stream, greeting, answers));
        }
    });
    port
}

fn serve(mut stream: &TcpStream, greeting: &str, answers: &[(&str, &str)]) {
    if stream.write_all(greeting.as_bytes()).is_err() {
        return;
    }
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let known = answers.iter().find(|(word, _)| line.starts_with(word));
        let Some((word, answer)) = known else {
            continue;
        };
        let answer = answer.replace('@', line[word.len()..].trim());
        if stream.write_all(answer.as_bytes()).is_err() || answer.contains("ERROR") {
            return;
        }
    }
}

fn password_file(account: &Account, name: &str) {
    let file = account.write(&format!(".config/iim/{name}"), format!("{PASSWORD}\n"));
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Starts the agent, waits until its log holds `word`, and looks at everything that can be read about it.
#[track_caller]
fn assert_agent_silent(account: &Account, word: &str) {
    let mut agent = account.agent();
    until("the agent to run", 20, || {
        agent.log().contains("the agent runs").then_some(())
    });
    // Something to send, for who waits for mail.
    assert_silent("add", &account.iim(&["-v", "add", "carol@example.com"]));
    until(&format!("{word:?} in the log"), 30, || {
        agent.log().contains(word).then_some(())
    });
    for args in [
        &["-v", "status"][..],
        &["status", "--json"],
        &["-v", "friends"],
    ] {
        assert_silent(&format!("{args:?}"), &account.iim(args));
    }
    agent.stop();
    let log = agent.log();
    assert_eq!(
        leaks(log.as_bytes()),
        [],
        "{}",
        log.replace(PASSWORD, "PASSWORD")
    );
}

#[test]
fn an_irc_server_that_repeats_the_password_teaches_nobody() {
    let place = Place::new();
    for (number, (answers, more, word)) in [
        (
            &[("PASS", ":s 464 * :Bad password @\r\n")][..],
            "server_password_file = \"secret\"",
            "wrong server password",
        ),
        (
            &[
                ("CAP LS", ":s CAP * LS :sasl=PLAIN\r\n"),
                ("CAP REQ", ":s CAP * ACK :sasl\r\n"),
                ("AUTHENTICATE PLAIN", "AUTHENTICATE +\r\n"),
                ("AUTHENTICATE ", ":s 904 * :No such login: @\r\n"),
            ],
            "sasl = { mechanism = \"plain\", user = \"somebody\", password_file = \"secret\" }",
            "SASL log-in failed",
        ),
        (
            &[("PASS", "ERROR :Closing Link: (@) [Bad password]\r\n")],
            "server_password_file = \"secret\"",
            "Closing Link",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let account = Way::Procmail.account(&place, &format!("alice{number}@example.org"));
        let url = format!("net0=irc://127.0.0.1:{}", server("", answers));
        account.setup(&["--sendmail", "/bin/true", "--network", &url]);
        account.configure(&[("tls = false\n", &format!("tls = false\n{more}\n"))]);
        password_file(&account, "secret");
        assert_agent_silent(&account, word);
    }
}

#[test]
fn a_mail_server_that_refuses_and_repeats_the_login_teaches_nobody() {
    let place = Place::new();
    let account = Way::Procmail.account(&place, "alice@example.org");
    let port = server(
        "220 hello\r\n",
        &[
            ("EHLO", "250-hello\r\n250 AUTH PLAIN LOGIN\r\n"),
            ("AUTH PLAIN", "535 5.7.8 bad credentials @\r\n"),
            ("QUIT", "221 bye\r\n"),
        ],
    );
    let url = format!("smtp://somebody@127.0.0.1:{port}");
    account.setup(&["--smtp", &url]);
    password_file(&account, "smtp-password");
    let added = account.iim(&["-v", "add", "bob@example.net"]);
    let said = added.text() + &added.errors();
    assert!(said.contains("refused the login"), "{said}");
    assert_silent("add", &added);
    assert_agent_silent(&account, "refused the login");
}

/// A password's program that fails, and one that takes the password as its argument.
#[test]
fn a_program_for_the_password_that_fails_is_named_alone() {
    let place = Place::new();
    let account = Way::Procmail.account(&place, "alice@example.org");
    account.setup(&["--smtp", "smtp://me@127.0.0.1:1"]);
    account.configure(&[(
        "password_file = \"smtp-password\"",
        &format!("password_command = [\"sh\", \"-c\", \"echo {PASSWORD}; exit 3\"]"),
    )]);
    assert_silent("add", &account.iim(&["-v", "add", "bob@example.net"]));
    let out = account.iim(&["-v", "flush"]);
    assert!(
        out.errors().contains("gave no password"),
        "{}",
        out.errors()
    );
    assert_silent("flush", &out);
}

/// The looking finds a password that is printed.
#[test]
fn the_looking_bites() {
    let place = Place::new();
    let account = account(&place);
    let out = account.iim(&["say", PASSWORD, "hello"]);
    assert_ne!(leaks(&out.stderr), []);
}
