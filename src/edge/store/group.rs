//! Groups, who is in them, and the acts of their books.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{Groups, from_json, json};
use crate::protocol::codec::group::{decode_act, encode_act};
use crate::protocol::group::{Act, GroupId, MemberId};
use crate::protocol::letter::PublicKey;
use crate::protocol::time::{DAY, HOUR, Seconds};
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::group::state::{Group, Member};
use crate::rules::group::waiting::WaitingAct;
use crate::rules::queue::retry::LONGEST_TEXT;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT conversation, state FROM grp ", $rest)
    };
}

pub(super) const BY_ID: &str = select!("WHERE conversation = ?1");
pub(super) const BY_GID: &str =
    select!("WHERE conversation = (SELECT id FROM conversation WHERE gid = ?1)");
pub(super) const ALL: &str = select!("ORDER BY name_folded");
pub(super) const WITH: &str = select!(
    "WHERE conversation IN (SELECT conversation FROM grp_member WHERE contact = ?1)
     ORDER BY name_folded"
);
pub(super) const DUE: &str =
    select!("WHERE next_at IS NOT NULL AND next_at <= ?1 ORDER BY next_at");
const AHEAD: &str = select!("WHERE next_at IS NOT NULL AND next_at > ?1");
pub(super) const ACTS: &str = "SELECT bytes FROM grp_act WHERE conversation = ?1 ORDER BY row";
pub(super) const ACTS_WAITING: &str =
    "SELECT sender, bytes FROM grp_waiting WHERE conversation = ?1 ORDER BY row";
pub(super) const MEMBERS_OF_KEY: &str = "SELECT conversation, mid, contact FROM grp_member
     WHERE curve25519 = ?1 ORDER BY is_in DESC, conversation, mid LIMIT ?2";
pub(super) const KEYS_OF: &str = "SELECT curve25519 FROM grp_member WHERE contact = ?1
     GROUP BY curve25519 ORDER BY max(is_in) DESC, max(conversation) DESC, curve25519 LIMIT ?2";
pub(super) const MEMBERS: &str =
    "SELECT mid, contact, curve25519, is_in FROM grp_member WHERE conversation = ?1";

const PUT: &str =
    "INSERT INTO grp (conversation, name, name_folded, next_at, state) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (conversation) DO UPDATE SET name = ?2, name_folded = ?3, next_at = ?4, state = ?5";
/// Where nothing has changed that is searched for, no index is written.
const MOVED_ON: &str = "UPDATE grp SET state = ?5 WHERE conversation = ?1
         AND (name, name_folded, next_at) IS (?2, ?3, ?4)";
const PUT_MEMBER: &str = "INSERT INTO grp_member (conversation, mid, contact, curve25519, is_in)
     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (conversation, mid) DO UPDATE SET
         contact = excluded.contact, curve25519 = excluded.curve25519, is_in = excluded.is_in";
/// An act that is there keeps its place; if it was damaged, it is whole again.
const PUT_ACT: &str = "INSERT INTO grp_act (conversation, id, bytes) VALUES (?1, ?2, ?3)
     ON CONFLICT (conversation, id) DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes";
const PUT_WAITING: &str =
    "INSERT INTO grp_waiting (conversation, sender, id, bytes) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (conversation, sender, id) DO NOTHING";
/// A conversation in a group that is not kept, and in which nothing was said.
const NONE: &str = "DELETE FROM conversation WHERE gid IS NOT NULL
     AND id NOT IN (SELECT conversation FROM grp)
     AND NOT EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.id)";

/// What is searched for of a member: id, contact, key, whether they are in.
type Searched = ([u8; 8], ContactId, [u8; 32], bool);

impl Groups<'_> {
    /// Whose this Curve25519 key is or was, in which groups: first those where they are in; at most [`MOST`].
    pub fn members_of_key(
        &self,
        key: &PublicKey,
    ) -> Result<Vec<(ConversationId, MemberId, ContactId)>> {
        self.rows(MEMBERS_OF_KEY, params![key.0, MOST], |row| {
            let (group, contact) = (row.get("conversation")?, row.get("contact")?);
            Ok((group, MemberId(row.get("mid")?), contact))
        })
    }

    /// The Curve25519 keys of members at the address of a contact: first those of members who are in; at most [`MOST`].
    pub fn keys_of(&self, contact: ContactId) -> Result<Vec<PublicKey>> {
        self.rows(KEYS_OF, params![contact, MOST], |row| {
            Ok(PublicKey(row.get("curve25519")?))
        })
    }

    pub(super) fn find(&self, conversation: ConversationId) -> Result<Option<Group>> {
        self.row(BY_ID, [conversation], group)
    }

    pub(super) fn find_of(&self, id: GroupId) -> Result<Option<Group>> {
        self.row(BY_GID, [id.0], group)
    }

    /// The conversation in a group; of one that is not known it is made.
    pub(super) fn conversation_made(&self, id: GroupId) -> Result<ConversationId> {
        let known = self.value("SELECT id FROM conversation WHERE gid = ?1", [id.0])?;
        if let Some(known) = known {
            return Ok(known);
        }
        self.run("INSERT INTO conversation (gid) VALUES (?1)", [id.0])?;
        Ok(ConversationId::new(self.last_row()))
    }

    pub(super) fn all(&self) -> Result<Vec<Group>> {
        self.readable(ALL, [], group)
    }

    pub(super) fn with(&self, contact: ContactId) -> Result<Vec<Group>> {
        self.readable(WITH, [contact], group)
    }

    pub(super) fn due(&self, now: Seconds) -> Result<Vec<Group>> {
        self.readable(DUE, [now], group)
    }

    /// Those that are in the book, in their order, and those that wait.
    pub(super) fn acts(&self, of: ConversationId) -> Result<(Vec<Act>, Vec<WaitingAct>)> {
        let taken = self.readable(ACTS, [of], act)?;
        let waiting = self.readable(ACTS_WAITING, [of], |row| {
            let from = row.get("sender")?;
            Ok(WaitingAct {
                from,
                act: act(row)?,
            })
        })?;
        Ok((taken, waiting))
    }

    pub(super) fn put(&self, group: &Group) -> Result<()> {
        self.note(|changes| changes.groups = true);
        let values = params![
            group.conversation,
            group.name,
            group.name.to_lowercase(),
            group.next_at(),
            json(group)?,
        ];
        if self.run(MOVED_ON, values)? == 0 {
            self.run(PUT, values)?;
        }
        self.put_members(group)
    }

    fn put_members(&self, group: &Group) -> Result<()> {
        let kept: BTreeSet<Searched> = self
            .rows(MEMBERS, [group.conversation], searched)?
            .into_iter()
            .collect();
        let put: BTreeSet<Searched> = group.members.iter().map(of_member).collect();
        let gone = "DELETE FROM grp_member WHERE conversation = ?1 AND mid = ?2";
        for (mid, ..) in kept.difference(&put) {
            self.run(gone, params![group.conversation, mid])?;
        }
        for (mid, contact, key, is_in) in put.difference(&kept) {
            let values = params![group.conversation, mid, contact, key, is_in];
            self.run(PUT_MEMBER, values)?;
        }
        Ok(())
    }

    /// Adds acts to a group's book; those that wait are from now on these.
    pub(super) fn put_acts(
        &self,
        of: ConversationId,
        taken: &[Act],
        waiting: &[WaitingAct],
    ) -> Result<()> {
        self.note(|changes| changes.groups = true);
        self.run("DELETE FROM grp_waiting WHERE conversation = ?1", [of])?;
        for act in taken {
            self.run(PUT_ACT, params![of, act.id().0, encode_act(act)])?;
        }
        for WaitingAct { from, act } in waiting {
            let values = params![of, from, act.id().0, encode_act(act)];
            self.run(PUT_WAITING, values)?;
        }
        Ok(())
    }

    /// What a clock that ran ahead put off is due now.
    pub(super) fn forgive_clock(&self, now: Seconds) -> Result<()> {
        for mut group in self.readable(AHEAD, [now.after(LONGEST_GATHERING)], group)? {
            let before = group.next_at();
            group.members.iter_mut().for_each(|it| from_now(it, now));
            let unsure = group.unsure.iter_mut();
            unsure.for_each(|it| it.at = no_later(it.at, HOUR, now));
            if group.next_at() != before {
                self.put(&group)?;
            }
        }
        Ok(())
    }

    /// Forgets groups that the user has not come into, and the conversations in groups of which nothing is kept.
    pub(super) fn sweep(&self, now: Seconds) -> Result<()> {
        for group in self.all()?.iter().filter(|group| group.is_over(now)) {
            self.note(|changes| changes.groups = true);
            let gone = "DELETE FROM grp WHERE conversation = ?1";
            self.run(gone, [group.conversation])?;
        }
        self.execute(NONE, [])
    }

    /// How many groups and acts are damaged and cannot be read.
    pub(super) fn damaged(&self) -> Result<usize> {
        let groups = self.rows(ALL, [], |row| Ok(group(row).is_err()))?;
        let all_acts = "SELECT bytes FROM grp_act UNION ALL SELECT bytes FROM grp_waiting";
        let acts = self.rows(all_acts, [], |row| Ok(act(row).is_err()))?;
        let all = groups.into_iter().chain(acts);
        Ok(all.filter(|damaged| *damaged).count())
    }
}

/// No timer of a member is later than any that is set now.
fn from_now(member: &mut Member, now: Seconds) {
    member.due = (member.due).map(|at| no_later(at, LONGEST_GATHERING, now));
    let again = |(at, times)| (no_later(at, LONGEST_TEXT, now), times);
    member.again = member.again.map(again);
}

fn no_later(at: Seconds, longest: Duration, now: Seconds) -> Seconds {
    match at > now.after(longest) {
        true => now,
        false => at,
    }
}

fn of_member(member: &Member) -> Searched {
    (member.id.0, member.contact, member.key().0, member.is_in)
}

fn searched(row: &Row) -> Result<Searched> {
    let (mid, contact) = (row.get("mid")?, row.get("contact")?);
    Ok((mid, contact, row.get("curve25519")?, row.get("is_in")?))
}

fn group(row: &Row) -> Result<Group> {
    Ok(Group {
        conversation: row.get("conversation")?,
        ..from_json(row, "state", "a group")?
    })
}

fn act(row: &Row) -> Result<Act> {
    let bytes = (row.get_ref("bytes")?.as_blob()).map_err(rusqlite::Error::from)?;
    decode_act(bytes).map_err(|fault| StoreError::Row(format!("an act: {fault}")))
}

/// How many members of a key, or keys at an address, are looked at: somebody may be in many groups, and may have had many keys.
const MOST: i64 = 128;
/// How long what is to be told to a member waits at most: a new entry of the user's, for a day.
const LONGEST_GATHERING: Duration = DAY;
