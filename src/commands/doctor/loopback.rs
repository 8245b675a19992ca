//! A mail to our own address: does mail leave, does it reach the hook, does its From stay as it is?

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::finding::Findings;
use crate::account::{Account, mail};
use crate::edge::mail::{MailSender as _, OutMail};
use crate::protocol::address::Address;
use crate::protocol::hex;
use crate::protocol::mail_form::{Envelope, write_probe};
use crate::protocol::time::Seconds;
use crate::rules::queue::route::Handed;

/// How long the mail may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// Sends the mail and waits for it.
pub(crate) fn check(account: &mut Account, found: &mut Findings) {
    let since = account.now();
    if let Err(error) = send(account) {
        let mend = "look into the mail system's log, and at [mail] in config.toml";
        return found.error(error.context("no mail can be sent"), mend);
    }
    found.ok("the mail system takes mail from us");
    let ours = &account.config.address.clone();
    let way = match account.config.mail.fetch.first() {
        Some(_) => "mailbox",
        None => "hook",
    };
    match wait(account, since) {
        Ok(Some(from)) => compare(ours, &from, way, found),
        Ok(None) => {
            let limit = LIMIT.as_secs();
            let what =
                format!("a mail to {ours} did not come back through the {way} within {limit} s");
            let mend = match account.config.mail.fetch.first() {
                Some(_) => {
                    "look whether it lies in the mailbox, in its folder for spam, or in a folder into which a rule sorts it; \
                            `iim status` says whether the agent looks there"
                }
                None => {
                    "look whether it lies in the mailbox (then the hook is not reached, see above) or in the \
                         mail system's queue (mailq); a slow mail system may just need longer"
                }
            };
            found.fault(what, mend);
        }
        Err(error) => found.error(error, "mend the database first"),
    }
}

fn send(account: &mut Account) -> anyhow::Result<()> {
    let token = account.new_probe()?;
    let mut random = [0; 16];
    account.rng().fill(&mut random);
    let address = &account.config.address;
    let message_id = format!("{}@{}", hex::encode(&random), address.domain());
    let envelope = Envelope {
        from: address,
        from_name: "",
        to: address,
        message_id: &message_id,
        date: account.now(),
    };
    let probe = OutMail {
        from: address.clone(),
        to: address.clone(),
        mail: write_probe(&envelope, token),
    };
    let ends = mail::open(account, Duration::ZERO)?.send_all(vec![probe], None);
    let why = match ends.first() {
        Some(Ok(Handed::Taken)) => return Ok(()),
        Some(Ok(end)) => end.why(),
        Some(Err(_)) | None => None,
    };
    bail!("{}", why.unwrap_or("the mail system does not say why"))
}

fn wait(account: &mut Account, since: Seconds) -> anyhow::Result<Option<String>> {
    let begun = Instant::now();
    loop {
        if let Some(from) = account.probe_came(since)? {
            return Ok(Some(from));
        }
        if begun.elapsed() > LIMIT {
            return Ok(None);
        }
        sleep(LOOK);
    }
}

/// A mail system that rewrites From makes our requests worthless: they count only under the address that asks. Sealed
/// letters are known by their sessions, if another field or a key tells whose.
fn compare(ours: &Address, from: &str, way: &str, found: &mut Findings) {
    if Address::parse(from).as_ref() == Ok(ours) {
        return found.ok(format!(
            "a mail to ourselves came back through the {way}, its From unchanged"
        ));
    }
    let mend = "set address in config.toml to the address that leaves, or have the mail system leave From alone";
    let what = format!("the mail system changes the sender {ours} to {from}");
    found.fault(
        format!("{what}: others' programs refuse requests in such mails"),
        mend,
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::commands::doctor::finding::Level;

    #[test]
    fn a_changed_sender_is_a_fault() {
        let ours = Address::parse("bob@example.net").unwrap();
        for (from, level) in [
            ("bob@example.net", Level::Ok),
            ("Bob@Example.NET", Level::Ok),
            ("bob@host.example.net", Level::Fault),
            ("", Level::Fault),
        ] {
            let mut found = Findings::default();
            compare(&ours, from, "hook", &mut found);
            assert_eq!(found.count(level), 1, "{from}");
        }
    }
}
