//! Invites that the user gave out, and who used them.

use rusqlite::{Row, params};

use super::error::Result;
use super::tables::{Invites, address};
use crate::protocol::link::Token;
use crate::rules::view::Invite;

const BY_ID: &str = "SELECT id, token, made_at, expires_at, uses FROM invite WHERE id = ?1";
const ALL: &str = "SELECT id, token, made_at, expires_at, uses FROM invite ORDER BY made_at, id";

impl Invites<'_> {
    pub(super) fn find(&self, id: [u8; 8]) -> Result<Option<Invite>> {
        let found = self.row(BY_ID, params![id], invite)?;
        found.map(|found| self.with_uses(found)).transpose()
    }

    /// All, the oldest first.
    pub fn all(&self) -> Result<Vec<Invite>> {
        let found = self.rows(ALL, [], invite)?;
        found
            .into_iter()
            .map(|found| self.with_uses(found))
            .collect()
    }

    fn with_uses(&self, (id, mut invite): ([u8; 8], Invite)) -> Result<Invite> {
        let sql = "SELECT address FROM invite_use WHERE invite = ?1 ORDER BY row";
        invite.used_by = self.rows(sql, params![id], |row| address(row, "address"))?;
        Ok(invite)
    }

    pub(super) fn put(&self, invite: &Invite) -> Result<()> {
        let id = invite.token.id();
        let sql = "INSERT INTO invite (id, token, made_at, expires_at, uses) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (id) DO UPDATE SET token = excluded.token, made_at = excluded.made_at,
                       expires_at = excluded.expires_at, uses = excluded.uses";
        let (made_at, expires_at) = (invite.made_at, invite.expires_at);
        self.run(
            sql,
            params![id, invite.token.0, made_at, expires_at, invite.uses],
        )?;
        self.run("DELETE FROM invite_use WHERE invite = ?1", params![id])?;
        for address in &invite.used_by {
            let sql = "INSERT INTO invite_use (invite, address) VALUES (?1, ?2)
                       ON CONFLICT (invite, address) DO NOTHING";
            self.run(sql, params![id, address.as_str()])?;
        }
        Ok(())
    }

    pub(super) fn revoke(&self, id: [u8; 8]) -> Result<()> {
        self.execute("DELETE FROM invite WHERE id = ?1", params![id])
    }
}

fn invite(row: &Row) -> Result<([u8; 8], Invite)> {
    let invite = Invite {
        token: Token(row.get("token")?),
        made_at: row.get("made_at")?,
        expires_at: row.get("expires_at")?,
        uses: row.get("uses")?,
        used_by: Vec::new(),
    };
    Ok((row.get("id")?, invite))
}
