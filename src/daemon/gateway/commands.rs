//! Commands that a client types to `iim`: run in the agent, on a thread and with a connection to the database of their
//! own, by the function that the command line has handed over, so that nothing is parsed or done in a second way. One
//! after the other, so that what is typed first is done first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::edge::home::Home;
use crate::gateway::host::Asker;
use crate::protocol::clean;

/// Runs a command of an account, given in words, and gives what it prints until then; bounded in length.
pub type RunLine = fn(&Home, Vec<String>, Instant) -> String;

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
    pub(super) answer: Vec<String>,
}

struct Job {
    to: Asker,
    words: Vec<String>,
}

impl Typed {
    /// Nothing is typed yet; needs a tokio runtime.
    pub(super) fn new(home: &Home, run: RunLine) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let (done, printed) = mpsc::channel(WAITING);
        tokio::spawn(work(home.clone(), run, waiting, done));
        Self { jobs, printed }
    }

    /// Takes a line; what cannot be run is answered at once.
    pub(super) fn take(&self, line: &str, to: Asker) -> Option<Vec<String>> {
        let Ok(words) = shell_words::split(&without_comments(line)) else {
            return Some(lines("a quotation mark is open"));
        };
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

async fn work(
    home: Home,
    run: RunLine,
    mut waiting: mpsc::Receiver<Job>,
    done: mpsc::Sender<Printed>,
) {
    let threads = Arc::new(Semaphore::new(THREADS));
    while let Some(job) = waiting.recv().await {
        // One that takes too long ends at its next line; until then it keeps its thread.
        let Ok(thread) = Arc::clone(&threads).acquire_owned().await else {
            return;
        };
        let home = home.clone();
        let running = spawn_blocking(move || {
            let until = Instant::now().checked_add(LIMIT);
            let text = until.map(|until| run(&home, job.words, until));
            drop(thread);
            text.unwrap_or_default()
        });
        let answer = match timeout(LIMIT, running).await {
            Ok(Ok(text)) => lines(&text),
            // What broke off has said where, in the log.
            Ok(Err(_)) => lines("the command could not be run: it broke off"),
            Err(_) => lines(&format!(
                "the command could not be run: it took longer than {} s",
                LIMIT.as_secs()
            )),
        };
        let printed = Printed { to: job.to, answer };
        if done.send(printed).await.is_err() {
            return;
        }
    }
}

/// A line in which a `#` begins no comment, as it does in a shell: names of groups begin with it.
fn without_comments(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let (mut quote, mut escaped, mut begins) = (None, false, true);
    for c in line.chars() {
        if c == '#' && quote.is_none() && begins {
            plain.push('\\');
        }
        begins = c.is_whitespace() && !escaped;
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None | Some(_), _) => {}
        }
        plain.push(c);
    }
    plain
}

fn lines(text: &str) -> Vec<String> {
    let cleaned = text.lines().map(|line| clean::line(line, 1024));
    let lines: Vec<String> = cleaned.filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => vec!["done".to_owned()],
        false => lines,
    }
}

/// Commands that may wait.
const WAITING: usize = 16;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How many may run on though they have taken too long.
const THREADS: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn names_of_groups_are_no_comments() {
        for (line, words) in [
            ("group show #climbing", &["group", "show", "#climbing"][..]),
            ("#a b", &["#a", "b"]),
            ("say '#a b' see #3", &["say", "#a b", "see", "#3"]),
            ("say \"#a\" \"x #3\"", &["say", "#a", "x #3"]),
            (
                "say bob\\ #3 it\\'s #4 a#5",
                &["say", "bob #3", "it's", "#4", "a#5"],
            ),
            ("say \"a\\\" #1\" #2", &["say", "a\" #1", "#2"]),
        ] {
            let got = shell_words::split(&without_comments(line)).unwrap();
            assert_eq!(got, words, "{line}");
        }
    }

    #[test]
    fn what_prints_nothing_is_done() {
        assert_eq!(lines("\n\n"), ["done"]);
        assert_eq!(lines("one\n\u{1b}[31mtwo\n"), ["one", "two"]);
    }
}
