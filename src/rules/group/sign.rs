//! What the user signs in a group: acts, keys of rooms, and the entries with which they agree to be in it.

use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::codec::MAX_NAME;
use crate::protocol::codec::group::encode_person;
use crate::protocol::group::{ActId, Entry, GroupId, Person, Signed};
use crate::protocol::letter::Signature;
use crate::rules::decision::Decision;
use crate::rules::refusal::Refusal;

/// Something of the user's in its bytes, with their signature over what `said` makes of it.
pub(super) fn signed<T>(
    decision: &Decision<'_>,
    value: T,
    bytes: Vec<u8>,
    said: impl FnOnce(&Signed<T>) -> Vec<u8>,
) -> Result<Signed<T>, Refusal> {
    let mut signed = Signed {
        value,
        bytes,
        signature: Signature([0; 64]),
    };
    signed.signature = decision.signer.sign(&said(&signed))?;
    Ok(signed)
}

/// With which keys and address the user agrees to be in a group, signed.
pub(super) fn entry(
    decision: &Decision<'_>,
    address: Address,
    group: Option<GroupId>,
    ended: Option<ActId>,
    counter: u64,
) -> Result<Entry, Refusal> {
    let account = decision.account()?;
    let no_prekey = || {
        Refusal::Book(
            "the group".to_owned(),
            "the account has no key for groups yet".to_owned(),
        )
    };
    let (prekey, _) = account.prekey.ok_or_else(no_prekey)?;
    let person = Person {
        address,
        name: clean::line(&decision.settings.name, MAX_NAME),
        keys: account.keys,
        prekey,
        counter,
        group,
        ended,
    };
    let bytes = encode_person(&person);
    signed(decision, person, bytes, Entry::signed_bytes)
}
