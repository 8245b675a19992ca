//! Registrations played line by line.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "tests"
)]

use super::*;
use crate::edge::config::Network;
use rand::SeedableRng as _;

fn begun(sasl: Option<Sasl<Secret>>) -> (Registration, Vec<String>) {
    let settings = Network {
        sasl,
        ..Network::new("n", Vec::new())
    };
    let persona = Persona {
        ident: "abcde".into(),
        realname: "fghij".into(),
    };
    Registration::begin(&settings, "me", &persona, Duration::ZERO).unwrap()
}

fn plain() -> Option<Sasl<Secret>> {
    let password = Secret::new("pass".into());
    Some(Sasl::Plain {
        user: "user".into(),
        password,
    })
}

fn external() -> Option<Sasl<Secret>> {
    Some(Sasl::External(None))
}

/// Feeds lines and writes down what comes of it.
fn play(sasl: Option<Sasl<Secret>>, lines: &[&str]) -> Vec<String> {
    let (mut registration, _) = begun(sasl);
    let mut got = Vec::new();
    for line in lines {
        match registration.hear(&Line::parse(line).unwrap()) {
            Step::Wait => {}
            Step::Write(lines) => got.extend(lines.iter().map(|l| l.trim_end().to_owned())),
            Step::Welcome(nick) => got.push(format!("welcome {nick}")),
            Step::Failed(end) => got.push(format!("{:?} {}", end.how, end.words)),
        }
    }
    got
}

#[test]
fn the_first_lines() {
    let (_, lines) = begun(None);
    let want = ["CAP LS 302\r\n", "NICK me\r\n", "USER abcde 8 * :fghij\r\n"];
    assert_eq!(lines, want);
    let settings = Network {
        server_password: Some(Secret::new("a b".into())),
        ..Network::new("n", Vec::new())
    };
    let persona = Persona::random(&mut StdRng::seed_from_u64(1));
    let (_, lines) = Registration::begin(&settings, "me", &persona, Duration::ZERO).unwrap();
    assert_eq!(lines.first().unwrap(), "PASS :a b\r\n");
    assert!(Registration::begin(&settings, "m e", &persona, Duration::ZERO).is_err());
}

#[test]
fn conversations() {
    const PLAIN: &str = "AUTHENTICATE AHVzZXIAcGFzcw==";
    let cases: &[(&str, Option<Sasl<Secret>>, &[&str], &[&str])] = &[
        ("no CAP", None, &[":s 001 me :hi"], &["welcome me"]),
        (
            "unknown CAP",
            None,
            &[":s 421 me CAP :?", ":s 001 cut :hi"],
            &["welcome cut"],
        ),
        (
            "unknown CAP, and SASL wanted",
            plain(),
            &[":s 421 me CAP :?"],
            &["Refused the server does not know SASL"],
        ),
        (
            "nothing wanted",
            None,
            &[":s CAP * LS :multi-prefix", ":s 001 me :hi"],
            &["CAP END", "welcome me"],
        ),
        (
            "server-time over several lines",
            None,
            &[
                ":s CAP * LS * :a b",
                ":s CAP * LS :server-time",
                ":s CAP me ACK :server-time",
            ],
            &["CAP REQ :server-time", "CAP END"],
        ),
        (
            "NAK",
            None,
            &["CAP * LS :server-time", "CAP * NAK :server-time"],
            &["CAP REQ :server-time", "CAP END"],
        ),
        (
            "PLAIN",
            plain(),
            &[
                "CAP * LS :sasl",
                "CAP * ACK :sasl",
                "AUTHENTICATE +",
                ":s 900 me x",
                ":s 903 me :ok",
                ":s 001 me :hi",
            ],
            &[
                "CAP REQ :sasl",
                "AUTHENTICATE PLAIN",
                PLAIN,
                "CAP END",
                "welcome me",
            ],
        ),
        (
            "EXTERNAL among others",
            external(),
            &[
                "CAP * LS :sasl=PLAIN,EXTERNAL server-time",
                "CAP * ACK :sasl server-time",
                "AUTHENTICATE +",
                ":s 907 me :done",
            ],
            &[
                "CAP REQ :sasl server-time",
                "AUTHENTICATE EXTERNAL",
                "AUTHENTICATE +",
                "CAP END",
            ],
        ),
        (
            "no SASL",
            plain(),
            &["CAP * LS :a"],
            &["Refused the server does not offer SASL PLAIN"],
        ),
        (
            "other SASL",
            external(),
            &["CAP * LS :sasl=PLAIN"],
            &["Refused the server does not offer SASL EXTERNAL"],
        ),
        (
            "SASL refused",
            plain(),
            &["CAP * LS :sasl", "CAP * NAK :sasl"],
            &["CAP REQ :sasl", "Refused the server does not allow SASL"],
        ),
        (
            "wrong password",
            plain(),
            &[
                "CAP * LS :sasl",
                "CAP * ACK :sasl",
                "AUTHENTICATE +",
                ":s 908 me PLAIN :are",
                ":s 904 me :no\x02",
            ],
            &[
                "CAP REQ :sasl",
                "AUTHENTICATE PLAIN",
                PLAIN,
                "Refused SASL log-in failed: no",
            ],
        ),
        (
            "a greeting without the log-in",
            plain(),
            &[":s 001 me :hi"],
            &["Refused the server let us in without the SASL log-in that you asked for"],
        ),
        (
            "taken",
            None,
            &[":s 433 * me :in use"],
            &["NickInUse in use"],
        ),
        (
            "collision",
            None,
            &[":s 436 * me :collision"],
            &["NickInUse collision"],
        ),
        (
            "unavailable",
            None,
            &[":s 437 * me :wait"],
            &["NickInUse wait"],
        ),
        (
            "too long",
            None,
            &[":s 432 * me :erroneous"],
            &["NickRejected erroneous"],
        ),
        (
            "harmless",
            None,
            &[
                ":s 451 * :not registered",
                ":s 462 * :again",
                ":s NOTICE * :hi",
            ],
            &[],
        ),
        (
            "password",
            None,
            &[":s 464 * :bad"],
            &["Refused wrong server password: bad"],
        ),
        (
            "banned",
            None,
            &[":s 465 * :go away"],
            &["ThrownOut go away"],
        ),
        (
            "asked for credentials out of turn",
            plain(),
            &["AUTHENTICATE +"],
            &[],
        ),
        (
            "EXTERNAL asked out of turn",
            None,
            &["AUTHENTICATE +", "CAP * ACK :sasl"],
            &[],
        ),
    ];
    for (name, sasl, lines, want) in cases {
        assert_eq!(play(sasl.clone(), lines), *want, "{name}");
    }
}

#[test]
fn silence_on_cap_is_waited_out() {
    let (mut registration, _) = begun(None);
    assert_eq!(registration.due(), Duration::from_secs(5));
    assert_eq!(registration.tick(Duration::from_secs(4)), Step::Wait);
    let step = registration.tick(Duration::from_secs(5));
    assert_eq!(step, Step::Write(vec!["CAP END\r\n".into()]));
    assert_eq!(registration.tick(Duration::from_secs(6)), Step::Wait);
    assert!(matches!(
        registration.tick(Duration::from_secs(120)),
        Step::Failed(_)
    ));
}

#[test]
fn long_credentials_come_in_chunks() {
    for (length, want) in [
        (290, vec![392]),
        (297, vec![400, 1]),
        (300, vec![400, 4]),
        (597, vec![400, 400, 1]),
    ] {
        let password = Secret::new("x".repeat(length));
        let lines = credentials(&Sasl::Plain {
            user: "u".into(),
            password,
        });
        let lengths: Vec<usize> = lines.iter().map(|l| l.trim_end().len() - 13).collect();
        assert_eq!(lengths, want, "{length}");
    }
}

#[test]
fn personas_differ_and_are_letters() {
    let mut rng = StdRng::seed_from_u64(7);
    let idents: std::collections::BTreeSet<String> =
        (0..100).map(|_| Persona::random(&mut rng).ident).collect();
    assert!(idents.len() > 95);
    let fits = |i: &String| (5..=8).contains(&i.len()) && i.bytes().all(|b| b.is_ascii_lowercase());
    assert!(idents.iter().all(fits));
}
