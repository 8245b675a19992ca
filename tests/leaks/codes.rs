//! The recovery code is on the paper and nowhere else: no argument, environment, file or its name, mail or log has it, nor what it gives
//! but the database; and of two copies nobody tells whose friends are in which.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use iim::account::kept::{When, back_up};
use iim::edge::seal::stream::CodeKey;
use iim::protocol::code::Code;
use iim::protocol::mail_form;
use iim::protocol::part::Part;
use iim::rules::event::Act;

use crate::needles::{Kind, Needle, Search};
use crate::onlooker::Onlooker;
use crate::support::account::{Account, Place};
use crate::support::post::Post;
use crate::world::{Mailbag, World, address};

/// The code as it is shown, as it may be typed, and its bits; then the key that it gives.
fn needles(shown: &str) -> (Vec<Needle>, Vec<Needle>) {
    let code = Code::read(shown).unwrap();
    let letters = shown.replace('-', "");
    let of_code = vec![
        Needle::text(Kind::Secret, "the code", shown),
        Needle::text(Kind::Secret, "its letters", &letters),
        Needle::text(Kind::Secret, "half of it", &letters[..14]),
        Needle::bytes(Kind::Secret, "its bits", &code.0),
    ];
    let pickle = CodeKey::of(&code).pickle();
    let bytes: Vec<u8> = (0..pickle.len() / 2)
        .map(|at| u8::from_str_radix(&pickle[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let key = Needle::bytes(Kind::Secret, "the key of the code", &bytes);
    (of_code.clone(), [of_code, vec![key]].concat())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all
}

#[test]
fn the_code_is_nowhere_but_on_the_paper() {
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Account::new(&place, "alice@example.org");
    alice.setup(&[
        "--sendmail",
        &post.sendmail,
        "--network",
        "net0=irc://127.0.0.1:1",
    ]);
    alice.ok(&["block", "mallory@example.net"]);
    let onlooker = Onlooker::of(place.path());
    let made = alice.iim(&["-v", "backup", "--code"]);
    made.expect_code(0, "backup --code");
    let shown = made.text().lines().next().unwrap().to_owned();
    let mails = post.take();
    assert_eq!(mails.len(), 1);
    let mail = alice.write("mail", &mails[0].bytes);
    let archive = place.join("archive");
    let exported = alice.iim(&["-v", "export", archive.to_str().unwrap()]);
    exported.expect_code(0, "export");
    // Asked for, and from a file that lies elsewhere.
    let paper = tempfile::NamedTempFile::new().unwrap();
    fs::write(paper.path(), format!("{shown}\n")).unwrap();
    let by_hand = Account {
        home: place.join("by-hand"),
        ..alice.clone()
    };
    let by_file = Account {
        home: place.join("by-file"),
        ..alice.clone()
    };
    for account in [&by_hand, &by_file] {
        fs::create_dir_all(&account.home).unwrap();
    }
    let mail = mail.to_str().unwrap();
    let typed = format!("{shown}\n");
    let asked = by_hand.iim_with(&["-v", "recover", mail], typed.as_bytes());
    asked.expect_code(0, "recover");
    let words = [
        "-v",
        "recover",
        "--code-file",
        paper.path().to_str().unwrap(),
        mail,
    ];
    let read = by_file.iim(&words);
    read.expect_code(0, "recover --code-file");
    let wrong = by_file.iim_with(
        &["--home", "other", "recover", mail],
        &shown.as_bytes()[1..],
    );
    assert_eq!(wrong.code, Some(1));
    let sight = onlooker.ask();

    let (of_code, all) = needles(&shown);
    let (code, both) = (Search::new(&of_code), Search::new(&all));
    assert!(!code.find(made.stdout.as_slice()).is_empty(), "shown once");
    for out in [&exported, &asked, &read, &wrong] {
        let said = [out.stdout.as_slice(), &out.stderr].concat();
        assert_eq!(both.find(&said), BTreeSet::new());
    }
    assert_eq!(both.find(&made.stderr), BTreeSet::new());
    assert!(!sight.arguments.is_empty());
    for seen in sight
        .arguments
        .iter()
        .chain(&sight.environments)
        .chain(&sight.files)
    {
        assert_eq!(both.find(seen), BTreeSet::new());
    }
    let files = files(place.path());
    assert!(files.len() > 8, "{files:?}");
    for file in &files {
        let is_database = file.to_string_lossy().contains("iim.db");
        let search = if is_database { &code } else { &both };
        let found = search.find(&fs::read(file).unwrap());
        assert_eq!(found, BTreeSet::new(), "{}", file.display());
        assert_eq!(both.find(file.as_os_str().as_bytes()), BTreeSet::new());
    }
    let key: Vec<Needle> = all.into_iter().skip(of_code.len()).collect();
    let databases = files.iter().filter(|file| file.ends_with("iim.db"));
    let kept =
        databases.filter(|file| !Search::new(&key).find(&fs::read(file).unwrap()).is_empty());
    assert_eq!(kept.count(), 3, "kept for the next copy");
}

/// How long the sealed copy of somebody is, and the mail around it.
fn lengths(world: &mut World, name: &str, key: &CodeKey) -> (usize, usize) {
    let mut bag = Mailbag::default();
    back_up(world.at(name), key, When::Due, &mut bag)
        .unwrap()
        .unwrap();
    let mail = bag.mails.remove(0).mail;
    let Part::Copy(copy) = mail_form::read(&mail).unwrap().part else {
        panic!("no copy");
    };
    (copy.sealed.len(), mail.len())
}

#[test]
fn copies_of_as_many_people_are_equally_long() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = CodeKey::of(&Code([9; 16]));
    for many in 0..20 {
        let of_alice = lengths(&mut world, "alice", &key);
        let of_bob = lengths(&mut world, "bob", &key);
        assert_eq!(of_alice.0, of_bob.0, "{many}");
        assert!(of_alice.1.abs_diff(of_bob.1) < 32, "but for the address");
        // One of them names strangers, the other people with long names and notes.
        let stranger = address(&format!("s{many}"));
        world.act("alice", Act::Block(vec![stranger]));
        world.settle_in(&format!("person-{many}"), &format!("person-{many}"), "");
        let long = address(&format!("person-{many}"));
        world.add("bob", &format!("person-{many}"));
        world.act(
            "bob",
            Act::Note(long, "met on the pier at nine, sings".to_owned()),
        );
        world.outgoing("bob");
    }
}
