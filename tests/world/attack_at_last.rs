//! Attacks that a security audit found, and what must hold under them: at the end, in good weather, one is made between
//! two texts, and the second must arrive as the first did.

use iim::protocol::letter::{Body, Presence, Text};
use iim::protocol::time::days;
use iim::rules::event::Act;
use iim::rules::message::Via;
use iim::rules::presence_tracker::Shown;

use crate::attacks::wanted;
use crate::promises::{BOUNDED, FIND, LOOPS, WEDGE};
use crate::truth::MALLORY;
use crate::world::World;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
/// The least that the people of these worlds allow themselves a day.
const FEW: u32 = 40;

impl World {
    /// One attack, in good weather, after the agents have met.
    pub(crate) fn attack_at_last(&mut self) {
        match self.chance.below(6) {
            0 if wanted("keys") => self.under_attack(|world, _, two| {
                for _ in 0..3 {
                    world.give_worthless_keys(two);
                    world.pass(MINUTE);
                    world.accept(two, MALLORY);
                }
            }),
            1 if wanted("names") => self.under_attack(|world, one, two| {
                // No more than three keys of an address wait: what is left of former attacks goes.
                world.refuse_new_keys(two, MALLORY);
                world.ask_under_anothers_key(one, two, 3);
                world.pass(MINUTE);
                world.accept(two, MALLORY);
            }),
            2 if wanted("replays") => {
                self.under_attack(|world, one, two| world.replay_a_request(one, two));
            }
            3 if wanted("replays") => {
                self.under_attack(|world, _, two| world.ask_again_and_again(two));
            }
            4 if wanted("claims") => self.pose_as_another(),
            5 if wanted("receipts") => self.use_up_the_days_mails(),
            _ => {}
        }
    }

    /// Two who write to each other by mail go on doing so.
    fn under_attack(&mut self, attack: impl FnOnce(&mut Self, usize, usize)) {
        let Some((one, two)) = self.two_who_write() else {
            return;
        };
        attack(self, one, two);
        self.pass(5 * MINUTE);
        for (from, to) in [(one, two), (two, one)] {
            if self.could_talk(one, two) && !self.text_arrives(from, to) {
                let words = format!("{from}'s mail to {to} does not arrive since the attack");
                self.truth.breaks(WEDGE, words);
            }
        }
    }

    /// Two honest people without agents, who hear each other.
    pub(crate) fn two_who_write(&mut self) -> Option<(usize, usize)> {
        let pairs = (0..MALLORY).flat_map(|one| (0..MALLORY).map(move |two| (one, two)));
        let pairs: Vec<_> = pairs
            .filter(|(one, two)| one != two && self.could_talk(*one, *two))
            .collect();
        let (one, two) = self.chance.pick(&pairs).copied()?;
        for who in [one, two] {
            self.stop_agent(who);
        }
        (self.text_arrives(one, two) && self.text_arrives(two, one)).then_some((one, two))
    }

    pub(crate) fn text_arrives(&mut self, from: usize, to: usize) -> bool {
        let before = self.truth.texts.len();
        self.say(from, to);
        self.pass(5 * MINUTE);
        let said = self.truth.texts.get(before);
        said.is_some_and(|text| text.shown_at.is_some())
    }

    /// A request that `one` made while the clock was ahead comes again and again, whoever may send it.
    fn replay_a_request(&mut self, one: usize, two: usize) {
        let ahead = self.now + 12 * HOUR * 1000;
        let keyring = self.keyring(one);
        let one_time_keys = self.fresh_one_time_keys(one);
        let asking = self.healing(&keyring, one_time_keys, ahead);
        let parcel = self.asking(one, two, &asking, &keyring);
        let before = self.mails_between(two, one) + self.waiting_for(two, one);
        for _ in 0..6 {
            self.slip_in(Some(parcel.clone()));
            self.pass(HOUR);
        }
        // What waited before is no answer.
        let answered = self.mails_between(two, one).saturating_sub(before);
        if answered > 2 {
            let words = format!("{two} answered one request of {one} by {answered} mails");
            self.truth.breaks(LOOPS, words);
        }
    }

    /// Mallory's requests, each another one, and made in times to come.
    fn ask_again_and_again(&mut self, two: usize) {
        let address = self.address(MALLORY);
        if !self.people[two].is_friend(&address) {
            return;
        }
        let keyring = self.keyring(MALLORY);
        let before = self.mails_between(two, MALLORY);
        for number in 1..8 {
            let one_time_keys = self.fresh_one_time_keys(MALLORY);
            let ahead = self.now + number * HOUR * 1000;
            let asking = self.healing(&keyring, one_time_keys, ahead);
            let parcel = self.asking(MALLORY, two, &asking, &keyring);
            self.slip_in(Some(parcel));
            self.pass(2 * MINUTE);
        }
        let answered = self.mails_between(two, MALLORY) - before;
        if answered > 3 {
            let words =
                format!("{two} answered Mallory by {answered} mails in a quarter of an hour");
            self.truth.breaks(LOOPS, words);
        }
    }

    /// How many letters wait for somebody, by mail.
    fn waiting_for(&self, from: usize, to: usize) -> usize {
        let (account, to) = (&self.people[from].account, self.known(from, to).contact);
        let far = account.now().after(days(100));
        let due = account.look(|tx| Ok(tx.outbox().due(far, None, 1000)?));
        let due = due.unwrap().into_iter();
        due.filter(|waiting| waiting.outgoing.to == to).count()
    }

    fn mails_between(&self, from: usize, to: usize) -> usize {
        let pair = (self.address(from), self.address(to));
        self.post.between.get(&pair).copied().unwrap_or_default()
    }

    /// Mallory tells `one` the secret of `two` as their own. The two see each other come and go as before, and hear
    /// each other.
    fn pose_as_another(&mut self) {
        // Whoever was just told of a new nick has come there.
        self.pass(15 * MINUTE);
        let Some((one, two)) = self.who_reach_each_other() else {
            return;
        };
        if !self.tell_anothers_presence(one, two) {
            return;
        }
        self.pass(10 * MINUTE);
        self.stop_agent(two);
        self.pass(15 * MINUTE);
        if self.sees_online(one, two) {
            let words =
                format!("{one} sees {two} online, who has left, since Mallory has their nick");
            self.truth.breaks(FIND, words);
        }
        self.start_agent(two);
        self.pass(20 * MINUTE);
        for (who, whom) in [(one, two), (two, one)] {
            if !self.sees_online(who, whom) {
                let words =
                    format!("{who} does not see {whom} any more, since Mallory has their nick");
                self.truth.breaks(FIND, words);
            }
        }
        for (from, to) in [(one, two), (two, one)] {
            // One text may meet a link that is just being lost, or a nick that is just being left.
            let heard = |world: &mut Self| {
                world.text_arrives(from, to) && world.last_went_by() == Some(Via::Irc)
            };
            if !(0..3).any(|_| heard(self)) {
                let words =
                    format!("{from} is deaf to {to} over IRC, since Mallory has their nick");
                self.truth.breaks(FIND, words);
            }
        }
    }

    pub(crate) fn who_reach_each_other(&mut self) -> Option<(usize, usize)> {
        let pairs = (0..MALLORY).flat_map(|one| (0..MALLORY).map(move |two| (one, two)));
        let mut reached = |one: usize, two: usize| {
            let address = self.address(two);
            let id = self.people[one].find(&address).map(|person| person.id);
            let agent = self.people[one].agent.as_ref();
            agent
                .zip(id)
                .is_some_and(|(agent, id)| agent.outside.reached.contains(&id))
        };
        let mut meeting = pairs.filter(|(one, two)| reached(*one, *two) && reached(*two, *one));
        meeting.next()
    }

    fn tell_anothers_presence(&mut self, one: usize, two: usize) -> bool {
        let (address, other) = (self.address(MALLORY), self.address(two));
        let secret = self.people[two].account.state().unwrap().secret;
        let held = self.people[MALLORY].find(&other);
        let Some(held) = held.and_then(|person| person.presence().cloned()) else {
            return false;
        };
        let believed = self.people[one].find(&address);
        let Some(believed) = believed.and_then(|person| person.presence().cloned()) else {
            return false;
        };
        if held.secret != Some(secret) {
            return false;
        }
        let presence = Presence {
            epoch: believed.epoch.map(|epoch| epoch + 1),
            ..held
        };
        let letter = self.letter(Body::Presence(presence));
        let parcel = self.sealed(MALLORY, one, &letter);
        let told = parcel.is_some();
        self.slip_in(parcel);
        told
    }

    fn sees_online(&self, who: usize, whom: usize) -> bool {
        let shown = self.people[who].shown.get(&self.people[whom].address);
        matches!(shown, Some(Shown::Online | Shown::Away | Shown::Busy))
    }

    fn last_went_by(&mut self) -> Option<Via> {
        let text = self.truth.texts.last()?.clone();
        let with = self.known(text.from, text.to).conversation;
        let said = self.people[text.from].account.text(with, text.id).unwrap();
        said?.via
    }

    /// Mallory writes as much as a day holds, by mail, and wants a receipt for each. What their friend tells others goes
    /// out all the same.
    fn use_up_the_days_mails(&mut self) {
        let mallory = self.address(MALLORY);
        let victim = (0..MALLORY).find(|who| {
            self.people[*who].account.settings().per_day == FEW
                && self.people[*who].is_friend(&mallory)
        });
        let Some(victim) = victim else {
            return;
        };
        for who in 0..4 {
            self.stop_agent(who);
        }
        if self.chance.once_in(2) {
            self.hide(victim, MALLORY);
            self.pass(HOUR);
        }
        let before = self.mails_between(victim, MALLORY);
        for number in 0..u64::from(FEW) + 5 {
            let text = Body::Text(Text {
                text: format!("Mallory's {number}th"),
                reply_to: None,
                notice: false,
            });
            let letter = self.letter(text);
            let parcel = self.sealed(MALLORY, victim, &letter);
            self.slip_in(parcel);
            self.pass(20);
        }
        self.pass(20 * MINUTE);
        let mails = self.mails_between(victim, MALLORY) - before;
        if mails > FEW as usize / 4 {
            let words = format!("{victim} sent {mails} of {FEW} mails a day for Mallory's texts");
            self.truth.breaks(BOUNDED, words);
        }
        drop(self.act(victim, Act::Rotate { if_older: None }));
        // No agent runs, and cron looks around every four hours at least.
        self.pass(5 * HOUR);
        for friend in (0..MALLORY).filter(|friend| *friend != victim) {
            if self.could_talk(friend, victim) {
                self.check_sees(friend, victim);
            }
        }
    }
}
