//! One transaction: what may be read in it, and the effects put down.

use rusqlite::params;

use super::change::{Changes, Contacts};
use super::copy::{self, copy};
use super::error::{Result, StoreError};
use super::friend::{self, person};
use super::message::{self, message};
use super::tables::{Transaction, int, json, uint};
use crate::protocol::address::Address;
use crate::protocol::group::{Act, GroupId, MemberId};
use crate::protocol::letter::{Keys, LetterId};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId, ConversationId, Ids};
use crate::rules::effect::Effect;
use crate::rules::group::copy::Copy;
use crate::rules::group::state::Group;
use crate::rules::group::waiting::WaitingAct;
use crate::rules::message::Message;
use crate::rules::outgoing::Outgoing;
use crate::rules::view::{Invite, Tombstone, Unreadable, View};

impl Transaction<'_> {
    /// Puts down one effect; [`Effect::Tell`], [`Effect::Ephemeral`] and [`Effect::InRoom`] leave nothing here.
    pub fn apply(&self, effect: &Effect, now: Seconds) -> Result<()> {
        self.at(now);
        match effect {
            Effect::Account(account) => self.put_account(account),
            Effect::Contact(person) => self.roster().put(person),
            Effect::Forget(id) => self.roster().forget(*id),
            Effect::DropSessions(whose, key) => self.sessions().drop_sessions(*whose, key),
            Effect::RetireSessions(whose, key) => self.sessions().retire_sessions(*whose, key),
            Effect::RetireAllSessions(but) => self.sessions().retire_all_sessions(but),
            Effect::Message(message) => self.texts().put(message),
            Effect::Marker(of, up_to) => self.texts().put_marker(*of, *up_to),
            Effect::Post(outgoing) => self.outbox().post(outgoing, now),
            Effect::Cancel(to, letter) => self.outbox().cancel(*to, *letter),
            Effect::CancelAll(to) => self.outbox().cancel_all(*to),
            Effect::Invite(invite) => self.given_out().put(invite),
            Effect::Revoke(id) => self.given_out().revoke(*id),
            Effect::Remember(tombstone, until) => self.dedup().remember(tombstone, *until),
            Effect::Group(group) => self.groups().put(group),
            Effect::Acts(of, taken, waiting) => self.groups().put_acts(*of, taken, waiting),
            Effect::Copy(copy) => self.copies().put(copy),
            Effect::Tell(_) | Effect::Ephemeral(_) | Effect::InRoom(_) => Ok(()),
        }
    }

    /// The earliest timer of all that fire at `since` or later. What has fired before and is still there waits for
    /// what no clock brings (a budget, a friend's coming).
    pub fn next_timers(&self, since: Seconds) -> Result<Option<Seconds>> {
        self.value(NEXT, params![since])
    }

    /// Does something of which all is kept or, on an error, nothing: the rest of the turn stays as it is.
    pub fn apart<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.run("SAVEPOINT apart", [])?;
        let done = work();
        if done.is_err() {
            self.kept.take();
            self.run("ROLLBACK TO apart", [])?;
        }
        self.run("RELEASE apart", [])?;
        done
    }

    /// What was changed after the change of this number, by whomever; 0 asks for everything, and so does a number that is
    /// none any more. A database that was put in the place of another has numbers of its own.
    pub fn changes_since(&self, number: u64) -> Result<Changes> {
        let mut rows = self.rows(SINCE, params![int(number)], |row| {
            let read = serde_json::from_str(row.get_ref("what")?.as_str().unwrap_or_default());
            let number = uint(row, "number")?;
            let read = read.unwrap_or_else(|_| Changes::everything(number));
            Ok(Changes {
                last: number,
                ..read
            })
        })?;
        let known = rows.first().is_some_and(|first| first.last == number);
        if !known {
            let last = self.number("SELECT max(number) FROM change", [])?;
            return Ok(Changes::everything(last.unwrap_or(0)));
        }
        rows.drain(..1);
        let mut all = Changes {
            last: number,
            ..Changes::default()
        };
        rows.into_iter().for_each(|later| all.add(later));
        Ok(all)
    }

    pub(super) fn leave_changes(&self) -> Result<()> {
        let mut changes = self.take_changes();
        if matches!(&changes.contacts, Contacts::Only(these) if these.len() > MOST) {
            changes.contacts = Contacts::All;
        }
        let sql = "INSERT INTO change (number, what) VALUES ((SELECT coalesce(max(number), 0) + 1 FROM change), ?1)";
        self.run(sql, params![json(&changes)?])?;
        let number = self.last_row();
        if number.checked_rem(SWEEP) == Some(0) {
            let sql = "DELETE FROM change WHERE number <= ?1";
            self.run(sql, params![number.saturating_sub(KEPT)])?;
        }
        Ok(())
    }
}

/// What the rules ask, and what answers.
macro_rules! view {
    (|$tx:ident| $($ask:ident($($value:ident: $of:ty),*) -> $answer:ty = $read:expr;)+) => {
        $(
            fn $ask(&self, $($value: $of),*) -> std::result::Result<$answer, Unreadable> {
                let $tx = self;
                Ok($read?)
            }
        )+
    };
}

impl View for Transaction<'_> {
    fn account(&self) -> std::result::Result<AccountState, Unreadable> {
        let missing = || Unreadable {
            why: "there is no account: run iim setup".into(),
            whole: true,
        };
        self.find_account()?.ok_or_else(missing)
    }

    view! { |tx|
        contact(id: ContactId) -> Option<Contact> = tx.roster().find(id);
        contact_at(address: &Address) -> Option<Contact> = tx.roster().find_at(address);
        id_at(address: &Address) -> Option<ContactId> = tx.find_id(address);
        ids_at(address: &Address) -> Ids = tx.ids_made(address);
        address_of(id: ContactId) -> Option<Address> = tx.address_of(id);
        contact_in(with: ConversationId) -> ContactId = tx.value(WITH, [with]).map(Option::unwrap_or_default);
        people() -> Vec<Contact> = tx.readable(friend::ALL, [], person);
        person_named(name: &str) -> Option<Contact> = tx.row(friend::BY_NAME, [name.to_lowercase()], person);
        friends_of_keys(keys: &Keys) -> Vec<Contact> =
            tx.readable(friend::OF_KEYS, [keys.curve25519.0, keys.ed25519.0], person);
        asked_by(request: LetterId) -> Option<Contact> = tx.row(friend::ASKED_BY, [request.0], person);
        pending_requests() -> usize = tx.count_of(friend::PENDING, []);
        handshakes_due(now: Seconds) -> Vec<Contact> = tx.readable(friend::DUE, [now], person);
        message(with: ConversationId, by: Author, id: LetterId) -> Option<Message> = tx.texts().find(with, by, id);
        changes(with: ConversationId, of: LetterId) -> Vec<Message> = tx.texts().changes_of(with, of);
        changes_waiting(with: ConversationId, since: Millis) -> usize =
            tx.count_of(message::WAITING_CHANGES, params![with, since]);
        unfinished(with: ConversationId) -> Vec<Message> = tx.readable(message::UNFINISHED, [with], message);
        messages_due(now: Seconds) -> Vec<Message> = tx.readable(message::DUE, [now], message);
        unread(with: ConversationId) -> Vec<Message> = tx.texts().unread(with);
        marker(with: ConversationId) -> Option<Millis> = tx.value(MARKER, [with]);
        receipts_waiting(to: ContactId) -> Vec<Outgoing> = tx.outbox().receipts(to);
        invite(id: [u8; 8]) -> Option<Invite> = tx.given_out().find(id);
        group(conversation: ConversationId) -> Option<Group> = tx.groups().find(conversation);
        group_of(id: GroupId) -> Option<Group> = tx.groups().find_of(id);
        group_conversation(id: GroupId) -> ConversationId = tx.groups().conversation_made(id);
        groups() -> Vec<Group> = tx.groups().all();
        groups_with(contact: ContactId) -> Vec<Group> = tx.groups().with(contact);
        groups_due(now: Seconds) -> Vec<Group> = tx.groups().due(now);
        acts(group: ConversationId) -> (Vec<Act>, Vec<WaitingAct>) = tx.groups().acts(group);
        said(group: ConversationId, by: Author, number: u64) -> Option<Message> = tx.texts().said(group, by, number);
        texts_of(group: ConversationId, id: LetterId) -> Vec<Message> =
            tx.readable(message::TEXTS, params![group, id.0], message);
        copies_of(group: ConversationId, of: LetterId) -> Vec<Copy> = tx.copies().of(group, of);
        copies_to(group: ConversationId, to: MemberId) -> Vec<Copy> = tx.copies().to(group, to);
        copies_failed(group: ConversationId, to: MemberId) -> Vec<Copy> = tx.copies().failed(group, to);
        copies_within(letter: LetterId) -> Vec<Copy> = tx.readable(copy::WITHIN, [letter.0], copy);
        copies_due(now: Seconds) -> Vec<Copy> = tx.readable(copy::DUE, [now], copy);
        tombstone(key: &Tombstone, now: Seconds) -> bool = tx.dedup().remembers(key, now);
    }
}

const WITH: &str = "SELECT contact FROM conversation WHERE id = ?1";
const MARKER: &str = "SELECT up_to FROM read_marker WHERE conversation = ?1";
const SINCE: &str = "SELECT number, what FROM change WHERE number >= ?1 ORDER BY number";

/// Of more than so many contacts nobody names each.
const MOST: usize = 256;
/// So many rows stay, and no more than [`SWEEP`] beyond them.
const KEPT: i64 = 4096;
const SWEEP: i64 = 256;

/// Of a handshake, an announcement by mail, a text, a group, a copy, and a letter in the outbox (its time, or the end of its claim if
/// that is later). One statement, for it is asked after every change.
pub(super) const NEXT: &str = "SELECT min(at) AS at FROM (
     SELECT min(next_at) AS at FROM roster WHERE next_at IS NOT NULL AND next_at >= ?1 UNION ALL
     SELECT min(announce_mail_at) FROM roster WHERE announce_mail_at IS NOT NULL AND announce_mail_at >= ?1 UNION ALL
     SELECT min(due) FROM message WHERE due IS NOT NULL AND due >= ?1 UNION ALL
     SELECT min(next_at) FROM grp WHERE next_at IS NOT NULL AND next_at >= ?1 UNION ALL
     SELECT min(due) FROM said_to WHERE due IS NOT NULL AND due >= ?1 AND state IN ('queued', 'sent') UNION ALL
     SELECT min(max(due, claimed_until)) FROM outbox WHERE max(due, claimed_until) >= ?1)";
