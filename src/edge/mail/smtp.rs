//! Mail out by a server (RFC 5321): one connection for many mails, with TLS and login.
//!
//! ```text
//! connect -> greeting, EHLO [STARTTLS, EHLO] [AUTH] -> MAIL RCPT DATA -> … -> QUIT
//!                                                      again for each mail
//! ```

mod stream;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::ClientConfig;

use super::mailer::{SendError, clean};
use crate::protocol::address::Address;

/// A server that takes mail.
#[derive(Debug)]
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    login: Option<Credentials>,
    ca: Option<PathBuf>,
    patience: Duration,
    tls: OnceLock<Arc<ClientConfig>>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, and nothing is said without it.
    StartTls,
    /// None.
    Plain,
}

/// How long one step may take; RFC 5321, section 4.5.3.2 allows a server more, but others wait behind it.
const PATIENCE: Duration = Duration::from_secs(60);
/// A connection that has been idle for longer is not used again.
const IDLE: Duration = Duration::from_secs(30);

impl Smtp {
    /// A server without login.
    #[must_use]
    pub fn new(host: &str, port: u16, security: Security) -> Self {
        Self {
            host: host.to_owned(),
            port,
            security,
            login: None,
            ca: None,
            patience: PATIENCE,
            tls: OnceLock::new(),
        }
    }

    /// Logs in (AUTH PLAIN or LOGIN, whichever the server offers).
    #[must_use]
    pub fn with_login(mut self, user: &str, password: &str) -> Self {
        self.login = Some(Credentials::new(user.to_owned(), password.to_owned()));
        self
    }

    /// Trusts the certificate authorities in a PEM file, besides the system's.
    #[must_use]
    pub fn with_ca(mut self, ca: Option<PathBuf>) -> Self {
        self.ca = ca;
        self
    }

    /// Waits for another time than 60 s in each step.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Connects, and logs in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        // Without it each mail waits 40 ms for the other side's delayed acknowledgement.
        tcp.set_nodelay(true)?;
        let hello = ClientId::default();
        let mut connection = match self.security {
            Security::Plain => {
                AsyncSmtpConnection::connect_with_transport(Box::new(tcp), &hello).await?
            }
            Security::Tls => {
                let stream = stream::tls(tcp, &self.host, self.config()?, None).await?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
            }
            Security::StartTls => {
                let tcp = stream::start_tls(tcp, &hello.to_string()).await?;
                let greeting = Some("220 encrypted\r\n");
                let stream = stream::tls(tcp, &self.host, self.config()?, greeting).await?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
            }
        };
        if let Some(login) = &self.login {
            // What a server says to a login might repeat it: its code is enough.
            let answer = connection.auth(DEFAULT_MECHANISMS, login).await;
            answer.map_err(|e| Fault::Login(e.status().map(|c| c.to_string())))?;
        }
        Ok(connection)
    }

    fn config(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = stream::config(self.ca.as_deref())?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

/// A place for one connection to a server, made when it is needed and kept for the next mail.
pub(super) struct Link {
    smtp: Arc<Smtp>,
    open: Option<(AsyncSmtpConnection, Instant)>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { smtp, open } = self;
        let open = open.is_some();
        f.debug_struct("Link")
            .field("smtp", smtp)
            .field("open", &open)
            .finish()
    }
}

/// What went wrong on the way, before it is judged.
#[derive(Debug)]
enum Fault {
    Io(io::Error),
    Smtp(lettre::transport::smtp::Error),
    Login(Option<String>),
    Late,
    /// The address or the mail needs what the server cannot do.
    Unable(&'static str),
}

/// Which step of handing over went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Connecting and logging in.
    Connect,
    /// MAIL: about us, or the connection was a stale one.
    Sender,
    /// RCPT, DATA and the mail itself: about this mail and recipient.
    Mail,
}

impl Link {
    pub(super) fn new(smtp: Arc<Smtp>) -> Self {
        Self { smtp, open: None }
    }

    /// Hands over one mail. A connection that turns out to have been closed meanwhile is made anew once.
    pub(super) async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
    ) -> Result<(), SendError> {
        let mail = with_crlf(mail);
        if self
            .open
            .as_ref()
            .is_some_and(|(_, used)| used.elapsed() > IDLE)
        {
            self.close().await;
        }
        let used = self.open.is_some();
        match self.attempt(from, to, &mail).await {
            Err((Step::Sender, fault)) if used && fault.is_lost() => {
                self.open = None;
                self.attempt(from, to, &mail).await
            }
            other => other,
        }
        .map_err(|(step, fault)| self.judge(step, fault))
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) {
        if let Some((mut connection, _)) = self.open.take() {
            // Nothing depends on the answer.
            drop(timeout(Duration::from_secs(2), connection.quit()).await);
        }
    }

    async fn attempt(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
    ) -> Result<(), (Step, Fault)> {
        let patience = self.smtp.patience;
        let (mut connection, _) = match self.open.take() {
            Some(open) => open,
            None => {
                let connected = timeout(patience, self.smtp.connect()).await;
                let connected = connected.unwrap_or(Err(Fault::Late));
                (
                    connected.map_err(|fault| (Step::Connect, fault))?,
                    Instant::now(),
                )
            }
        };
        let sent = hand_over(&mut connection, from, to, mail, patience).await;
        let clean = match &sent {
            Ok(()) => true,
            Err((_, fault)) if fault.is_lost() => false,
            Err(_) => matches!(timeout(patience, connection.command(Rset)).await, Ok(Ok(_))),
        };
        if clean {
            self.open = Some((connection, Instant::now()));
        }
        sent
    }

    /// Permanent is only what the server says for good of this recipient or this mail (RFC 5321, section 4.2.1).
    fn judge(&self, step: Step, fault: Fault) -> SendError {
        let Smtp { host, port, .. } = self.smtp.as_ref();
        let permanent = fault.is_permanent() && step == Step::Mail;
        let why = match fault {
            Fault::Io(e) => format!("cannot reach {host}:{port}: {e}"),
            Fault::Login(Some(code)) => format!("{host}:{port} refused the login ({code})"),
            Fault::Login(None) => format!("cannot log in to {host}:{port}"),
            Fault::Late => format!("{host}:{port} does not answer"),
            Fault::Unable(what) => format!("{host}:{port} cannot take {what}"),
            Fault::Smtp(e) => format!("{host}:{port}: {}", clean(&e.to_string())),
        };
        match permanent {
            true => SendError::Permanent(why),
            false => SendError::Transient(why),
        }
    }
}

async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &Address,
    mail: &[u8],
    patience: Duration,
) -> Result<(), (Step, Fault)> {
    let options = options(connection, from, to, mail).map_err(|fault| (Step::Mail, fault))?;
    let (from, to) = (envelope(from), envelope(to));
    within(
        patience,
        connection.command(Mail::new(Some(from), options)),
        Step::Sender,
    )
    .await?;
    within(
        patience,
        connection.command(Rcpt::new(to, Vec::new())),
        Step::Mail,
    )
    .await?;
    within(patience, connection.command(Data), Step::Mail).await?;
    within(patience, connection.message(mail), Step::Mail).await
}

async fn within<T>(
    patience: Duration,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    which: Step,
) -> Result<(), (Step, Fault)> {
    match timeout(patience, step).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err((which, Fault::Smtp(e))),
        Err(_) => Err((which, Fault::Late)),
    }
}

/// 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531) where they are needed.
fn options(
    connection: &AsyncSmtpConnection,
    from: &Address,
    to: &Address,
    mail: &[u8],
) -> Result<Vec<MailParameter>, Fault> {
    let can = |what| connection.server_info().supports_feature(what);
    let mut options = Vec::new();
    if !from.as_str().is_ascii() || !to.as_str().is_ascii() {
        if !can(Extension::SmtpUtfEight) {
            return Err(Fault::Unable("an address that is not ASCII"));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() {
        if !can(Extension::EightBitMime) {
            return Err(Fault::Unable("a mail that is not ASCII"));
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(options)
}

/// Ours is checked more strictly than theirs.
fn envelope(address: &Address) -> lettre::Address {
    lettre::Address::new_dangerous(address.local(), address.domain())
}

impl Fault {
    /// Whether the connection is of no use any more.
    fn is_lost(&self) -> bool {
        match self {
            Self::Io(_) | Self::Late | Self::Login(_) => true,
            Self::Unable(_) => false,
            // 421: "closing transmission channel" (RFC 5321, section 4.2.3).
            Self::Smtp(e) => e.status().is_none_or(|code| u16::from(code) == 421),
        }
    }

    fn is_permanent(&self) -> bool {
        match self {
            Self::Smtp(e) => e.is_permanent(),
            Self::Unable(_) => true,
            Self::Io(_) | Self::Login(_) | Self::Late => false,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(fault: io::Error) -> Self {
        Self::Io(fault)
    }
}

impl From<lettre::transport::smtp::Error> for Fault {
    fn from(fault: lettre::transport::smtp::Error) -> Self {
        Self::Smtp(fault)
    }
}

/// The mail with CRLF line ends (RFC 5321, section 2.3.8), without the last: the end of DATA brings that one.
fn with_crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len().saturating_add(mail.len() / 32));
    for line in mail.split_inclusive(|&b| b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        if text.len() < line.len() {
            out.extend_from_slice(b"\r\n");
        }
    }
    out.truncate(out.strip_suffix(b"\r\n").unwrap_or(&out).len());
    out
}

#[cfg(test)]
mod tests;
