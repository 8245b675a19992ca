//! What comes back: reports on mails of ours, and our own loop-back mail.

use std::collections::{BTreeMap, BTreeSet};

use super::Arrived;
use crate::edge::store::{Desk, Mailed, StoreError};
use crate::protocol::clean;
use crate::protocol::dsn::{self, Report};
use crate::protocol::mail_form::DefinedMail;
use crate::rules::decide::decide;
use crate::rules::event::{Bounce, Event};
use crate::rules::view::View;
use crate::turn::{PROBE, Station, TurnError, commit, outcome};

impl Station {
    /// Our own loop-back mail has come back.
    pub(super) fn hear_probe(
        &mut self,
        mail: &DefinedMail,
        token: &[u8; 16],
    ) -> Result<Arrived, TurnError> {
        let now = self.now();
        let kept = format!("{now} {}", mail.from);
        let ours = self.store.turn(|desk| {
            let ours = desk.probe(token, now)?;
            if ours {
                desk.meta_set(PROBE, &kept)?;
            }
            Ok::<_, StoreError>(ours)
        })?;
        Ok(if ours {
            Arrived::done("a loop-back mail of ours")
        } else {
            Arrived::left("a probe of somebody else")
        })
    }

    /// Hears a report on a delivery (RFC 3464): one turn, whatever it names. Only what reports on a mail of ours, to
    /// somebody on the roster, is ours; of each mail one report that it will never arrive counts.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn hear_report(&mut self, raw: &[u8]) -> Result<Arrived, TurnError> {
        let Ok(reports) = dsn::read(raw) else {
            return Ok(Arrived::left("a report that cannot be read"));
        };
        let (settings, now_ms, dice) = (&self.settings, self.clock.now_ms(), self.dice.as_mut());
        let (teller, now) = (self.teller, now_ms / 1000);
        let mut notices = Vec::new();
        let ours = self.store.turn(|desk| {
            desk.at(now);
            let mut ours = false;
            for (id, mail) in mails(desk, &reports)? {
                let about = |report: &&Report| is_about(report, &id, &mail);
                let mut about = reports.iter().filter(about).peekable();
                ours = ours || about.peek().is_some();
                let Some(report) = about.find(|report| report.permanent && !mail.reported) else {
                    continue;
                };
                desk.mark_reported(&id)?;
                let event = Event::Report(bounce(report, mail.clone()));
                let decision = decide(settings, desk, event, now_ms, dice)?;
                commit(desk, &decision, now, teller)?;
                notices.extend(outcome(decision).notices);
            }
            Ok::<_, TurnError>(ours)
        })?;
        let status = match ours {
            true => "a report on a mail of ours",
            false => "a report on no mail of ours",
        };
        Ok(Arrived {
            done: ours,
            stays: false,
            status: status.to_owned(),
            notices,
            stored: None,
            took: None,
        })
    }
}

/// The mails of ours, to people on the roster, that reports name by their Message-IDs.
fn mails(desk: &Desk<'_>, reports: &[Report]) -> Result<BTreeMap<String, Mailed>, TurnError> {
    let named: BTreeSet<&String> = reports
        .iter()
        .flat_map(|report| &report.original_message_ids)
        .collect();
    let mut found = BTreeMap::new();
    for id in named.into_iter().take(MOST_IDS) {
        let Some(mail) = desk.mail_id(id)? else {
            continue;
        };
        if desk.person(&mail.friend)?.is_some() {
            found.insert(id.clone(), mail);
        }
    }
    Ok(found)
}

/// Whether a report is about this mail: it names it, and no other receiver than that of the mail.
fn is_about(report: &Report, id: &String, mail: &Mailed) -> bool {
    let to = report.recipient.as_ref();
    report.original_message_ids.contains(id) && to.is_none_or(|to| *to == mail.friend)
}

fn bounce(report: &Report, mail: Mailed) -> Bounce {
    Bounce {
        friend: mail.friend,
        letter: mail.letter,
        announced: mail.announced,
        permanent: report.permanent,
        reason: clean::line(&report.reason, 200),
    }
}

/// How many mails of ours one report can name.
const MOST_IDS: usize = 20;
