//! The lock of the one agent of a home: a file beside the database that it holds locked as long as it lives. In it stands which
//! version of the database it knows.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::ControlError;

/// Whether an agent of this home runs, though nobody may listen at its socket.
pub fn is_running(lock: &Path) -> bool {
    let Ok(file) = File::open(lock) else {
        return false;
    };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

/// Whether an agent of this home runs that knows another version of the database than this, and so can do nothing with it.
pub fn is_of_another_version(lock: &Path, form: u32) -> bool {
    let known = std::fs::read_to_string(lock);
    known.is_ok_and(|known| known.trim() != form.to_string()) && is_running(lock)
}

/// Takes the lock.
pub(super) fn take(lock: &Path, form: u32) -> Result<File, ControlError> {
    let fault = ControlError::io(lock);
    let mut options = File::options();
    options.write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(lock).map_err(&fault)?;
    for _ in 0..LOOKS {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                // As long as nothing stands in it, it is that of a program that wrote nothing there.
                let emptied = file.set_len(0);
                let written = emptied.and_then(|()| writeln!(file, "{form}"));
                return written.map(|()| file).map_err(fault);
            }
            // Somebody may just be looking whether an agent runs.
            Err(Errno::WOULDBLOCK) => std::thread::sleep(LOOK),
            Err(e) => return Err(fault(e.into())),
        }
    }
    Err(ControlError::Running)
}

/// How often the lock of another agent is tried, and the time between.
const LOOKS: usize = 3;
const LOOK: Duration = Duration::from_millis(20);
