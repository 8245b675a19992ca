//! Removals by who could not remove any more.

use super::*;

/// Bob's removal of dave crosses alice's of bob: neither side's dave comes back, and nothing that dave did falls.
#[test]
fn a_late_removal_voids_nothing() {
    let mut scene = scene();
    scene.does(ALICE, &Scene::admin(DAVE, true)).unwrap();
    let old = scene.clone();
    // Bob, from long ago, when dave was none.
    let mut bobs = old.cut_before(&Scene::admin(DAVE, true));
    bobs.does(BOB, &Scene::remove(DAVE)).unwrap();
    scene.does(DAVE, &scene.add(MALLORY)).unwrap();
    scene.does(ALICE, &Scene::remove(BOB)).unwrap();
    scene.hears_of(&bobs);
    assert_eq!(scene.members(), [ALICE, CAROL, MALLORY]);
}

/// Carol, who was put out, is in again, an admin, and has added mallory; then comes what bob pretends to have done before.
fn again(mut scene: Scene, acts_before: usize) -> Scene {
    let mut bobs = scene.cut_before(&Scene::remove(CAROL));
    for _ in 0..acts_before {
        bobs.does(BOB, &What::Rooms(vec![])).unwrap();
    }
    bobs.does(BOB, &Scene::remove(CAROL)).unwrap();
    scene.does(ALICE, &scene.add(CAROL)).unwrap();
    scene.does(ALICE, &Scene::admin(CAROL, true)).unwrap();
    scene.does(CAROL, &scene.add(MALLORY)).unwrap();
    scene.hears_of(&bobs);
    scene
}

#[test]
fn a_late_removal_does_not_undo_an_add_that_had_not_seen_it() {
    // It is read before the add, and after all.
    for acts_before in [0, 9] {
        let mut scene = scene();
        scene.does(ALICE, &Scene::remove(CAROL)).unwrap();
        scene.does(ALICE, &Scene::remove(BOB)).unwrap();
        let mut scene = again(scene, acts_before);
        assert_eq!(scene.members(), [ALICE, DAVE, MALLORY], "{acts_before}");
        scene.does(ALICE, &scene.add(CAROL)).unwrap();
        assert_eq!(scene.members(), [ALICE, CAROL, DAVE, MALLORY]);
    }
}

#[test]
fn a_removal_by_who_still_could_does() {
    for acts_before in [0, 9] {
        let mut scene = scene();
        scene.does(ALICE, &Scene::remove(CAROL)).unwrap();
        let scene = again(scene, acts_before);
        assert_eq!(scene.members(), [ALICE, BOB, DAVE], "{acts_before}");
    }
}
