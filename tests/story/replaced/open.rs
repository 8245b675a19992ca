//! A database that is replaced, deleted or copied over while a program has it open.

use super::{close, copy_all, heals, is_restored, with_a_backup};
use crate::world::{HOUR, World, copy_database};
use iim::account::{Account, AccountError};
use iim::edge::mail::OutMail;
use iim::edge::store::{Create, Store, StoreError};
use iim::protocol::mail_form::By;
use iim::rules::event::Act;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// Bob's mail to alice that is on its way.
fn on_its_way(world: &mut World) -> OutMail {
    world.say("bob", "alice", "on its way");
    world.outgoing("bob").remove(0)
}

/// What the file at the path holds, as another program reads it.
fn heard_by_another(world: &mut World) -> Vec<String> {
    let mut other = Account::open_quietly(world.home("alice"), world.clock()).unwrap();
    let with = world.ids("alice", "bob").conversation;
    let all = other.history(Some(with), false).unwrap();
    all.into_iter().map(|message| message.text).collect()
}

#[test]
fn a_database_replaced_while_it_is_open_is_opened_again_as_restored() {
    for way in [
        "moved over",
        "copied over",
        "copied over, as all since is in the log",
        "removed, then copied",
        "the folder replaced",
    ] {
        let mut world = World::of_friends(&["alice", "bob"]);
        let kept = with_a_backup(&mut world);
        if !way.ends_with("log") {
            close(&mut world, "alice");
        }
        world.reopen("alice");
        world.at("alice").stay_open().unwrap();
        world.say("bob", "alice", "in the log");
        world.exchange();
        let (root, database) = (world.dir.path().to_owned(), world.home("alice").database());
        match way {
            "moved over" => {
                fs::copy(kept.join("alice/iim.db"), root.join("alice/new.db")).unwrap();
                fs::rename(root.join("alice/new.db"), &database).unwrap();
            }
            "copied over" | "copied over, as all since is in the log" => {
                fs::copy(kept.join("alice/iim.db"), &database).unwrap();
            }
            "removed, then copied" => {
                for suffix in ["", "-wal", "-shm"] {
                    fs::remove_file(format!("{}{suffix}", database.display())).unwrap();
                }
                fs::copy(kept.join("alice/iim.db"), &database).unwrap();
            }
            _ => {
                fs::rename(root.join("alice"), root.join("before")).unwrap();
                copy_all(&kept, &root, &["alice"]);
            }
        }
        let mail = on_its_way(&mut world);
        let arrived = world.deliver(&mail).unwrap();
        // Where the file held the same as the backup, nothing was lost: all since is in the log.
        let lost = !way.ends_with("log");
        assert_eq!(is_restored(world.at("alice")), lost, "{way}");
        let there = heard_by_another(&mut world);
        assert_eq!(
            arrived.done,
            there.contains(&"on its way".to_owned()),
            "{way}: {there:?}"
        );
        if lost {
            heals(&mut world);
        } else {
            assert_eq!(there.len(), 10, "{there:?}");
        }
        world.pass(3 * 24 * HOUR);
        assert!(
            heard_by_another(&mut world).contains(&"on its way".to_owned()),
            "{way}"
        );
    }
}

#[test]
fn while_the_database_is_gone_nothing_is_acknowledged() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let (home, aside) = (world.home("alice"), world.dir.path().join("aside"));
    let mail = on_its_way(&mut world);
    fs::rename(home.data(), &aside).unwrap();
    for _ in 0..2 {
        let heard = world.at("alice").hear_mail_by(&mail.mail, By::Marker);
        assert!(
            matches!(heard, Err(AccountError::Store(StoreError::Missing))),
            "{heard:?}"
        );
        let acted = world.try_act("alice", Act::Rotate { if_older: None });
        assert!(
            matches!(acted, Err(AccountError::Store(StoreError::Missing))),
            "{acted:?}"
        );
    }
    // It comes back: the same files.
    fs::rename(&aside, home.data()).unwrap();
    assert!(world.deliver(&mail).unwrap().done);
    assert!(!is_restored(world.at("alice")));
    assert_eq!(world.heard("alice", "bob"), ["on its way"]);
}

#[test]
fn a_log_that_is_deleted_while_it_is_open_loses_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("bob", "alice", "in the log");
    world.exchange();
    let log = format!("{}-wal", world.home("alice").database().display());
    fs::remove_file(&log).unwrap();
    let mail = on_its_way(&mut world);
    assert!(world.deliver(&mail).unwrap().done);
    assert!(!is_restored(world.at("alice")));
    assert_eq!(heard_by_another(&mut world), ["in the log", "on its way"]);
    world.exchange();
}

#[test]
fn a_database_replaced_within_a_turn_keeps_nothing_and_tells_so() {
    let world = World::of(&["alice"]);
    let database = world.home("alice").database();
    let store = Store::open(&database, Create::No).unwrap();
    let copy = world.dir.path().join("copy.db");
    copy_database(&database, &copy);
    let done = store.transact(|tx| {
        tx.meta_set("said", "yes")?;
        fs::rename(&copy, &database).unwrap();
        Ok::<_, StoreError>(())
    });
    assert!(matches!(done, Err(StoreError::Replaced)), "{done:?}");
    let other = Store::open(&database, Create::No).unwrap();
    assert_eq!(other.read(|tx| tx.meta_get("said")).unwrap(), None);
}

/// A new database has all in its log, and what is copied over it then would be an empty one.
#[test]
fn a_new_database_is_watched_before_anything_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let store = Store::open(&path, Create::Yes).unwrap();
    store.guard().unwrap();
    for n in 0..2000 {
        let written = store.transact(|tx| tx.bump_sealings(n));
        written.unwrap();
    }
    assert!(
        fs::metadata(&path).unwrap().len() > 0,
        "the log was written into it"
    );
}

/// Into the same file, and with no time between: the counter outside of it says that more was sealed.
#[test]
fn a_database_copied_over_is_noticed_however_soon() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let kept = with_a_backup(&mut world);
    let database = world.home("alice").database();
    for round in 0..3 {
        close(&mut world, "alice");
        let inode = fs::metadata(&database).unwrap().ino();
        fs::copy(kept.join("alice/iim.db"), &database).unwrap();
        assert_eq!(fs::metadata(&database).unwrap().ino(), inode);
        world.reopen("alice");
        assert!(is_restored(world.at("alice")), "round {round}");
        // The second copy comes while the first has just been noticed, the third after all is healed.
        if round == 1 {
            heals(&mut world);
        }
    }
    heals(&mut world);
}

/// A hook has the database open for a moment, and something copies a backup over it before its first turn.
#[test]
fn a_database_copied_over_under_a_hook_is_noticed() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let kept = with_a_backup(&mut world);
    let mail = on_its_way(&mut world);
    close(&mut world, "alice");
    world.reopen("alice");
    fs::copy(kept.join("alice/iim.db"), world.home("alice").database()).unwrap();
    let heard = world.at("alice").hear_mail_by(&mail.mail, By::Marker);
    let done = heard.is_ok_and(|arrived| arrived.unwrap().done);
    close(&mut world, "alice");
    world.reopen("alice");
    assert!(is_restored(world.at("alice")));
    let there = heard_by_another(&mut world);
    assert_eq!(done, there.contains(&"on its way".to_owned()), "{there:?}");
    heals(&mut world);
}
