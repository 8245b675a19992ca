//! What `iim rotate` and `iim status` say of how far a new presence secret has got, held against what comes of it.

use std::collections::BTreeSet;
use std::process::Command;

use iim::edge::clock::Clock as _;
use serde_json::Value;

use crate::budget::{
    FRIENDS, Mails, ONLINE, PER_DAY, assert_never_more_than, name, pass_days, rotate, world,
};
use crate::world::{DAY, World, address};

/// `iim` as a command, on a copy of alice's account as it is now.
fn iim(world: &mut World, folder: &str, args: &[&str]) -> String {
    let home = world.copy_home("alice", folder);
    let folder = home.config().parent().unwrap().to_owned();
    let out = Command::new(env!("CARGO_BIN_EXE_iim"))
        .arg("--home")
        .arg(folder)
        .args(args)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// The days in "takes about 5 d".
fn promised(said: &str) -> u64 {
    let span = said.split_once("takes about ").unwrap().1;
    let (number, unit) = span.split_once(' ').unwrap();
    assert!(unit.starts_with('d'), "{said}");
    number.parse().unwrap()
}

#[test]
fn a_hundred_and_twenty_are_told_within_the_days_that_rotate_names() {
    let mut world = world();
    let said = iim(&mut world, "ahead", &["rotate"]);
    assert!(
        said.contains(&format!("telling {FRIENDS} friends")),
        "{said}"
    );
    let days = promised(&said);
    rotate(&mut world);
    let begun = world.clock.now().0;
    let mut mails = Mails::new();
    pass_days(&mut world, days + 2, &mut mails);

    assert_never_more_than(PER_DAY / 2, &mails);
    let told: BTreeSet<&str> = mails.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(told.len(), mails.len(), "each once");
    assert_eq!(
        told.len(),
        FRIENDS - ONLINE.len(),
        "all but those who were online"
    );
    for name in ONLINE {
        assert!(!told.contains(address(name).as_str()), "{name} was online");
        assert!(world.sees(name, "alice"), "{name} learnt it over IRC");
    }
    let took = mails.last().unwrap().0 - begun;
    assert!(
        took.abs_diff(days * DAY) < DAY,
        "promised {days} days, took {took} s"
    );
}

#[test]
fn status_names_who_has_not_been_told() {
    let mut world = world();
    rotate(&mut world);
    let untold = |world: &mut World, folder: &str| -> BTreeSet<String> {
        let status: Value =
            serde_json::from_str(&iim(world, folder, &["status", "--json"])).unwrap();
        let names = status["untold"].as_array().unwrap().iter();
        let names = names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        assert!(status["done_by"].is_string() || status["untold"] == Value::Array(Vec::new()));
        names
    };
    let all: BTreeSet<String> = (0..FRIENDS - ONLINE.len()).map(name).collect();
    assert_eq!(untold(&mut world, "at first"), all, "those online know it");
    let text = iim(&mut world, "in words", &["status"]);
    assert!(
        text.contains(&format!("{} friends not told", all.len())),
        "{text}"
    );
    let mut mails = Mails::new();
    pass_days(&mut world, 2, &mut mails);
    let told: BTreeSet<String> = mails
        .iter()
        .map(|(_, to)| to.split('@').next().unwrap().to_owned())
        .collect();
    assert_eq!(told.len(), PER_DAY);
    let left: BTreeSet<String> = all.difference(&told).cloned().collect();
    assert_eq!(untold(&mut world, "after two days"), left);
    pass_days(&mut world, 5, &mut mails);
    assert_eq!(untold(&mut world, "at last"), BTreeSet::new());
}
