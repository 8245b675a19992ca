//! The user's programs: run when something happens, one at a time, with the event as JSON on stdin.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::edge::process::{self, Kept};

/// Events that may wait while a program runs; more are dropped.
const WAITING: usize = 100;
/// How long a program may run.
const LIMIT: Duration = Duration::from_secs(30);

/// The queue of events for the user's programs; dropping it lets those that wait be told, and no more.
#[derive(Debug)]
pub struct Hooks {
    programs: BTreeMap<&'static str, Vec<String>>,
    jobs: mpsc::Sender<Job>,
}

/// The words of a program, and an event for it.
type Job = (Vec<String>, Vec<u8>);

impl Hooks {
    /// Begins with these programs, by the name of their event; must be called within a tokio runtime.
    pub fn start(programs: BTreeMap<&'static str, Vec<String>>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        tokio::spawn(work(waiting, LIMIT));
        Self { programs, jobs }
    }

    /// Takes other programs, after the configuration was read anew.
    pub fn replace(&mut self, programs: BTreeMap<&'static str, Vec<String>>) {
        self.programs = programs;
    }

    /// Whether there is a program for events of a kind.
    pub fn has(&self, kind: &str) -> bool {
        self.programs.contains_key(kind)
    }

    /// Tells an event, a line of JSON, to its program, if there is one; never waits. Too many waiting: it is dropped, and logged.
    pub fn tell(&self, kind: &str, event: &str) {
        let Some(words) = self.programs.get(kind) else {
            return;
        };
        let event = format!("{event}\n").into_bytes();
        if self.jobs.try_send((words.clone(), event)).is_err() {
            tracing::warn!("the program for {kind} is too slow: an event was not told to it");
        }
    }
}

async fn work(mut waiting: mpsc::Receiver<Job>, limit: Duration) {
    while let Some((words, event)) = waiting.recv().await {
        let program = words.first().map_or("", String::as_str);
        let command = process::command(&words);
        let why = match process::run(command, &event, Kept::Nothing, limit).await {
            Ok(ended) if ended.status.success() => continue,
            Ok(ended) => format!("failed: {}", ended.status),
            Err(fault) => fault.to_string(),
        };
        tracing::warn!("the program {program} of [hooks] {why}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;
    use serde_json::json;
    use std::path::Path;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap().block_on(future)
    }

    fn script(text: &str) -> Vec<String> {
        ["sh", "-c", text].map(str::to_owned).to_vec()
    }

    /// Waits until the work is done: dropping the hooks closes the queue, and `work` returns.
    async fn through(jobs: Vec<Job>, limit: Duration) {
        let (sender, waiting) = mpsc::channel(WAITING);
        for job in jobs {
            sender.send(job).await.unwrap();
        }
        drop(sender);
        work(waiting, limit).await;
    }

    fn job(text: &str, event: &str) -> Job {
        (script(text), event.as_bytes().to_vec())
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn events_are_told_one_at_a_time_and_a_fault_stops_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let one = format!(
            "printf '<' >>{0}; cat >>{0}; printf '>' >>{0}",
            out.display()
        );
        let jobs = vec![
            job(&one, "1"),
            job("exit 3", ""),
            (vec!["/no/such/program".to_owned()], Vec::new()),
            (Vec::new(), Vec::new()),
            // Not read at all, and more than a pipe holds.
            job("exit 0", &"x".repeat(200_000)),
            job(&one, "2"),
        ];
        run(through(jobs, LIMIT));
        assert_eq!(read(&out), "<1><2>");
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let jobs = vec![
            job("sleep 1000 & sleep 1000", ""),
            job(&format!("cat >{}", out.display()), "after"),
        ];
        run(through(jobs, Duration::from_secs(1)));
        assert_eq!(read(&out), "after");
    }

    #[test]
    fn only_events_with_a_program_are_told_and_too_many_are_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        run(async {
            let telling = |event| [(event, script(&format!("cat >>{}", out.display())))].into();
            let mut hooks = Hooks::start(telling("text"));
            hooks.tell("presence", &json!({ "event": "presence" }).to_string());
            // Nothing runs before we wait: so the queue overflows.
            for n in 0..150 {
                hooks.tell("text", &json!({ "n": n }).to_string());
            }
            while hooks.jobs.capacity() < WAITING {
                tokio::task::yield_now().await;
            }
            hooks.replace(telling("presence"));
            hooks.tell("text", &json!({ "n": "never" }).to_string());
            hooks.tell("presence", &json!({ "n": "last" }).to_string());
            while !read(&out).contains("last") {
                tokio::task::yield_now().await;
            }
        });
        let lines: Vec<String> = read(&out).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 101);
        assert_eq!(
            (lines[0].as_str(), lines[99].as_str()),
            ("{\"n\":0}", "{\"n\":99}")
        );
    }
}
