//! An account moves, and the program is killed on the way: never do two places live, and it can be done again.

use std::fs;
use std::path::Path;

use crate::files::DATABASE;
use crate::layer::{CHANGES, Fault, Run};
use crate::moments::moments;
use crate::scene::Scene;
use crate::support::account::Account;

#[test]
fn while_it_leaves() {
    let (mut scene, archive) = (Scene::of_friends(), String::from("archive"));
    scene.keep();
    let export = ["export", "--move", "--plain", &archive].map(str::to_owned);
    let peace = run(&scene, &scene.alice, &export, "count", 0);
    peace.out.expect_code(0, "export --move");
    for number in moments(peace.seen, 40) {
        scene.begin();
        let killed = run(&scene, &scene.alice, &export, "kill", number);
        let what = format!("killed before call {number} ({:?})", killed.hit);
        let written = scene.alice.home.join(&archive);
        let has_left = scene.alice.iim(&["status"]).code != Some(0);
        // What can be taken in elsewhere is there only once nothing lives here.
        assert!(has_left || !written.exists(), "{what}");
        if has_left {
            scene.alice.ok(&["return", "--yes"]);
        }
        let _ = fs::remove_file(&written);
        scene.alice.ok(&["say", "bob", "here still"]);
        scene.alice.ok(&["export", "--move", "--plain", &archive]);
        let new = elsewhere(&scene);
        new.ok(&["import", "--plain", written.to_str().unwrap()]);
        new.ok(&["friends"]);
        no_copy_is_left(&scene.alice, &what);
    }
}

#[test]
fn while_it_arrives() {
    let mut scene = Scene::of_friends();
    scene.alice.ok(&["export", "--move", "--plain", "archive"]);
    scene.keep();
    let archive = scene.alice.home.join("archive");
    let import = ["import", "--plain", archive.to_str().unwrap()].map(str::to_owned);
    let peace = run(&scene, &elsewhere(&scene), &import, "count", 0);
    peace.out.expect_code(0, "import");
    for number in moments(peace.seen, 40) {
        let new = elsewhere(&scene);
        let killed = run(&scene, &new, &import, "kill", number);
        let what = format!("killed before call {number} ({:?})", killed.hit);
        let import = ["import", "--plain", archive.to_str().unwrap()];
        comes_back(&scene, &new, &import, &what);
    }
}

#[test]
fn while_it_is_taken_back() {
    let mut scene = Scene::of_friends();
    scene.alice.ok(&["export", "--move", "--plain", "archive"]);
    scene.keep();
    let back = ["return", "--yes"].map(str::to_owned);
    let peace = run(&scene, &scene.alice, &back, "count", 0);
    peace.out.expect_code(0, "return");
    for number in moments(peace.seen, 40) {
        scene.begin();
        let killed = run(&scene, &scene.alice, &back, "kill", number);
        let what = format!("killed before call {number} ({:?})", killed.hit);
        let again = scene.alice.iim(&["return", "--yes"]);
        if again.code != Some(0) {
            let said = again.errors();
            assert!(said.contains("has not left"), "{what}: {said}");
        }
        scene.alice.ok(&["say", "bob", "here again"]);
        assert!(sealed_by_nobody(&scene), "{what}");
    }
}

/// Done again, whenever it was killed, it is there, whole, and as from a backup.
#[track_caller]
pub fn comes_back(scene: &Scene, new: &Account, again: &[&str], what: &str) {
    let again = new.iim(again);
    if again.code != Some(0) {
        let said = again.errors();
        assert!(
            said.contains("there is an account already"),
            "{what}: {said}"
        );
    }
    assert_eq!(new.of_friend("bob", "standing"), "friend", "{what}");
    let report = new.iim(&["say", "bob", "over there"]);
    report.expect_code(0, what);
    assert!(sealed_by_nobody(scene), "{what}");
    no_copy_is_left(new, what);
}

/// Nothing but requests leaves until a friend has answered.
fn sealed_by_nobody(scene: &Scene) -> bool {
    let mails = scene.take();
    mails
        .iter()
        .all(|mail| crate::olm::sealed(&mail.bytes).is_none())
}

/// A machine on which there is nothing yet.
pub fn elsewhere(scene: &Scene) -> Account {
    let home = scene.path("elsewhere");
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).unwrap();
    Account {
        home,
        ..scene.alice.clone()
    }
}

#[track_caller]
fn no_copy_is_left(account: &Account, what: &str) {
    let database = account.home.join(DATABASE);
    let folder = database.parent().unwrap_or(Path::new("."));
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|one| one.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let is_left = |name: &String| name.contains(".copy.db");
    assert!(!names.iter().any(is_left), "{what}: {names:?}");
}

fn run(scene: &Scene, account: &Account, args: &[String], action: &'static str, at: usize) -> Run {
    let fault = Fault {
        kinds: CHANGES,
        action,
        at,
        fault: 0,
    };
    scene.layer.run(account, args, b"", fault)
}
