//! Plain questions on a terminal.

use std::io::{self, BufRead, Write};

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
