//! Defined mails that are not what they should be: each is left in the mailbox (exit 1), causes nothing, and is
//! answered by nothing.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::account::{Account, Place};
use crate::support::mails::Way;
use crate::support::post::Post;

const NETWORK: &str = "test=irc://127.0.0.1:6667";

/// A request of bob's to alice, taken apart: what stands before the base64 text, the bytes in it, what follows.
struct Request {
    before: String,
    bytes: Vec<u8>,
    after: String,
}

impl Request {
    fn parse(mail: &str) -> Self {
        let mail = mail.replace("\r\n", "\n");
        let part = mail.find("application/vnd.iim").expect("our part");
        let start = part + mail[part..].find("\n\n").unwrap() + 2;
        let end = start + mail[start..].find("\n--").unwrap();
        let text: String = mail[start..end].split_whitespace().collect();
        Self {
            before: mail[..start].to_owned(),
            bytes: STANDARD.decode(text).unwrap(),
            after: mail[end..].to_owned(),
        }
    }

    fn with(&self, base64: &str) -> String {
        format!("{}{base64}{}", self.before, self.after)
    }

    fn with_bytes(&self, bytes: &[u8]) -> String {
        self.with(&lines(&STANDARD.encode(bytes)))
    }

    fn whole(&self) -> String {
        self.with_bytes(&self.bytes)
    }

    /// Our part with its boundary, to be doubled or left out.
    fn part(&self) -> (usize, usize) {
        let whole = self.whole();
        let header = whole.find("application/vnd.iim").unwrap();
        let start = whole[..header].rfind("\n--").unwrap();
        let end = header + whole[header..].find("\n--").unwrap();
        (start, end)
    }
}

fn lines(text: &str) -> String {
    let chunks: Vec<&str> = (0..text.len())
        .step_by(76)
        .map(|at| &text[at..text.len().min(at + 76)])
        .collect();
    chunks.join("\n")
}

fn cases(request: &Request) -> Vec<(&'static str, String)> {
    let whole = request.whole();
    let (start, end) = request.part();
    let part = &whole[start..end];
    let base64 = STANDARD.encode(&request.bytes);
    let half = &base64[..base64.len() / 2];
    let mut forged = request.bytes.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut longer = request.bytes.clone();
    longer.push(0);
    let cut_at = request.before.len() + half.len();
    vec![
        ("truncated", whole[..cut_at].to_owned()),
        ("half of the part", request.with(&lines(half))),
        (
            // Two that are the same count as one.
            "two parts",
            format!(
                "{}{}{}",
                &whole[..end],
                part.replace('A', "B"),
                &whole[end..]
            ),
        ),
        ("no part", format!("{}{}", &whole[..start], &whole[end..])),
        ("an empty part", request.with("")),
        (
            "wrong base64",
            request.with(&lines(&base64).replace('A', "!")),
        ),
        ("wrong CBOR", request.with_bytes(&[0xff; 200])),
        (
            "CBOR of something else",
            request.with_bytes(&[0x83, 0x01, 0x02, 0x03]),
        ),
        ("a wrong signature", request.with_bytes(&forged)),
        ("something after the letter", request.with_bytes(&longer)),
        (
            "a newer version",
            whole.replacen("\nIIM: 1\n", "\nIIM: 2\n", 1),
        ),
        (
            "two From",
            whole.replacen("\nFrom:", "\nFrom: carol@example.com\nFrom:", 1),
        ),
        (
            "another From",
            whole.replace("bob@example.net", "carol@example.com"),
        ),
        (
            "our own From",
            whole.replace("bob@example.net", "alice@example.org"),
        ),
        (
            "fifty megabytes",
            request.with(&lines(&"A".repeat(50_000_000))),
        ),
        ("a part in a part", inside(&whole)),
    ]
}

/// The mail as somebody forwards it: ours is no longer at the top.
fn inside(mail: &str) -> String {
    let (head, _) = mail.split_once("\n\n").unwrap();
    let from = head.lines().find(|l| l.starts_with("From:")).unwrap();
    format!(
        "{from}\nTo: alice@example.org\nSubject: Fwd\nIIM: 1\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: message/rfc822\n\n{mail}\n--outer--\n"
    )
}

fn alice_and_request(place: &Place, post: &Post) -> (Account, Request) {
    let alice = Way::Procmail.account(place, "alice@example.org");
    let bob = Way::Procmail.account(place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    bob.ok(&["add", "alice@example.org", "--note", "hello"]);
    let request = Request::parse(&post.take_one().text());
    (alice, request)
}

#[test]
fn each_is_left_in_the_mailbox() {
    let place = Place::new();
    let post = Post::new(&place);
    let (alice, request) = alice_and_request(&place, &post);
    for (what, mail) in cases(&request) {
        let begun = Instant::now();
        let out = alice.iim_with(&["deliver"], mail.as_bytes());
        assert_eq!(out.code, Some(1), "{what}: {}", out.errors());
        assert!(alice.friends().is_empty(), "{what}: {:?}", alice.friends());
        assert!(post.waiting().is_empty(), "{what}: answered");
        let took = begun.elapsed();
        assert!(
            took < Duration::from_secs(9),
            "{what}: {took:?}, longer than Pigeonhole waits"
        );
        // And through the filter: unchanged but for the one line.
        let filtered = alice.iim_with(&["filter"], mail.as_bytes());
        let text = filtered.text();
        let rest = match text.split_once('\n') {
            Some((first, rest)) if first.starts_with("IIM-Status:") => rest,
            _ => &text,
        };
        assert!(rest == mail, "{what}: the filter changed the mail");
    }
    // The one that is right is taken after all of these, and twice is as once.
    for round in ["once", "twice"] {
        alice
            .iim_with(&["deliver"], request.whole().as_bytes())
            .expect_code(0, round);
        assert_eq!(alice.friends().len(), 1, "{round}");
    }
}

#[test]
fn a_request_for_somebody_else_is_left_alone() {
    let place = Place::new();
    let post = Post::new(&place);
    let (_, request) = alice_and_request(&place, &post);
    let carol = Way::Procmail.account(&place, "carol@example.com");
    carol.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    let out = carol.iim_with(&["deliver"], request.whole().as_bytes());
    assert_eq!(out.code, Some(1), "{}", out.errors());
    assert!(carol.friends().is_empty());
}

/// CRLF, a `From ` line, headers of a mail system in front, 8-bit text: all the same mail.
#[test]
fn other_forms_of_the_same_mail_are_taken() {
    for what in [
        "CRLF",
        "a From line",
        "headers in front",
        "CRLF and headers",
        "one more empty line",
    ] {
        let place = Place::new();
        let post = Post::new(&place);
        let (alice, request) = alice_and_request(&place, &post);
        let whole = request.whole();
        let headers =
            "Return-Path: <bob@example.net>\nDelivered-To: alice@example.org\nX-8bit: \u{e9}\n";
        let mail = match what {
            "CRLF" => whole.replace('\n', "\r\n"),
            "a From line" => format!("From bob@example.net Thu Jan  1 00:00:00 2026\n{whole}"),
            "headers in front" => format!("{headers}{whole}"),
            "CRLF and headers" => format!("{headers}{whole}").replace('\n', "\r\n"),
            _ => format!("{whole}\n"),
        };
        alice
            .iim_with(&["deliver"], mail.as_bytes())
            .expect_code(0, what);
        assert_eq!(
            alice.of_friend("bob@example.net", "standing"),
            "asking",
            "{what}"
        );
    }
}
