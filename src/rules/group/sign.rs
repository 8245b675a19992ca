//! What the user signs in a group: acts, and the entries with which they agree to be in it.

use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::codec::MAX_NAME;
use crate::protocol::codec::group::encode_person;
use crate::protocol::group::{Act, ActId, Deed, Entry, GroupId, Person, Signed};
use crate::rules::decision::Decision;
use crate::rules::refusal::Refusal;

/// An act of the user's.
pub(super) fn signed_act(
    decision: &Decision<'_>,
    deed: Deed,
    bytes: Vec<u8>,
) -> Result<Act, Refusal> {
    let said = [b"iim1 act", bytes.as_slice()].concat();
    let signature = decision.signer.sign(&said)?;
    Ok(Signed {
        value: deed,
        bytes,
        signature,
    })
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
    let said = [b"iim1 member", bytes.as_slice()].concat();
    Ok(Signed {
        signature: decision.signer.sign(&said)?,
        value: person,
        bytes,
    })
}
