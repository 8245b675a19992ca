//! The account itself: its files, configuration, database and agent.

use crate::account::{Account, AccountError};
use crate::edge::config::{Config, MailOut};
use crate::edge::control;
use crate::edge::control::status::Status;
use crate::edge::home::Home;
use crate::protocol::clean::one_line;
use crate::rules::account::Settings;
use crate::rules::contact::Contact;
use crate::rules::words::counted;

use super::finding::Finding;
use crate::commands::context::{ANOTHER_AGENT, RESTART};

/// Places, modes and owners.
pub(crate) fn files(home: &Home) -> Vec<Finding> {
    let faults = home.check();
    if faults.is_empty() {
        let data = home.data().display();
        return vec![Finding::ok(format!(
            "the files in {data} are there, and yours alone"
        ))];
    }
    let again = "run iim setup: it completes what is missing";
    faults
        .into_iter()
        .map(|fault| Finding::error(fault, again))
        .collect()
}

/// `config.toml`, and what in it takes something away.
pub(crate) fn config(home: &Home) -> Vec<Finding> {
    let config = match Config::load(&home.config()) {
        Ok(config) => config,
        Err(error) => return vec![Finding::error(error, "mend it with a text editor")],
    };
    let mut findings = vec![Finding::ok(format!(
        "{} can be read; you are {}",
        home.config().display(),
        std::iter::once(&config.address)
            .chain(&config.also)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    ))];
    for network in &config.networks {
        if network.sasl.is_some() {
            findings.push(Finding::warn(
                format!(
                    "{}: a login by SASL shows your account name and links all your nicknames",
                    network.name
                ),
                "hiding is not promised on this network; leave sasl out if you need it",
            ));
        }
        if !network.tls && network.insecure {
            findings.push(Finding::warn(
                format!("{}: the connection is in clear text", network.name),
                "use tls = true, if the network has it",
            ));
        }
    }
    if let MailOut::Smtp(smtp) = &config.mail.out
        && let Some(password) = &smtp.password
        && let Err(error) = password.read()
    {
        let mend = "see password_command and password_file in config.toml";
        findings.push(Finding::error(error, mend));
    }
    findings
}

/// What the database holds.
pub(crate) fn database(account: &mut Account) -> Vec<Finding> {
    let looked = look_into(account);
    looked.unwrap_or_else(|error| vec![Finding::error(error, FROM_A_BACKUP)])
}

fn look_into(account: &mut Account) -> Result<Vec<Finding>, AccountError> {
    let people = account.people()?;
    let mut findings = vec![Finding::ok(format!(
        "the database opens: {} on the roster, {} in the outbox",
        counted(people.len(), "name"),
        counted(account.waiting()?, "letter")
    ))];
    let damaged = account.damaged_rows()?;
    if damaged > 0 {
        let rows = counted(damaged, "row");
        let what = format!("damaged: {rows} of the database, passed over");
        findings.push(Finding::fault(what, FROM_A_BACKUP));
    }
    if account.state()?.restored {
        findings.push(Finding::warn(
            "the data came from a backup, and not all friends have been asked to heal",
            "iim doctor --restored",
        ));
    }
    findings.push(match account.knows_copies()? {
        true => Finding::ok(SNAPSHOTS),
        false => Finding::warn(
            "the file system of the database does not say when a file was made: a backup that is put back may go \
             unnoticed",
            "after putting one back, or turning back to a snapshot: iim doctor --restored",
        ),
    });
    findings.extend(aliases(&people, account.settings()));
    Ok(findings)
}

const FROM_A_BACKUP: &str = "restore the folder from a backup";

/// Nothing inside of what is turned back can tell.
const SNAPSHOTS: &str = "a backup that is put back is noticed; a whole file system or virtual machine turned back to a \
                         snapshot (btrfs, ZFS, VM) is not: then run iim doctor --restored";

/// Other addresses of ours that are somebody's, or that are not in the configuration any more.
fn aliases(people: &[Contact], settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for person in people {
        let (name, address) = (one_line(&person.name), &person.address);
        let known = person.our_address(settings);
        if settings.is_ours(address) {
            findings.push(Finding::warn(
                format!("{address} is your own address, and {name} is on the roster under it"),
                "take it out of `also` in config.toml, or remove that entry",
            ));
        }
        if person.keys().is_some() && !settings.is_ours(known) {
            findings.push(Finding::warn(
                format!(
                    "{name} knows you as {known}, which config.toml does not name any more: mail to them still has it as sender"
                ),
                "put it into `also` if it is still yours; else ask them to add your other address",
            ));
        }
    }
    findings
}

/// Whether an agent runs.
pub(crate) fn agent(account: &Account) -> Vec<Finding> {
    let sockets = account.home.sockets();
    if account.agent_is_of_another_version() {
        return vec![Finding::error(anyhow::Error::msg(ANOTHER_AGENT), RESTART)];
    }
    if control::is_there(sockets) {
        let asked = control::ask::<Status>(sockets, control::Request::Status);
        return vec![match asked {
            Ok(_) => Finding::ok("the agent runs"),
            Err(error) => Finding::error(error, "end it and start it again"),
        }];
    }
    if control::is_running(&account.home.agent_lock()) {
        return vec![Finding::warn(
            "the agent runs, and nobody reaches it: its socket is gone",
            "look again in a minute; if it stays so, end it and start it again",
        )];
    }
    let mend = "iim setup --systemd, or start `iim agent`; for cron alone: iim setup --cron";
    vec![Finding::warn(
        "no agent runs: you are on no network, and nobody's presence is known",
        mend,
    )]
}
