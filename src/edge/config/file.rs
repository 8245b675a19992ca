//! The text of `config.toml` as serde reads it, and the rules that need more than one key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::gateway::{GatewayTable, gateway};
use super::mail::{MailTable, mail};
use super::secret::password;
use super::values::{Broken, Glob, Proxy, Server, Span, Words, network_name, within, yes};
use super::{Config, Flood, Follow, MOST_NETWORKS, Network, Presence, Sasl};
use crate::protocol::address::Address;
use crate::protocol::time::{DAY, HOUR, MONTH};
use crate::rules::account::{AcceptPolicy, Policy};

/// Reads and checks the whole text; or says at which byte what is wrong.
pub(super) fn read(text: &str) -> Result<Config, (usize, String)> {
    let file: File = toml::from_str(text).map_err(|e| {
        let mut what = without_value(&e.message().trim().replace('\n', ", "));
        let has = |head| text.lines().any(|line| line.trim() == head);
        if has("[mail.fetch]") && has("[[mail.fetch]]") {
            what.push_str(
                ": for several mailboxes the first one, too, has double brackets: [[mail.fetch]]",
            );
        }
        (e.span().map_or(0, |s| s.start), what)
    })?;
    let first_table = || text.find('[').unwrap_or(0);
    let checked = file.check();
    checked.map_err(|(at, what)| (at.unwrap_or_else(first_table), what))
}

/// A text of another type than expected is not repeated: it may be a password in the wrong place.
fn without_value(what: &str) -> String {
    for kind in ["invalid type: string", "invalid value: string"] {
        if what.starts_with(kind) {
            let (_, expected) = what.rsplit_once("\", expected ").unwrap_or_default();
            return format!("{kind}, expected {expected}");
        }
    }
    what.to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "address")]
    address: Address,
    #[serde(default)]
    also: Vec<toml::Spanned<String>>,
    name: Option<toml::Spanned<String>>,
    #[serde(default, rename = "network")]
    networks: Vec<toml::Spanned<NetworkTable>>,
    #[serde(default)]
    mail: Option<toml::Spanned<MailTable>>,
    #[serde(default)]
    presence: PresenceTable,
    #[serde(default)]
    accept: AcceptTable,
    #[serde(default)]
    receipts: ReceiptsTable,
    #[serde(default)]
    groups: GroupsTable,
    #[serde(default)]
    hooks: HooksTable,
    gateway: Option<toml::Spanned<GatewayTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    name: Option<String>,
    servers: Vec<Server>,
    #[serde(default = "yes")]
    tls: bool,
    ca: Option<PathBuf>,
    server_password_command: Option<Words>,
    server_password_file: Option<PathBuf>,
    sasl: Option<SaslTable>,
    client_cert: Option<PathBuf>,
    #[serde(default)]
    insecure: bool,
    proxy: Option<Proxy>,
    #[serde(default)]
    flood: Flood,
    groups: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaslTable {
    mechanism: Mechanism,
    user: Option<String>,
    password_command: Option<Words>,
    password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mechanism {
    #[serde(alias = "PLAIN")]
    Plain,
    #[serde(alias = "EXTERNAL")]
    External,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PresenceTable {
    watch: Option<Vec<toml::Spanned<String>>>,
    poll: Option<toml::Spanned<Span>>,
    window: Option<toml::Spanned<Span>>,
    grace: Option<toml::Spanned<Span>>,
    follow: Follow,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct AcceptTable {
    policy: AcceptPolicy,
    auto: Vec<Glob>,
    refuse: Vec<Glob>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ReceiptsTable {
    read: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GroupsTable {
    rooms: bool,
}

impl Default for GroupsTable {
    fn default() -> Self {
        Self { rooms: true }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct HooksTable {
    presence: Option<Words>,
    text: Option<Words>,
    change: Option<Words>,
    request: Option<Words>,
    group: Option<Words>,
    room: Option<Words>,
}

impl File {
    fn check(self) -> Result<Config, Broken> {
        let networks = networks(self.networks)?;
        Ok(Config {
            name: person(self.name, &self.address)?,
            also: also(self.also, &self.address)?,
            mail: mail(self.mail, &self.address)?,
            address: self.address,
            presence: self.presence.check(&networks)?,
            networks,
            accept: Policy {
                accept: self.accept.policy,
                auto: patterns(self.accept.auto),
                refuse: patterns(self.accept.refuse),
            },
            read_receipts: self.receipts.read,
            rooms: self.groups.rooms,
            hooks: self.hooks.programs(),
            gateway: gateway(self.gateway)?,
        })
    }
}

fn patterns(globs: Vec<Glob>) -> Vec<String> {
    globs.into_iter().map(|glob| glob.0).collect()
}

impl HooksTable {
    fn programs(self) -> BTreeMap<&'static str, Vec<String>> {
        let named = [
            ("presence", self.presence),
            ("text", self.text),
            ("change", self.change),
            ("request", self.request),
            ("group", self.group),
            ("room", self.room),
        ];
        let given = |(event, words): (_, Option<Words>)| Some((event, words?.0));
        named.into_iter().filter_map(given).collect()
    }
}

fn person(name: Option<toml::Spanned<String>>, address: &Address) -> Result<String, Broken> {
    let Some(name) = name else {
        return Ok(address.local().to_owned());
    };
    let text = name.get_ref().trim();
    if text.len() > 64 || text.chars().any(char::is_control) {
        let what = "a name is at most 64 bytes long and holds no control characters";
        return Err((Some(name.span().start), what.to_owned()));
    }
    Ok(text.to_owned())
}

fn also(texts: Vec<toml::Spanned<String>>, address: &Address) -> Result<Vec<Address>, Broken> {
    let mut also: Vec<Address> = Vec::new();
    for text in texts {
        let broken = |what: &str| (Some(text.span().start), what.to_owned());
        let one =
            Address::parse(text.get_ref().trim()).map_err(|_| broken("not a mail address"))?;
        if one == *address || also.contains(&one) {
            return Err(broken("this address is named already"));
        }
        if also.len() >= MOST_ALSO {
            return Err(broken("at most 16 other addresses can be named"));
        }
        also.push(one);
    }
    Ok(also)
}

fn networks(tables: Vec<toml::Spanned<NetworkTable>>) -> Result<Vec<Network>, Broken> {
    let mut networks: Vec<Network> = Vec::new();
    for table in tables {
        let at = table.span().start;
        let broken = |what: String| (Some(at), what);
        let network = table.into_inner().check().map_err(broken)?;
        if networks.iter().any(|n| n.name == network.name) {
            let name = &network.name;
            return Err(broken(format!("two networks have the name {name:?}")));
        }
        if networks.len() == MOST_NETWORKS {
            return Err(broken("more than eight networks".to_owned()));
        }
        networks.push(network);
    }
    Ok(networks)
}

impl NetworkTable {
    fn check(self) -> Result<Network, String> {
        let Some(first) = self.servers.first().filter(|_| self.servers.len() <= 4) else {
            return Err("a network has one to four servers".to_owned());
        };
        let name = network_name(self.name.as_deref().unwrap_or(&first.host))?;
        let open = !self.tls && !self.insecure;
        if let Some(far) = self.servers.iter().find(|s| open && !s.is_loopback()) {
            let mend = "set tls = true, or insecure = true if that is meant";
            return Err(format!("{far} would be reached without TLS: {mend}"));
        }
        let sasl = self.sasl.map(|s| s.check(self.client_cert.is_some()));
        let server_password = password(self.server_password_command, self.server_password_file)?;
        Ok(Network {
            name,
            // A password may name an account, which services would show to whoever asks.
            groups: self.groups.unwrap_or(server_password.is_none()),
            server_password,
            sasl: sasl.transpose()?,
            flood: checked(self.flood)?,
            servers: self.servers,
            tls: self.tls,
            ca: self.ca,
            client_cert: self.client_cert,
            insecure: self.insecure,
            proxy: self.proxy,
            joined: false,
        })
    }
}

impl SaslTable {
    fn check(self, certificate: bool) -> Result<Sasl, String> {
        let password = password(self.password_command, self.password_file)?;
        match (self.mechanism, self.user, password) {
            (Mechanism::Plain, Some(user), Some(password)) => Ok(Sasl::Plain { user, password }),
            (Mechanism::External, user, None) if certificate => Ok(Sasl::External(user)),
            (Mechanism::Plain, ..) => Err("sasl with plain needs user and password_command"),
            (Mechanism::External, ..) => {
                Err("sasl with external needs client_cert, and no password")
            }
        }
        .map_err(str::to_owned)
    }
}

fn checked(flood: Flood) -> Result<Flood, String> {
    match (1..=1000).contains(&flood.burst) && (0.01..=1000.0).contains(&flood.per_second) {
        true => Ok(flood),
        false => Err("flood: burst is 1 to 1000 lines, per_second 0.01 to 1000".to_owned()),
    }
}

impl PresenceTable {
    fn check(self, networks: &[Network]) -> Result<Presence, Broken> {
        let seconds = Duration::from_secs;
        let window = within(self.window, DAY, "window", HOUR..=MONTH)?.as_secs();
        Ok(Presence {
            watch: watch(self.watch, networks)?,
            poll: within(self.poll, seconds(15), "poll", seconds(1)..=HOUR)?,
            window: u32::try_from(window).unwrap_or(u32::MAX),
            grace: within(self.grace, seconds(180), "grace", seconds(0)..=DAY)?,
            follow: self.follow,
        })
    }
}

fn watch(
    names: Option<Vec<toml::Spanned<String>>>,
    networks: &[Network],
) -> Result<Vec<String>, Broken> {
    let Some(names) = names else {
        return Ok(networks.iter().map(|n| n.name.clone()).collect());
    };
    let known = |name: toml::Spanned<String>| {
        let at = name.span().start;
        let name = name.into_inner().to_ascii_lowercase();
        let what = || format!("watch names {name:?}, which is no network of yours");
        match networks.iter().any(|n| n.name == name) {
            true => Ok(name),
            false => Err((Some(at), what())),
        }
    };
    names.into_iter().map(known).collect()
}

/// Other addresses of ours.
const MOST_ALSO: usize = 16;

fn address<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    let text = String::deserialize(from)?;
    Address::parse(&text).map_err(serde::de::Error::custom)
}
