//! By which address of ours somebody knows us.
//!
//! ```text
//!  their request to ours ──▶ remembered for the keys that asked ──▶ towards them it is our address in everything
//!  our own request       ──▶ the main one, remembered once they answer
//! ```
//!
//! It stays theirs when the configuration changes: to them we are that address, and the safety number is made of it.

use super::account::Settings;
use super::contact::Contact;
use crate::protocol::address::Address;
use crate::protocol::letter::PublicKey;

impl Settings {
    /// Whether mail to this address is ours.
    pub fn is_ours(&self, address: &Address) -> bool {
        self.address == *address || self.also.contains(address)
    }
}

impl Contact {
    /// Our address towards whoever holds this key.
    pub fn our_address_to<'a>(&'a self, key: &PublicKey, settings: &'a Settings) -> &'a Address {
        let known = self.knows_us_by.iter().find(|(of, _)| of == key);
        known.map_or(&settings.address, |(_, address)| address)
    }

    /// Our address towards this person: as the keys in force know it, else those that were accepted last.
    pub fn our_address<'a>(&'a self, settings: &'a Settings) -> &'a Address {
        let accepted = self.accepted().last().map(|one| &one.keys.curve25519);
        let key = self.keys().map(|keys| &keys.curve25519).or(accepted);
        key.map_or(&settings.address, |key| self.our_address_to(key, settings))
    }

    /// Whether this person may mean us by an address.
    pub fn may_mean_us_by(&self, address: &Address, settings: &Settings) -> bool {
        settings.is_ours(address) || self.knows_us_by.iter().any(|(_, known)| known == address)
    }

    /// Remembers by which address of ours whoever holds this key knows us. Of keys that are not in force only the last few
    /// are remembered.
    pub(super) fn know_us_by(&mut self, key: PublicKey, address: &Address) {
        let in_force = self.keys().map(|keys| keys.curve25519);
        self.knows_us_by.retain(|(of, _)| *of != key);
        let surplus = self.knows_us_by.len().saturating_sub(MOST_REMEMBERED);
        let mut left = surplus;
        self.knows_us_by.retain(|(of, _)| {
            let goes = left > 0 && Some(*of) != in_force;
            left = left.saturating_sub(usize::from(goes));
            !goes
        });
        self.knows_us_by.push((key, address.clone()));
    }
}

/// Keys of one person that wait or are accepted, besides one in force.
const MOST_REMEMBERED: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fake_state::{FakeState, address, friend, keys};

    #[test]
    fn what_the_keys_in_force_know_is_never_pushed_out() {
        let settings = FakeState::new().settings;
        let (mut bob, alias) = (friend("bob"), address("alias"));
        if let Some(keys) = bob.keys().copied() {
            bob.know_us_by(keys.curve25519, &alias);
        }
        for n in 100..200 {
            bob.know_us_by(keys(n).curve25519, &address("other"));
        }
        assert_eq!(bob.our_address(&settings), &alias);
        assert_eq!(bob.knows_us_by.len(), MOST_REMEMBERED + 1);
        assert_eq!(
            bob.our_address_to(&keys(199).curve25519, &settings),
            &address("other")
        );
        assert_eq!(
            bob.our_address_to(&keys(100).curve25519, &settings),
            &settings.address
        );
    }
}
