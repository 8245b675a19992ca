//! `[mail]`: the way out for mail, the mailboxes to look into, and how to log in to both.

use std::path::PathBuf;

use serde::Deserialize;

use super::fetch::{Fetch, FetchTables, OfMail};
use super::mail_login::{MailLogin, login};
use super::mail_url::SmtpUrl;
use super::secret::{Password, Secret};
use super::values::{Broken, Words};
use crate::protocol::address::Address;

/// How mail leaves, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The way out.
    pub out: MailOut,
    /// The mailboxes that are looked into; none: a hook hands us our mail.
    pub fetch: Vec<Fetch>,
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

impl Mail {
    /// Uses a password that is in no file yet, wherever one is wanted.
    pub fn tell(&mut self, password: &Secret) {
        let smtp = match &mut self.out {
            MailOut::Smtp(smtp) => smtp.login.as_mut(),
            MailOut::Sendmail(_) => None,
        };
        let fetch = self.fetch.iter_mut().map(|fetch| &mut fetch.login);
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
        for fetch in &mut self.fetch {
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
    fetch: Option<toml::Spanned<FetchTables>>,
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
        let fetch = self.fetch.map(|tables| {
            let of_mail = OfMail {
                address,
                login: login.as_ref(),
                ca: self.ca.as_ref(),
                smtp: self.smtp.as_ref(),
            };
            let at = tables.span().start;
            tables.into_inner().check(at, &of_mail)
        });
        let fetch = fetch.transpose()?.unwrap_or_default();
        let unused = fetch.is_empty() && (login.is_some() || self.ca.is_some());
        let out = match (self.sendmail, self.smtp) {
            (Some(_), Some(_)) => Err("sendmail and smtp exclude each other".to_owned()),
            (None, Some(url)) => {
                // Without a user it is the mailbox's alone.
                let login = login.filter(|_| url.user.is_some() || fetch.is_empty());
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
