//! Nobody runs an agent: what is said leaves by cron's `iim flush` and is taken by procmail. Hours pass by a clock that the
//! test turns.

use std::collections::BTreeMap;

use super::{by_the_clock, count_mails, delivered, heard};
use crate::support::account::{Account, Place};
use crate::support::hand::Hand;
use crate::support::handshake::{befriend, hand_over};
use crate::support::mails::Way;
use crate::support::post::Post;
use crate::support::process::need;

const NAMES: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];
/// What each of them says, one after the other.
const TEXTS: usize = 3;
/// Cron runs once in so many seconds.
const CRON: i64 = 300;

/// People without agents, all by one clock.
struct Village {
    people: Vec<Account>,
    /// Mails that were carried, by who sent them.
    mails: BTreeMap<String, usize>,
    hand: Hand,
    post: Post,
    _place: Place,
}

impl Village {
    /// Alice and so many others, who are alice's friends and know nobody else.
    fn new(count: usize) -> Self {
        need(&["procmail", "cc"]);
        let place = Place::new();
        let post = Post::new(&place);
        let hand = Hand::new(&place, "village");
        let network = "test=irc://127.0.0.1:6667";
        let settle = |name: &&str| by_the_clock(&place, &post, &hand, name, network);
        let people: Vec<Account> = NAMES[..count].iter().map(settle).collect();
        for other in &people[1..] {
            befriend(&post, Way::Procmail, other, &people[0]);
        }
        people.iter().for_each(count_mails);
        Self {
            people,
            mails: BTreeMap::new(),
            hand,
            post,
            _place: place,
        }
    }

    /// Mails go through the hooks until none is left.
    #[track_caller]
    fn carry(&mut self) {
        let people: Vec<&Account> = self.people.iter().collect();
        loop {
            let mails = self.post.take();
            if mails.is_empty() {
                return;
            }
            for mail in mails {
                hand_over(Way::Procmail, &people, &mail);
                *self.mails.entry(mail.from).or_default() += 1;
            }
        }
    }

    /// Five minutes pass, at whose end cron runs at everybody's.
    #[track_caller]
    fn cron(&mut self) {
        self.hand.turn(CRON);
        for person in &self.people {
            person.ok(&["-q", "flush"]);
        }
        self.carry();
    }

    /// Cron runs until all is right; fails after so many hours by the clock.
    #[track_caller]
    fn until(&mut self, what: &str, hours: i64, right: impl Fn(&Self) -> bool) {
        let end = self.hand.shift() + hours * 3600;
        while !right(self) {
            assert!(self.hand.shift() < end, "waited {hours} hours for {what}");
            self.cron();
        }
    }

    /// Alice founds it and asks all; they say yes.
    #[track_caller]
    fn found(&mut self) {
        let mut founds = vec!["group", "new", "climbing"];
        founds.extend(&NAMES[1..self.people.len()]);
        self.people[0].ok(&founds);
        self.carry();
        for person in &self.people[1..] {
            person.ok(&["group", "accept", "climbing"]);
        }
        self.carry();
        let members = format!("{} members with you", self.people.len());
        self.until("all to be in", 24, |all| {
            let mut shown = all.people.iter().map(shown);
            shown.all(|text| text.contains(&members))
        });
    }
}

fn shown(person: &Account) -> String {
    person.ok(&["group", "show", "climbing"])
}

fn text(person: &Account, number: usize) -> String {
    format!("{} {number}", person.name)
}

#[test]
fn groups_by_mail_alone() {
    let count = match std::env::var_os("IIM_TESTS_LONG") {
        Some(_) => 10,
        None => 5,
    };
    let others = count - 1;
    let mut village = Village::new(count);
    village.found();
    let founding = std::mem::take(&mut village.mails);

    // Everybody talks within one gathering.
    for number in 1..=TEXTS {
        for person in &village.people {
            person.ok(&["say", "#climbing", &text(person, number)]);
        }
        village.hand.turn(5);
    }
    let waiting = village.post.waiting().len();
    assert_eq!(waiting, 0, "what is said is gathered");
    let people = village.people.clone();
    let said: BTreeMap<(String, String), usize> = people
        .iter()
        .flat_map(|one| (1..=TEXTS).map(|number| ((one.name.clone(), text(one, number)), 1)))
        .collect();
    village.cron();
    for person in &people {
        let new = person.ok(&["read", "--new", "#climbing"]);
        assert_eq!(new.lines().count(), TEXTS * others, "{new}");
        assert_eq!(heard(person, "#climbing"), said, "{} has all", person.name);
    }
    let mails = village.mails.values().sum::<usize>();
    assert_eq!(mails, count * others, "one mail from each to each");

    // In a large group it is told after six hours that they came.
    let wanted = (others as u64, others as u64);
    village.until("all receipts", 8, |all| {
        let mut own = all.people.iter().map(|one| delivered(one, "#climbing"));
        own.all(|texts| texts.len() == TEXTS && texts.values().all(|come| *come == wanted))
    });
    let read = people[0].ok(&["read", "#climbing"]);
    let line = format!("alice 1  [delivered {others} of {others}]");
    assert!(read.contains(&line), "{read}");
    for person in &people {
        assert_eq!(person.ok(&["read", "--new", "#climbing"]), "");
        assert_eq!(heard(person, "#climbing"), said, "nothing twice");
    }

    // What it cost, and what is said of it.
    for (from, mails) in &village.mails {
        assert!(*mails <= 100, "{from} sent {mails} mails in half a day");
    }
    let mails = village.mails.values().sum::<usize>();
    let copies = count * TEXTS * others;
    assert!(mails < copies, "{mails} mails for {copies} copies");
    let times = 100 / others;
    let cost = format!(
        "by mail: what is said is gathered for 30 to 90 seconds, and leaves in up to {others} mails: \
         {times} times a day, of the 100 mails that all groups may have\n"
    );
    let show = shown(&people[0]);
    assert!(show.contains(&cost), "{show}");
    println!(
        "{count} members: {founding:?} mails until all were in, then {mails} for {copies} copies"
    );
}
