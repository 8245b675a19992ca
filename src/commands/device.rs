//! `iim device`: the user's own IRC clients.

pub(crate) mod connect;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::edge::config::Login;
use crate::edge::store::DeviceName;
use crate::edge::{control, store};

use super::output::{Cell, Colour, local, plain};
use super::run::Run;
use crate::rules::words::{counted, rfc3339};

/// Lets your own IRC clients connect to the agent, each as a device with its password
///
/// The agent is an IRC server for you alone, if config.toml has a section [gateway]. Friends are there under the
/// names you gave them; what one device says, all see; who was away gets what it missed.
#[derive(Debug, clap::Args)]
pub(crate) struct Device {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Adds a device: prints its password, this once, and how to connect
    ///
    /// With -q it prints the password alone. Only a hash of it is kept. The device gets what comes from now on.
    Add {
        /// 1 to 32 of the characters a-z 0-9 - _
        #[arg(value_parser = DeviceName::parse)]
        name: DeviceName,
    },
    /// Lists the devices: when they were made and last attached, and how many texts they have not had
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Removes a device; its connections end
    Remove {
        /// Its name
        #[arg(value_parser = DeviceName::parse)]
        name: DeviceName,
    },
}

impl Device {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        match self.what {
            What::Add { name } => add(run, &name),
            What::List { json } => list(run, json),
            What::Remove { name } => remove(run, &name),
        }
    }
}

fn add(run: &mut Run, name: &DeviceName) -> anyhow::Result<()> {
    let password = run.account.devices().add(name)?;
    let output = &run.output;
    let shown = output.paint(Colour::Strong, password.expose());
    if output.quiet {
        return output.line(&shown);
    }
    output.line(format!("added {name}; its password, shown this once:"))?;
    output.line(format!("  {shown}"))?;
    let Some(gateway) = &run.account.config.gateway else {
        let file = run.account.home.config();
        let why = "has no section [gateway] yet: nothing listens";
        output.warn(&format!("{} {why}", file.display()));
        return Ok(());
    };
    let how = connect::text(gateway, &run.account.home, name.as_str(), password.expose());
    output.line(how)?;
    if let Some(warning) = connect::warning(gateway) {
        output.line(format!("Know that {warning}"))?;
    }
    Ok(())
}

fn list(run: &mut Run, json: bool) -> anyhow::Result<()> {
    let mut devices = Vec::new();
    for device in run.account.devices().all()? {
        devices.push((run.account.devices().behind(&device)?, device));
    }
    let nothing = "no devices (`iim device add NAME`)";
    run.output.list(json, &devices, (as_json, as_row), nothing)
}

fn remove(run: &mut Run, name: &DeviceName) -> anyhow::Result<()> {
    run.account.devices().remove(name)?;
    // The agent ends the connections of a device that is gone.
    control::poke(run.account.home.sockets());
    run.say(format!("removed {name}"))?;
    let gateway = run.account.config.gateway.as_ref();
    let login = gateway.map(|gateway| &gateway.login);
    if let Some(Login::Open | Login::Password(_)) = login {
        let why = "config.toml lets clients in without a password of their own: it can come back";
        run.output.warn(why);
    }
    Ok(())
}

fn as_json((behind, device): &(u64, store::Device)) -> Value {
    json!({
        "name": device.name.as_str(),
        "created": rfc3339(device.created),
        "seen": device.seen.map(rfc3339),
        "behind": behind,
        "password": device.has_password,
    })
}

fn as_row((behind, device): &(u64, store::Device)) -> Vec<Cell> {
    let seen = match device.seen {
        Some(at) => format!("attached {}", local(at)),
        None => "never attached".to_owned(),
    };
    let behind = match behind {
        0 => "has all texts".to_owned(),
        _ => format!("{} behind", counted(*behind, "text")),
    };
    let own = match device.has_password {
        true => "",
        false => "no password of its own",
    };
    plain([
        device.name.to_string(),
        format!("made {}", local(device.created)),
        seen,
        behind,
        own.to_owned(),
    ])
}
