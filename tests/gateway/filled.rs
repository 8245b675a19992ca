//! A store with many texts, put there through the library.

use std::path::Path;

use iim::edge::home::Home;
use iim::edge::store::{Create, Store, StoreError};
use iim::protocol::address::Address;
use iim::protocol::letter::LetterId;
use iim::protocol::time::{Millis, Seconds};
use iim::rules::conversation::ConversationId;
use iim::rules::effect::Effect;
use iim::rules::message::{Delivery, Direction, Message, Via};

use crate::scene::{OPEN, Scene, befriend};
use crate::support::account::Account;

/// 2026-01-01T00:00:00Z, in ms.
const START: u64 = 1_767_225_600_000;

/// Alice with so many texts with bob, one each second: theirs, and every third her own. A device `deaf`, which was there
/// before, has missed them all.
#[track_caller]
pub fn scene_with(count: u64) -> Scene {
    Scene::with(OPEN, &[], |dir: &Path, people: [&Account; 2]| {
        befriend(dir, people);
        people[0].ok(&["device", "add", "deaf"]);
        let home = people[0].home.clone();
        let home = Home::from_env(None, |name| (name == "HOME").then(|| home.clone().into()));
        fill(&home.unwrap(), count);
    })
}

fn fill(home: &Home, count: u64) {
    let store = Store::open(&home.database(), Create::No).unwrap();
    let friend = Address::parse("bob@example.net").unwrap();
    store
        .transact(|tx| {
            let with = tx.conversation(&friend)?;
            for n in 0..count {
                let message = Message {
                    conversation: with,
                    ..message(&friend, n)
                };
                tx.apply(&Effect::Message(Box::new(message)), Seconds(START / 1000))?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
}

fn message(friend: &Address, n: u64) -> Message {
    let mine = n % 3 == 2;
    let mut id = [0; 16];
    id[8..].copy_from_slice(&(n + 1).to_be_bytes());
    Message {
        conversation: ConversationId::default(),
        friend: friend.clone(),
        direction: if mine { Direction::Out } else { Direction::In },
        id: LetterId(id),
        sent: Millis(START + n * 1000),
        arrival: Millis(START + n * 1000),
        text: format!("text {n}"),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: Delivery::Delivered,
        via: Some(Via::Mail),
        reason: None,
        attempts: 1,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
    }
}

/// A timestamp that much after the first text, in ms.
pub fn at(ms: u64) -> String {
    let of_day = ms / 1000;
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!(
        "timestamp=2026-01-01T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z",
        ms % 1000
    )
}

pub fn id(n: u64) -> String {
    format!("msgid={:032x}", n + 1)
}
