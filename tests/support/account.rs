//! A person's account as the tests see it: a home folder with a mailbox and the program `iim`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::process::{Out, Running, run, try_until};

/// A temporary folder that every user may look into, gone with the test.
pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("iim-").tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program under test, where every user can run it.
    pub fn program(&self) -> PathBuf {
        let copy = self.join("iim");
        if !copy.exists() {
            fs::copy(PROGRAM, &copy).unwrap();
        }
        copy
    }

    /// Writes a program, say a stand-in, that every user can run.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

/// The binary that cargo built for these tests.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_iim");

/// One person with a mail address, a home folder and a Maildir.
#[derive(Clone)]
pub struct Account {
    pub name: String,
    pub address: String,
    pub home: PathBuf,
    /// The program run as `iim`: the real one, or a stand-in.
    pub program: PathBuf,
    /// The user and group the account belongs to, if not ourselves.
    pub ids: Option<u32>,
}

impl Account {
    /// An account of the user who runs the tests.
    pub fn new(place: &Place, address: &str) -> Self {
        Self::create(place, address, PathBuf::from(PROGRAM), None)
    }

    /// An account of a user of its own, for programs that insist on one (root only).
    pub fn of_user(place: &Place, address: &str, id: u32) -> Self {
        Self::create(place, address, place.program(), Some(id))
    }

    fn create(place: &Place, address: &str, program: PathBuf, ids: Option<u32>) -> Self {
        let name = address.split('@').next().unwrap().to_owned();
        let home = place.join(&name);
        let account = Self {
            name,
            address: address.to_owned(),
            home,
            program,
            ids,
        };
        account.folder("");
        account.maildir("Maildir");
        account
    }

    fn maildir(&self, name: &str) {
        self.folder(name);
        for part in ["cur", "new", "tmp"] {
            self.folder(&format!("{name}/{part}"));
        }
    }

    /// Makes a folder of the account's under its home.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.home.join(name);
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        self.give(&path);
        path
    }

    /// Writes a file of the account's under its home.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.join(name);
        fs::write(&path, text).unwrap();
        self.give(&path);
        path
    }

    /// Writes a program of the account's.
    pub fn write_program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn give(&self, path: &Path) {
        chown(path, self.ids, self.ids).unwrap();
    }

    /// Any program, run as this account: its user, its home, and a bare environment.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        self.dress(&mut command);
        command
    }

    fn dress(&self, command: &mut Command) {
        command
            .env_clear()
            .env("HOME", &self.home)
            .env("USER", &self.name)
            .env("LOGNAME", &self.name)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("RUST_BACKTRACE", "1")
            .current_dir(&self.home);
        if let Some(id) = self.ids {
            command.uid(id).gid(id);
        }
    }

    /// `iim` with these arguments and this input.
    pub fn iim_with(&self, args: &[&str], input: &[u8]) -> Out {
        run(self.command(&self.program).args(args), input)
    }

    /// `iim` with these arguments.
    pub fn iim(&self, args: &[&str]) -> Out {
        self.iim_with(args, b"")
    }

    /// `iim` with these arguments, which must end with 0.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        self.iim(args)
            .expect_code(0, &format!("{}: iim {}", self.name, args.join(" ")))
    }

    /// Sets the account up, with further flags for its transports. Mails have no limit: no test waits ten minutes for
    /// receipts that are gathered, nor a minute for what is spread.
    #[track_caller]
    pub fn setup(&self, flags: &[&str]) {
        let mut args = vec!["setup", "--address", &self.address, "--name", &self.name];
        args.extend(flags);
        self.ok(&args);
        // Whoever moves to the next nickname is away for up to a minute and a half: by chance, in one of forty tests.
        self.configure(&[
            ("#per_day = 200", "per_day = 0 # instead of #per_day = 200"),
            ("#window = \"1d\"", "window = \"30d\""),
        ]);
        // That it is so is noted here, where there is nobody yet to be told.
        self.ok(&["flush"]);
    }

    /// Sets keys in `config.toml`, each by the line that stands for it there.
    #[track_caller]
    pub fn configure(&self, lines: &[(&str, &str)]) {
        let path = self.home.join(".config/iim/config.toml");
        let mut text = fs::read_to_string(&path).unwrap();
        for (old, new) in lines {
            assert!(text.contains(old), "no {old:?} in config.toml:\n{text}");
            text = text.replace(old, new);
        }
        fs::write(&path, text).unwrap();
    }

    /// Says in `config.toml` where the mailbox is out of which mails are fetched, and more of it; the password is
    /// "secret".
    pub fn fetches_from(&self, url: &str, more: &str) {
        let file = self.write("password", "secret");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let path = self.home.join(".config/iim/config.toml");
        let text = fs::read_to_string(&path).unwrap();
        let before = text.split("\n[mail.fetch]").next().unwrap();
        let fetch = format!(
            "\n[mail.fetch]\nserver = \"{url}\"\npassword_file = \"{}\"\n{more}",
            file.display()
        );
        fs::write(&path, format!("{before}{fetch}")).unwrap();
    }

    /// Breaks `config.toml`; returns what stood in it.
    pub fn break_config(&self) -> Vec<u8> {
        let path = self.home.join(".config/iim/config.toml");
        let good = fs::read(&path).unwrap();
        fs::write(&path, [good.as_slice(), b"\n[[[\n"].concat()).unwrap();
        good
    }

    /// Puts back what [`Self::break_config`] returned.
    pub fn mend_config(&self, good: &[u8]) {
        fs::write(self.home.join(".config/iim/config.toml"), good).unwrap();
    }

    /// Starts `iim agent` in the background.
    pub fn agent(&self) -> Running {
        let mut command = self.command("/usr/bin/setpriv");
        command
            .args(["--pdeathsig", "TERM", "--"])
            .arg(&self.program)
            .args(["-v", "agent"]);
        let name = format!("{}'s agent", self.name);
        Running::start(&name, &mut command, &self.home.join("agent.log"))
    }

    /// `iim friends --json`.
    #[track_caller]
    pub fn friends(&self) -> Vec<Value> {
        let text = self.ok(&["friends", "--json"]);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("friends --json: {e}\n{text}"))
    }

    /// The entry of the friend with this address or name, if there is one.
    #[track_caller]
    pub fn friend(&self, who: &str) -> Option<Value> {
        self.friends()
            .into_iter()
            .find(|f| f["address"] == who || f["name"] == who)
    }

    /// One field of a friend's entry as text (`standing`, `presence`, …), or "" if there is no such friend.
    #[track_caller]
    pub fn of_friend(&self, who: &str, key: &str) -> String {
        let value = self.friend(who).map(|f| f[key].clone());
        match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
        }
    }

    /// Waits until a field of a friend's entry has this value.
    #[track_caller]
    pub fn until_friend(&self, who: &str, key: &str, value: &str, seconds: u64) {
        let what = format!("{}: {who}'s {key} to be {value}", self.name);
        try_until(&what, seconds, || {
            let now = self.of_friend(who, key);
            if now == value {
                Ok(())
            } else {
                Err(format!("{now:?} in {:?}", self.friend(who)))
            }
        });
    }

    /// `iim read WHO --json`, one value a text.
    #[track_caller]
    pub fn texts(&self, who: &str) -> Vec<Value> {
        self.ok(&["read", who, "--json"])
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("read --json: {e}\n{l}")))
            .collect()
    }

    /// The entry of a text in the history with somebody, once it is there and `right`.
    #[track_caller]
    pub fn until_text(
        &self,
        who: &str,
        text: &str,
        seconds: u64,
        right: impl Fn(&Value) -> bool,
    ) -> Value {
        let what = format!("{}: the text {text:?} with {who}", self.name);
        try_until(&what, seconds, || {
            match self.texts(who).into_iter().find(|t| t["text"] == text) {
                Some(entry) if right(&entry) => Ok(entry),
                other => Err(format!("{other:?}")),
            }
        })
    }

    /// The mails that came into the Maildir, whole.
    pub fn inbox(&self) -> Vec<Vec<u8>> {
        let mut paths: Vec<PathBuf> = ["Maildir/new", "Maildir/cur"]
            .iter()
            .flat_map(|part| fs::read_dir(self.home.join(part)).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    pub fn empty_inbox(&self) {
        for part in ["Maildir/new", "Maildir/cur"] {
            for entry in fs::read_dir(self.home.join(part)).unwrap() {
                fs::remove_file(entry.unwrap().path()).unwrap();
            }
        }
    }
}
