//! What rides beside a letter: our presence, the next one-time keys; and the keys all this takes.

use super::Sealer;
use super::seal::is_empty;
use crate::account::AccountError;
use crate::edge::seal::Keyring;
use crate::protocol::letter::{Body, Letter, OneTimeKeys};
use crate::rules::announce;
use crate::rules::effect::Effect;
use crate::rules::person::Person;

impl Sealer<'_, '_> {
    /// Lets the presence ride along if it is due (or `always`); alone it is the body.
    pub(super) fn announce(&mut self, letter: &mut Letter, person: &mut Person, always: bool) {
        if !always && person.announce.is_none() {
            return;
        }
        let Some(presence) = announce::presence_for(&self.account, self.settings, person) else {
            return;
        };
        announce::mailed(person, &presence, self.now);
        self.roster_changed = true;
        if is_empty(letter) {
            letter.body = Body::Presence(presence);
        } else {
            letter.presence = Some(presence);
        }
    }

    /// The next one-time keys ride along if he used those that he held, or all that are unused if `again`.
    pub(super) fn next_keys(
        &mut self,
        letter: &mut Letter,
        person: &mut Person,
        again: bool,
    ) -> Result<(), AccountError> {
        let before = match again {
            true => OneTimeKeys::default(),
            false => person.ours,
        };
        self.fill(&mut person.ours)?;
        if let Body::Accept(_) = letter.body {
            return self.sign_accept(letter, person.ours);
        }
        let next = OneTimeKeys {
            mail: person.ours.mail.filter(|_| before.mail.is_none()),
            irc: person.ours.irc.filter(|_| before.irc.is_none()),
        };
        letter.one_time_keys = Some(next).filter(|next| *next != OneTimeKeys::default());
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
            let pickle = self.tx.account_pickle()?.unwrap_or_default();
            self.keyring = Some(Keyring::from_pickle(&pickle)?);
        }
        self.keyring
            .as_mut()
            .ok_or_else(|| AccountError::Mail("the account has no keys".to_owned()))
    }

    pub(super) fn save(&mut self, person: Person) -> Result<(), AccountError> {
        Ok(self.tx.apply(&Effect::Person(Box::new(person)), self.now)?)
    }
}
