//! Two programs measured in turn, A B A B: whole processes, from the start to the end.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// The median time of each of two commands, run alternately with the same input, and the ratio of the medians.
pub struct Pair {
    pub first: Duration,
    pub second: Duration,
    pub ratio: f64,
    /// The smallest and the largest ratio of five parts of the run.
    pub spread: (f64, f64),
}

/// Runs both so many times, after a few rounds to warm up.
pub fn pair(
    rounds: usize,
    mut first: impl FnMut() -> Duration,
    mut second: impl FnMut() -> Duration,
) -> Pair {
    for _ in 0..rounds.div_ceil(20) {
        first();
        second();
    }
    let times: Vec<(Duration, Duration)> = (0..rounds).map(|_| (first(), second())).collect();
    let ratios: Vec<f64> = times
        .chunks(rounds.div_ceil(5))
        .map(|part| ratio(part).2)
        .collect();
    let (one, other, whole) = ratio(&times);
    Pair {
        first: one,
        second: other,
        ratio: whole,
        spread: (
            ratios.iter().copied().fold(f64::INFINITY, f64::min),
            ratios.iter().copied().fold(0.0, f64::max),
        ),
    }
}

fn ratio(times: &[(Duration, Duration)]) -> (Duration, Duration, f64) {
    let first = median(times.iter().map(|t| t.0));
    let second = median(times.iter().map(|t| t.1));
    (first, second, first.as_secs_f64() / second.as_secs_f64())
}

pub fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// The middle one of some numbers.
pub fn median_of(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// One run with an input and output that fit a pipe: nobody but the program itself is waited for.
pub fn small(mut command: Command, input: &[u8], output: bool) -> Duration {
    assert!(input.len() < 60_000, "fits a pipe");
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(input).unwrap();
    drop(writer);
    command.stdin(reader).stderr(Stdio::null());
    let held = if output {
        let (out, end) = std::io::pipe().unwrap();
        command.stdout(end);
        Some(out)
    } else {
        command.stdout(Stdio::null());
        None
    };
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    child.wait().unwrap();
    let took = begun.elapsed();
    drop(command);
    if let Some(mut out) = held {
        let mut read = Vec::new();
        out.read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), input.len(), "passed on whole");
    }
    took
}

/// One run with an input of any size, pipe to pipe, as a mail system pipes it: written from memory and read into
/// memory. Returns the time of the whole process, and the processor time that it used itself.
pub fn big(mut command: Command, input: &[u8]) -> (Duration, Duration) {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let count = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        let mut buffer = vec![0; 1 << 17];
        let mut count = 0;
        loop {
            match stdout.read(&mut buffer).unwrap() {
                0 => break count,
                n => count += n,
            }
        }
    });
    // Ended but not yet forgotten: its processor time can still be read.
    let pid = Pid::from_child(&child);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid), options).unwrap();
    let took = begun.elapsed();
    let used = processor_time(child.id());
    child.wait().unwrap();
    assert_eq!(count, input.len(), "passed on whole");
    (took, used)
}

/// The processor time that all threads of a process have used.
pub fn processor_time(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanoseconds = tasks
        .map(|task| {
            let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        })
        .sum();
    Duration::from_nanos(nanoseconds)
}

/// The most memory a command had in use, in MB, once all of its input went through it.
pub fn peak_memory(mut command: Command, input: &[u8]) -> f64 {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let drain = std::thread::spawn(move || {
        let mut sink = std::io::sink();
        std::io::copy(&mut stdout, &mut sink).unwrap()
    });
    stdin.write_all(input).unwrap();
    // It has read all and waits for the end; give it the moment it needs to have done so.
    std::thread::sleep(Duration::from_millis(100));
    let peak = memory(child.id(), "VmHWM:");
    drop(stdin);
    child.wait().unwrap();
    drain.join().unwrap();
    peak
}

/// A command from its start to its end: how long it took, the most memory it had in use, in MB, and what it said.
pub fn peak_to_the_end(mut command: Command) -> (Duration, f64, String) {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = String::new();
    while child.try_wait().unwrap().is_none() {
        // One that has just ended has no memory any more.
        let now = std::fs::read_to_string(&status).unwrap_or_default();
        if let Some(line) = now.lines().find(|line| line.starts_with("VmHWM:")) {
            line.clone_into(&mut peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = begun.elapsed();
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    (took, megabytes(&peak), said)
}

/// A line of `/proc/PID/status`, in MB.
pub fn memory(pid: u32, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    megabytes(status.lines().find(|line| line.starts_with(key)).unwrap())
}

/// `VmRSS:   1024 kB`.
fn megabytes(line: &str) -> f64 {
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1024.0
}

/// How often a thread of this name has waited for something.
pub fn voluntary_switches(pid: u32, name: &str) -> u32 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let read = |task: &std::fs::DirEntry, file| std::fs::read_to_string(task.path().join(file));
    let mut tasks = tasks.map(Result::unwrap);
    let task = tasks.find(|task| read(task, "comm").unwrap().trim() == name);
    let status = read(&task.expect("the thread"), "status").unwrap();
    let key = "voluntary_ctxt_switches:";
    let count = status.lines().find_map(|line| line.strip_prefix(key));
    count.unwrap().trim().parse().unwrap()
}
