//! `[mail]` and `[mail.fetch]`: the way out for mail, the mailbox to look into, and how to log in to both.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::mail_url::{FetchUrl, Protocol, Security, SmtpUrl};
use super::secret::{Password, PasswordError, Secret, password};
use super::values::{Broken, Server, Span, Words, within, yes};
use crate::protocol::address::Address;
use crate::protocol::time::DAY;

/// How mail leaves, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The way out.
    pub out: MailOut,
    /// The mailbox that is looked into; `None`: a hook hands us our mail.
    pub fetch: Option<Fetch>,
    /// Mails in any 24 hours that we may send by ourselves; `None` is no limit, and no jitter.
    pub per_day: Option<u32>,
    /// Whether handled mails stay in the mailbox too.
    pub keep: bool,
}

/// The way out for mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOut {
    /// A program and its first arguments, run as `CMD -i -f FROM -- TO`.
    Sendmail(Vec<String>),
    /// A server that takes mail.
    Smtp(Smtp),
}

/// A server that takes mail, and how to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Host, port, TLS and user.
    pub url: SmtpUrl,
    /// How to log in; there is something exactly if there is a user.
    pub login: Option<MailLogin>,
    /// A PEM file with a certificate authority to trust besides the system's.
    pub ca: Option<PathBuf>,
}

/// A mailbox that is looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// What its server speaks.
    pub protocol: Protocol,
    /// Host and port.
    pub server: Server,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in.
    pub user: String,
    /// How they log in.
    pub login: MailLogin,
    /// A PEM file with a certificate authority to trust besides the system's.
    pub ca: Option<PathBuf>,
    /// The folder that is watched, as a person writes it; always `INBOX` with POP3.
    pub folder: String,
    /// What becomes of a handled mail, unless [`Mail::keep`] leaves it.
    pub then: Then,
    /// Whether the folder marked `\Junk` (RFC 6154) is looked into, too; IMAP only.
    pub junk: bool,
    /// Between two looks, where the server does not tell by itself.
    pub poll: Duration,
}

/// What becomes of a handled mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// It is deleted.
    Delete,
    /// It is moved into this folder, which is made if it is not there; IMAP only.
    Move(String),
}

/// How to log in to a mail server; `P` is where the secret is to be had, or the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailLogin<P = Password> {
    /// By a password.
    Password(P),
    /// By an OAuth 2 access token (RFC 6750), had anew for each login: it holds for about an hour.
    Token(P),
}

impl MailLogin {
    /// With the secret itself, had from its program or file, which may take ten seconds.
    pub fn open(&self) -> Result<MailLogin<Secret>, PasswordError> {
        Ok(match self {
            Self::Password(password) => MailLogin::Password(password.read()?),
            Self::Token(token) => MailLogin::Token(token.read()?),
        })
    }

    /// The file, if the secret is in one.
    fn file(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Password(secret) | Self::Token(secret) => secret.file(),
        }
    }
}

impl Mail {
    /// Uses a password that is in no file yet, wherever one is wanted.
    pub fn tell(&mut self, password: &Secret) {
        let smtp = match &mut self.out {
            MailOut::Smtp(smtp) => smtp.login.as_mut(),
            MailOut::Sendmail(_) => None,
        };
        let fetch = self.fetch.as_mut().map(|fetch| &mut fetch.login);
        for login in smtp.into_iter().chain(fetch) {
            if let MailLogin::Password(one) = login {
                *one = Password::Told(password.clone());
            }
        }
    }

    /// All files that are named.
    pub(super) fn files(&mut self) -> Vec<&mut PathBuf> {
        let mut files = Vec::new();
        if let MailOut::Smtp(smtp) = &mut self.out {
            files.extend(smtp.ca.as_mut());
            files.extend(smtp.login.as_mut().and_then(MailLogin::file));
        }
        if let Some(fetch) = &mut self.fetch {
            files.extend(fetch.ca.as_mut());
            files.extend(fetch.login.file());
        }
        files
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MailTable {
    sendmail: Option<Words>,
    smtp: Option<SmtpUrl>,
    password_command: Option<Words>,
    password_file: Option<PathBuf>,
    token_command: Option<Words>,
    ca: Option<PathBuf>,
    per_day: Option<u32>,
    keep: bool,
    fetch: Option<toml::Spanned<FetchTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FetchTable {
    server: FetchUrl,
    password_command: Option<Words>,
    password_file: Option<PathBuf>,
    token_command: Option<Words>,
    ca: Option<PathBuf>,
    folder: Option<String>,
    #[serde(default)]
    then: ThenWord,
    move_to: Option<String>,
    #[serde(default = "yes")]
    junk: bool,
    poll: Option<toml::Spanned<Span>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ThenWord {
    #[default]
    Delete,
    Move,
}

/// Reads `[mail]`; what [mail.fetch] does not say for itself is as `[mail]` says, and its user is the address.
pub(super) fn mail(
    table: Option<toml::Spanned<MailTable>>,
    address: &Address,
) -> Result<Mail, Broken> {
    let at = table.as_ref().map(|t| t.span().start);
    let table = table.map(toml::Spanned::into_inner).unwrap_or_default();
    table.check(address, at)
}

impl MailTable {
    fn check(self, address: &Address, at: Option<usize>) -> Result<Mail, Broken> {
        let broken = |what| (at, what);
        let login = login(
            self.password_command,
            self.password_file,
            self.token_command,
        );
        let login = login.map_err(broken)?;
        let fetch = self.fetch.map(|table| {
            let at = table.span().start;
            let table = table.into_inner();
            table.check(address, at, login.as_ref(), self.ca.as_ref())
        });
        let fetch = fetch.transpose()?;
        let unused = fetch.is_none() && (login.is_some() || self.ca.is_some());
        let out = match (self.sendmail, self.smtp) {
            (Some(_), Some(_)) => Err("sendmail and smtp exclude each other".to_owned()),
            (None, Some(url)) => {
                // Without a user it is the mailbox's alone.
                let login = login.filter(|_| url.user.is_some() || fetch.is_none());
                smtp(url, login, self.ca).map(MailOut::Smtp)
            }
            (_, None) if unused => Err(
                "password_command, password_file, token_command and ca go with smtp or [mail.fetch]"
                    .to_owned(),
            ),
            (Some(words), None) => Ok(MailOut::Sendmail(words.0)),
            (None, None) => Ok(MailOut::Sendmail(vec!["/usr/sbin/sendmail".to_owned()])),
        };
        Ok(Mail {
            out: out.map_err(broken)?,
            fetch,
            per_day: Some(self.per_day.unwrap_or(200)).filter(|n| *n != 0),
            keep: self.keep,
        })
    }
}

fn login(
    command: Option<Words>,
    file: Option<PathBuf>,
    token: Option<Words>,
) -> Result<Option<MailLogin>, String> {
    match (password(command, file)?, token) {
        (Some(_), Some(_)) => Err("a login is by a password or by a token, not both".to_owned()),
        (Some(password), None) => Ok(Some(MailLogin::Password(password))),
        (None, Some(words)) => Ok(Some(MailLogin::Token(Password::Command(words.0)))),
        (None, None) => Ok(None),
    }
}

fn smtp(url: SmtpUrl, login: Option<MailLogin>, ca: Option<PathBuf>) -> Result<Smtp, String> {
    let what = match (&url.user, &login) {
        (Some(_), None) => {
            "smtp with a user needs password_command, password_file or token_command"
        }
        (None, Some(_)) => "a password or token needs a user in smtp: smtps://user@host",
        _ => return Ok(Smtp { url, login, ca }),
    };
    Err(what.to_owned())
}

impl FetchTable {
    fn check(
        self,
        address: &Address,
        at: usize,
        login_of_mail: Option<&MailLogin>,
        ca_of_mail: Option<&PathBuf>,
    ) -> Result<Fetch, Broken> {
        let broken = |what: &str| (Some(at), what.to_owned());
        let url = self.server;
        let login = login(
            self.password_command,
            self.password_file,
            self.token_command,
        );
        let login = login.map_err(|what| broken(&what))?;
        let no_login = "[mail.fetch] needs password_command, password_file or token_command";
        let folder = self.folder.unwrap_or_else(|| INBOX.to_owned());
        let then = then(self.then, self.move_to).map_err(|what| broken(&what))?;
        folders(url.protocol, &folder, &then).map_err(|what| broken(&what))?;
        let usual = match url.protocol {
            Protocol::Imap => Duration::from_secs(60),
            Protocol::Pop3 => Duration::from_secs(300),
        };
        Ok(Fetch {
            protocol: url.protocol,
            server: url.server,
            security: url.security,
            user: url.user.unwrap_or_else(|| address.to_string()),
            login: login
                .or_else(|| login_of_mail.cloned())
                .ok_or_else(|| broken(no_login))?,
            ca: self.ca.or_else(|| ca_of_mail.cloned()),
            folder,
            then,
            junk: self.junk,
            poll: within(self.poll, usual, "poll", Duration::from_secs(1)..=DAY)?,
        })
    }
}

fn then(word: ThenWord, move_to: Option<String>) -> Result<Then, String> {
    match (word, move_to) {
        (ThenWord::Delete, None) => Ok(Then::Delete),
        (ThenWord::Delete, Some(_)) => Err("move_to goes with then = \"move\"".to_owned()),
        (ThenWord::Move, folder) => Ok(Then::Move(folder.unwrap_or_else(|| "IIM".to_owned()))),
    }
}

/// A folder has a name; POP3 has no folders; and what is moved into the watched folder would be found there again.
fn folders(protocol: Protocol, folder: &str, then: &Then) -> Result<(), String> {
    let is_name = |name: &str| (1..=255).contains(&name.len()) && !name.contains(char::is_control);
    let is_inbox = |name: &str| name.eq_ignore_ascii_case(INBOX);
    let target = match then {
        Then::Delete => None,
        Then::Move(target) => Some(target.as_str()),
    };
    if !is_name(folder) || target.is_some_and(|target| !is_name(target)) {
        return Err(
            "a folder's name is 1 to 255 bytes long and holds no control characters".to_owned(),
        );
    }
    if protocol == Protocol::Pop3 && (!is_inbox(folder) || target.is_some()) {
        return Err(
            "POP3 knows no folders: use imaps:// for folder and then = \"move\"".to_owned(),
        );
    }
    if target == Some(folder) || target.is_some_and(|target| is_inbox(target) && is_inbox(folder)) {
        return Err("move_to is the folder that is watched".to_owned());
    }
    Ok(())
}

const INBOX: &str = "INBOX";
