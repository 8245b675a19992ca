//! The key with which members of groups open sessions with us at any time.

use std::time::Duration;

use super::AccountError;
use crate::edge::seal::Keyring;
use crate::edge::store::Transaction;
use crate::protocol::time::{Seconds, days};
use crate::rules::effect::Effect;
use crate::rules::event::{Act, Event, GroupAct};
use crate::rules::view::View;

/// Makes one before an event that signs with it, if there is none; with time, a new one where there is an old one.
pub(super) fn before(
    tx: &Transaction<'_>,
    now: Seconds,
    event: &Event,
) -> Result<(), AccountError> {
    // A backup may hold one whose secret half others' letters no longer find.
    let restored = matches!(event, Event::User(Act::Restored));
    let signs = matches!(event, Event::User(act) if begins(act));
    if !signs && !restored && !matches!(event, Event::Tick) {
        return Ok(());
    }
    let mut account = tx.account()?;
    let is_due = match account.prekey {
        Some((_, made)) => restored || !now.is_within(LASTS, made),
        // In a group whose book was lost an entry is signed once it has come.
        None => signs || (restored && !View::groups(tx)?.is_empty()),
    };
    if is_due {
        let mut keyring = Keyring::from_pickle(&tx.account_pickle()?.unwrap_or_default())?;
        let new = keyring.new_prekey()?;
        let before = account.prekey.map_or(new, |(before, _)| before);
        tx.dedup().prekeys_are([new, before])?;
        account.prekey = Some((new, now));
        tx.put_account_pickle(&keyring.pickle()?)?;
        tx.apply(&Effect::Account(Box::new(account)), now)?;
    }
    Ok(())
}

/// Whether the user signs an entry by it; who follows a link into a group does so later, by themselves.
fn begins(act: &Act) -> bool {
    if let Act::Add(adding) = act {
        let link = adding.invite.as_ref();
        return link.is_some_and(|link| link.group.is_some());
    }
    matches!(act, Act::Group(GroupAct::New { .. } | GroupAct::Accept(_)))
}

/// How long one is told to others; the one before opens as long once more.
const LASTS: Duration = days(90);
