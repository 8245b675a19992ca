//! What is done at last, in good weather: in the steps before it is rare, or hidden by the weather. Not earlier, for
//! it mends what the promises before it look at.

use crate::truth::MALLORY;
use crate::world::World;

impl World {
    pub(crate) fn do_late_acts(&mut self) {
        // The agents have just been started: they meet.
        self.pass(900);
        if self.chance.once_in(4) {
            self.put_back_a_backup();
            self.hide_from_one_who_speaks();
        } else {
            self.hide_from_one_who_speaks();
            self.attack_at_last();
        }
    }

    /// All who may see him find him again, and nobody has to say anything for it.
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
        self.pass(3600);
        for friend in (0..MALLORY).filter(|friend| *friend != who) {
            if self.could_talk(friend, who) {
                self.check_sees(friend, who);
            }
        }
    }

    /// A line is under way when its receiver hides; it comes before he has left the nick.
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
