//! What befalls people, mail and networks: accidents, weather, mischief.

use iim::protocol::time::DAY;
use iim::rules::event::Act;

use crate::chance::Chance;
use crate::play::Play;
use crate::truth::MALLORY;

impl Play {
    pub(crate) fn accident(&mut self, one: usize) -> &'static str {
        let world = &mut self.world;
        match world.chance.below(16) {
            0..=1 => (world.stop_agent(one), "stops the agent").1,
            2..=5 => (world.start_agent(one), "starts the agent").1,
            6 => (world.crash(one, false), "crashes").1,
            7 => (world.crash(one, true), "crashes with the machine").1,
            8 if world.chance.once_in(2) => {
                world.dying_mute = Some(one);
                "will die before a line"
            }
            8 => {
                let after = world.chance.index(3);
                world.dying = Some((one, after));
                "will die in the mail"
            }
            9 => (world.back_up(one), "backs up").1,
            10 if world.chance.once_in(2) && one != MALLORY => (world.restore(one), "restores").1,
            11 if world.chance.once_in(8) && one != MALLORY => {
                (world.reinstall(one), "reinstalls").1
            }
            12 if world.chance.once_in(3) => {
                let hours = world.chance.between(0, 12) as i64 - 6;
                self.set_clock(one, hours * 3600);
                "has a wrong clock"
            }
            13 => (self.set_clock(one, 0), "sets their clock").1,
            14..=15 if world.people[one].mailbox.is_some() => self.accident_of_mailbox(one),
            _ => {
                let act = Act::Rotate {
                    if_older: Some(DAY),
                };
                drop(world.act(one, act));
                "runs cron's rotation"
            }
        }
    }

    fn accident_of_mailbox(&mut self, one: usize) -> &'static str {
        let world = &mut self.world;
        let now = world.now;
        let mailbox = world.people[one].mailbox.as_mut().unwrap();
        match world.chance.below(8) {
            0..=3 => {
                let after = world.chance.index(16);
                world.dying_fetching = Some((one, after));
                "will die while mail is fetched"
            }
            4 => (mailbox.is_renumbered(), "has their mailbox numbered anew").1,
            5..=6 => (mailbox.is_put_back(), "has their mailbox put back").1,
            _ => {
                (
                    mailbox.a_breaking_mail_comes(now),
                    "gets a mail that breaks",
                )
                    .1
            }
        }
    }

    pub(crate) fn set_clock(&mut self, who: usize, offset: i64) {
        let world = &mut self.world;
        if offset != 0 {
            world.truth.wrong_clock.insert(who);
        }
        world.people[who].offset = offset;
        world.truth.rooms.clock_turned(who);
        let now = world.now;
        world.people[who].set_clock(now);
        if !world.networks.is_empty() {
            world.irc.set_clock_offset(who, offset);
        }
    }

    /// The weather of mail and of IRC changes.
    pub(crate) fn weather(&mut self) -> &'static str {
        let world = &mut self.world;
        world.truth.lines_lost = true;
        let who = world.chance.index(4);
        let network = world.chance.pick(&world.networks).cloned().unwrap();
        let (chance, irc) = (&mut world.chance, &mut world.irc);
        match chance.below(14) {
            0..=3 => {
                let odds = |chance: &mut Chance| [0, 3, 6, 12, 40][chance.index(5)];
                let weather = &mut world.post.weather;
                weather.loss = odds(chance);
                weather.doubling = odds(chance);
                weather.bounce = odds(chance) * 4;
                weather.mangled_report = 3;
                weather.rewritten_id = odds(chance);
                weather.greylisted = odds(chance);
                weather.hook_failure = odds(chance);
                weather.cut = odds(chance) * 2;
                weather.junk = odds(chance);
                weather.taken = odds(chance) * 2;
                weather.delay = [2, 60, 3600, 20_000][chance.index(4)];
                weather.per_day = [0, 0, 5, 20][chance.index(4)];
                weather.full.clear();
                if chance.once_in(4) {
                    weather.full.insert(world.people[who].address.clone());
                }
                "the mail changes"
            }
            4 => (irc.network_down(&network), "a network goes down").1,
            5 | 6 => (irc.network_up(&network), "a network comes up").1,
            7 => (irc.cut(who, &network), "a link is cut").1,
            8 => (irc.reset(who, &network), "a link is reset").1,
            9 => (irc.unplug(who), "a cable is out").1,
            10 => (irc.plug(who), "a cable is in").1,
            11 => {
                let lag = [5, 100, 3000, 25_000][chance.index(4)];
                irc.set_lag(&network, lag);
                "lag changes"
            }
            12 => {
                let odd = |chance: &mut Chance| [0.0, 0.05, 0.3][chance.index(3)];
                let (lost, doubled, late) = (odd(chance), odd(chance), odd(chance));
                irc.set_odds(&network, lost, doubled, late);
                "lines are lost"
            }
            _ => self.mischief(who, &network),
        }
    }

    fn mischief(&mut self, who: usize, network: &str) -> &'static str {
        let irc = &mut self.world.irc;
        match self.world.chance.below(4) {
            0 => (irc.split(network, &[0]), "a split").1,
            1 => (irc.heal(network), "a split heals").1,
            2 => (irc.force_nick(who, network, "guest4711"), "a forced nick").1,
            _ => {
                if let Some(nick) = irc.nick_of(who, network).map(str::to_owned) {
                    irc.kill_nick(network, &nick);
                }
                "an operator kills"
            }
        }
    }
}
