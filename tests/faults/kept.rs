//! A copy leaves, an account comes back from one, and the program is killed on the way, or the disk is full: it can be done again,
//! and the account lives whole or not at all.

use std::fs;

use iim::protocol::mail_form;
use iim::protocol::part::Part;
use rustix::io::Errno;

use crate::layer::{CHANGES, Fault, Run};
use crate::moments::moments;
use crate::moving::{comes_back, elsewhere};
use crate::scene::{Mail, Scene};
use crate::support::account::Account;

/// Alice has a code, in the file that is given, and nobody has a copy of hers.
fn with_a_code() -> (Scene, String) {
    let mut scene = Scene::of_friends();
    let said = scene.alice.ok(&["backup", "--code"]);
    let paper = scene.path("paper");
    fs::write(&paper, said.lines().next().unwrap()).unwrap();
    scene.take();
    scene.keep();
    (scene, paper.to_str().unwrap().to_owned())
}

fn copies(mails: &[Mail]) -> usize {
    let is_copy = |mail: &&Mail| {
        let part = mail_form::read(&mail.bytes).unwrap().part;
        mail.from == mail.to && matches!(part, Part::Copy(_))
    };
    mails.iter().filter(is_copy).count()
}

#[test]
fn while_a_copy_leaves() {
    let (mut scene, paper) = with_a_code();
    scene.alice.ok(&["hide", "bob"]);
    scene.take();
    scene.keep();
    let backup = ["backup"].map(str::to_owned);
    let peace = run(&scene, &scene.alice, &backup, ("count", 0, 0));
    peace.out.expect_code(0, "backup");
    assert_eq!(copies(&scene.take()), 1);
    for number in moments(peace.seen, 30) {
        scene.begin();
        let killed = run(&scene, &scene.alice, &backup, ("kill", number, 0));
        let what = format!("killed before call {number} ({:?})", killed.hit);
        let first = copies(&scene.take());
        scene.alice.ok(&["backup"]);
        let second = scene.take();
        assert!(first + copies(&second) >= 1, "{what}");
        assert!(first + copies(&second) <= 2, "{what}");
        // The next one is for the next change.
        scene.alice.ok(&["backup"]);
        assert_eq!(scene.take().len(), 0, "{what}");
        if let Some(mail) = second.first() {
            let file = scene.path("mail");
            fs::write(&file, &mail.bytes).unwrap();
            let new = elsewhere(&scene);
            new.ok(&["recover", "--code-file", &paper, file.to_str().unwrap()]);
        }
    }
}

/// Whatever is sealed after that opens with a code that she has seen: that of before, or the one that was shown.
#[test]
fn while_another_code_is_made() {
    let (scene, paper) = with_a_code();
    let made = ["backup", "--new-code"].map(str::to_owned);
    let peace = run(&scene, &scene.alice, &made, ("count", 0, 0));
    peace.out.expect_code(0, "backup --new-code");
    let mut by_the_old = 0;
    for number in moments(peace.seen, 40) {
        scene.begin();
        let killed = run(&scene, &scene.alice, &made, ("kill", number, 0));
        let what = format!("killed before call {number} ({:?})", killed.hit);
        scene.take();
        scene.alice.ok(&["backup", "--again"]);
        let mails = scene.take();
        assert_eq!(copies(&mails), 1, "{what}");
        let (file, shown) = (scene.path("mail"), scene.path("shown"));
        fs::write(&file, &mails[0].bytes).unwrap();
        let said = killed.out.text();
        fs::write(&shown, said.lines().next().unwrap_or_default()).unwrap();
        let opens = |code: &str| {
            let recover = ["recover", "--code-file", code, file.to_str().unwrap()];
            elsewhere(&scene).iim(&recover).code == Some(0)
        };
        let (old, new) = (opens(&paper), opens(shown.to_str().unwrap()));
        assert!(old != new, "{what}: {old} {new}");
        let is_told = said.contains("this is your recovery code");
        assert!(!is_told || new, "{what}");
        by_the_old += usize::from(old);
    }
    assert!((1..40).contains(&by_the_old), "{by_the_old}");
}

/// Alice has lost all but a mail and a sheet of paper: the words that recover the account.
fn with_a_copy() -> (Scene, Vec<String>) {
    let mut scene = Scene::of_friends();
    let said = scene.alice.ok(&["backup", "--code"]);
    let (paper, file) = (scene.path("paper"), scene.path("mail"));
    fs::write(&paper, said.lines().next().unwrap()).unwrap();
    let mails = scene.take();
    assert_eq!(copies(&mails), 1);
    fs::write(&file, &mails[0].bytes).unwrap();
    scene.keep();
    let words = [
        "recover",
        "--code-file",
        paper.to_str().unwrap(),
        file.to_str().unwrap(),
    ];
    (scene, words.map(str::to_owned).to_vec())
}

#[test]
fn while_an_account_comes_back() {
    let (scene, recover) = with_a_copy();
    let words: Vec<&str> = recover.iter().map(String::as_str).collect();
    let peace = run(&scene, &elsewhere(&scene), &recover, ("count", 0, 0));
    peace.out.expect_code(0, "recover");
    for number in moments(peace.seen, 40) {
        let new = elsewhere(&scene);
        let killed = run(&scene, &new, &recover, ("kill", number, 0));
        let what = format!("killed before call {number} ({:?})", killed.hit);
        comes_back(&scene, &new, &words, &what);
    }
}

#[test]
fn while_the_disk_is_full() {
    let (scene, recover) = with_a_copy();
    let words: Vec<&str> = recover.iter().map(String::as_str).collect();
    let peace = run(&scene, &elsewhere(&scene), &recover, ("count", 0, 0));
    for number in moments(peace.seen, 30) {
        for action in ["fail", "fails"] {
            let new = elsewhere(&scene);
            let errno = Errno::NOSPC.raw_os_error();
            let refused = run(&scene, &new, &recover, (action, number, errno));
            let what = format!("{action} at call {number} ({:?})", refused.hit);
            comes_back(&scene, &new, &words, &what);
        }
    }
}

fn run(
    scene: &Scene,
    account: &Account,
    args: &[String],
    (action, at, fault): (&'static str, usize, i32),
) -> Run {
    let fault = Fault {
        kinds: CHANGES,
        action,
        at,
        fault,
    };
    scene.layer.run(account, args, b"", fault)
}
