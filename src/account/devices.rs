//! The user's own IRC clients: made, let in, locked out.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::AccountError;
use super::error::DeviceError;
use crate::edge::config::Secret;
use crate::edge::store::{Device, DeviceName, Store, Transaction};
use crate::protocol::hex;
use crate::protocol::scram::{ITERATIONS, ScramKeys};
use crate::protocol::time::Seconds;
use crate::rules::conversation::ConversationId;
use crate::rules::decision::Rng;
use crate::rules::view::View;

/// The user's own clients, of an account that is open.
pub struct Devices<'a> {
    pub(super) store: &'a Store,
    pub(super) now: Seconds,
    pub(super) rng: &'a mut dyn Rng,
}

impl Devices<'_> {
    /// Adds a device, and gives the password that it logs in with; only its hash is kept.
    pub fn add(&mut self, name: &DeviceName) -> Result<Secret, AccountError> {
        let mut bytes = [0; 16];
        self.rng.fill(&mut bytes);
        let password = Secret::new(typed(&bytes));
        self.rng.fill(&mut bytes);
        let scram = ScramKeys::of(password.expose(), bytes, ITERATIONS);
        self.store
            .transact(|tx| match make(tx, name, Some(&password), self.now)? {
                true => {
                    tx.devices().set_scram(name, &scram)?;
                    Ok(password)
                }
                false => Err(DeviceError::There(name.clone()).into()),
            })
    }

    /// What SCRAM needs of the password that a client of this name has: of the device's own, else, where there is one
    /// for all, of that. For a name that nobody can log in with there are keys that fit no password, the same each time,
    /// so that nobody learns which devices there are.
    pub fn scram(&mut self, name: &str, one: Option<&Secret>) -> Result<ScramKeys, AccountError> {
        let known = DeviceName::parse(name).ok();
        // First, since it may have to write: on a full disk every name fails alike.
        let salts = self.salts()?;
        let own = match &known {
            Some(name) => self.store.read(|tx| tx.devices().scram(name))?,
            None => None,
        };
        if let Some(own) = own {
            return Ok(own);
        }
        // In lower case, as the names of devices that are there.
        let name = name.to_ascii_lowercase();
        let hash = Sha256::new().chain_update(salts).chain_update(name);
        let mut salt = [0; 16];
        for (to, from) in salt.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Ok(match one.filter(|_| known.is_some()) {
            Some(one) => ScramKeys::of(one.expose(), salt, ITERATIONS),
            None => ScramKeys {
                salt,
                iterations: ITERATIONS,
                stored: [0; 32],
                server: [0; 32],
            },
        })
    }

    /// Of what the salts are made that SCRAM tells of devices that are not there: made once, and kept, for the salt of one
    /// that is there lasts, too.
    fn salts(&mut self) -> Result<String, AccountError> {
        if let Some(kept) = self.store.read(|tx| tx.meta_get(SALTS))? {
            return Ok(kept);
        }
        let mut secret = [0; 16];
        self.rng.fill(&mut secret);
        let made = hex::encode(&secret);
        self.store
            .transact(|tx| tx.meta_set(SALTS, &made).map_err(AccountError::from))?;
        Ok(made)
    }

    /// The device that a client has proved to be by SCRAM. It may have been removed meanwhile; with `one`, a password for
    /// all devices, it is then made.
    pub fn proved(&mut self, name: &DeviceName, one: bool) -> Result<Option<Device>, AccountError> {
        match self.named(name)? {
            None if one => self.guest(name),
            found => Ok(found),
        }
    }

    /// Removes a device; the agent ends its connections when it sees that it is gone.
    pub fn remove(&mut self, name: &DeviceName) -> Result<(), AccountError> {
        self.store.transact(|tx| match tx.devices().remove(name)? {
            true => keep_hidden(tx, |hidden| drop(hidden.remove(name.as_str()))),
            false => Err(DeviceError::Missing(name.clone()).into()),
        })
    }

    /// The groups that a device does not show, each with the time since which the user was in it when it was hidden.
    pub fn hidden(&self, name: &DeviceName) -> Result<Hidden, AccountError> {
        let all: Option<AllHidden> = self.store.read(|tx| tx.meta_json(HIDDEN))?;
        let hidden = all.unwrap_or_default().remove(name.as_str());
        Ok(hidden.unwrap_or_default())
    }

    /// Hides a group that the user is in since then on a device, or shows it again. Of groups that are no more nothing is
    /// kept.
    pub fn hide(
        &mut self,
        name: &DeviceName,
        group: ConversationId,
        since: Option<Seconds>,
    ) -> Result<(), AccountError> {
        self.store.transact(|tx| {
            let groups = View::groups(tx)?;
            let is_there = |id: &ConversationId| groups.iter().any(|it| it.conversation == *id);
            keep_hidden(tx, |all| {
                let hidden = all.entry(name.to_string()).or_default();
                hidden.remove(&group);
                hidden.extend(since.map(|since| (group, since)));
                hidden.retain(|id, _| is_there(id));
                all.retain(|_, hidden| !hidden.is_empty());
            })
        })
    }

    /// All devices, by name.
    pub fn all(&self) -> Result<Vec<Device>, AccountError> {
        self.store.read(|tx| Ok(tx.devices().all()?))
    }

    fn named(&self, name: &DeviceName) -> Result<Option<Device>, AccountError> {
        Ok(self.store.read(|tx| tx.devices().named(name))?)
    }

    /// How many texts this device has not been handed.
    pub fn behind(&mut self, device: &Device) -> Result<u64, AccountError> {
        self.store
            .read(|tx| Ok(tx.texts().count_after(device.cursor)?))
    }

    /// Lets a client in: the device of this name, if this is its password. With `one`, the password for all devices,
    /// that one does too; a device that is new by its name is then made, without a password of its own.
    pub fn login(
        &mut self,
        name: &DeviceName,
        password: &str,
        one: Option<&Secret>,
    ) -> Result<Option<Device>, AccountError> {
        let own = self
            .store
            .read(|tx| tx.devices().is_password(name, password))?;
        let any = one.is_some_and(|one| same(one, password));
        match own | any {
            true => self.guest(name),
            false => Ok(None),
        }
    }

    /// The device of this name, made without a password if there is none: for `open = true`. `None` if there are
    /// too many.
    pub fn guest(&mut self, name: &DeviceName) -> Result<Option<Device>, AccountError> {
        if let Some(device) = self.named(name)? {
            return Ok(Some(device));
        }
        let made = self.store.transact(|tx| make(tx, name, None, self.now));
        match made {
            Ok(_) => self.named(name),
            Err(AccountError::Device(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Devices are attached: each has been handed all texts up to its row. One turn for all of them; a cursor never
    /// falls.
    pub fn handed(&mut self, devices: &[(DeviceName, u64)]) -> Result<(), AccountError> {
        self.store.transact(|tx| {
            for (name, row) in devices {
                tx.devices().set_cursor(name, *row)?;
                tx.devices().seen(name, self.now)?;
            }
            Ok(())
        })
    }
}

/// Changes what devices hide, if that is anything else then.
fn keep_hidden(
    tx: &Transaction<'_>,
    change: impl FnOnce(&mut AllHidden),
) -> Result<(), AccountError> {
    let before: AllHidden = tx.meta_json(HIDDEN)?.unwrap_or_default();
    let mut after = before.clone();
    change(&mut after);
    match before == after {
        true => Ok(()),
        false => Ok(tx.meta_set_json(HIDDEN, &after)?),
    }
}

/// Adds a device; false if there is one of this name.
fn make(
    tx: &Transaction<'_>,
    name: &DeviceName,
    password: Option<&Secret>,
    now: Seconds,
) -> Result<bool, AccountError> {
    if tx.devices().all()?.len() >= MOST_DEVICES {
        return Err(DeviceError::TooMany(MOST_DEVICES).into());
    }
    Ok(tx.devices().add(name, password.map(Secret::expose), now)?)
}

/// Compares in constant time; lengths may show.
fn same(one: &Secret, given: &str) -> bool {
    bool::from(one.expose().as_bytes().ct_eq(given.as_bytes()))
}

/// 128 bits as base32 (RFC 4648, section 6) in lower case without padding, in groups of four: easy to type, and with
/// no 0, 1 and 8 that could be misread.
fn typed(bytes: &[u8; 16]) -> String {
    let letters = BASE32_NOPAD.encode(bytes).to_ascii_lowercase();
    let groups = letters.as_bytes().chunks(4).map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join("-")
}

/// Groups that a device hides, and since when the user was in them.
type Hidden = BTreeMap<ConversationId, Seconds>;
/// Those of all devices, by name.
type AllHidden = BTreeMap<String, Hidden>;

/// Whoever is let in without a password of their own names the device themselves: that must have an end.
const MOST_DEVICES: usize = 64;
/// Where it is kept what devices hide.
const HIDDEN: &str = "hidden groups";
/// Where the secret of [`Devices::salts`] is kept.
const SALTS: &str = "scram salts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_base32_in_groups() {
        // RFC 4648, section 10: "foobar" is MZXW6YTBOI.
        let mut bytes = [0; 16];
        bytes
            .iter_mut()
            .zip(b"foobar")
            .for_each(|(to, from)| *to = *from);
        assert_eq!(typed(&bytes), "mzxw-6ytb-oiaa-aaaa-aaaa-aaaa-aa");
        assert_eq!(typed(&[255; 16]), "7777-7777-7777-7777-7777-7777-74");
    }
}
