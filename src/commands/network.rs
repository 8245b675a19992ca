//! `iim network`: the IRC networks beside those of `config.toml`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::explain::hinted;
use super::friends::elsewhere_json;
use super::output::{Cell, Colour, after, local, plain};
use super::presence::{self, Presences};
use super::run::Run;
use crate::account::elsewhere::{self, Elsewhere};
use crate::account::joined::{self, Parted};
use crate::edge::config::{self, JoinError, NetworkUrl, Server};
use crate::edge::control;
use crate::edge::control::status::{NetworkStatus, Status};
use crate::protocol::clean::one_line;
use crate::protocol::letter;
use crate::protocol::shell;
use crate::rules::contact::Contact;
use crate::rules::networks::{How, Joined, Known};
use crate::rules::words;

/// Joins IRC networks beside those of config.toml, and leaves them
///
/// A friend who is on none of your networks is never seen online: `list` says where they are. The agent, if one runs, joins and
/// leaves at once; friends are told of your networks as of any other change.
#[derive(Debug, clap::Args)]
pub(crate) struct Network {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists your networks, and the friends who are on none of them
    List {
        /// Lists the well-known public networks, which are joined by their name
        #[arg(long)]
        known: bool,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Joins a network: its servers learn where you connect from
    Join {
        /// A well-known network's name, or [NAME=]ircs://HOST[:PORT]
        #[arg(value_name = "NAME|URL")]
        network: String,
        /// Allows irc:// to another machine: everybody on the way reads which nicknames talk
        #[arg(long)]
        insecure: bool,
    },
    /// Leaves a network that was joined
    Leave {
        /// Its name
        name: String,
    },
}

impl Network {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        match self.what {
            What::List { known: true, json } => known(run, json),
            What::List { json, .. } => list(run, json),
            What::Join { network, insecure } => join(run, &network, insecure),
            What::Leave { name } => leave(run, &name),
        }
    }
}

fn known(run: &Run, json: bool) -> anyhow::Result<()> {
    let as_json = |known: &&Known| json!({"name": known.name, "servers": known.servers});
    let as_row = |known: &&Known| plain([known.name, &known.servers.join(", ")].map(str::to_owned));
    let all: Vec<&Known> = Known::all().iter().collect();
    run.output.list(json, &all, (as_json, as_row), "")
}

/// One of the user's networks, and how it came.
struct Row {
    network: letter::Network,
    joined: Option<Joined>,
    state: NetworkStatus,
}

fn list(run: &mut Run, json: bool) -> anyhow::Result<()> {
    let agent = Presences::ask(&run.account.home).status;
    let settings = run.account.settings().clone();
    let kept = joined::all(&run.account)?;
    let is_joined = |name: &str| {
        let mut networks = run.account.config.networks.iter();
        networks.any(|one| one.joined && one.name == name)
    };
    let states = presence::networks(&agent, &settings.networks).into_iter();
    let row = |(network, state): (&letter::Network, _)| Row {
        network: network.clone(),
        joined: (kept.iter())
            .find(|one| one.network.name == network.name && is_joined(&network.name))
            .cloned(),
        state,
    };
    let rows: Vec<Row> = settings.networks.iter().zip(states).map(row).collect();
    let unused: Vec<(Joined, JoinError)> = unused(run, &kept);
    let people = run.account.people()?;
    let ours = presence::ours(&agent, &run.account.config);
    let away = elsewhere::all(&run.account, &people, &ours);
    if json {
        return run.output.json(&as_json(&rows, &unused, &away));
    }
    let cells: Vec<Vec<Cell>> = rows.iter().map(as_row).collect();
    run.output.table(&cells)?;
    if rows.is_empty() {
        run.say("no networks: all goes by mail, and nobody sees whether you are there")?;
    }
    for (one, why) in &unused {
        let name = &one.network.name;
        run.output
            .line(format!("{name} was joined, and is not in use: {why}"))?;
    }
    let mut lines = away.iter();
    lines.try_for_each(|(person, there)| run.say(there.line(&person.name)))
}

/// Those that were joined, and now cannot stand beside those of the file, and why.
fn unused(run: &Run, kept: &[Joined]) -> Vec<(Joined, JoinError)> {
    let config = &run.account.config;
    let in_use = |one: &Joined| {
        let mut networks = config.networks.iter();
        networks.any(|network| network.joined && network.name == one.network.name)
    };
    let kept = kept
        .iter()
        .filter(|one| one.how != How::Left && !in_use(one));
    kept.filter_map(|one| Some((one.clone(), config.joining(one).err()?)))
        .collect()
}

fn as_json(rows: &[Row], unused: &[(Joined, JoinError)], away: &[(&Contact, Elsewhere)]) -> Value {
    let row = |row: &Row| {
        json!({
            "name": row.network.name,
            "servers": row.network.servers,
            "state": row.state.state,
            "how": row.joined.as_ref().map_or("config", |one| words::joined(one.how)),
            "since": row.joined.as_ref().map(|one| words::rfc3339(one.since)),
        })
    };
    let unused = unused.iter().map(|(one, why)| {
        json!({"name": one.network.name, "servers": one.network.servers, "why": why.to_string()})
    });
    let away = away.iter().map(|(person, there)| {
        let mut there = elsewhere_json(there);
        if let Some(there) = there.as_object_mut() {
            there.insert("friend".to_owned(), person.address.as_str().into());
        }
        there
    });
    json!({
        "networks": rows.iter().map(row).collect::<Vec<_>>(),
        "unused": unused.collect::<Vec<_>>(),
        "elsewhere": away.collect::<Vec<_>>(),
    })
}

fn as_row(row: &Row) -> Vec<Cell> {
    let how = match &row.joined {
        None => "in config.toml".to_owned(),
        Some(one) if one.how == How::Followed => {
            format!("joined for a friend, {}", local(one.since))
        }
        Some(one) => format!("joined {}", local(one.since)),
    };
    let reason = after(": ", row.state.reason.as_deref());
    vec![
        (row.network.name.clone(), Some(Colour::Strong)),
        (format!("{}{reason}", row.state.state), None),
        (row.network.servers.join(" "), None),
        (how, None),
    ]
}

fn join(run: &mut Run, which: &str, insecure: bool) -> anyhow::Result<()> {
    let (network, tls) = match Known::named(&which.to_ascii_lowercase()) {
        Some(known) => (known.network(), true),
        None if which.contains("://") => of_url(which, insecure)?,
        None => return Err(unknown(run, which)?),
    };
    let (name, servers) = (network.name.clone(), network.servers.join(", "));
    joined::join(&mut run.account, network, tls, How::Asked).map_err(anyhow::Error::from)?;
    told(run)?;
    let when = match control::is_there(run.account.home.sockets()) {
        true => "",
        false => ", once the agent runs",
    };
    run.say(format!("joined {name} ({servers}){when}"))?;
    let config = &run.account.config;
    let mut networks = config.networks.iter();
    let shows = |one: &&config::Network| {
        let is_far = !one.servers.iter().all(Server::is_loopback);
        one.joined && one.name == name && one.proxy.is_none() && is_far
    };
    match networks.find(shows).and_then(|_| config.hides()) {
        Some(why) => run.say(format!("its servers learn your host: {why}")),
        None => Ok(()),
    }
}

fn of_url(url: &str, insecure: bool) -> anyhow::Result<(letter::Network, bool)> {
    let url: NetworkUrl = url.parse().map_err(anyhow::Error::msg)?;
    let url = url.well_named();
    if !url.tls && !insecure && !url.server.is_loopback() {
        let why = JoinError::Plain(url.server);
        let hint = why.hint().unwrap_or_default();
        return Err(hinted(why, hint));
    }
    let servers = vec![url.server.to_string()];
    let name = url.name;
    Ok((letter::Network { name, servers }, url.tls))
}

/// A name that means no server for sure: whoever of the friends calls a network so may mean any.
fn unknown(run: &mut Run, name: &str) -> anyhow::Result<anyhow::Error> {
    let people = run.account.people()?;
    let ours = presence::ours(&Status::default(), &run.account.config);
    let away = elsewhere::all(&run.account, &people, &ours).into_iter();
    let mut named = away.filter(|(_, there)| there.network.eq_ignore_ascii_case(name));
    let named = named.find_map(|(person, there)| Some((person, there.join?)));
    let what = format!("no well-known network is called {}", shell::word(name));
    let hint = match named {
        Some((person, join)) => {
            let who = one_line(&person.name);
            let joins = shell::hint("network join", &[join.word()]);
            format!("{who} calls one so; if that is meant: {joins}")
        }
        None => "`iim network list --known` names them; any other by its server: `iim network join ircs://HOST`".to_owned(),
    };
    Ok(hinted(what, &hint))
}

fn leave(run: &mut Run, name: &str) -> anyhow::Result<()> {
    let name = name.to_ascii_lowercase();
    let parted = joined::leave(&mut run.account, &name).map_err(anyhow::Error::from)?;
    told(run)?;
    run.say(match parted {
        Parted::Left => format!("left {name}"),
        Parted::GoesOn => format!("left {name} that was joined; {name} of config.toml goes on"),
        Parted::Never => format!("{name} is not joined by itself"),
    })
}

/// Friends are told of it; the agent, if one runs, does it.
fn told(run: &mut Run) -> anyhow::Result<()> {
    let outcome = run.account.tick()?;
    run.tell(&outcome.notices)?;
    run.settle()
}
