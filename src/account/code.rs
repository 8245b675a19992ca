//! What the recovery code gives, as it is kept.

use zeroize::Zeroizing;

use super::AccountError;
use crate::edge::seal::stream::CodeKey;
use crate::edge::store::Transaction;

/// The key of the recovery code, if there is one.
pub(super) fn kept_key(tx: &Transaction<'_>) -> Result<Option<CodeKey>, AccountError> {
    let pickle = tx.meta_get(CODE)?.map(Zeroizing::new);
    Ok(pickle.and_then(|pickle| CodeKey::from_pickle(&pickle)))
}

/// Under this key it stands.
pub(super) const CODE: &str = "code";
