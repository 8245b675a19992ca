//! Friends who become strangers to each other, at last, in good weather: a link that meets a forged request, a friend
//! with new keys, and the mails of somebody who was removed.

use iim::protocol::{link, time};
use iim::rules::event::{Act, Adding};

use crate::promises::{BOUNDED, FIND, FORGERY};
use crate::world::World;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

impl World {
    pub(crate) fn part_at_last(&mut self) {
        for who in 0..self.people.len() {
            self.stop_agent(who);
        }
        // What the day's mails had been spent for.
        self.pass(DAY);
        let Some((one, two)) = self.two_who_write() else {
            return;
        };
        match self.chance.below(4) {
            0 => self.add_by_link_under_a_forged_request(one, two),
            1 => self.answer_with_new_keys(one, two),
            2 => self.add_anew_after_a_decoy(one, two),
            _ => self.write_to_whoever_removed(one, two),
        }
        self.check_now();
    }

    /// Somebody has asked in the name of `two`; then `one` adds the real one by the link that they were given face to face.
    fn add_by_link_under_a_forged_request(&mut self, one: usize, two: usize) {
        self.remove(one, two);
        self.remove(two, one);
        self.pass(5 * MINUTE);
        self.ask_in_the_name_of(two, one);
        self.pass(MINUTE);
        let address = self.address(two);
        let asking = self.people[one].find(&address);
        if !asking.is_some_and(|person| person.asks()) {
            return;
        }
        let adding = Act::Add(Adding {
            address: address.clone(),
            invite: Some(self.invite_of(two)),
            name: None,
            note: None,
            hidden: false,
            verified: true,
        });
        self.truth.consent.extend([(one, two), (two, one)]);
        drop(self.act(one, adding));
        self.look_whom_he_shows(one);
        let added = self.people[one].find(&address);
        let keys = &self.people[two].keys;
        let forged = |person: &iim::rules::contact::Contact| {
            let mut accepted = person.accepted().iter();
            accepted.any(|one| !keys.contains(&one.keys))
        };
        if added.as_ref().is_some_and(forged) {
            let words = format!("{one} has {two}'s link, and says yes to keys that are not theirs");
            self.truth.breaks(FORGERY, words);
        }
        self.pass(20 * MINUTE);
        self.look_whom_he_shows(two);
        self.check_friends(one, two, "since one added the other by a link");
    }

    fn invite_of(&mut self, who: usize) -> link::Invite {
        let expires_at = self.people[who].account.now().after(time::DAY);
        let uses = 1;
        drop(self.act(who, Act::Invite { uses, expires_at }));
        let invites = self.people[who].account.invites().unwrap();
        let made = invites.iter().find(|made| made.expires_at == expires_at);
        link::Invite {
            address: self.address(who),
            keys: self.people[who].account.state().unwrap().keys,
            token: made.unwrap().token,
            expires: Some(expires_at),
            group: None,
        }
    }

    /// `two` has lost everything, and says yes when the old friend asks: that one is shown other keys, and both hear each
    /// other again once they, too, have said yes.
    fn answer_with_new_keys(&mut self, one: usize, two: usize) {
        let (address, other) = (self.address(two), self.address(one));
        self.reinstall(two);
        self.say(one, two);
        self.pass(3 * DAY);
        let asking = self.people[two].find(&other);
        if !asking.is_some_and(|person| person.asks()) {
            return;
        }
        self.accept(two, one);
        self.pass(10 * MINUTE);
        let shown = self.people[one].find(&address);
        if !shown.is_some_and(|person| person.friend().is_some() && !person.requests().is_empty()) {
            let words = format!("{one} is not shown the new keys by which {two} answered");
            self.truth.breaks(FIND, words);
        }
        self.accept(one, two);
        self.pass(10 * MINUTE);
        self.check_friends(one, two, "since one has new keys");
    }

    fn check_friends(&mut self, one: usize, two: usize, since: &str) {
        for (from, to) in [(one, two), (two, one)] {
            if !self.text_arrives(from, to) {
                let words = format!("{from} does not reach {to} {since}");
                self.truth.breaks(FIND, words);
            }
        }
    }

    /// `two` holds a decoy of the present epoch when `one` removes them, and adds them again.
    fn add_anew_after_a_decoy(&mut self, one: usize, two: usize) {
        self.hide(one, two);
        drop(self.act(one, Act::Rotate { if_older: None }));
        self.pass(HOUR);
        self.remove(one, two);
        self.pass(10 * MINUTE);
        self.add(one, two);
        self.pass(HOUR);
        let (address, other) = (self.address(two), self.address(one));
        if self.people[one].is_friend(&address) && self.people[two].is_friend(&other) {
            self.check_sees(two, one);
        }
    }

    /// `two` does not know that they were removed, and goes on writing: that fills nobody's inbox.
    fn write_to_whoever_removed(&mut self, one: usize, two: usize) {
        let pair = (self.address(two), self.address(one));
        let left = |world: &Self| world.post.left.get(&pair).copied().unwrap_or_default();
        self.remove(one, two);
        self.pass(MINUTE);
        let before = left(self);
        for _ in 0..3 {
            self.say(two, one);
            self.pass(10 * MINUTE);
        }
        drop(self.act(two, Act::Rotate { if_older: None }));
        self.pass(6 * HOUR);
        let left = left(self) - before;
        if left > 0 {
            let words = format!("{left} mails of {two}, whom {one} removed, lie in the inbox");
            self.truth.breaks(BOUNDED, words);
        }
    }
}
