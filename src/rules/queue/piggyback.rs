//! What rides along with a letter by mail: our presence, the next one-time keys, an opening of an IRC session.

use crate::protocol::letter::{Body, Letter, OneTimeKeys, empty};
use crate::protocol::time::{DAY, Seconds};
use crate::rules::account::{AccountState, Settings};
use crate::rules::announce;
use crate::rules::contact::Contact;

/// What a mail tells of our presence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// A presence that was due rides along with another letter.
    pub announced: bool,
    /// The epoch of the presence in it; 0 for none.
    pub epoch: u64,
    /// What is announced hides us from somebody.
    pub hides: bool,
}

/// Lets our presence ride along with a letter: if it is due, with every accept, and `again` where the first copy may not have
/// left, for nothing else would bring it. A letter that says nothing else consists of it.
pub fn presence(
    (account, settings): (&AccountState, &Settings),
    person: &mut Contact,
    letter: &mut Letter,
    again: bool,
    now: Seconds,
) -> Told {
    let alone = letter.body == empty();
    let due = matches!(letter.body, Body::Accept(_)) || person.announce.is_some();
    let hides = person.announce.is_some_and(|due| due.hides);
    let rides = due || alone || again;
    let ours = announce::presence_for(account, settings, person).filter(|_| rides);
    let Some(presence) = ours else {
        return Told {
            hides,
            ..Told::default()
        };
    };
    announce::mailed(person, &presence, now);
    let epoch = presence.epoch.unwrap_or(0);
    match alone {
        true => letter.body = Body::Presence(presence),
        false => letter.presence = Some(presence),
    }
    Told {
        announced: due && !alone,
        epoch,
        hides,
    }
}

/// The next one-time keys, if they used those that they `held` of `ours`; `again`, all that are unused.
pub fn next_keys(held: OneTimeKeys, ours: OneTimeKeys, again: bool) -> Option<OneTimeKeys> {
    let next = OneTimeKeys {
        mail: ours.mail.filter(|_| again || held.mail.is_none()),
        irc: ours.irc.filter(|_| again || held.irc.is_none()),
    };
    Some(next).filter(|next| *next != OneTimeKeys::default())
}

/// Whether a letter by mail opens an IRC session because greetings bring no proof: once a day, if there is a key for
/// it, and never to the hidden.
pub fn reopens_irc(account: &AccountState, person: &mut Contact, now: Seconds) -> bool {
    let seen = person.visible && !account.invisible;
    let Some(friend) = person.friend_mut() else {
        return false;
    };
    let opened = friend.opened_irc_at;
    let lately = now.is_within(DAY, opened);
    let reopens = friend.reopen_irc && seen && friend.theirs.irc.is_some() && !lately;
    if reopens {
        friend.reopen_irc = false;
        friend.opened_irc_at = now;
    }
    reopens
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::protocol::letter::{Confirm, LetterId, PublicKey};
    use crate::protocol::time::Millis;
    use crate::rules::contact::Announce;
    use crate::rules::fake_state::{FakeState, NOW, friend, id};

    #[test]
    fn presence_rides_along_when_it_is_due_or_nothing_else_would_bring_it() {
        let fake = FakeState::new();
        let other = || {
            Body::Confirm(Confirm {
                accept: LetterId([1; 16]),
            })
        };
        for (case, body, due, again, rides, announced) in [
            ("due", other(), true, false, true, true),
            ("not due", other(), false, false, false, false),
            (
                "the first copy may be lost",
                other(),
                false,
                true,
                true,
                false,
            ),
            ("nothing else", empty(), true, false, true, false),
            ("nothing else any more", empty(), false, false, true, false),
        ] {
            let mut bob = friend("bob");
            bob.visible = true;
            bob.announce = due.then_some(Announce {
                since: NOW,
                over_irc: None,
                mail_at: NOW,
                repair: false,
                hides: false,
            });
            let mut letter = Letter {
                id: id(7),
                sent: Millis(1),
                body,
                holds: None,
                presence: None,
                one_time_keys: None,
                irc: None,
            };
            let alone = letter.body == empty();
            let ours = (&fake.account, &fake.settings);
            let told = presence(ours, &mut bob, &mut letter, again, NOW);
            assert_eq!(
                (told.epoch > 0, told.announced),
                (rides, announced),
                "{case}"
            );
            assert_eq!(letter.presence.is_some(), rides && !alone, "{case}");
            assert!(
                bob.announce.is_none() && bob.shown.is_some() == rides,
                "{case}"
            );
        }
    }

    #[test]
    fn the_keys_that_were_used_are_replaced() {
        let key = |byte: u8| Some(PublicKey([byte; 32]));
        let keys = |mail, irc| OneTimeKeys { mail, irc };
        let ours = keys(key(1), key(2));
        for (held, again, expected) in [
            (ours, false, None),
            (keys(None, key(2)), false, Some(keys(key(1), None))),
            (keys(None, None), false, Some(ours)),
            (ours, true, Some(ours)),
        ] {
            assert_eq!(next_keys(held, ours, again), expected, "{held:?} {again}");
        }
    }

    #[test]
    fn an_irc_session_is_opened_once_a_day_for_those_who_see_us() {
        for (case, doubted, visible, key, opened_at, expected) in [
            ("doubted", true, true, true, Seconds(0), true),
            ("not doubted", false, true, true, Seconds(0), false),
            ("hidden", true, false, true, Seconds(0), false),
            ("no key", true, true, false, Seconds(0), false),
            ("today", true, true, true, NOW - DAY + 1, false),
            ("yesterday", true, true, true, NOW - DAY, true),
            ("a clock set back", true, true, true, NOW + 9, true),
        ] {
            let mut bob = friend("bob");
            bob.visible = visible;
            let one = bob.friend_mut().unwrap();
            (one.reopen_irc, one.opened_irc_at) = (doubted, opened_at);
            one.theirs.irc = key.then_some(PublicKey([9; 32]));
            let found = reopens_irc(&FakeState::new().account, &mut bob, NOW);
            assert_eq!(found, expected, "{case}");
            let after = if expected { NOW } else { opened_at };
            assert_eq!(bob.friend().unwrap().opened_irc_at, after, "{case}");
        }
    }
}
