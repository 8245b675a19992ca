//! What `iim setup` asks on a terminal.

use std::path::Path;

use super::arguments::{Setup, network, smtp};
use super::place::{delivery_files, user_home, user_name};
use crate::commands::ask::{line, until, yes};
use crate::edge::config::NetworkUrl;
use crate::protocol::address::Address;

/// Asks for everything; first where the mail is.
pub(super) fn all() -> anyhow::Result<Setup> {
    let at_provider = at_provider()?;
    let read = |text: &str| Address::parse(text).map_err(|error| error.to_string());
    let address = until("Your mail address", &own_address(), read)?;
    let name = line("The name that your requests carry", address.local())?;
    let networks = networks()?;
    let mut setup = Setup {
        name: Some(name),
        networks,
        ..Setup::default()
    };
    if at_provider {
        setup.account = Some(address);
    } else {
        setup.address = Some(address);
        (setup.sendmail, setup.smtp) = mail()?;
        (setup.procmail, setup.sieve) = hook()?;
    }
    (setup.cron, setup.systemd) = runner()?;
    setup.gateway = yes("Let your own IRC clients connect to the agent?", true)?;
    Ok(setup)
}

/// Whether the mail lies at a provider.
fn at_provider() -> anyhow::Result<bool> {
    let read = |text: &str| match text {
        "1" => Ok(false),
        "2" => Ok(true),
        _ => Err("1 or 2".to_owned()),
    };
    let default = if delivery_files().is_empty() {
        "2"
    } else {
        "1"
    };
    let question = "Where is your mail? [1] this machine delivers it (procmail, Sieve) [2] at a provider (IMAP)";
    Ok(until(question, default, read)?)
}

/// The address as far as it can be guessed; empty if it cannot.
fn own_address() -> String {
    let mut files = ["/etc/mailname", "/etc/hostname"].into_iter();
    let host = files.find_map(|file| std::fs::read_to_string(file).ok());
    let host = host.unwrap_or_default();
    let guess = std::env::var("EMAIL").ok();
    let guess = guess.or_else(|| Some(format!("{}@{}", user_name()?, host.trim())));
    let guess = guess.and_then(|text| Address::parse(&text).ok());
    let guess = guess.filter(|address| address.domain().contains('.'));
    guess.map_or_else(String::new, |address| address.to_string())
}

fn networks() -> anyhow::Result<Vec<NetworkUrl>> {
    let optional = |text: &str| match text {
        "" => Ok(None),
        text => network(text).map(Some),
    };
    let mut networks = Vec::new();
    while networks.len() < 8 {
        let question = match networks.is_empty() {
            true => "An IRC network, as ircs://irc.example.net (empty: none)",
            false => "Another network (empty: no more)",
        };
        match until(question, "", optional)? {
            Some(network) => networks.push(network),
            None => break,
        }
    }
    Ok(networks)
}

/// The way out for mail: a program or a server.
fn mail() -> anyhow::Result<(Option<String>, Option<String>)> {
    let usual = "/usr/sbin/sendmail";
    let default = if Path::new(usual).exists() { usual } else { "" };
    let read = |text: &str| match text.contains("://") {
        true => smtp(text).map(|url| (None, Some(url))),
        false if text.is_empty() => Err("a program, or smtps://user@host:465".to_owned()),
        false => Ok((Some(text.to_owned()), None)),
    };
    let question = "What sends mail: a sendmail program, or smtps://user@host:465";
    Ok(until(question, default, read)?)
}

/// What hands mail to us: procmail or Sieve.
fn hook() -> anyhow::Result<(bool, bool)> {
    let has = |name: &str| user_home().is_some_and(|home| home.join(name).exists());
    let default = if has(".dovecot.sieve") || has("sieve") {
        "sieve"
    } else if has(".procmailrc") || Path::new("/usr/bin/procmail").exists() {
        "procmail"
    } else {
        "none"
    };
    let read = |text: &str| match text {
        "procmail" => Ok((true, false)),
        "sieve" => Ok((false, true)),
        "none" => Ok((false, false)),
        _ => Err("procmail, sieve or none".to_owned()),
    };
    let question = "What sorts your mail when it arrives (procmail, sieve, none)";
    Ok(until(question, default, read)?)
}

/// What keeps it running: cron or systemd.
fn runner() -> anyhow::Result<(bool, bool)> {
    let systemd = Path::new("/run/systemd/system").exists()
        && yes("Write a systemd user unit for the agent?", true)?;
    let cron = !systemd && yes("Add lines to your crontab that send what waits?", true)?;
    Ok((cron, systemd))
}
