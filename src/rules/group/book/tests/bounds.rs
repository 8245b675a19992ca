//! How many members there are, and acts.

use std::cell::Cell;

use super::*;

fn title(name: usize) -> What {
    What::Title(Title {
        name: name.to_string(),
        topic: String::new(),
    })
}

#[test]
fn a_group_has_fifty_members() {
    let mut scene = Scene::new();
    for who in 1..50 {
        scene.does(ALICE, &scene.add(who)).unwrap();
    }
    assert_eq!(scene.members().len(), 50);
    assert_eq!(scene.does(ALICE, &scene.add(50)), Err(Refused::Idle));
}

#[test]
fn who_is_late_out_is_none_of_the_fifty() {
    let mut scene = scene();
    for who in 4..50 {
        scene.does(ALICE, &scene.add(who)).unwrap();
    }
    let mut beside = scene.clone();
    beside.does(BOB, &Scene::remove(CAROL)).unwrap();
    scene.does(ALICE, &Scene::admin(BOB, false)).unwrap();
    scene.hears_of(&beside);
    scene.does(ALICE, &scene.add(50)).unwrap();
    let members = scene.members();
    assert!(members.contains(&50) && !members.contains(&CAROL));
    assert_eq!(members.len(), 50);
    assert_eq!(scene.does(ALICE, &scene.add(CAROL)), Err(Refused::Idle));
}

#[test]
fn an_author_has_64_acts_and_one_more_to_go() {
    let rooms = What::Rooms(vec![]);
    let mut scene = scene();
    for _ in 0..64 {
        scene.does(BOB, &rooms).unwrap();
    }
    assert_eq!(scene.does(BOB, &rooms), Err(Refused::Misplaced));
    let mut removed = scene.clone();
    assert_eq!(removed.does(ALICE, &Scene::remove(BOB)), Ok(()));
    assert_eq!(scene.does(BOB, &What::Leave), Ok(()));
    assert_eq!(scene.members(), [ALICE, CAROL, DAVE]);
    // Once.
    scene.does(ALICE, &scene.add(BOB)).unwrap();
    assert_eq!(scene.does(BOB, &What::Leave), Err(Refused::Misplaced));
}

#[test]
fn the_founder_has_128_acts() {
    let rooms = What::Rooms(vec![]);
    let mut scene = scene();
    while scene.deed(ALICE, rooms.clone()).number < 128 {
        scene.does(ALICE, &rooms).unwrap();
    }
    let mut gone = scene.clone();
    assert_eq!(gone.does(ALICE, &What::Leave), Ok(()));
    assert_eq!(scene.does(ALICE, &Scene::remove(BOB)), Ok(()));
    assert_eq!(scene.does(ALICE, &What::Leave), Err(Refused::Misplaced));
}

/// Of what one does beside their own acts 128 are taken; more as soon as somebody else has built on it.
#[test]
fn who_floods_is_not_heard_for_ever_but_parts_nobody() {
    let mut scene = scene();
    scene.does(ALICE, &Scene::admin(CAROL, true)).unwrap();
    let flood: Vec<Act> = (0..300).map(|n| scene.act(BOB, title(n))).collect();
    let mut one = scene.clone();
    let left = one.book.take(flood.clone(), &verify);
    assert_eq!(left.len(), 300 - 128);
    assert!(left.iter().all(|(_, why)| *why == Refused::Surplus));
    // Bob's own word for it is none.
    let mut bobs = scene.clone();
    bobs.take(&left[0].0).unwrap();
    bobs.does(BOB, &title(0)).unwrap();
    let count = one.book.count();
    one.hears_of(&bobs);
    assert_eq!(one.book.count(), count);
    // Others hold others, and put bob out.
    let mut other = scene.clone();
    other.book.take(
        left.iter().map(|(act, _)| act.clone()).take(3).collect(),
        &verify,
    );
    other.does(ALICE, &Scene::remove(BOB)).unwrap();
    one.hears_of(&other);
    assert_eq!(one.book.count(), count + 4);
    assert_eq!(one.members(), [ALICE, CAROL, DAVE]);
    assert_eq!(one.book.roster(), other.book.roster());
}

/// What was too many is judged once, however many build on it, and a forged copy of it stands in nobody's way.
#[test]
fn what_was_too_many_is_judged_once() {
    let mut scene = scene();
    scene.does(ALICE, &Scene::admin(CAROL, true)).unwrap();
    let flood: Vec<Act> = (0..150).map(|n| scene.act(BOB, title(n))).collect();
    // Carol holds what is too many for one, and does a lot.
    let mut carols = scene.clone();
    assert!(carols.book.take(flood[128..].to_vec(), &verify).is_empty());
    for _ in 0..20 {
        carols.does(CAROL, &What::Rooms(vec![])).unwrap();
    }
    scene.book.take(flood[..128].to_vec(), &verify);
    let (before, lacking) = (scene.book.count(), carols.book.lacking(&scene.book.heads()));
    let forged = lacking.iter().map(|act| {
        let mut act = Act::clone(act);
        act.signature.0[0] ^= 1;
        act
    });
    let acts: Vec<Act> = forged
        .clone()
        .chain(lacking.iter().copied().cloned())
        .chain(forged)
        .collect();
    let looks = Cell::new(0);
    let counts = |key, bytes: &[u8], signature: &Signature| {
        looks.set(looks.get() + 1);
        verify(key, bytes, signature)
    };
    assert!(scene.book.take(acts.clone(), &counts).is_empty());
    assert_eq!(scene.book.count(), before + 22 + 20);
    assert_eq!(scene.book.roster().rooms, vec![]);
    assert!(looks.get() <= acts.len(), "{} looks", looks.get());
    // As it would be from the same acts, one by one.
    let nodes = scene.book.nodes.iter().map(|node| node.act.clone());
    let again = Book::restored(nodes.collect()).unwrap();
    for (one, other) in scene.book.nodes.iter().zip(&again.nodes) {
        assert_eq!((one.bit, &one.past), (other.bit, &other.past));
    }
}

/// Two who filled the book can still be put out.
#[test]
fn of_a_full_book_the_founder_is_still_heard() {
    let mut scene = scene();
    for who in [CAROL, DAVE] {
        scene.does(ALICE, &Scene::admin(who, true)).unwrap();
    }
    scene.does(ALICE, &scene.add(MALLORY)).unwrap();
    scene.does(ALICE, &Scene::admin(MALLORY, true)).unwrap();
    for who in [BOB, CAROL, DAVE, MALLORY] {
        let acts: Vec<Act> = (0..300).map(|n| scene.act(who, title(n))).collect();
        scene.book.take(acts, &verify);
    }
    assert_eq!(scene.book.count(), MAX_ACTS);
    assert_eq!(scene.does(BOB, &title(0)), Err(Refused::Full));
    assert_eq!(scene.does(ALICE, &Scene::remove(BOB)), Ok(()));
}
