//! What is done at last, in good weather: in the steps before it is rare, or hidden by the weather. Not earlier, for
//! it mends what the promises before it look at.

use iim::rules::event::Act;

use crate::truth::MALLORY;
use crate::world::World;

impl World {
    pub(crate) fn do_late_acts(&mut self) {
        // The agents have just been started: they meet.
        self.pass(900);
        self.hide_in_rooms();
        if !self.truth.talks.is_empty() && self.chance.once_in(2) {
            self.open_too_often();
            self.cross_at_last();
        }
        match self.chance.below(8) {
            0..=1 => {
                self.put_back_a_backup();
                self.hide_from_one_who_speaks();
            }
            2 => self.lose_all_at_last(),
            _ => {
                self.hide_from_one_who_speaks();
                self.attack_at_last();
            }
        }
        if self.chance.once_in(3) {
            self.announce_in_vain();
        }
        if self.chance.once_in(2) {
            self.part_at_last();
        }
    }

    /// What is announced is refused at once, or comes back. It stays untold: once mail is taken again all who may know
    /// are told, and nobody has to say anything for it.
    fn announce_in_vain(&mut self) {
        for who in 0..4 {
            self.stop_agent(who);
        }
        let who = self.chance.index(MALLORY);
        match self.chance.once_in(2) {
            true => self.post.weather.refused = true,
            false => self.post.weather.bounce = 1,
        }
        drop(self.act(who, Act::Rotate { if_older: None }));
        self.pass(6 * 3600);
        self.post.weather.refused = false;
        self.post.weather.bounce = 0;
        self.pass(3 * 86_400);
        for friend in (0..MALLORY).filter(|friend| *friend != who) {
            if self.could_talk(friend, who) {
                self.check_sees(friend, who);
            }
        }
    }

    /// All who may see somebody who has moved find them again, and nobody has to say anything for it.
    fn put_back_a_backup(&mut self) {
        let has_one = |who: &usize| {
            let one = &self.people[*who];
            one.backups.iter().any(|backup| backup.life == one.lives)
        };
        let Some(who) = (0..MALLORY).find(has_one) else {
            return;
        };
        self.restore(who);
        self.start_agent(who);
        // What a fetched mail causes for the hidden leaves up to six hours later.
        self.pass(7 * 3600);
        for friend in (0..MALLORY).filter(|friend| *friend != who) {
            if self.could_talk(friend, who) {
                self.check_sees(friend, who);
            }
        }
    }

    /// The copies that are there are old: of whoever hid since, nobody comes to see anything by them.
    fn lose_all_at_last(&mut self) {
        let has_copies = |who: &usize| !self.people[*who].house.copies.is_empty();
        let Some(who) = (0..MALLORY).find(has_copies) else {
            return;
        };
        let friend = (who + 1) % MALLORY;
        self.hide(who, friend);
        self.lose_all(who);
        self.start_agent(who);
        self.pass(7 * 3600);
        self.check_now();
        for friend in (0..MALLORY).filter(|friend| *friend != who) {
            if self.could_talk(friend, who) {
                self.show(who, friend);
            }
        }
        self.pass(7 * 3600);
        for friend in (0..MALLORY).filter(|friend| *friend != who) {
            if self.could_talk(friend, who) {
                self.check_sees(friend, who);
            }
        }
    }

    /// A line is under way when its receiver hides; it comes before they have left the nick.
    fn hide_from_one_who_speaks(&mut self) {
        let Some((one, two)) = self.who_reach_each_other() else {
            return;
        };
        self.say(two, one);
        self.hide(one, two);
        self.pass(120);
        self.check_now();
        self.show(one, two);
    }
}
