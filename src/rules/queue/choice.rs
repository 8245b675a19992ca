//! Which letters leave next: by mail in rounds of a few, over IRC one at a time for each network.

use std::time::Duration;

use super::budget::{Class, Day};
use super::route::RouteState;
use crate::protocol::letter::Body;
use crate::protocol::time::Seconds;
use crate::rules::conversation::ContactId;
use crate::rules::outgoing::{Outgoing, Route, Waiting};

/// Which letters a round of mails takes.
pub struct Round<'a> {
    /// Announcements whose time has come (`Due`) or all of them (`All`).
    pub announcements: Announcements,
    /// Whether a friend is reached over IRC at the moment: their texts then do not go by mail.
    pub online: &'a dyn Fn(ContactId) -> bool,
}

impl Round<'_> {
    /// A round of whoever has no IRC.
    pub fn without_irc(announcements: Announcements) -> Self {
        Self {
            announcements,
            online: &|_| false,
        }
    }

    /// Whether a letter that may leave by mail does so in this round: not a text to somebody who is reached over IRC.
    pub fn takes(&self, outgoing: &Outgoing) -> bool {
        outgoing.route != Route::Any || !(self.online)(outgoing.to)
    }
}

/// Which announcements leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcements {
    /// Those whose time has come.
    Due,
    /// All that are due at all, at once.
    All,
}

/// What a round takes of the letters that are due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// These leave, in this order.
    pub letters: Vec<Waiting>,
    /// Letters whose share of the day's mails is spent, but for texts, and until when each waits: others may stand behind them.
    pub put_off: Vec<(Waiting, Seconds)>,
}

/// The next few letters that leave by mail, of those that are due in their order, within their shares of the day's mails: not
/// the texts of those who are reached over IRC. What was refused leaves last: if the text is the reason, it keeps nobody else's.
#[must_use]
pub fn by_mail(
    mut due: Vec<Waiting>,
    round: &Round<'_>,
    route: &RouteState,
    day: &mut Day,
) -> Chosen {
    let mut chosen = Chosen::default();
    due.sort_by_key(|waiting| route.last(waiting.outgoing.letter.id));
    for waiting in due {
        let outgoing = &waiting.outgoing;
        if !round.takes(outgoing) {
            continue;
        }
        if chosen.letters.len() >= BATCH {
            break;
        }
        let class = Class::of(&outgoing.letter.body, false);
        let gathers = day.gathers_until(class, outgoing.letter.sent.seconds());
        if let Some(until) = gathers {
            chosen.put_off.push((waiting, until));
        } else if day.take(class, outgoing.to) {
            chosen.letters.push(waiting);
        } else if class != Class::Text {
            let free = day.free_at(class, Some(outgoing.to));
            chosen.put_off.push((waiting, free));
        }
    }
    chosen
}

/// Letters that may leave over IRC, of those that are due in their order, in the order in which they do: a receipt that has
/// waited goes first, for a conversation must not fall back to mail for want of receipts.
pub fn over_irc(due: Vec<Waiting>, now: Seconds) -> Vec<Waiting> {
    let has_waited = |waiting: &Waiting| {
        let Waiting { outgoing, .. } = waiting;
        matches!(outgoing.letter.body, Body::Receipt(_)) && now >= outgoing.due.after(RECEIPT_WAITS)
    };
    let (mut first, rest): (Vec<_>, Vec<_>) = due.into_iter().partition(has_waited);
    first.extend(rest);
    first
}

/// Where a letter goes over IRC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The network's name, as we list it.
    pub network: String,
    /// The nick.
    pub nick: String,
}

/// Where a letter of this route goes over IRC, if its receiver is reached there.
pub fn way(route: &Route, reached: impl FnOnce() -> Option<Way>) -> Option<Way> {
    match route {
        Route::IrcAt { network, nick } => Some(Way {
            network: network.clone(),
            nick: nick.clone(),
        }),
        Route::Any | Route::Irc => reached(),
        Route::Mail => None,
    }
}

/// Where somebody is reached who is proved to be at these (network, nick): on the first of our networks, in our order, on
/// which we are under our nick.
pub fn reached<'a>(
    mut ours: impl Iterator<Item = &'a str>,
    proved: Vec<(String, String)>,
) -> Option<Way> {
    let first = ours.find(|name| proved.iter().any(|(network, _)| network == name))?;
    let found = proved.into_iter().find(|(network, _)| network == first);
    found.map(|(network, nick)| Way { network, nick })
}

/// How a text to a friend leaves: over IRC if they may see us there, and at the first try.
pub fn route_of_text(visible: bool, attempts: u8) -> Route {
    match visible && attempts == 0 {
        true => Route::Any,
        false => Route::Mail,
    }
}

/// Letters in one round.
pub const BATCH: usize = 64;
/// How many of those that are due are looked at for a round: some of them may not leave in it.
pub const LOOKED_AT: usize = 256;
/// How many are looked at for the links that have room.
pub const LOOKED_AT_OVER_IRC: usize = 200;
/// After how long a receipt goes before texts.
const RECEIPT_WAITS: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests;
