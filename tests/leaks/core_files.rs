//! A program that dies leaves no core file, and its memory is nobody's to read.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::account::{Account, Place};
use crate::support::mails::Way;
use crate::support::process::{need, try_until, until};

/// A program that is gone when the test is over, however that went.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It has mostly ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program that may write cores of any size, ends it by this signal once it is `ready`; says how it ended.
fn ended_by(
    signal: Signal,
    account: &Account,
    script: &str,
    ready: impl Fn(&Path) -> bool,
) -> ExitStatus {
    let mut command = account.command("/bin/sh");
    let program = account.program.display();
    command.args([
        "-c",
        &format!(
            // Whoever runs the tests in the background of a script has them ignore SIGQUIT.
            "ulimit -c unlimited && exec env --default-signal=QUIT {}",
            script.replace("IIM", &program.to_string())
        ),
    ]);
    let log = std::fs::File::create(account.home.join("log")).unwrap();
    let mut program = Ending(
        command
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap(),
    );
    until("the program to run", 20, || {
        ready(&account.home).then_some(())
    });
    let child = &mut program.0;
    let id = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    // Again and again: Rust's own look at a SIGSEGV that is no fault of the stack lets the first one pass.
    try_until(&format!("the program to end by {signal:?}"), 60, || {
        kill_process(id, signal).unwrap();
        child.try_wait().unwrap().ok_or_else(|| what_it_does(id))
    })
}

/// The state of a process and of each of its threads, and where in the system it waits.
fn what_it_does(id: Pid) -> String {
    let tasks = format!("/proc/{}/task", id.as_raw_nonzero());
    let tasks = std::fs::read_dir(tasks).into_iter().flatten().flatten();
    let look = |task: std::fs::DirEntry| {
        let of = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let status = of("status");
        let lines = status.lines().filter(|line| {
            ["Name", "State", "SigBlk", "SigIgn", "ShdPnd"]
                .iter()
                .any(|name| line.starts_with(name))
        });
        format!("{} {}", lines.collect::<Vec<_>>().join(" "), of("wchan"))
    };
    tasks.map(look).collect::<Vec<_>>().join("; ")
}

fn cores(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains("core")).collect()
}

#[test]
fn an_agent_that_dies_leaves_no_core_file() {
    need(&["procmail"]);
    let place = Place::new();
    let account = Way::Procmail.account(&place, "alice@example.org");
    account.setup(&["--sendmail", "/bin/true"]);
    let logged = |home: &Path| {
        let log = std::fs::read_to_string(home.join("log")).unwrap_or_default();
        log.contains("the agent runs")
    };
    for signal in [Signal::SEGV, Signal::ABORT, Signal::QUIT] {
        let _ = std::fs::remove_file(account.home.join("log"));
        let status = ended_by(signal, &account, "IIM -v agent", logged);
        assert_eq!(status.signal(), Some(signal.as_raw()));
        assert!(!status.core_dumped(), "{signal:?}");
        assert_eq!(cores(&account.home), Vec::<String>::new(), "{signal:?}");
    }
    // The same test finds the core of a program that does nothing about it, unless this machine writes none at all.
    let sleeping = |home: &Path| {
        let log = std::fs::read_to_string(home.join("log")).unwrap_or_default();
        log.contains("sleeping")
    };
    let _ = std::fs::remove_file(account.home.join("log"));
    let status = ended_by(
        Signal::ABORT,
        &account,
        "sh -c 'echo sleeping; sleep 60; :'",
        sleeping,
    );
    let writes = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    assert!(
        status.core_dumped() || writes.trim().is_empty(),
        "no core of an ordinary program either: {status}, {writes}"
    );
}

/// Who is not root cannot even look at the memory or the environment of a program of their own that is not dumpable.
#[test]
fn no_other_program_of_the_user_reads_its_memory() {
    need(&["procmail"]);
    let place = Place::new();
    let account = crate::support::mails::user(&place, "bob@example.net");
    account.setup(&["--sendmail", "/bin/true"]);
    let agent = account.agent();
    until("the agent to run", 20, || {
        agent.log().contains("the agent runs").then_some(())
    });
    let look = |id: u32, file: &str| {
        let mut cat: Command = account.command("/bin/cat");
        let path = format!("/proc/{id}/{file}");
        crate::support::process::run(cat.arg(path), b"").code
    };
    for file in ["environ", "maps"] {
        assert_eq!(look(agent.id(), file), Some(1), "{file} of the agent");
        let mut sleep = account.command("/bin/sleep");
        let mut other = sleep.arg("60").spawn().unwrap();
        until("an ordinary program to be seen", 10, || {
            (look(other.id(), file) == Some(0)).then_some(())
        });
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
