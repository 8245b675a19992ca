//! A post office between accounts: a sendmail command that puts mails into a folder, and a postman who carries them
//! to the recipients' `procmail -m`, as a mail system would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::account::{Account, Place};
use super::process::until;
use super::recipes::procmail;

/// A mail on its way.
#[derive(Clone)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// As the receiving mail system hands it on: with Return-Path and Received in front.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} -> {}: {}", self.from, self.to, self.text())
    }
}

impl Mail {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// The spool folder and its sendmail.
pub struct Post {
    spool: PathBuf,
    /// The command for `iim setup --sendmail`.
    pub sendmail: String,
}

impl Post {
    pub fn new(place: &Place) -> Self {
        let spool = place.join("spool");
        for part in ["tmp", "new"] {
            fs::create_dir_all(spool.join(part)).unwrap();
            let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(spool.join(part), all).unwrap();
        }
        let script = place.script("sendmail", SENDMAIL);
        let sendmail = format!("{} {}", script.display(), spool.display());
        Self { spool, sendmail }
    }

    /// The mails that wait, oldest first, without taking them.
    pub fn waiting(&self) -> Vec<Mail> {
        self.files().iter().map(|path| read(path)).collect()
    }

    /// Takes all mails that wait, oldest first.
    pub fn take(&self) -> Vec<Mail> {
        let files = self.files();
        let mails = files.iter().map(|path| read(path)).collect();
        for file in files {
            fs::remove_file(file).unwrap();
        }
        mails
    }

    /// Takes the one mail that must be (or come) there.
    #[track_caller]
    pub fn take_one(&self) -> Mail {
        until("a mail to be sent", 10, || {
            (!self.files().is_empty()).then_some(())
        });
        let mut mails = self.take();
        assert_eq!(mails.len(), 1, "more mails than one: {mails:?}");
        mails.remove(0)
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.spool.join("new"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    /// Hires a postman who carries each mail to the `procmail -m` of the account of its address.
    pub fn postman(&self, accounts: &[&Account]) -> Postman {
        let accounts: BTreeMap<String, Account> = accounts
            .iter()
            .map(|a| (a.address.clone(), (*a).clone()))
            .collect();
        let round = Round {
            spool: self.spool.join("new"),
            accounts,
            carried: Arc::default(),
            asleep: Arc::default(),
        };
        Postman::hire(round)
    }
}

/// Carries mails until it goes out of scope.
pub struct Postman {
    carried: Arc<Mutex<Vec<Mail>>>,
    asleep: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Postman {
    fn hire(round: Round) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut postman = Self {
            carried: Arc::clone(&round.carried),
            asleep: Arc::clone(&round.asleep),
            over: Arc::clone(&over),
            thread: None,
        };
        postman.thread = Some(std::thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                round.walk();
                std::thread::sleep(Duration::from_millis(20));
            }
        }));
        postman
    }

    /// All mails that were taken at their destination so far.
    pub fn carried(&self) -> Vec<Mail> {
        self.carried.lock().unwrap().clone()
    }

    /// How many of them went to this address.
    pub fn carried_to(&self, address: &str) -> usize {
        self.carried().iter().filter(|m| m.to == address).count()
    }

    /// From now on mails stay in the spool (`true`) or are carried again.
    pub fn sleep(&self, asleep: bool) {
        self.asleep.store(asleep, Ordering::SeqCst);
    }
}

impl Drop for Postman {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Round {
    spool: PathBuf,
    accounts: BTreeMap<String, Account>,
    carried: Arc<Mutex<Vec<Mail>>>,
    asleep: Arc<AtomicBool>,
}

impl Round {
    fn walk(&self) {
        let mut files: Vec<PathBuf> = fs::read_dir(&self.spool)
            .map(|entries| entries.flatten().map(|e| e.path()).collect())
            .unwrap_or_default();
        files.sort();
        for file in files {
            if self.asleep.load(Ordering::SeqCst) {
                return;
            }
            let mail = read(&file);
            let taken = self
                .accounts
                .get(&mail.to)
                .is_none_or(|account| procmail(account, &mail.bytes).code == Some(0));
            // What procmail defers stays for the next walk, as in a mail system's queue.
            if taken {
                let _ = fs::remove_file(&file);
                self.carried.lock().unwrap().push(mail);
            }
        }
    }
}

/// `<time>.<pid>,<from>,<to>`: what the envelope said stands in the file's name.
fn read(path: &Path) -> Mail {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut parts = name.split(',').skip(1).map(str::to_owned);
    let (from, to) = (parts.next().unwrap(), parts.next().unwrap());
    let mut bytes = format!(
        "Return-Path: <{from}>\nDelivered-To: {to}\nReceived: from localhost by localhost; \
         Thu, 1 Jan 2026 00:00:00 +0000\n"
    )
    .into_bytes();
    bytes.extend(fs::read(path).unwrap());
    Mail { from, to, bytes }
}

/// Called as `sendmail SPOOL -i -f FROM -- TO`.
const SENDMAIL: &str = r#"#!/bin/sh
set -e
[ "$2 $3 $5" = "-i -f --" ] && [ $# = 6 ] || { echo "sendmail: called with $*" >&2; exit 64; }
umask 000
name=$(date +%s%N).$$,$4,$6
cat >"$1/tmp/$name"
mv "$1/tmp/$name" "$1/new/$name"
"#;
