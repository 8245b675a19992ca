//! The account itself: its files, configuration, database and agent.

use crate::account::{Account, AccountError};
use crate::edge::config::{Config, MailLogin, MailOut};
use crate::edge::control::status::Status;
use crate::edge::control::{self, ControlError};
use crate::edge::home::Home;
use crate::protocol::clean::one_line;
use crate::rules::account::Settings;
use crate::rules::contact::Contact;
use crate::rules::words::counted;

use super::finding::Findings;
use crate::commands::context::{ANOTHER_AGENT, RESTART};
use crate::commands::status::report::could_not_be_read;

/// Places, modes and owners.
pub(crate) fn files(home: &Home, found: &mut Findings) {
    let faults = home.check();
    if faults.is_empty() {
        let data = home.data().display();
        found.ok(format!("the files in {data} are there, and yours alone"));
    }
    for fault in faults {
        found.error(fault, "run iim setup: it completes what is missing");
    }
}

/// `config.toml`, and what in it takes something away.
pub(crate) fn config(home: &Home, found: &mut Findings) {
    let config = match Config::load(&home.config()) {
        Ok(config) => config,
        Err(error) => return found.error(error, "mend it with a text editor"),
    };
    let own = std::iter::once(&config.address).chain(&config.also);
    let own: Vec<String> = own.map(ToString::to_string).collect();
    let (file, own) = (home.config(), own.join(", "));
    found.ok(format!("{} can be read; you are {own}", file.display()));
    for network in &config.networks {
        let name = &network.name;
        if network.sasl.is_some() {
            let shows = "a login by SASL shows your account name and links all your nicknames";
            let mend = "hiding is not promised on this network; leave sasl out if you need it";
            found.warn(format!("{name}: {shows}"), mend);
        }
        if !network.tls && network.insecure {
            let mend = "use tls = true, if the network has it";
            found.warn(format!("{name}: the connection is in clear text"), mend);
        }
    }
    if let MailOut::Smtp(smtp) = &config.mail.out
        && let Some(Err(error)) = smtp.login.as_ref().map(MailLogin::open)
    {
        let mend = "see password_command, password_file and token_command in config.toml";
        found.error(error, mend);
    }
}

/// What the database holds.
pub(crate) fn database(account: &mut Account, found: &mut Findings) {
    if let Err(error) = look_into(account, found) {
        found.error(error, FROM_A_BACKUP);
    }
}

fn look_into(account: &mut Account, found: &mut Findings) -> Result<(), AccountError> {
    let people = account.people()?;
    let names = counted(people.len(), "name");
    let letters = counted(account.waiting()?, "letter");
    let holds = format!("{names} on the roster, {letters} in the outbox");
    found.ok(format!("the database opens: {holds}"));
    let damaged = account.look(|tx| Ok(tx.roster().damaged_rows()?))?;
    if damaged > 0 {
        let rows = counted(damaged, "row");
        let what = format!("damaged: {rows} of the database, passed over");
        found.fault(what, FROM_A_BACKUP);
    }
    if account.state()?.restored {
        let what = "the data came from a backup, and not all friends have been asked to heal";
        found.warn(what, "iim doctor --restored");
    }
    if account.knows_copies()? {
        found.ok(SNAPSHOTS);
    } else {
        let why = "the file system of the database does not say when a file was made";
        let mend = "after putting one back, or turning back to a snapshot: iim doctor --restored";
        found.warn(
            format!("{why}: a backup that is put back may go unnoticed"),
            mend,
        );
    }
    aliases(&people, account.settings(), found);
    Ok(())
}

const FROM_A_BACKUP: &str = "restore the folder from a backup";

/// Nothing inside of what is turned back can tell.
const SNAPSHOTS: &str = "a backup that is put back is noticed; a whole file system or virtual machine turned back to a \
                         snapshot (btrfs, ZFS, VM) is not: then run iim doctor --restored";

/// Other addresses of ours that are somebody's, or that are not in the configuration any more.
fn aliases(people: &[Contact], settings: &Settings, found: &mut Findings) {
    for person in people {
        let (name, address) = (one_line(&person.name), &person.address);
        let known = person.our_address(settings);
        if settings.is_ours(address) {
            let entry = format!("and {name} is on the roster under it");
            let mend = "take it out of `also` in config.toml, or remove that entry";
            found.warn(format!("{address} is your own address, {entry}"), mend);
        }
        if person.keys().is_some() && !settings.is_ours(known) {
            let why =
                "which config.toml does not name any more: mail to them still has it as sender";
            let mend =
                "put it into `also` if it is still yours; else ask them to add your other address";
            found.warn(format!("{name} knows you as {known}, {why}"), mend);
        }
    }
}

/// Whether an agent runs, and how it is.
pub(crate) fn agent(account: &Account, found: &mut Findings) -> Option<Status> {
    let asked = control::ask(account.home.sockets(), control::Request::Status);
    if account.agent_is_of_another_version() {
        found.fault(ANOTHER_AGENT, RESTART);
        return asked.ok();
    }
    match asked {
        Ok(status) => {
            found.ok("the agent runs");
            return Some(status);
        }
        Err(ControlError::NoAgent) if control::is_running(&account.home.agent_lock()) => found
            .warn(
                "the agent runs, and nobody reaches it: its socket is gone",
                "look again in a minute; if it stays so, end it and start it again",
            ),
        Err(ControlError::NoAgent) => found.warn(
            "no agent runs: you are on no network, and nobody's presence is known",
            "iim setup --systemd, or start `iim agent`; for cron alone: iim setup --cron",
        ),
        Err(error) => found.error(error, "end it and start it again"),
    }
    None
}

/// What bore our marker and could not be read.
pub(crate) fn unread(account: &mut Account, found: &mut Findings) -> Result<(), AccountError> {
    if let Some(what) = could_not_be_read(&account.unread_mails()?) {
        let says = "`iim inspect` says more of a mail on its standard input";
        let takes = "`iim deliver --anyway` takes one that you know to be iim's";
        let others = "those of another iim that is set up for your address are its own";
        found.warn(what, format!("{says}; {takes}; {others}"));
    }
    Ok(())
}
