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

/// Four fill the book with other acts at each member. What the founder has seen all hold in the end.
#[test]
fn what_the_founder_has_seen_is_in_every_full_book() {
    let mut scene = scene();
    scene.does(ALICE, &scene.add(MALLORY)).unwrap();
    for who in [CAROL, DAVE, MALLORY] {
        scene.does(ALICE, &Scene::admin(who, true)).unwrap();
    }
    let flood = |who, from: usize| -> Vec<Act> {
        (from..from + 128)
            .map(|n| scene.act(who, title(n)))
            .collect()
    };
    let full = |from: usize| {
        let mut one = scene.clone();
        for who in [BOB, CAROL, DAVE, MALLORY] {
            one.book.take(flood(who, from), &verify);
        }
        assert_eq!(one.book.count(), MAX_ACTS);
        one
    };
    let (mut one, mut other, mut alices) = (full(0), full(100), full(200));
    // Nobody else can bring them together.
    let mut carols = other.clone();
    assert_eq!(carols.does(CAROL, &Scene::remove(BOB)), Err(Refused::Full));
    // Nothing is built on all of it yet: each names eight.
    for _ in 0..80 {
        alices.does(ALICE, &What::Rooms(vec![])).unwrap();
    }
    alices.does(ALICE, &Scene::remove(BOB)).unwrap();
    for book in [&mut one, &mut other] {
        // By letters, of which each holds no more than some; nothing is kept of what one brought in vain.
        while book.members().contains(&BOB) {
            let lacking = alices.book.lacking(&book.book.heads());
            let acts = lacking.into_iter().take(30).cloned().collect();
            book.book.take(acts, &verify);
        }
        book.hears_of(&alices);
        assert!(
            alices
                .book
                .nodes
                .iter()
                .all(|node| book.book.holds(node.id))
        );
        assert_eq!(book.members(), [ALICE, CAROL, DAVE, MALLORY]);
        assert!(book.book.count() > MAX_ACTS + 81);
    }
    // The founder's own book is as full as it was.
    let count = alices.book.count();
    alices.hears_of(&one);
    assert_eq!(alices.book.count(), count);
}

#[test]
fn a_founder_who_lies_fills_no_book_without_end() {
    let mut scene = scene();
    let act = scene.act(BOB, title(0));
    let node = |n: u64| {
        let mut act = act.clone();
        act.bytes.extend(n.to_be_bytes());
        act
    };
    let mut acts: Vec<_> = scene.book.nodes.iter().map(|it| it.act.clone()).collect();
    acts.extend((0..).map(node).take(2040 - acts.len()));
    scene.book = Book::restored(acts).unwrap();
    let founders = scene.act(ALICE, title(1));
    let before: Vec<_> = scene.book.nodes.iter().skip(100).collect();
    let with = |count: usize| scene.book.is_within(&founders, &before[..count]);
    assert_eq!((with(7), with(8)), (Ok(()), Err(Refused::Full)));
    assert_eq!(with(0), Ok(()));
}

/// Somebody who is out sends ten thousand acts, of which each says of itself something else of when it was done.
#[test]
fn of_ten_thousand_acts_of_who_is_out_few_are_kept() {
    let mut scene = scene();
    let before = scene.clone();
    for who in [BOB, CAROL] {
        scene.does(ALICE, &Scene::remove(who)).unwrap();
    }
    let flood = |who: usize| -> Vec<Act> {
        (0..10_000)
            .map(|n| match n % 4 {
                0 => scene.act(who, title(n)),
                1 => before.act(who, title(n)),
                2 => Act {
                    bytes: n.to_be_bytes().to_vec(),
                    ..before.act(who, Scene::remove(DAVE))
                },
                _ => {
                    let mut act = before.act(who, title(n));
                    act.value.parents = vec![ActId([9; 32])];
                    act
                }
            })
            .collect()
    };
    let roster = scene.book.roster();
    // Carol was a member: nothing of that was ever theirs to do. Bob was an admin: so much they may have done beside that.
    for (who, most) in [(CAROL, 0), (BOB, 128)] {
        let mut one = scene.clone();
        let looks = Cell::new(0_usize);
        let counts = |key, bytes: &[u8], signature: &Signature| {
            looks.set(looks.get() + 1);
            verify(key, bytes, signature)
        };
        for acts in flood(who).chunks(128) {
            let left = one.book.take(acts.to_vec(), &counts);
            assert!(left.len() <= acts.len());
        }
        assert!(one.book.count() <= scene.book.count() + most, "{who}");
        assert!(looks.get() <= 10_000, "{who}: {} looks", looks.get());
        assert_eq!(one.members(), scene.members(), "{who}");
        assert_eq!(one.book.roster().title, roster.title, "{who}");
    }
}

/// What would take too long at once is judged when it comes again.
#[test]
fn a_letter_is_judged_as_far_as_a_bound() {
    let mut scene = scene();
    let before = scene.clone();
    for n in 0..20 {
        scene.does(ALICE, &title(n)).unwrap();
    }
    let acts: Vec<Act> = scene.book.nodes.iter().map(|it| it.act.clone()).collect();
    let mut one = before;
    let mut letters = 0;
    while one.book.count() < acts.len() {
        let (news, count) = (acts[1..].to_vec(), one.book.count());
        let left = one.book.take_within(news, &verify, 100);
        assert!(
            one.book.count() > count,
            "some are judged, however many there are"
        );
        assert!(one.book.count() <= count + 20);
        assert_eq!(left.len(), acts.len() - one.book.count());
        let later = left.iter().skip(1);
        let is_so = |why: &Refused| matches!(why, Refused::Enough | Refused::Waits);
        assert!(later.clone().all(|(_, why)| is_so(why)));
        assert!(left.first().is_none_or(|(_, why)| *why == Refused::Enough));
        letters += 1;
    }
    assert!((3..=20).contains(&letters), "{letters}");
    assert_eq!(one.book.roster(), scene.book.roster());
}
