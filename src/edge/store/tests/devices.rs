//! The user's own clients: their passwords and how far they have come.

use super::*;
use crate::edge::store::device::DeviceName;

fn name(text: &str) -> DeviceName {
    DeviceName::parse(text).unwrap()
}

#[test]
fn names_are_short_and_plain() {
    let long = "x".repeat(33);
    for (text, good) in [
        ("laptop", true),
        ("my_phone-2", true),
        (&long[1..], true),
        (&long, false),
        ("", false),
        ("Laptop", true),
        ("ÜBER", false),
        ("lap top", false),
        ("läptop", false),
        ("a/b", false),
    ] {
        assert_eq!(DeviceName::parse(text).is_ok(), good, "{text:?}");
    }
}

#[test]
fn device_names_are_taken_in_any_case() {
    assert_eq!(name("LapTop"), name("laptop"));
    assert_eq!(name("LapTop").as_str(), "laptop");
}

#[test]
fn only_its_own_password_fits_a_device() {
    let store = store();
    transact(&store, |tx| {
        assert!(tx.devices().add(&name("laptop"), Some("abcd-2345"), NOW)?);
        assert!(tx.devices().add(&name("phone"), Some("wxyz-7777"), NOW)?);
        assert!(tx.devices().add(&name("guest"), None, NOW)?);
        assert!(
            !tx.devices().add(&name("laptop"), Some("other"), NOW)?,
            "a name is given once"
        );
        Ok(())
    });
    for (device, password, fits) in [
        ("laptop", "abcd-2345", true),
        ("laptop", "ABCD2345", true),
        ("laptop", "abcd 2345", true),
        ("laptop", "wxyz-7777", false),
        ("laptop", "other", false),
        ("laptop", "abcd-234", false),
        ("laptop", "", false),
        ("phone", "wxyz-7777", true),
        ("guest", "", false),
        ("guest", "\0", false),
        ("nobody", "", false),
        ("nobody", "abcd-2345", false),
    ] {
        let found = transact(&store, |tx| {
            tx.devices().is_password(&name(device), password)
        });
        assert_eq!(found, fits, "{device} {password:?}");
    }
}

#[test]
fn the_database_holds_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iim.db");
    let store = Store::open(&path, Create::Yes).unwrap();
    let password = "mzxw-6ytb-oiaa-aaaa";
    transact(&store, |tx| {
        tx.devices().add(&name("laptop"), Some(password), NOW)
    });
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    let plain = password.replace('-', "");
    for text in [password.as_bytes(), plain.as_bytes()] {
        assert!(!bytes.windows(text.len()).any(|found| found == text));
    }
}

#[test]
fn a_new_device_has_had_everything_and_a_cursor_never_falls() {
    let store = store();
    let say = |n: u8| {
        apply(
            &store,
            &[Effect::Message(Box::new(text(
                "bob",
                Direction::In,
                n,
                n.into(),
            )))],
        );
    };
    say(1);
    say(2);
    let laptop = name("laptop");
    transact(&store, |tx| tx.devices().add(&laptop, Some("x"), NOW));
    let cursor = || {
        transact(&store, |tx| tx.devices().named(&laptop))
            .unwrap()
            .cursor
    };
    let behind = || {
        let row = cursor();
        transact(&store, |tx| tx.texts().count_after(row))
    };
    assert_eq!((cursor(), behind()), (2, 0));
    say(3);
    say(4);
    assert_eq!(behind(), 2);
    for (handed, at, left) in [(3, 3, 1), (1, 3, 1), (4, 4, 0)] {
        transact(&store, |tx| tx.devices().set_cursor(&laptop, handed));
        assert_eq!((cursor(), behind()), (at, left), "{handed}");
    }
}

#[test]
fn devices_are_listed_seen_and_removed() {
    let store = store();
    for device in ["phone", "laptop"] {
        transact(&store, |tx| tx.devices().add(&name(device), Some("x"), NOW));
    }
    transact(&store, |tx| tx.devices().seen(&name("phone"), NOW + 5));
    let all = transact(&store, |tx| tx.devices().all());
    let told: Vec<_> = all
        .iter()
        .map(|d| (d.name.as_str(), d.created, d.seen))
        .collect();
    assert_eq!(told, [("laptop", NOW, None), ("phone", NOW, Some(NOW + 5))]);
    assert!(transact(&store, |tx| tx.devices().remove(&name("phone"))));
    assert!(!transact(&store, |tx| tx.devices().remove(&name("phone"))));
    assert_eq!(
        transact(&store, |tx| tx.devices().named(&name("phone"))),
        None
    );
    assert!(!transact(&store, |tx| tx
        .devices()
        .is_password(&name("phone"), "x")));
}

#[test]
fn a_device_made_again_in_the_same_second_is_another() {
    let store = store();
    transact(&store, |tx| {
        let phone = name("phone");
        let mut marks = Vec::new();
        for password in ["abcd-2345", "wxyz-7777"] {
            assert!(tx.devices().add(&phone, Some(password), NOW)?);
            let made = tx.devices().named(&phone)?.unwrap();
            tx.devices().set_cursor(&phone, 7)?;
            tx.devices().seen(&phone, NOW + 9)?;
            assert_eq!(
                tx.devices().named(&phone)?.unwrap().mark,
                made.mark,
                "it lasts"
            );
            marks.push(made.mark);
            assert!(tx.devices().remove(&phone)?);
        }
        assert_ne!(marks[0], marks[1]);
        Ok(())
    });
}
