//! One play: a world made of one seed, some hundred steps of people, weather and ill will, then quiet, then the
//! promises.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use iim::protocol::address::Address;
use iim::rules::event::Act;

use crate::chance::Chance;
use crate::entropy;
use crate::groups::has_groups;
use crate::irc::{Caps, Irc, LongNick, Patience, Sight, Traits};
use crate::mailbox::Mailbox;
use crate::people::Someone;
use crate::post::Post;
use crate::promises::{FIND, WEDGE};
use crate::rooms::{self, has_rooms};
use crate::truth::{Broken, MALLORY, Truth};
use crate::world::World;

/// How a play ended.
pub(crate) struct Ended {
    pub(crate) broken: Vec<Broken>,
    /// What happened, a line each.
    pub(crate) trace: String,
    /// When each mail left, by its sender.
    pub(crate) mails: BTreeMap<Address, Vec<u64>>,
}

/// Plays one seed.
pub(crate) fn play(seed: u64, steps: usize) -> Ended {
    let mut play = match has_groups(seed) {
        false => Play::new(seed),
        true => Play::with_groups(seed, has_rooms(seed)),
    };
    for number in 0..steps {
        play.step(number);
        if number % 4 == 0 {
            play.world.check_now();
        }
        if !play.world.truth.broken.is_empty() {
            return play.end();
        }
    }
    play.calm();
    play.end()
}

pub(crate) struct Play {
    pub(crate) world: World,
    /// Some acts are done in groups.
    groups: bool,
    began: u64,
    trace: String,
}

const NAMES: [&str; 4] = ["alice", "bob", "carol", "mallory"];
/// 2025-06-01 12:00 UTC, in ms.
const START: u64 = 1_748_779_200_000;

impl Play {
    /// A world without groups.
    pub(crate) fn new(seed: u64) -> Self {
        let mut play = Self::made(seed, false);
        play.begin(&[]);
        play
    }

    /// A world in which some stay strangers, and talk in groups.
    pub(crate) fn with_groups(seed: u64, rooms: bool) -> Self {
        let mut play = Self::made(seed, rooms);
        let strangers = play.world.draw_strangers();
        play.begin(&strangers);
        play.world.found_groups();
        if rooms {
            play.world.show_in_rooms();
        }
        play.groups = true;
        play
    }

    fn made(seed: u64, has_rooms: bool) -> Self {
        entropy::sow(seed);
        let (mut chance, mut beside) = (Chance::new(seed), rooms::beside(seed));
        let mut irc = Irc::new(seed, START);
        irc.keep_log(400);
        let networks: Vec<String> = ["anet", "bnet"][..chance.between(1, 2) as usize]
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        for name in &networks {
            let traits = traits(&mut chance);
            irc.add_network(
                name,
                match has_rooms {
                    true => rooms::limited(&mut beside, traits),
                    false => traits,
                },
            );
        }
        for (who, name) in (0..4).flat_map(|who| networks.iter().map(move |name| (who, name))) {
            let settings = irc.settings(name);
            irc.link(who, name, settings, std::time::Duration::from_secs(15));
        }
        let dir = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        let have_rooms = [(); 4].map(|()| has_rooms && !beside.once_in(8));
        let people = people(&mut chance, &irc, have_rooms, dir.path());
        let post = Post::new(chance.branch());
        let world = World {
            now: START,
            chance,
            people,
            irc,
            post,
            networks,
            has_rooms,
            truth: Truth::default(),
            dir,
            dying: None,
            dying_mute: None,
            dying_fetching: None,
        };
        Self {
            world,
            groups: false,
            began: START,
            trace: String::new(),
        }
    }

    /// Most worlds begin with friends; all of them with good weather.
    fn begin(&mut self, strangers: &[(usize, usize)]) {
        let world = &mut self.world;
        world.post.calm(START);
        for who in 0..4 {
            // Setup looks into the mailbox.
            world.fetch_once(who);
            if !world.chance.once_in(5) {
                world.start_agent(who);
            }
        }
        if world.chance.once_in(6) {
            return;
        }
        let all = || (0..4).flat_map(|one| (one + 1..4).map(move |two| (one, two)));
        let pairs = || all().filter(|pair| !strangers.contains(pair));
        for (one, two) in pairs() {
            world.add(one, two);
        }
        world.pass(180);
        for (one, two) in pairs() {
            world.accept(two, one);
        }
        world.pass(600);
        for (one, two) in pairs().flat_map(|(one, two)| [(one, two), (two, one)]) {
            let address = world.address(two);
            if !world.people[one].is_friend(&address) {
                let person = world.people[one]
                    .find(&address)
                    .map(|person| person.standing);
                let words = format!("{one} has no friend {two} in good weather: {person:?}");
                world.truth.breaks(FIND, words);
            }
        }
    }

    fn step(&mut self, number: usize) {
        let world = &mut self.world;
        let one = world.chance.index(4);
        let two = (one + 1 + world.chance.index(3)) % 4;
        let in_group = self.groups && world.chance.percent(40);
        let in_rooms = world.has_rooms && world.chance.percent(12);
        let what = world.chance.below(100);
        let name = match what {
            _ if in_rooms => self.step_in_rooms(one),
            _ if in_group => self.step_in_group(one),
            0..=24 => (world.say(one, two), "says").1,
            25..=31 => (world.read(one, two), "reads").1,
            32..=34 => (world.hide(one, two), "hides").1,
            35..=38 => (world.show(one, two), "shows").1,
            39 => (world.block(one, two), "blocks").1,
            40..=41 => (world.unblock(one, two), "unblocks").1,
            42 => (world.remove(one, two), "removes").1,
            43..=45 => (world.add(one, two), "adds").1,
            46..=50 => (world.accept(one, two), "accepts").1,
            51 if world.chance.once_in(3) => (world.refuse(one, two), "refuses").1,
            52..=53 => {
                (
                    drop(world.act(one, Act::Rotate { if_older: None })),
                    "rotates",
                )
                    .1
            }
            54..=56 => (world.status(one), "tells a status").1,
            57 => (world.open_editor(one), "opens an editor").1,
            58..=59 => (world.save_editor(one), "saves").1,
            60..=73 => self.accident(one),
            74..=81 => self.weather(),
            82..=91 => (world.attack(), "attack").1,
            92..=93 if one != MALLORY => world.something_of_moving(one),
            _ => "waits",
        };
        let seconds = self.wait();
        let at = (self.world.now - self.began) / 1000;
        writeln!(self.trace, "{number} {at} {name} {one} {two}, {seconds} s").unwrap();
        self.world.pass(seconds);
        self.world.check_rooms();
    }

    fn wait(&mut self) -> u64 {
        let chance = &mut self.world.chance;
        match chance.below(100) {
            0..=39 => chance.below(4),
            40..=82 => chance.between(5, 90),
            83..=94 => chance.between(60, 3600),
            95..=97 => chance.between(3600, 20_000),
            _ if chance.once_in(4) => chance.between(30_000, 200_000),
            _ => chance.between(60, 600),
        }
    }

    /// All faults end, everybody is there, and nobody does anything for days.
    fn calm(&mut self) {
        self.world.dying = None;
        self.world.dying_mute = None;
        self.world.dying_fetching = None;
        self.world.post.calm(START);
        self.world.irc.calm();
        for who in 0..4 {
            self.set_clock(who, 0);
            self.world.start_agent(who);
        }
        // Agents on quiet networks meet anew in every window, which is most of what a long calm costs: some worlds
        // have it, in the others the agents have hours and cron the rest.
        let long = self.world.chance.once_in(8);
        self.world.pass(if long { 86_400 } else { 10_800 });
        // What was under way, the longest timers (five days), and what they cause: cron does it.
        self.leave_it_to_cron(8 * 86_400);
        self.world.pass(7200);
        self.world.check_now();
        self.world.check_texts();
        self.world.meet_in_rooms();
        self.world.tell_after_all();
        self.speak_again();
        self.world.speak_in_groups();
        // Answers to the hidden may leave six hours after their mail was fetched.
        let quiet = self.world.now / 1000 + 7 * 3600;
        self.world.pass(if long { 86_400 } else { 45_000 });
        self.leave_it_to_cron(86_400);
        self.world.check_silence(quiet);
        self.world.check_empty();
        let days = (self.world.now - self.began) / 86_400_000;
        self.world.check_amount(days + 1);
        self.world.do_late_acts();
    }

    /// No agent runs for so many seconds.
    fn leave_it_to_cron(&mut self, seconds: u64) {
        for who in 0..4 {
            self.world.stop_agent(who);
        }
        self.world.pass(seconds);
        for who in 0..4 {
            self.world.start_agent(who);
        }
    }

    /// All who are friends write to each other once more; it arrives, and who may see each other does.
    fn speak_again(&mut self) {
        let first = self.world.truth.texts.len();
        for one in 0..MALLORY {
            for two in (0..MALLORY).filter(|two| *two != one) {
                if self.world.could_talk(one, two) {
                    self.world.say(one, two);
                }
            }
        }
        self.world.pass(4 * 3600);
        let texts = &self.world.truth.texts;
        if texts[first..].iter().any(|text| text.shown_at.is_none()) {
            // A session is found to be lost only when a text stays unanswered: then healing takes two days.
            self.world.pass(3 * 86_400);
        }
        let said: Vec<_> = self.world.truth.texts.drain(first..).collect();
        self.world.truth.texts.extend(said.clone());
        for text in said {
            let to = self.world.address(text.to);
            let state = self.world.people[text.from].state(&to, text.id);
            if text.shown_at.is_none() {
                let words = format!("{:?} does not arrive any more: {state:?}", text.words);
                self.world.truth.breaks(WEDGE, words);
            }
        }
        self.world.check_sight();
    }

    fn end(mut self) -> Ended {
        for (at, who, words) in &self.world.truth.told {
            let at = (at - self.began) / 1000;
            writeln!(self.trace, "told {who} at {at}: {words}").unwrap();
        }
        for one in self.world.people {
            one.end();
        }
        Ended {
            broken: self.world.truth.broken,
            mails: self.world.post.count,
            trace: self.trace,
        }
    }
}

const FETCH: &str =
    "[mail.fetch]\nserver = \"imaps://mail.example\"\npassword_file = \"/nowhere\"\n";

fn traits(chance: &mut Chance) -> Traits {
    let mut traits = match chance.below(3) {
        0 => Traits::inspircd(),
        1 => Traits::ngircd(),
        _ => Traits::hybrid(),
    };
    traits.servers = chance.between(1, 3) as usize;
    traits.nicklen = chance.between(9, 30) as usize;
    if chance.once_in(3) {
        traits.sight = Sight::monitor(chance.between(1, 4) as usize);
    }
    if chance.once_in(4) {
        traits.sight = Sight::IsonOnly;
    }
    if chance.once_in(8) {
        traits.caps = Caps::Silent;
    }
    if chance.once_in(6) {
        traits.patience = Patience::Hybrid;
    }
    traits.long_nick = LongNick::Cut;
    traits.clock_off = chance.between(0, 20) as i64 - 10;
    traits
}

fn people(
    chance: &mut Chance,
    irc: &Irc,
    have_rooms: [bool; 4],
    dir: &std::path::Path,
) -> Vec<Someone> {
    let domains = ["example.org", "example.net", "example.com", "example.edu"];
    let read = chance.once_in(2);
    // In every window all meet anew, so the shortest costs the most: one world of eight has it.
    let window = match chance.below(8) {
        0 => 21_600,
        1..=4 => 86_400,
        _ => 604_800,
    };
    let mut all = Vec::new();
    for ((name, domain), rooms) in NAMES.into_iter().zip(domains).zip(have_rooms) {
        let address = Address::parse(&format!("{name}@{domain}")).unwrap();
        let per_day = [0, 200, 40][chance.index(3)];
        let mut config = format!("address = \"{address}\"\nname = \"{name}\"\n");
        for network in irc.network_names() {
            let servers: Vec<String> = irc
                .addresses(network)
                .iter()
                .map(|server| format!("\"{server}\""))
                .collect();
            writeln!(
                config,
                "[[network]]\nname = \"{network}\"\nservers = [{}]\ntls = false\ninsecure = true",
                servers.join(", ")
            )
            .unwrap();
        }
        writeln!(
            config,
            "[presence]\nwindow = {window}\n[mail]\nper_day = {per_day}\n[receipts]\nread = {read}\n[groups]\nrooms = {rooms}"
        )
        .unwrap();
        let mailbox = chance.once_in(3).then(|| Mailbox::new(chance.branch()));
        if mailbox.is_some() {
            let then = ["delete", "move"][chance.index(2)];
            writeln!(config, "{FETCH}then = \"{then}\"").unwrap();
        }
        let chance = chance.branch();
        let mut one = Someone::new(name, address, config, dir, START, chance);
        one.mailbox = mailbox;
        all.push(one);
    }
    all
}
