//! A connection to a POP3 server: commands out, what answers them in.

use super::super::hidden::Hidden;
use super::super::wire::Wire;
use super::response::{Line, Lines, status};
use crate::rules::fetch::mailbox::Fault;

/// A connection, in whatever state of POP3.
pub(super) struct Conversation {
    pub(super) wire: Wire,
    pub(super) hidden: Hidden,
}

/// Why a command did not do what it should.
pub(super) enum Stop {
    /// -ERR, in words for a person.
    Refused(String),
    /// The connection is of no use any more.
    Fault(Fault),
    /// The answer is longer than is read; nor is the connection.
    TooLong,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Conversation {
    pub(super) fn over(wire: Wire) -> Self {
        let hidden = Hidden::default();
        Self { wire, hidden }
    }

    /// Says a command and takes the words of its +OK.
    pub(super) async fn ask(&mut self, command: &str) -> Result<String, Stop> {
        self.say(command).await?;
        self.answer().await
    }

    /// As [`Conversation::ask`], for a command that is answered by lines: so many bytes are kept, and so many read.
    pub(super) async fn ask_lines(
        &mut self,
        command: &str,
        kept: usize,
        most: u64,
    ) -> Result<Lines, Stop> {
        self.ask(command).await?;
        let mut lines = Lines::keeping(kept);
        loop {
            let (read, whole) = lines.feed(self.wire.buffer());
            self.wire.consume(read);
            if lines.length() > most {
                return Err(Stop::TooLong);
            } else if whole {
                return Ok(lines);
            }
            self.wire.fill().await?;
        }
    }

    /// Says a line.
    pub(super) async fn say(&mut self, line: &str) -> Result<(), Fault> {
        // What has come by now answers nothing that was asked.
        if !self.wire.buffer().is_empty() {
            return Err(malformed("the server says what it was not asked"));
        }
        self.wire.begin_step();
        self.wire.write(format!("{line}\r\n").as_bytes()).await
    }

    /// The words of a +OK.
    pub(super) async fn answer(&mut self) -> Result<String, Stop> {
        let line = self.line().await?;
        match status(&line) {
            Some((true, words)) => Ok(words),
            Some((false, words)) => Err(Stop::Refused(self.hidden.told(&words))),
            None => Err(malformed("what the server says is no POP3").into()),
        }
    }

    /// A line, without its end.
    pub(super) async fn line(&mut self) -> Result<Vec<u8>, Fault> {
        let mut line = Line::default();
        loop {
            let fed = line.feed(self.wire.buffer());
            let (read, whole) =
                fed.ok_or_else(|| malformed("the server sends a line without an end"))?;
            self.wire.consume(read);
            match whole {
                Some(line) => return Ok(line),
                None => self.wire.fill().await?,
            }
        }
    }
}

pub(super) fn malformed(what: &str) -> Fault {
    Fault::Malformed(what.to_owned())
}
