//! The user's own clients, and how far they have read: told to friends only as far as they have, and if they want it.

use iim::account::{AccountError, DeviceError, Outcome};
use iim::edge::config::Secret;
use iim::edge::store::DeviceName;
use iim::protocol::letter::LetterId;
use iim::protocol::time::Millis;
use iim::rules::effect::Notice;
use iim::rules::event::Act;
use iim::rules::message::Delivery;
use iim::rules::view::View as _;

use crate::world::World;

/// Bob, with these settings, and three texts of Alice's that they have; each with its arrival.
fn three_texts(settings: &str) -> (World, Vec<(LetterId, u64)>) {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", settings);
    world.befriend("alice", "bob");
    let ids: Vec<LetterId> = ["one", "two", "three"]
        .map(|text| world.say("alice", "bob", text))
        .to_vec();
    world.exchange();
    let alice = world.ids("bob", "alice").conversation;
    let arrival = |id| {
        world
            .at("bob")
            .look(|tx| Ok(tx.texts().entry(alice, id)?))
            .unwrap()
            .unwrap()
            .entry
            .message
            .arrival
            .0
    };
    let texts = ids
        .iter()
        .copied()
        .zip(ids.iter().copied().map(arrival))
        .collect();
    (world, texts)
}

fn see(world: &mut World, up_to: u64) -> Outcome {
    let friend = Some(world.contact("bob", "alice"));
    world.act(
        "bob",
        Act::Seen {
            friend,
            up_to: Millis(up_to),
        },
    )
}

/// Up to when bob has read what alice wrote.
fn marker(world: &mut World) -> Option<Millis> {
    let alice = world.ids("bob", "alice").conversation;
    world.at("bob").look(|tx| Ok(tx.marker(alice)?)).unwrap()
}

fn states(world: &mut World, texts: &[(LetterId, u64)]) -> Vec<Delivery> {
    let state = |(id, _): &(LetterId, u64)| world.text("alice", "bob", *id).state;
    texts.iter().map(state).collect()
}

fn told(outcome: &Outcome) -> Vec<u64> {
    let up_to = |notice: &Notice| match notice {
        Notice::Seen { up_to, .. } => Some(up_to.0),
        _ => None,
    };
    outcome.notices.iter().filter_map(up_to).collect()
}

#[test]
fn a_receipt_goes_out_for_what_was_read_and_no_more() {
    use Delivery::{Delivered, Read};
    let (mut world, texts) = three_texts("[receipts]\nread = true\n");
    let arrivals: Vec<u64> = texts.iter().map(|(_, arrival)| *arrival).collect();
    assert!(arrivals.is_sorted_by(|a, b| a < b), "{arrivals:?}");
    for (up_to, expected) in [
        (arrivals[0] - 1, [Delivered, Delivered, Delivered]),
        (arrivals[1], [Read, Read, Delivered]),
        (arrivals[0], [Read, Read, Delivered]),
        (u64::MAX, [Read, Read, Read]),
    ] {
        see(&mut world, up_to);
        world.exchange();
        assert_eq!(states(&mut world, &texts), expected, "{up_to}");
    }
}

#[test]
fn without_read_receipts_the_friend_learns_nothing_but_the_marker_moves() {
    let (mut world, texts) = three_texts("");
    see(&mut world, u64::MAX);
    assert_eq!(world.exchange(), 0);
    assert_eq!(states(&mut world, &texts), [Delivery::Delivered; 3]);
    let marker = marker(&mut world);
    assert!(marker.is_some_and(|marker| marker >= Millis(texts[2].1)));
}

#[test]
fn a_marker_rises_alone_and_each_rise_is_told_once() {
    let (mut world, texts) = three_texts("");
    assert_eq!(marker(&mut world), None);
    let (first, last) = (texts[0].1, texts[2].1);
    for (up_to, expected, held) in [
        (last, vec![last], last),
        (last, vec![], last),
        (first, vec![], last),
    ] {
        let outcome = see(&mut world, up_to);
        assert_eq!(told(&outcome), expected, "{up_to}");
        assert_eq!(marker(&mut world), Some(Millis(held)));
    }
    // Nothing is unread, and yet the user may say that they have read: their own last text, for one. Never in the future.
    world.wait(60);
    let now = world.clock().now_ms().0;
    assert_eq!(told(&see(&mut world, u64::MAX)), [now.max(last)]);
}

#[test]
fn a_device_logs_in_with_its_own_password_or_the_one_for_all() {
    let mut world = World::of(&["alice"]);
    let account = world.at("alice");
    let laptop = DeviceName::parse("laptop").unwrap();
    let password = account.devices().add(&laptop).unwrap();
    let one = Secret::new("One-Password".to_owned());
    let phone = DeviceName::parse("phone").unwrap();
    for (name, given, all, lets_in) in [
        (&laptop, password.expose(), None, true),
        (&laptop, "aaaa-aaaa", None, false),
        (&laptop, "", None, false),
        (&phone, password.expose(), None, false),
        (&phone, "one-password", Some(&one), false),
        (&phone, "", Some(&one), false),
        (&laptop, "One-Password", Some(&one), true),
        (&phone, "One-Password", Some(&one), true),
        (&phone, "", None, false),
        (&phone, "One-Password", None, false),
    ] {
        let device = account.devices().login(name, given, all).unwrap();
        let found = device.map(|device| device.name);
        assert_eq!(found, lets_in.then(|| name.clone()), "{name} {given:?}");
    }
    let devices = account.devices().all().unwrap();
    let told: Vec<_> = devices
        .iter()
        .map(|d| (d.name.as_str(), d.has_password))
        .collect();
    assert_eq!(told, [("laptop", true), ("phone", false)]);
    account.devices().remove(&laptop).unwrap();
    assert!(
        account
            .devices()
            .login(&laptop, password.expose(), None)
            .unwrap()
            .is_none()
    );
}

#[test]
fn devices_that_name_themselves_have_an_end() {
    let mut world = World::of(&["alice"]);
    let account = world.at("alice");
    let name = |n: u32| DeviceName::parse(&format!("d{n}")).unwrap();
    let made = (0..100)
        .filter(|n| account.devices().guest(&name(*n)).unwrap().is_some())
        .count();
    assert_eq!(made, 64);
    assert!(
        account.devices().guest(&name(0)).unwrap().is_some(),
        "who is there stays"
    );
    let refused = account.devices().add(&name(100));
    assert!(matches!(
        refused,
        Err(AccountError::Device(DeviceError::TooMany(_)))
    ));
}

#[test]
fn what_a_device_was_handed_is_kept_together_and_never_falls() {
    let (mut world, _) = three_texts("");
    let account = world.at("bob");
    let names = ["laptop", "phone"].map(|name| DeviceName::parse(name).unwrap());
    for name in &names {
        account.devices().add(name).unwrap();
    }
    world.say("bob", "alice", "four");
    world.say("bob", "alice", "five");
    let account = world.at("bob");
    let newest = account.look(|tx| Ok(tx.texts().newest_row()?)).unwrap();
    let [laptop, phone] = names;
    account
        .devices()
        .handed(&[(laptop.clone(), newest), (phone, newest - 1)])
        .unwrap();
    account.devices().handed(&[(laptop, 1)]).unwrap();
    let devices = account.devices().all().unwrap();
    let behind: Vec<u64> = devices
        .iter()
        .map(|d| account.devices().behind(d).unwrap())
        .collect();
    assert_eq!(behind, [0, 1]);
    assert!(devices.iter().all(|device| device.seen.is_some()));
}
