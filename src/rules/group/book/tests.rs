//! Books of honest people, of stale ones, and of those who lie.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "tests"
)]

mod bounds;
mod chance;
mod late;
mod open;
mod restored;
mod scene;

use super::*;
use crate::protocol::group::{Deed, Title, What};
use scene::{Scene, key, verify};

/// People by number; 0 is the founder.
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
const MALLORY: usize = 4;

/// A group with bob, carol and dave in it, bob an admin.
fn scene() -> Scene {
    let mut scene = Scene::new();
    for who in [BOB, CAROL, DAVE] {
        scene.does(ALICE, &scene.add(who)).unwrap();
    }
    scene.does(ALICE, &Scene::admin(BOB, true)).unwrap();
    scene
}

#[test]
fn who_may_do_what() {
    use Refused::{Forged, Idle};
    let scene = scene();
    let title = || {
        What::Title(Title {
            name: "chess".to_owned(),
            topic: String::new(),
        })
    };
    let rows: Vec<(&str, usize, What, Result<(), Refused>)> = vec![
        ("a member adds", CAROL, scene.add(MALLORY), Err(Idle)),
        ("an admin adds", BOB, scene.add(MALLORY), Ok(())),
        ("one who is in is added", ALICE, scene.add(CAROL), Err(Idle)),
        ("a stranger adds", MALLORY, scene.add(MALLORY), Err(Idle)),
        ("a member removes", CAROL, Scene::remove(DAVE), Err(Idle)),
        ("an admin removes", BOB, Scene::remove(DAVE), Ok(())),
        (
            "an admin removes the founder",
            BOB,
            Scene::remove(ALICE),
            Err(Idle),
        ),
        (
            "an admin removes themselves",
            BOB,
            Scene::remove(BOB),
            Err(Idle),
        ),
        (
            "the founder removes an admin",
            ALICE,
            Scene::remove(BOB),
            Ok(()),
        ),
        (
            "one who is out is removed",
            ALICE,
            Scene::remove(MALLORY),
            Err(Idle),
        ),
        ("a member goes", CAROL, What::Leave, Ok(())),
        ("a stranger goes", MALLORY, What::Leave, Err(Idle)),
        (
            "an admin makes an admin",
            BOB,
            Scene::admin(CAROL, true),
            Ok(()),
        ),
        (
            "an admin is made one",
            ALICE,
            Scene::admin(BOB, true),
            Err(Idle),
        ),
        (
            "a member makes an admin",
            CAROL,
            Scene::admin(CAROL, true),
            Err(Idle),
        ),
        (
            "an admin unmakes the founder",
            BOB,
            Scene::admin(ALICE, false),
            Err(Idle),
        ),
        (
            "the founder unmakes an admin",
            ALICE,
            Scene::admin(BOB, false),
            Ok(()),
        ),
        (
            "one who is none is unmade",
            ALICE,
            Scene::admin(CAROL, false),
            Err(Idle),
        ),
        ("an admin names it", BOB, title(), Ok(())),
        ("a member names it", CAROL, title(), Err(Idle)),
        (
            "an admin says where its rooms are",
            BOB,
            What::Rooms(vec![]),
            Ok(()),
        ),
        ("a member says so", CAROL, What::Rooms(vec![]), Err(Idle)),
        (
            "a member renews keys",
            CAROL,
            scene.renew(CAROL, 90),
            Ok(()),
        ),
        ("to another's", CAROL, scene.renew(CAROL, DAVE), Err(Idle)),
        (
            "a stranger does",
            MALLORY,
            scene.renew(MALLORY, 90),
            Err(Idle),
        ),
        (
            "keys that did not agree",
            CAROL,
            scene.renew_of_others(CAROL, 90),
            Err(Forged),
        ),
    ];
    for (what, who, does, expected) in rows {
        let mut scene = scene.clone();
        assert_eq!(scene.does(who, &does), expected, "{what}");
    }
}

/// What is done to a deed before it is signed.
type Change = fn(&mut Deed);

#[test]
fn an_act_says_rightly_where_it_stands() {
    let scene = scene();
    let honest = scene.deed(BOB, Scene::remove(DAVE));
    let one = |change: Change| {
        let mut deed = honest.clone();
        change(&mut deed);
        let mut scene = scene.clone();
        scene.takes(BOB, &deed)
    };
    assert_eq!(one(|_| ()), Ok(()));
    let rows: [(&str, Change, Refused); 10] = [
        ("no group", |deed| deed.group = None, Refused::Foreign),
        (
            "another",
            |deed| deed.group = Some(GroupId([7; 16])),
            Refused::Foreign,
        ),
        ("too deep", |deed| deed.depth += 1, Refused::Misplaced),
        (
            "not deep enough",
            |deed| deed.depth -= 1,
            Refused::Misplaced,
        ),
        (
            "no parents",
            |deed| deed.parents.clear(),
            Refused::Misplaced,
        ),
        (
            "one twice",
            |deed| deed.parents.push(deed.parents[0]),
            Refused::Misplaced,
        ),
        (
            "unknown ones",
            |deed| deed.parents.push(ActId([9; 32])),
            Refused::Waits,
        ),
        ("no first", |deed| deed.number = 2, Refused::Misplaced),
        (
            "one before that is none",
            |deed| deed.before = Some(ActId([9; 32])),
            Refused::Misplaced,
        ),
        (
            "of another",
            |deed| deed.author = MemberId::of(key(CAROL).ed25519),
            Refused::Forged,
        ),
    ];
    for (what, change, why) in rows {
        assert_eq!(one(change), Err(why), "{what}");
    }
}

/// Alice removes bob; bob, who has not heard of it or pretends so, goes on.
#[test]
fn what_the_removed_did_beside_that_is_void_but_for_whom_they_put_out() {
    let scene = scene();
    let mut bobs = scene.clone();
    bobs.does(BOB, &bobs.add(MALLORY)).unwrap();
    bobs.does(BOB, &Scene::admin(MALLORY, true)).unwrap();
    bobs.does(MALLORY, &Scene::remove(CAROL)).unwrap();
    bobs.does(BOB, &Scene::remove(DAVE)).unwrap();
    let mut all = scene.clone();
    all.does(ALICE, &Scene::remove(BOB)).unwrap();
    // Deeper than all that.
    for _ in 0..6 {
        all.does(ALICE, &What::Rooms(vec![])).unwrap();
    }
    all.hears_of(&bobs);
    assert_eq!(all.members(), [ALICE]);
    // Consent is asked anew.
    let stale = all.add(DAVE);
    assert_eq!(
        scene.clone().does(ALICE, &stale),
        Err(Refused::Idle),
        "in, as yet"
    );
    all.does(ALICE, &all.add(DAVE)).unwrap();
    all.does(ALICE, &all.add(CAROL)).unwrap();
    assert_eq!(all.members(), [ALICE, CAROL, DAVE]);
}

#[test]
fn nobody_comes_back_by_an_add_that_had_not_seen_their_removal() {
    let mut scene = scene();
    let mut bobs = scene.clone();
    scene.does(ALICE, &Scene::remove(CAROL)).unwrap();
    // Carol's consent of before, used by whoever had not heard.
    bobs.does(BOB, &Scene::remove(CAROL)).unwrap();
    bobs.does(BOB, &bobs.add(CAROL)).unwrap();
    scene.hears_of(&bobs);
    assert_eq!(scene.members(), [ALICE, BOB, DAVE]);
}

#[test]
fn an_agreement_is_used_once() {
    let mut scene = scene();
    let agreement = scene.add(MALLORY);
    scene.does(ALICE, &agreement).unwrap();
    scene.does(MALLORY, &What::Leave).unwrap();
    assert_eq!(scene.does(ALICE, &agreement), Err(Refused::Idle));
    scene.does(ALICE, &scene.add(MALLORY)).unwrap();
}

#[test]
fn a_founding_is_the_founders_own() {
    let act = Scene::founding();
    assert!(Book::found(act.clone(), &verify).is_ok());
    let mut forged = act.clone();
    forged.signature.0[0] ^= 1;
    assert_eq!(Book::found(forged, &verify).unwrap_err(), Refused::Forged);
    let mut forged = act;
    forged.value.author = MemberId::of(key(BOB).ed25519);
    assert_eq!(Book::found(forged, &verify).unwrap_err(), Refused::Forged);
    let scene = scene();
    let other = scene.act(ALICE, scene.add(MALLORY));
    assert_eq!(Book::found(other, &verify).unwrap_err(), Refused::Foreign);
}

#[test]
fn whoever_shows_old_heads_is_sent_what_they_lack() {
    let mut scene = scene();
    let old = scene.clone();
    assert!(scene.book.lacking(&scene.book.heads()).is_empty());
    scene.does(ALICE, &Scene::remove(DAVE)).unwrap();
    scene.does(BOB, &What::Rooms(vec![])).unwrap();
    let lacking = scene.book.lacking(&old.book.heads());
    assert_eq!(lacking.len(), 2);
    assert!(lacking[0].value.depth < lacking[1].value.depth);
    // Heads that nobody knows stand for nothing, and cause no more than all.
    assert_eq!(
        scene.book.lacking(&[ActId([3; 32])]).len(),
        scene.book.count()
    );
    assert_eq!(
        old.book.lacking(&scene.book.heads()).len(),
        old.book.count()
    );
}

/// Who is taken in has agreed to it, with their own keys, to this group.
/// What is done to an agreement, in words too, and what becomes of it.
type Changed = (&'static str, fn(&mut Entry), Result<(), Refused>);

#[test]
fn an_agreement_is_its_owners_own() {
    let scene = scene();
    let What::Add(agreement) = scene.add(MALLORY) else {
        unreachable!("they are added");
    };
    let add = |change: fn(&mut Entry)| {
        let mut entry = agreement.clone();
        change(&mut entry);
        let mut scene = scene.clone();
        scene.does(ALICE, &What::Add(entry))
    };
    let rows: [Changed; 5] = [
        ("as it is", |_| (), Ok(())),
        (
            "with nobody's signature",
            |entry| entry.signature.0[0] ^= 1,
            Err(Refused::Forged),
        ),
        (
            "other words than were signed",
            |entry| entry.bytes.push(0),
            Err(Refused::Forged),
        ),
        (
            "with another's keys",
            |entry| entry.value.keys = key(9),
            Err(Refused::Forged),
        ),
        (
            "to another group",
            |entry| entry.value.group = Some(GroupId([7; 16])),
            Err(Refused::Forged),
        ),
    ];
    for (what, change, expected) in rows {
        assert_eq!(add(change), expected, "{what}");
    }
}
