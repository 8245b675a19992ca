//! Mail out by a server (RFC 5321): one connection for many mails, with TLS and login.
//!
//! ```text
//! connect -> greeting, EHLO [STARTTLS, EHLO] [AUTH] -> MAIL RCPT DATA -> … -> QUIT
//!                                                      again for each mail
//! ```

mod conversation;
mod login;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::commands::{Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use tokio::io::BufReader;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::mail::OutMail;
use crate::edge::config;
use crate::edge::config::{MailLogin, Password, PasswordError, Secret, Security, Server};
use crate::edge::tls::{self, Route, Stream, dial};
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::debug::redacted_debug;
use crate::rules::queue::route::Handed;
use crate::rules::queue::verdict::{Stage, verdict};
use conversation::{Answer, Conversation, Fault};

/// A server that takes mail.
pub(super) struct Smtp {
    server: Server,
    security: Security,
    login: Option<Login>,
    ca: Option<PathBuf>,
    patience: Duration,
    tls: OnceLock<Arc<ClientConfig>>,
}

/// How to log in.
enum Login {
    /// By a password, had once.
    Password(Credentials),
    /// As this user by a token, had anew for each connection.
    Token(String, Password),
}

redacted_debug! { Smtp { server, security, login: hidden, ca, patience: hidden, tls: hidden } }

/// How long one step may take; RFC 5321, section 4.5.3.2 allows a server more, but others wait behind it.
const PATIENCE: Duration = Duration::from_secs(60);
/// That after the final dot, where whoever sends does not wait less (section 4.5.3.2.6: "10 minutes").
const AFTER_DOT: Duration = Duration::from_secs(600);
/// How much is told of what went wrong, in bytes.
const LONGEST: usize = 200;
/// A connection that has been idle for longer is not used again.
const IDLE: Duration = Duration::from_secs(30);

impl Smtp {
    /// As configured; a password is had from its program or file, which may take ten seconds.
    pub(super) fn of(server: &config::Smtp) -> Result<Self, PasswordError> {
        let config::Smtp { url, login, ca } = server;
        let login = match (&url.user, login) {
            (Some(user), Some(MailLogin::Password(password))) => {
                let password = password.read()?.expose().to_owned();
                Some(Login::Password(Credentials::new(user.clone(), password)))
            }
            (Some(user), Some(MailLogin::Token(token))) => {
                Some(Login::Token(user.clone(), token.clone()))
            }
            _ => None,
        };
        Ok(Self {
            server: url.server.clone(),
            security: url.security,
            login,
            ca: ca.clone(),
            patience: PATIENCE,
            tls: OnceLock::new(),
        })
    }

    /// Connects, and logs in.
    async fn connect(&self) -> Result<Conversation, Fault> {
        // Before the server waits for it.
        let token = match &self.login {
            Some(Login::Token(user, token)) => Some((user, read(token.clone()).await?)),
            Some(Login::Password(_)) | None => None,
        };
        let tcp = dial::connect(&self.server.host, self.server.port).await?;
        // Without it each mail waits 40 ms for the other side's delayed acknowledgement.
        tcp.set_nodelay(true)?;
        let hello = ClientId::default();
        let (tcp, greeted): (Box<dyn Stream>, bool) = match self.security {
            Security::Plain | Security::Tls => (Box::new(tcp), false),
            Security::StartTls => {
                let clear = Conversation::start_tls(Box::new(tcp), &hello);
                (clear.await?, true)
            }
        };
        let stream = match self.security {
            Security::Plain => tcp,
            Security::Tls | Security::StartTls => self.tls(tcp).await?,
        };
        let mut conversation = Conversation::begin(BufReader::new(stream), &hello, greeted).await?;
        if let Some((user, token)) = token {
            conversation
                .log_in_by_token(user, &self.server, &token)
                .await?;
        } else if let Some(Login::Password(login)) = &self.login {
            conversation.log_in(login).await?;
        }
        Ok(conversation)
    }

    /// Begins TLS with the server.
    async fn tls(&self, tcp: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let config = match self.tls.get() {
            Some(config) => config,
            None => {
                let client =
                    tls::client_config(true, self.ca.as_deref()).map_err(io::Error::other)?;
                self.tls
                    .get_or_init(|| Arc::new(client.with_no_client_auth()))
            }
        };
        let name = ServerName::try_from(self.server.host.clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(config)).connect(name, tcp);
        Ok(Box::new(stream.await?))
    }
}

/// A token from its program, which may take ten seconds, while other mails go on.
async fn read(token: Password) -> Result<Secret, Fault> {
    let read = spawn_blocking(move || token.read()).await;
    let read = read.map_err(|fault| Fault::Token(fault.to_string()))?;
    read.map_err(|fault| Fault::Token(fault.to_string()))
}

/// A place for one connection to a server, made when it is needed and kept for the next mail.
pub(super) struct Link {
    smtp: Arc<Smtp>,
    open: Option<(Conversation, Instant)>,
}

redacted_debug! { Link { smtp, open: hidden } }

/// Which step of handing over went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Connecting and logging in.
    Connect,
    /// MAIL, RCPT, DATA.
    Before(Stage),
    /// The mail without its end: whatever is said here, there is no way back to another one.
    Within,
    /// After the final dot.
    Dot,
}

impl Link {
    pub(super) fn new(smtp: Arc<Smtp>) -> Self {
        Self { smtp, open: None }
    }

    /// Hands over one mail. A connection that turns out to have been closed meanwhile is made anew once.
    pub(super) async fn send(
        &mut self,
        OutMail { from, to, mail }: &OutMail,
        begun: &(dyn Fn() + Sync),
    ) -> Handed {
        if matches!(&self.open, Some((_, used)) if used.elapsed() > IDLE) {
            self.close().await;
        }
        let used = self.open.is_some();
        let envelope = (from, to);
        let sent = match self.attempt(envelope, mail, begun).await {
            Err((Step::Before(Stage::Sender), fault)) if used && fault.is_lost() => {
                self.open = None;
                self.attempt(envelope, mail, begun).await
            }
            other => other,
        };
        match sent {
            Ok(()) => Handed::Taken,
            Err((step, fault)) => self.judge(step, fault, to),
        }
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) {
        if let Some((mut conversation, _)) = self.open.take() {
            // Nothing depends on the answer.
            drop(timeout(Duration::from_secs(2), conversation.command(Quit)).await);
        }
    }

    async fn attempt(
        &mut self,
        envelope: (&Address, &Address),
        mail: &[u8],
        begun: &(dyn Fn() + Sync),
    ) -> Result<(), (Step, Fault)> {
        let patience = self.smtp.patience;
        let mut conversation = match self.open.take() {
            Some((open, _)) => open,
            None => {
                let connected = within(patience, self.smtp.connect()).await;
                connected.map_err(|fault| (Step::Connect, fault))?
            }
        };
        let sent = hand_over(&mut conversation, envelope, mail, patience, begun).await;
        let clean = match &sent {
            Ok(()) => true,
            Err((step, fault)) if *step == Step::Within || fault.is_lost() => false,
            Err(_) => matches!(
                timeout(patience, conversation.command(Rset)).await,
                Ok(Ok(_))
            ),
        };
        if clean {
            self.open = Some((conversation, Instant::now()));
        }
        sent
    }

    /// Refused is only what the server says for good of this recipient or this mail (RFC 5321, section 4.2.1).
    fn judge(&self, step: Step, fault: Fault, to: &Address) -> Handed {
        let why = self.why(&fault);
        let stage = match (step, &fault) {
            (Step::Dot, Fault::Io(_) | Fault::OutOfStep(_) | Fault::Late) => {
                return Handed::Unseen(why);
            }
            (Step::Before(_), Fault::Unable(_)) => return Handed::Refused(why),
            (Step::Connect, _) => return Handed::Later(why),
            (Step::Before(stage), _) => stage,
            (Step::Within | Step::Dot, _) => Stage::Mail,
        };
        let Fault::No(Answer { code, words }) = &fault else {
            return Handed::Later(why);
        };
        Handed::refused(verdict(stage, *code, words, to), why)
    }

    /// What went wrong, for a person to read: whatever of it a server said is cleaned here.
    fn why(&self, fault: &Fault) -> String {
        let at = &self.smtp.server;
        let route = match self.smtp.security {
            Security::StartTls => Route::Direct(&["-starttls", "smtp"]),
            Security::Tls | Security::Plain => Route::Direct(&[]),
        };
        let why = match fault {
            Fault::Io(e) => match tls::not_trusted(e, &at.host, at.port, route) {
                // A command that is cut in the middle helps nobody, and a server has no words in it.
                Some(told) => return told,
                None => format!("cannot reach {at}: {e}"),
            },
            Fault::Token(why) => format!("no token for {at}: {why}"),
            Fault::Refused(why) => format!("{at} refused the login: {why}"),
            Fault::Login(Some(code)) => format!("{at} refused the login ({code})"),
            Fault::Login(None) => format!("cannot log in to {at}"),
            Fault::OutOfStep(said) => format!("{at} answers out of step: {said}"),
            Fault::Late => format!("{at} does not answer"),
            Fault::Unable(what) => format!("{at} cannot take {what}"),
            Fault::No(Answer { code, words }) => format!("{at}: {code} {words}"),
        };
        clean::line(&why, LONGEST)
    }
}

async fn hand_over(
    conversation: &mut Conversation,
    (from, to): (&Address, &Address),
    mail: &[u8],
    patience: Duration,
    begun: &(dyn Fn() + Sync),
) -> Result<(), (Step, Fault)> {
    let before = |stage| move |fault| (Step::Before(stage), fault);
    let options = options(conversation, from, to, mail).map_err(before(Stage::Sender))?;
    let sender = Mail::new(Some(envelope(from)), options);
    let said = within(patience, conversation.command(sender)).await;
    said.map_err(before(Stage::Sender))?;
    let receiver = Rcpt::new(envelope(to), Vec::new());
    let said = within(patience, conversation.command(receiver)).await;
    said.map_err(before(Stage::Receiver))?;
    let said = within(patience, conversation.data()).await;
    said.map_err(before(Stage::Mail))?;
    let written = within(patience, conversation.mail(mail)).await;
    written.map_err(|fault| (Step::Within, fault))?;
    begun();
    end(conversation).await
}

/// The final dot. However slowly the answer drips in, that has an end, which may come earlier for whoever sends.
async fn end(conversation: &mut Conversation) -> Result<(), (Step, Fault)> {
    let taken = within(AFTER_DOT, conversation.dot()).await;
    taken.map(drop).map_err(|fault| (Step::Dot, fault))
}

async fn within<T>(
    patience: Duration,
    step: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let done = timeout(patience, step).await;
    done.unwrap_or(Err(Fault::Late))
}

/// 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531) where they are needed.
fn options(
    conversation: &Conversation,
    from: &Address,
    to: &Address,
    mail: &[u8],
) -> Result<Vec<MailParameter>, Fault> {
    let mut options = Vec::new();
    if !from.as_str().is_ascii() || !to.as_str().is_ascii() {
        if !conversation.can("SMTPUTF8") {
            return Err(Fault::Unable("an address that is not ASCII"));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() {
        if !conversation.can("8BITMIME") {
            return Err(Fault::Unable("a mail that is not ASCII"));
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(options)
}

/// An address of ours is a narrower thing than one of RFC 5321: it needs no second check.
fn envelope(address: &Address) -> lettre::Address {
    lettre::Address::new_dangerous(address.local(), address.domain())
}

#[cfg(test)]
mod tests;
