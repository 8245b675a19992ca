//! A store with many texts, put there through the library.

use std::path::Path;

use iim::edge::home::Home;
use iim::edge::store::{Create, Store, StoreError};
use iim::protocol::address::Address;
use iim::protocol::letter::LetterId;
use iim::protocol::time::{Millis, Seconds};
use iim::rules::conversation::{Author, Ids};
use iim::rules::effect::Effect;
use iim::rules::message::{Delivery, Message, Via};
use iim::rules::view::View as _;

use crate::scene::{OPEN, Scene, befriend};
use crate::support::account::Account;

/// 2026-01-01T00:00:00Z, in ms.
const START: u64 = 1_767_225_600_000;

/// Alice with so many texts with bob, one each second: bob's, and every third alice's own. A device `deaf`, which was there
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
            let with = tx.ids_at(&friend).unwrap();
            for n in 0..count {
                let message = Box::new(message(with, n));
                tx.apply(&Effect::Message(message), Seconds(START / 1000))?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
}

fn message(with: Ids, n: u64) -> Message {
    let mine = n % 3 == 2;
    let mut id = [0; 16];
    id[8..].copy_from_slice(&(n + 1).to_be_bytes());
    Message {
        conversation: with.conversation,
        author: match mine {
            true => Author::Us,
            false => Author::Contact(with.contact),
        },
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
        in_group: None,
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
