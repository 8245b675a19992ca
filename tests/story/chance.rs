//! Whatever chance does to mails, frames and the clock: nothing is said twice, nothing is lost in silence, and
//! nobody sees who should not.

use iim::edge::home::Home;
use iim::edge::mail::OutMail;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::restored::restore;
use crate::world::{DAY, HOUR, MINUTE, World, address};

/// A few rng of one seed, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn once_in(&mut self, most: u64) -> bool {
        self.below(most) == 0
    }
}

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// What was said: by whom, to whom, what.
type Said = Vec<(
    &'static str,
    &'static str,
    iim::protocol::letter::LetterId,
    String,
)>;

struct Play {
    world: World,
    chance: Chance,
    said: Said,
    count: usize,
    /// Mails that are late.
    late: Vec<OutMail>,
    backups: Vec<(&'static str, Home)>,
    /// One mail in so many is lost.
    loss: u64,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut world = World::of_friends(&NAMES);
        world.befriend("bob", "carol");
        Self {
            world,
            chance: Chance(seed),
            said: Said::new(),
            count: 0,
            late: Vec::new(),
            backups: Vec::new(),
            loss: 2 + seed % 7,
        }
    }

    fn two(&mut self) -> (&'static str, &'static str) {
        let one = self.chance.below(3) as usize;
        let two = (one + 1 + self.chance.below(2) as usize) % 3;
        (NAMES[one], NAMES[two])
    }

    fn step(&mut self) {
        let (one, two) = self.two();
        let what = self.chance.below(14);
        // Shown when the test fails.
        println!("{what} {one} {two}");
        match what {
            0..=3 => self.say(one, two),
            4 => drop(self.world.try_act(one, Act::Hide(vec![address(two)]))),
            5 => drop(self.world.try_act(one, Act::Show(vec![address(two)]))),
            6 => drop(self.world.act(one, Act::Rotate { if_older: None })),
            7 => self.world.meet(one, two),
            8 => self.world.part(one, two),
            9 => self.irc(one, two),
            10 => self.time(),
            11 => self.back_up(one),
            12 if self.chance.once_in(3) => self.restore(one),
            _ => self.world.reopen(one),
        }
        self.mail();
    }

    fn say(&mut self, one: &'static str, two: &'static str) {
        self.count += 1;
        let text = format!("{} {one} {two}", self.count);
        let id = self.world.say(one, two, &text);
        self.said.push((one, two, id, text));
    }

    fn back_up(&mut self, one: &'static str) {
        self.count += 1;
        let folder = format!("backup-{}", self.count);
        let backup = self.world.copy_home(one, &folder);
        self.backups.push((one, backup));
    }

    /// Somebody goes back to a backup: what was said with them since is as it is.
    fn restore(&mut self, one: &'static str) {
        let Some(at) = self.backups.iter().position(|(of, _)| *of == one) else {
            return;
        };
        let (_, backup) = self.backups.remove(at);
        // An epoch is the time in seconds: nobody restores a backup within the second.
        self.world.wait(MINUTE);
        restore(&mut self.world, one, &backup);
        self.said
            .retain(|(from, to, ..)| *from != one && *to != one);
        self.world.act(one, Act::Restored);
    }

    /// Lines go over, some of them lost, some twice.
    fn irc(&mut self, one: &'static str, two: &'static str) {
        for (from, to) in [(one, two), (two, one), (one, two)] {
            for lines in self.world.irc_lines(from, to) {
                for _ in 0..self.chance.below(3) {
                    self.world.hear_lines(from, to, &lines);
                }
            }
        }
    }

    fn time(&mut self) {
        let seconds = [10, 30, 5 * MINUTE, HOUR, 8 * HOUR, DAY][self.chance.below(6) as usize];
        self.world.wait(seconds);
    }

    /// Mails go out; some arrive, some late, some twice, some never.
    fn mail(&mut self) {
        let mut mails = self.world.all_outgoing();
        mails.append(&mut self.late);
        for mail in mails {
            if self.chance.once_in(self.loss) {
                continue;
            }
            match self.chance.below(8) {
                1 => self.late.push(mail),
                2 => {
                    self.world.deliver(&mail);
                    self.late.push(mail);
                }
                _ => drop(self.world.deliver(&mail)),
            }
        }
    }

    /// From now on everything arrives.
    fn calm(&mut self) {
        for mail in std::mem::take(&mut self.late) {
            self.world.deliver(&mail);
        }
        for (one, two) in [("alice", "bob"), ("bob", "carol"), ("alice", "carol")] {
            self.world.part(one, two);
        }
        for _ in 0..8 * 24 {
            self.world.pass(HOUR);
        }
    }

    fn check(&mut self, seed: u64) {
        for (one, two, id, text) in &self.said {
            let case = format!("seed {seed}: {text}");
            let state = self.world.text(one, two, *id).state;
            let heard = self.world.heard(two, one);
            let times = heard.iter().filter(|heard| *heard == text).count();
            assert!(times <= 1, "{case} came {times} times");
            match state {
                Delivery::Delivered | Delivery::Read => assert_eq!(times, 1, "{case}"),
                Delivery::Failed => {}
                Delivery::Queued | Delivery::Sent => panic!("{case} is {state:?} for ever"),
            }
        }
    }

    fn check_sight(&mut self, seed: u64) {
        for one in NAMES {
            for two in NAMES.into_iter().filter(|two| *two != one) {
                let visible = self.world.person(one, two).visible;
                let sees = self.world.sees(two, one);
                assert_eq!(sees, visible, "seed {seed}: {two} sees {one}");
            }
        }
    }

    fn check_talk(&mut self, seed: u64) {
        for one in NAMES {
            for two in NAMES.into_iter().filter(|two| *two != one) {
                let id = self.world.say(one, two, "after all that");
                self.world.exchange();
                let state = self.world.text(one, two, id).state;
                assert_eq!(state, Delivery::Delivered, "seed {seed}: {one} to {two}");
            }
        }
    }
}

#[test]
fn chance_does_no_harm() {
    let seeds: Vec<u64> = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..12).collect(),
    };
    for seed in seeds {
        let mut play = Play::new(seed);
        for _ in 0..60 {
            play.step();
            if play.chance.once_in(10) {
                play.time();
            }
        }
        play.calm();
        play.check(seed);
        play.check_talk(seed);
        play.check_sight(seed);
    }
}
