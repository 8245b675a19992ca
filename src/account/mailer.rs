//! From the configuration to the way out for mail.

use crate::edge::config::{Mail, MailOut, PasswordError, Smtp as Server, SmtpSecurity};
use crate::edge::mail::Mailer;
use crate::edge::mail::send::sendmail::Sendmail;
use crate::edge::mail::send::smtp::{Security, Smtp};

/// The mailer that `[mail]` describes; a password is had from its program or file, which may take ten seconds.
pub(super) fn open(mail: &Mail) -> Result<Mailer, PasswordError> {
    match &mail.out {
        MailOut::Sendmail(words) => Ok(Mailer::sendmail(Sendmail::new(words.clone()))),
        MailOut::Smtp(server) => Ok(Mailer::smtp(smtp(server)?)),
    }
}

fn smtp(server: &Server) -> Result<Smtp, PasswordError> {
    let Server { url, password, ca } = server;
    let security = match url.security {
        SmtpSecurity::Tls => Security::Tls,
        SmtpSecurity::StartTls => Security::StartTls,
        SmtpSecurity::Plain => Security::Plain,
    };
    let smtp = Smtp::new(&url.server.host, url.server.port, security).with_ca(ca.clone());
    match (&url.user, password) {
        (Some(user), Some(password)) => Ok(smtp.with_login(user, password.read()?.expose())),
        _ => Ok(smtp),
    }
}
