//! Commands that a client types to `iim`: each is the program itself, run as from a shell, so that nothing is parsed
//! or done in a second way; but its words come on stdin ([`crate::commands::typed`]), where no list of processes
//! shows them. One after the other, so that what is typed first is done first.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::edge::home::Home;
use crate::gateway::host::{Answer, Asker};
use crate::protocol::clean;

/// Runs what is typed.
pub(super) struct Typed {
    jobs: mpsc::Sender<Job>,
    printed: mpsc::Receiver<Printed>,
}

/// What a typed command printed.
#[derive(Debug)]
pub(in crate::daemon) struct Printed {
    /// For whom.
    pub(super) to: Asker,
    /// Its lines.
    pub(super) answer: Answer,
}

struct Job {
    to: Asker,
    words: Vec<String>,
}

impl Typed {
    /// Nothing is typed yet; needs a tokio runtime.
    pub(super) fn new(home: &Home) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let (done, printed) = mpsc::channel(WAITING);
        tokio::spawn(work(home.arguments(), waiting, done));
        Self { jobs, printed }
    }

    /// Takes a line; what cannot be run is answered at once.
    pub(super) fn take(&self, line: &str, to: Asker) -> Option<Answer> {
        let Ok(mut words) = shell_words::split(line) else {
            return Some(lines("a quotation mark is open"));
        };
        match words.as_slice() {
            [] => return Some(help()),
            [help] if is_help(help) => return Some(crate::daemon::gateway::commands::help()),
            [help, command, ..] if is_help(help) => {
                words = vec![command.clone(), "--help".to_owned()];
            }
            [..] => {}
        }
        match self.jobs.try_send(Job { to, words }) {
            Ok(()) => None,
            Err(_) => Some(lines("too many commands wait: try again")),
        }
    }

    /// Waits for the next answer.
    pub(super) async fn next(&mut self) -> Printed {
        match self.printed.recv().await {
            Some(printed) => printed,
            None => std::future::pending().await,
        }
    }
}

async fn work(home: Vec<OsString>, mut waiting: mpsc::Receiver<Job>, done: mpsc::Sender<Printed>) {
    while let Some(job) = waiting.recv().await {
        let answer = match run(&home, &job.words).await {
            Ok(text) => lines(&text),
            Err(why) => lines(&format!("the command could not be run: {why}")),
        };
        let printed = Printed { to: job.to, answer };
        if done.send(printed).await.is_err() {
            return;
        }
    }
}

/// Runs the program with these words, and gives what it printed on both of its outputs.
async fn run(home: &[OsString], words: &[String]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|fault| fault.to_string())?;
    let mut child = Command::new(program)
        .args(home)
        .arg("typed")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "400")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|fault| fault.to_string())?;
    let words = serde_json::to_vec(words).map_err(|fault| fault.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read it says why.
        drop(stdin.write_all(&words).await);
    }
    match timeout(LIMIT, printed(&mut child)).await {
        Ok(text) => Ok(text),
        Err(_) => Err(format!("it took longer than {} s", LIMIT.as_secs())),
    }
}

async fn printed(child: &mut Child) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let read_out = async {
        if let Some(stdout) = stdout {
            // What could be read is shown.
            drop(stdout.take(MOST).read_to_end(&mut out).await);
        }
    };
    let read_err = async {
        if let Some(stderr) = stderr {
            drop(stderr.take(MOST).read_to_end(&mut err).await);
        }
    };
    tokio::join!(read_out, read_err);
    // It has closed both; how it ended is in what it said.
    drop(child.wait().await);
    out.extend(err);
    String::from_utf8_lossy(&out).into_owned()
}

fn is_help(word: &str) -> bool {
    matches!(word, "help" | "?")
}

fn help() -> Answer {
    let list = COMMANDS
        .iter()
        .map(|(name, does)| format!("{name}: {does}"));
    Answer {
        lines: std::iter::once("commands, as in a shell (help NAME says more):".to_owned())
            .chain(list)
            .collect(),
        question: None,
    }
}

fn lines(text: &str) -> Answer {
    let cleaned = text.lines().map(|line| clean::line(line, 1024));
    let lines: Vec<String> = cleaned.filter(|line| !line.is_empty()).collect();
    let lines = match lines.is_empty() {
        true => vec!["done".to_owned()],
        false => lines,
    };
    Answer {
        lines,
        question: None,
    }
}

/// What may be typed, and what it does.
const COMMANDS: [(&str, &str); 18] = [
    (
        "add",
        "asks somebody to be a friend, by address or invite link",
    ),
    ("accept", "answers a request with yes"),
    ("refuse", "answers a request with silence"),
    ("invite", "makes, lists and revokes invite links"),
    ("friends", "your roster, with presence"),
    ("hide", "takes away the sight of your presence"),
    ("show", "gives it"),
    ("block", "takes and drops whatever somebody sends"),
    ("unblock", "ends that"),
    ("remove", "takes somebody off the roster"),
    ("rename", "gives a friend another name"),
    ("rotate", "a new presence secret"),
    ("status", "your status, and how everything is"),
    ("read", "history"),
    ("verify", "the safety number of a friend"),
    ("flush", "sends what waits"),
    (
        "device",
        "lists and removes your clients (add one in a shell: its password is shown)",
    ),
    ("doctor", "looks for what is wrong"),
];

/// Commands that may wait.
const WAITING: usize = 16;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How much of what it prints is shown, in bytes.
const MOST: u64 = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prints_nothing_is_done() {
        assert_eq!(lines("\n\n").lines, ["done"]);
        assert_eq!(lines("one\n\u{1b}[31mtwo\n").lines, ["one", "two"]);
    }
}
