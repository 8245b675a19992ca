//! The hook as a mail system calls it: the built program, its exit codes, its output, and its memory.
#![allow(clippy::restriction, reason = "tests")]

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::thread::JoinHandle;

/// The hook with the environment that Pigeonhole gives it: HOME, and no PATH.
fn hook(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_iim"))
        .args(arguments)
        .env_clear()
        .env("HOME", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn eat(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut out = Vec::new();
        from.read_to_end(&mut out).unwrap();
        out
    })
}

/// Exit code and output; that the mail cannot be written whole is a fault.
fn run(arguments: &[&str], mail: &[u8]) -> (i32, Vec<u8>) {
    let mut child = hook(arguments);
    let out = eat(child.stdout.take().unwrap());
    child.stdin.take().unwrap().write_all(mail).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    (code, out.join().unwrap())
}

const PLAIN: &[u8] = b"From: a@example.org\nIIM-Status: forged\n\nIIM: 1\n";
const OURS: &[u8] = b"From: a@example.org\nIIM: 1\nIIM-Status: forged\n\nbroken\n";
const LEFT: &[u8] = b"From: a@example.org\n\nIIM: 1\n";

#[test]
fn a_mail_that_is_not_ours_needs_no_home() {
    for home in [&[][..], &["--home", "/nowhere/iim"]] {
        let call = |command| [home, &[command]].concat();
        assert_eq!(run(&call("deliver"), PLAIN), (1, Vec::new()));
        assert_eq!(run(&call("filter"), PLAIN), (0, LEFT.to_vec()));
    }
}

/// What a mail system says of no mail, and what answers one, opens neither configuration nor database.
#[test]
fn a_candidate_that_names_no_mail_needs_no_home() {
    for mail in [
        "Return-Path: <>\nFrom: a@example.org\n\nhello\n",
        "From: MAILER-DAEMON@example.org\nSubject: failure notice\n\n550 5.1.1 no such user\n",
        "From: a@example.org\nContent-Type: multipart/report; boundary=b\n\n--b--\n",
        "From: a@example.org\nSubject: Re: Sealed message (iim)\n\nhello\n",
    ] {
        let mail = mail.as_bytes();
        assert_eq!(run(&["deliver"], mail), (1, Vec::new()));
        assert_eq!(run(&["filter"], mail), (0, mail.to_vec()));
    }
}

#[test]
fn a_titled_mail_without_a_part_of_ours_needs_no_home() {
    let mail = b"From: b@example.net\nSubject: Have you tried it? (iim)\n\nIt is nice.\n";
    for command in ["deliver", "filter"] {
        let (code, out) = run(&[command, "--home", "/nonexistent"], mail);
        let passed: &[u8] = if command == "filter" { mail } else { b"" };
        let wanted = if command == "filter" { 0 } else { 1 };
        assert_eq!((code, out.as_slice()), (wanted, passed), "{command}");
    }
}

#[test]
fn a_mail_of_ours_without_a_home_is_trouble_and_unchanged() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().join("none").to_string_lossy().into_owned();
    assert_eq!(run(&["deliver", "--home", &home], OURS), (75, Vec::new()));
    assert_eq!(run(&["filter", "--home", &home], OURS), (75, OURS.to_vec()));
}

#[test]
fn wrong_usage_is_trouble_and_never_another_code() {
    for arguments in [
        &["deliver", "extra"][..],
        &["filter", "--json"],
        &["deliver", "--home"],
        &["--unknown", "filter"],
    ] {
        let mut child = hook(arguments);
        // It may have ended before the mail is written.
        drop(child.stdin.take().unwrap().write_all(PLAIN));
        assert_eq!(child.wait().unwrap().code(), Some(75), "{arguments:?}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_trouble() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_iim"))
        .arg("filter")
        .stdin(Stdio::piped())
        .stdout(full)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(PLAIN).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(75));
}

/// The most memory that a process has had so far, in KiB.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Memory after a mail of so many MiB has gone through, but for its end.
fn peak_after(command: &str, head: &[u8], megabytes: usize) -> u64 {
    let mut child = hook(&[command]);
    let out = eat(child.stdout.take().unwrap());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(head).unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..megabytes {
        stdin.write_all(&piece).unwrap();
    }
    let peak = peak(&child);
    drop(stdin);
    child.wait().unwrap();
    let passed = out.join().unwrap().len();
    assert!(
        command == "deliver" || passed >= megabytes << 20,
        "{passed}"
    );
    peak
}

#[test]
fn memory_does_not_grow_with_the_mail() {
    for command in ["filter", "deliver"] {
        for head in [&b"Subject: x\n\n"[..], b"IIM: 1\n\n"] {
            let (small, big) = (peak_after(command, head, 2), peak_after(command, head, 50));
            // How much of the program's own file is in memory differs by a megabyte from run to run.
            assert!(big < small + 4096, "{command}: {small} KiB, then {big} KiB");
        }
    }
}
