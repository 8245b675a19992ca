//! Attacks that a security audit found, and that come at any moment.

use iim::edge::seal::Keyring;
use iim::edge::store::Transport;
use iim::protocol::letter::{Body, Keys, OneTimeKeys, Text, empty};

use crate::forged::{Asking, long_report};
use crate::post::Parcel;
use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// Keys with which nothing is secret, in every place where a key stands.
    pub(crate) fn give_worthless_keys(&mut self, victim: usize) {
        let weak = OneTimeKeys {
            mail: Some(self.worthless()),
            irc: Some(self.worthless()),
        };
        match self.chance.below(6) {
            0 => self.ask_with_worthless_keys(MALLORY, victim, weak),
            1 => {
                let from = self.chance.index(4);
                self.ask_with_worthless_identity(from, victim);
            }
            2 => {
                let parcel = self.accepting(MALLORY, victim, weak);
                self.slip_in(parcel);
            }
            3 => {
                let mut letter = self.letter(empty());
                letter.one_time_keys = Some(weak);
                let parcel = self.sealed(MALLORY, victim, &letter);
                self.slip_in(parcel);
            }
            4 => {
                let text = Body::Text(Text {
                    text: "what Mallory says".into(),
                    reply_to: None,
                    notice: false,
                });
                let letter = self.letter(text);
                let parcel = self.opening_by_mail(MALLORY, victim, &letter);
                self.slip_in(parcel);
            }
            _ => {
                let inner = self.letter(empty());
                let opening = self.opening(MALLORY, victim, Transport::Irc, &inner);
                let mut letter = self.letter(empty());
                letter.irc = opening.map(|sealed| sealed.encode());
                let parcel = self.sealed(MALLORY, victim, &letter);
                self.slip_in(parcel);
            }
        }
    }

    fn ask_with_worthless_keys(&mut self, from: usize, to: usize, weak: OneTimeKeys) {
        let mut one_time_keys = self.fresh_one_time_keys(from);
        match self.chance.below(3) {
            0 => one_time_keys.mail = weak.mail,
            1 => one_time_keys.irc = weak.irc,
            _ => one_time_keys = weak,
        }
        let keyring = self.keyring(from);
        let asking = self.healing(&keyring, one_time_keys, self.now);
        let parcel = self.asking(from, to, &asking, &keyring);
        self.slip_in(Some(parcel));
    }

    /// Anybody can write anybody's address as the sender.
    fn ask_with_worthless_identity(&mut self, from: usize, to: usize) {
        let keyring = Keyring::generate();
        let keys = Keys {
            curve25519: self.worthless(),
            ..keyring.keys()
        };
        let one_time_keys = self.fresh_one_time_keys(MALLORY);
        let asking = Asking {
            keys,
            ..self.healing(&keyring, one_time_keys, self.now)
        };
        if from != to {
            let parcel = self.asking(from, to, &asking, &keyring);
            self.slip_in(Some(parcel));
        }
    }

    /// A request under somebody's own keys, as whoever has lost their sessions makes it.
    pub(crate) fn healing(
        &mut self,
        keyring: &Keyring,
        one_time_keys: OneTimeKeys,
        sent: u64,
    ) -> Asking {
        Asking {
            id: self.made_up_id(),
            keys: keyring.keys(),
            one_time_keys,
            sent,
        }
    }

    /// Mallory asks under the Curve25519 key of another, which stands in their invites, and signs with keys of their own.
    pub(crate) fn ask_under_anothers_key(&mut self, whose: usize, victim: usize, times: u64) {
        for number in 0..times {
            let keyring = Keyring::generate();
            let keys = Keys {
                curve25519: self.people[whose].account.state().unwrap().keys.curve25519,
                ..keyring.keys()
            };
            let one_time_keys = self.fresh_one_time_keys(MALLORY);
            let asking = Asking {
                keys,
                ..self.healing(&keyring, one_time_keys, self.now + number)
            };
            let parcel = self.asking(MALLORY, victim, &asking, &keyring);
            self.slip_in(Some(parcel));
        }
    }

    pub(crate) fn refuse_new_keys(&mut self, who: usize, whose: usize) {
        let address = self.address(whose);
        let known = self.people[who].find(&address);
        if known.is_some_and(|person| person.has_new_keys()) {
            self.refuse(who, whose);
        }
    }

    /// A report on a mail of somebody's, in words that say whose they are: of whoever got the mail, however the two
    /// stand by now, or of a stranger.
    pub(crate) fn report_with_words(&mut self) {
        let archive = self.post.archive.len();
        let mut tries = (0..20)
            .map(|_| self.chance.index(archive))
            .collect::<Vec<_>>()
            .into_iter();
        let about = tries.find_map(|at| {
            let about = self.post.archive.get(at)?.clone();
            let to = self.index(&about.to)?;
            // What the mail systems of honest friends report is believed: it would make a text fail that has arrived.
            (to == MALLORY || !self.may_be_heard(&about)).then_some((about, to))
        });
        let Some((about, to)) = about else {
            return;
        };
        let times = self.chance.between(1, 40) as usize;
        let mail = long_report(&about, &about.to, &words_of(to), times);
        self.slip_in(Some(Parcel {
            from: about.to.clone(),
            to: about.from.clone(),
            mail,
            report: true,
        }));
    }

    /// Whether the sender of a mail has its receiver on the roster and has not blocked them.
    fn may_be_heard(&mut self, about: &Parcel) -> bool {
        let Some(sender) = self.index(&about.from) else {
            return false;
        };
        let known = self.people[sender].find(&about.to);
        known.is_some_and(|person| !person.blocked)
    }
}

/// Whether an attack is to be played: all are, unless `IIM_WORLD_ATTACKS` names some.
pub(crate) fn wanted(attack: &str) -> bool {
    let named = std::env::var("IIM_WORLD_ATTACKS");
    named.map_or(true, |named| named.split(',').any(|one| one == attack))
}

/// Words that say whose they are.
pub(crate) fn words_of(who: usize) -> String {
    format!("{WORDS}{who}")
}

/// Of whom the words are that stand in what somebody is told.
pub(crate) fn whose_words(told: &str) -> Option<usize> {
    let at = told.find(WORDS)? + WORDS.len();
    let number = told.get(at..)?.chars().next()?;
    number.to_digit(10).map(|number| number as usize)
}

const WORDS: &str = "words-of-number-";
