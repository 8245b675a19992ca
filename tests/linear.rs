//! Every parser of what comes from outside, on input made to be slow: ten times the size takes at most twelve times
//! as long.
//!
//! A time is the processor's, and the best of several runs in this process; what takes less than [`FLOOR`] at the larger size is fast enough
//! whatever the ratio. What a parser refuses for its size is fast, and that is right: the bound is part of it.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use std::fs::File;
use std::hint::black_box;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use iim::edge::config::Config;
use iim::edge::irc::Lines;
use iim::edge::mail::hook::filter;
use iim::edge::mail::hook::filter::Verdict;
use iim::edge::roster_file;
use iim::protocol::address::Address;
use iim::protocol::irc_form::Assembler;
use iim::protocol::link::Invite;
use iim::protocol::padding::decode_padded;
use iim::protocol::{clean, codec, dsn, hex, mail_form, part, shell};
use iim::rules::in_words;

/// The smaller size, in bytes; the larger is ten times as much.
const SMALL: usize = 12_000;
/// What is so fast is fast enough.
const FLOOR: Duration = Duration::from_millis(4);
/// Pieces of text that have made some parser or other go back to where it began.
const PIECES: [&str; 64] = [
    "\u{1b}]",
    "\u{1b}[",
    "\u{1b}[0",
    "\u{1b}P\u{1b}",
    "\u{9b}",
    "\u{1b}",
    "\u{1b}[ ",
    "\u{1b}]\u{9b}1",
    "<",
    ">",
    "<@",
    "<<a@b>",
    "\"",
    "\\\"",
    "(",
    "(a",
    ")",
    "()",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\r\n ",
    "a ",
    ",",
    "a,",
    ";",
    ";a=",
    ":",
    "=?utf-8?q?",
    "=?utf-8?b?YQ==?= ",
    "=?",
    "=?utf-8?q?=\r\n ",
    "?=",
    "é",
    "\u{200d}",
    "🚀\u{200d}",
    "\u{3164}",
    "@",
    "a@",
    "%",
    "%4",
    "&x=",
    "=",
    "=\r\n",
    "`",
    "'",
    "!",
    "[",
    "{",
    "{a=",
    "[[",
    "\"\"\"",
    "'''",
    "#",
    "a.",
    "a=1\n",
    "[a]\n",
    "[[friend]]\n",
    "a=[",
    "\0",
    "--b\r\n",
    "5.1.1 ",
];

/// A piece again and again.
fn much(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len())
}

/// Whatever grows too fast, in words.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    /// Measures one parser on one shape of input.
    fn measure<I>(&mut self, what: &str, make: impl Fn(usize) -> I, parse: impl Fn(&I)) {
        let mut seen = Vec::new();
        // Where the caches or the allocator's small blocks end between two sizes there is a step; what grows faster than
        // the size does so between larger ones, too.
        for (size, times) in [(SMALL, 10), (SMALL * 10, 4), (SMALL * 20, 4)] {
            let times_taken = best(size, times, &make, &parse);
            if is_linear(times_taken, times) {
                return;
            }
            seen.push(times_taken);
        }
        self.0.push(format!("{what}: {seen:?}"));
    }

    /// The same for each piece, said again and again within something.
    fn texts(&mut self, what: &str, within: impl Fn(&str) -> String, parse: impl Fn(&str)) {
        for piece in PIECES {
            let make = |size| within(&much(piece, size));
            self.measure(&format!("{what}, {piece:?}"), make, |text| parse(text));
        }
    }

    #[track_caller]
    fn none(self) {
        assert!(
            self.0.is_empty(),
            "faster than the size:\n{}",
            self.0.join("\n")
        );
    }
}

/// The best times for a size and so many times that.
fn best<I>(
    size: usize,
    times: u32,
    make: impl Fn(usize) -> I,
    parse: impl Fn(&I),
) -> (Duration, Duration) {
    let (small, large) = (make(size), make(size * usize::try_from(times).unwrap()));
    let mut best = (Duration::MAX, Duration::MAX);
    for run in 1..=12 {
        best.0 = best.0.min(time(|| parse(&small)));
        best.1 = best.1.min(time(|| parse(&large)));
        let hopeless = run > 3 && !is_linear((best.0 * 2, best.1), times);
        if is_linear(best, times) || hopeless || best.1 > Duration::from_secs(2) {
            break;
        }
    }
    best
}

/// Whether so many times the size takes at most a fifth more than so many times as long.
fn is_linear((fast, slow): (Duration, Duration), times: u32) -> bool {
    slow <= FLOOR || slow * 5 <= fast * times * 6
}

fn time(run: impl FnOnce()) -> Duration {
    let begun = spent();
    run();
    spent().saturating_sub(begun)
}

/// The processor's time of this thread, which other programs on the machine do not lengthen (Linux, `schedstat`; it is
/// brought up to date when the thread gives way). Elsewhere, the time.
fn spent() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

fn same(text: &str) -> String {
    text.to_owned()
}

#[test]
fn cleaning_and_quoting_grow_with_the_size() {
    let mut faults = Faults::default();
    faults.texts("a line", same, |text| {
        drop(black_box(clean::line(text, usize::MAX)))
    });
    faults.texts("a short line", same, |text| {
        drop(black_box(clean::line(text, 300)))
    });
    faults.texts("a text", same, |text| drop(black_box(clean::text(text))));
    faults.texts("first words", same, |text| {
        drop(black_box(in_words::first_words(text)))
    });
    faults.texts("a word", same, |text| drop(black_box(shell::word(text))));
    faults.none();
}

#[test]
fn addresses_links_and_digits_grow_with_the_size() {
    let mut faults = Faults::default();
    faults.texts("an address", same, |text| {
        drop(black_box(Address::parse(text)))
    });
    let domain = |text: &str| format!("a@{text}");
    faults.texts("a domain", domain, |text| {
        drop(black_box(Address::parse(text)))
    });
    faults.texts(
        "a link",
        |text| format!("iim:{text}"),
        |text| drop(black_box(Invite::parse(text))),
    );
    let asked = |text: &str| format!("iim:bob%40example.net?v=1{text}");
    faults.texts("a link's parameters", asked, |text| {
        drop(black_box(Invite::parse(text)))
    });
    faults.texts("digits", same, |text| drop(black_box(hex::decode(text))));
    faults.none();
}

#[test]
fn lines_of_irc_grow_with_the_size() {
    let mut faults = Faults::default();
    let feed = |text: &str| {
        let mut lines = Lines::default();
        lines.feed(text.as_bytes(), |line| {
            black_box(line.words());
        });
    };
    faults.texts("a stream", same, feed);
    faults.texts("a stream of lines", |text| text.replace(' ', "\r\n"), feed);
    faults.texts("tags", |text| format!("@{text} PRIVMSG a :b\r\n"), feed);
    faults.texts("a source", |text| format!(":{text} PRIVMSG a :b\r\n"), feed);
    let short = |text: &str| {
        let line = |part: &[char]| {
            format!(
                "@a={0};b :{0} PRIVMSG {0} :{0}\r\n",
                part.iter().collect::<String>()
            )
        };
        let all: Vec<char> = text.chars().collect();
        all.chunks(400).map(line).collect::<String>()
    };
    faults.texts("short lines", short, feed);
    let bytes = |text: &str| {
        let mut lines = Lines::default();
        for byte in text.as_bytes() {
            lines.feed(std::slice::from_ref(byte), |_| ());
        }
    };
    faults.texts("a stream, byte by byte", same, bytes);
    faults.none();
}

#[test]
fn frames_of_irc_grow_with_the_size() {
    let mut faults = Faults::default();
    let frames = |count: usize, line: fn(usize) -> (String, String)| {
        (0..count / 40).map(line).collect::<Vec<_>>()
    };
    let hear = |lines: &Vec<(String, String)>| {
        let mut assembler = Assembler::default();
        for (at, (nick, line)) in lines.iter().enumerate() {
            black_box(assembler.hear(nick, line, 1_000 + u64::try_from(at).unwrap()));
        }
    };
    type Line = fn(usize) -> (String, String);
    let shapes: [(&str, Line); 4] = [
        ("many nicks", |n| {
            (
                format!("n{n}"),
                format!("iim1 {n:08} 1/8 {}", "A".repeat(400)),
            )
        }),
        ("many tags", |n| {
            (
                "n".to_owned(),
                format!("iim1 {n:08} 1/2 {}", "A".repeat(400)),
            )
        }),
        ("whole ones", |n| {
            (
                format!("n{}", n % 5),
                format!("iim1 {n:08} 1/1 {}", "A".repeat(400)),
            )
        }),
        ("the same again", |_| {
            (
                "n".to_owned(),
                format!("iim1 aaaaaaaa 1/8 {}", "A".repeat(400)),
            )
        }),
    ];
    for (what, line) in shapes {
        faults.measure(what, |size| frames(size, line), hear);
    }
    let one = |text: &str| {
        let mut assembler = Assembler::default();
        black_box(assembler.hear("n", text, 1_000));
    };
    faults.texts("a frame", |text| format!("iim1 {text}"), one);
    faults.texts("a piece", |text| format!("iim1 aaaaaaaa 1/8 {text}"), one);
    faults.none();
}

/// Bytes of CBOR that claim, nest or repeat.
fn cbor(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let many = |bytes: &[u8]| bytes.repeat(size / bytes.len());
    let led = |head: &[u8], bytes: &[u8]| [head, &many(bytes)[..]].concat();
    let letter = |body: &[u8]| {
        led(
            &[
                0xa4, 0x00, 0x50, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x01, 0x01, 0x02,
                0x18, 0x63, 0x03,
            ],
            body,
        )
    };
    vec![
        ("arrays in arrays", many(&[0x81])),
        ("maps in maps", many(&[0xa1, 0x00])),
        ("tags of tags", many(&[0xc1])),
        ("endless arrays", many(&[0x9f])),
        ("endless texts", many(&[0x7f])),
        (
            "a map of many",
            led(&[0xba, 0, 0xff, 0xff, 0xff], &[0x00, 0x00]),
        ),
        (
            "an array of many",
            led(&[0x9a, 0, 0xff, 0xff, 0xff], &[0x00]),
        ),
        (
            "a long claim",
            led(&[0x5a, 0x7f, 0xff, 0xff, 0xff], &[0x41]),
        ),
        ("zeros", many(&[0x00])),
        ("breaks", many(&[0xff])),
        ("an unknown body of arrays", letter(&[0x81])),
        ("an unknown body of maps", letter(&[0xa1, 0x00])),
        ("an unknown body of many", letter(&[0x9a, 0, 1, 0xff, 0xff])),
        (
            "a part",
            led(&[0x83, 0x01, 0x00, 0x5a, 0, 1, 0xff, 0xff], &[0x41]),
        ),
        (
            "an open part",
            led(&[0x83, 0x00, 0x5a, 0, 1, 0xff, 0xff], &[0x81]),
        ),
    ]
}

#[test]
fn letters_and_parts_grow_with_the_size() {
    let mut faults = Faults::default();
    for (at, (what, _)) in cbor(100).iter().enumerate() {
        let make = |size| cbor(size).swap_remove(at).1;
        faults.measure(&format!("a letter, {what}"), make, |bytes| {
            drop(black_box(codec::decode(bytes)))
        });
        faults.measure(&format!("padded, {what}"), make, |bytes| {
            drop(black_box(decode_padded(bytes)))
        });
        faults.measure(&format!("a presence, {what}"), make, |bytes| {
            drop(black_box(codec::decode_presence(bytes)));
        });
        faults.measure(&format!("a part, {what}"), make, |bytes| {
            drop(black_box(part::decode(bytes)))
        });
    }
    faults.none();
}

#[test]
fn our_own_files_as_edited_grow_with_the_size() {
    let mut faults = Faults::default();
    let roster = |text: &str| {
        if let Ok(edited) = roster_file::read(text) {
            let base = roster_file::read("revision = 1\nversion = 1\n").unwrap();
            black_box(roster_file::edits(&base, &edited));
        }
        black_box(roster_file::revision(text));
    };
    let headed = |text: &str| format!("revision = 1\nversion = 1\n{text}");
    faults.texts("a roster", headed, roster);
    faults.texts(
        "a name",
        |text| {
            headed(&format!(
                "[[friend]]\naddress = \"a@b.example\"\nname = '{text}'\n"
            ))
        },
        roster,
    );
    let friends = |size: usize| {
        let friend = |n| format!("[[friend]]\naddress = \"a{n}@b.example\"\nname = \"n{n}\"\n");
        headed(&(0..size / 50).map(friend).collect::<String>())
    };
    faults.measure("many friends", friends, |text| roster(text));
    let keys = |size: usize| {
        headed(
            &(0..size / 10)
                .map(|n| format!("k{n} = {n}\n"))
                .collect::<String>(),
        )
    };
    faults.measure("many keys", keys, |text| roster(text));
    let config = |text: &str| drop(black_box(Config::parse(text, Path::new("/x/config.toml"))));
    faults.texts(
        "a configuration",
        |text| format!("address = 'a@b.example'\n{text}"),
        config,
    );
    faults.texts("a value", |text| format!("address = '{text}'\n"), config);
    let networks = |size: usize| {
        let network =
            |n| format!("[[network]]\nname = \"n{n}\"\nserver = \"irc{n}.example:6697\"\n");
        format!(
            "address = 'a@b.example'\n{}",
            (0..size / 60).map(network).collect::<String>()
        )
    };
    faults.measure("many networks", networks, |text| config(text));
    faults.none();
}

/// A mail of ours with a text in some place of it.
fn mails(text: &str) -> Vec<(&'static str, String)> {
    let head = "IIM: 1\r\nTo: b@b.example\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let field =
        |name: &str| format!("{head}{name}: {text}\r\nFrom: a@a.example\r\n{mixed}--b--\r\n");
    let part = |kind: &str| {
        format!("{head}From: a@a.example\r\n{mixed}--b\r\n{kind}\r\n\r\n{text}\r\n--b--\r\n")
    };
    let coded = |coding: &str| {
        part(&format!(
            "Content-Type: application/vnd.iim\r\nContent-Transfer-Encoding: {coding}"
        ))
    };
    vec![
        ("From", field("From")),
        ("To", field("To")),
        ("Subject", field("Subject")),
        ("Date", field("Date")),
        ("Message-ID", field("Message-ID")),
        ("References", field("References")),
        ("Received", field("Received")),
        ("Content-Type", field("Content-Type")),
        (
            "a boundary",
            format!("{head}Content-Type: multipart/mixed; boundary=\"{text}\"\r\n\r\n"),
        ),
        (
            "a charset",
            format!("{head}Content-Type: text/plain; charset*0=\"{text}\"\r\n\r\n"),
        ),
        ("List-Id", field("List-Id")),
        ("Return-Path", field("Return-Path")),
        ("a field's name", format!("{head}{text}: x\r\n{mixed}")),
        ("no body", format!("{head}{text}")),
        ("a plain part", part("Content-Type: text/plain")),
        ("an html part", part("Content-Type: text/html")),
        ("base64", coded("base64")),
        ("quoted-printable", coded("quoted-printable")),
        ("8bit", coded("8bit")),
        ("a mail within", part("Content-Type: message/rfc822")),
        ("headers within", part("Content-Type: text/rfc822-headers")),
    ]
}

#[test]
fn mails_grow_with_the_size() {
    let mut faults = Faults::default();
    for (at, (place, _)) in mails("").iter().enumerate() {
        let within = |text: &str| mails(text).swap_remove(at).1;
        faults.texts(place, within, |mail| {
            drop(black_box(mail_form::read(mail.as_bytes())))
        });
    }
    faults.none();
}

/// Mails of one structure that is repeated.
fn built(size: usize) -> Vec<(&'static str, String)> {
    let head = "IIM: 1\r\nFrom: a@a.example\r\n";
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let each = |of: &dyn Fn(usize) -> String, length: usize| {
        (0..size / length).map(of).collect::<String>()
    };
    let nested = each(
        &|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"),
        60,
    );
    let same = each(&|_| format!("{mixed}--b\r\n"), 60);
    let within = each(&|_| "Content-Type: message/rfc822\r\n\r\n".to_owned(), 32);
    let parts = each(
        &|_| "--b\r\nContent-Type: application/vnd.iim\r\n\r\n\r\n".to_owned(),
        44,
    );
    let empty = each(&|_| "--b\r\n\r\n".to_owned(), 7);
    let words = each(
        &|_| "Subject: =?utf-8?b?YWJj?= =?utf-8?q?abc?=\r\n".to_owned(),
        44,
    );
    let received = each(&|n| format!("Received: from a by b; {n}\r\n"), 30);
    let fields = each(&|n| format!("X-{n}: y\r\n"), 10);
    let from = each(&|_| "From: a@b.example\r\n".to_owned(), 19);
    let marks = each(&|_| "IIM: 1\r\n".to_owned(), 8);
    let receivers = each(
        &|n| format!("Final-Recipient: rfc822; a{n}@b.example\r\nStatus: 5.1.1\r\n\r\n"),
        60,
    );
    let ids = each(&|n| format!("Message-ID: <{n}@a>\r\n"), 22);
    let folded = each(&|_| " x\r\n".to_owned(), 4);
    let status = "--b\r\nContent-Type: message/delivery-status\r\n\r\n";
    let returned = "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n";
    vec![
        ("multiparts in multiparts", format!("{head}{nested}")),
        ("multiparts of one boundary", format!("{head}{same}")),
        ("mails in mails", format!("{head}{within}")),
        ("many parts", format!("{head}{mixed}{parts}")),
        ("many empty parts", format!("{head}{mixed}{empty}")),
        ("many subjects", format!("{head}{words}{mixed}")),
        ("many Received", format!("{head}{received}{mixed}")),
        ("many fields", format!("{head}{fields}{mixed}")),
        ("many authors", format!("{from}{marks}{mixed}")),
        (
            "a report of many",
            format!("{report}{status}{receivers}\r\n--b--\r\n"),
        ),
        (
            "a report of many fields",
            format!("{report}{status}{fields}\r\n--b--\r\n"),
        ),
        (
            "a report, folded",
            format!("{report}{status}Status: 5.1.1\r\n{folded}\r\n--b--\r\n"),
        ),
        (
            "a report of many ids",
            format!("{report}{status}Status: 5.1.1\r\n\r\n{returned}{ids}--b--\r\n"),
        ),
        ("a report in multiparts", format!("{report}--b\r\n{nested}")),
        ("a report of mails", format!("{report}--b\r\n{within}")),
        ("a report of parts", format!("{report}{empty}")),
    ]
}

#[test]
fn mails_grow_with_what_is_in_them() {
    let mut faults = Faults::default();
    for (at, (what, _)) in built(1000).iter().enumerate() {
        let make = |size| built(size).swap_remove(at).1;
        faults.measure(&format!("a mail: {what}"), make, |mail| {
            drop(black_box(mail_form::read(mail.as_bytes())));
        });
        faults.measure(&format!("a report: {what}"), make, |mail| {
            drop(black_box(dsn::read(mail.as_bytes())))
        });
    }
    faults.none();
}

/// A report with a text in some place of it.
fn reports(text: &str) -> Vec<(&'static str, String)> {
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n";
    let part = |kind: &str, text: &str| format!("--b\r\nContent-Type: {kind}\r\n\r\n{text}\r\n");
    let of = |fields: &str| {
        format!(
            "{report}{}--b--\r\n",
            part("message/delivery-status", fields)
        )
    };
    let group = |field: &str| {
        of(&format!(
            "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n{field}: {text}\r\n"
        ))
    };
    let status = "Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n";
    let beside = |kind: &str| {
        format!(
            "{report}{}{}--b--\r\n",
            part("message/delivery-status", status),
            part(kind, text)
        )
    };
    vec![
        ("Diagnostic-Code", group("Diagnostic-Code")),
        ("Status", group("Status")),
        ("Action", group("Action")),
        ("Original-Recipient", group("Original-Recipient")),
        ("Original-Message-ID", group("Original-Message-ID")),
        ("the status", of(text)),
        ("words for a person", beside("text/plain")),
        ("words in html", beside("text/html")),
        ("the returned header", beside("text/rfc822-headers")),
        ("the returned mail", beside("message/rfc822")),
    ]
}

#[test]
fn reports_grow_with_the_size() {
    let mut faults = Faults::default();
    for (at, (place, _)) in reports("").iter().enumerate() {
        let within = |text: &str| reports(text).swap_remove(at).1;
        faults.texts(place, within, |mail| {
            drop(black_box(dsn::read(mail.as_bytes())))
        });
    }
    faults.none();
}

#[test]
fn the_hooks_first_look_grows_with_the_size() {
    let mut faults = Faults::default();
    let sift = |mut file: &File| {
        file.rewind().unwrap();
        filter::deliver(file, |candidate| {
            black_box(candidate.mail());
            Verdict::not_ours()
        })
        .unwrap();
        file.rewind().unwrap();
        let out = tempfile::tempfile().unwrap();
        filter::filter(file, &out, |_| Verdict::left("left")).unwrap();
    };
    let file = |text: &str| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    for (place, within) in [
        ("a header", "IIM: 1\r\nX: @\r\n\r\n"),
        ("a type", "Content-Type: multipart/report; @\r\n\r\n"),
        ("a status", "IIM-Status: @\r\nIIM: 1\r\n\r\n"),
        ("no end", "From a\n@"),
    ] {
        for piece in PIECES {
            let make = |size| file(&within.replace('@', &much(piece, size)));
            faults.measure(&format!("{place}, {piece:?}"), make, sift);
        }
    }
    faults.none();
}

#[test]
fn what_grows_faster_than_the_size_is_seen() {
    let mut faults = Faults::default();
    let pairs = |text: &String| {
        let bytes = text.as_bytes();
        let ends = |from: &usize| bytes.get(*from..).unwrap().contains(&b'>');
        black_box((0..bytes.len()).step_by(32).filter(ends).count());
    };
    faults.measure(
        "looking for an end from each beginning",
        |size| much("<", size),
        pairs,
    );
    assert_eq!(faults.0.len(), 1, "{:?}", faults.0);
    faults.0.clear();
    faults.measure(
        "looking once",
        |size| much("<", size),
        |text| {
            black_box(text.find('>'));
        },
    );
    faults.none();
}
