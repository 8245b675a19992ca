//! Friends who are on none of the user's networks: the user is told once where they are, and a well-known network is joined for
//! them where the user has said so; one that was joined for a friend is left a month after the last was there.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Roster;
use super::networks::Networks;
use crate::account::elsewhere::Elsewhere;
use crate::account::{Account, AccountError, elsewhere, joined};
use crate::edge::config::Follow as Wish;
use crate::protocol::clean::one_line;
use crate::protocol::time::{DAY, HOUR, Seconds};
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::effect::Notice;
use crate::rules::networks::{How, Ours, Stays, to_follow};

/// What the agent remembers of it.
#[derive(Debug, Default)]
pub(super) struct Follow {
    /// Whose places were told, which, and when.
    said: BTreeMap<ContactId, (Elsewhere, Seconds)>,
    /// When it is looked again, though nothing has changed.
    next: Option<Seconds>,
    /// Since when the user's networks are those of now.
    since: Option<Seconds>,
}

impl Follow {
    /// The user's networks are others than before.
    pub(super) fn relinked(&mut self) {
        (self.next, self.since) = (None, None);
    }

    /// Somebody is as given now: another place, or another sight of us, is looked at.
    pub(super) fn compare(&mut self, before: Option<&Contact>, now: Option<&Contact>) {
        if before.map(place) != now.map(place) {
            self.next = None;
        }
    }

    /// Whether it is to be looked who is elsewhere. What a network is called is known once we are on it: until then it is
    /// waited a little.
    pub(super) fn is_due(&mut self, networks: &Networks, now: Seconds) -> bool {
        let since = *self.since.get_or_insert(now);
        let all_known = || networks.values().all(|network| network.session.is_some());
        if now.is_within(UNTIL_KNOWN, since) && !all_known() {
            return false;
        }
        let waits = |next: Seconds| now < next && now.is_within(AGAIN, next.before(AGAIN));
        !self.next.is_some_and(waits)
    }

    /// Looks who is elsewhere; gives what the user is to be told. The account has other networks then, if one was joined or
    /// left.
    pub(super) fn look(
        &mut self,
        account: &mut Account,
        roster: &Roster,
        ours: Vec<Ours>,
    ) -> Result<Vec<Notice>, AccountError> {
        let now = account.now();
        self.next = Some(now.after(AGAIN));
        let mut told = leave(account, roster, now)?;
        let ours = match account.config.presence.follow {
            Wish::Known => follow(account, roster, ours, &mut told)?,
            Wish::Ask | Wish::Never => ours,
        };
        for person in roster.people() {
            let there = elsewhere::of(account, person, &ours);
            told.extend(there.and_then(|there| self.say(person, there, now)));
        }
        Ok(told)
    }

    /// Whoever is elsewhere is told of once, and at most once a day if they say to be here and there.
    fn say(&mut self, person: &Contact, there: Elsewhere, now: Seconds) -> Option<Notice> {
        if let Some((said, at)) = self.said.get(&person.id)
            && (*said == there || now.is_within(SAID, *at))
        {
            return None;
        }
        let text = there.line(&person.name);
        self.said.insert(person.id, (there, now));
        Some(Notice::Word { friend: None, text })
    }
}

/// What decides whether somebody is elsewhere.
fn place(person: &Contact) -> impl PartialEq + use<'_> {
    let told = person.presence();
    let networks = told.and_then(|told| told.networks.as_ref());
    (networks, person.visible, person.blocked)
}

/// What was joined for friends is left, where none is.
fn leave(
    account: &mut Account,
    roster: &Roster,
    now: Seconds,
) -> Result<Vec<Notice>, AccountError> {
    let mut told = Vec::new();
    for one in joined::all(account)? {
        match one.stays(roster.people(), now) {
            Stays::AsItIs => {}
            Stays::Met => joined::met(account, &one)?,
            Stays::No => {
                let name = &one.network.name;
                joined::forget(account, name)?;
                let text = format!("left {name}: none of your friends has been there for 30 days");
                told.push(Notice::Word { friend: None, text });
            }
        }
    }
    Ok(told)
}

/// Joins what is well known and where a friend is who may see the user, and is met nowhere else. Gives the user's networks of
/// then.
fn follow(
    account: &mut Account,
    roster: &Roster,
    mut ours: Vec<Ours>,
    told: &mut Vec<Notice>,
) -> Result<Vec<Ours>, AccountError> {
    let kept = joined::all(account)?;
    while let Some((known, who)) = to_follow(roster.people(), &ours, &kept) {
        let network = known.network();
        let servers = network.servers.clone();
        match joined::join(account, network, true, How::Followed) {
            Ok(()) => {}
            Err(AccountError::Network(why)) => {
                tracing::warn!(network = known.name, "not joined for a friend: {why}");
                break;
            }
            Err(fault) => return Err(fault),
        }
        let who = roster
            .get(who)
            .map_or_else(String::new, |one| one_line(&one.name));
        let (name, server) = (known.name, servers.first().map_or("", String::as_str));
        let text = format!(
            "joined {name} ({server}), for {who} is there, and nowhere where you are; `iim network leave {name}` leaves it"
        );
        told.push(Notice::Word { friend: None, text });
        ours.push(Ours {
            name: name.to_owned(),
            servers,
            called: None,
        });
    }
    Ok(ours)
}

/// How often it is looked, though nothing has changed.
const AGAIN: Duration = HOUR;
/// How long the servers of the user's networks have to say what they are called.
const UNTIL_KNOWN: Duration = Duration::from_mins(2);
/// After how long it is said again where a friend is who has gone elsewhere.
const SAID: Duration = DAY;
