//! One-time keys of ours with which nobody has business any more: of requests and accepts that are over, of people who were
//! removed. They are discarded, so that what was once sealed to them can never be opened by whoever takes the account.

use std::collections::BTreeSet;
use std::time::Duration;

use super::AccountError;
use crate::edge::seal::{self, Keyring};
use crate::edge::store::Transaction;
use crate::protocol::letter::PublicKey;
use crate::protocol::time::{DAY, Seconds, days};
use crate::rules::contact::Contact;
use crate::rules::view::View;

/// Once a day, discards the keys that have been nobody's for a while.
pub(super) fn discard(tx: &Transaction<'_>, now: Seconds) -> Result<(), AccountError> {
    let kept: Kept = tx.meta_json(SPARE)?.unwrap_or_default();
    if now.is_within(DAY, kept.looked) {
        return Ok(());
    }
    let Some(pickle) = tx.account_pickle()? else {
        return Ok(());
    };
    let out: BTreeSet<PublicKey> = tx
        .people()?
        .iter()
        .flat_map(Contact::one_time_keys_out)
        .collect();
    let ours = seal::one_time_keys(&pickle)?;
    let nobodys = ours.into_iter().filter(|key| !out.contains(key));
    let (dead, spare) = dead_and_spare(nobodys, &kept.spare, now);
    if !dead.is_empty() {
        let mut keyring = Keyring::from_pickle(&pickle)?;
        dead.iter().for_each(|key| keyring.discard(key));
        tx.put_account_pickle(&keyring.pickle()?)?;
    }
    let kept = Kept { looked: now, spare };
    Ok(tx.meta_set_json(SPARE, &kept)?)
}

/// Since when keys have been nobody's.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Kept {
    looked: Seconds,
    spare: Vec<(PublicKey, Seconds)>,
}

/// Which keys are to go, and since when each of the others has been nobody's: a letter may be under way that uses it.
fn dead_and_spare(
    nobodys: impl Iterator<Item = PublicKey>,
    before: &[(PublicKey, Seconds)],
    now: Seconds,
) -> (Vec<PublicKey>, Vec<(PublicKey, Seconds)>) {
    let (mut dead, mut spare) = (Vec::new(), Vec::new());
    for key in nobodys {
        let since = before.iter().find(|(one, _)| *one == key);
        let since = since.map_or(now, |(_, since)| (*since).min(now));
        if now >= since.after(UNDER_WAY) {
            dead.push(key);
        } else {
            spare.push((key, since));
        }
    }
    (dead, spare)
}

/// Under this key it is remembered which they are.
const SPARE: &str = "spare_one_time_keys";
/// Longer than a text is tried.
const UNDER_WAY: Duration = days(7);
