//! What is no roster, and any text at all.

use crate::protocol::time::Seconds;
use proptest::prelude::*;

use super::*;

#[test]
fn what_is_broken_is_named_with_its_place() {
    let friend = "[[friend]]\nname = \"Bob\"\naddress = \"bob@example.net\"\n";
    let head = "revision = 1\nversion = 1\n";
    let cases = [
        ("", (1, 1), "version = … is missing"),
        ("version = 1\n", (1, 1), "revision = … is missing"),
        (
            "revision = 1\nversion = 2\n",
            (2, 11),
            "form 2; this program knows 1",
        ),
        (
            "revision = \"x\"\nversion = 1\n",
            (1, 12),
            "revision must be a whole number",
        ),
        (
            "revision = -1\nversion = 1\n",
            (1, 12),
            "revision must be a whole number",
        ),
        (&format!("{head}[[friend]\n"), (3, 10), ""),
        (&format!("{head}{friend}visible = yes\n"), (6, 11), ""),
        (
            &format!("{head}{friend}visible = \"yes\"\n"),
            (6, 11),
            "visible must be true or false",
        ),
        (
            &format!("{head}{friend}note = 5\n"),
            (6, 8),
            "note must be a text in quotes",
        ),
        (
            &format!("{head}{friend}\n{friend}"),
            (9, 11),
            "bob@example.net is listed twice, first in line 5",
        ),
        (
            &format!("{head}[[friend]]\nname = \"ü\"\n"),
            (3, 1),
            "a friend without an address",
        ),
        (
            &format!("{head}[[friend]]\naddress = \"nobody\"\n"),
            (4, 11),
            "not a mail address",
        ),
        (
            &format!("{head}friend = 5\n"),
            (3, 10),
            "friends are written as [[friend]]",
        ),
    ];
    for (text, place, message) in cases {
        let error = read(text).unwrap_err();
        assert_eq!((error.line, error.column), place, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

fn any_person() -> impl Strategy<Value = Contact> {
    let texts = ("\\PC{0,12}", any::<String>(), any::<String>());
    (
        0_u32..1_000_000,
        texts,
        any::<(bool, bool, bool, bool)>(),
        any::<u64>(),
    )
        .prop_map(
            |(n, (ways, name, note), (visible, blocked, verified, friend), epoch)| {
                let mut person = Contact::new(
                    Ids::new(1, 1),
                    address(&format!("p{n}@example.org")),
                    name,
                    Seconds(0),
                );
                (person.note, person.visible, person.blocked, person.verified) =
                    (note, visible, blocked, verified);
                if friend {
                    person.standing = Standing::friend(keys(3));
                    let presence = Presence {
                        epoch: Some(epoch),
                        ways: Some(vec![ways]),
                        ..Presence::default()
                    };
                    person.friend_mut().unwrap().presence = Some(Held {
                        presence,
                        sent: Millis(0),
                    });
                }
                person
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rendered_is_read_and_holds_no_edit(people in prop::collection::vec(any_person(), 0..6), n: u32) {
        let mut people = people;
        people.sort_by(|a, b| a.address.cmp(&b.address));
        people.dedup_by(|a, b| a.address == b.address);
        let text = render(n.into(), &account(), &[], &people);
        let once = read(&text);
        prop_assert!(once.is_ok(), "{:?}\n{}", once, text);
        let once = once.unwrap();
        prop_assert_eq!(once.revision, u64::from(n));
        prop_assert_eq!(once.friends.len(), people.len());
        for (entry, person) in once.friends.iter().zip(&people) {
            prop_assert_eq!(&entry.address, &person.address);
            prop_assert_eq!(&entry.fields["name"].value, &toml::Value::String(person.name.clone()));
            prop_assert_eq!(&entry.fields["note"].value, &toml::Value::String(person.note.clone()));
        }
        prop_assert_eq!(edits(&once, &read(&text).unwrap()), []);
        prop_assert!(!text.chars().any(|c| c != '\n' && c.is_control()), "{}", text);
    }

    #[test]
    fn no_text_panics(text in "(revision = 1\nversion = 1\n)?(\\[\\[friend\\]\\]\n)?\\PC{0,80}\n?\\PC{0,40}") {
        let _ = read(&text);
    }
}
