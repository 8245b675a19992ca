//! What is seen of one friend, on all networks, and what follows from it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::sighting::{Greeting, Sighting};
use crate::protocol::letter::{LetterId, Status};
use crate::protocol::time::Seconds;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Rng;

/// What the user sees of a friend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Proved to be there.
    Online,
    /// Proved to be there, away.
    Away,
    /// Proved to be there, busy.
    Busy,
    /// Nobody is at their nick.
    #[default]
    Offline,
    /// Somebody is at their nick, who has not proved to be them.
    Unverified,
}

/// What the memory wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A `here` is to be sent.
    Greet {
        /// To whom.
        friend: ContactId,
        /// Where.
        network: String,
        /// To which nick.
        nick: String,
        /// Its id, remembered here.
        id: LetterId,
        /// The `here` it echoes.
        echo: Option<LetterId>,
    },
    /// Greetings brought no proof of a friend: their IRC session may be lost.
    Doubt {
        /// Of whom.
        friend: ContactId,
    },
    /// What the user sees of a friend has changed.
    Changed {
        /// Of whom.
        friend: ContactId,
        /// To what.
        shown: Shown,
        /// Their word.
        text: String,
    },
}

#[derive(Debug, Default)]
pub(super) struct Friend {
    pub(super) greetable: bool,
    pub(super) sights: BTreeMap<String, Sighting>,
    pub(super) told: (Shown, String),
}

impl Friend {
    pub(super) fn tick(
        &mut self,
        friend: ContactId,
        (now, grace): (Seconds, Duration),
        rng: &mut dyn Rng,
        wishes: &mut Vec<Wish>,
    ) {
        let greetable = self.greetable;
        for (network, sight) in &mut self.sights {
            // A time beyond the grace was set by a clock that ran ahead.
            let latest = now.after(grace);
            let lasts = |until: Seconds| until > now && until <= latest;
            sight.leaving = sight.leaving.take().filter(|(until, _)| lasts(*until));
            if let Some(nick) = sight.next() {
                let greeting = sight.come(&nick, greetable, (now, grace), rng);
                wishes.extend(wish(friend, network, &nick, greeting));
            }
            if let Some(coming) = sight.coming.as_mut().filter(|_| greetable) {
                let nick = coming.nick.clone();
                wishes.extend(wish(friend, network, &nick, coming.try_again(now, rng)));
                if coming.is_to_be_doubted(now) {
                    wishes.push(Wish::Doubt { friend });
                }
            }
        }
    }

    pub(super) fn shown(&self) -> (Shown, String) {
        let sights = || self.sights.values();
        let proofs = sights().filter_map(|sight| sight.coming.as_ref()?.proof.as_ref());
        let leaving = sights().filter_map(|sight| Some(&sight.leaving.as_ref()?.1));
        let Some((status, text)) = proofs.chain(leaving).next() else {
            let shown = match sights().any(|sight| sight.coming.is_some()) {
                true => Shown::Unverified,
                false => Shown::Offline,
            };
            return (shown, String::new());
        };
        let shown = match status {
            Status::Online => Shown::Online,
            Status::Away => Shown::Away,
            Status::Busy => Shown::Busy,
        };
        (shown, text.clone())
    }

    pub(super) fn changed(&mut self, friend: ContactId) -> Option<Wish> {
        let (shown, text) = self.shown();
        let changed = Wish::Changed {
            friend,
            shown,
            text: text.clone(),
        };
        let before = std::mem::replace(&mut self.told, (shown, text));
        (before != self.told).then_some(changed)
    }
}

pub(super) fn wish(
    friend: ContactId,
    network: &str,
    nick: &str,
    greeting: Option<Greeting>,
) -> Vec<Wish> {
    let greet = greeting.map(|(id, echo)| Wish::Greet {
        friend,
        network: network.to_owned(),
        nick: nick.to_owned(),
        id,
        echo,
    });
    greet.into_iter().collect()
}
