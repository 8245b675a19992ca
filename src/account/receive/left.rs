//! Mails that concern us and were left where they are: remembered, so that the user is told.

use sha2::{Digest, Sha256};

use crate::edge::store::{Store, StoreError};
use crate::protocol::clean;
use crate::protocol::time::Seconds;

/// Remembers a mail that was left, once however often it is shown to us; forgets one that was read after all.
pub(super) fn remember(
    store: &Store,
    hash: &[u8; 32],
    arrived: (bool, &str),
    now: Seconds,
) -> Result<(), StoreError> {
    let (done, reason) = (arrived.0, clean::line(arrived.1, LONGEST_REASON));
    let known = store.read_once(|tx| tx.dedup().unread_mail(hash))?;
    match (known, done) {
        (None, true) => Ok(()),
        (Some(known), false) if known == reason => Ok(()),
        (Some(_), true) => store.transact(|tx| tx.dedup().forget_unread_mail(hash)),
        (_, false) => store.transact(|tx| tx.dedup().put_unread_mail(hash, &reason, now)),
    }
}

/// By what a mail is known again that was cut, for it is larger than any of ours.
pub(super) fn hash_of_beginning(beginning: &[u8]) -> [u8; 32] {
    body_hash(beginning, SAME_LINES)
}

/// By what a mail is known again.
pub(super) fn hash(raw: &[u8]) -> [u8; 32] {
    body_hash(raw, usize::MAX)
}

/// The same for a mail that comes once more: what mail systems put on top does not count, nor how lines end. Of a
/// mail that was cut somewhere only so many lines of its body are the same.
fn body_hash(raw: &[u8], most: usize) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut lines = raw.split(|&byte| byte == b'\n');
    for line in lines.by_ref() {
        if line.trim_ascii_end().is_empty() {
            break;
        }
    }
    for line in lines.take(most) {
        hash.update(line.trim_ascii_end());
        hash.update(b"\n");
    }
    hash.finalize().into()
}

/// In a mail that is larger than 1 MiB: less than stands in its first, however long its header.
const SAME_LINES: usize = 500;
/// The longest reason that is kept, in bytes.
const LONGEST_REASON: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_known_again_by_its_body() {
        let hash = |mail: &str| body_hash(mail.as_bytes(), usize::MAX);
        let mail = hash("IIM: 1\n\nbody\nmore\n");
        assert_eq!(hash("Received: x\r\nIIM: 1\r\n\r\nbody\r\nmore\r\n"), mail);
        assert_ne!(hash("IIM: 1\n\nbody\n"), mail);
        let cut = |mail: &str| body_hash(mail.as_bytes(), 1);
        assert_eq!(cut("IIM: 1\n\nbody\nmo"), cut("X: y\n\nbody\nmor"));
    }
}
