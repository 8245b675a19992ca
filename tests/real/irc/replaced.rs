//! A database that is replaced or deleted under a running agent.

use super::{World, talk_over_irc, until_talking_over_irc};
use crate::support::net::Kind;
use crate::support::process::run;

/// Puts back alice's database of before, while their agent runs; then bob says something. Bob gets a receipt only for what
/// is in the file at its path, and they talk on.
fn put_back_under_the_agent(command: &str) {
    let mut world = World::new(&[Kind::Ngircd], &["bob"]);
    talk_over_irc(
        world.person("bob"),
        world.person("alice"),
        "before the backup",
    );
    assert!(world.agent("alice").stop());
    let data = world.person("alice").home.join(".local/share/iim");
    let script = |line: &str| {
        let mut shell = std::process::Command::new("sh");
        run(shell.args(["-ec", line]).current_dir(&data), b"").expect_code(0, line);
    };
    script("cp -p iim.db kept.db");
    let again = world.person("alice").agent();
    *world.agent("alice") = again;
    world.until_all_online();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    until_talking_over_irc(bob, alice, "after the backup");
    until_talking_over_irc(alice, bob, "after the backup");
    // Alice's program writes all that it has into the file.
    let database = rusqlite::Connection::open(data.join("iim.db")).unwrap();
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(database);
    script(command);
    bob.ok(&["say", "alice", "at that moment"]);
    bob.until_text("alice", "at that moment", 120, |text| {
        text["state"] == "delivered"
    });
    alice.until_text("bob", "at that moment", 5, |_| true);
    until_talking_over_irc(alice, bob, "on we go");
    until_talking_over_irc(bob, alice, "on we go");
    // It was noticed: by the agent, or by a program that opened the database before the agent's next look.
    let log = world.agent("alice").log();
    assert!(log.contains("a new presence secret"), "{log}");
}

#[test]
fn a_database_moved_over_that_of_a_running_agent() {
    put_back_under_the_agent("mv kept.db iim.db");
}

#[test]
fn a_database_copied_over_that_of_a_running_agent() {
    put_back_under_the_agent("cp kept.db iim.db");
}

#[test]
fn a_database_deleted_under_a_running_agent_and_put_back() {
    put_back_under_the_agent("rm iim.db iim.db-wal iim.db-shm; cp kept.db iim.db");
}
