//! The `config.toml` that `iim setup` writes: every key is in it, in plain words.
//!
//! A line `# …` of `template.toml` explains; a line `#key = value` shows a key that is not set; a line of one word in
//! braces stands for what setup knows.

use super::values::{NetworkUrl, SmtpUrl};
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
    /// The way out for mail; `None` leaves the usual sendmail.
    pub mail: Option<SetupMail>,
    /// Whether the user's own IRC clients may connect.
    pub gateway: bool,
}

/// The way out for mail, as setup was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupMail {
    /// `--sendmail CMD`.
    Sendmail(String),
    /// `--smtp URL`, as it was given (checked by parsing it as [`SmtpUrl`]).
    Smtp(String),
}

pub(super) fn write(setup: &Setup) -> String {
    let (sendmail, smtp) = match &setup.mail {
        None => (None, None),
        Some(SetupMail::Sendmail(command)) => (Some(command.as_str()), None),
        Some(SetupMail::Smtp(url)) => (None, Some(url.as_str())),
    };
    let user = smtp.and_then(|url| url.parse::<SmtpUrl>().ok()?.user);
    let password = user.map(|_| "smtp-password");
    let written = |line: &str| match line.trim_end() {
        "{address}" => key("address", Some(setup.address.as_str()), ""),
        "{name}" => key("name", setup.name.as_deref(), setup.address.local()),
        "{networks}" if setup.networks.is_empty() => NO_NETWORK.to_owned(),
        "{networks}" => setup.networks.iter().map(network).collect(),
        "{sendmail}" => key("sendmail", sendmail, "/usr/sbin/sendmail"),
        "{smtp}" => key("smtp", smtp, "smtps://user@mail.example.org:465"),
        "{password}" => key("password_file", password, "smtp-password"),
        "{gateway}" if setup.gateway => "[gateway]\n".to_owned(),
        "{gateway}" => "#[gateway]\n".to_owned(),
        _ => line.to_owned(),
    };
    let lines = include_str!("template.toml").split_inclusive('\n');
    lines.map(written).collect()
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
