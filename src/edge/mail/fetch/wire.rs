//! The connection to a mailbox's server: TCP, TLS, and bytes within a time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{AlertDescription, Error as RustlsError, InvalidMessage};

use super::settings::Settings;
use crate::edge::config::Security;
use crate::edge::tls::{self, Route, Stream, dial};
use crate::protocol::clean;
use crate::rules::fetch::mailbox::Fault;

/// Bytes to and from a server.
pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
    /// When the step that is under way must have ended.
    end: Instant,
}

/// So long a connection may take, with TLS.
const CONNECT: Duration = Duration::from_secs(15);
/// So long nothing may come in a step.
const SILENCE: Duration = Duration::from_secs(60);
/// So long a step may take while something comes: 1 MiB over a line of 4 KiB a second.
const STEP: Duration = Duration::from_secs(300);
/// Bytes that are read at once.
const BUFFER: usize = 8 * 1024;

impl Wire {
    /// Connects; with TLS, if it is to begin with the first byte.
    pub(super) async fn connect(settings: &Settings) -> Result<Self, Fault> {
        let server = &settings.server;
        if settings.security == Security::Plain && !server.is_loopback() {
            return Err(Fault::Tls(format!("{server} would be reached without TLS")));
        }
        let stream = timeout(CONNECT, async {
            let tcp = dial::connect(&server.host, server.port)
                .await
                .map_err(|fault| Fault::Network(format!("cannot reach {server}: {fault}")))?;
            // It works without, if later.
            drop(tcp.set_nodelay(true));
            match settings.security {
                Security::Tls => secure(settings, Box::new(tcp), &[]).await,
                Security::StartTls | Security::Plain => Ok(Box::new(tcp) as Box<dyn Stream>),
            }
        });
        match stream.await {
            Ok(stream) => Ok(Self::over(stream?)),
            Err(_) => Err(Fault::Network(format!(
                "{server} does not answer within {} s",
                CONNECT.as_secs()
            ))),
        }
    }

    /// Over a stream that is connected.
    pub(super) fn over(stream: Box<dyn Stream>) -> Self {
        Self {
            stream: BufReader::with_capacity(BUFFER, stream),
            end: after(STEP),
        }
    }

    /// Begins TLS where the server has just said that it will; `protocol` is its name for `openssl s_client`.
    ///
    /// Whatever stands in the buffer by now came without it, from anybody: nothing is kept.
    pub(super) async fn start_tls(
        self,
        settings: &Settings,
        protocol: &str,
    ) -> Result<Self, Fault> {
        if !self.stream.buffer().is_empty() {
            return Err(Fault::Tls(format!(
                "{} said more before TLS began than it was asked: somebody may stand between",
                settings.server
            )));
        }
        let openssl = ["-starttls", protocol];
        let stream = secure(settings, self.stream.into_inner(), &openssl);
        match timeout(CONNECT, stream).await {
            Ok(stream) => Ok(Self::over(stream?)),
            Err(_) => Err(Fault::Network(format!(
                "{}: no TLS in time",
                settings.server
            ))),
        }
    }

    /// A step begins: a command and all that answers it.
    pub(super) fn begin_step(&mut self) {
        self.end_within(STEP);
    }

    /// The step that is under way ends within this time, or fails.
    pub(super) fn end_within(&mut self, span: Duration) {
        self.end = after(span);
    }

    /// Writes all of it.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(SILENCE, write).await {
            Ok(written) => written.map_err(|fault| lost(&fault)),
            Err(_) => Err(late()),
        }
    }

    /// Waits until there is something to read, at most as long as the step may take.
    pub(super) async fn fill(&mut self) -> Result<(), Fault> {
        // Whoever never stops is not waited for either.
        if Instant::now() >= self.end {
            return Err(late());
        }
        let end = self.end.min(after(SILENCE));
        match self.something_until(end).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(late()),
            Err(fault) => Err(fault),
        }
    }

    /// Whether there is something to read by then. Nothing is lost if this is dropped.
    pub(super) async fn something_until(&mut self, end: Instant) -> Result<bool, Fault> {
        match timeout_at(end, self.stream.fill_buf()).await {
            Ok(Ok([])) => Err(Fault::Network(
                "the server closed the connection".to_owned(),
            )),
            Ok(Ok(_)) => Ok(true),
            Ok(Err(fault)) => Err(lost(&fault)),
            Err(_) => Ok(false),
        }
    }

    /// What is there to read.
    pub(super) fn buffer(&self) -> &[u8] {
        self.stream.buffer()
    }

    /// So many bytes of it are read.
    pub(super) fn consume(&mut self, count: usize) {
        self.stream.consume(count);
    }
}

/// The time after this span.
pub(super) fn after(span: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(span).unwrap_or(now)
}

/// TLS over a connection.
async fn secure(
    settings: &Settings,
    tcp: Box<dyn Stream>,
    openssl: &[&str],
) -> Result<Box<dyn Stream>, Fault> {
    let server = &settings.server;
    let client = tls::client_config(true, settings.ca.as_deref());
    let client = client.map_err(|fault| Fault::Tls(fault.to_string()))?;
    let name = ServerName::try_from(server.host.clone())
        .map_err(|_| Fault::Tls(format!("no certificate can be for {:?}", server.host)))?;
    let connector = TlsConnector::from(Arc::new(client.with_no_client_auth()));
    match connector.connect(name, tcp).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(fault) => Err(no_tls(&fault, settings, openssl)),
    }
}

fn no_tls(fault: &io::Error, settings: &Settings, openssl: &[&str]) -> Fault {
    let server = &settings.server;
    let route = Route::Direct(openssl);
    if let Some(words) = tls::not_trusted(fault, &server.host, server.port, route) {
        return Fault::Tls(words);
    }
    match fault.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(RustlsError::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            Fault::Tls(format!(
                "{server} speaks no TLS there: is the port right, or does it want ?tls=required?"
            ))
        }
        Some(RustlsError::AlertReceived(AlertDescription::ProtocolVersion)) => Fault::Tls(format!(
            "{server} speaks only versions of TLS that are not safe any more"
        )),
        Some(other) => Fault::Tls(format!("no TLS with {server}: {other}")),
        None => lost(fault),
    }
}

fn lost(fault: &io::Error) -> Fault {
    Fault::Network(format!(
        "the connection broke: {}",
        clean::one_line(&fault.to_string())
    ))
}

fn late() -> Fault {
    Fault::Network("the server does not answer in time".to_owned())
}
