//! Passwords: had from a program or a file when they are needed, never written in the configuration.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;
use std::{fs, io};

use super::values::Words;
use crate::edge::process::{self, Kept, RunError};
use crate::protocol::debug::redacted_debug;

/// A text that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redacted_debug! { Secret }

/// Where a password is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// The first line that a program prints; run without a shell, for at most ten seconds.
    Command(Vec<String>),
    /// The first line of a file that only we can read.
    File(PathBuf),
    /// Told by the user a moment ago, and not written yet.
    Told(Secret),
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The program cannot be run.
    #[error("cannot run {0} for the password: {1}")]
    Run(String, #[source] io::Error),
    /// The program ended with a failure.
    #[error("{0} gave no password: {1}")]
    Failed(String, ExitStatus),
    /// The program took longer than this.
    #[error("{0} gave no password within {limit} s", limit = .1.as_secs())]
    Late(String, Duration),
    /// The first line is empty.
    #[error("{0} gave an empty password")]
    Empty(String),
    /// The file cannot be read.
    #[error("cannot read the password from {path}: {1}", path = .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// Others can read the file; the hint is `chmod 600`.
    #[error("{} can be read by others (chmod 600 it)", .0.display())]
    Open(PathBuf),
}

/// How long a program may take to print the password.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of what is printed is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

impl Password {
    /// Gets the password; blocks for at most ten seconds. No error holds what the program printed.
    pub fn read(&self) -> Result<Secret, PasswordError> {
        self.read_within(LIMIT)
    }

    fn read_within(&self, limit: Duration) -> Result<Secret, PasswordError> {
        match self {
            Self::Command(words) => run(words, limit),
            Self::File(path) => read_file(path.clone()),
            Self::Told(secret) => Ok(secret.clone()),
        }
    }

    /// The file, if it is one.
    pub(super) fn file(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Command(_) | Self::Told(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

/// A password's program or file, as `password_command` and `password_file` name them.
pub(super) fn password(
    command: Option<Words>,
    file: Option<PathBuf>,
) -> Result<Option<Password>, String> {
    match (command, file) {
        (Some(_), Some(_)) => Err("a password comes from a command or a file, not both".to_owned()),
        (Some(words), None) => Ok(Some(Password::Command(words.0))),
        (None, Some(file)) => Ok(Some(Password::File(file))),
        (None, None) => Ok(None),
    }
}

fn read_file(path: PathBuf) -> Result<Secret, PasswordError> {
    let read = || -> io::Result<(u32, Vec<u8>)> {
        let file = fs::File::open(&path)?;
        let mode = file.metadata()?.mode();
        let mut bytes = Vec::new();
        file.take(LONGEST as u64).read_to_end(&mut bytes)?;
        Ok((mode, bytes))
    };
    match read() {
        Err(source) => Err(PasswordError::Read(path, source)),
        Ok((mode, _)) if mode & 0o077 != 0 => Err(PasswordError::Open(path)),
        Ok((_, bytes)) => first_line(&bytes, &path.display().to_string()),
    }
}

fn run(words: &[String], limit: Duration) -> Result<Secret, PasswordError> {
    let program = words.first().cloned().unwrap_or_default();
    let printed = Kept::Printed(LONGEST);
    match process::run_blocking(process::command(words), printed, limit) {
        Ok(ended) if ended.status.success() => first_line(&ended.output, &program),
        Ok(ended) => Err(PasswordError::Failed(program, ended.status)),
        Err(RunError::Late(limit)) => Err(PasswordError::Late(program, limit)),
        Err(RunError::Cannot(_, source)) => Err(PasswordError::Run(program, source)),
    }
}

fn first_line(bytes: &[u8], from: &str) -> Result<Secret, PasswordError> {
    let text = String::from_utf8_lossy(bytes);
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret(line.to_owned())),
        _ => Err(PasswordError::Empty(from.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn command(script: &str) -> Password {
        Password::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn the_first_line_of_a_program_is_the_password() {
        for (script, password) in [
            ("echo 'pass word'; echo more", "pass word"),
            ("printf 'no end'", "no end"),
            ("printf 'crlf\\r\\n'", "crlf"),
        ] {
            let secret = command(script).read().unwrap();
            assert_eq!(secret.expose(), password, "{script}");
            assert_eq!(format!("{secret:?}"), "Secret(…)");
        }
    }

    /// Short where the end of it is waited for.
    fn limit(script: &str) -> Duration {
        match script.contains("sleep") {
            true => Duration::from_millis(300),
            false => LIMIT,
        }
    }

    #[test]
    fn a_program_that_fails_gives_none_and_tells_no_secret() {
        type Told = fn(&PasswordError) -> bool;
        let cases: [(&str, Told); 3] = [
            ("echo hunter2; exit 3", |e| {
                matches!(e, PasswordError::Failed(..))
            }),
            ("echo; echo hunter2", |e| {
                matches!(e, PasswordError::Empty(_))
            }),
            ("echo hunter2; sleep 60", |e| {
                matches!(e, PasswordError::Late(..))
            }),
        ];
        for (script, told) in cases {
            let fault = command(script).read_within(limit(script)).unwrap_err();
            assert!(told(&fault), "{script}: {fault}");
            assert!(
                !format!("{fault} {fault:?}").contains("hunter2"),
                "{fault:?}"
            );
        }
        let none = Password::Command(vec!["/no/such/program".to_owned()]);
        assert!(matches!(none.read(), Err(PasswordError::Run(..))));
    }

    #[test]
    fn a_file_must_be_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        fs::write(&path, "hunter2\n").unwrap();
        for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let read = Password::File(path.clone()).read();
            assert_eq!(read.is_ok(), good, "{mode:o}");
        }
        let missing = Password::File(dir.path().join("none")).read();
        assert!(matches!(missing, Err(PasswordError::Read(..))));
    }
}
