//! A hundred and twenty friends and forty mails a day: how a new presence secret gets around.

use iim::protocol::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};

use iim::edge::clock::Clock as _;
use iim::edge::store::Transport;
use iim::protocol::address::Address;
use iim::protocol::letter::{Body, Keys, OneTimeKeys, PublicKey};
use iim::rules::contact::Contact;
use iim::rules::effect::Effect;
use iim::rules::event::{Act, Event};
use iim::rules::outgoing::Waiting;
use iim::rules::view::View as _;

use crate::world::{DAY, HOUR, MINUTE, World, address};

pub(crate) const FRIENDS: usize = 120;
pub(crate) const PER_DAY: usize = 40;
/// Who of them is online.
pub(crate) const ONLINE: [&str; 3] = ["bob", "carol", "dave"];

/// Alice, three friends who are online, and as many others as there must be, the later ones the more recent.
pub(crate) fn world() -> World {
    let mut world = World::of(&ONLINE);
    let mail = format!("[mail]\nper_day = {PER_DAY}\nsendmail = \"/bin/false\"\n");
    world.settle_in("alice", "alice", &mail);
    for name in ONLINE {
        world.befriend("alice", name);
        // What the handshake took of the budget must not count.
        world.clock.advance(2 * DAY);
        world.tick_all();
    }
    let like = world.person("alice", "bob");
    let now = world.clock.now().0;
    let strangers = (0..FRIENDS - ONLINE.len()).map(|n| other(n, &like, now));
    let strangers: Vec<Contact> = strangers.collect();
    let store = world.store("alice");
    store
        .transact(|tx| {
            for mut person in strangers {
                let ids = tx.ids_at(&person.address).unwrap();
                (person.id, person.conversation) = (ids.contact, ids.conversation);
                tx.apply(&Effect::Contact(Box::new(person)), Seconds(now))?;
            }
            Ok::<_, iim::edge::store::StoreError>(())
        })
        .unwrap();
    world.reopen("alice");
    world.clock.advance(FRIENDS as u64 * HOUR);
    world
}

/// A friend who never answers. Their keys are points that nobody has the other half of, but letters can be sealed to them.
fn other(n: usize, like: &Contact, now: u64) -> Contact {
    let key = |byte: u8| {
        let mut bytes = [byte; 32];
        bytes[..8].copy_from_slice(&(n as u64 + 1).to_be_bytes());
        bytes[31] &= 0x7f;
        PublicKey(bytes)
    };
    let keys = Keys {
        curve25519: key(7),
        ed25519: key(9),
    };
    let address = Address::parse(&format!("{}@example.edu", name(n))).unwrap();
    let mut other = Contact {
        address,
        name: name(n),
        since: Seconds(now + n as u64 * HOUR),
        announce: None,
        ..like.clone()
    };
    let friend = other.friend_mut().unwrap();
    friend.keys = keys;
    friend.theirs = OneTimeKeys {
        mail: Some(key(11)),
        irc: None,
    };
    other
}

pub(crate) fn name(n: usize) -> String {
    format!("friend{n:03}")
}

/// What left by mail: when, to whom.
pub(crate) type Mails = Vec<(u64, String)>;

/// As the agent does it: a look every second where something may be due, else now and then.
pub(crate) fn pass_days(world: &mut World, days: u64, mails: &mut Mails) {
    let begun = world.clock.now().0;
    for day in 0..days {
        for second in MINUTE - 2..2 * MINUTE + 2 {
            world.clock.set(begun + day * DAY + second);
            look(world, mails);
        }
        for part in 1..24 {
            world.clock.set(begun + day * DAY + part * DAY / 24);
            look(world, mails);
        }
    }
    world.clock.set(begun + days * DAY);
}

fn look(world: &mut World, mails: &mut Mails) {
    let now = world.clock.now().0;
    world.at("alice").tick().unwrap();
    let left = world.outgoing("alice");
    mails.extend(left.iter().map(|mail| (now, mail.to.to_string())));
}

#[track_caller]
pub(crate) fn assert_never_more_than(most: usize, mails: &[(u64, String)]) {
    for (at, _) in mails {
        let in_a_day = mails
            .iter()
            .filter(|(other, _)| (*at..at + DAY).contains(other));
        let count = in_a_day.count();
        assert!(count <= most, "{count} mails in the day from {at} on");
    }
}

/// A new secret; those who are online learn it over IRC and show it by a letter of theirs.
pub(crate) fn rotate(world: &mut World) {
    for name in ONLINE {
        world.meet("alice", name);
    }
    world.act("alice", Act::Rotate { if_older: None });
    for name in ONLINE {
        let told = Event::Announce(world.id("alice", name));
        world.at("alice").event(told).unwrap();
        for lines in world.irc_lines("alice", name) {
            assert_eq!(lines.len(), 1, "one line");
            world.hear_lines("alice", name, &lines);
        }
        world.say(name, "alice", "I see you");
        world.chat(name, "alice");
    }
}

#[test]
fn the_most_recent_friends_are_told_first_and_not_at_once() {
    let mut world = world();
    // An old friend, who wrote yesterday, is a recent one.
    world.say("bob", "alice", "still alive");
    world.exchange();
    world.clock.advance(2 * DAY);
    rotate_alone(&mut world);
    let begun = world.clock.now().0;
    let mut mails = Mails::new();
    pass_days(&mut world, 3, &mut mails);
    let days = |number: u64| -> BTreeSet<String> {
        let of_day = mails.iter().filter(|(at, _)| (at - begun) / DAY == number);
        of_day.map(|(_, to)| to.clone()).collect()
    };
    let per_day = PER_DAY / 2;
    let recent = |from: usize, count: usize| {
        (from..from + count).map(|n| format!("{}@example.edu", name(n)))
    };
    let last = FRIENDS - ONLINE.len();
    let mut first: BTreeSet<String> = recent(last - (per_day - 1), per_day - 1).collect();
    first.insert(address("bob").to_string());
    assert_eq!(days(0), first);
    assert_eq!(days(1), recent(last - (2 * per_day - 1), per_day).collect());
    assert_eq!(days(2), recent(last - (3 * per_day - 1), per_day).collect());

    // Between one and two minutes after the rotation, and never many in one second.
    let at_once = mails.iter().take(per_day).map(|(at, _)| at - begun);
    let mut seconds: BTreeMap<u64, usize> = BTreeMap::new();
    at_once.for_each(|second| *seconds.entry(second).or_default() += 1);
    let (from, to) = (
        *seconds.keys().next().unwrap(),
        *seconds.keys().last().unwrap(),
    );
    assert!(
        from >= MINUTE && to <= 2 * MINUTE && to - from >= 20,
        "{seconds:?}"
    );
    assert!(seconds.values().all(|count| *count <= 6), "{seconds:?}");
}

/// Nobody is online.
fn rotate_alone(world: &mut World) {
    world.act("alice", Act::Rotate { if_older: None });
}

#[test]
fn texts_go_first_and_all_together_keep_to_the_budget() {
    let mut world = world();
    rotate_alone(&mut world);
    let begun = world.clock.now().0;
    let mut mails = Mails::new();
    let (mut texts, mut told, mut flooded) = (0, 0, false);
    for half_hour in 0..4 * 48 {
        world.clock.set(begun + half_hour * 30 * MINUTE);
        // Fifteen a day, and on the third day far more than are allowed.
        let count = if half_hour / 48 == 2 {
            2
        } else {
            usize::from(half_hour % 3 == 0)
        };
        for _ in 0..count {
            texts += 1;
            world.say("alice", &name(texts % 100), &format!("text {texts}"));
        }
        // Repeats of texts without receipt count, too.
        world.at("alice").tick().unwrap();
        let before = (mails.len(), urgent_letters(&mut world));
        look(&mut world, &mut mails);
        let (left, wait) = (mails.len() - before.0, urgent_letters(&mut world));
        assert!(
            wait == 0 || left == before.1 - wait,
            "{left} left, {before:?} before, {wait} wait: texts go before announcements"
        );
        flooded |= wait > 0;
        told = told.max(if half_hour < 96 { left } else { 0 });
    }
    assert_never_more_than(PER_DAY, &mails);
    assert!(flooded, "more than the budget was said");
    assert!(
        told > 5,
        "announcements leave beside the texts: {told} in one look"
    );
}

fn urgent_letters(world: &mut World) -> usize {
    let now = world.clock.now().0;
    let due = world.read("alice", |tx| {
        tx.outbox().due(Seconds(now), Some(Transport::Mail), 1000)
    });
    // The handshakes that heal what stays without an answer are as urgent as texts.
    let urgent = |waiting: &&Waiting| !matches!(waiting.outgoing.letter.body, Body::Presence(_));
    due.iter().filter(urgent).count()
}
