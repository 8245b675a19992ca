//! `roster.toml`: rendered, edited by hand, broken, missing, stale.

use std::fs;

use iim::rules::effect::Notice;
use iim::rules::event::Act;

use crate::world::{MINUTE, World, address};

fn file(world: &mut World) -> String {
    fs::read_to_string(world.some("alice").home.roster()).unwrap()
}

fn write(world: &mut World, text: &str) {
    fs::write(world.some("alice").home.roster(), text).unwrap();
}

/// Takes edits as a running program does, and gives what was said of them.
fn take(world: &mut World) -> Vec<String> {
    let notices = world.at("alice").take_edits().unwrap();
    let words = notices.into_iter().filter_map(|notice| match notice {
        Notice::Word { text, .. } => Some(text),
        _ => None,
    });
    words.collect()
}

#[test]
fn the_file_follows_every_change() {
    let mut world = World::of(&["alice", "bob"]);
    assert!(!file(&mut world).contains("\n[[friend]]"));
    world.add("alice", "bob");
    assert!(file(&mut world).contains("standing = \"asked\""));
    world.exchange();
    world.accept("bob", "alice");
    world.exchange();
    assert!(
        file(&mut world).contains("standing = \"friend\""),
        "{}",
        file(&mut world)
    );
    let revision = |text: &str| text.lines().next().unwrap().to_owned();
    let before = revision(&file(&mut world));
    world.say("alice", "bob", "a text");
    world.say("bob", "alice", "a text");
    world.exchange();
    assert_eq!(revision(&file(&mut world)), before, "texts do not touch it");
    let secret = iim::protocol::hex::encode(&world.secret("bob").0);
    assert!(!file(&mut world).contains(&secret));
}

#[test]
fn edits_are_taken_as_the_commands_they_mean() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let before = world.secret("alice");
    let text = file(&mut world)
        .replace("name = \"bob\"", "name = \"Bobby\"")
        .replace("visible = true", "visible = false")
        .replace("note = \"\"", "note = \"from school\"");
    write(&mut world, &text);
    assert_eq!(take(&mut world), Vec::<String>::new());
    let person = world.person("alice", "bob");
    assert_eq!(
        (person.name.as_str(), person.note.as_str()),
        ("Bobby", "from school")
    );
    assert!(!person.visible);
    assert_ne!(world.secret("alice"), before, "a hide rotates");
    assert_ne!(file(&mut world), text, "rendered again");
    let text = file(&mut world).replace("blocked = false", "blocked = true");
    write(&mut world, &text);
    take(&mut world);
    assert!(world.person("alice", "bob").blocked);
    let epoch = world.at("alice").state().unwrap().epoch;
    let kept = world.some("alice").home.epochs().read().unwrap();
    assert_eq!(kept, epoch, "a backup does not take it back");
}

#[test]
fn an_edit_is_taken_before_another_program_renders_over_it() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let text = file(&mut world).replace("name = \"bob\"", "name = \"Bobby\"");
    write(&mut world, &text);
    world.add("alice", "carol");
    assert_eq!(world.person("alice", "bob").name, "Bobby");
    let text = file(&mut world);
    assert!(
        text.contains("\"Bobby\"") && text.contains("carol"),
        "{text}"
    );
    assert!(
        world
            .some("alice")
            .home
            .roster()
            .with_extension("toml~")
            .exists()
    );
}

#[test]
fn what_is_no_edit_is_put_back_and_said() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let rendered = file(&mut world);
    let start = rendered.find("[[friend]]").unwrap();
    write(&mut world, &rendered[..start]);
    let words = take(&mut world);
    assert!(
        words[0].contains("was put back") && words[0].contains("iim remove"),
        "{words:?}"
    );
    assert_eq!(world.standing("alice", "bob"), "friend");
    assert!(file(&mut world).contains("bob@example.net"));

    let text = file(&mut world).replace("standing = \"friend\"", "standing = \"asked\"");
    write(&mut world, &text);
    let words = take(&mut world);
    assert!(words[0].contains("standing"), "{words:?}");
    assert_eq!(world.standing("alice", "bob"), "friend");
    assert!(file(&mut world).contains("standing = \"friend\""));
}

#[test]
fn an_edit_that_cannot_be_is_refused_and_said() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let text = file(&mut world).replace("name = \"bob\"", "name = \"carol\"");
    write(&mut world, &text);
    let words = take(&mut world);
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("carol"), "{words:?}");
    assert_eq!(world.person("alice", "bob").name, "bob");
}

#[test]
fn a_broken_file_is_kept_aside_and_said_with_its_line() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let text = file(&mut world).replace("visible = true", "visible = maybe");
    write(&mut world, &text);
    let words = take(&mut world);
    assert!(
        words[0].contains("line ") && words[0].contains("column "),
        "{words:?}"
    );
    let kept = world
        .some("alice")
        .home
        .roster()
        .with_extension("toml.broken");
    assert_eq!(fs::read_to_string(kept).unwrap(), text);
    assert!(file(&mut world).contains("visible = true"));
    assert!(world.person("alice", "bob").visible);
    assert_eq!(take(&mut world), Vec::<String>::new());
}

#[test]
fn a_broken_file_is_said_by_the_act_that_meets_it() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let text = file(&mut world).replace("visible = true", "visible = maybe");
    write(&mut world, &text);
    world.add("alice", "carol");
    let words = world.words("alice");
    assert!(
        words
            .iter()
            .any(|word| word.contains("roster.toml was not taken")),
        "{words:?}"
    );
}

#[test]
fn an_empty_or_missing_file_is_rendered_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    for missing in [false, true] {
        if missing {
            fs::remove_file(world.some("alice").home.roster()).unwrap();
        } else {
            write(&mut world, "");
        }
        assert_eq!(take(&mut world), Vec::<String>::new());
        assert!(
            file(&mut world).contains("bob@example.net"),
            "missing {missing}"
        );
        assert_eq!(world.standing("alice", "bob"), "friend");
    }
}

#[test]
fn a_stale_text_put_back_is_no_edit() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let stale = file(&mut world);
    world.act("alice", Act::Rename(address("bob"), "Bobby".into()));
    world.act("alice", Act::Hide(vec![address("bob")]));
    let secret = world.secret("alice");
    write(&mut world, &stale);
    assert_eq!(take(&mut world), Vec::<String>::new());
    let person = world.person("alice", "bob");
    assert_eq!((person.name.as_str(), person.visible), ("Bobby", false));
    assert_eq!(world.secret("alice"), secret);
    assert!(file(&mut world).contains("Bobby"));
}

#[test]
fn a_stale_text_with_an_edit_means_that_edit_alone() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let stale = file(&mut world);
    world.act("alice", Act::Rename(address("bob"), "Bobby".into()));
    write(
        &mut world,
        &stale.replace("name = \"carol\"", "name = \"Caro\""),
    );
    assert_eq!(take(&mut world), Vec::<String>::new());
    assert_eq!(world.person("alice", "bob").name, "Bobby");
    assert_eq!(world.person("alice", "carol").name, "Caro");
}

#[test]
fn a_rendering_cut_short_is_made_good() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world
        .store("alice")
        .transact(|tx| tx.meta_set("roster_dirty", "1"))
        .unwrap();
    let before = file(&mut world);
    take(&mut world);
    assert_ne!(file(&mut world), before, "another revision");
    let before = file(&mut world);
    take(&mut world);
    assert_eq!(file(&mut world), before);
}

#[test]
fn the_file_is_right_after_letters_left() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Rotate { if_older: None });
    assert!(file(&mut world).contains("told = false"));
    world.pass(2 * MINUTE);
    assert!(
        file(&mut world).contains("told = true"),
        "{}",
        file(&mut world)
    );
}

#[test]
fn a_file_older_than_all_that_is_remembered_is_not_obeyed() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let old = file(&mut world);
    world.act("alice", Act::Hide(vec![address("bob")]));
    for n in 0..25 {
        world.act("alice", Act::Note(address("carol"), format!("note {n}")));
    }
    let path = world.some("alice").home.roster();
    std::fs::write(&path, old).unwrap();
    let told = world.at("alice").take_edits().unwrap();
    assert!(
        !world.person("alice", "bob").visible,
        "they were shown again"
    );
    assert_eq!(told.len(), 1);
    assert!(file(&mut world).contains("note 24"), "it is rendered again");
}

#[test]
fn no_revision_comes_again_after_a_backup_was_put_back() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let backup = world.copy_home("alice", "backup");
    world.act("alice", Act::Note(address("carol"), "one".into()));
    let edited = file(&mut world);
    world.wait(60);
    crate::restored::restore(&mut world, "alice", &backup);
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.act("alice", Act::Note(address("carol"), "two".into()));
    let path = world.some("alice").home.roster();
    std::fs::write(&path, edited).unwrap();
    world.at("alice").take_edits().unwrap();
    assert!(
        !world.person("alice", "bob").visible,
        "they were shown again"
    );
}
