//! The user's programs: run without a shell, in a process group of their own, for a bounded time, and no more of what
//! they print is kept than is asked for.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How a program ended, and the beginning of what it printed.
#[derive(Debug)]
pub struct Ended {
    /// Success, or the fault.
    pub status: ExitStatus,
    /// As much as was to be kept.
    pub output: Vec<u8>,
}

/// Why a program came to no end of its own.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It could not be fed, run or waited for.
    #[error("cannot be {0}: {1}")]
    Cannot(&'static str, io::Error),
    /// It took longer than this, and was killed with all that it had started.
    #[error("was killed after {} s", .0.as_secs())]
    Late(Duration),
}

/// Which of its outputs is read, and how many bytes of it are kept; more is read and dropped.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// None; both go nowhere.
    Nothing,
    /// What it prints; what it complains about goes where ours goes.
    Printed(usize),
    /// What it complains about; what it prints goes nowhere.
    Complaint(usize),
}

/// The command of these words, the program first.
pub fn command(words: &[String]) -> Command {
    let mut command = Command::new(words.first().map_or("", String::as_str));
    command.args(words.iter().skip(1));
    command
}

/// Runs a program to its end, with this input; kills it when it takes too long. Needs a tokio runtime.
pub async fn run(
    mut command: Command,
    input: &[u8],
    kept: Kept,
    limit: Duration,
) -> Result<Ended, RunError> {
    match kept {
        Kept::Nothing => command.stdout(Stdio::null()).stderr(Stdio::null()),
        Kept::Printed(_) => command.stdout(Stdio::piped()),
        Kept::Complaint(_) => command.stdout(Stdio::null()).stderr(Stdio::piped()),
    };
    let mut child = command
        .stdin(whole(input).map_err(cannot("fed"))?)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(cannot("run"))?;
    let mut output = Vec::new();
    let (pipe, most): (Option<Box<dyn AsyncRead + Send + Unpin>>, usize) = match kept {
        Kept::Nothing => (None, 0),
        Kept::Printed(most) => (child.stdout.take().map(|pipe| Box::new(pipe) as _), most),
        Kept::Complaint(most) => (child.stderr.take().map(|pipe| Box::new(pipe) as _), most),
    };
    let ended = timeout(limit, async {
        let mut reading = pin!(read(pipe, most, &mut output));
        let status = tokio::select! {
            status = child.wait() => status,
            () = reading.as_mut() => return child.wait().await,
        };
        // A child of it may hold the pipe open.
        drop(timeout(LINGER, reading).await);
        status
    })
    .await;
    match ended {
        Ok(Ok(status)) => Ok(Ended { status, output }),
        Ok(Err(fault)) => Err(cannot("waited for")(fault)),
        Err(_) => {
            kill(&mut child).await;
            Err(RunError::Late(limit))
        }
    }
}

/// As [`run`], for those who do not live in tokio; blocks, wherever it is called from.
pub fn run_blocking(command: Command, kept: Kept, limit: Duration) -> Result<Ended, RunError> {
    let ran = std::thread::spawn(move || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().map_err(cannot("run"))?;
        runtime.block_on(run(command, &[], kept, limit))
    });
    // A runtime panics where no file handle is left for it.
    let no_handle = |_| cannot("run")(io::Error::other("no runtime for it"));
    ran.join().map_err(no_handle)?
}

fn cannot(what: &'static str) -> impl Fn(io::Error) -> RunError {
    move |fault| RunError::Cannot(what, fault)
}

/// The input as a file without a name, whole before the program starts: were it written into a pipe and we were killed
/// meanwhile, the program would take the end of the pipe for the end of a mail and send half of it.
fn whole(input: &[u8]) -> io::Result<Stdio> {
    if input.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = File::from(memfd_create("input", MemfdFlags::CLOEXEC)?);
    file.write_all(input)?;
    file.rewind()?;
    Ok(file.into())
}

/// Reads all there is, and keeps the beginning.
async fn read(pipe: Option<Box<dyn AsyncRead + Send + Unpin>>, most: usize, to: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = [0; 1024];
    while let Ok(length @ 1..) = pipe.read(&mut piece).await {
        let room = most.saturating_sub(to.len());
        to.extend(piece.iter().take(length.min(room)));
    }
}

/// Kills the program and what it started.
async fn kill(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(group) = group.and_then(Pid::from_raw) {
        // It may have ended in this very moment.
        let _ = kill_process_group(group, Signal::KILL);
    }
    drop(child.wait().await);
}

/// How long output is waited for after the program ended.
const LINGER: Duration = Duration::from_millis(500);
