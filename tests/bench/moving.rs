//! What moving house costs with many friends and many texts: an archive of all of it, and a kept copy of the people.

use std::fs;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use super::database::DATABASE;
use super::figure;
use super::gateway::fill;
use super::pairs::median;
use super::people::People;

const FRIENDS: usize = 1_000;
const TEXTS: u32 = 50_000;
const ROUNDS: usize = 5;
const NETWORK: [&str; 2] = ["--network", "test=irc://127.0.0.1:6667"];

fn people() -> People {
    let people = People::new(&NETWORK);
    people.befriend_alice(FRIENDS);
    people
}

/// A sealed archive written, and taken in elsewhere; it is laid by, so that each round finds the same.
pub fn archive() {
    let people = people();
    let alice = &people.alice;
    fill(
        &Connection::open(alice.home.join(DATABASE)).unwrap(),
        TEXTS,
        "delivered",
    );
    let file = |name: &str| alice.home.join(name).to_str().unwrap().to_owned();
    let code = alice.ok(&["export", "--new-code", &file("first.iim")]);
    let code = alice.write("code", code.lines().next().unwrap());
    let code = code.to_str().unwrap();
    let rounds = (0..ROUNDS).map(|round| {
        let archive = file(&format!("{round}.iim"));
        let home = file(&format!("home-{round}"));
        let begun = Instant::now();
        alice.ok(&["export", &archive]);
        let written = begun.elapsed();
        alice.ok(&["--home", &home, "import", "--code-file", code, &archive]);
        (written, begun.elapsed() - written)
    });
    let rounds: Vec<_> = rounds.collect();
    let arrived = alice.home.join("home-0/iim.db");
    assert_eq!(everything(&arrived), (FRIENDS, TEXTS as usize));
    let written = median(rounds.iter().map(|(written, _)| *written));
    let taken = median(rounds.iter().map(|(_, taken)| *taken));
    let seconds = [written, taken].map(|time| time.as_secs_f64());
    figure("iim export", seconds[0], " s", Some(5.0), false);
    figure("iim import", seconds[1], " s", Some(5.0), false);
    let size = fs::metadata(alice.home.join("0.iim")).unwrap().len();
    figure("the archive", size as f64 / 1e6, " MB", None, false);
}

/// How many friends and texts there are in a database.
fn everything(database: &Path) -> (usize, usize) {
    let database = Connection::open(database).unwrap();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let both = ["roster", "message"].map(count);
    (both[0] as usize, both[1] as usize)
}

/// The mail to oneself.
pub fn copy() {
    let people = people();
    people.post.take();
    let begun = Instant::now();
    people.alice.ok(&["backup", "--code"]);
    let took = begun.elapsed();
    let mail = people.post.take_one().bytes;
    assert!(String::from_utf8_lossy(&mail).contains("Subject: Kept copy"));
    let kilobytes = mail.len() as f64 / 1000.0;
    figure(
        "the mail of iim backup",
        kilobytes,
        " KB",
        Some(300.0),
        false,
    );
    figure(
        "iim backup, the whole command",
        took.as_secs_f64(),
        " s",
        None,
        false,
    );
}
