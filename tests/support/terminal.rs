//! A shell on a terminal of its own, at which a person types.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use super::account::{Account, Place};
use super::process::try_until;

/// Between two keys: a hundred words a minute.
const KEY: Duration = Duration::from_millis(120);
/// Before a line is typed: a look at what stands there.
const LOOK: Duration = Duration::from_secs(1);

/// script(1) holds the terminal; what is on it is gathered.
pub struct Terminal {
    name: String,
    child: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
    /// Up to where it has been read.
    read: usize,
}

impl Terminal {
    /// Opens one for a person; the program `iim` is found by its name, and ends with the shell.
    pub fn open(place: &Place, account: &Account) -> Self {
        Self::open_where(place, account, &[])
    }

    /// The same with more in its environment.
    pub fn open_where(place: &Place, account: &Account, more: &[(&str, &str)]) -> Self {
        let program = account.program.display();
        let text = format!("#!/bin/sh\nexec setpriv --pdeathsig TERM -- {program} \"$@\"\n");
        std::fs::create_dir_all(place.join("bin")).unwrap();
        let script = place.script("bin/iim", &text);
        let path = format!("{}:/usr/bin:/bin", parent(&script));
        let mut command = account.command("/usr/bin/setpriv");
        command
            .args([
                "--pdeathsig",
                "KILL",
                "--",
                "script",
                "-qefc",
                "/bin/sh",
                "/dev/null",
            ])
            .env("PATH", path)
            .env("SHELL", "/bin/sh")
            .env("TERM", "dumb")
            .env("PS1", "$ ")
            .envs(more.iter().copied());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let keys = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let gathered = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut part) {
                gathered.lock().unwrap().extend_from_slice(&part[..length]);
            }
        });
        let mut terminal = Self {
            name: account.name.clone(),
            child,
            keys,
            screen,
            read: 0,
        };
        terminal.until("$ ", 20);
        terminal
    }

    /// Types a line, key by key.
    pub fn type_line(&mut self, text: &str) {
        sleep(LOOK);
        for key in text.chars().chain(['\n']) {
            self.keys.write_all(key.to_string().as_bytes()).unwrap();
            self.keys.flush().unwrap();
            sleep(KEY);
        }
    }

    /// Waits for a question, and answers it as fast as a person may paste.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.until(question, 60);
        sleep(KEY);
        self.keys
            .write_all(format!("{answer}\n").as_bytes())
            .unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until words come that were not read yet.
    #[track_caller]
    pub fn until(&mut self, words: &str, seconds: u64) {
        let what = format!("{words:?} on {}'s terminal", self.name);
        let (screen, read) = (Arc::clone(&self.screen), self.read);
        self.read = try_until(&what, seconds, || {
            let screen = screen.lock().unwrap();
            let new = &screen[read..];
            let at = new
                .windows(words.len())
                .position(|it| it == words.as_bytes());
            at.map(|at| read + at + words.len())
                .ok_or_else(|| String::from_utf8_lossy(&screen).into_owned())
        });
    }

    /// All that was ever on it.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }
}

impl Drop for Terminal {
    /// Closes it; its shell ends by that.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn parent(path: &Path) -> String {
    path.parent().unwrap().display().to_string()
}
