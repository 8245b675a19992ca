//! How to log in to a mail server.

use std::path::PathBuf;

use super::secret::{Password, PasswordError, Secret, password};
use super::values::Words;

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
    pub(super) fn file(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Password(secret) | Self::Token(secret) => secret.file(),
        }
    }
}

/// The login of a table; none, if it names none.
pub(super) fn login(
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
