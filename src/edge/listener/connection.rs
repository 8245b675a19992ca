//! The task of one connection: hands shaken, lines heard and written at the same time, a last word.
//!
//! ```text
//! arrival ──TLS──▶ greeting ──▶ open: hear ∥ speak ──▶ farewell ──▶ over
//!            10 s     30 s           no progress for 60 s    2 s, or all at once
//! ```

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{sleep, timeout};

use super::bind::{Arrival, Stream};
use super::framing::Speech;
use super::lines::{Heard, Lines};
use super::queue::{Parting, Wire};
use super::server::House;
use super::sniff::{Greeting, greet};
use super::websocket::{Answer, Framed, Frames};
use super::writer::{Outgoing, Plain};

type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// Serves one client until it is gone.
pub(super) async fn serve(arrival: Arrival, wire: Arc<Wire>, house: Arc<House>) {
    if let Some(turn) = house.turn(arrival.source) {
        wire.hold(turn);
    }
    let halves = tokio::select! {
        halves = timeout(HANDSHAKE, halves(arrival)) => halves.ok().and_then(Result::ok),
        () = wire.parting() => None,
    };
    if let Some(halves) = halves {
        converse(halves, &wire, &house).await;
    }
    house.leave(&wire);
}

/// Both directions of a connection.
struct Halves {
    reader: Reader,
    writer: Outgoing,
    /// Whether a browser can get here.
    open_to_http: bool,
}

async fn halves(arrival: Arrival) -> io::Result<Halves> {
    let open_to_http = matches!(arrival.stream, Stream::Tcp(_));
    let (reader, writer): (Reader, Outgoing) = match (arrival.stream, arrival.tls) {
        (Stream::Unix(stream), _) => {
            let (reader, writer) = stream.into_split();
            let plain = Plain::Unix(Arc::new(writer));
            (Box::new(reader), Outgoing::Plain(plain))
        }
        (Stream::Tcp(stream), None) => {
            let (reader, writer) = stream.into_split();
            let plain = Plain::Tcp(Arc::new(writer));
            (Box::new(reader), Outgoing::Plain(plain))
        }
        (Stream::Tcp(stream), Some(acceptor)) => {
            let (reader, writer) = tokio::io::split(acceptor.accept(stream).await?);
            (Box::new(reader), Outgoing::Tls(Box::new(writer)))
        }
    };
    Ok(Halves {
        reader,
        writer,
        open_to_http,
    })
}

async fn converse(halves: Halves, wire: &Arc<Wire>, house: &House) {
    let Halves {
        mut reader,
        mut writer,
        open_to_http,
    } = halves;
    wire.write_to(writer.plain());
    let end = tokio::select! {
        biased;
        spoken = speak(&mut writer, wire) => match spoken {
            Ok(()) => End::Said,
            Err(fault) if fault.kind() == io::ErrorKind::TimedOut => End::Stuck,
            Err(_) => End::Gone,
        },
        () = hear(&mut reader, open_to_http, wire, house) => End::Gone,
        () = overdue(wire) => End::Stuck,
        () = wire.release() => End::Gone,
    };
    match end {
        End::Stuck => writer.push(&wire.last_word()),
        End::Said => {}
        End::Gone => return,
    }
    let quiet = match wire.why_parting() {
        Some(Parting::PushedOut) => return,
        Some(Parting::Shut) => QUIET,
        Some(Parting::Asked | Parting::Broken) | None => LINGER,
    };
    // However it ends, it is over.
    drop(timeout(LINGER, farewell(reader, writer, quiet)).await);
}

/// How a conversation ended.
enum End {
    /// All that there was to say is written.
    Said,
    /// The client does not read.
    Stuck,
    /// The client is gone.
    Gone,
}

/// Hears a client until it goes.
async fn hear(reader: &mut Reader, open_to_http: bool, wire: &Arc<Wire>, house: &House) {
    let ears = match open_to_http {
        true => meet(reader, wire, house).await,
        false => {
            wire.open(Speech::Lines);
            Some(Ears::Lines(Lines::default()))
        }
    };
    if let Some(ears) = ears {
        listen(reader, ears, wire).await;
    }
}

/// Finds out who has come; `None` for nobody who is to be heard.
async fn meet(reader: &mut Reader, wire: &Arc<Wire>, house: &House) -> Option<Ears> {
    let greeting = timeout(GREETING, greet(reader, house.origins())).await;
    match greeting.unwrap_or(Greeting::Gone) {
        Greeting::Irc(said) => {
            let mut lines = Lines::default();
            lines.feed(&said);
            wire.open(Speech::Lines);
            Some(Ears::Lines(lines))
        }
        Greeting::Http(Answer::Welcome { speech, response }) => {
            wire.answer(&response);
            wire.open(speech);
            Some(Ears::Frames(Box::new(Frames::new())))
        }
        Greeting::Http(Answer::Refused { why, response }) => {
            wire.answer(&response);
            send_away(wire, why).await
        }
        Greeting::Wrong(why) => {
            wire.answer(format!("ERROR :{why}\r\n").as_bytes());
            send_away(wire, why).await
        }
        Greeting::Gone => None,
    }
}

/// How a client's bytes are read.
enum Ears {
    Lines(Lines),
    Frames(Box<Frames>),
}

impl Ears {
    fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Lines(lines) => lines.feed(bytes),
            Self::Frames(frames) => frames.feed(bytes),
        }
    }

    fn next(&mut self) -> Option<Framed> {
        match self {
            Self::Lines(lines) => lines.next().map(Framed::Heard),
            Self::Frames(frames) => frames.next(),
        }
    }
}

async fn listen(reader: &mut Reader, mut ears: Ears, wire: &Arc<Wire>) {
    let mut bytes = vec![0; READ];
    loop {
        while let Some(framed) = ears.next() {
            match framed {
                Framed::Heard(Heard::Line(line)) => wire.heard(line).await,
                Framed::Heard(Heard::Endless) => {
                    return send_away(wire, "a line without an end").await;
                }
                Framed::Answer(answer) => wire.answer(&answer),
                Framed::Over(Some(why)) => return send_away(wire, &why).await,
                Framed::Over(None) => {
                    wire.mute();
                    return send_away(wire, "the WebSocket was closed").await;
                }
            }
        }
        match reader.read(&mut bytes).await {
            Ok(read @ 1..) => ears.feed(bytes.get(..read).unwrap_or_default()),
            Ok(0) => {
                wire.fall_silent();
                return sleep(FAREWELL).await;
            }
            Err(_) => return,
        }
    }
}

/// Has it told why it must go; the writing side ends the connection.
async fn send_away<T>(wire: &Wire, why: &str) -> T {
    wire.break_off(why);
    std::future::pending().await
}

/// Writes what there is, each time all of it at once, until the last word.
async fn speak(writer: &mut Outgoing, wire: &Arc<Wire>) -> io::Result<()> {
    while let Some(batch) = wire.batch().await {
        write(writer, &batch).await.inspect_err(|error| {
            tracing::info!(peer = wire.peer().name, %error, "a client cannot be written to");
        })?;
        wire.written();
    }
    Ok(())
}

async fn write(writer: &mut Outgoing, batch: &[u8]) -> io::Result<()> {
    let mut rest = batch;
    while !rest.is_empty() {
        let written = timeout(PATIENCE, writer.write(rest)).await??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(written..).unwrap_or_default();
    }
    timeout(PATIENCE, writer.flush()).await?
}

/// Ends when it should have been closed by now.
async fn overdue(wire: &Wire) {
    wire.parting().await;
    sleep(FAREWELL).await;
}

/// Says that nothing more comes, and takes what the client still sends, until it is quiet for so long: else its system
/// could drop our last words.
async fn farewell(mut reader: Reader, mut writer: Outgoing, quiet: Duration) -> io::Result<()> {
    writer.shutdown().await?;
    let mut bytes = vec![0; READ];
    while timeout(quiet, reader.read(&mut bytes)).await?? > 0 {}
    Ok(())
}

/// How long TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client at a TCP port may be silent before its first line.
const GREETING: Duration = Duration::from_secs(30);
/// How long a client may read nothing of what it is sent.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a last word may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the client's own end is waited for after it.
const LINGER: Duration = Duration::from_secs(1);
/// How long it must have sent nothing where the agent ends: a client that only listens holds up nothing.
const QUIET: Duration = Duration::from_millis(50);
/// Bytes read at once.
const READ: usize = 4096;
