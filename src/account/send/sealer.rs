//! What seals, inside one turn. Each letter is sealed by itself: a key or session that is worthless or damaged holds up
//! nobody else's letters.
//!
//! ```text
//!  seal ──▶ fails: nothing of it is kept ──▶ the session is retired, the one-time key forgotten ──▶ seal with what is left
//! ```

use crate::account::AccountError;
use crate::account::turn::Turn;
use crate::edge::seal::{self, Keyring, SealError};
use crate::edge::store::{Peer, Transport};
use crate::protocol::letter::{OneTimeKeys, PublicKey};
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::effect::Effect;
use crate::rules::queue::retry::Unsealed;
use crate::rules::view::View;

/// What sealing reads and changes inside one turn.
pub(in crate::account) struct Sealer<'t, 'a> {
    pub(in crate::account) turn: &'t mut Turn<'a>,
    pub(super) account: AccountState,
    keyring: Option<Keyring>,
    keyring_changed: bool,
    /// The key or session with which sealing failed.
    unfit: Option<Unfit>,
    /// How many letters.
    pub(super) sealed: u64,
}

impl<'t, 'a> Sealer<'t, 'a> {
    pub(in crate::account) fn new(turn: &'t mut Turn<'a>) -> Result<Self, AccountError> {
        let account = turn.tx.account()?;
        Ok(Self {
            turn,
            account,
            keyring: None,
            keyring_changed: false,
            unfit: None,
            sealed: 0,
        })
    }
}

/// With what sealing failed.
pub(super) enum Unfit {
    /// A session: with whom, on which transport, its name.
    Session(Peer, Transport, String),
    /// A one-time key of theirs, or the key that it belongs to.
    OneTimeKey(PublicKey),
}

impl Sealer<'_, '_> {
    /// Seals something to somebody, all of it or nothing. What sealing fails with is not used again, and sealing is tried
    /// with what else there is. `Err` within: why it is not sealed, which is no other letter's matter.
    pub(super) fn apart<T>(
        &mut self,
        to: ContactId,
        work: impl Fn(&mut Self) -> Result<T, AccountError>,
    ) -> Result<Result<T, Unsealed>, AccountError> {
        let mut why = SealError::WeakKey;
        for _ in 0..TRIES {
            self.unfit = None;
            let tx = self.turn.tx;
            let fault = match AccountError::alone(tx.apart(|| work(self)))? {
                Ok(done) => return Ok(Ok(done)),
                Err(AccountError::Seal(fault)) => fault,
                Err(fault) => {
                    tracing::warn!("a letter waits: {fault}");
                    return Ok(Err(Unsealed::NotNow(fault.to_string())));
                }
            };
            match self.unfit.take() {
                Some(unfit) => self.put_aside(to, &unfit, &fault)?,
                // The account's own keys.
                None => return Err(AccountError::Seal(fault)),
            }
            why = fault;
        }
        Ok(Err(Unsealed::Never(why.to_string())))
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

    /// Writes what the sealing changed of the account.
    pub(in crate::account) fn finish(self) -> Result<(), AccountError> {
        if let Some(keyring) = self.keyring.filter(|_| self.keyring_changed) {
            self.turn.tx.put_account_pickle(&keyring.pickle()?)?;
        }
        self.turn.sealed(self.sealed)
    }

    /// Notes what sealing failed with.
    pub(super) fn fit<T>(
        &mut self,
        sealed: seal::Result<T>,
        with: impl FnOnce() -> Unfit,
    ) -> Result<T, AccountError> {
        if sealed.is_err() {
            self.unfit = Some(with());
        }
        Ok(sealed?)
    }

    fn put_aside(
        &mut self,
        to: ContactId,
        unfit: &Unfit,
        fault: &SealError,
    ) -> Result<(), AccountError> {
        match unfit {
            Unfit::Session(peer, transport, name) => {
                tracing::warn!("a session is given up: {fault}");
                self.turn.tx.sessions().retire(peer, *transport, name)?;
            }
            Unfit::OneTimeKey(key) => {
                tracing::warn!("a one-time key is given up: {fault}");
                if let Some(mut person) = self.turn.tx.contact(to)? {
                    forget_one_time(&mut person, *key);
                    self.save(person)?;
                }
            }
        }
        Ok(())
    }
}

/// A one-time key of theirs is not used any more, wherever it is held.
fn forget_one_time(person: &mut Contact, key: PublicKey) {
    let forget = |keys: &mut OneTimeKeys| {
        keys.mail = keys.mail.filter(|one| *one != key);
        keys.irc = keys.irc.filter(|one| *one != key);
    };
    if let Some(friend) = person.friend_mut() {
        forget(&mut friend.theirs);
    }
    for one in person.accepted_mut() {
        forget(&mut one.theirs);
    }
}

/// More than one person has sessions and one-time keys.
const TRIES: usize = 12;
