//! An account with another address: whoever asks that one knows it by it.

use crate::support::account::{Account, Place};
use crate::support::mails::Way;
use crate::support::post::Post;
use crate::support::process::{need, try_until};

const NETWORK: &str = "test=irc://127.0.0.1:6667";
const ROBERT: &str = "robert@example.com";

/// Mails go through the hooks, robert's to bob, until alice or bob shows this of the other.
#[track_caller]
fn until(post: &Post, people: [&Account; 2], one: &Account, other: &str, key: &str, value: &str) {
    let [alice, bob] = people;
    try_until(
        &format!("{} to show {value} of {other}", one.name),
        120,
        || {
            for mail in post.take() {
                let to = if mail.to == alice.address { alice } else { bob };
                assert!(
                    [alice.address.as_str(), ROBERT].contains(&mail.to.as_str()),
                    "{}",
                    mail.to
                );
                assert!(
                    [alice.address.as_str(), ROBERT].contains(&mail.from.as_str()),
                    "{}",
                    mail.from
                );
                let text = String::from_utf8_lossy(&mail.bytes).into_owned();
                assert!(!text.contains(&bob.address), "{text}");
                Way::Procmail
                    .deliver(to, &mail.from, &mail.bytes)
                    .expect_code(0, "the hook");
                assert!(to.inbox().is_empty(), "{text}");
            }
            let now = match key {
                "text" => {
                    let texts = one.texts(other);
                    let said = texts.iter().find(|text| text["text"] == value);
                    said.map(|text| text["state"].to_string())
                        .unwrap_or_default()
                }
                key => one.of_friend(other, key),
            };
            let wanted = if key == "text" {
                "\"delivered\""
            } else {
                value
            };
            if now == wanted {
                return Ok(());
            }
            for person in people {
                person.iim(&["flush"]);
            }
            Err(now)
        },
    );
}

#[test]
fn a_request_to_an_alias_ends_in_friendship_and_one_safety_number() {
    need(&["procmail"]);
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    let template = "#also = [\"robert@example.org\", \"bob+iim@example.net\"]";
    bob.configure(&[(template, &format!("also = [\"{ROBERT}\"]"))]);
    let people = [&alice, &bob];

    alice.ok(&["add", ROBERT, "--name", "robert"]);
    until(
        &post,
        people,
        &bob,
        "alice@example.org",
        "standing",
        "asking",
    );
    assert_eq!(bob.of_friend("alice@example.org", "knows_you_as"), ROBERT);
    bob.ok(&["accept", "alice@example.org", "--name", "alice"]);
    until(&post, people, &alice, "robert", "standing", "friend");
    until(&post, people, &bob, "alice", "standing", "friend");
    assert_eq!(bob.of_friend("alice", "knows_you_as"), ROBERT);
    assert_eq!(
        alice.of_friend("robert", "knows_you_as"),
        "alice@example.org"
    );

    let number = alice.ok(&["verify", "robert", "--yes"]);
    let digits = |text: &str| text.lines().take(3).collect::<Vec<_>>().join(" ");
    assert_eq!(
        digits(&number),
        digits(&bob.ok(&["verify", "alice", "--yes"]))
    );
    for (from, to) in [(&alice, "robert"), (&bob, "alice")] {
        from.ok(&["say", to, "on we go"]);
        until(&post, people, from, to, "text", "on we go");
    }

    // Taken out of the configuration it stays what alice knows; doctor says so.
    bob.configure(&[(&format!("also = [\"{ROBERT}\"]"), "")]);
    bob.ok(&["say", "alice", "without it"]);
    until(&post, people, &bob, "alice", "text", "without it");
    let said = bob.iim(&["doctor", "--no-mail"]).text();
    assert!(
        said.contains(&format!("alice knows you as {ROBERT}")),
        "{said}"
    );
}
