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

    fn written(&self, line: &str) -> String {
        let smtp = self.smtp.as_deref();
        let user = smtp.and_then(|url| url.parse::<SmtpUrl>().ok()?.user);
        let password = user.map(|_| "smtp-password");
        match line.trim_end() {
            "{address}" => key("address", Some(self.address.as_str()), ""),
            "{name}" => key("name", self.name.as_deref(), self.address.local()),
            "{networks}" if self.networks.is_empty() => NO_NETWORK.to_owned(),
            "{networks}" => self.networks.iter().map(network).collect(),
            "{sendmail}" => key("sendmail", self.sendmail.as_deref(), "/usr/sbin/sendmail"),
            "{smtp}" => key("smtp", smtp, "smtps://user@mail.example.org:465"),
            "{password}" => key("password_file", password, "smtp-password"),
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

const NO_NETWORK: &str = "\
# You named no network: all goes by mail, and nobody sees whether you are there. An example:
#
#   [[network]]
#   name = \"libera\"
#   servers = [\"irc.libera.chat:6697\"]

";
