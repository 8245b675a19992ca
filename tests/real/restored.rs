//! Mail that is fetched from a server, and a home that is restored from an old copy.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use mail_parser::{MessageParser, MimeHeaders as _};
use vodozemac::olm::OlmMessage;

use super::fetch::{fetch, fetchmailrc};
use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::handshake::{befriend, hand_over};
use crate::support::mails::{Way, ordinary};
use crate::support::post::{Mail, Post};
use crate::support::process::{is_root, need, run, try_until};

const NETWORK: &str = "test=irc://127.0.0.1:6667";

/// Bob's mailbox is on a server; fetchmail brings what is for their program, and leaves the rest there.
#[test]
fn fetchmail_from_imap_into_the_hook() {
    need(&["fetchmail", "dovecot", "procmail"]);
    if !is_root("fetchmail_from_imap_into_the_hook") {
        return;
    }
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    // The user nobody, because fetchmail wants one that the machine knows.
    let bob = Account::of_user(&place, "bob@example.net", 65_534);
    let dovecot = Dovecot::start(&place, &[&bob], "iim.sieve");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    let rc = fetchmailrc(&bob, &bob.program, "imap", dovecot.imap);
    bob.write("Maildir/new/ordinary", ordinary());
    let arrive = |mail: &Mail, name: &str| {
        bob.write(&format!("Maildir/new/{name}"), &mail.bytes);
        fetch(&bob, &rc);
        assert_eq!(
            bob.inbox(),
            [ordinary()],
            "{name}: only the ordinary mail is left"
        );
    };

    alice.ok(&["add", "bob@example.net", "--name", "bob"]);
    arrive(&post.take_one(), "request");
    assert_eq!(bob.of_friend("alice@example.org", "standing"), "asking");
    bob.ok(&["accept", "alice@example.org", "--name", "alice"]);
    let accept = post.take_one();
    Way::Procmail
        .deliver(&alice, &accept.from, &accept.bytes)
        .expect_code(0, "the accept");
    arrive(&post.take_one(), "confirm");
    assert_eq!(bob.of_friend("alice", "standing"), "friend");
    alice.ok(&["say", "bob", "hello from afar"]);
    arrive(&post.take_one(), "text");
    bob.until_text("alice", "hello from afar", 5, |_| true);
    let receipt = post.take_one();
    Way::Procmail
        .deliver(&alice, &receipt.from, &receipt.bytes)
        .expect_code(0, "the receipt");
    alice.until_text("bob", "hello from afar", 5, |t| t["state"] == "delivered");
}

/// Alice's disk fails; the backup is a hundred texts old. Alice and bob talk on, and nothing is sealed twice.
#[test]
fn a_restored_home_seals_nothing_twice() {
    restored(Back::Folder, false, 50);
}

#[test]
fn a_home_at_another_path_seals_nothing_twice() {
    restored(Back::Elsewhere, false, 5);
}

#[test]
fn a_whole_home_put_back_anew_seals_nothing_twice() {
    restored(Back::HomeAnew, false, 5);
}

#[test]
fn a_whole_home_put_back_in_place_seals_nothing_twice() {
    restored(Back::HomeInPlace, false, 5);
}

#[test]
fn a_home_restored_under_a_running_agent_seals_nothing_twice() {
    restored(Back::Folder, true, 5);
}

#[test]
fn a_home_at_another_path_with_an_agent_at_the_old_one_seals_nothing_twice() {
    restored(Back::Elsewhere, true, 5);
}

#[test]
fn a_whole_home_put_back_anew_under_a_running_agent_seals_nothing_twice() {
    restored(Back::HomeAnew, true, 5);
}

#[test]
fn a_whole_home_put_back_in_place_under_a_running_agent_seals_nothing_twice() {
    restored(Back::HomeInPlace, true, 5);
}

/// How a backup comes back.
#[derive(Clone, Copy)]
enum Back {
    /// The folder of the data, in its place.
    Folder,
    /// All of the home, at another path: with it the counter, whose name is made of the old one.
    Elsewhere,
    /// All of the home, after it was emptied.
    HomeAnew,
    /// All of the home, into the files that are there.
    HomeInPlace,
}

impl Back {
    fn put(self, place: &Place, alice: &Account, backup: &Path) {
        let (home, data) = (&alice.home, alice.home.join(".local/share/iim"));
        let copy = |from: &Path, to: &Path| {
            run(Command::new("cp").arg("-a").arg(from).arg(to), b"").expect_code(0, "cp");
        };
        match self {
            Self::Folder => {
                remove_folder(&data);
                copy(&backup.join(".local/share/iim"), &data);
            }
            Self::Elsewhere => {
                let elsewhere = place.join("elsewhere");
                copy(backup, &elsewhere);
                remove_folder(home);
                std::os::unix::fs::symlink(&elsewhere, home).unwrap();
            }
            Self::HomeAnew => {
                remove_folder(home);
                copy(backup, home);
            }
            Self::HomeInPlace => copy(&backup.join("."), home),
        }
    }
}

/// Removes a folder into which an agent may write meanwhile.
fn remove_folder(path: &Path) {
    try_until(
        "the folder to be removed",
        10,
        || match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.to_string()),
            _ => Ok(()),
        },
    );
}

fn restored(back: Back, running: bool, texts: usize) {
    need(&["procmail"]);
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    befriend(&post, Way::Procmail, &alice, &bob);
    let mut sealed = Sealed::default();
    let people = [&alice, &bob];
    alice.ok(&["say", "bob", "before the copy"]);
    bob.ok(&["say", "alice", "before the copy"]);
    sealed.carry(&post, &people);

    let backup = place.join("backup");
    run(
        Command::new("cp").arg("-a").arg(&alice.home).arg(&backup),
        b"",
    )
    .expect_code(0, "cp");
    let _agent = running.then(|| alice.agent());
    for number in 0..texts {
        let text = format!("{number}");
        alice.ok(&["say", "bob", &text]);
        bob.ok(&["say", "alice", &text]);
        sealed.until_delivered(&post, &people, &text);
    }
    back.put(&place, &alice, &backup);

    // Alice writes first, not knowing; then does as doctor says. Bob does nothing.
    alice.ok(&["say", "bob", "after the copy"]);
    sealed.carry(&post, &people);
    if !running {
        // An agent notices by itself; asked for once more within the hour, healing would wait until that is over.
        alice.iim(&["doctor", "--restored"]);
    }
    sealed.carry(&post, &people);
    for _ in 0..3 {
        alice.ok(&["flush"]);
        sealed.carry(&post, &people);
    }
    bob.ok(&["say", "alice", "welcome back"]);
    for (from, to, text) in [
        (&alice, &bob, "after the copy"),
        (&bob, &alice, "welcome back"),
    ] {
        sealed.until(&post, &people, from, to, text);
        to.until_text(&from.name, text, 5, |_| true);
    }
    assert!(
        sealed.seen.len() >= 4 * texts,
        "only {} sealed mails were looked at",
        sealed.seen.len()
    );
}

/// Every place in a ratchet that a sealed mail was seen to use, with the ciphertext it was used for.
#[derive(Default)]
struct Sealed {
    seen: BTreeMap<([u8; 32], u64), Vec<u8>>,
}

impl Sealed {
    /// Carries mails, looking at each on its way.
    #[track_caller]
    fn carry(&mut self, post: &Post, people: &[&Account]) {
        for _ in 0..100 {
            let mails = post.take();
            if mails.is_empty() {
                return;
            }
            for mail in &mails {
                self.look(mail);
                hand_over(Way::Procmail, people, mail);
            }
        }
        panic!("the mails never end");
    }

    /// Carries mails until this text is delivered, by whom it was said to the other.
    #[track_caller]
    fn until(
        &mut self,
        post: &Post,
        people: &[&Account],
        from: &Account,
        to: &Account,
        text: &str,
    ) {
        try_until(&format!("{text} of {} to arrive", from.name), 60, || {
            self.carry(post, people);
            let texts = from.texts(&to.name);
            let said = texts
                .iter()
                .rfind(|said| said["text"] == text && said["direction"] == "out");
            match said.is_some_and(|said| said["state"] == "delivered") {
                true => Ok(()),
                false => Err(format!("{texts:?}")),
            }
        });
    }

    /// The same for what both said.
    #[track_caller]
    fn until_delivered(&mut self, post: &Post, people: &[&Account; 2], text: &str) {
        let [one, other] = *people;
        self.until(post, people, one, other, text);
        self.until(post, people, other, one, text);
    }

    #[track_caller]
    fn look(&mut self, mail: &Mail) {
        let Some((kind, bytes)) = sealed(mail) else {
            return;
        };
        let message = match OlmMessage::from_parts(kind, &bytes).expect("an Olm message") {
            OlmMessage::Normal(message) => message,
            OlmMessage::PreKey(message) => message.message().clone(),
        };
        let place = (message.ratchet_key().to_bytes(), message.chain_index());
        let ciphertext = message.ciphertext().to_vec();
        if let Some(before) = self.seen.insert(place, ciphertext.clone()) {
            assert_eq!(
                before, ciphertext,
                "{} sealed twice from one ratchet",
                mail.from
            );
        }
    }
}

/// The kind and the bytes of the Olm message in a mail, if it is sealed: `[1, 0 / 1, bstr]`.
fn sealed(mail: &Mail) -> Option<(usize, Vec<u8>)> {
    let message = MessageParser::default().parse(&mail.bytes)?;
    let part = message.parts.iter().find(|part| {
        part.content_type()
            .is_some_and(|t| t.subtype() == Some("vnd.iim"))
    })?;
    let mut decoder = minicbor::Decoder::new(part.contents());
    decoder.array().unwrap();
    if decoder.u8().unwrap() != 1 {
        return None;
    }
    let kind = decoder.u8().unwrap();
    let bytes = decoder.bytes().unwrap().to_vec();
    Some((usize::from(kind), bytes))
}
