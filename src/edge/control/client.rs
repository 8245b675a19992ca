//! The client: blocking, and patient only within limits.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use serde::de::DeserializeOwned;

use super::{ControlError, LONGEST_REPLY, Reply, Request};

/// How long a poke may take.
const POKE: Duration = Duration::from_millis(200);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Tells the agent that the database has changed, if there is an agent; takes at most 200 ms.
///
/// That it cannot be told does not matter: the agent looks every two seconds by itself.
pub fn poke(sockets: &[PathBuf]) {
    let sockets = sockets.to_vec();
    let (done, waited) = mpsc::channel();
    // Connecting to a socket whose listener hangs has no time limit of its own.
    thread::spawn(move || {
        let poked = connect(&sockets).and_then(|mut stream| request(&mut stream, Request::Poke));
        let _ = done.send(poked.is_ok());
    });
    let _ = waited.recv_timeout(POKE);
}

/// Whether an agent is listening.
pub fn is_there(sockets: &[PathBuf]) -> bool {
    connect(sockets).is_ok()
}

/// Asks the agent, and waits up to five seconds for the answer.
/// Errors: [`ControlError::NoAgent`] when none is running, [`ControlError::Refused`] with the agent's own words, and
/// the faults of the connection. [`Request::Poke`] has no answer: use [`poke`].
pub fn ask<T: DeserializeOwned>(sockets: &[PathBuf], what: Request) -> Result<T, ControlError> {
    Ok(answer(connect(sockets)?, what)?.0)
}

/// The answer, and the connection, on which more may come.
fn answer<T: DeserializeOwned>(
    mut stream: UnixStream,
    what: Request,
) -> Result<(T, BufReader<UnixStream>), ControlError> {
    request(&mut stream, what)?;
    let mut reader = BufReader::new(stream);
    match serde_json::from_str(&line(&mut reader)?) {
        Ok(Reply::Ok(value)) => Ok((value, reader)),
        Ok(Reply::Error(why)) => Err(ControlError::Refused(why)),
        Err(_) => Err(ControlError::Garbled),
    }
}

/// Listens to what happens; the iterator blocks until something does, and ends with the agent.
pub fn subscribe(sockets: &[PathBuf]) -> Result<Subscription, ControlError> {
    let ((), reader) = answer(connect(sockets)?, Request::Watch)?;
    let endless = reader.get_ref().set_read_timeout(None);
    endless.map_err(|_| ControlError::Garbled)?;
    Ok(Subscription(reader))
}

/// Events as they happen, one JSON object each.
#[derive(Debug)]
pub struct Subscription(BufReader<UnixStream>);

impl Iterator for Subscription {
    type Item = Result<serde_json::Value, ControlError>;

    fn next(&mut self) -> Option<Self::Item> {
        match line(&mut self.0) {
            Ok(line) => Some(serde_json::from_str(&line).map_err(|_| ControlError::Garbled)),
            Err(ControlError::NoAgent) => None,
            Err(fault) => Some(Err(fault)),
        }
    }
}

/// The first socket on which somebody listens.
fn connect(sockets: &[PathBuf]) -> Result<UnixStream, ControlError> {
    let mut last = ControlError::NoAgent;
    for path in sockets {
        match UnixStream::connect(path) {
            Ok(stream) => {
                let set = stream.set_read_timeout(Some(ANSWER));
                let set = set.and_then(|()| stream.set_write_timeout(Some(ANSWER)));
                return set.map(|()| stream).map_err(ControlError::io(path));
            }
            Err(e) if is_nobody(&e) => {}
            Err(e) => last = ControlError::io(path)(e),
        }
    }
    Err(last)
}

fn is_nobody(fault: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, NotADirectory, NotFound};
    matches!(fault.kind(), NotFound | ConnectionRefused | NotADirectory)
}

fn request(stream: &mut UnixStream, what: Request) -> Result<(), ControlError> {
    let mut text = serde_json::to_string(&what).map_err(|_| ControlError::Garbled)?;
    text.push('\n');
    stream.write_all(text.as_bytes()).map_err(broken)
}

/// One whole line; an end in the middle of it is an end.
fn line(reader: &mut BufReader<UnixStream>) -> Result<String, ControlError> {
    let mut text = String::new();
    let read = reader.take(LONGEST_REPLY).read_line(&mut text);
    read.map_err(broken)?;
    match text.ends_with('\n') {
        true => Ok(text),
        false if text.is_empty() => Err(ControlError::NoAgent),
        false => Err(ControlError::Garbled),
    }
}

fn broken(fault: io::Error) -> ControlError {
    use io::ErrorKind::{InvalidData, TimedOut, WouldBlock};
    let kind = fault.kind();
    if kind == WouldBlock || kind == TimedOut {
        return ControlError::Late;
    }
    match kind == InvalidData {
        true => ControlError::Garbled,
        false => ControlError::NoAgent,
    }
}
