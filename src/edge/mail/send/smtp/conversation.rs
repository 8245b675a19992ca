//! What is said to a server (RFC 5321): commands out, answers in, taken as servers write them.
//!
//! ```text
//! answer = *( code "-" [words] eol ) code [ SP [words] ] eol     eol = CRLF, or LF alone
//! ```
//!
//! The code decides. The words may be in any character set, or missing; `EHLO` may be unknown. What is said is lettre's;
//! answers are read here, because lettre takes only UTF-8, and no code without a word.
//!
//! An answer is known by its place alone. One too many would be taken for the next command's, and at last for that to a
//! mail which was refused: so each step has its codes, and nothing is said while an answer lies there unasked.

use std::fmt::Display;
use std::future::poll_fn;
use std::io;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::Poll;

use lettre::transport::smtp::commands::{Data, Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::task::yield_now;

use crate::edge::tls::Stream;

/// A server that has said who it is.
pub(super) struct Conversation {
    stream: BufReader<Box<dyn Stream>>,
    /// What it says it can, in upper case.
    pub(super) can: Vec<String>,
}

/// An answer: its code, and what was said with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) words: String,
}

/// What went wrong on the way, before it is judged.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection failed, or what came is no answer.
    Io(io::Error),
    /// The server says no.
    No(Answer),
    /// The login is refused with this code, or there is no way to log in that we know. What a server says to a login
    /// might repeat it: its code is enough.
    Login(Option<u16>),
    /// There is no token to log in with, in words for a person.
    Token(String),
    /// The login by a token is refused, in words of ours.
    Refused(&'static str),
    /// What was said answers something else than was asked.
    OutOfStep(String),
    /// It took too long.
    Late,
    /// The address or the mail needs what the server cannot do.
    Unable(&'static str),
}

impl Fault {
    /// Whether the connection is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Io(_)
            | Self::OutOfStep(_)
            | Self::Late
            | Self::Login(_)
            | Self::Token(_)
            | Self::Refused(_) => true,
            Self::Unable(_) => false,
            // 421: "closing transmission channel" (RFC 5321, section 4.2.3).
            Self::No(answer) => answer.code == 421,
        }
    }
}

/// The codes of a yes, step by step (RFC 5321, section 4.3.2; RFC 4954, section 4).
const GREETING: RangeInclusive<u16> = 220..=220;
pub(super) const DONE: RangeInclusive<u16> = 200..=299;
pub(super) const CHALLENGE: RangeInclusive<u16> = 334..=334;
const GO_ON: RangeInclusive<u16> = 354..=354;
const NONE: RangeInclusive<u16> = 1000..=1000;

impl Conversation {
    /// Hears the greeting, unless the server has given it already, and says hello.
    pub(super) async fn begin(
        mut stream: BufReader<Box<dyn Stream>>,
        hello: &ClientId,
        greeted: bool,
    ) -> Result<Self, Fault> {
        if !greeted {
            good(answer(&mut stream).await?, &GREETING)?;
        }
        let can = Vec::new();
        let mut conversation = Self { stream, can };
        match conversation.command(Ehlo::new(hello.clone())).await {
            Ok(answer) => conversation.can = keywords(&answer.words),
            // RFC 5321, section 3.2: "If the EHLO command is not acceptable to the SMTP server, 501, 500, 502, or 550
            // failure replies MUST be returned as appropriate"; the client then says HELO.
            Err(Fault::No(answer)) if (500..600).contains(&answer.code) => {
                conversation.command(format!("HELO {hello}\r\n")).await?;
            }
            Err(fault) => return Err(fault),
        }
        Ok(conversation)
    }

    /// Speaks as far as STARTTLS (RFC 3207), and says nothing in clear where that is not to be had.
    ///
    /// No byte is read ahead: what somebody on the way put behind the server's answer lands in TLS, where it is refused,
    /// and not in the conversation that follows.
    pub(super) async fn start_tls(
        stream: Box<dyn Stream>,
        hello: &ClientId,
    ) -> Result<Box<dyn Stream>, Fault> {
        let stream = BufReader::with_capacity(1, stream);
        let mut clear = Self::begin(stream, hello, false).await?;
        match clear.ask(Starttls, &GREETING).await {
            Ok(_) => Ok(clear.stream.into_inner()),
            Err(Fault::No(Answer { code, words })) => Err(Fault::Io(io::Error::other(format!(
                "no TLS to be had: {code} {words}"
            )))),
            Err(fault) => Err(fault),
        }
    }

    /// Whether the server says that it can do this.
    pub(super) fn can(&self, what: &str) -> bool {
        self.can
            .iter()
            .any(|line| line.split(' ').next() == Some(what))
    }

    /// Says one command, its line end included, and takes the answer.
    pub(super) async fn command(&mut self, command: impl Display) -> Result<Answer, Fault> {
        self.ask(command, &DONE).await
    }

    /// Says DATA: the server waits for the mail then.
    pub(super) async fn data(&mut self) -> Result<(), Fault> {
        self.ask(Data, &GO_ON).await.map(drop)
    }

    /// Says one command, its line end included, and takes the answer, of which these codes are a yes.
    pub(super) async fn ask(
        &mut self,
        command: impl Display,
        yes: &RangeInclusive<u16>,
    ) -> Result<Answer, Fault> {
        self.in_step().await?;
        self.write(command.to_string().as_bytes()).await?;
        good(answer(&mut self.stream).await?, yes)
    }

    /// Writes the mail as far as the final dot, which is not written.
    pub(super) async fn mail(&mut self, mail: &[u8]) -> Result<(), Fault> {
        self.is_wanted().await?;
        let written = self.write(&as_data(mail)).await;
        self.is_wanted().await?;
        Ok(written?)
    }

    /// A server that has heard enough of a mail may refuse it before its end: only a refusal can be said there.
    async fn is_wanted(&mut self) -> Result<(), Fault> {
        match self.in_step().await {
            Err(Fault::OutOfStep(_)) => good(answer(&mut self.stream).await?, &NONE).map(drop),
            step => step,
        }
    }

    /// Writes the final dot: from here on the server may have taken the mail.
    pub(super) async fn dot(&mut self) -> Result<Answer, Fault> {
        self.write(b".\r\n").await?;
        good(answer(&mut self.stream).await?, &DONE)
    }

    /// Whether nothing has come that was not asked for.
    async fn in_step(&mut self) -> Result<(), Fault> {
        // The runtime learns meanwhile what has come.
        yield_now().await;
        let stream = &mut self.stream;
        let come = poll_fn(|task| {
            Poll::Ready(match Pin::new(&mut *stream).poll_fill_buf(task) {
                Poll::Ready(come) => Some(come.map(text)),
                Poll::Pending => None,
            })
        });
        match come.await {
            None => Ok(()),
            Some(Ok(said)) if !said.is_empty() => Err(Fault::OutOfStep(said)),
            Some(Ok(_)) => Err(Fault::Io(io::ErrorKind::UnexpectedEof.into())),
            Some(Err(fault)) => Err(Fault::Io(fault)),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }
}

/// Only the codes of this step are a yes, and only those of the classes 4 and 5 a no.
fn good(answer: Answer, yes: &RangeInclusive<u16>) -> Result<Answer, Fault> {
    match answer.code {
        code if yes.contains(&code) => Ok(answer),
        400..600 => Err(Fault::No(answer)),
        code => Err(Fault::OutOfStep(format!("{code} {}", answer.words))),
    }
}

/// Reads one answer. Where the codes of its lines differ, the last counts.
async fn answer(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Answer> {
    let mut lines = Vec::new();
    for _ in 0..MOST_LINES {
        let line = line(stream).await?;
        let (code, more, words) = parts(&line)
            .ok_or_else(|| io::Error::other(format!("no answer to a mail: {}", text(&line))))?;
        lines.push(text(words));
        if !more {
            let words = joined(&lines);
            return Ok(Answer { code, words });
        }
    }
    Err(io::Error::other("an answer without an end"))
}

/// The code, whether more lines follow, and the words.
fn parts(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_at_checked(3)?;
    if !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = std::str::from_utf8(code).ok()?.parse().ok()?;
    match rest {
        [] => Some((code, false, rest)),
        [b' ', words @ ..] => Some((code, false, words)),
        [b'-', words @ ..] => Some((code, true, words)),
        _ => None,
    }
}

/// The words of all lines; a status that each line repeats (RFC 2034) stands once.
fn joined(lines: &[String]) -> String {
    let status = lines.first().and_then(|line| line.split(' ').next());
    let status = status.filter(|word| word.matches('.').count() == 2);
    let one = |(place, line): (usize, &String)| {
        let rest = status
            .filter(|_| place > 0)
            .and_then(|status| line.strip_prefix(status));
        let rest = rest.and_then(|rest| rest.strip_prefix(' '));
        rest.unwrap_or(line).to_owned()
    };
    let words: Vec<_> = lines.iter().enumerate().map(one).collect();
    words.join("\n")
}

/// UTF-8, else Latin-1: a letter or two may be wrong then, and the rest can be read.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A line without its end; what is longer than any answer is passed over.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut read = 0_usize;
    loop {
        let piece = stream.fill_buf().await?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = piece.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(piece.len(), |end| end.saturating_add(1));
        let room = LONGEST_LINE.saturating_sub(line.len()).min(length);
        line.extend(piece.iter().take(room));
        stream.consume(length);
        read = read.saturating_add(length);
        if end.is_some() {
            break;
        }
        if read > LONGEST_READ {
            return Err(io::Error::other("a line without an end"));
        }
    }
    while let Some(b'\r' | b'\n') = line.last() {
        line.pop();
    }
    Ok(line)
}

/// What stands behind the first line of the answer to EHLO, in upper case (RFC 5321, section 2.4: case does not
/// matter), with single spaces.
fn keywords(words: &str) -> Vec<String> {
    let one = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.join(" ").to_uppercase()
    };
    words.lines().skip(1).map(one).collect()
}

/// The mail as DATA takes it (RFC 5321): each line ends in CRLF (section 2.3.8), and has a dot more where it begins with
/// one (section 4.5.2).
pub(super) fn as_data(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len().saturating_add(mail.len() / 32));
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend(text.first().filter(|first| **first == b'.'));
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(b"\r\n");
    }
    out
}

impl From<io::Error> for Fault {
    fn from(fault: io::Error) -> Self {
        Self::Io(fault)
    }
}

/// So much of a line is kept, in bytes; so much of one without an end is read.
const LONGEST_LINE: usize = 2048;
const LONGEST_READ: usize = 65_536;
/// The most lines of one answer.
const MOST_LINES: usize = 128;
