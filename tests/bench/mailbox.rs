//! Mail that is fetched from a mailbox at a real Dovecot on loopback: letters that come one by one and many at once, the
//! connection that waits, and a mailbox with half a million mails.

mod idle;
mod many;
mod tap;

use std::time::{Duration, Instant};

use super::pairs::{median, processor_time};
use super::people::People;
use super::support::dovecot::{Dovecot, SPECIAL};
use super::support::process::Running;
use super::{figure, table};
use tap::Tap;

pub use idle::idle;
pub use many::many;

/// Alice with so many friends; what bob writes is put into the mailbox as a provider does.
struct Scene {
    /// Ends before its server.
    agent: Option<Running>,
    tap: Tap,
    dovecot: Dovecot,
    people: People,
    /// How many letters were put into the mailbox.
    put: usize,
}

/// Dovecot tells nobody that it is still there, and may count half a million mails.
const DOVECOT: &str = "imap_idle_notify_interval = 29 mins\ndefault_vsz_limit = 2G\n";

impl Scene {
    /// With a mailbox in which there is nothing.
    fn new(friends: usize, networks: &[&str]) -> Self {
        let people = People::with_a_user(networks);
        people.befriend_alice(friends);
        let settings = format!("{SPECIAL}{DOVECOT}");
        let accounts = [&people.alice];
        let dovecot = Dovecot::start_with(&people.place, &accounts, "iim.sieve", &settings);
        Self {
            agent: None,
            tap: Tap::before(dovecot.imap),
            dovecot,
            people,
            put: 0,
        }
    }

    /// It is fetched from the mailbox by way of the tap.
    fn tapped(friends: usize) -> Self {
        let scene = Self::new(friends, &[]);
        scene.fetch_at(scene.tap.port());
        scene
    }

    /// It is fetched from the mailbox at this port.
    fn fetch_at(&self, port: u16) {
        let url = format!("imap://alice@127.0.0.1:{port}");
        self.people.alice.fetches_from(&url, "");
    }

    /// The agent starts, and waits for mails.
    fn start(&mut self) {
        self.agent = Some(self.people.alice.agent());
        self.until_idle();
    }

    fn until_idle(&mut self) -> Instant {
        let asked = self.tap.until("IDLE", |line| line.ends_with(" IDLE"));
        self.tap.until("the wait", |line| line.starts_with("+ "));
        asked.at
    }

    /// Letters of bob's, as a provider has them.
    fn letters(&self, count: usize) -> Vec<Vec<u8>> {
        let letter = |number| {
            let text =
                format!("text number {number:06}, with sixty bytes as in other measurements");
            self.people.bob.ok(&["say", "alice", &text]);
            self.people.post.take_one().bytes
        };
        (0..count).map(letter).collect()
    }

    fn put(&mut self, letter: &[u8]) {
        self.put += 1;
        let name = format!("{:06}.letter", self.put);
        self.people.alice.deliver(&name, letter);
    }

    /// All that was put into the mailbox was heard, each once.
    fn assert_heard(&self) {
        assert_eq!(self.people.alice.texts("bob").len(), self.put, "heard once");
    }

    fn used(&self) -> Duration {
        processor_time(self.agent.as_ref().unwrap().id())
    }
}

/// Friends on each roster of [`letter`].
const SIZES: [usize; 2] = [10, 5_000];
const ROUNDS: usize = 40;
/// What follows from a letter, receipts above all, is counted to its processor time.
const SETTLE: Duration = Duration::from_millis(200);
/// What five thousand friends may cost, times what ten do.
const LIMIT: f64 = 1.5;

/// What is measured of a letter.
const PARTS: [&str; 4] = [
    "put into the mailbox until EXISTS (Dovecot's part)",
    "EXISTS until it was heard and is let go",
    "EXISTS until IDLE anew",
    "processor time of the agent",
];

/// A letter that comes while the agent waits, with few friends and with many.
pub fn letter() {
    let mut scenes = SIZES.map(Scene::tapped);
    let mut letters = scenes
        .each_ref()
        .map(|scene| scene.letters(ROUNDS).into_iter());
    scenes.iter_mut().for_each(Scene::start);
    let mut times: [[Vec<Duration>; PARTS.len()]; SIZES.len()] = Default::default();
    for _ in 0..ROUNDS {
        let each = scenes.iter_mut().zip(&mut letters).zip(&mut times);
        for ((scene, letters), times) in each {
            let round = scene.round(&letters.next().unwrap());
            for (times, took) in times.iter_mut().zip(round) {
                times.push(took);
            }
        }
    }
    scenes.iter().for_each(Scene::assert_heard);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let medians = times.each_ref().map(|parts| {
        parts
            .each_ref()
            .map(|part| milliseconds(median(part.iter().copied())))
    });
    let names = SIZES.map(|size| format!("{size} friends"));
    table(
        names.each_ref().map(String::as_str),
        (0..PARTS.len()).map(|part| (format!("  {}", PARTS[part]), medians.map(|all| all[part]))),
    );
    println!("  in ms, medians of {ROUNDS}");
    for (size, of) in SIZES.iter().zip(&mut times) {
        let what = format!("EXISTS until heard, {size} friends, median");
        figure(
            &what,
            milliseconds(median(of[1].iter().copied())),
            " ms",
            Some(15.0),
            false,
        );
        of[1].sort();
        let most = of[1][ROUNDS * 9 / 10];
        figure(
            "  nine of ten are faster than",
            milliseconds(most),
            " ms",
            None,
            false,
        );
    }
    for part in [1, 3] {
        let ratio = medians[1][part] / medians[0][part];
        let what = format!("{} friends to {}: {}", SIZES[1], SIZES[0], PARTS[part]);
        figure(&what, ratio, "", Some(LIMIT), false);
    }
}

impl Scene {
    /// One letter, from mailbox to being let go.
    fn round(&mut self, letter: &[u8]) -> [Duration; PARTS.len()] {
        let before = self.used();
        let put = Instant::now();
        self.put(letter);
        let told = self.tap.until("EXISTS", |line| line.ends_with(" EXISTS"));
        let heard = self
            .tap
            .until("UID STORE", |line| line.contains(" UID STORE "));
        let again = self.until_idle();
        std::thread::sleep(SETTLE);
        let since = |at: Instant| at.duration_since(told.at);
        [
            told.at.duration_since(put),
            since(heard.at),
            since(again),
            self.used() - before,
        ]
    }
}

/// Letters that come almost at once.
const BURST: u32 = 60;
const BURSTS: usize = 3;

/// Many letters within a short time, while the agent waits.
pub fn burst() {
    let mut scene = Scene::tapped(10);
    let spans = [200, 1_000, 2_000].map(Duration::from_millis);
    let all = BURSTS * spans.len() * usize::try_from(BURST).unwrap();
    let mut letters = scene.letters(all).into_iter();
    scene.start();
    for span in spans {
        let bursts = (0..BURSTS).map(|_| scene.burst(span, &mut letters));
        let worst = bursts.max().unwrap();
        figure(
            &format!("{BURST} letters in {span:?}: all let go after the last, worst"),
            worst.as_secs_f64(),
            " s",
            Some(1.0),
            false,
        );
    }
    scene.assert_heard();
}

impl Scene {
    /// From the last letter until all of them have left the mailbox.
    fn burst(&mut self, span: Duration, letters: &mut impl Iterator<Item = Vec<u8>>) -> Duration {
        let begun = Instant::now();
        let mut last = begun;
        for number in 0..BURST {
            let due = begun + span * number / (BURST - 1);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            self.put(&letters.next().unwrap());
            last = Instant::now();
        }
        while self.people.alice.inbox_count() > 0 {
            assert!(last.elapsed() < Duration::from_secs(60), "letters stay");
            std::thread::sleep(Duration::from_millis(2));
        }
        let took = last.elapsed();
        std::thread::sleep(Duration::from_secs(1));
        took
    }
}
