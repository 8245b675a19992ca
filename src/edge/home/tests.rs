//! Tables of cases: where things lie, and what may be wrong with them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn env(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    move |name| {
        let found = pairs.iter().find(|(k, _)| k == name);
        found.map(|(_, v)| OsString::from(v))
    }
}

#[test]
fn the_places_are_those_of_the_table() {
    let all = &[
        ("HOME", "/nowhere/bob"),
        ("XDG_CONFIG_HOME", "/c"),
        ("XDG_DATA_HOME", "/d"),
        ("XDG_STATE_HOME", "/s"),
        ("XDG_RUNTIME_DIR", "/r"),
    ];
    let relative = &[
        ("HOME", "/nowhere/bob"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", ""),
    ];
    for (vars, config, database, socket, state) in [
        (
            &all[..1],
            "/nowhere/bob/.config/iim",
            "/nowhere/bob/.local/share/iim",
            None,
            "/nowhere/bob/.local/state/iim",
        ),
        (
            &all[..],
            "/c/iim",
            "/d/iim",
            Some("/r/iim/agent.sock"),
            "/s/iim",
        ),
        (
            &relative[..],
            "/nowhere/bob/.config/iim",
            "/nowhere/bob/.local/share/iim",
            None,
            "/nowhere/bob/.local/state/iim",
        ),
    ] {
        let home = Home::from_env(None, env(vars)).unwrap();
        assert_eq!(home.config(), Path::new(config).join("config.toml"));
        assert_eq!(home.database(), Path::new(database).join("iim.db"));
        assert_eq!(home.roster(), Path::new(database).join("roster.toml"));
        if let Some(socket) = socket {
            assert_eq!(home.sockets()[0], Path::new(socket));
        }
        assert_eq!(
            home.sockets().last().unwrap(),
            &Path::new(database).join("agent.sock")
        );
        for counter in [home.sealings(), home.epochs()] {
            assert!(counter.path().starts_with(state), "{counter:?}");
        }
    }
}

#[test]
fn one_folder_holds_all_but_the_counters() {
    let vars = &[
        ("HOME", "/nowhere/bob"),
        ("IIM_HOME", "/nowhere/env"),
        ("XDG_RUNTIME_DIR", "/r"),
    ];
    for (flag, dir) in [
        (Some("/nowhere/flag"), "/nowhere/flag"),
        (None, "/nowhere/env"),
    ] {
        let home = Home::from_env(flag.map(Path::new), env(vars)).unwrap();
        let dir = Path::new(dir);
        assert_eq!(home.config(), dir.join("config.toml"));
        assert_eq!(home.database(), dir.join("iim.db"));
        assert_eq!(home.sockets(), [dir.join("agent.sock")]);
        for counter in [home.sealings(), home.epochs()] {
            let path = counter.path();
            assert!(path.starts_with("/nowhere/bob/.local/state/iim"));
        }
    }
}

#[test]
fn two_homes_have_two_counters_and_one_home_by_two_names_has_one() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real");
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let before = Home::at(&real, dir.path()).sealings();
    fs::create_dir(&real).unwrap();
    assert_eq!(Home::at(&real, dir.path()).sealings(), before);
    assert_eq!(Home::at(&link, dir.path()).sealings(), before);
    assert_eq!(
        Home::at(&real.join("../real/"), dir.path()).sealings(),
        before
    );
    assert_ne!(Home::at(dir.path(), dir.path()).sealings(), before);
}

#[test]
fn no_home_is_an_error_with_a_hint() {
    let fault = Home::from_env(None, env(&[])).unwrap_err();
    assert!(matches!(fault, HomeError::NoHome));
    assert!(fault.hint().is_some());
}

fn ready(dir: &Path) -> Home {
    let home = Home::at(&dir.join("home"), &dir.join("state"));
    home.create().unwrap();
    for file in [home.config(), home.database()] {
        replace_file(&file, b"").unwrap();
    }
    home
}

#[test]
fn a_new_home_is_private_and_without_fault() {
    let dir = tempfile::tempdir().unwrap();
    let home = ready(dir.path());
    assert!(home.check().is_empty(), "{:?}", home.check());
    home.sealings().write(1).unwrap();
    for made in [home.data(), home.sealings().path().parent().unwrap()] {
        assert_eq!(
            fs::metadata(made).unwrap().mode() & 0o7777,
            0o700,
            "{made:?}"
        );
    }
}

#[test]
fn each_fault_is_told_with_a_hint() {
    type Spoil = fn(&Home);
    type Told = fn(&HomeError) -> bool;
    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let cases: [(&str, Spoil, Told); 6] = [
        (
            "open folder",
            |h| chmod(h.data(), 0o755),
            |e| matches!(e, HomeError::Mode(_, 0o755, _)),
        ),
        (
            "open file",
            |h| chmod(&h.database(), 0o644),
            |e| matches!(e, HomeError::Mode(_, 0o644, _)),
        ),
        (
            "no config",
            |h| fs::remove_file(h.config()).unwrap(),
            |e| matches!(e, HomeError::Missing(_)),
        ),
        (
            "no database",
            |h| fs::remove_file(h.database()).unwrap(),
            |e| matches!(e, HomeError::Missing(_)),
        ),
        (
            "roster is a folder",
            |h| fs::create_dir(h.roster()).unwrap(),
            |e| matches!(e, HomeError::Kind(..)),
        ),
        (
            "no home",
            |h| fs::remove_dir_all(h.data()).unwrap(),
            |e| matches!(e, HomeError::Missing(_)),
        ),
    ];
    for (case, spoil, told) in cases {
        let dir = tempfile::tempdir().unwrap();
        let home = ready(dir.path());
        spoil(&home);
        let fault = home.require().expect_err(case);
        assert!(told(&fault), "{case}: {fault}");
        assert!(fault.hint().is_some(), "{case}");
    }
}

#[test]
fn a_home_of_somebody_else_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let home = ready(dir.path());
    let meta = fs::metadata(home.data()).unwrap();
    // Only root may give a folder away; elsewhere the root folder is one that is not ours.
    let fault = if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(home.data(), Some(meta.uid() + 1), None).unwrap();
        home.require().unwrap_err()
    } else {
        check_folder(Path::new("/")).unwrap_err()
    };
    assert!(matches!(fault, HomeError::Owner(..)), "{fault}");
}
