//! Alice with their agent and its gateway, bob who writes to alice, and the mail between them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::client::Client;
use crate::support::account::{Account, PROGRAM};
use crate::support::process::{Running, free_port, try_until, until, until_listening};

/// Whoever reaches the port is let in.
pub const OPEN: &str = "open = true";

/// The line of `config.toml` in whose place `[gateway]` is filled in.
const LISTEN: &str = "#listen = [\"unix\", \"127.0.0.1:6667\"]\n";

pub struct Scene {
    /// Ends before its home is gone.
    pub agent: Running,
    pub alice: Account,
    pub bob: Account,
    /// Where alice's gateway listens.
    pub port: u16,
    dir: tempfile::TempDir,
}

/// The program that takes mails.
const SENDMAIL: &str = "sendmail";

impl Scene {
    /// Alice alone.
    #[track_caller]
    pub fn new() -> Self {
        Self::with(OPEN, &[], |_, _| {})
    }

    /// Alice alone; `[gateway]` says this besides where it listens.
    #[track_caller]
    pub fn configured(gateway: &str) -> Self {
        Self::with(gateway, &[], |_, _| {})
    }

    /// Alice and bob, who are friends.
    #[track_caller]
    pub fn of_friends() -> Self {
        Self::with(OPEN, &[], befriend)
    }

    /// Both, after `before` and with these flags for `iim setup`; then alice's agent starts.
    #[track_caller]
    pub fn with(gateway: &str, flags: &[&str], before: impl FnOnce(&Path, [&Account; 2])) -> Self {
        // In memory where there is such a place: every turn is flushed to the disk.
        let dir = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        post_office(dir.path());
        let people = ["alice@example.org", "bob@example.net"].map(|address| {
            let flags = [&["--gateway"], flags].concat();
            set_up(dir.path(), address, &flags)
        });
        people[1].configure(&[(LISTEN, "listen = [\"unix\"]\nopen = true\n")]);
        let port = free_port();
        let [alice, bob] = people;
        let listen = format!("listen = [\"unix\", \"127.0.0.1:{port}\"]\n{gateway}\n");
        alice.configure(&[(LISTEN, &listen)]);
        before(dir.path(), [&alice, &bob]);
        let agent = alice.agent();
        until_listening("the gateway", port);
        Self {
            dir,
            alice,
            bob,
            port,
            agent,
        }
    }

    /// A client without capabilities.
    #[track_caller]
    pub fn client(&self, nick: &str) -> Client {
        Client::new(self.port, nick)
    }

    /// A client with these.
    #[track_caller]
    pub fn client_with(&self, nick: &str, caps: &str) -> Client {
        Client::with(self.port, nick, caps)
    }

    /// Mails flow until none is left.
    #[track_caller]
    pub fn carry(&self) {
        carry(self.dir.path(), &[&self.alice, &self.bob]);
    }

    /// Takes the mails that are on their way out of the spool.
    pub fn hold_mail(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = fs::read_dir(self.path("spool")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files
            .map(|file| {
                let mail = fs::read(&file).unwrap();
                fs::remove_file(&file).unwrap();
                (file, mail)
            })
            .collect()
    }

    /// Puts them back.
    pub fn release_mail(&self, mails: Vec<(PathBuf, Vec<u8>)>) {
        for (file, mail) in mails {
            fs::write(file, mail).unwrap();
        }
    }

    /// Bob writes to alice, and the mail comes.
    #[track_caller]
    pub fn bob_says(&self, text: &str) {
        self.bob.ok(&["say", "alice", text]);
        self.carry();
    }

    /// Waits until bob has this text; gives it as they read it.
    #[track_caller]
    pub fn bob_has(&self, text: &str) -> serde_json::Value {
        until(&format!("bob to have {text:?}"), 60, || {
            self.carry();
            let texts = self.bob.texts("alice");
            texts.into_iter().find(|one| one["text"] == text)
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where alice's gateway has its Unix socket.
    pub fn socket(&self) -> PathBuf {
        let line = self.agent.log();
        let at = line.lines().find_map(|line| {
            let (_, path) = line.split_once("the gateway listens on ")?;
            path.trim().ends_with(".sock").then(|| path.trim())
        });
        let at = at.expect("a Unix socket in the log");
        PathBuf::from(at.trim_start_matches("unix:"))
    }

    /// What the agent has logged.
    pub fn log(&self) -> String {
        self.agent.log()
    }

    /// The agent ends and starts again.
    #[track_caller]
    pub fn restart(&mut self) {
        assert!(self.agent.stop(), "it ends by itself");
        self.agent = self.alice.agent();
        until_listening("the gateway", self.port);
    }

    /// Memory of the agent now, in KiB.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.agent.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// The first asks, the second accepts, the first confirms.
#[track_caller]
pub fn befriend(dir: &Path, people: [&Account; 2]) {
    let [asks, accepts] = people;
    asks.ok(&["add", &accepts.address]);
    carry_until(dir, [accepts, asks], "asking");
    accepts.ok(&["accept", &asks.name]);
    carry_until(dir, [asks, accepts], "friend");
    carry_until(dir, [accepts, asks], "friend");
}

/// Mails flow until the first has the second in this standing; what a command could not send within its three seconds
/// leaves with a flush, once its minute is over.
#[track_caller]
fn carry_until(dir: &Path, people: [&Account; 2], standing: &str) {
    let [one, other] = people;
    try_until(&format!("{} to see {}", one.name, other.name), 120, || {
        carry(dir, &people);
        let now = one.of_friend(&other.name, "standing");
        if now == standing {
            return Ok(());
        }
        for person in people {
            person.iim(&["flush"]);
        }
        Err(now)
    });
}

/// Hands the mails of the spool to the hooks of their receivers until none is left.
#[track_caller]
pub fn carry(dir: &Path, people: &[&Account]) {
    loop {
        let files = fs::read_dir(dir.join("spool")).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        if files.is_empty() {
            return;
        }
        for file in files {
            let mail = fs::read(&file).unwrap();
            fs::remove_file(&file).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap();
            let to = people.iter().find(|person| name.ends_with(&person.address));
            to.expect("a mail to one of them")
                .iim_with(&["deliver"], &mail)
                .expect_code(0, name);
        }
    }
}

/// An account whose mails go through the spool.
#[track_caller]
pub fn set_up(dir: &Path, address: &str, flags: &[&str]) -> Account {
    let account = account(dir, address);
    let post = dir.join(SENDMAIL).display().to_string();
    account.setup(&[&["--sendmail", &post], flags].concat());
    account
}

/// A `sendmail` that puts each mail into the spool.
fn post_office(dir: &Path) {
    for folder in ["spool", "tmp"] {
        fs::create_dir(dir.join(folder)).unwrap();
    }
    let here = dir.display();
    let script = format!(
        "#!/bin/sh\ncat >{here}/tmp/$$ && mv {here}/tmp/$$ \"{here}/spool/$(date +%s%N),$3,$5\"\n"
    );
    let path = dir.join(SENDMAIL);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn account(dir: &Path, address: &str) -> Account {
    let name = address.split('@').next().unwrap().to_owned();
    let account = Account {
        home: dir.join(&name),
        name,
        address: address.to_owned(),
        program: PathBuf::from(PROGRAM),
        ids: None,
    };
    account.folder("");
    account
}
