//! The recovery code under which copies and archives are sealed.

use sha2::{Digest as _, Sha256};

use super::copies::{last, put_waits, waits};
use crate::account::code::{CODE, kept_key};
use crate::account::{Account, AccountError};
use crate::edge::seal::stream::CodeKey;
use crate::protocol::code::Code;
use crate::protocol::hex;

/// The key of the recovery code, if there is one.
pub fn code_key(account: &Account) -> Result<Option<CodeKey>, AccountError> {
    account.look_once(kept_key)
}

/// A new recovery code, and what it gives; it counts once it is [kept](change_code).
pub fn new_code(account: &mut Account) -> (Code, CodeKey) {
    let code = Code(account.nonce());
    let key = CodeKey::of(&code);
    (code, key)
}

/// Keeps what a recovery code gives (`None`: there is none) in place of that before: what was sealed before opens with that
/// alone. Says whether that was still there; else nothing is changed, for another program has made a code meanwhile.
pub fn change_code(
    account: &Account,
    before: Option<&CodeKey>,
    key: Option<&CodeKey>,
) -> Result<bool, AccountError> {
    let before = before.map(CodeKey::pickle);
    let pickle = key.map(CodeKey::pickle).unwrap_or_default();
    let now = account.now();
    account.store.transact(|tx| {
        let is_same = kept_key(tx)?.as_ref().map(CodeKey::pickle) == before;
        if is_same {
            tx.meta_set(CODE, &pickle)?;
            // What has left opens with another one.
            if last(tx)?.is_some() {
                let mut waits = waits(tx)?;
                waits.change_at_once(now);
                put_waits(tx, &waits)?;
            }
        }
        Ok(is_same)
    })
}

/// By which it is known under what a copy was sealed.
pub(super) fn hash_of_key(key: &CodeKey) -> String {
    let hash = Sha256::new().chain_update(b"iim1 copy under");
    hex::encode(&hash.chain_update(key.pickle().as_bytes()).finalize())
}
