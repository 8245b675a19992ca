//! What does not work with a mailbox, in words that a person can act on.

use std::time::Duration;

use crate::commands::explain::hinted;
use crate::edge::config::{Fetch, Protocol};
use crate::edge::provider::table::Provider;
use crate::rules::fetch::mailbox::{Answer, Fault};

/// What does not work, in words that a person can act on.
pub(crate) struct Words<'a> {
    pub(crate) fetch: &'a Fetch,
    pub(crate) provider: Option<&'a Provider>,
}

impl Words<'_> {
    /// An answer that is none of those that were hoped for.
    pub(crate) fn refused(&self, doing: &str, answer: Answer) -> anyhow::Error {
        let server = &self.fetch.server;
        match answer {
            Answer::Closed(Some(fault)) => self.fault(&fault),
            Answer::Refused(why) => anyhow::anyhow!("{server} refuses {doing}: {why}"),
            Answer::Opened(_)
            | Answer::Selected(_)
            | Answer::Next(_)
            | Answer::Lowest(_)
            | Answer::Headers(_)
            | Answer::Mail(_)
            | Answer::Status(_)
            | Answer::Done
            | Answer::Closed(None) => {
                anyhow::anyhow!("{server} answers something else than was asked ({doing})")
            }
        }
    }

    /// Why there is no connection.
    pub(crate) fn fault(&self, fault: &Fault) -> anyhow::Error {
        let server = &self.fetch.server;
        match fault {
            Fault::Login(_) => hinted(format!("{server}: {fault}"), self.no_password()),
            Fault::NoPassword(_) => hinted(
                format!("{server}: {fault}"),
                "see password_file, password_command or token_command in config.toml, or --token-command",
            ),
            Fault::Network(_) => hinted(
                format!("{fault}"),
                "look whether you are online; if that is not your provider's server, name it: --imap, --pop, --smtp",
            ),
            // With the way to mend it.
            Fault::Tls(_) => anyhow::anyhow!("{fault}"),
            Fault::Bye(_) | Fault::Malformed(_) | Fault::TooLarge(_) => {
                anyhow::anyhow!("{server}: {fault}")
            }
        }
    }

    /// What helps where a login is refused.
    pub(super) fn no_password(&self) -> &'static str {
        let imap = "is the password right? Many providers want one made for this program (an app password), and IMAP switched \
                    on: see their settings, under security and under mail programs";
        let pop3 = "is the password right? Many providers want one made for this program (an app password), and POP3 switched \
                    on: see their settings, under security and under mail programs";
        match (self.provider, self.fetch.protocol) {
            (Some(provider), _) => provider.hint,
            (None, Protocol::Imap) => imap,
            (None, Protocol::Pop3) => pop3,
        }
    }

    /// What helps where no mail leaves.
    pub(super) fn cannot_send(&self, why: &str) -> &'static str {
        match (
            why.contains("login") || why.contains("log in"),
            self.provider,
        ) {
            (true, _) => self.no_password(),
            (false, Some(provider)) => provider.hint,
            (false, None) => {
                "if that is not the server by which you send mail, name it: --smtp smtps://smtp.example.org"
            }
        }
    }

    pub(crate) fn no_folder(&self, folder: &str, why: &str) -> anyhow::Error {
        let server = &self.fetch.server;
        hinted(
            format!("{server} has no folder {folder:?}: {why}"),
            "folder in [mail.fetch] names the one that is watched; INBOX is where all mail comes first",
        )
    }

    pub(super) fn never_came(&self, limit: Duration) -> anyhow::Error {
        let (folder, server) = (&self.fetch.folder, &self.fetch.server);
        let seconds = limit.as_secs();
        hinted(
            format!(
                "a mail to yourself was sent, but did not come into {folder} at {server} within {seconds} s"
            ),
            "look where it is (its subject is \"Loop-back mail (iim)\"): in a folder into which a rule of yours sorts it, in that for \
             spam, or not there yet; delete it, and try again",
        )
    }
}
