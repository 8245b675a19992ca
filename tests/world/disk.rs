//! Where people keep their databases: in memory, each on a disk of its own.
//!
//! What has ended leaves its connection to what starts next, and a world its disks to the next world: what SQLite
//! knows by heart (the schema, the statements) it need not learn anew some thousand times.

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use iim::edge::store::Store;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

/// Somebody's disk, with one database on it.
pub(crate) struct Disk {
    name: String,
    /// For what no program does: it looks from outside, and copies.
    outside: Connection,
    /// Connections of programs that have ended.
    aside: Vec<Store>,
}

/// A database as it was once.
#[derive(Clone)]
pub(crate) struct Saved(Rc<Connection>);

thread_local! {
    /// Empty disks.
    static EMPTY: RefCell<Vec<Disk>> = const { RefCell::new(Vec::new()) };
}

impl Disk {
    /// An empty disk.
    pub(crate) fn empty() -> Self {
        EMPTY.with_borrow_mut(Vec::pop).unwrap_or_else(Self::new)
    }

    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("disk-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        // As `Store::in_shared_memory` names it.
        let outside = Connection::open_with_flags_and_vfs(format!("/{name}"), flags, c"memdb");
        Self {
            name,
            outside: outside.unwrap(),
            aside: Vec::new(),
        }
    }

    /// Opens the database.
    pub(crate) fn open(&mut self) -> Store {
        let aside = self.aside.pop();
        aside.unwrap_or_else(|| Store::in_shared_memory(&self.name).unwrap())
    }

    /// The program that had it open has ended.
    pub(crate) fn put_aside(&mut self, store: Store) {
        self.aside.push(store);
    }

    /// Nobody has it open any more, and nobody wants what is on it.
    pub(crate) fn throw_away(self) {
        wipe(&self.outside);
        EMPTY.with_borrow_mut(|empty| empty.push(self));
    }

    /// Bytes of the database.
    pub(crate) fn size(&self) -> u64 {
        let number = |name: &str| -> i64 {
            let mut asked = self.outside.prepare_cached(name).unwrap();
            asked.query_row([], |row| row.get(0)).unwrap()
        };
        let pages = number("PRAGMA page_count") - number("PRAGMA freelist_count");
        pages as u64 * PAGE
    }

    pub(crate) fn save(&self) -> Saved {
        let mut copy = Connection::open_in_memory().unwrap();
        copy_all(&self.outside, &mut copy);
        Saved(Rc::new(copy))
    }

    /// Writes the database into a file, where there is none.
    pub(crate) fn to_file(&self, path: &Path) {
        write_file(&self.outside, path);
    }

    /// Takes the file's database in the place of what is there; nothing of the file is left.
    pub(crate) fn take_file(&mut self, path: &Path) {
        let file = Connection::open(path).unwrap();
        // In memory there is no log beside it.
        let mode: String = file
            .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "delete");
        copy_all(&file, &mut self.outside);
        file.close().unwrap();
        // In memory there is no file by which it could be known.
        let of_file = "DELETE FROM variable WHERE key = 'place'";
        self.outside.execute(of_file, []).unwrap();
        fs::remove_file(path).unwrap();
    }

    /// Puts what was saved in the place of what is there.
    pub(crate) fn restore(&mut self, saved: &Saved) {
        copy_all(&saved.0, &mut self.outside);
    }
}

impl Saved {
    /// Writes it into a file, where there is none: a copy of the one that it was.
    pub(crate) fn to_file(&self, path: &Path) {
        write_file(&self.0, path);
        let file = Connection::open(path).unwrap();
        let of_another = "INSERT INTO variable (key, value) VALUES ('place', 'born 1 1')";
        file.execute(of_another, []).unwrap();
    }
}

/// What a person's programs would have written there.
fn write_file(from: &Connection, path: &Path) {
    let mut file = Connection::open(path).unwrap();
    copy_all(from, &mut file);
    file.close().unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// Bytes of a page, as SQLite makes them.
const PAGE: u64 = 4096;

fn copy_all(from: &Connection, to: &mut Connection) {
    let backup = Backup::new(from, to).unwrap();
    backup.step(-1).unwrap();
}

/// Empties every table, SQLite's own of the numbers given too.
fn wipe(database: &Connection) {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let mut tables = database.prepare_cached(tables).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0));
    let names: Vec<String> = names.unwrap().map(Result::unwrap).collect();
    let all = database.unchecked_transaction().unwrap();
    all.execute_batch("PRAGMA defer_foreign_keys = ON").unwrap();
    for name in names {
        let mut emptied = all.prepare_cached(&format!("DELETE FROM {name}")).unwrap();
        emptied.execute([]).unwrap();
    }
    all.commit().unwrap();
}
