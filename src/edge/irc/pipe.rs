//! A connection's bytes in and out.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::select;
use tokio::time::{Instant, timeout};

use super::line::Lines;
use super::session::Session;
use crate::edge::tls::Stream;

/// Both halves of a connection.
pub(super) struct Pipe {
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    chunk: Vec<u8>,
    lines: Lines,
    /// TLS may hold bytes back.
    unflushed: bool,
}

impl Pipe {
    /// A connection that was just made.
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader,
            writer,
            chunk: vec![0; CHUNK],
            lines: Lines::default(),
            unflushed: false,
        }
    }

    /// Reads or writes once, whichever can be done first; safe to be dropped half-way. `start` is when the session's
    /// steady clock stood at zero.
    pub(super) async fn work(
        &mut self,
        session: &mut Session,
        listening: bool,
        start: Instant,
    ) -> io::Result<()> {
        let writing = self.unflushed || !session.out().is_empty();
        select! {
            read = self.reader.read(&mut self.chunk), if listening => {
                self.heard(read?, session, start.elapsed())
            }
            wrote = write_some(&mut self.writer, session.out()), if writing => {
                let wrote = wrote?;
                self.unflushed = wrote.is_some();
                session.wrote(wrote.unwrap_or(0));
                Ok(())
            }
            else => std::future::pending().await,
        }
    }

    fn heard(&mut self, count: usize, session: &mut Session, now: Duration) -> io::Result<()> {
        if count == 0 {
            return Err(io::Error::other("the server closed the connection"));
        }
        let bytes = self.chunk.get(..count).unwrap_or_default();
        self.lines.feed(bytes, |line| session.hear(line, now));
        Ok(())
    }

    /// QUIT without a word, and a moment for the server to close: a line of ours that it did not read yet would be
    /// lost with a connection that is cut.
    pub(super) async fn goodbye(&mut self, rest: &[u8]) {
        let goodbye = async {
            self.writer.write_all(rest).await?;
            self.writer.write_all(b"QUIT\r\n").await?;
            self.writer.flush().await?;
            self.writer.shutdown().await?;
            let mut scrap = [0; 1024];
            while self.reader.read(&mut scrap).await? > 0 {}
            io::Result::Ok(())
        };
        // Whatever goes wrong, the connection is dropped next.
        let _politely = timeout(GOODBYE, goodbye).await;
    }
}

/// Writes what it can and says how much, or flushes if there is nothing; safe to be dropped half-way.
async fn write_some(
    writer: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> io::Result<Option<usize>> {
    if bytes.is_empty() {
        return writer.flush().await.map(|()| None);
    }
    match writer.write(bytes).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        count => Ok(Some(count)),
    }
}

/// How long QUIT may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes read at once.
const CHUNK: usize = 4096;
