//! What somebody may be told who is out.

use super::*;

fn title(name: &str) -> What {
    let (name, topic) = (name.to_owned(), String::new());
    What::Title(Title { name, topic })
}

/// The names that somebody who is out may hear.
fn names(scene: &Scene, who: usize) -> Vec<String> {
    let open = scene.book.open_to(MemberId::of(key(who).ed25519));
    let name = |act: &Act| match &act.value.what {
        What::Title(title) => Some(title.name.clone()),
        _ => None,
    };
    open.lacking(&[]).into_iter().filter_map(name).collect()
}

#[test]
fn who_is_put_out_learns_that_and_what_the_others_did_who_had_not_heard_of_it() {
    let mut scene = scene();
    let mut bobs = scene.clone();
    scene.does(ALICE, &title("before")).unwrap();
    scene.does(ALICE, &Scene::remove(CAROL)).unwrap();
    scene.does(ALICE, &title("after")).unwrap();
    bobs.does(BOB, &title("beside")).unwrap();
    scene.hears_of(&bobs);
    scene.does(BOB, &title("after both")).unwrap();
    let mut heard = names(&scene, CAROL);
    heard.sort();
    assert_eq!(heard, ["before", "beside"]);
    let carol = MemberId::of(key(CAROL).ed25519);
    let open = scene.book.open_to(carol);
    assert!(!open.roster().members.contains_key(&carol));
    assert_eq!(open.heads().len(), 2, "the removal, and what is beside it");
}

#[test]
fn who_comes_back_may_hear_of_what_was_without_them() {
    let mut scene = scene();
    scene.does(ALICE, &Scene::remove(CAROL)).unwrap();
    scene.does(ALICE, &title("without")).unwrap();
    scene.does(ALICE, &scene.add(CAROL)).unwrap();
    scene.does(CAROL, &What::Leave).unwrap();
    scene.does(ALICE, &title("after")).unwrap();
    assert_eq!(names(&scene, CAROL), ["without"]);
}

/// Bob, who is put out, has taken mallory in meanwhile: with him goes what he did, and nobody has put mallory out.
#[test]
fn whose_coming_in_is_void_learns_why() {
    let mut scene = scene();
    let mut bobs = scene.clone();
    bobs.does(BOB, &scene.add(MALLORY)).unwrap();
    scene.does(ALICE, &Scene::remove(BOB)).unwrap();
    scene.hears_of(&bobs);
    scene.does(ALICE, &title("after")).unwrap();
    let open = scene.book.open_to(MemberId::of(key(MALLORY).ed25519));
    assert_eq!(names(&scene, MALLORY), [""; 0]);
    assert_eq!(open.count() + 1, scene.book.count());
}
