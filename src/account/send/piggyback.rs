//! What rides beside a letter: our presence, the next one-time keys; and the keys all this takes.

use super::Sealer;
use crate::account::AccountError;
use crate::edge::seal::Keyring;
use crate::protocol::letter::{Body, Letter, OneTimeKeys};
use crate::rules::contact::Contact;
use crate::rules::effect::Effect;
use crate::rules::queue::piggyback::{self, Told};

impl Sealer<'_, '_> {
    /// Lets our presence ride along if it is due.
    pub(super) fn announce(
        &mut self,
        letter: &mut Letter,
        person: &mut Contact,
        again: bool,
    ) -> Told {
        let ours = (&self.account, self.turn.settings);
        let told = piggyback::presence(ours, person, letter, again, self.turn.now());
        if told.epoch > 0 {
            self.turn.roster_changed();
        }
        told
    }

    /// The next one-time keys ride along.
    pub(super) fn next_keys(
        &mut self,
        letter: &mut Letter,
        person: &mut Contact,
        again: bool,
    ) -> Result<(), AccountError> {
        let held = person.ours;
        self.fill(&mut person.ours)?;
        if let Body::Accept(_) = letter.body {
            return self.sign_accept(letter, person.ours);
        }
        letter.one_time_keys = piggyback::next_keys(held, person.ours, again);
        Ok(())
    }

    /// Makes the one-time keys that are missing.
    pub(super) fn fill(&mut self, keys: &mut OneTimeKeys) -> Result<(), AccountError> {
        for place in [&mut keys.mail, &mut keys.irc] {
            if place.is_none() {
                *place = Some(self.keyring()?.new_one_time_key()?);
                self.keyring_changed = true;
            }
        }
        Ok(())
    }

    pub(super) fn keyring(&mut self) -> Result<&mut Keyring, AccountError> {
        if self.keyring.is_none() {
            let pickle = self.turn.tx.account_pickle()?.unwrap_or_default();
            self.keyring = Some(Keyring::from_pickle(&pickle)?);
        }
        self.keyring
            .as_mut()
            .ok_or_else(|| AccountError::Mail("the account has no keys".to_owned()))
    }

    pub(super) fn save(&mut self, person: Contact) -> Result<(), AccountError> {
        Ok(self
            .turn
            .tx
            .apply(&Effect::Contact(Box::new(person)), self.turn.now())?)
    }
}
