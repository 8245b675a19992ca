//! The connection to a mailbox's server cut after each byte of a whole session: whoever comes again gets every letter, once,
//! and what is not iim's is as it was.

mod onward;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use iim::edge::clock::{Clock as _, SystemClock, TestClock};
use iim::edge::home::Home;

use super::window::home;
use crate::support::account::{Account, Place};
use crate::support::dovecot::{Dovecot, without};
use crate::support::handshake::befriend;
use crate::support::mailboxes::{look_once, whole};
use crate::support::mails::{Way, forged, mail};
use crate::support::post::Post;
use crate::support::process::{is_root, need, run, try_until};
use crate::support::proxy::Proxy;

/// Whoever Dovecot asks for has the same password, and a mailbox under this name.
const EVERYBODY: &str = "passdb {\n  driver = static\n  args = password=secret\n}\n\
    userdb {\n  driver = static\n  args = uid=65534 gid=65534 home=@PLACE@/boxes/%n\n}\n";
const TEXTS: [&str; 3] = ["first", "second", "third"];

/// How the mailbox is spoken to, and how letters leave it.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// STORE and EXPUNGE.
    Delete,
    /// MOVE.
    Move,
    /// COPY, STORE and EXPUNGE.
    Copy,
    Pop3,
}

/// By whom it is fetched.
#[derive(Clone, Copy, Debug)]
enum By {
    /// `iim fetch`, which ends with the connection.
    Once,
    /// The agent, which remembers, and comes again after its pause.
    Agent,
}

/// Bob, friend of alice, who wrote them three letters.
struct Scene {
    bob: Account,
    letters: Vec<Vec<u8>>,
    dovecot: Dovecot,
    place: Place,
}

impl Scene {
    fn new(more: &str) -> Self {
        let place = Place::new();
        let (bob, letters) = friends_and_letters(&place);
        let nobody = Account::of_user(&place, "nobody@example.net", 65_534);
        let everybody = EVERYBODY.replace("@PLACE@", &place.path().display().to_string());
        let dovecot = Dovecot::start_with(&place, &[&nobody], "iim.sieve", &(everybody + more));
        Self {
            bob,
            letters,
            dovecot,
            place,
        }
    }
}

/// Bob's mailbox as it is before each try, and the way to it.
struct Tries<'a> {
    kind: Kind,
    by: By,
    proxy: Proxy,
    scene: &'a Scene,
}

impl<'a> Tries<'a> {
    fn new(scene: &'a Scene, kind: Kind, by: By) -> Self {
        let proxy = Proxy::start(match kind {
            Kind::Pop3 => scene.dovecot.pop3,
            Kind::Delete | Kind::Move | Kind::Copy => scene.dovecot.imap,
        });
        let tries = Self {
            kind,
            by,
            proxy,
            scene,
        };
        tries.fill();
        tries
    }

    /// Mails of other people, up to which bob has looked; after that the letters, and more of other people.
    fn fill(&self) {
        let box_of = self.mailbox("start");
        for folder in ["", "Maildir", "Maildir/cur", "Maildir/new", "Maildir/tmp"] {
            box_of.folder(folder);
        }
        for (n, flags) in ["S", "RS", "", "DS", "FT"].iter().enumerate() {
            box_of.write(&format!("Maildir/cur/{n}.own:2,{flags}"), mail("", "hi\n"));
        }
        copy(&self.scene.bob.home, &self.place("homes", "start"));
        self.look(&self.person("start"), 0).unwrap();
        for (n, letter) in self.scene.letters.iter().enumerate() {
            box_of.write(&format!("Maildir/new/1{n}0.letter"), letter);
            box_of.write(&format!("Maildir/new/1{n}5.own"), mail("", "how?\n"));
        }
        box_of.write("Maildir/new/199.own", forged());
    }

    /// Where the homes are, or the mailboxes at the server.
    fn place(&self, folder: &str, name: &str) -> PathBuf {
        let tries = format!("{:?}-{:?}", self.kind, self.by).to_lowercase();
        self.scene.place.join(&format!("{folder}/{tries}-{name}"))
    }

    fn mailbox(&self, name: &str) -> Account {
        Account {
            home: self.place("boxes", name),
            ids: Some(65_534),
            ..self.scene.bob.clone()
        }
    }

    /// Bob as they are in this try, with the mailbox of this name.
    fn person(&self, name: &str) -> Account {
        let bob = Account {
            home: self.place("homes", name),
            ..self.scene.bob.clone()
        };
        let (scheme, more) = match self.kind {
            Kind::Pop3 => ("pop3", ""),
            Kind::Delete => ("imap", ""),
            Kind::Move | Kind::Copy => ("imap", "then = \"move\"\n"),
        };
        let user = self.mailbox(name).home;
        let user = user.file_name().unwrap().display();
        bob.fetches_from(
            &format!("{scheme}://{user}@127.0.0.1:{}", self.proxy.port),
            more,
        );
        iim::account::Account::take_for_granted(&home(&bob)).unwrap();
        // The mailbox is another's, with the same in it.
        let database = rusqlite::Connection::open(home(&bob).database()).unwrap();
        for table in ["mailbox", "pop3_seen"] {
            let sql = format!("UPDATE {table} SET server = ''");
            database.execute(&sql, []).unwrap();
        }
        bob
    }

    /// `iim fetch`, so many minutes later.
    fn look(&self, bob: &Account, minutes: u64) -> Result<u32, String> {
        let clock = TestClock::at(SystemClock.now().0 + minutes * 60);
        look_once(&home(bob), Arc::new(clock))
    }

    /// Cuts the first connection after so many bytes; the next is whole.
    fn try_at(&self, bytes: usize) {
        let (by, name) = (self.by, bytes.to_string());
        for folder in ["homes", "boxes"] {
            copy(&self.place(folder, "start"), &self.place(folder, &name));
        }
        let (bob, mailbox) = (self.person(&name), self.mailbox(&name));
        let what = format!("{:?}, by {by:?}, cut after {bytes} bytes", self.kind);
        self.proxy.cut_next_after(bytes);
        let before = self.proxy.connections();
        match by {
            By::Once => {
                // Whether it has seen all is not asked: the cut may come after that. A mail at which it ended is passed over
                // for a minute: it may be to blame.
                let _ = self.look(&bob, 0);
                // The server may still be at what it heard before the cut, and mails vanish under the next session.
                try_until(&what, 10, || {
                    self.look(&bob, 2).map_err(|why| why.to_string())
                });
            }
            By::Agent => onward::fetch(&home(&bob), self.kind, || is_empty(&mailbox)),
        }
        assert!(self.proxy.connections() > before, "{what}");
        let texts = texts(&home(&bob));
        assert_eq!(texts, TEXTS, "{what}");
        let left = whole(&mailbox);
        let own = whole(&self.mailbox("start"));
        let own: BTreeMap<_, _> = own
            .into_iter()
            .filter(|(name, _)| !name.contains("letter"))
            .collect();
        assert_eq!(left, own, "{what}");
        for folder in ["homes", "boxes"] {
            let folder = self.place(folder, &name);
            // The server may still write its index there.
            try_until("the folder to go", 10, || {
                let gone = fs::remove_dir_all(&folder);
                gone.or_else(|why| (!folder.exists()).then_some(()).ok_or(why.to_string()))
            });
        }
    }

    /// After how many bytes of a whole session something new begins, and how many it has.
    fn boundaries(&self) -> (Vec<usize>, usize) {
        self.try_at(usize::MAX);
        let mut at = 0;
        let mut all = vec![0];
        for passed in self.proxy.passed() {
            at += passed.len();
            all.push(at);
        }
        (all, at)
    }
}

/// Alice and bob become friends by their hooks; alice says something.
fn friends_and_letters(place: &Place) -> (Account, Vec<Vec<u8>>) {
    let post = Post::new(place);
    let [alice, bob] = ["alice@example.org", "bob@example.net"].map(|address| {
        let person = Way::Procmail.account(place, address);
        person.setup(&["--sendmail", &post.sendmail]);
        person
    });
    befriend(&post, Way::Procmail, &alice, &bob);
    for text in TEXTS {
        alice.ok(&["say", "bob", text]);
    }
    let letters = post.take().into_iter().map(|mail| mail.bytes).collect();
    (bob, letters)
}

fn texts(home: &Home) -> Vec<String> {
    let account = iim::account::Account::open_quietly(home.clone(), Arc::new(SystemClock));
    let texts = account.unwrap().history(None, false).unwrap();
    texts.into_iter().map(|text| text.text).collect()
}

fn is_empty(mailbox: &Account) -> bool {
    !whole(mailbox).keys().any(|name| name.contains("letter"))
}

/// Makes `to` an exact copy of the folder `from`.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    run(Command::new("cp").arg("-a").arg(from).arg(to), b"").expect_code(0, "cp");
}

/// At some of the ends of what is said, and at some bytes between; with `tests/run --long` at each byte.
fn cut_at(scene: &Scene, kind: Kind, by: By, count: usize) {
    let tries = Tries::new(scene, kind, by);
    let (ends, all) = tries.boundaries();
    let first = rand::random_range(0..ends.len() / count);
    let some = ends.iter().skip(first).step_by(ends.len() / count);
    let between = (0..count / 3).map(|_| rand::random_range(0..=all));
    let moments: BTreeSet<usize> = match long() {
        true => (0..=all).collect(),
        false => some.copied().chain(between).collect(),
    };
    for bytes in moments {
        tries.try_at(bytes);
    }
}

fn long() -> bool {
    std::env::var_os("IIM_TESTS_LONG").is_some()
}

#[test]
fn every_letter_comes_once_wherever_a_connection_is_cut() {
    need(&["dovecot", "procmail"]);
    if !is_root("every_letter_comes_once_wherever_a_connection_is_cut") {
        return;
    }
    let scene = Scene::new("");
    for (kind, by, count) in [
        (Kind::Delete, By::Once, 5),
        (Kind::Delete, By::Agent, 6),
        (Kind::Move, By::Agent, 3),
        (Kind::Pop3, By::Once, 5),
        (Kind::Pop3, By::Agent, 4),
    ] {
        cut_at(&scene, kind, by, count);
    }
    if long() {
        let scene = Scene::new(&without(&["MOVE"]));
        cut_at(&scene, Kind::Copy, By::Agent, 1);
    }
}
