//! Letters that wait to leave, in plain text.
//!
//! ```text
//!          post            claim(until)             finish
//!  (none) ──────▶ waiting ──────────────▶ claimed ─────────▶ (none)
//!                  ▲  ▲                    │   │
//!                  │  └──── postpone ──────┘   │
//!                  └──────── the claim runs out┘
//! ```
//!
//! Posting a letter again replaces one that waits, under a new row number, so that whoever still holds an old
//! claim finishes nothing; one that is claimed is on its way and stays as it is. A `here` also takes the place of the
//! one that still waits for the same friend and network, so that a nick that comes and goes fills nothing.

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{Outbox, from_json, json};
use crate::protocol::letter::{Body, LetterId};
use crate::protocol::time::Seconds;
use crate::rules::conversation::ContactId;
use crate::rules::message::Via;
use crate::rules::outgoing::{Outgoing, Route, Waiting};
use crate::rules::queue::{Priority, takes_the_place};
use crate::rules::words;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT row, receiver, route, network, nick, due, expires, claimed_until, attempts, form, letter
             FROM outbox ",
            $rest
        )
    };
}

pub(super) const DUE: &str = select!(
    "WHERE priority = ?1 AND due <= ?2 AND claimed_until <= ?2 AND (expires IS NULL OR expires > ?2)
         AND (route = 'any' OR (?3 IS NOT 'irc' AND route = 'mail') OR (?3 IS NOT 'mail' AND route IN ('irc', 'irc_at')))
     ORDER BY due, row"
);
pub(super) const OF_RECEIVER: &str = select!("WHERE receiver = ?1 ORDER BY priority, due, row");
/// Beside what is full there may be one of each kind and way with room; a few more do no harm.
pub(super) const RECEIPTS: &str = select!(
    "WHERE receiver = ?1 AND priority = ?3 AND claimed_until <= ?2 ORDER BY due DESC, row DESC LIMIT 8"
);
pub(super) const HERES: &str =
    select!("WHERE receiver = ?1 AND priority = ?4 AND network = ?2 AND claimed_until <= ?3");
const ALL: &str = select!("");
const BY_ROW: &str = select!("WHERE row = ?1");

impl Outbox<'_> {
    /// Letters that are due and that nobody is about to send, by their [`Priority`]; within these the longest due first. What
    /// has expired is not among them. With a way only those that may leave by it.
    pub fn due(&self, now: Seconds, way: Option<Via>, limit: usize) -> Result<Vec<Waiting>> {
        let mut due = Vec::new();
        for priority in Priority::ALL {
            let left = limit.saturating_sub(due.len());
            if left == 0 {
                break;
            }
            let values = params![priority.number(), now, way.map(words::via)];
            due.extend(self.some_readable(left, DUE, values, waiting)?);
        }
        Ok(due)
    }

    pub(super) fn damaged(&self) -> Result<usize> {
        let letters = self.rows(ALL, [], |row| Ok(waiting(row).is_err()))?;
        Ok(letters.into_iter().filter(|damaged| *damaged).count())
    }

    /// All letters to them, claimed or not, in the order in which they leave.
    pub fn of(&self, to: ContactId) -> Result<Vec<Waiting>> {
        self.readable(OF_RECEIVER, [to], waiting)
    }

    /// How many letters there are, claimed or not.
    pub fn count(&self) -> Result<usize> {
        self.count_of("SELECT count(*) FROM outbox", [])
    }

    /// Whether there is none, claimed or not.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(!self.exists("SELECT 1 FROM outbox", [])?)
    }

    /// One letter by its row, claimed or not.
    pub fn by_row(&self, row: i64) -> Result<Option<Waiting>> {
        self.row(BY_ROW, params![row], waiting)
    }

    /// Marks a row as about to be sent until then.
    pub fn claim(&self, row: i64, until: Seconds) -> Result<()> {
        let sql = "UPDATE outbox SET claimed_until = ?2 WHERE row = ?1";
        self.execute(sql, params![row, until])
    }

    /// Strikes off the row of a letter that has left. Done twice, it does nothing; nor where a backup was put back meanwhile
    /// and the row is another letter's.
    pub fn finish(&self, row: i64, letter: LetterId) -> Result<()> {
        let sql = "DELETE FROM outbox WHERE row = ?1 AND letter_id = ?2";
        self.execute(sql, params![row, letter.0])
    }

    /// Strikes off the row of a letter that has left without one, unless somebody is about to send it.
    pub fn withdraw(&self, letter: LetterId, now: Seconds) -> Result<()> {
        let sql = "DELETE FROM outbox WHERE letter_id = ?1 AND claimed_until <= ?2";
        self.execute(sql, params![letter.0, now])
    }

    /// Lets the row of a letter wait until `due`, unclaimed, with so many failures behind it.
    pub fn postpone(&self, row: i64, letter: LetterId, due: Seconds, attempts: u32) -> Result<()> {
        self.note(|changes| changes.outbox = true);
        let sql = "UPDATE outbox SET due = ?3, attempts = ?4, claimed_until = 0 WHERE row = ?1 AND letter_id = ?2";
        self.execute(sql, params![row, letter.0, due, attempts])
    }

    /// What was postponed waits no longer, nor what is gathered for members of groups; receipts that are gathered do, and what the
    /// hidden get much later on purpose.
    pub fn hurry(&self, now: Seconds) -> Result<()> {
        self.note(|changes| changes.outbox = true);
        let sql = "UPDATE outbox SET due = ?1 WHERE due > ?1 AND (attempts > 0 OR (
                   (priority <> ?2 OR CASE WHEN json_valid(letter) THEN json_type(letter, '$.body.Gather') END IS NOT NULL)
                   AND receiver NOT IN (SELECT contact FROM roster WHERE visible = 0)))";
        let receipt = Priority::Receipt.number();
        self.execute(sql, params![now, receipt])
    }

    /// Deletes what has not left by its time; returns how many.
    pub fn drop_expired(&self, now: Seconds) -> Result<usize> {
        let sql = "DELETE FROM outbox WHERE expires IS NOT NULL AND expires <= ?1 AND claimed_until <= ?1";
        self.run(sql, params![now])
    }

    pub(super) fn receipts(&self, to: ContactId) -> Result<Vec<Outgoing>> {
        let receipt = Priority::Receipt.number();
        let values = params![to, self.now(), receipt];
        let mut newest = self.readable(RECEIPTS, values, waiting)?;
        newest.reverse();
        Ok(newest.into_iter().map(|waiting| waiting.outgoing).collect())
    }

    pub(super) fn post(&self, outgoing: &Outgoing, now: Seconds) -> Result<()> {
        self.note(|changes| changes.outbox = true);
        let id = outgoing.letter.id.0;
        self.replace_heres(outgoing, now)?;
        let sql =
            "INSERT INTO outbox (receiver, letter_id, priority, route, network, nick, due, expires,
                       claimed_until, attempts, form, letter)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11)
                   ON CONFLICT (letter_id) DO NOTHING";
        let (route, network, nick) = route_columns(&outgoing.route);
        let values = params![
            outgoing.to,
            id,
            Priority::of(&outgoing.letter.body).number(),
            route,
            network,
            nick,
            outgoing.due,
            outgoing.expires,
            outgoing.attempts,
            json(&outgoing.form)?,
            json(&outgoing.letter)?,
        ];
        let replaced = "DELETE FROM outbox WHERE letter_id = ?1 AND claimed_until <= ?2";
        if self.run(sql, values)? == 0 && self.run(replaced, params![id, now])? > 0 {
            self.run(sql, values)?;
        }
        Ok(())
    }

    fn replace_heres(&self, outgoing: &Outgoing, now: Seconds) -> Result<()> {
        let (Body::Here(new), Route::IrcAt { network, .. }) =
            (&outgoing.letter.body, &outgoing.route)
        else {
            return Ok(());
        };
        let here = Priority::Here.number();
        let values = params![outgoing.to, network, now, here];
        for old in self.readable(HERES, values, waiting)? {
            if takes_the_place(new, &old.outgoing.letter.body) {
                self.finish(old.row, old.outgoing.letter.id)?;
            }
        }
        Ok(())
    }

    pub(super) fn cancel(&self, to: ContactId, letter: LetterId) -> Result<()> {
        self.note(|changes| changes.outbox = true);
        let sql = "DELETE FROM outbox WHERE letter_id = ?1 AND receiver = ?2";
        self.execute(sql, params![letter.0, to])
    }

    pub(super) fn cancel_all(&self, to: ContactId) -> Result<()> {
        self.note(|changes| changes.outbox = true);
        let sql = "DELETE FROM outbox WHERE receiver = ?1";
        self.execute(sql, [to])
    }
}

fn route_columns(route: &Route) -> (&'static str, Option<&str>, Option<&str>) {
    match route {
        Route::Any => ("any", None, None),
        Route::Mail => ("mail", None, None),
        Route::Irc => ("irc", None, None),
        Route::IrcAt { network, nick } => ("irc_at", Some(network), Some(nick)),
    }
}

fn waiting(row: &Row) -> Result<Waiting> {
    let outgoing = Outgoing {
        to: row.get("receiver")?,
        letter: from_json(row, "letter", "a letter")?,
        form: from_json(row, "form", "the form of a letter")?,
        route: route(row)?,
        due: row.get("due")?,
        expires: row.get("expires")?,
        attempts: row.get("attempts")?,
    };
    Ok(Waiting {
        row: row.get("row")?,
        outgoing,
        claimed_until: row.get("claimed_until")?,
    })
}

fn route(row: &Row) -> Result<Route> {
    let label: String = row.get("route")?;
    match label.as_str() {
        "any" => Ok(Route::Any),
        "mail" => Ok(Route::Mail),
        "irc" => Ok(Route::Irc),
        "irc_at" => Ok(Route::IrcAt {
            network: row.get("network")?,
            nick: row.get("nick")?,
        }),
        _ => Err(StoreError::Row("an unknown route".into())),
    }
}
