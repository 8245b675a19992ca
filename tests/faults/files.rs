//! Files of an account, and whether they stayed as they were.

use crate::support::account::Account;
use iim::edge::home::Home;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The places of an account, as its own programs find them.
pub fn home(person: &Account) -> Home {
    let home = person.home.clone();
    Home::from_env(None, |name| (name == "HOME").then(|| home.clone().into())).unwrap()
}

/// How often an account has sealed, as its database knows.
pub fn sealings(home: &Path) -> u64 {
    if !home.join(DATABASE).exists() {
        return 0;
    }
    let database = rusqlite::Connection::open(home.join(DATABASE)).unwrap();
    let mut found = database
        .prepare("SELECT value FROM variable WHERE key = 'sealings'")
        .unwrap();
    let value: Result<String, _> = found.query_row([], |row| row.get(0));
    value.map_or(0, |text| text.parse().unwrap())
}

/// Files that were copied are others to the program; they are to be taken for those they were.
pub fn same_files(person: &Account, before: &str) {
    if !person.home.join(DATABASE).exists() {
        return;
    }
    iim::account::Account::take_for_granted(&home(person)).unwrap();
    let database = rusqlite::Connection::open(person.home.join(DATABASE)).unwrap();
    let same = "UPDATE variable SET value = ?1 WHERE key = 'roster_stamp' AND value = ?2";
    let now = stamp(&person.home.join(ROSTER));
    database.execute(same, [now.as_str(), before]).unwrap();
}

/// As the program tells one state of the file from another; empty if there is none.
pub fn stamp(path: &Path) -> String {
    let Ok(meta) = fs::metadata(path) else {
        return String::new();
    };
    let (seconds, parts) = (meta.mtime(), meta.mtime_nsec());
    format!("{seconds}.{parts}:{}:{}", meta.len(), meta.ino())
}

/// Makes `to` a copy of the folder `from`.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub const DATABASE: &str = ".local/share/iim/iim.db";
pub const ROSTER: &str = ".local/share/iim/roster.toml";
