//! A backup put back in every way in which it can come, and files that are replaced while they are open.

mod open;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use iim::account::Account;
use iim::edge::home::Home;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{HOUR, World, address};

fn is_restored(account: &mut Account) -> bool {
    account.state().unwrap().restored
}

/// Alice has a backup with the database whole in one file; then alice and bob talk on. Gives the folder with it.
fn with_a_backup(world: &mut World) -> PathBuf {
    let folder = world.dir.path().join("kept");
    close(world, "alice");
    copy_all(world.dir.path(), &folder, &["alice", "state"]);
    world.reopen("alice");
    for n in 0..4 {
        world.say("alice", "bob", &format!("after {n}"));
        world.say("bob", "alice", &format!("back {n}"));
        world.exchange();
    }
    folder
}

/// Closes somebody's account: then nothing lies beside the database.
fn close(world: &mut World, name: &str) {
    let nobody = world.home("nobody");
    if !nobody.database().exists() {
        world.settle_in("nobody", "nobody", "");
    }
    world.some(name).account = Account::open_quietly(nobody, world.clock()).unwrap();
}

fn copy_all(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        copy(&from.join(name), &to.join(name));
    }
}

/// As `cp -a`: into the files that are there already.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, target) = (
            entry.as_ref().unwrap().path(),
            to.join(entry.as_ref().unwrap().file_name()),
        );
        match entry.is_dir() {
            true => copy(&entry, &target),
            false => {
                fs::copy(&entry, &target).unwrap();
            }
        }
    }
}

/// Whatever happened to alice's account: alice and bob talk again, and nothing is sealed twice.
#[track_caller]
fn heals(world: &mut World) {
    assert!(is_restored(world.at("alice")));
    world.act("alice", Act::Restored);
    world.exchange();
    world.pass(2 * HOUR);
    for (from, to) in [("alice", "bob"), ("bob", "alice")] {
        let id = world.say(from, to, "on we go");
        world.exchange();
        assert_eq!(
            world.text(from, to, id).state,
            Delivery::Delivered,
            "{from}"
        );
    }
    assert!(!is_restored(world.at("alice")));
}

#[test]
fn a_backup_put_back_is_noticed_in_every_way_it_comes() {
    for way in [
        "the same path",
        "another path",
        "another path with its state",
        "the whole home anew",
        "the whole home in place",
    ] {
        let mut world = World::of_friends(&["alice", "bob"]);
        let kept = with_a_backup(&mut world);
        let root = world.dir.path().to_owned();
        close(&mut world, "alice");
        match way {
            "the same path" => {
                fs::remove_dir_all(root.join("alice")).unwrap();
                copy_all(&kept, &root, &["alice"]);
            }
            "another path" => {
                copy(&kept.join("alice"), &root.join("alice-2"));
                world.some("alice").home = world.home("alice-2");
            }
            "another path with its state" => {
                copy(&kept.join("alice"), &root.join("moved/alice"));
                copy(&kept.join("state"), &root.join("moved/state"));
                world.some("alice").home =
                    Home::at(&root.join("moved/alice"), &root.join("moved/state"));
            }
            "the whole home anew" => {
                fs::remove_dir_all(root.join("alice")).unwrap();
                let state = world
                    .home("alice")
                    .sealings()
                    .path()
                    .parent()
                    .unwrap()
                    .to_owned();
                fs::remove_dir_all(state).unwrap();
                copy_all(&kept, &root, &["alice", "state"]);
            }
            _ => {
                // So long after the backup that the file system knows the two times apart.
                sleep(Duration::from_millis(500));
                let inode = fs::metadata(root.join("alice/iim.db")).unwrap().ino();
                copy_all(&kept, &root, &["alice", "state"]);
                assert_eq!(
                    fs::metadata(root.join("alice/iim.db")).unwrap().ino(),
                    inode
                );
            }
        }
        world.reopen("alice");
        assert!(is_restored(world.at("alice")), "{way}");
        heals(&mut world);
        world.reopen("alice");
        assert!(!is_restored(world.at("alice")), "{way}: once");
    }
}

#[test]
fn a_home_that_is_renamed_is_in_place() {
    let mut world = World::of_friends(&["alice", "bob"]);
    close(&mut world, "alice");
    let root = world.dir.path().to_owned();
    fs::rename(root.join("alice"), root.join("renamed")).unwrap();
    world.some("alice").home = world.home("renamed");
    world.reopen("alice");
    assert!(!is_restored(world.at("alice")));
    let id = world.say("alice", "bob", "from a new folder");
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn a_new_account_where_an_old_counter_lies_is_not_restored() {
    let mut world = World::of_friends(&["alice", "bob"]);
    assert!(world.home("alice").sealings().read().unwrap() > 0);
    for copied in [false, true] {
        close(&mut world, "alice");
        fs::remove_dir_all(world.dir.path().join("alice")).unwrap();
        if copied {
            let counter = world.home("alice").sealings();
            fs::write(counter.path(), "00000000000000000300 1000000000000\n").unwrap();
        }
        world.settle_in("alice", "alice", "");
        assert!(!is_restored(world.at("alice")), "{copied}");
        world.reopen("alice");
        assert!(!is_restored(world.at("alice")), "{copied}");
    }
}

/// As the version before left it: no stamp in the database, no time in the counter.
#[test]
fn a_database_without_a_stamp_is_in_place_only_if_the_counter_agrees() {
    for (counter, restored) in [
        (Some(0), false),
        (Some(1), true),
        (Some(-1), true),
        (None, true),
    ] {
        let mut world = World::of_friends(&["alice", "bob"]);
        let home = world.home("alice");
        let sealings = world.read("alice", |tx| tx.sealings());
        close(&mut world, "alice");
        let database = rusqlite::Connection::open(home.database()).unwrap();
        assert_eq!(
            database
                .execute("DELETE FROM variable WHERE key = 'place'", [])
                .unwrap(),
            1
        );
        drop(database);
        match counter {
            Some(more) => {
                let number = sealings.checked_add_signed(more).unwrap();
                fs::write(home.sealings().path(), format!("{number:020}\n")).unwrap();
            }
            None => fs::remove_file(home.sealings().path()).unwrap(),
        }
        world.reopen("alice");
        assert_eq!(is_restored(world.at("alice")), restored, "{counter:?}");
        if restored {
            heals(&mut world);
        }
        // From now on it has one.
        close(&mut world, "alice");
        fs::remove_file(home.sealings().path()).unwrap();
        world.reopen("alice");
        assert!(!is_restored(world.at("alice")), "{counter:?}");
    }
}

/// The log of the database before: with it the one that was put there makes no sense.
#[test]
fn a_log_of_another_time_beside_a_backup_is_laid_aside() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let kept = with_a_backup(&mut world);
    world.reopen("alice");
    let home = world.home("alice");
    // Much is written, so that the log holds pages of many kinds; then the machine dies.
    for n in 0..300 {
        world.say("alice", "bob", &format!("{n} {}", "long ".repeat(400)));
    }
    let died = world.dir.path().join("died");
    copy(home.data(), &died);
    close(&mut world, "alice");
    fs::copy(died.join("iim.db-wal"), home.data().join("iim.db-wal")).unwrap();
    fs::remove_file(home.database()).unwrap();
    fs::copy(kept.join("alice/iim.db"), home.database()).unwrap();
    world.reopen("alice");
    assert!(home.data().join("iim.db-wal.strange").exists());
    assert_eq!(world.at("alice").history(None, false).unwrap().len(), 0);
    heals(&mut world);
}

/// SQLite writes the log into the file by itself once it is long, also when no letter came or left meanwhile.
#[test]
fn a_log_without_letters_that_is_written_into_the_file_is_no_copy() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.reopen("alice");
    world.at("alice").stay_open().unwrap();
    let database = world.home("alice").database();
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let (begun, mut checkpoints, mut last) = (written(&database), 0, written(&database));
    for n in 0..1500 {
        let name = format!("bob {n}");
        world.act("alice", Act::Rename(address("bob"), name));
        if written(&database) != last {
            last = written(&database);
            checkpoints += 1;
        }
        if checkpoints == 3 {
            break;
        }
    }
    assert!(last > begun && checkpoints == 3, "{checkpoints}");
    assert!(!is_restored(world.at("alice")));
}
