//! A book that was kept is what it was.

use super::*;

fn acts(book: &Book) -> Vec<Act> {
    book.nodes.iter().map(|node| node.act.clone()).collect()
}

/// Alike to the last bit, so that whatever is taken after it is judged alike.
fn assert_same(one: &Book, other: &Book) {
    assert_eq!(one.group, other.group);
    assert_eq!(one.bits, other.bits);
    for (one, other) in one.nodes.iter().zip(&other.nodes) {
        assert_eq!((one.id, one.bit), (other.id, other.bit));
        assert_eq!(one.act, other.act);
        assert_eq!(one.past, other.past);
    }
    assert_eq!(one.nodes.len(), other.nodes.len());
    assert_eq!(one.roster(), other.roster());
    assert_eq!(one.heads(), other.heads());
}

#[test]
fn a_book_is_restored_as_it_was() {
    let mut scene = scene();
    let mut bobs = scene.clone();
    scene.does(ALICE, &Scene::remove(BOB)).unwrap();
    bobs.does(BOB, &Scene::remove(CAROL)).unwrap();
    scene.hears_of(&bobs);
    let restored = Book::restored(acts(&scene.book)).unwrap();
    assert_same(&restored, &scene.book);
    // And lives on.
    let mut other = Scene { book: restored };
    assert_eq!(other.does(ALICE, &other.add(CAROL)), Ok(()));
    assert_eq!(scene.does(ALICE, &scene.add(CAROL)), Ok(()));
    assert_same(&other.book, &scene.book);
}

#[test]
fn acts_that_are_no_book_restore_none() {
    let scene = scene();
    let good = acts(&scene.book);
    let founding = good[0].clone();
    let twice = [good.as_slice(), &good[4..]].concat();
    let foreign = {
        let mut act = scene.act(BOB, Scene::remove(CAROL));
        act.value.group = Some(GroupId([7; 16]));
        vec![founding.clone(), act]
    };
    let rows = [
        ("nothing", vec![]),
        ("without a founding act", good[1..].to_vec()),
        (
            "a parent is missing",
            vec![founding.clone(), good[2].clone()],
        ),
        (
            "a parent comes after",
            vec![founding.clone(), good[2].clone(), good[1].clone()],
        ),
        ("an act comes twice", twice),
        ("two foundings", vec![founding.clone(), founding]),
        ("of another group", foreign),
    ];
    for (what, acts) in rows {
        assert!(Book::restored(acts).is_none(), "{what}");
    }
    assert!(Book::restored(good).is_some());
}

/// Nothing is judged anew, so a full book is there at once (taking one, act by act, lasts seconds).
#[test]
fn a_full_book_is_restored_without_a_look_at_what_it_says() {
    let mut scene = Scene::new();
    let mut kept = acts(&scene.book);
    while kept.len() < MAX_ACTS {
        // Nobody here could do that, and its author did not sign it.
        let mut act = scene.act(MALLORY + kept.len() % 8, Scene::remove(ALICE));
        act.signature.0[0] ^= 1;
        kept.push(act.clone());
        scene
            .book
            .put(act.clone(), act.id(), scene.book.placed(&act).unwrap());
    }
    let restored = Book::restored(kept).unwrap();
    assert_same(&restored, &scene.book);
}
