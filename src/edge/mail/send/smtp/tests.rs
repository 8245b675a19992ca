//! A scripted server on loopback: what it says, and what becomes of the mail.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "tests"
)]
use std::path::Path;
use std::sync::Mutex;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::conversation::as_data;
use super::*;
use crate::edge::mail::{BlockingMailer, MailSender, Mailer, OutMail, Slow};
use crate::edge::tls::dial::names::{Hole, name};

/// What the server does otherwise than a friendly one: its answer to a line; "" is silence, "close" is the end,
/// "drip" a line that never ends.
type Answer = fn(&str) -> Option<&'static str>;

#[derive(Clone)]
struct Script {
    security: Security,
    acceptor: Option<TlsAcceptor>,
    answer: Answer,
    /// Every connection, every line of command, every mail.
    seen: Arc<Mutex<Vec<String>>>,
    /// Another mail has come.
    other: Arc<tokio::sync::Notify>,
}

struct Served {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    /// The certificate, in a file.
    ca: tempfile::NamedTempFile,
}

impl Served {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn smtp(&self, security: Security) -> Smtp {
        Smtp::new("localhost", self.port, security)
            .with_ca(Some(self.ca.path().to_owned()))
            .with_patience(Duration::from_secs(5))
    }
}

impl Smtp {
    /// A server without login.
    fn new(host: &str, port: u16, security: Security) -> Self {
        let host = host.to_owned();
        Self {
            server: Server { host, port },
            security,
            login: None,
            ca: None,
            patience: PATIENCE,
            tls: OnceLock::new(),
        }
    }

    fn with_login(self, user: &str, password: &str) -> Self {
        let login = Credentials::new(user.to_owned(), password.to_owned());
        let login = Some(Login::Password(login));
        Self { login, ..self }
    }

    fn with_ca(self, ca: Option<PathBuf>) -> Self {
        Self { ca, ..self }
    }

    fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

fn certificate() -> (TlsAcceptor, tempfile::NamedTempFile) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.cert.pem()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

fn serve(security: Security, answer: Answer) -> Served {
    let (acceptor, ca) = certificate();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = Script {
        security,
        acceptor: Some(acceptor),
        answer,
        seen: Arc::default(),
        other: Arc::default(),
    };
    let seen = Arc::clone(&script.seen);
    std::thread::spawn(move || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        runtime.block_on(accept(listener, script));
    });
    Served { port, seen, ca }
}

async fn accept(listener: std::net::TcpListener, script: Script) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        tokio::spawn(client(tcp, script.clone()));
    }
}

/// Serves one connection; its end, however it comes, is the end.
async fn client(tcp: TcpStream, script: Script) -> Option<()> {
    let acceptor = script.acceptor.clone()?;
    match script.security {
        Security::Plain => talk(tcp, &script, true).await.map(drop),
        Security::Tls => talk(acceptor.accept(tcp).await.ok()?, &script, true)
            .await
            .map(drop),
        Security::StartTls => {
            let tcp = talk(tcp, &script, true).await?;
            talk(acceptor.accept(tcp).await.ok()?, &script, false)
                .await
                .map(drop)
        }
    }
}

/// Talks until STARTTLS, and gives the stream back.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    script: &Script,
    greet: bool,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let note = |line: &str| script.seen.lock().unwrap().push(line.to_owned());
    if greet {
        note("(connection)");
        say(
            &mut stream,
            (script.answer)("(greeting)").unwrap_or("220 ready"),
        )
        .await?;
    }
    loop {
        let mut line = String::new();
        (stream.read_line(&mut line).await.ok()? > 0).then_some(())?;
        let line = line.trim_end();
        note(line);
        let usual = match &line[..4] {
            "EHLO" if script.security == Security::StartTls => {
                "250-localhost\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"
            }
            "EHLO" => "250-localhost\r\n250-AUTH LOGIN\r\n250 8BITMIME",
            "STAR" => "220 go on",
            "AUTH" if line.contains("LOGIN") => "334 VXNlcm5hbWU6",
            "AUTH" => "235 welcome",
            // The user, then the password, of AUTH LOGIN.
            "YWxp" => "334 UGFzc3dvcmQ6",
            "aHVu" => "235 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        let answer = (script.answer)(line);
        say(&mut stream, answer.unwrap_or(usual)).await?;
        match (&line[..4], answer) {
            ("QUIT", _) => return None,
            ("STAR", None) => return Some(stream.into_inner()),
            ("DATA", None) => {
                let mail = mail(&mut stream).await?;
                note(&mail);
                if mail.contains("To: slow") && (script.answer)("(slow)").is_some() {
                    script.other.notified().await;
                } else {
                    script.other.notify_one();
                }
                let answer = (script.answer)("(mail)");
                say(&mut stream, answer.unwrap_or("250 taken")).await?;
            }
            _ => {}
        }
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), answer: &str) -> Option<()> {
    match answer {
        "close" => None,
        "" => std::future::pending().await,
        "drip" => loop {
            stream.write_all(b"2").await.ok()?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        },
        answer => stream.write_all(&latin(answer)).await.ok(),
    }
}

/// Answers are written in Latin-1: one byte for each character.
fn latin(answer: &str) -> Vec<u8> {
    let line = answer.chars().chain("\r\n".chars());
    line.map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

async fn mail(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut mail = Vec::new();
    while !mail.ends_with(b"\r\n.\r\n") {
        (stream.read_until(b'\n', &mut mail).await.ok()? > 0).then_some(())?;
    }
    Some(String::from_utf8_lossy(&mail).into_owned())
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn mailer(smtp: Smtp) -> BlockingMailer {
    BlockingMailer::new(Mailer::new(crate::edge::mail::send::lane::Route::Smtp(
        smtp.into(),
    )))
    .unwrap()
}

fn send(mailer: &mut BlockingMailer, to: &str) -> Handed {
    let alice = address("alice@example.org");
    hand(mailer, &alice, &address(to), b"A: b\n\n.body\n.\n")
}

fn hand(mailer: &mut BlockingMailer, from: &Address, to: &Address, mail: &[u8]) -> Handed {
    let mail = OutMail {
        from: from.clone(),
        to: to.clone(),
        mail: mail.to_vec(),
    };
    mailer.send_all(vec![mail], None).remove(0).unwrap()
}

/// Why a mail was not taken.
fn why(end: &Handed) -> &str {
    end.why().unwrap_or_default()
}

const ONE: [&str; 5] = [
    "MAIL FROM:<alice@example.org>",
    "RCPT TO:<bob@example.net>",
    "DATA",
    "A: b\r\n\r\n..body\r\n..\r\n.\r\n",
    "QUIT",
];

#[test]
fn one_connection_serves_many_mails() {
    let served = serve(Security::Plain, |_| None);
    let mut mailer = mailer(served.smtp(Security::Plain));
    for _ in 0..2 {
        assert_eq!(send(&mut mailer, "bob@example.net"), Handed::Taken);
    }
    drop(mailer);
    let seen = served.seen();
    assert_eq!(seen[..2], ["(connection)", "EHLO [127.0.0.1]"]);
    assert_eq!(seen[2..6], ONE[..4]);
    assert_eq!(seen[6..], ONE);
}

#[test]
fn a_connection_closed_meanwhile_is_made_anew() {
    // The server takes one mail for each connection, and says so when the second comes, or just hangs up.
    for answer in [
        (|l: &str| (l == "(mail)").then_some("250 taken\r\n421 enough")) as Answer,
        |l| (l == "RSET").then_some("close"),
    ] {
        let served = serve(Security::Plain, answer);
        let mut mailer = mailer(served.smtp(Security::Plain));
        for _ in 0..3 {
            assert_eq!(send(&mut mailer, "bob@example.net"), Handed::Taken);
        }
    }
}

#[test]
fn many_go_at_once_and_each_has_its_result() {
    let served = serve(Security::Plain, |line| match line {
        l if l.contains("RCPT") && l.contains("u7@") => Some("550 unknown"),
        l if l.contains("RCPT") && l.contains("u8@") => Some("450 later"),
        _ => None,
    });
    let mut mailer = mailer(served.smtp(Security::Plain));
    let out = |n: usize| OutMail {
        from: address("alice@example.org"),
        to: address(&format!("u{n}@example.net")),
        mail: b"A: b\r\n\r\nbody\r\n".to_vec(),
    };
    let results = mailer.send_all((0..40).map(out).collect(), None);
    for (n, result) in results.iter().enumerate() {
        match n {
            7 => assert!(matches!(result, Ok(Handed::Refused(_))), "{n}"),
            8 => assert!(matches!(result, Ok(Handed::Later(_))), "{n}"),
            _ => assert_eq!(result, &Ok(Handed::Taken), "{n}"),
        }
    }
    assert!(mailer.send_all(Vec::new(), None).is_empty());
    drop(mailer);
    let connections = served
        .seen()
        .iter()
        .filter(|l| *l == "(connection)")
        .count();
    assert!((1..=4).contains(&connections), "{connections}");
}

#[test]
fn when_the_time_is_up_the_rest_waits() {
    let served = serve(Security::Plain, |line| line.contains("u1@").then_some(""));
    let mut mailer = mailer(served.smtp(Security::Plain));
    let out = |n: usize| OutMail {
        from: address("alice@example.org"),
        to: address(&format!("u{n}@example.net")),
        mail: b"A: b\n\n".to_vec(),
    };
    let results = mailer.send_all((0..3).map(out).collect(), Some(Duration::from_secs(1)));
    assert_eq!(results[0], Ok(Handed::Taken));
    for late in &results[1..] {
        assert!(matches!(late, Ok(Handed::Later(_))), "{late:?}");
    }
}

#[test]
fn a_dead_address_of_the_server_holds_no_mail_up() {
    let served = serve(Security::Plain, |_| None);
    let good = std::net::SocketAddr::from(([127, 0, 0, 1], served.port));
    for dead in ["[::1]:0", "127.0.0.1:0"] {
        let Some(hole) = Hole::dig(dead) else {
            continue;
        };
        name("smtp.two.test", &[hole.at, good]);
        let mut mailer = mailer(Smtp::new("smtp.two.test", served.port, Security::Plain));
        let begun = std::time::Instant::now();
        let alice = address("alice@example.org");
        assert_eq!(
            hand(&mut mailer, &alice, &alice, b"A: b\n"),
            Handed::Taken,
            "{dead}"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{dead}: {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn line_ends() {
    for (mail, out) in [
        (&b"a\nb\n"[..], &b"a\r\nb\r\n"[..]),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\r\nb", b"a\r\nb\r\n"),
        (b"a\n\n", b"a\r\n\r\n"),
        (b".\r\n..\na.", b"..\r\n...\r\na.\r\n"),
        (b"", b""),
    ] {
        assert_eq!(as_data(mail), out);
    }
}

mod played;
mod refusals;
mod security;
mod steps;
mod tokens;
