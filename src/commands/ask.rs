//! Plain questions on a terminal.

use std::io::{self, BufRead, IsTerminal, Read as _, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::edge::config::Secret;

/// Asks for a line; an empty answer is the default.
pub(crate) fn line(question: &str, default: &str) -> io::Result<String> {
    let mut out = io::stdout().lock();
    if default.is_empty() {
        write!(out, "{question}: ")?;
    } else {
        write!(out, "{question} [{default}]: ")?;
    }
    out.flush()?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no answer"));
    }
    let answer = answer.trim();
    Ok(if answer.is_empty() { default } else { answer }.to_owned())
}

/// Asks until the answer can be read.
pub(crate) fn until<T>(
    question: &str,
    default: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> io::Result<T> {
    loop {
        match read(&line(question, default)?) {
            Ok(value) => return Ok(value),
            Err(why) => writeln!(io::stdout(), "  {why}")?,
        }
    }
}

/// Asks for yes or no.
pub(crate) fn yes(question: &str, default: bool) -> io::Result<bool> {
    let shown = if default { "Y/n" } else { "y/N" };
    let answer = line(&format!("{question} ({shown})"), "")?;
    Ok(match answer.chars().next() {
        Some('y' | 'Y') => true,
        Some(_) => false,
        None => default,
    })
}

/// Asks for what nobody may see: on a terminal without an echo, else the first line of the input.
pub(crate) fn secret(question: &str) -> io::Result<Secret> {
    let input = io::stdin();
    let silent = input.is_terminal().then(Silent::begin).transpose()?;
    if silent.is_some() {
        let mut out = io::stdout().lock();
        write!(out, "{question} (it is not shown): ")?;
        out.flush()?;
    }
    let mut answer = String::new();
    input.lock().take(LONGEST).read_line(&mut answer)?;
    drop(silent);
    let answer = answer.trim_end_matches(['\r', '\n']);
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no answer"));
    }
    Ok(Secret::new(answer.to_owned()))
}

/// Of a password, in bytes.
const LONGEST: u64 = 4096;

/// A terminal that shows nothing of what is typed, until this is dropped. Ctrl-C and the like do nothing meanwhile: who is
/// killed by them would leave the terminal so. Ctrl-D, or an empty answer, ends it.
struct Silent(Termios);

impl Silent {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes &= !(LocalModes::ECHO | LocalModes::ISIG);
        silent.local_modes |= LocalModes::ECHONL;
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
