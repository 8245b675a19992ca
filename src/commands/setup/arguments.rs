//! What `iim setup` is told on the command line, or by the answers to its questions.

use crate::edge::config::{FetchUrl, NetworkUrl, Protocol, SmtpUrl};
use crate::protocol::address::Address;

/// Makes your account: its folder, keys and configuration; and what runs it, as far as asked for
///
/// With no flags on a terminal it asks. It never writes over something that is there; run again, it completes
/// what is missing. At the end it says what remains to be done.
#[derive(Debug, Default, PartialEq, clap::Args)]
pub(crate) struct Setup {
    /// Your mail address
    #[arg(long, value_parser = Address::parse)]
    pub(super) address: Option<Address>,
    /// Your mail address at a provider, whose mailbox is looked into: finds the servers and asks for the password
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse, conflicts_with = "address")]
    pub(super) account: Option<Address>,
    /// The mailbox's server, where it is not found: imaps://user@host:993, imap://user@host:143?tls=required
    #[arg(long, value_name = "URL", conflicts_with = "pop")]
    pub(super) imap: Option<String>,
    /// The mailbox's server, by POP3: pop3s://user@host:995, pop3://user@host:110?tls=required
    #[arg(long, value_name = "URL")]
    pub(super) pop: Option<String>,
    /// A program that prints an OAuth 2 token, in place of a password
    #[arg(long, value_name = "CMD")]
    pub(super) token_command: Option<String>,
    /// A file with a certificate authority to trust for the mail servers, besides the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<std::path::PathBuf>,
    /// The name that your requests carry
    #[arg(long)]
    pub(super) name: Option<String>,
    /// An IRC network; may be given several times
    #[arg(long = "network", value_name = "[NAME=]ircs://HOST[:PORT]", value_parser = network)]
    pub(super) networks: Vec<NetworkUrl>,
    /// The program that sends mail (default: /usr/sbin/sendmail)
    #[arg(long, value_name = "CMD", conflicts_with = "smtp")]
    pub(super) sendmail: Option<String>,
    /// The server that sends mail: smtps://user@host:465, smtp://host:587?tls=required, smtp://127.0.0.1:25
    #[arg(long, value_name = "URL")]
    pub(super) smtp: Option<String>,
    /// Writes the procmail recipe
    #[arg(long)]
    pub(super) procmail: bool,
    /// Writes the Sieve script, for Dovecot Pigeonhole
    #[arg(long)]
    pub(super) sieve: bool,
    /// Adds the crontab lines
    #[arg(long)]
    pub(super) cron: bool,
    /// Writes a systemd user unit for the agent
    #[arg(long)]
    pub(super) systemd: bool,
    /// Lets your own IRC clients connect to the agent
    #[arg(long)]
    pub(super) gateway: bool,
}

/// Reads a network; one without TLS only on this machine.
pub(super) fn network(text: &str) -> Result<NetworkUrl, String> {
    let network: NetworkUrl = text.parse()?;
    if !network.tls && !network.server.is_loopback() {
        let mend = "use ircs:// (or, if there is no other way, set tls = false and insecure = true in config.toml)";
        return Err(format!(
            "{text:?} would go over the net in clear text: {mend}"
        ));
    }
    Ok(network)
}

/// Reads the URL of a mailbox's server, which must speak this.
pub(super) fn fetch(text: &str, protocol: Protocol) -> Result<FetchUrl, String> {
    let url: FetchUrl = text.parse()?;
    match (url.protocol == protocol, protocol) {
        (true, _) => Ok(url),
        (false, Protocol::Imap) => Err("it begins with imaps:// or imap://".to_owned()),
        (false, Protocol::Pop3) => Err("it begins with pop3s:// or pop3://".to_owned()),
    }
}

/// Checks the URL of a mail server.
pub(super) fn smtp(text: &str) -> Result<String, String> {
    text.parse::<SmtpUrl>().map(|_| text.to_owned())
}

impl Setup {
    /// Whether a mailbox at a provider is to be looked into.
    pub(super) fn has_mailbox(&self) -> bool {
        self.account.is_some() || self.imap.is_some() || self.pop.is_some()
    }

    /// Whose account it is.
    pub(super) fn owner(&self) -> Option<&Address> {
        self.account.as_ref().or(self.address.as_ref())
    }

    /// Whether no flag was given.
    pub(super) fn is_bare(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_is_for_this_machine_alone() {
        for (text, taken) in [
            ("ircs://irc.example.net", true),
            ("home=irc://127.0.0.1:16667", true),
            ("irc://localhost", true),
            ("irc://irc.example.net", false),
            ("irc.example.net", false),
        ] {
            assert_eq!(network(text).is_ok(), taken, "{text}");
        }
    }
}
