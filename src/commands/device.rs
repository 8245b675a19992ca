//! `iim device`: the user's own IRC clients.

pub(crate) mod connect;

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::account::Account;
use crate::edge::config::Login;
use crate::edge::store::DeviceName;
use crate::edge::{control, store};

use super::context::Context;
use super::output;
use super::output::{Colour, local};
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
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        match self.what {
            What::Add(args) => args.run(context, &mut account)?,
            What::List(args) => args.run(context, &mut account)?,
            What::Remove(args) => args.run(context, &mut account)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    fn run(self, context: &Context, account: &mut Account) -> anyhow::Result<()> {
        let password = account.add_device(&self.name)?;
        let output = &context.output;
        let shown = output.paint(Colour::Strong, password.expose());
        if output.quiet {
            return Ok(output.line(&shown)?);
        }
        output.line(&format!(
            "added {}; its password, shown this once:",
            self.name
        ))?;
        output.line(&format!("  {shown}"))?;
        let Some(gateway) = &account.config.gateway else {
            let file = account.home.config();
            let missing = format!(
                "{} has no section [gateway] yet: nothing listens",
                file.display()
            );
            output.warn(&missing);
            return Ok(());
        };
        let name = self.name.as_str();
        for line in connect::lines(gateway, &account.home, name, password.expose()) {
            output.line(&line)?;
        }
        if let Some(warning) = connect::warning(gateway) {
            output.line(&format!("Know that {warning}"))?;
        }
        Ok(())
    }
}

impl List {
    fn run(self, context: &Context, account: &mut Account) -> anyhow::Result<()> {
        let devices = account.devices()?;
        let mut rows = Vec::new();
        let mut values = Vec::new();
        for device in &devices {
            let behind = account.behind(device)?;
            values.push(as_json(device, behind));
            rows.push(as_row(device, behind));
        }
        if self.json {
            return Ok(context.output.json(&Value::Array(values))?);
        }
        for line in output::table(&context.output, &rows) {
            context.output.line(&line)?;
        }
        if devices.is_empty() {
            context.output.say("no devices (`iim device add NAME`)")?;
        }
        Ok(())
    }
}

impl Remove {
    fn run(self, context: &Context, account: &mut Account) -> anyhow::Result<()> {
        account.remove_device(&self.name)?;
        // The agent ends the connections of a device that is gone.
        control::poke(account.home.sockets());
        context.output.say(&format!("removed {}", self.name))?;
        let login = account
            .config
            .gateway
            .as_ref()
            .map(|gateway| &gateway.login);
        if let Some(Login::Open | Login::Password(_)) = login {
            let why =
                "config.toml lets clients in without a password of their own: it can come back";
            context.output.warn(why);
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

fn as_row(device: &store::Device, behind: u64) -> Vec<output::Cell> {
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
    [
        device.name.to_string(),
        format!("made {}", local(device.created)),
        seen,
        behind,
        own.to_owned(),
    ]
    .into_iter()
    .map(|text| (text, None))
    .collect()
}
