//! Rosters written, edited by hand, and broken.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod broken;

use super::*;
use crate::protocol::letter::{Keys, Network, Presence, PublicKey, Secret, Status};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::account::AccountState;
use crate::rules::contact::{Contact, Shown, Standing};
use crate::rules::conversation::Ids;
use crate::rules::friend::Held;

fn account() -> AccountState {
    AccountState {
        keys: keys(1),
        epoch: 1_767_000_000,
        secret: Secret([0x5e; 32]),
        decoy: Secret([0x5e; 32]),
        rotated_at: Seconds(0),
        leave_by: None,
        status: Status::Online,
        status_text: String::new(),
        invisible: false,
        restored: false,
        moved_out: None,
        announced: (Vec::new(), 86_400),
        automatic: (0, 0),
        prekey: None,
    }
}

fn keys(byte: u8) -> Keys {
    Keys {
        curve25519: PublicKey([0x5e; 32]),
        ed25519: PublicKey([byte; 32]),
    }
}

fn network(name: &str) -> Network {
    Network {
        name: name.into(),
        servers: vec!["irc.example.net:6697".into()],
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn bob() -> Contact {
    let mut bob = Contact::new(
        Ids::new(1, 1),
        address("bob@example.net"),
        "Bob".into(),
        Seconds(5),
    );
    bob.standing = Standing::friend(keys(2));
    bob.note = "from the \"choir\"\nsings bass".into();
    bob.shown = Some(Shown {
        epoch: account().epoch,
        secret: Secret([0x5e; 32]),
        real: true,
        at: Seconds(0),
        by_mail: true,
    });
    let presence = Presence {
        epoch: Some(7),
        secret: Some(Secret([0x5e; 32])),
        networks: Some(vec![network("libera")]),
        ways: Some(vec!["tel:+123".into()]),
        ..Presence::default()
    };
    bob.friend_mut().unwrap().presence = Some(Held {
        presence,
        sent: Millis(0),
    });
    bob
}

fn carol() -> Contact {
    let mut carol = Contact::new(
        Ids::new(1, 1),
        address("carol@example.org"),
        "Ca\u{202e}rol\u{1b}[31m".into(),
        Seconds(5),
    );
    carol.visible = false;
    carol
}

fn text() -> String {
    render(
        12,
        &account(),
        &[network("libera"), network("oftc")],
        &[bob(), carol()],
    )
}

#[test]
fn a_person_can_read_it() {
    let text = text();
    let (header, friends) = text.split_once("\n[me]\n").unwrap();
    assert!(
        header.starts_with("revision = 12\nversion = 1\n\n# Your roster"),
        "{header}"
    );
    let golden = r#"fingerprint = "0101010101010101010101010101010101010101010101010101010101010101"
epoch = 1767000000
networks = ["libera", "oftc"]

[[friend]]
name = "Bob"
address = "bob@example.net"
standing = "friend"
visible = true
blocked = false
verified = false
note = "from the \"choir\"\nsings bass"
fingerprint = "0202020202020202020202020202020202020202020202020202020202020202"
told = true
epoch = 7
networks = ["libera"]
ways = ["tel:+123"]

[[friend]]
name = "Ca\U0000202Erol\U0000001B[31m"
address = "carol@example.org"
standing = "stranger"
visible = false
blocked = false
verified = false
note = ""
fingerprint = ""
told = false
"#;
    assert_eq!(friends, golden);
}

#[test]
fn no_secret_is_in_it() {
    assert!(!text().to_lowercase().contains("5e5e"), "{}", text());
    assert!(!text().contains("94, 94"), "{}", text());
}

#[test]
fn edits_are_the_commands_they_mean() {
    let bobs = || address("bob@example.net");
    let unknown = |what: &str, line| Edit::Unknown(what.into(), line);
    let cases = [
        (
            "name = \"Bob\"",
            "name = 'Robert'",
            vec![Edit::Act(Act::Rename(bobs(), "Robert".into()))],
        ),
        (
            "visible = true",
            "visible = false",
            vec![Edit::Act(Act::Hide(vec![bobs()]))],
        ),
        (
            "blocked = false",
            "blocked=true # enough",
            vec![Edit::Act(Act::Block(vec![bobs()]))],
        ),
        (
            "note = \"\"",
            "note = \"\"\"a\nb\"\"\"",
            vec![Edit::Act(Act::Note(
                address("carol@example.org"),
                "a\nb".into(),
            ))],
        ),
        ("revision = 12", "revision=12", vec![]),
        ("# Your roster", "# My roster", vec![]),
        (
            "standing = \"friend\"",
            "standing = \"asked\"",
            vec![unknown(
                "bob@example.net: standing is not changed by editing",
                20,
            )],
        ),
        (
            "verified = false",
            "verified = true",
            vec![unknown(
                "bob@example.net: verified is not changed by editing",
                23,
            )],
        ),
        (
            "told = true",
            "told = 1",
            vec![unknown(
                "bob@example.net: told is not changed by editing",
                26,
            )],
        ),
        (
            "told = true",
            "tolt = true",
            vec![
                unknown("bob@example.net: tolt is nothing that iim knows", 26),
                unknown("bob@example.net: told was taken out", 19),
            ],
        ),
        (
            "visible = true\n",
            "",
            vec![unknown("bob@example.net: visible was taken out", 19)],
        ),
        (
            "epoch = 1767000000",
            "epoch = 1",
            vec![unknown("me.epoch is not changed by editing", 13)],
        ),
        (
            "[\"libera\", \"oftc\"]",
            "[\"libera\"]",
            vec![unknown("me.networks is not changed by editing", 14)],
        ),
        (
            "bob@example.net",
            "bob@example.com",
            vec![
                Edit::Missing(bobs()),
                unknown(
                    "bob@example.com is not on the roster: iim add bob@example.com",
                    18,
                ),
            ],
        ),
        (
            "[me]",
            "mood = 1\n[me]",
            vec![unknown("mood is nothing that iim knows", 11)],
        ),
    ];
    let base = read(&text()).unwrap();
    for (from, to, expected) in cases {
        let edited = text().replacen(from, to, 1);
        assert_ne!(edited, text(), "{from}");
        let found = edits(&base, &read(&edited).unwrap());
        assert_eq!(
            without_lines(&found),
            without_lines(&expected),
            "{from} -> {to}"
        );
        for (found, edit) in found.iter().zip(&expected) {
            if let (Edit::Unknown(_, line), Edit::Unknown(..)) = (found, edit) {
                let at = edited.lines().nth(line - 1).unwrap();
                let place = to.split(['=', '\n']).next().unwrap().trim();
                assert!(
                    to.is_empty() || at.contains(place) || at.contains("address"),
                    "{at:?} for {to:?}"
                );
            }
        }
    }
}

fn without_lines(edits: &[Edit]) -> Vec<Edit> {
    let blank = |edit: &Edit| match edit {
        Edit::Unknown(what, _) => Edit::Unknown(what.clone(), 0),
        other => other.clone(),
    };
    edits.iter().map(blank).collect()
}

#[test]
fn several_edits_come_in_the_order_of_the_file() {
    let edited = text()
        .replace("visible = true", "visible = false")
        .replace("note = \"\"", "note = \"alto\"");
    let found = edits(&read(&text()).unwrap(), &read(&edited).unwrap());
    assert_eq!(
        found,
        [
            Edit::Act(Act::Hide(vec![address("bob@example.net")])),
            Edit::Act(Act::Note(address("carol@example.org"), "alto".into())),
        ]
    );
}
