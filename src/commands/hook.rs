//! The entry of the mail hook: `iim deliver` and `iim filter`, before any argument parser or runtime.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::deliver;
use super::output::stderr;
use crate::edge::mail::hook::filter::{self, TROUBLE, Verdict};

/// Runs the hook if the arguments (without the program's name) ask for it, and gives its exit code.
///
/// `None` when they ask for something else: another command, or the help.
pub fn entry(arguments: &[OsString]) -> Option<u8> {
    let (call, home) = Call::read(arguments)?;
    std::panic::set_hook(Box::new(say_where));
    Some(guarded(|| run(call, home)))
}

fn run(call: Call, home: Option<PathBuf>) -> io::Result<u8> {
    let stdin = file(io::stdin().as_fd())?;
    match call {
        Call::Deliver => filter::deliver(&stdin, |candidate| deliver::handle(home, candidate)),
        Call::Anyway => filter::deliver_anyway(&stdin, |mail| deliver::handle_anyway(home, mail)),
        Call::Filter => {
            let output = file(io::stdout().as_fd())?;
            // What a panic left unwritten is still to be passed on: so the handler's own panics are caught inside.
            filter::filter(&stdin, &output, |candidate| {
                let handled = AssertUnwindSafe(|| deliver::handle(home, candidate));
                catch_unwind(handled).unwrap_or(Verdict::Trouble)
            })
        }
        Call::Wrong => Ok(TROUBLE),
    }
}

/// A panic is trouble. What else is goes to the mail system's log, where a fault of the hook is looked for.
fn guarded(run: impl FnOnce() -> io::Result<u8>) -> u8 {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(code)) => code,
        Ok(Err(fault)) => {
            stderr(&format!("iim: the mail cannot be passed through: {fault}"));
            TROUBLE
        }
        Err(_) => TROUBLE,
    }
}

fn file(fd: BorrowedFd<'_>) -> io::Result<File> {
    fd.try_clone_to_owned().map(File::from)
}

/// Says where a panic was, and not with what: that could be somebody's mail. It must not panic itself, as `eprintln`
/// does where stderr cannot be written: the process would be aborted, with a code that no mail system knows.
pub(super) fn say_where(panic: &std::panic::PanicHookInfo<'_>) {
    if let Some(place) = panic.location() {
        let (file, line) = (place.file(), place.line());
        stderr(&format!("iim: a fault of the program at {file}:{line}"));
    }
}

/// What the hook was called for.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Deliver,
    Filter,
    /// `deliver --anyway`: by hand.
    Anyway,
    /// The hook, with arguments that it does not know.
    Wrong,
}

impl Call {
    /// The call, and the home that it names.
    fn read(arguments: &[OsString]) -> Option<(Self, Option<PathBuf>)> {
        let (mut home, mut called, mut anyway, mut wrong) = (None, None, false, false);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            // What is no text is no word that the hook knows.
            match argument.to_str().unwrap_or("-") {
                "--home" => match rest.next() {
                    Some(dir) => home = Some(PathBuf::from(dir)),
                    None => wrong = true,
                },
                "--anyway" => anyway = true,
                "-v" | "-q" | "--verbose" | "--quiet" => {}
                "-h" | "--help" => return None,
                "deliver" if called.is_none() => called = Some(Self::Deliver),
                "filter" if called.is_none() => called = Some(Self::Filter),
                word if called.is_none() && !word.starts_with('-') => return None,
                word => match word.strip_prefix("--home=") {
                    Some(dir) => home = Some(PathBuf::from(dir)),
                    None => wrong = true,
                },
            }
        }
        let call = match (called?, anyway) {
            _ if wrong => Self::Wrong,
            (Self::Deliver, true) => Self::Anyway,
            (Self::Filter, true) => Self::Wrong,
            (call, _) => call,
        };
        Some((call, home))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn the_hook_is_known_by_its_arguments() {
        let home = || Some(PathBuf::from("/h"));
        for (arguments, call) in [
            ("deliver", Some((Call::Deliver, None))),
            ("filter", Some((Call::Filter, None))),
            ("--home /h deliver", Some((Call::Deliver, home()))),
            ("--home=/h filter", Some((Call::Filter, home()))),
            ("deliver --home /h", Some((Call::Deliver, home()))),
            ("-v filter -q", Some((Call::Filter, None))),
            ("deliver --anyway", Some((Call::Anyway, None))),
            ("--home /h deliver --anyway", Some((Call::Anyway, home()))),
            ("filter --anyway", Some((Call::Wrong, None))),
            ("deliver extra", Some((Call::Wrong, None))),
            ("filter --json", Some((Call::Wrong, None))),
            ("deliver filter", Some((Call::Wrong, None))),
            ("--home", None),
            ("deliver --help", None),
            ("friends", None),
            ("say deliver", None),
            ("--json deliver", Some((Call::Wrong, None))),
            ("deliver --home", Some((Call::Wrong, None))),
            ("--json friends", None),
            ("", None),
        ] {
            let words: Vec<OsString> = arguments.split_whitespace().map(OsString::from).collect();
            assert_eq!(Call::read(&words), call, "{arguments}");
        }
    }

    #[test]
    fn a_panic_is_trouble() {
        assert_eq!(guarded(|| panic!("on purpose")), TROUBLE);
        assert_eq!(guarded(|| Err(io::Error::other("broken"))), TROUBLE);
        assert_eq!(guarded(|| Ok(1)), 1);
    }
}
