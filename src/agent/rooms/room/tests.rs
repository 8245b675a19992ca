//! Members in one channel, who hear what the others say there.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "tests"
)]

mod returns;

use super::*;
use crate::edge::seal::Keyring;
use crate::edge::seal::room::{NONCE, Speaker, wrap};
use crate::protocol::codec::encode;
use crate::protocol::codec::spoken;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::group::room::{RoomKey, RoomKeyMade, RoomKeyName};
use crate::protocol::group::{ActId, GroupId, Signed};
use crate::protocol::irc_form::frames;
use crate::protocol::letter::{LetterId, Said, Signature, Status, Text};
use crate::protocol::padding::pad;
use crate::rules::conversation::{ContactId, ConversationId};

struct Dice(u8);

impl Rng for Dice {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(73).wrapping_add(29);
            *byte = self.0;
        }
    }
}

/// A member with a room of their own.
struct One {
    nick: String,
    keys: Keyring,
    speaker: Speaker,
    room: Room,
    rng: Dice,
    heard: Vec<(MemberId, Letter)>,
}

const NOW: Seconds = Seconds(1_800_000_000);

fn id(number: u8) -> MemberId {
    MemberId([number; 8])
}

fn later(seconds: u64) -> Seconds {
    NOW.after(Duration::from_secs(seconds))
}

fn key() -> RoomKey {
    let secret = Secret([9; 32]);
    let of = (GroupId([1; 16]), id(0), RoomKeyName([2; 8]));
    let value = RoomKeyMade::of(of, vec![ActId([3; 32])], &secret, NOW, 3);
    RoomKey {
        window: value.first,
        made: Signed {
            value,
            bytes: Vec::new(),
            signature: Signature([0; 64]),
        },
        secret,
    }
}

fn people(count: u8) -> Vec<One> {
    let keys: Vec<Keyring> = (0..count).map(|_| Keyring::generate()).collect();
    let public: Vec<_> = keys.iter().map(|keys| keys.keys().ed25519).collect();
    let one = |(number, keys): (u8, Keyring)| {
        let others = (0..count).filter(|other| *other != number);
        let members = others.map(|other| {
            let contact = ContactId::new(i64::from(other) + 1);
            (id(other), public[usize::from(other)], contact)
        });
        let open = OpenRoom {
            conversation: ConversationId::new(1),
            group: GroupId([1; 16]),
            us: id(number),
            key: key(),
            networks: Vec::new(),
            members: members.collect(),
            heads: Vec::new(),
        };
        let mut rng = Dice(number);
        One {
            nick: format!("nick{number}"),
            keys,
            speaker: Speaker::generate(),
            room: Room::new(Arc::new(open), "oftc", NOW, &mut rng),
            rng,
            heard: Vec::new(),
        }
    };
    (0..).zip(keys).map(one).collect()
}

fn enter(all: &mut [One], who: usize, now: Seconds) {
    let there = all.iter().filter(|one| one.room.is_in);
    let nicks = there.map(|one| one.nick.clone()).collect();
    let nick = all[who].nick.clone();
    for one in all.iter_mut().filter(|one| one.room.is_in) {
        one.room.came(&nick, now, &mut one.rng);
    }
    let one = &mut all[who];
    one.room.entered(nicks, now, &mut one.rng);
}

/// So many have entered, and nobody has said anything.
fn entered(count: u8) -> Vec<One> {
    let mut all = people(count);
    for who in 0..usize::from(count) {
        enter(&mut all, who, NOW);
    }
    all
}

/// A part said under a nick is heard by all but one.
fn pass(all: &mut [One], from: usize, part: &RoomPart, now: Seconds) {
    let nick = all[from].nick.clone();
    for line in frames(&part.encode(), "tagtag01", 400).unwrap() {
        for (index, one) in all.iter_mut().enumerate() {
            if index != from && one.room.is_in {
                let heard = one.room.heard(&nick, &line, now, &mut one.rng);
                one.heard.extend(heard);
            }
        }
    }
}

/// Says what is due; gives how many lines that were.
fn play(all: &mut [One], from: Seconds, seconds: u64) -> usize {
    let mut said = 0;
    for now in (from.0..from.0 + seconds).map(Seconds) {
        for index in 0..all.len() {
            while let Some(due) = all[index].room.due(now) {
                let part = match due {
                    Due::There => there(&mut all[index], now),
                    Due::Got => got(&mut all[index], now),
                };
                said += 1;
                pass(all, index, &part, now);
            }
        }
    }
    said
}

fn there(one: &mut One, now: Seconds) -> RoomPart {
    let nick = one.nick.clone();
    let us = Us { nick: &nick, now };
    let mut sign = |bytes: &[u8]| Some(one.keys.sign(bytes));
    let part = one
        .room
        .there_part(us, &one.speaker, &mut sign, &mut one.rng);
    one.room.said_there(true, now, &mut one.rng);
    part.unwrap()
}

fn got(one: &mut One, now: Seconds) -> RoomPart {
    let body = Body::Got(Got {
        group: None,
        of: Vec::new(),
        heads: Vec::new(),
        opened: one.room.tell_got(now),
    });
    let letter = Letter::bare(LetterId([5; 16]), now.millis(), body);
    one.room.said_part(&letter, &mut one.speaker, now)
}

fn text(words: &str) -> Letter {
    let body = Body::Text(Text {
        text: words.to_owned(),
        reply_to: None,
        notice: false,
    });
    let said = Said {
        group: None,
        number: 1,
        before: SaidHash::default(),
        body: spoken(body),
        whose: None,
        heads: Vec::new(),
        since: None,
    };
    Letter::bare(LetterId([7; 16]), NOW.millis(), Body::Said(said))
}

fn say(all: &mut [One], who: usize, letter: &Letter, now: Seconds) {
    let one = &mut all[who];
    let part = one.room.said_part(letter, &mut one.speaker, now);
    pass(all, who, &part, now);
}

fn others(who: u8, count: u8) -> BTreeSet<MemberId> {
    (0..count).filter(|other| *other != who).map(id).collect()
}

#[test]
fn whoever_comes_is_there_for_all_and_all_for_them() {
    let mut all = people(5);
    for who in 0..5 {
        let at = later(40 * who as u64);
        enter(&mut all, who, at);
        play(&mut all, at, 40);
    }
    play(&mut all, later(200), 60);
    for who in 0..5_u8 {
        assert_eq!(all[usize::from(who)].room.there(), others(who, 5), "{who}");
    }
    let heard: Vec<usize> = all.iter().map(|one| one.heard.len()).collect();
    say(&mut all, 2, &text("hello"), later(300));
    for (who, one) in all.iter().enumerate() {
        let news = &one.heard[heard[who]..];
        match who {
            2 => assert!(news.is_empty()),
            _ => assert_eq!(news, [(id(2), text("hello"))]),
        }
    }
}

#[test]
fn a_coming_costs_a_there_and_a_receipt_of_each() {
    let mut all = people(4);
    for who in 0..3 {
        enter(&mut all, who, NOW);
    }
    play(&mut all, NOW, 120);
    enter(&mut all, 3, later(200));
    let said = play(&mut all, later(200), 120);
    assert!(
        (8..=12).contains(&said),
        "{said}: 4 and 4, and who comes late"
    );
}

#[test]
fn a_nick_that_proves_nobody_causes_nothing() {
    let mut all = people(3);
    for who in 0..2 {
        enter(&mut all, who, NOW);
    }
    play(&mut all, NOW, 120);
    Arc::make_mut(&mut all[2].room.open).us = id(9);
    enter(&mut all, 2, later(200));
    let part = there(&mut all[2], later(200));
    pass(&mut all, 2, &part, later(200));
    say(&mut all, 2, &text("who am i"), later(200));
    all[2].room.is_in = false;
    assert_eq!(play(&mut all, later(200), 120), 0);
    assert_eq!(all[0].room.there(), BTreeSet::from([id(1)]));
    assert!(!all[0].room.proved.contains_key("nick2"));
}

#[test]
fn a_there_holds_for_its_nick_and_its_channel_alone() {
    let mut all = entered(2);
    let part = there(&mut all[0], NOW);
    // Whoever sits under another nick says it again.
    let one = &mut all[1];
    one.room.came("thief", NOW, &mut one.rng);
    for line in frames(&part.encode(), "tagtag01", 400).unwrap() {
        let one = &mut all[1];
        one.room.heard("thief", &line, NOW, &mut one.rng);
    }
    assert!(all[1].room.proved.is_empty());
    let network = std::mem::replace(&mut all[1].room.network, "libera".to_owned());
    pass(&mut all, 0, &part, NOW);
    assert!(all[1].room.proved.is_empty(), "another network");
    all[1].room.network = network;
    pass(&mut all, 0, &part, NOW);
    assert!(all[1].room.proved.contains_key("nick0"));
}

#[test]
fn who_has_not_named_our_coming_is_not_there() {
    let mut all = entered(2);
    let part = there(&mut all[0], NOW);
    pass(&mut all, 0, &part, NOW);
    assert!(all[1].room.there().is_empty(), "it may be of an hour ago");
    play(&mut all, NOW, 60);
    assert_eq!(all[1].room.there(), others(1, 2));
    all[1].room.gone("nick0");
    assert!(all[1].room.there().is_empty());
}

#[test]
fn lines_before_the_there_are_held_a_while_and_not_too_many() {
    let mut all = entered(2);
    let part = there(&mut all[0], NOW);
    for _ in 0..12 {
        say(&mut all, 0, &text("early"), NOW);
    }
    assert!(all[1].heard.is_empty());
    pass(&mut all, 0, &part, NOW);
    assert_eq!(all[1].heard.len(), Pace::MOST_HELD);

    let mut all = entered(2);
    let part = there(&mut all[0], NOW);
    say(&mut all, 0, &text("early"), NOW);
    pass(&mut all, 0, &part, later(21));
    assert!(all[1].heard.is_empty());
}

#[test]
fn whoever_floods_is_tried_so_often_in_a_second() {
    let mut all = entered(2);
    let part = there(&mut all[0], NOW);
    pass(&mut all, 0, &part, NOW);
    for _ in 0..60 {
        say(&mut all, 0, &text("flood"), NOW);
    }
    let first = all[1].heard.len();
    assert!(
        first < usize::try_from(Pace::MOST_TRIALS).unwrap(),
        "{first}"
    );
    say(&mut all, 0, &text("later"), later(1));
    assert_eq!(all[1].heard.len(), first + 1);
}

#[test]
fn whoever_does_not_acknowledge_is_told_again_that_we_are_there() {
    let mut all = entered(2);
    play(&mut all, NOW, 60);
    let one = &mut all[0];
    one.room
        .said_part(&text("lost"), &mut one.speaker, later(100));
    assert!(!one.room.is_unheard(later(129)));
    assert!(one.room.is_unheard(later(131)));
    there(one, later(131));
    assert!(!one.room.is_unheard(later(131)), "once in ten minutes");
}

#[test]
fn a_there_that_one_did_not_hear_is_said_again() {
    let mut all = entered(2);
    // What the first says after the other came is lost.
    there(&mut all[0], later(5));
    play(&mut all, later(5), 60);
    assert!(all[0].room.there().is_empty() && all[1].room.there().is_empty());
    play(&mut all, later(65), 300);
    assert_eq!(all[0].room.there(), others(0, 2));
    assert_eq!(all[1].room.there(), others(1, 2));
    assert_eq!(play(&mut all, later(365), 3_600), 0, "and never again");
}

#[test]
fn a_coming_is_named_again_to_who_did_not_hear_it() {
    let mut all = entered(2);
    for who in 0..2 {
        let part = there(&mut all[who], NOW);
        pass(&mut all, who, &part, NOW);
    }
    // What the second says of it is lost.
    got(&mut all[1], later(1));
    play(&mut all, later(2), 60);
    assert_eq!(all[1].room.there(), others(1, 2));
    assert!(all[0].room.there().is_empty());
    play(&mut all, later(62), 180);
    assert_eq!(all[0].room.there(), others(0, 2));
    assert_eq!(play(&mut all, later(242), 3_600), 0, "and never again");
}
