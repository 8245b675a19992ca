//! What is to be told to a member of a group, as it leaves: taken from all groups that they share with the user.

use sha2::{Digest, Sha256};

use super::leaving::{Sealing, What, leaving};
use super::sealer::Sealer;
use crate::account::AccountError;
use crate::edge::store::{Peer, SessionRow, Transport};
use crate::protocol::address::Address;
use crate::protocol::letter::{Letter, PublicKey};
use crate::protocol::mail_form;
use crate::protocol::part::{self, Part};
use crate::rules::contact::Contact;
use crate::rules::group::gather::{self, Taken, To};
use crate::rules::group::state::Group;
use crate::rules::outgoing::Waiting;
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::Unsealed;
use crate::rules::view::View;

/// Where letters to a member go, and what opens a session with them.
struct Wanted {
    /// By which address of ours they know us.
    from: Address,
    address: Address,
    prekey: PublicKey,
}

/// A letter to a member, as it leaves.
struct ToMember<'s, 't, 'a> {
    sealer: &'s mut Sealer<'t, 'a>,
    waiting: &'s Waiting,
    key: PublicKey,
    /// In a new session.
    fresh: bool,
    /// Of their groups, which are large and read once.
    wanted: Option<Wanted>,
}

/// Seals what is to be told to the member who has this key: over IRC with so much room in a line, or by mail.
pub(super) fn seal(
    sealer: &mut Sealer<'_, '_>,
    waiting: &Waiting,
    (key, fresh): (PublicKey, bool),
    room: Option<usize>,
) -> Result<Sealing, AccountError> {
    let to = ToMember {
        sealer,
        waiting,
        key,
        fresh,
        wanted: None,
    };
    to.leave(room)
}

impl ToMember<'_, '_, '_> {
    /// To a friend under these keys it goes as any letter of theirs; else in a session that the prekey of their entry opens.
    fn leave(mut self, room: Option<usize>) -> Result<Sealing, AccountError> {
        let taken = self.take(room.is_some())?;
        if taken.letters.is_empty() {
            self.apply(&taken)?;
            return Ok(Err(Unsealed::Over));
        }
        let friend = self.friend()?;
        let sealing = match (room, friend) {
            (Some(room), Some(friend)) => self.over_irc(&friend, &taken, room)?,
            (Some(_), None) => Err(Unsealed::Cannot),
            (None, Some(mut friend)) => {
                let letter = self.gathered(&taken);
                let fresh = self.fresh;
                // Where no one-time key of theirs is left, the prekey of their entry opens a new session.
                if let (true, Some(wanted), Some(held)) = (fresh, &self.wanted, friend.friend_mut())
                {
                    held.theirs.mail = held.theirs.mail.or(Some(wanted.prekey));
                }
                self.sealer
                    .letter_to_friend((self.waiting, letter), friend, fresh, false)?
            }
            (None, None) => self.by_mail(&taken)?,
        };
        // Of what is not sealed nothing has left.
        if sealing.is_ok() {
            self.apply(&taken)?;
        }
        Ok(sealing)
    }

    /// All that is to be told to them.
    fn take(&mut self, over_irc: bool) -> Result<Taken, AccountError> {
        let turn = &mut *self.sealer.turn;
        let to = To {
            contact: self.waiting.outgoing.to,
            key: self.key,
            within: self.waiting.outgoing.letter.id,
            now_ms: turn.now_ms,
        };
        if over_irc {
            return Ok(gather::over_irc(turn.tx, to, turn.rng)?);
        }
        let groups = turn.tx.groups_with(to.contact)?;
        self.wanted = wanted(&groups, to, &turn.settings.address);
        Ok(gather::by_mail(turn.tx, groups, to, turn.rng)?)
    }

    fn apply(&self, taken: &Taken) -> Result<(), AccountError> {
        for effect in &taken.effects {
            self.sealer.turn.tx.apply(effect, self.sealer.turn.now())?;
        }
        Ok(())
    }

    /// The friend who has this key, if they are one and not blocked.
    fn friend(&self) -> Result<Option<Contact>, AccountError> {
        let person = self.sealer.turn.tx.contact(self.waiting.outgoing.to)?;
        let has_key = |person: &Contact| person.keys().is_some_and(|it| it.curve25519 == self.key);
        Ok(person.filter(|person| !person.blocked && has_key(person)))
    }

    /// What was taken, under the id of the row: the row keeps what it stands for, which says whose share of the day it is.
    fn gathered(&self, taken: &Taken) -> Letter {
        gather::gathered(&self.waiting.outgoing.letter, &taken.letters)
    }

    fn over_irc(
        &mut self,
        friend: &Contact,
        taken: &Taken,
        room: usize,
    ) -> Result<Sealing, AccountError> {
        let Some(letter) = taken.letters.first() else {
            return Ok(Err(Unsealed::Over));
        };
        let framed = self.sealer.frame(friend, letter, room)?;
        let left = |lines| leaving(self.waiting, false, Class::Group, What::Lines(lines));
        Ok(framed.map(|lines| Box::new(left(lines))))
    }

    /// A member who is no friend learns nothing beside it: no presence, no key for IRC.
    fn by_mail(&mut self, taken: &Taken) -> Result<Sealing, AccountError> {
        let Some(wanted) = self.wanted.take() else {
            return Ok(Err(Unsealed::Over));
        };
        let peer = Peer {
            contact: self.waiting.outgoing.to,
            key: self.key,
            former: false,
        };
        let Some(mut session) = self.session(&peer, wanted.prekey)? else {
            return Ok(Err(Unsealed::NoSession));
        };
        let letter = Letter {
            holds: Some(0),
            ..self.gathered(taken)
        };
        let sealed = self
            .sealer
            .seal(&mut session, &peer, Transport::Mail, &letter)?;
        self.mail(wanted, &Part::Sealed(sealed))
    }

    fn session(
        &mut self,
        peer: &Peer,
        prekey: PublicKey,
    ) -> Result<Option<SessionRow>, AccountError> {
        if self.fresh {
            return self.sealer.new_session(peer.key, Some(prekey));
        }
        let mail = Transport::Mail;
        let found = self.sealer.session_or_new(peer, mail, Some(prekey))?;
        Ok(found.map(|(session, _)| session))
    }

    fn mail(&mut self, wanted: Wanted, part: &Part) -> Result<Sealing, AccountError> {
        let turn = &self.sealer.turn;
        let (settings, now) = (turn.settings, turn.now());
        let Wanted {
            from, address: to, ..
        } = wanted;
        let message_id = format!("{}@{}", self.sealer.word(20), from.domain());
        let envelope = mail_form::Envelope {
            from: &from,
            from_name: &settings.name,
            to: &to,
            message_id: &message_id,
            date: now,
        };
        let mail = mail_form::write_sealed(&envelope, part);
        let hash = Sha256::digest(part::encode(part)).into();
        let outgoing = &self.waiting.outgoing;
        let tx = self.sealer.turn.tx;
        tx.dedup()
            .put_mail_id(&message_id, outgoing.to, outgoing.letter.id, &hash, 0, now)?;
        let class = Class::of(&outgoing.letter.body, false);
        tx.budget().spend(class, outgoing.to, now)?;
        let what = What::Mail { from, to, mail };
        Ok(Ok(Box::new(leaving(self.waiting, false, class, what))))
    }
}

/// The address and the prekey of whoever has this key in a group.
fn wanted(groups: &[Group], to: To, ours: &Address) -> Option<Wanted> {
    let of_group = |group: &'_ Group| {
        let id = group.known_by(to.contact, to.key)?;
        Some((group.member(id)?.clone(), group.entry.clone()))
    };
    let members = groups.iter().filter_map(of_group);
    let newest = members.max_by_key(|(member, _)| member.entry.value.counter);
    newest.map(|(member, entry)| Wanted {
        from: entry.map_or_else(|| ours.clone(), |entry| entry.value.address),
        address: member.entry.value.address.clone(),
        prekey: member.entry.value.prekey,
    })
}
