//! A file that is watched while the log is written into it, bit by bit, as on a machine that has much to do.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

/// Pages by number, as the log has them last: what a checkpoint writes, in this order.
fn pages_of_the_log(path: &Path) -> (u64, BTreeMap<u32, Vec<u8>>) {
    let log = fs::read(beside(path, "-wal")).unwrap();
    let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let (size, salt) = (word(8) as usize, &log[16..24]);
    let mut pages = BTreeMap::new();
    for at in (32..log.len()).step_by(24 + size) {
        // A frame of the log before has another salt.
        if &log[at + 8..at + 16] != salt {
            break;
        }
        pages.insert(word(at), log[at + 24..at + 24 + size].to_vec());
    }
    (size as u64, pages)
}

fn write_page(file: &File, size: u64, number: u32, page: &[u8]) {
    let before = file.metadata().unwrap().modified().unwrap();
    // The system's times of files go in steps.
    while file.metadata().unwrap().modified().unwrap() == before {
        file.write_all_at(page, (u64::from(number) - 1) * size)
            .unwrap();
    }
}

fn grow(store: &Store, from: u8, to: u8) {
    for n in from..to {
        let mut message = text("bob", Direction::In, n, u64::from(n));
        message.text = "long ".repeat(400);
        apply(store, &[Effect::Message(Box::new(message))]);
        transact(store, |tx| tx.bump_sealings(1));
    }
}

/// A store that is watched, whose file holds some texts and whose log some more.
fn watched(path: &Path) -> Store {
    let store = Store::open(path, Create::Yes).unwrap();
    grow(&store, 0, 5);
    let whole = "PRAGMA wal_checkpoint(TRUNCATE)";
    store.connection.query_row(whole, [], |_| Ok(())).unwrap();
    store.guard().unwrap();
    grow(&store, 5, 30);
    store
}

#[test]
fn a_log_that_is_written_bit_by_bit_makes_no_other_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let store = watched(&path);
    let (size, pages) = pages_of_the_log(&path);
    assert!(pages.len() > 15, "{}", pages.len());
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    for (done, (number, page)) in pages.iter().enumerate() {
        write_page(&file, size, *number, page);
        if done % 5 == 0 || done + 2 > pages.len() {
            let found = store.is_in_place();
            assert!(found.is_ok(), "{done} of {}: {found:?}", pages.len());
        }
    }
    // Some of it once more: that nothing grew is told, for a backup could look so.
    let _ = store.was_written_alike();
    let (number, page) = pages.last_key_value().unwrap();
    write_page(&file, size, *number, page);
    assert!(store.is_in_place().is_ok());
    assert!(store.was_written_alike());
    assert!(!store.was_written_alike(), "once");
    transact(&store, |tx| tx.bump_sealings(1));
}

#[test]
fn a_writer_who_was_killed_leaves_a_file_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let store = watched(&path);
    let (size, pages) = pages_of_the_log(&path);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // The root of the texts names pages that the file does not have yet.
    for (number, page) in pages.iter().take(pages.len() / 2) {
        write_page(&file, size, *number, page);
    }
    let alone = place::alone(&path);
    assert!(
        alone.is_err(),
        "the file can be read without its log: {alone:?}"
    );
    for _ in 0..2 {
        let found = store.is_in_place();
        assert!(found.is_ok(), "{found:?}");
    }
    grow(&store, 30, 31);
    // An older one over it is found out all the same.
    let other = folder.path().join("other.db");
    drop(Store::open(&other, Create::Yes).unwrap());
    fs::copy(&other, &path).unwrap();
    let found = store.is_in_place();
    assert!(matches!(found, Err(StoreError::Replaced)), "{found:?}");
}
