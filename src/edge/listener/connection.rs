//! The task of one connection: handshakes, lines received and written at the same time, a last word.
//!
//! ```text
//! arrival ──TLS──▶ sniff ──▶ receive ∥ transmit ──▶ farewell ──▶ over
//!            10 s     30 s    no progress for 60 s    2 s, or all at once
//! ```

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::time::{sleep, timeout};

use super::bind::Arrival;
use super::framing::Framing;
use super::lines::Received;
use super::plain::Plain;
use super::queue::{Parting, Queue};
use super::server::Server;
use super::sniff::{Sniffed, sniff};
use super::throttle::Source;
use super::websocket::{Answer, Decoder};
use crate::edge::tls::Stream;

type Reader = ReadHalf<Box<dyn Stream>>;
type Writer = WriteHalf<Box<dyn Stream>>;

/// Serves one client until it is gone.
pub(super) async fn serve(arrival: Arrival, queue: Arc<Queue>, server: Arc<Server>) {
    let turn = server.slots().turn(arrival.source);
    if let Some(turn) = turn {
        queue.hold(turn);
    }
    let open_to_http = arrival.source != Source::Unix;
    let stream = tokio::select! {
        stream = timeout(HANDSHAKE, shake_hands(arrival, &queue)) => stream.ok().and_then(Result::ok),
        () = queue.parting() => None,
    };
    if let Some(stream) = stream {
        run(split(stream), open_to_http, &queue, &server).await;
    }
    server.leave(&queue);
}

async fn shake_hands(arrival: Arrival, queue: &Queue) -> io::Result<Box<dyn Stream>> {
    match arrival.tls {
        Some(tls) => Ok(Box::new(tls.accept(arrival.stream).await?)),
        None => {
            queue.write_to(Plain(arrival.handle));
            Ok(arrival.stream)
        }
    }
}

/// `open_to_http`: whether a browser can get here.
async fn run(
    (mut reader, mut writer): (Reader, Writer),
    open_to_http: bool,
    queue: &Arc<Queue>,
    server: &Server,
) {
    let end = tokio::select! {
        biased;
        sent = transmit(&mut writer, queue) => match sent {
            Ok(()) => End::Said,
            Err(fault) if fault.kind() == io::ErrorKind::TimedOut => End::Stuck,
            Err(_) => End::Gone,
        },
        () = receive(&mut reader, open_to_http, queue, server) => End::Gone,
        () = overdue(queue) => End::Stuck,
        () = queue.release() => End::Gone,
    };
    match end {
        End::Stuck => queue.leave_last_word(),
        End::Said => {}
        End::Gone => return,
    }
    let quiet = match queue.why_parting() {
        Some(Parting::PushedOut) => return,
        Some(Parting::Shut) => QUIET,
        Some(Parting::Asked | Parting::Broken) | None => LINGER,
    };
    // However it ends, it is over.
    drop(timeout(LINGER, farewell(reader, writer, quiet)).await);
}

/// How a connection ended.
enum End {
    /// All that there was to say is written.
    Said,
    /// The client does not read.
    Stuck,
    /// The client is gone.
    Gone,
}

/// Finds out what a client speaks, and takes what it sends until it goes.
async fn receive(reader: &mut Reader, open_to_http: bool, queue: &Arc<Queue>, server: &Server) {
    let sniffed = match open_to_http {
        true => timeout(GREETING, sniff(reader, &server.origins)).await,
        false => Ok(Sniffed::Irc(Vec::new())),
    };
    match sniffed.unwrap_or(Sniffed::Gone) {
        Sniffed::Irc(said) => {
            let mut decoder = Decoder::default();
            decoder.feed(&said);
            queue.open(Framing::Lines);
            listen(reader, decoder, queue).await;
        }
        Sniffed::Other(Answer::Welcome(framing, response)) => {
            queue.answer(&response);
            queue.open(framing);
            listen(reader, Decoder::of_frames(), queue).await;
        }
        Sniffed::Other(Answer::Refused(why, response)) => {
            queue.answer(&response);
            send_away(queue, why).await
        }
        Sniffed::Gone => {}
    }
}

async fn listen(reader: &mut Reader, mut decoder: Decoder, queue: &Arc<Queue>) {
    let mut bytes = vec![0; READ];
    loop {
        while let Some(received) = decoder.next() {
            match received {
                Received::Line(line) => queue.received(line).await,
                Received::Endless => return send_away(queue, "a line without an end").await,
                Received::Answer(answer) => queue.answer(&answer),
                Received::Over(Some(why)) => return send_away(queue, &why).await,
                Received::Over(None) => {
                    queue.mute();
                    return send_away(queue, "the WebSocket was closed").await;
                }
            }
        }
        match reader.read(&mut bytes).await {
            Ok(read @ 1..) => decoder.feed(bytes.get(..read).unwrap_or_default()),
            Ok(0) => {
                queue.fall_silent();
                return sleep(FAREWELL).await;
            }
            Err(_) => return,
        }
    }
}

/// Has the client told why it must go; the writing side ends the connection.
async fn send_away(queue: &Queue, why: &str) {
    queue.break_off(why);
    std::future::pending().await
}

/// Writes what there is, each time all of it at once, until the last word.
async fn transmit(writer: &mut Writer, queue: &Arc<Queue>) -> io::Result<()> {
    while let Some(batch) = queue.batch().await {
        write(writer, &batch).await.inspect_err(|error| {
            tracing::info!(peer = queue.peer.name, %error, "a client cannot be written to");
        })?;
        queue.written();
    }
    Ok(())
}

async fn write(writer: &mut Writer, batch: &[u8]) -> io::Result<()> {
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
async fn overdue(queue: &Queue) {
    queue.parting().await;
    sleep(FAREWELL).await;
}

/// Says that nothing more comes, and takes what the client still sends, until it is quiet for so long: else its system
/// could drop our last words.
async fn farewell(mut reader: Reader, mut writer: Writer, quiet: Duration) -> io::Result<()> {
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
