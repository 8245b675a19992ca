//! A database of a version before is taken over by the first call of the new program. Killed or refused at any call that
//! changes something, it leaves the old one or the new one, whole; and the next call finishes.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use rusqlite::Connection;
use rustix::io::Errno;

use crate::layer::{CHANGES, Fault};
use crate::moments::moments;
use crate::scene::Scene;

const DATA: &str = ".local/share/iim";

/// The forms of the database before this, and rows as a program of version 6 wrote them.
const OF_THEN: [&str; 7] = [
    include_str!("../../src/edge/store/migrations/0001.sql"),
    include_str!("../../src/edge/store/migrations/0002.sql"),
    include_str!("../../src/edge/store/migrations/0003.sql"),
    include_str!("../../src/edge/store/migrations/0004.sql"),
    include_str!("../../src/edge/store/migrations/0005.sql"),
    include_str!("../../src/edge/store/migrations/0006.sql"),
    include_str!("../../src/edge/store/tests/version-6.sql"),
];

/// What made version 7 of it.
const SEVENTH: &str = include_str!("../../src/edge/store/migrations/0007.sql");

/// The version that is known now.
const NEWEST: u32 = 16;

#[test]
fn killed_or_refused_it_is_the_old_database_or_the_new_one() {
    for version in [6, 7] {
        killed_or_refused(version);
    }
}

fn killed_or_refused(before: u32) {
    let upgrade = Upgrade::new(before);
    let peace = upgrade.run(CHANGES, "count", 0);
    peace.out.expect_code(0, "taking it over in peace");
    let mut versions = Vec::new();
    for (kinds, action, most) in [
        (CHANGES, "kill", 60),
        ("wn", "fails", 30),
        ("s", "fails", 8),
    ] {
        for at in moments(peace.seen, most) {
            let what = format!("{action} {kinds} at call {at}");
            let run = upgrade.run(kinds, action, at);
            if run.hit.is_none() {
                continue;
            }
            versions.push(upgrade.check(&what));
            upgrade.scene.alice.iim(&["friends"]).expect_code(0, &what);
            assert_eq!(upgrade.check(&what), NEWEST, "{what}");
        }
    }
    let old = versions
        .iter()
        .filter(|version| **version == before)
        .count();
    eprintln!(
        "taken over from version {before}: {} calls, disturbed at {}, {old} times it was still the old one",
        peace.seen,
        versions.len()
    );
    assert!(old > 0 && old < versions.len());
}

/// `roster.toml` lies there as a program of then rendered it, and was edited since.
#[test]
fn an_edit_of_the_roster_file_of_before_is_taken() {
    let upgrade = Upgrade::new(6);
    upgrade.lay();
    let old = Connection::open(upgrade.path("iim.db")).unwrap();
    let sql = "SELECT text FROM roster_text ORDER BY revision DESC LIMIT 1";
    let text: String = old.query_row(sql, [], |row| row.get(0)).unwrap();
    drop(old);
    assert!(text.contains("note = \"\""), "{text}");
    let edited = text.replace("note = \"\"", "note = \"climbs\"");
    let file = upgrade.path("roster.toml");
    fs::write(&file, edited).unwrap();
    fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(upgrade.scene.alice.of_friend("bob", "note"), "climbs");
}

struct Upgrade {
    scene: Scene,
    /// The database as it lay there.
    before: Vec<u8>,
}

impl Upgrade {
    fn new(version: u32) -> Self {
        let scene = Scene::new();
        let path = scene.path("before.db");
        let old = Connection::open(&path).unwrap();
        for part in OF_THEN {
            old.execute_batch(part).unwrap();
        }
        if version == 7 {
            old.execute_batch(SEVENTH).unwrap();
        }
        old.pragma_update(None, "user_version", version).unwrap();
        drop(old);
        let before = fs::read(path).unwrap();
        Self { scene, before }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scene.alice.home.join(DATA).join(name)
    }

    /// Puts it there, with nothing beside it.
    fn lay(&self) {
        for file in ["iim.db-wal", "iim.db-shm", "roster.toml", "roster.toml~"] {
            let _ = fs::remove_file(self.path(file));
        }
        fs::write(self.path("iim.db"), &self.before).unwrap();
    }

    /// The first call of the new program.
    fn run(&self, kinds: &'static str, action: &'static str, at: usize) -> crate::layer::Run {
        self.lay();
        let fault = Fault {
            kinds,
            action,
            at,
            fault: Errno::NOSPC.raw_os_error(),
        };
        let args = ["friends".to_owned()];
        self.scene.layer.run(&self.scene.alice, &args, b"", fault)
    }

    /// That it is one or the other; says which.
    fn check(&self, what: &str) -> u32 {
        let database = Connection::open(self.path("iim.db")).unwrap();
        let number = |sql: &str| -> u32 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
        let version = number("PRAGMA user_version");
        let friends = match version {
            6 => "SELECT count(*) FROM friend JOIN message ON message.friend = friend.address JOIN session ON session.friend = friend.id",
            7 | NEWEST => "SELECT count(*) FROM roster JOIN conversation ON conversation.contact = roster.contact
                      JOIN message ON message.conversation = conversation.id
                      JOIN session ON session.contact = roster.contact AND former = 0",
            other => panic!("{what}: version {other}"),
        };
        assert_eq!(
            number(friends),
            6,
            "{what}: three texts with bob, and two sessions"
        );
        assert_eq!(number("SELECT count(*) FROM message"), 4, "{what}");
        assert!(number("SELECT count(*) FROM outbox") > 0, "{what}");
        let whole: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(whole, "ok", "{what}");
        version
    }
}
