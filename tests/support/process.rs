//! Programs run by the tests: once with an input, or in the background until the test ends.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

pub use super::port::free_port;

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Out {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Out {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Its standard output, after asserting that it ended with `code`.
    #[track_caller]
    pub fn expect_code(&self, code: i32, what: &str) -> String {
        assert_eq!(
            self.code,
            Some(code),
            "{what}\n-- stdout\n{}\n-- stderr\n{}",
            self.text(),
            self.errors()
        );
        self.text()
    }
}

/// Starts a program; one that was just written may be open in a child of another thread for a moment more.
fn spawn(command: &mut Command) -> std::process::Child {
    for _ in 0..100 {
        match command.spawn() {
            Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(e) => panic!("cannot run {command:?}: {e}"),
            Ok(child) => return child,
        }
    }
    panic!("cannot run {command:?}: it stays busy");
}

/// Runs a program to its end with `input` on its standard input.
pub fn run(command: &mut Command, input: &[u8]) -> Out {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawn(command);
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A program may well end before it has read all.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    Out {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

/// A program in the background; ended, with all its output kept in a file, when this goes out of scope.
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts `command` with its output in the file `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Self {
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Fails the test if the program is no longer there.
    #[track_caller]
    pub fn assert_alive(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{} ended by itself: {status}\n{}", self.name, self.log());
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it by SIGTERM and says whether it ended cleanly in time.
    pub fn stop(&mut self) -> bool {
        // Its number may be another's by now.
        if let Ok(Some(status)) = self.child.try_wait() {
            return status.success();
        }
        self.signal(Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => sleep(Duration::from_millis(20)),
                Err(_) => break,
            }
        }
        self.kill();
        false
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(80).collect();
            eprintln!("-- the last of {}'s output", self.name);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}

/// Asks `look` until it finds something; fails the test after `seconds`.
#[track_caller]
pub fn until<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    try_until(what, seconds, || look().ok_or_else(String::new))
}

/// Asks `look` until it says `Ok`; fails the test after `seconds` with what was seen last.
#[track_caller]
pub fn try_until<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(
                Instant::now() < deadline,
                "waited {seconds} s in vain for {what}; seen last: {seen}"
            ),
        }
        sleep(Duration::from_millis(50));
    }
}

/// A daemon's command that is also ended if the test itself is killed. It has a process group of its own: at its end Cyrus
/// signals all of its group that it may, which would be what other tests run as the same user.
pub fn daemon(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    command.process_group(0);
    command
}

/// Waits until somebody listens on a port of loopback.
#[track_caller]
pub fn until_listening(what: &str, port: u16) {
    until(what, 60, || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
}

/// Fails with the way out if a program is not installed.
#[track_caller]
pub fn need(programs: &[&str]) {
    for program in programs {
        assert!(
            find(program).is_some(),
            "{program} is not installed: run tests/install"
        );
    }
}

/// Where a program is, looked up as a system administrator's shell would.
pub fn find(program: &str) -> Option<PathBuf> {
    [
        "/usr/local/bin",
        "/usr/local/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/bin",
        "/sbin",
        "/usr/lib/dovecot",
    ]
    .iter()
    .map(|folder| Path::new(folder).join(program))
    .find(|path| path.exists())
}

/// Whether we may start mail systems and change user; if not, notes for the summary of `tests/run` that this
/// test did not run.
pub fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("{test}: not run, needs root");
        if let Some(path) = std::env::var_os("IIM_TESTS_SKIPPED") {
            let mut file = std::fs::File::options().append(true).open(path).unwrap();
            writeln!(file, "{test}: needs root").unwrap();
        }
    }
    root
}
