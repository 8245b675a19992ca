//! People whose mailboxes are at a Cyrus, a server that shares no code with Dovecot.

use crate::support::account::{Account, Place};
use crate::support::cyrus::Cyrus;
use crate::support::mails::{forged, mail};
use crate::support::process::{is_root, need, try_until};

/// Alice and bob, and mails of other people in the mailboxes of both.
struct Scene {
    alice: Account,
    bob: Account,
    cyrus: Cyrus,
    _place: Place,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        let cyrus = Cyrus::start(&place, &["alice", "bob"]);
        let [alice, bob] = ["alice", "bob"].map(|name| {
            let person = Account::new(&place, &format!("{name}@example.org"));
            for (at, flags) in [
                "",
                r"\Seen",
                r"\Seen \Answered",
                r"\Deleted",
                r"\Flagged \Draft",
            ]
            .into_iter()
            .enumerate()
            {
                let own = mail("", &format!("mail {at}\n"));
                cyrus.append(name, "INBOX", flags, &own);
                cyrus.append(name, "Junk", flags, &own);
            }
            person.setup(&["--sendmail", &cyrus.post.display().to_string()]);
            person
        });
        Self {
            alice,
            bob,
            cyrus,
            _place: place,
        }
    }

    /// All of a mailbox, with flags and uids.
    fn whole(&self, name: &str) -> [String; 2] {
        ["INBOX", "Junk"].map(|folder| self.cyrus.folder(name, folder))
    }
}

#[test]
fn two_people_with_mailboxes_at_a_cyrus_talk() {
    need(&["python3"]);
    if !is_root("two_people_with_mailboxes_at_a_cyrus_talk") {
        return;
    }
    let scene = Scene::new();
    let Scene {
        alice, bob, cyrus, ..
    } = &scene;
    let before = (scene.whole("alice"), scene.whole("bob"));
    assert!(before.0.concat().contains("mail 4") && before.0.concat().contains("Draft"));
    let ca = format!("ca = \"{}\"\n", cyrus.ca.display());
    let url = |person: &Account, scheme: &str, port: u16| {
        format!("{scheme}://{}@127.0.0.1:{port}", person.name)
    };
    let imaps = url(alice, "imaps", cyrus.imaps);
    alice.fetches_from(&imaps, &format!("{ca}then = \"move\"\n"));
    bob.fetches_from(&url(bob, "imap", cyrus.imap), "");
    alice.ok(&["fetch"]);
    // The agent hears by IDLE.
    let agent = bob.agent();
    try_until("bob's mailbox to be watched", 20, || {
        match bob.ok(&["status"]) {
            status if status.contains("mailbox: watched since") => Ok(()),
            status => Err(status),
        }
    });
    alice.ok(&["add", "bob@example.org"]);
    bob.until_friend("alice@example.org", "standing", "asking", 20);
    bob.ok(&["accept", "alice"]);
    try_until("alice to be a friend of bob's", 20, || {
        alice.ok(&["fetch"]);
        match alice.of_friend("bob", "standing") {
            friend if friend == "friend" => Ok(()),
            other => Err(other),
        }
    });
    bob.until_friend("alice", "standing", "friend", 20);
    alice.ok(&["say", "bob", "hello"]);
    bob.until_text("alice", "hello", 20, |_| true);
    try_until("the receipt", 20, || {
        alice.ok(&["fetch"]);
        match &alice.texts("bob")[0]["state"] {
            state if state == "delivered" => Ok(()),
            state => Err(state.to_string()),
        }
    });
    let doctor = bob.iim(&["doctor"]).text();
    assert!(doctor.contains("it has IDLE, MOVE, UIDPLUS"), "{doctor}");
    // Bob's are deleted, alice's moved; nothing else is changed.
    assert_eq!(scene.whole("bob"), before.1);
    assert_eq!(scene.whole("alice"), before.0);
    let moved = cyrus.folder("alice", "IIM");
    assert!(moved.matches("IIM: 1").count() >= 2, "{moved}");

    // The same mailbox by POP3.
    drop(agent);
    cyrus.append("bob", "INBOX", "", &forged());
    let with_forged = scene.whole("bob");
    bob.fetches_from(&url(bob, "pop3", cyrus.pop3), "");
    bob.ok(&["fetch"]);
    alice.ok(&["say", "bob", "by POP3"]);
    bob.ok(&["fetch"]);
    assert_eq!(bob.texts("alice").len(), 2);
    assert_eq!(scene.whole("bob"), with_forged);
}
