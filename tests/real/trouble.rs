//! Trouble on the machine: a full disk, a read-only or foreign home, a locked database. The hook says 75 and loses
//! nothing: as soon as the trouble is over, the same mail is taken.

use std::os::unix::fs::chown;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::account::{Account, Place};
use crate::support::mails::{Way, user};
use crate::support::post::{Mail, Post};
use crate::support::process::{is_root, run};

const NETWORK: &str = "test=irc://127.0.0.1:6667";

/// Alice, and a request to alice from bob that has not arrived yet.
fn request(place: &Place) -> (Account, Mail) {
    let post = Post::new(place);
    let alice = user(place, "alice@example.org");
    let bob = Way::Procmail.account(place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    bob.ok(&["add", "alice@example.org"]);
    (alice, post.take_one())
}

fn assert_taken(alice: &Account, mail: &Mail) {
    alice
        .iim_with(&["deliver"], &mail.bytes)
        .expect_code(0, "when the trouble is over");
    assert_eq!(alice.of_friend("bob@example.net", "standing"), "asking");
}

/// Runs a shell script in a mount namespace of its own, as root; what it mounts is gone with it.
fn in_own_mounts(alice: &Account, mail: &Mail, script: &str) -> String {
    let path = alice.write("mail", &mail.bytes);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-euc", script]);
    command.env_clear();
    command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    command.env("DATA", alice.home.join(".local/share/iim"));
    command.env("MAIL", path);
    let id = alice.ids.unwrap();
    let program = alice.program.display();
    let home = alice.home.display();
    let iim = format!("setpriv --reuid={id} --regid={id} --clear-groups env HOME={home} {program}");
    command.env("IIM", iim);
    run(&mut command, b"").expect_code(0, "the script")
}

#[test]
fn a_full_disk() {
    if !is_root("a_full_disk") {
        return;
    }
    let place = Place::new();
    let (alice, mail) = request(&place);
    let script = "cp -a $DATA $DATA.saved; mount -t tmpfs -o size=4m,mode=700 none $DATA; cp -a $DATA.saved/. $DATA/\n\
                  dd if=/dev/zero of=$DATA/fill bs=4k 2>/dev/null || true\n\
                  code=0; $IIM deliver <$MAIL 2>/dev/null || code=$?; echo full $code\n\
                  rm $DATA/fill\n\
                  code=0; $IIM deliver <$MAIL || code=$?; echo free $code\n\
                  $IIM friends --json | grep -c bob@example.net";
    assert_eq!(in_own_mounts(&alice, &mail, script), "full 75\nfree 0\n1\n");
}

#[test]
fn a_read_only_home() {
    if !is_root("a_read_only_home") {
        return;
    }
    let place = Place::new();
    let (alice, mail) = request(&place);
    let script = "mount --bind $DATA $DATA; mount -o remount,bind,ro $DATA\n\
                  code=0; $IIM deliver <$MAIL 2>/dev/null || code=$?; echo read-only $code\n\
                  mount -o remount,bind,rw $DATA\n\
                  code=0; $IIM deliver <$MAIL || code=$?; echo writable $code";
    assert_eq!(
        in_own_mounts(&alice, &mail, script),
        "read-only 75\nwritable 0\n"
    );
    assert_eq!(alice.of_friend("bob@example.net", "standing"), "asking");
}

#[test]
fn a_home_owned_by_someone_else() {
    if !is_root("a_home_owned_by_someone_else") {
        return;
    }
    let place = Place::new();
    let (alice, mail) = request(&place);
    let data = alice.home.join(".local/share/iim");
    chown(&data, Some(61_999), Some(61_999)).unwrap();
    let out = alice.iim_with(&["deliver"], &mail.bytes);
    assert_eq!(out.code, Some(75), "{}", out.errors());
    assert!(!out.errors().is_empty(), "it says why");
    chown(&data, alice.ids, alice.ids).unwrap();
    assert_taken(&alice, &mail);
}

/// Twenty seconds are longer than Pigeonhole waits for a program: the hook must give up before.
#[test]
fn a_database_locked_for_long() {
    let place = Place::new();
    let (alice, mail) = request(&place);
    let database = rusqlite::Connection::open(alice.home.join(".local/share/iim/iim.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let out = alice.iim_with(&["deliver"], &mail.bytes);
    assert_eq!(out.code, Some(75), "{}", out.errors());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    database.execute_batch("ROLLBACK").unwrap();
    assert_taken(&alice, &mail);
}

/// Many hooks at once, as after a night without network: each takes its mail, none is lost.
#[test]
fn twenty_hooks_at_once() {
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    crate::support::handshake::befriend(&post, Way::Procmail, &bob, &alice);
    let count = 20;
    for number in 0..count {
        bob.ok(&["say", "alice", &format!("text {number}")]);
    }
    let mails = post.take();
    assert_eq!(mails.len(), count);
    std::thread::scope(|scope| {
        for mail in &mails {
            let alice = &alice;
            scope.spawn(move || {
                alice
                    .iim_with(&["deliver"], &mail.bytes)
                    .expect_code(0, "one of many");
            });
        }
    });
    let mut heard: Vec<String> = alice
        .texts("bob")
        .iter()
        .map(|t| t["text"].as_str().unwrap().to_owned())
        .collect();
    let said: Vec<String> = (0..count).map(|n| format!("text {n}")).collect();
    assert_eq!(heard, said, "in the sender's order");
    heard.dedup();
    assert_eq!(heard.len(), count);
}
