//! Friends who are on none of the user's networks: the user is told once where they are, and a well-known network is joined for
//! them where the user has said so; one that was joined for a friend is left a month after the last was there.

use std::collections::{BTreeMap, BTreeSet};
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
use crate::rules::networks::{Called, How, Joined, Known, Ours, Stays, to_follow};

/// What the agent remembers of it.
#[derive(Debug, Default)]
pub(super) struct Follow {
    /// Whose places were told, which, and when.
    said: BTreeMap<ContactId, (Elsewhere, Seconds)>,
    /// Who is given otherwise than when it was looked last.
    changed: BTreeSet<ContactId>,
    /// When all are looked at again, though nothing has changed.
    next: Option<Seconds>,
    /// Since when the user's networks are those of now.
    since: Option<Seconds>,
}

impl Follow {
    /// The user's networks are others than before.
    pub(super) fn relinked(&mut self) {
        (self.next, self.since) = (None, None);
    }

    /// Everybody may be somewhere else: what a network is called is seen, or we are visible again.
    pub(super) fn again(&mut self) {
        self.next = None;
    }

    /// Somebody is as given now: another place, or another sight of us, is looked at.
    pub(super) fn compare(
        &mut self,
        id: ContactId,
        before: Option<&Contact>,
        now: Option<&Contact>,
    ) {
        if now.is_none() {
            self.said.remove(&id);
            self.changed.remove(&id);
        } else if before.map(place) != now.map(place) {
            self.changed.insert(id);
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
        !self.changed.is_empty() || self.is_due_for_all(now)
    }

    fn is_due_for_all(&self, now: Seconds) -> bool {
        let waits = |next: Seconds| now < next && now.is_within(AGAIN, next.before(AGAIN));
        !self.next.is_some_and(waits)
    }

    /// Looks who is elsewhere, of the user's networks and whether the user is visible; puts down what the user is to be told. The
    /// account has other networks then, if one was joined or left.
    pub(super) fn look(
        &mut self,
        account: &mut Account,
        roster: &Roster,
        (mut ours, is_visible): (Vec<Ours>, bool),
        told: &mut Vec<Notice>,
    ) -> Result<(), AccountError> {
        let now = account.now();
        let changed = std::mem::take(&mut self.changed);
        let people: Vec<&Contact> = match self.is_due_for_all(now) {
            true => {
                self.next = Some(now.after(AGAIN));
                leave(account, roster, now, told)?;
                roster.people().collect()
            }
            false => changed.iter().filter_map(|id| roster.get(*id)).collect(),
        };
        if account.config.presence.follow == Wish::Known && is_visible {
            follow(account, &people, &mut ours, told)?;
        }
        let there = people.into_iter().filter_map(|person| {
            let there = elsewhere::of(account, person, &ours)?;
            self.say(person, there, now)
        });
        let words = elsewhere::few(there.collect()).into_iter();
        told.extend(words.map(word));
        Ok(())
    }

    /// Whoever is elsewhere is told of once, and at most once a day if they say to be here and there.
    fn say(&mut self, person: &Contact, there: Elsewhere, now: Seconds) -> Option<String> {
        let text = there.line(&person.name);
        // That it is for sure now is no news.
        let there = Elsewhere {
            perhaps: false,
            ..there
        };
        if let Some((said, at)) = self.said.get(&person.id)
            && (*said == there || now.is_within(SAID, *at))
        {
            return None;
        }
        self.said.insert(person.id, (there, now));
        Some(text)
    }
}

fn word(text: String) -> Notice {
    Notice::Word { friend: None, text }
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
    told: &mut Vec<Notice>,
) -> Result<(), AccountError> {
    for one in joined::all(account)? {
        match one.stays(roster.people(), now) {
            Stays::AsItIs => {}
            Stays::Met => joined::met(account, &one)?,
            Stays::No => {
                let name = &one.network.name;
                joined::forget(account, name)?;
                told.push(word(format!(
                    "left {name}: none of your friends has been there for 30 days"
                )));
            }
        }
    }
    Ok(())
}

/// Joins what is well known and where a friend is who may see the user, and is met nowhere else: it is one of the user's then.
fn follow(
    account: &mut Account,
    people: &[&Contact],
    ours: &mut Vec<Ours>,
    told: &mut Vec<Notice>,
) -> Result<(), AccountError> {
    let kept = joined::all(account)?;
    let mut unwanted: Vec<&Known> = kept.iter().filter_map(Joined::left).collect();
    while let Some((known, who)) = to_follow(people.iter().copied(), ours, &unwanted) {
        let network = known.network();
        let servers = network.servers.clone();
        match joined::join(account, network, true, How::Followed) {
            Ok(()) => {}
            Err(AccountError::Network(why)) => {
                tracing::warn!(network = known.name, "not joined for a friend: {why}");
                unwanted.push(known);
                continue;
            }
            Err(fault) => return Err(fault),
        }
        let who = people.iter().find(|one| one.id == who);
        let who = who.map_or_else(String::new, |one| one_line(&one.name));
        let (name, server) = (known.name, servers.first().map_or("", String::as_str));
        told.push(word(format!(
            "joined {name} ({server}), for {who} is there, and nowhere where you are; `iim network leave {name}` leaves it"
        )));
        ours.push(Ours {
            name: name.to_owned(),
            servers,
            called: Called::Nothing,
        });
    }
    Ok(())
}

/// How often it is looked, though nothing has changed.
const AGAIN: Duration = HOUR;
/// How long the servers of the user's networks have to say what they are called.
const UNTIL_KNOWN: Duration = Duration::from_mins(2);
/// After how long it is said again where a friend is who has gone elsewhere.
const SAID: Duration = DAY;
