//! The file: its modes, its version, and what can be wrong with it.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;
use crate::rules::message::Via;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn files(path: &Path) -> Vec<PathBuf> {
    let all = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")];
    all.into_iter().filter(|path| path.exists()).collect()
}

#[test]
fn the_files_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let store = Store::open(&path, Create::Yes).unwrap();
    apply(&store, &[Effect::Contact(Box::new(person("Bob")))]);
    assert_eq!(files(&path).len(), 3, "WAL mode has three files");
    for file in files(&path) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn files_open_to_others_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let first = Store::open(&path, Create::Yes).unwrap();
    apply(&first, &[Effect::Contact(Box::new(person("Bob")))]);
    for file in files(&path) {
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    }
    let second = Store::open(&path, Create::No).unwrap();
    assert!(
        second
            .read(|tx| tx.roster().find_at(&address("bob")))
            .unwrap()
            .is_some()
    );
    for file in files(&path) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_missing_file_is_made_only_if_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    assert!(matches!(
        Store::open(&path, Create::No),
        Err(StoreError::Missing)
    ));
    assert!(!path.exists());
    drop(Store::open(&path, Create::Yes).unwrap());
    assert!(Store::open(&path, Create::No).is_ok());
    let nowhere = folder.path().join("none/iim.db");
    assert!(matches!(
        Store::open(&nowhere, Create::Yes),
        Err(StoreError::Missing)
    ));
}

#[test]
fn a_newer_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let store = Store::open(&path, Create::Yes).unwrap();
    store
        .connection
        .pragma_update(None, "user_version", 77)
        .unwrap();
    drop(store);
    let error = Store::open(&path, Create::Yes).unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 77, known } if known == version_known()),
        "{error}"
    );
}

/// As the first release left it: friends, a text on its way, a letter that waits, a notice for the agent.
#[test]
fn a_database_of_the_first_version_is_brought_up_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../migrations/0001.sql"))
        .unwrap();
    old.execute_batch(include_str!("version-1.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let store = Store::open(&path, Create::No).unwrap();
    let texts = transact(&store, |tx| tx.texts().history(None, false));
    let mut expected = text("bob", Direction::Out, 1, NOW.millis().0);
    (expected.state, expected.via) = (Delivery::Sent, Some(Via::Irc));
    expected.reply_to = Some(id(9));
    let bobs = transact(&store, |tx| tx.ids_made(&address("bob")));
    expected.conversation = bobs.conversation;
    assert_eq!(texts, [expected]);
    let told = transact(&store, |tx| tx.notices().all());
    let heard = Message {
        conversation: bobs.conversation,
        author: Author::Contact(bobs.contact),
        ..text("bob", Direction::In, 5, NOW.millis().0)
    };
    let message = Box::new(heard);
    assert_eq!(
        told,
        [Notice::Text { message }],
        "one that named people by address"
    );
    let waiting = transact(&store, |tx| {
        tx.outbox().of(tx.find_id(&address("bob"))?.unwrap())
    });
    assert_eq!(waiting[0].outgoing.letter, says(1));
    let account = transact(&store, |tx| tx.find_account()).unwrap();
    assert_eq!(account.announced, (Vec::new(), 0), "friends are told again");
    let edit = Message {
        conversation: bobs.conversation,
        change: Some(Change {
            of: id(1),
            kind: ChangeKind::Edit,
        }),
        ..text("bob", Direction::Out, 2, NOW.millis().0 + 1)
    };
    apply(&store, &[Effect::Message(Box::new(edit.clone()))]);
    let entries = transact(&store, |tx| tx.texts().entries(None, false));
    assert_eq!(entries[0].edit, Some(edit));
    // Opened again, nothing is done twice.
    drop(store);
    assert!(Store::open(&path, Create::No).is_ok());
}

#[test]
fn what_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    std::fs::write(
        &path,
        "not a database, but as long as one would have to be".repeat(100),
    )
    .unwrap();
    let error = Store::open(&path, Create::No).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    std::fs::write(&path, "").unwrap();
    assert!(
        Store::open(&path, Create::No).is_ok(),
        "a crash between making and filling it"
    );
}

#[test]
fn many_may_make_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    std::thread::scope(|scope| {
        let open = || {
            let store = Store::open(&path, Create::Yes).unwrap();
            for _ in 0..20 {
                transact(&store, |tx| tx.bump_sealings(1));
            }
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
    let store = Store::open(&path, Create::No).unwrap();
    assert_eq!(store.read(|tx| tx.sealings()).unwrap(), 160);
}

#[test]
fn a_full_disk_is_called_so_and_keeps_what_was_there() {
    let store = store();
    apply(&store, &[Effect::Contact(Box::new(person("Bob")))]);
    store
        .connection
        .execute_batch("PRAGMA max_page_count = 1")
        .unwrap();
    let error = store
        .transact(|tx| {
            tx.apply(&Effect::Forget(contact("bob")), NOW)?;
            tx.put_account_pickle(&"x".repeat(1_000_000))
        })
        .unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert!(
        store
            .read(|tx| tx.roster().find_at(&address("bob")))
            .unwrap()
            .is_some()
    );
}

#[test]
fn what_may_not_be_written_is_called_so() {
    let store = store();
    store
        .connection
        .execute_batch("PRAGMA query_only = ON")
        .unwrap();
    let error = store.transact(|tx| tx.bump_sealings(1)).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error}");
}

#[test]
fn a_damaged_value_is_named_without_its_content() {
    let store = store();
    apply(&store, &[Effect::Contact(Box::new(person("Bob")))]);
    let damage = "UPDATE roster SET state = replace(state, '\"blocked\":false', '\"blocked\":\"hidden words\"')";
    assert_eq!(store.connection.execute(damage, []).unwrap(), 1);
    let error = store
        .read(|tx| tx.roster().find_at(&address("bob")))
        .unwrap_err();
    assert!(matches!(error, StoreError::Row(_)), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("hidden words"),
        "{error:?}"
    );
}
