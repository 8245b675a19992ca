//! Where a mailbox is, and who logs in there.

use std::path::PathBuf;

use crate::edge::config::{Fetch, MailLogin, PasswordError, Secret, Security, Server};
use crate::protocol::debug::redacted_debug;

/// What a connection to a mailbox needs to know.
pub struct Settings {
    /// Host and port.
    pub server: Server,
    /// How the connection is protected; without TLS only on this machine.
    pub security: Security,
    /// Who logs in.
    pub user: String,
    /// Password or token, had anew for each login; may take ten seconds.
    pub login: GetLogin,
    /// A PEM file with a certificate authority to trust besides the system's.
    pub ca: Option<PathBuf>,
}

/// Where a password or token is had.
pub(super) type GetLogin = Box<dyn Fn() -> Result<MailLogin<Secret>, PasswordError> + Send + Sync>;

redacted_debug! { Settings { server, security, user, login: hidden, ca } }

impl Settings {
    /// As configured.
    pub fn of(fetch: &Fetch) -> Self {
        let login = fetch.login.clone();
        Self {
            server: fetch.server.clone(),
            security: fetch.security,
            user: fetch.user.clone(),
            login: Box::new(move || login.open()),
            ca: fetch.ca.clone(),
        }
    }
}
