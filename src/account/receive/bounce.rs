//! What comes back: reports on mails of ours, and our own loop-back mail.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::AccountError;
use crate::account::kept::copies;
use crate::account::read::PROBE;
use crate::account::turn::{Teller, Turn};
use crate::edge::store::{Mailed, Transaction};
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::dsn::Report;
use crate::protocol::time::Seconds;
use crate::rules::effect::Notice;
use crate::rules::event::{Bounce, Event};
use crate::rules::view::View;

/// Our own loop-back mail has come back, from there; says whether it is ours.
pub(super) fn hear_probe(
    tx: &Transaction<'_>,
    token: &[u8; 16],
    from: &Address,
    now: Seconds,
) -> Result<bool, AccountError> {
    let ours = tx.dedup().probe(token, now)?;
    if ours {
        tx.meta_set(PROBE, &format!("{now} {from}"))?;
    }
    Ok(ours)
}

/// Hears reports on deliveries, whatever they name; says whether any is on a mail of ours.
pub(super) fn hear_reports(
    turn: &mut Turn<'_>,
    mut reports: Vec<Report>,
) -> Result<(bool, Vec<Notice>), AccountError> {
    let tx = turn.tx;
    let mut notices = Vec::new();
    name_by_parts(tx, &mut reports)?;
    let (mut ours, told) = copies::hear_reports(tx, &reports)?;
    if let (Some(told), Teller::Other) = (&told, turn.teller) {
        tx.notices().leave(told)?;
    }
    notices.extend(told);
    for (id, (mail, to)) in mails(tx, &reports)? {
        let about = about(&reports, &id, &to);
        ours = ours || !about.is_empty();
        let Some(report) = about
            .into_iter()
            .find(|report| report.permanent && !mail.reported)
        else {
            continue;
        };
        let event = Event::Report(bounce(report, mail.clone()));
        tx.dedup().mark_reported(&id)?;
        let told = AccountError::logged(turn.apart(|turn| turn.event(event)), "one report")?;
        notices.extend(told.into_iter().flat_map(|outcome| outcome.notices));
    }
    Ok((ours, notices))
}

/// The mails of ours, to people on the roster and where they went, that reports name by their Message-IDs.
fn mails(
    tx: &Transaction<'_>,
    reports: &[Report],
) -> Result<BTreeMap<String, (Mailed, Address)>, AccountError> {
    let named: BTreeSet<&String> = reports
        .iter()
        .flat_map(|report| &report.original_message_ids)
        .collect();
    let mut found = BTreeMap::new();
    for id in named.into_iter().take(MOST_IDS) {
        let Some(mail) = tx.dedup().mail_id(id)? else {
            continue;
        };
        if let Some(Some(address)) = AccountError::logged(receiver(tx, &mail), "one report")? {
            found.insert(id.clone(), (mail, address));
        }
    }
    Ok(found)
}

/// Where a mail went, to somebody on the roster or in a group.
fn receiver(tx: &Transaction<'_>, mail: &Mailed) -> Result<Option<Address>, AccountError> {
    if let Some(person) = tx.contact(mail.to)? {
        return Ok(Some(person.address));
    }
    match tx.groups().keys_of(mail.to)?.is_empty() {
        true => Ok(None),
        false => Ok(tx.address_of(mail.to)?),
    }
}

/// Those on a mail of ours: of the reports that name it those that name its one receiver, else all. A receiver may have
/// other addresses behind that one (a forwarding, a plus address), of which we know nothing.
fn about<'r>(reports: &'r [Report], id: &String, to: &Address) -> Vec<&'r Report> {
    let named = |report: &&Report| report.original_message_ids.contains(id);
    let is_to = |report: &&Report| report.recipient.as_ref() == Some(to);
    let exact: Vec<_> = reports.iter().filter(named).filter(is_to).collect();
    match exact.is_empty() {
        true => reports.iter().filter(named).collect(),
        false => exact,
    }
}

/// A mail of ours that is returned under another Message-ID is known by the part in it.
fn name_by_parts(tx: &Transaction<'_>, reports: &mut [Report]) -> Result<(), AccountError> {
    for report in reports {
        for part in &report.returned {
            let id = tx.dedup().mail_with_part(part)?;
            report.original_message_ids.extend(id);
        }
    }
    Ok(())
}

fn bounce(report: &Report, mail: Mailed) -> Bounce {
    Bounce {
        friend: mail.to,
        letter: mail.letter,
        announced: mail.announced,
        permanent: report.permanent,
        reason: clean::line(&report.reason, 200),
    }
}

/// How many mails of ours one report can name.
const MOST_IDS: usize = 20;
