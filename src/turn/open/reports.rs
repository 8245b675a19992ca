//! What comes back: reports on mails of ours, and our own loop-back mail.

use super::Arrived;
use crate::edge::store::StoreError;
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::protocol::mail_form::DefinedMail;
use crate::protocol::{clean, dsn};
use crate::rules::event::{Bounce, Event};
use crate::turn::{PROBE, Station, TurnError};

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

    /// Hears a report on a delivery (RFC 3464). Only what reports on a mail of ours, to that friend, is ours.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn hear_report(&mut self, raw: &[u8]) -> Result<Arrived, TurnError> {
        let Ok(reports) = dsn::read(raw) else {
            return Ok(Arrived::left("a report that cannot be read"));
        };
        let mut notices = Vec::new();
        let mut ours = false;
        for report in &reports {
            for (friend, letter) in self.reported(report)? {
                ours = true;
                let bounce = Bounce {
                    friend,
                    letter,
                    permanent: report.permanent,
                    reason: clean::line(&report.reason, 200),
                };
                notices.extend(self.event(Event::Report(bounce))?.notices);
            }
        }
        let status = if ours {
            "a report on a mail of ours"
        } else {
            "a report on no mail of ours"
        };
        Ok(Arrived {
            done: ours,
            status: status.to_owned(),
            notices,
            stored: None,
            took: None,
        })
    }

    fn reported(&self, report: &dsn::Report) -> Result<Vec<(Address, LetterId)>, TurnError> {
        self.look(|desk| {
            let mut found = Vec::new();
            for id in &report.original_message_ids {
                let mail = desk.mail_id(id)?;
                let same =
                    |friend: &Address| report.recipient.as_ref().is_none_or(|to| to == friend);
                found.extend(mail.filter(|(friend, _)| same(friend)));
            }
            Ok(found)
        })
    }
}
