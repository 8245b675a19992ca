//! How handing over ended: rows end or wait, the rules decide what follows, and the way out may rest.

use super::{Settled, What};
use crate::account::{Account, AccountError, Leaving, decide_alone};
use crate::edge::config::{Mail, MailOut};
use crate::edge::mail::SendError;
use crate::edge::store::{StoreError, Transaction};
use crate::protocol::address::Address;
use crate::rules::effect::Notice;
use crate::rules::event::{Departure, Event, Left};
use crate::rules::queue::route::{Handed, RouteState, Told, Tried, back_off, pause};

impl Account {
    /// Until when nothing is sent, in seconds, because all that is ours is refused, and why.
    pub fn route_rests(&self) -> Result<Option<(u64, String)>, AccountError> {
        let state = self.look_once(route_state)?;
        let rests = state.rests(&name(&self.config.mail), self.now());
        Ok(rests.map(|(until, why)| (until, why.to_owned())))
    }

    /// Why what waits has not left, when it was last tried by whomever; `None`: it did leave.
    pub fn mail_trouble(&self) -> Result<Option<String>, AccountError> {
        let kept = self.look_once(|tx| Ok(tx.meta_get(TROUBLE)?))?;
        Ok(kept.filter(|trouble| !trouble.is_empty()))
    }

    /// Keeps the trouble of a round for `iim status`, which may have no agent to ask. A round in which nothing was tried
    /// says nothing.
    pub(super) fn keep_trouble(&mut self, settled: &Settled) -> Result<(), AccountError> {
        if settled.trouble.is_none() && settled.sent == 0 {
            return Ok(());
        }
        let trouble = settled.trouble.clone().unwrap_or_default();
        if self.mail_trouble()?.unwrap_or_default() == trouble {
            return Ok(());
        }
        self.store
            .transact(|tx| Ok(tx.meta_set(TROUBLE, &trouble)?))
    }

    /// The way out rests no longer: the user has mended it.
    pub fn end_rest(&mut self) -> Result<(), AccountError> {
        self.store
            .transact(|tx| put_route_state(tx, &RouteState::default()))
    }

    /// Whether the trouble of a round (or that there is none) is news to the user: what was told within a day is not.
    pub fn is_news(&mut self, trouble: Option<&str>) -> Result<bool, AccountError> {
        let now = self.now();
        self.store.transact(|tx| {
            let kept = tx.meta_get(TOLD)?.unwrap_or_default();
            let told: Option<Told> = serde_json::from_str(&kept).ok();
            let Some(trouble) = trouble else {
                if told.is_some() {
                    tx.meta_set(TOLD, "")?;
                }
                return Ok(false);
            };
            if told.is_some_and(|told| told.covers(trouble, now)) {
                return Ok(false);
            }
            let told = Told {
                trouble: trouble.to_owned(),
                at: now,
            };
            tx.meta_set(TOLD, &serde_json::to_string(&told).unwrap_or_default())?;
            Ok(true)
        })
    }

    /// Whether the way out rests; if so, that is the trouble.
    pub(super) fn rests(&self, settled: &mut Settled) -> Result<bool, AccountError> {
        let Some((until, why)) = self.route_rests()? else {
            return Ok(false);
        };
        (settled.rests_until, settled.trouble) = (Some(until), Some(why));
        Ok(true)
    }

    /// Puts down how handing over ended, in one turn; says whether the mail system failed.
    pub(super) fn conclude(
        &mut self,
        ended: Vec<(Leaving, Result<(), SendError>)>,
        settled: &mut Settled,
    ) -> Result<bool, AccountError> {
        if ended.is_empty() {
            return Ok(false);
        }
        let mut leaving = Vec::new();
        let mut round = Vec::new();
        for (letter, sent) in ended {
            round.push(Tried {
                letter: letter.letter.id,
                to: letter.to.clone(),
                handed: handed(sent),
            });
            leaving.push(letter);
        }
        let ends = self.depart(leaving, round, settled)?;
        let taken = ends.iter().filter(|end| **end == Handed::Taken).count();
        settled.sent = settled.sent.saturating_add(taken);
        let mut failed = false;
        for end in ends {
            match end {
                Handed::Taken | Handed::Refused(_) | Handed::Unsent => {}
                Handed::Later(why) | Handed::OfUs(why) => {
                    failed = true;
                    settled.trouble = Some(why);
                }
                // That letter's own trouble: the others go on.
                Handed::Perhaps(why) | Handed::Unseen(why) => settled.trouble = Some(why),
            }
        }
        Ok(failed)
    }

    /// Tells the rules, in one turn, how the letters of a batch have left.
    fn depart(
        &mut self,
        leaving: Vec<Leaving>,
        round: Vec<Tried>,
        settled: &mut Settled,
    ) -> Result<Vec<Handed>, AccountError> {
        let (settings, now_ms, rng) = (&self.settings, self.clock.now_ms(), self.rng.as_mut());
        let (teller, of) = (self.teller, name(&self.config.mail));
        let now = now_ms / 1000;
        let (ends, told) = self.store.transact(|tx| {
            tx.at(now);
            let before = route_state(tx)?;
            let (state, ends) = before.after(&of, round, now);
            if state != before {
                put_route_state(tx, &state)?;
            }
            let mut told = Vec::new();
            for (leaving, end) in leaving.into_iter().zip(&ends) {
                end_row(tx, &leaving, end, now, &state)?;
                let Some(how) = left(end) else { continue };
                let to = leaving.to.clone();
                let event = Event::Left(Box::new(departure(leaving, how)));
                match decide_alone(tx, settings, event, now_ms, rng, teller)? {
                    Ok(notices) => told.extend(notices),
                    Err(fault) => told.push(unnoted(to, &fault)),
                }
            }
            Ok::<_, AccountError>((ends, told))
        })?;
        settled.notices.extend(told);
        Ok(ends)
    }
}

fn departure(leaving: Leaving, how: Left) -> Departure {
    Departure {
        to: leaving.to,
        letter: leaving.letter,
        announced: leaving.announced,
        how,
    }
}

/// The row has ended, or waits, all the same: nobody else's letter is sent twice for it.
fn unnoted(to: Address, fault: &AccountError) -> Notice {
    Notice::Word {
        text: format!("how a mail to {to} ended could not be put down: {fault}"),
        friend: Some(to),
    }
}

fn handed(sent: Result<(), SendError>) -> Handed {
    match sent {
        Ok(()) => Handed::Taken,
        Err(SendError::Transient(why)) => Handed::Later(why),
        Err(SendError::Permanent(why)) => Handed::Refused(why),
        Err(SendError::Perhaps(why)) => Handed::Perhaps(why),
        Err(SendError::OfUs(why)) => Handed::OfUs(why),
        Err(SendError::Unseen(why)) => Handed::Unseen(why),
        // What is slow was put aside before.
        Err(SendError::Unsent | SendError::Slow(_)) => Handed::Unsent,
    }
}

/// What the rules are told; of an end that nobody saw, nothing.
fn left(end: &Handed) -> Option<Left> {
    match end {
        Handed::Taken => Some(Left::Mailed),
        Handed::Later(_) | Handed::Perhaps(_) | Handed::OfUs(_) | Handed::Unsent => {
            Some(Left::Delayed)
        }
        Handed::Refused(why) => Some(Left::Refused(why.clone())),
        Handed::Unseen(_) => None,
    }
}

fn end_row(
    tx: &Transaction<'_>,
    leaving: &Leaving,
    end: &Handed,
    now: u64,
    state: &RouteState,
) -> Result<(), StoreError> {
    let tried = leaving.attempts.saturating_add(1);
    let rests = state.rests(&state.of, now).map(|(until, _)| until);
    let (due, attempts) = match end {
        Handed::Taken | Handed::Refused(_) => return tx.finish(leaving.row),
        // The claim lasts: no copy leaves before it is over.
        Handed::Unseen(_) => return Ok(()),
        Handed::Later(_) => (now.saturating_add(back_off(tried)), tried),
        Handed::Perhaps(_) => {
            let times = state.times(leaving.letter.id);
            (now.saturating_add(pause(times)), tried)
        }
        // It does not rest where another mail was taken.
        Handed::OfUs(_) => {
            let due = rests.unwrap_or(now.saturating_add(back_off(tried)));
            (due, tried)
        }
        // It was sealed all the same: what rode beside it rides again.
        Handed::Unsent => (rests.unwrap_or(now), leaving.attempts.max(1)),
    };
    if let What::Mail { .. } = leaving.what {
        tx.budget_refund(leaving.class, &leaving.to, now)?;
    }
    tx.postpone(leaving.row, due, attempts)
}

pub(super) fn route_state(tx: &Transaction<'_>) -> Result<RouteState, AccountError> {
    let kept = tx.meta_get(ROUTE)?;
    // What cannot be read says nothing: mail goes out.
    Ok(kept
        .and_then(|kept| serde_json::from_str(&kept).ok())
        .unwrap_or_default())
}

fn put_route_state(tx: &Transaction<'_>, state: &RouteState) -> Result<(), AccountError> {
    let kept = serde_json::to_string(state).unwrap_or_default();
    Ok(tx.meta_set(ROUTE, &kept)?)
}

/// What tells one way out from another: a rest of one that the user has changed is over.
fn name(mail: &Mail) -> String {
    match &mail.out {
        MailOut::Sendmail(words) => words.join(" "),
        MailOut::Smtp(server) => {
            let (url, user) = (&server.url, server.url.user.as_deref().unwrap_or(""));
            format!("{user}@{}:{}", url.server.host, url.server.port)
        }
    }
}

/// Under these keys the store keeps how the way out stands, the trouble of the last round, and that which was told.
const ROUTE: &str = "route";
const TROUBLE: &str = "mail_trouble";
const TOLD: &str = "trouble_told";
