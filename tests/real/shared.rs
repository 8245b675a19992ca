//! A mailbox that is a person's own, too: what others have written to them is as it was, byte for byte, with its flags, its
//! time and its uid, whatever letters came through it meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::time::SystemTime;

use crate::support::account::Account;
use crate::support::dovecot::SPECIAL;
use crate::support::mailboxes::Scene;
use crate::support::mails::{foreign_report, forged, mail};
use crate::support::process::{is_root, need};

const FOLDERS: [&str; 2] = ["Maildir", "Maildir/.Junk"];
/// In each folder.
const MAILS: usize = 500;
/// As a Maildir has them: Passed, Replied, Seen, Trashed, Draft, Flagged, and two words of the person's.
const FLAGS: [&str; 12] = [
    "", "S", "RS", "F", "FS", "T", "ST", "D", "P", "Sa", "ab", "DFPRSTab",
];

/// Of a mail: its bytes, when it came, its uid.
type Mail = (Vec<u8>, SystemTime, Option<u32>);

/// Fills both folders; some lie where no client has seen them yet.
fn fill(person: &Account) {
    for folder in FOLDERS {
        for part in ["", "cur", "new", "tmp"] {
            person.folder(&format!("{folder}/{part}"));
        }
        person.write(
            &format!("{folder}/dovecot-keywords"),
            "0 $Forwarded\n1 work\n",
        );
        for n in 0..MAILS {
            let text = match n % 50 {
                10 => forged(),
                20 => foreign_report(),
                30 => mail("Subject: iim\nContent-Type: text/html\n", "no letter\n"),
                _ => mail(
                    &format!("X-Number: {n}\n"),
                    &format!("{}\n", "line\r\n".repeat(n % 40)),
                ),
            };
            let (part, info) = match n % 10 {
                9 => ("new", String::new()),
                _ => ("cur", format!(":2,{}", FLAGS[n % FLAGS.len()])),
            };
            person.write(&format!("{folder}/{part}/{}.own{info}", 1000 + n), text);
        }
    }
}

/// All mails of a person, by folder, name and flags.
fn all(person: &Account) -> BTreeMap<String, Mail> {
    let mut all = BTreeMap::new();
    for folder in FOLDERS {
        let uids = fs::read_to_string(person.home.join(folder).join("dovecot-uidlist"));
        let uids = uids.unwrap_or_default();
        for part in ["cur", "new"] {
            for entry in fs::read_dir(person.home.join(folder).join(part)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                let (unique, flags) = name.split_once(":2,").unwrap_or((name, ""));
                let at = |line: &&str| {
                    line.split(" :")
                        .nth(1)
                        .is_some_and(|it| it.starts_with(unique))
                };
                let uid = uids.lines().find(at);
                let uid = uid.map(|line| line.split(' ').next().unwrap().parse().unwrap());
                let came = fs::metadata(&path).unwrap().modified().unwrap();
                let mail = (fs::read(&path).unwrap(), came, uid);
                all.insert(format!("{folder} {unique} {flags}"), mail);
            }
        }
    }
    all
}

#[track_caller]
fn assert_same(person: &Account, before: &BTreeMap<String, Mail>) {
    let after = all(person);
    for (name, mail) in before {
        match after.get(name) {
            Some((bytes, came, uid))
                if (bytes, came) == (&mail.0, &mail.1) && (mail.2.is_none() || *uid == mail.2) => {}
            Some((_, came, uid)) => panic!("{name} is changed: {came:?} {uid:?}, not {mail:?}"),
            None => panic!("{name} is gone, or its flags are others"),
        }
    }
    let more: Vec<_> = after
        .keys()
        .filter(|name| !before.contains_key(*name))
        .collect();
    assert!(more.is_empty(), "more is there than before: {more:?}");
}

#[test]
fn a_thousand_mails_of_others_stay_as_they_are() {
    need(&["dovecot"]);
    if !is_root("a_thousand_mails_of_others_stay_as_they_are") {
        return;
    }
    let scene = Scene::new(SPECIAL);
    let Scene { alice, bob, .. } = &scene;
    bob.empty_inbox();
    fill(bob);
    let before = all(bob);
    bob.ok(&["fetch"]);
    bob.ok(&["fetch", "--since", "1d"]);
    assert_same(bob, &before);
    // Now the server has numbered them.
    let before = all(bob);
    assert_eq!(before.len(), 2 * MAILS);
    assert!(before.values().all(|(.., uid)| uid.is_some()));
    scene.befriend();
    for text in ["one", "two"] {
        alice.ok(&["say", "bob", text]);
        bob.ok(&["fetch"]);
    }
    // A provider takes a letter for junk.
    alice.ok(&["say", "bob", "junk?"]);
    for entry in fs::read_dir(bob.home.join("Maildir/new")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if !name.to_str().unwrap().ends_with(".own") {
            fs::rename(&path, bob.home.join("Maildir/.Junk/new").join(name)).unwrap();
        }
    }
    bob.ok(&["fetch"]);
    bob.ok(&["fetch", "--since", "30d"]);
    let texts = bob.texts("alice");
    let texts: Vec<_> = texts
        .iter()
        .map(|text| text["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["one", "two", "junk?"]);
    assert_same(bob, &before);
}
