//! Sealed mails of different letters cannot be told apart but by their padded size and Olm's message type.

use std::collections::{BTreeMap, BTreeSet};

use iim::protocol::mail_form;
use iim::protocol::part::Part;
use iim::rules::event::Act;
use iim::rules::queue::choice::Announcements;

use crate::capture::CAPTURE;
use crate::world::{DAY, HOUR, Mailbag, World, address};

/// A mail with all that may differ between two mails of the same pair of people replaced by its shape.
fn skeleton(mail: &[u8]) -> String {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    let boundary = text.split_once("boundary=\"").unwrap().1;
    let boundary = boundary.split_once('"').unwrap().0.to_owned();
    let text = text.replace(&boundary, &shape(&boundary));
    let mut out = Vec::new();
    let mut in_base64 = false;
    let mut is_sealed_part = false;
    for line in text.split_inclusive('\n') {
        let (name, value) = line.split_once(": ").unwrap_or(("", ""));
        is_sealed_part |= line.contains("application/vnd.iim");
        in_base64 &= !line.starts_with("--");
        match name {
            "Date" => out.push(format!("Date: {}", letters_and_digits(value))),
            "Message-ID" => {
                let (id, domain) = value.split_once('@').unwrap();
                out.push(format!("Message-ID: {}@{domain}", shape(id)));
            }
            _ if in_base64 => {}
            _ => out.push(line.to_owned()),
        }
        if is_sealed_part && line.trim().is_empty() {
            in_base64 = true;
            is_sealed_part = false;
        }
    }
    out.concat()
}

/// Letters and digits by their number, everything else as it is.
fn shape(text: &str) -> String {
    let class = |c: char| match c {
        'a'..='z' | '0'..='9' => 'x',
        other => other,
    };
    text.chars().map(class).collect()
}

/// The shape of a date, days and months aside.
fn letters_and_digits(text: &str) -> String {
    let class = |c: char| match c {
        '0'..='9' => '0',
        'A'..='Z' | 'a'..='z' => 'a',
        other => other,
    };
    text.chars().map(class).collect()
}

/// Message type, and length of the sealed part.
fn outside(mail: &[u8]) -> (bool, usize) {
    match mail_form::read(mail).unwrap().part {
        Part::Sealed(sealed) => (sealed.prekey, sealed.ciphertext.len()),
        other => panic!("not sealed: {other:?}"),
    }
}

/// What alice sends to bob by mail, by the kind of letter it is.
fn letters() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let mut sent: BTreeMap<&'static str, Vec<Vec<u8>>> = BTreeMap::new();
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    for mail in world.outgoing("bob") {
        world.deliver(&mail);
    }
    let mut keep = |what: &'static str, world: &mut World| {
        let mut bag = Mailbag::default();
        world.send("alice", &mut bag, Announcements::All);
        assert!(!bag.mails.is_empty(), "{what}: no mail");
        for mail in &bag.mails {
            sent.entry(what).or_default().push(mail.mail.clone());
            world.deliver(mail);
        }
        world.exchange();
    };
    keep("confirm", &mut world);
    // A session that is young and one that is old, in both roles.
    for round in 0..3 {
        world.clock.advance(2 * DAY);
        world.say("bob", "alice", "acknowledge me");
        for mail in world.outgoing("bob") {
            world.deliver(&mail);
        }
        keep("receipt", &mut world);
        for length in (1..700).step_by(37) {
            world.say("alice", "bob", &"x".repeat(length));
            keep("text", &mut world);
        }
        world.clock.advance(HOUR);
        world.act("alice", Act::Rotate { if_older: None });
        keep("presence", &mut world);
        world.act("alice", Act::Hide(vec![address("bob")]));
        world.clock.advance(HOUR);
        world.act("alice", Act::Rotate { if_older: None });
        keep("decoy", &mut world);
        world.act("alice", Act::Show(vec![address("bob")]));
        keep("shown again", &mut world);
        assert!(round < 3);
    }
    sent
}

#[test]
fn sealed_mails_of_different_letters_look_alike() {
    let letters = letters();
    assert_eq!(
        letters.keys().copied().collect::<Vec<_>>(),
        [
            "confirm",
            "decoy",
            "presence",
            "receipt",
            "shown again",
            "text"
        ]
    );
    let skeletons: BTreeSet<String> = letters
        .values()
        .flatten()
        .map(|mail| skeleton(mail))
        .collect();
    assert_eq!(skeletons.len(), 1, "{skeletons:#?}");
    // The sizes say how long the padded letter is, and nothing of what it is: texts have all of them.
    let sizes = |what: &str| -> BTreeSet<(bool, usize)> {
        letters[what]
            .iter()
            .map(|mail| outside(mail))
            .filter(|(prekey, _)| !prekey)
            .collect()
    };
    for what in ["receipt", "presence", "decoy"] {
        let others: Vec<_> = sizes(what).difference(&sizes("text")).copied().collect();
        assert_eq!(
            others,
            [],
            "{what}: sizes that no text has; texts have {:?}",
            sizes("text")
        );
    }
    assert_eq!(
        sizes("presence"),
        sizes("decoy"),
        "a decoy is as long as what it stands for"
    );
}

/// The comparing sees one byte of difference, wherever it is outside of what is sealed.
#[test]
fn the_comparing_bites() {
    let mail = letters()["text"][0].clone();
    let text = String::from_utf8(mail.clone()).unwrap();
    for (old, new) in [
        ("Subject: ", "Subject:  "),
        ("IIM: 1", "IIM: 2"),
        ("Message-ID: <", "Message-ID: <q"),
        ("boundary=\"", "boundary=\"-"),
        ("letter.iim", "text.iim"),
        ("If you use iim", "If you used iim"),
        ("base64", "BASE64"),
        ("\r\n--", "\r\n \r\n--"),
    ] {
        let other = text.replacen(old, new, 1);
        assert_ne!(other, text, "{old:?} is not there");
        assert_ne!(skeleton(other.as_bytes()), skeleton(&mail), "{old:?}");
    }
}

/// The same for the mails of the real programs.
#[test]
fn the_mails_of_the_story_look_alike_for_each_pair() {
    let mut pairs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for mail in &CAPTURE.mails {
        let read = mail_form::read(&mail.bytes).unwrap();
        if matches!(read.part, Part::Sealed(_)) {
            let text = mail.text();
            let header = |name: &str| {
                let line = text
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .unwrap();
                line.to_owned()
            };
            let pair = (header("From: "), header("To: "));
            pairs.entry(pair).or_default().push(skeleton(&mail.bytes));
        }
    }
    assert!(pairs.len() >= 4, "{:?}", pairs.keys());
    assert!(pairs.values().any(|mails| mails.len() >= 3));
    for (pair, mails) in pairs {
        let different: BTreeSet<String> = mails.into_iter().collect();
        assert_eq!(different.len(), 1, "{pair:?}: {different:#?}");
    }
}
