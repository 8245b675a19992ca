//! Who sent a letter of a group.

use crate::protocol::letter::PublicKey;
use crate::rules::conversation::ContactId;

/// Who sent a letter of a group, by the session that opened it.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Sender {
    /// Who has that address.
    pub(in crate::rules) contact: ContactId,
    /// The Curve25519 key of the session.
    pub(in crate::rules) key: PublicKey,
    /// They are blocked.
    pub(in crate::rules) blocked: bool,
    /// They are a friend under this key.
    pub(in crate::rules) friend: bool,
}
