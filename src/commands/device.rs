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
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Adds a device: prints its password, this once, and how to connect
///
/// With -q it prints the password alone. Only a hash of it is kept. The device gets what comes from now on.
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// 1 to 32 of the characters a-z 0-9 - _
    #[arg(value_parser = DeviceName::parse)]
    name: DeviceName,
}

/// Lists the devices: when they were made and last attached, and how many texts they have not had
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// One JSON array
    #[arg(long)]
    json: bool,
}

/// Removes a device; its connections end
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// Its name
    #[arg(value_parser = DeviceName::parse)]
    name: DeviceName,
}

impl Device {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        match self.what {
            What::Add(args) => args.run(run),
            What::List(args) => args.run(run),
            What::Remove(args) => args.run(run),
        }
    }
}

impl Add {
    fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let password = run.account.add_device(&self.name)?;
        let output = &run.output;
        let shown = output.paint(Colour::Strong, password.expose());
        if output.quiet {
            return output.line(&shown);
        }
        output.line(format!(
            "added {}; its password, shown this once:",
            self.name
        ))?;
        output.line(format!("  {shown}"))?;
        let Some(gateway) = &run.account.config.gateway else {
            let file = run.account.home.config();
            let missing = format!(
                "{} has no section [gateway] yet: nothing listens",
                file.display()
            );
            output.warn(&missing);
            return Ok(());
        };
        let name = self.name.as_str();
        for line in connect::lines(gateway, &run.account.home, name, password.expose()) {
            output.line(&line)?;
        }
        if let Some(warning) = connect::warning(gateway) {
            output.line(format!("Know that {warning}"))?;
        }
        Ok(())
    }
}

impl List {
    fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let devices = run.account.devices()?;
        let mut rows = Vec::new();
        let mut values = Vec::new();
        for device in &devices {
            let behind = run.account.behind(device)?;
            values.push(as_json(device, behind));
            rows.push(as_row(device, behind));
        }
        if self.json {
            return run.output.json(&values);
        }
        run.output.table(&rows)?;
        if devices.is_empty() {
            run.say("no devices (`iim device add NAME`)")?;
        }
        Ok(())
    }
}

impl Remove {
    fn run(self, run: &mut Run) -> anyhow::Result<()> {
        run.account.remove_device(&self.name)?;
        // The agent ends the connections of a device that is gone.
        control::poke(run.account.home.sockets());
        run.say(format!("removed {}", self.name))?;
        let gateway = run.account.config.gateway.as_ref();
        let login = gateway.map(|gateway| &gateway.login);
        if let Some(Login::Open | Login::Password(_)) = login {
            let why =
                "config.toml lets clients in without a password of their own: it can come back";
            run.output.warn(why);
        }
        Ok(())
    }
}

fn as_json(device: &store::Device, behind: u64) -> Value {
    json!({
        "name": device.name.as_str(),
        "created": rfc3339(device.created),
        "seen": device.seen.map(rfc3339),
        "behind": behind,
        "password": device.has_password,
    })
}

fn as_row(device: &store::Device, behind: u64) -> Vec<Cell> {
    let seen = match device.seen {
        Some(at) => format!("attached {}", local(at)),
        None => "never attached".to_owned(),
    };
    let behind = match behind {
        0 => "has all texts".to_owned(),
        _ => format!("{} behind", counted(behind, "text")),
    };
    let own = if device.has_password {
        ""
    } else {
        "no password of its own"
    };
    plain([
        device.name.to_string(),
        format!("made {}", local(device.created)),
        seen,
        behind,
        own.to_owned(),
    ])
}
