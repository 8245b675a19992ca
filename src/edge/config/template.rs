//! The `config.toml` that `iim setup` writes: every key is in it, in plain words.
//!
//! A line `# …` of `template.toml` explains; a line `#key = value` shows a key that is not set; a line of one word in
//! braces stands for what setup knows.

use super::mail_url::SmtpUrl;
use super::values::NetworkUrl;
use crate::protocol::address::Address;

/// What `iim setup` knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Our own address.
    pub address: Address,
    /// The name that requests carry.
    pub name: Option<String>,
    /// The networks.
    pub networks: Vec<NetworkUrl>,
    /// `--sendmail CMD`; without a way out for mail it is the usual sendmail.
    pub sendmail: Option<String>,
    /// `--smtp URL`, as it was given (checked by parsing it as [`SmtpUrl`]).
    pub smtp: Option<String>,
    /// A program that prints an OAuth 2 token for both servers; without it there is a password.
    pub token_command: Option<String>,
    /// A PEM file with an authority to trust for the mail servers.
    pub ca: Option<String>,
    /// Mails that may leave by themselves in a day.
    pub per_day: Option<u32>,
    /// The mailbox's server, as it was given (checked by parsing it as [`super::FetchUrl`]).
    pub fetch: Option<String>,
    /// Whether the user's own IRC clients may connect.
    pub gateway: bool,
}

impl Setup {
    /// The text of the `config.toml` that `iim setup` writes: every key is in it and explained.
    pub fn template(&self) -> String {
        include_str!("template.toml")
            .split_inclusive('\n')
            .map(|line| self.written(line))
            .collect()
    }

    /// The file for the mail servers' password, in the folder of `config.toml`, if there is one.
    pub fn password_file(&self) -> Option<&'static str> {
        let smtp = self.smtp.as_deref();
        let user = smtp.and_then(|url| url.parse::<SmtpUrl>().ok()?.user);
        match (&self.fetch, user) {
            (Some(_), _) => Some(MAIL_PASSWORD),
            (None, Some(_)) => Some(SMTP_PASSWORD),
            (None, None) => None,
        }
    }

    fn written(&self, line: &str) -> String {
        let smtp = self.smtp.as_deref();
        let token = self.token_command.as_deref();
        let password = self.password_file().filter(|_| token.is_none());
        match line.trim_end() {
            "{address}" => key("address", Some(self.address.as_str()), ""),
            "{name}" => key("name", self.name.as_deref(), self.address.local()),
            "{networks}" if self.networks.is_empty() => NO_NETWORK.to_owned(),
            "{networks}" => self.networks.iter().map(network).collect(),
            "{sendmail}" => key("sendmail", self.sendmail.as_deref(), "/usr/sbin/sendmail"),
            "{smtp}" => key("smtp", smtp, "smtps://user@mail.example.org:465"),
            "{password}" => key("password_file", password, SMTP_PASSWORD),
            "{token}" => key("token_command", token, "oama access you@example.org"),
            "{ca}" => key("ca", self.ca.as_deref(), "mail-ca.pem"),
            "{per_day}" => match self.per_day {
                Some(count) => format!("per_day = {count}\n"),
                None => "#per_day = 200\n".to_owned(),
            },
            "{fetch}" if self.fetch.is_some() => "[mail.fetch]\n".to_owned(),
            "{fetch}" => "#[mail.fetch]\n".to_owned(),
            "{server}" => key(
                "server",
                self.fetch.as_deref(),
                "imaps://you%40example.org@imap.example.org:993",
            ),
            "{gateway}" if self.gateway => "[gateway]\n".to_owned(),
            "{gateway}" => "#[gateway]\n".to_owned(),
            _ => line.to_owned(),
        }
    }
}

/// The line of a key; of one that is not set, with an example.
fn key(key: &str, value: Option<&str>, example: &str) -> String {
    let mark = if value.is_some() { "" } else { "#" };
    format!("{mark}{key} = {}\n", quoted(value.unwrap_or(example)))
}

fn network(network: &NetworkUrl) -> String {
    let NetworkUrl { name, server, tls } = network;
    let insecure = match !tls && !server.is_loopback() {
        true => "insecure = true\n",
        false => "",
    };
    format!(
        "[[network]]\nname = {}\nservers = [{}]\ntls = {tls}\n{insecure}\n",
        quoted(name),
        quoted(&server.to_string()),
    )
}

/// The text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The file for the password of a server that takes mail; and for that of a mailbox, with which mail is sent, too.
const SMTP_PASSWORD: &str = "smtp-password";
const MAIL_PASSWORD: &str = "mail-password";

const NO_NETWORK: &str = "\
# You named no network: all goes by mail, and nobody sees whether you are there. An example:
#
#   [[network]]
#   name = \"libera\"
#   servers = [\"irc.libera.chat:6697\"]

";
