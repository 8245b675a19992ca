//! Every parser of what comes from outside, on input made to be slow: ten times the size takes at most twelve times
//! as long.
//!
//! A time is the processor's, and the best of several runs in this process; what takes less than [`FLOOR`] at the larger size is fast enough
//! whatever the ratio. What a parser refuses for its size is fast, and that is right: the bound is part of it.
#![allow(clippy::restriction, reason = "tests")]

mod mails;
mod measure;

use iim::protocol::time::Seconds;
use std::hint::black_box;
use std::path::Path;

use iim::edge::config::Config;
use iim::edge::irc::Lines;
use iim::edge::mail::fetch::imap::{assembler, name};
use iim::edge::mail::fetch::pop3::response as pop3;
use iim::edge::roster_file;
use iim::protocol::address::Address;
use iim::protocol::irc_form::Assembler;
use iim::protocol::link::Invite;
use iim::protocol::padding::decode_padded;
use iim::protocol::{clean, codec, hex, part, shell};
use iim::rules::in_words;
use measure::{Faults, much};

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
            black_box(assembler.hear(nick, line, Seconds(1_000 + u64::try_from(at).unwrap())));
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
        black_box(assembler.hear("n", text, Seconds(1_000)));
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
            "a copy",
            led(
                &[
                    &[0x84, 0x04, 0x01, 0x58, 24],
                    &[1_u8; 24][..],
                    &[0x5a, 0, 9, 0xff, 0xff],
                ]
                .concat(),
                &[0x41],
            ),
        ),
        (
            "people of a copy",
            led(
                &[0xa1, 0x06, 0x9a, 0, 1, 0xff, 0xff],
                &[0xa2, 0x01, 0x60, 0x02, 0x60],
            ),
        ),
        (
            "an open part",
            led(&[0x83, 0x00, 0x5a, 0, 1, 0xff, 0xff], &[0x81]),
        ),
    ]
}

#[test]
fn answers_of_mailboxes_grow_with_the_size() {
    let mut faults = Faults::default();
    const BOUNDS: assembler::Bounds = assembler::Bounds {
        kept: 1 << 20,
        read: 1 << 20,
    };
    let feed = |text: &str, size: usize| {
        let mut assembler = assembler::Assembler::default();
        for mut piece in text.as_bytes().chunks(size) {
            while !piece.is_empty() {
                let Ok((read, response)) = assembler.feed(piece, BOUNDS) else {
                    return;
                };
                drop(black_box(response));
                piece = piece.get(read..).unwrap();
            }
        }
    };
    let imap = |text: &str| feed(text, usize::MAX);
    type Shape = (&'static str, fn(&str) -> String);
    // Short enough for a line at the larger size, but for the numbers.
    fn part(text: &str) -> &str {
        text.get(..text.floor_char_boundary(60_000)).unwrap_or(text)
    }
    let shapes: [Shape; 8] = [
        ("answers", |text| text.replace(' ', "\r\n* ")),
        ("a status", |text| format!("* OK [{}\r\n", part(text))),
        ("a list", |text| format!("* LIST ({}) a b\r\n", part(text))),
        ("of a mail", |text| {
            format!("* 1 FETCH (A ({}\r\n", part(text))
        }),
        ("an item", |text| {
            format!("* 1 FETCH (BODY[{}\r\n", part(text))
        }),
        ("a literal", |text| {
            format!("* 1 FETCH (BODY[] {{{}}}\r\n{text})\r\n", text.len())
        }),
        ("literals", |text| {
            let many = "{1}\r\nx ".repeat(part(text).len() / 8);
            format!("* 1 FETCH (A ({many}\r\n")
        }),
        ("numbers", |text| {
            format!("* SEARCH {}\r\n", "77 1234567 ".repeat(text.len() / 11))
        }),
    ];
    for (what, shape) in shapes {
        faults.texts(what, shape, imap);
        if what == "numbers" || what == "literals" {
            faults.texts(what, shape, |text| feed(text, 1));
        }
    }
    faults.texts("a folder's name", same, |text| {
        drop(black_box(name::decode(text.as_bytes())));
        black_box(name::encode(text));
    });
    faults.texts(
        "lines of POP3",
        |text| text.replace(' ', "\r\n."),
        |text| {
            let mut lines = pop3::Lines::keeping(usize::MAX);
            for byte in text.as_bytes() {
                lines.feed(std::slice::from_ref(byte));
            }
        },
    );
    faults.none();
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
        faults.measure(&format!("kept, {what}"), make, |bytes| {
            drop(black_box(codec::decode_kept(bytes)))
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
