//! Alice and bob on one machine, put back to the same beginning again and again, and what must be true at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use iim::account::mail;
use iim::edge::clock::TestClock;
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::protocol::address::Address;
use iim::protocol::mail_form::By;
use iim::rules::contact::{Contact, Standing};
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::queue::route::Handed;
use serde_json::{Value, json};

use crate::fetched::Fetched;
use crate::files::{DATABASE, ROSTER, copy, home, same_files, sealings, stamp};
use crate::layer::Layer;
use crate::olm::{Used, sealed};
use crate::support::account::{Account, PROGRAM};

pub const NETWORK: &str = "test=irc://127.0.0.1:6667";
/// Whoever was killed held their letters for a quarter of an hour: nobody saw the end.
const MINUTES: u64 = 960;

/// Alice, bob, their mail, and the beginning to which they can be put back.
pub struct Scene {
    dir: tempfile::TempDir,
    pub layer: Layer,
    pub alice: Account,
    pub bob: Account,
    /// The mailbox out of which alice fetches, if they do.
    pub fetched: Option<Fetched>,
    /// The message keys of all mails up to the beginning.
    used: Used,
    /// What tells each roster file, at the beginning.
    stamps: Vec<String>,
    /// How often alice had sealed at the beginning.
    sealed: u64,
}

/// A mail on its way.
#[derive(Clone)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub bytes: Vec<u8>,
}

impl Scene {
    /// Both with an account, strangers to each other.
    pub fn new() -> Self {
        // In memory where there is such a place: every turn is flushed to the disk.
        let dir = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        for part in ["spool/tmp", "spool/new", "start"] {
            fs::create_dir_all(dir.path().join(part)).unwrap();
        }
        let scene = Self {
            layer: Layer::new(dir.path()),
            alice: account(dir.path(), "alice@example.org"),
            bob: account(dir.path(), "bob@example.net"),
            fetched: None,
            used: Used::default(),
            stamps: Vec::new(),
            sealed: 0,
            dir,
        };
        for person in scene.people() {
            let post = scene.sendmail();
            person.setup(&["--sendmail", &post, "--network", NETWORK]);
        }
        scene
    }

    /// Both friends, with all said that there was to say.
    pub fn of_friends() -> Self {
        let mut scene = Self::new();
        scene.alice.ok(&["add", "bob@example.net"]);
        scene.carry();
        scene.bob.ok(&["accept", "alice"]);
        scene.carry();
        scene.settle("making friends");
        for (one, other) in [(&scene.alice, "bob"), (&scene.bob, "alice")] {
            assert_eq!(one.of_friend(other, "standing"), "friend");
        }
        scene
    }

    pub fn people(&self) -> [&Account; 2] {
        [&self.alice, &self.bob]
    }

    /// The command for `iim setup --sendmail`.
    pub fn sendmail(&self) -> String {
        let spool = self.dir.path().join("spool");
        format!("{} {}", Layer::post().display(), spool.display())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    // Mail.

    /// Takes the mails that wait in the spool, oldest first.
    pub fn take(&self) -> Vec<Mail> {
        let new = self.dir.path().join("spool/new");
        let entries = fs::read_dir(new).unwrap().map(|e| e.unwrap().path());
        let mut files: Vec<PathBuf> = entries.collect();
        files.sort();
        let taken = files.iter().map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let words: Vec<&str> = name.split(',').collect();
            let bytes = fs::read(path).unwrap();
            fs::remove_file(path).unwrap();
            let (from, to) = (words[1].to_owned(), words[2].to_owned());
            Mail { from, to, bytes }
        });
        taken.collect()
    }

    /// Takes the one mail that must be there.
    #[track_caller]
    pub fn take_one(&mut self) -> Mail {
        let mut mails = self.take();
        assert_eq!(mails.len(), 1, "one mail");
        let mail = mails.remove(0);
        self.used.note(&mail.bytes, "before the beginning");
        mail
    }

    /// Carries the mails through the hooks until none is left: before the beginning.
    pub fn carry(&mut self) {
        loop {
            let mails = self.take();
            if mails.is_empty() {
                return;
            }
            for mail in mails {
                self.used.note(&mail.bytes, "before the beginning");
                let to = self.person(&mail.to);
                to.iim_with(&["deliver"], &mail.bytes)
                    .expect_code(0, &format!("{} takes a mail", to.name));
            }
        }
    }

    pub fn person(&self, address: &str) -> &Account {
        let mut people = self.people().into_iter();
        people.find(|p| p.address == address).expect(address)
    }

    /// Sends and delivers until both are quiet, before the beginning.
    pub fn settle(&mut self, what: &str) {
        let mut used = self.used.clone();
        self.until_quiet(MINUTES, Vec::new(), &mut used, what);
        self.used = used;
    }

    // The beginning.

    /// From now on [`Scene::begin`] leads back here.
    pub fn keep(&mut self) {
        let stamps = self.people().map(|p| stamp(&p.home.join(ROSTER)));
        self.stamps = stamps.to_vec();
        self.sealed = sealings(&self.alice.home);
        for person in self.people() {
            copy(&person.home, &self.kept(person));
        }
    }

    /// Puts both back to the beginning.
    pub fn begin(&self) {
        self.take();
        self.fetched.iter().for_each(Fetched::begin);
        for (person, stamp) in self.people().iter().zip(&self.stamps) {
            let _ = fs::remove_dir_all(&person.home);
            copy(&self.kept(person), &person.home);
            same_files(person, stamp);
        }
    }

    fn kept(&self, person: &Account) -> PathBuf {
        self.dir.path().join("start").join(&person.name)
    }

    // The end.

    /// The counter outside of the database is never behind what has left. Looks at files alone, so that the program
    /// finds all as it was left.
    #[track_caller]
    pub fn check_counter(&self, left: &[Mail], what: &str) {
        let ours = |mail: &&Mail| mail.from == self.alice.address && sealed(&mail.bytes).is_some();
        let left = left.iter().filter(ours).count();
        let (before, counted) = (self.sealed, home(&self.alice).sealings().read().unwrap());
        assert!(
            counted >= before + u64::try_from(left).unwrap(),
            "{what}: {left} sealed mails left, and the counter went from {before} to {counted}"
        );
    }

    /// The mails that have left go on, then more go to and fro until both are quiet. Returns what both then see, after
    /// checking what must always be true.
    #[track_caller]
    pub fn end(&self, left: Vec<Mail>, what: &str) -> Value {
        self.end_after(MINUTES, left, what)
    }

    /// As [`Scene::end`], with the first look at what is due so many seconds from now.
    #[track_caller]
    pub fn end_after(&self, seconds: u64, mut left: Vec<Mail>, what: &str) -> Value {
        left.extend(self.take());
        self.check_counter(&left, what);
        let fetched = self.fetched.iter();
        fetched.for_each(|it| it.end(&self.alice, seconds, what));
        let mut used = self.used.clone();
        self.until_quiet(seconds, left, &mut used, what);
        let counted = home(&self.alice).sealings().read().unwrap();
        assert_eq!(sealings(&self.alice.home), counted, "{what}: the counter");
        self.check_presence(what);
        let seen = self.people().map(|person| self.look(person, what));
        json!(seen)
    }

    /// Mails flow between both, a few minutes later, until neither has anything to say.
    #[track_caller]
    fn until_quiet(&self, later: u64, mut mails: Vec<Mail>, used: &mut Used, what: &str) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let clock = TestClock::at(since.unwrap().as_secs() + later);
        let mut stations = self
            .people()
            .map(|p| iim::account::Account::open(home(p), Arc::new(clock.clone())).unwrap());
        for _ in 0..30 {
            for account in &mut stations {
                account.tick().unwrap();
                mails.extend(send(account));
            }
            if mails.is_empty() {
                for account in &mut stations {
                    assert!(!account.state().unwrap().restored, "{what}: restored");
                    assert_eq!(account.waiting().unwrap(), 0, "{what}: a letter waits");
                }
                return;
            }
            for mail in mails.drain(..) {
                used.note(&mail.bytes, what);
                let place = usize::from(mail.to != self.alice.address);
                let arrived = stations[place]
                    .hear_mail_by(&mail.bytes, By::Marker)
                    .unwrap()
                    .unwrap();
                assert!(arrived.done, "{what}: {}", arrived.status);
            }
            clock.advance(90);
        }
        panic!("{what}: the mails never end");
    }

    /// Whoever may see alice has the secret in force; who may not, has not. Friends know of the same unused keys.
    #[track_caller]
    fn check_presence(&self, what: &str) {
        let [mut alice, mut bob] = self
            .people()
            .map(|p| iim::account::Account::open_quietly(home(p), now()).unwrap());
        let [alices, bobs] = self.people().map(|p| Address::parse(&p.address).unwrap());
        let secret = alice.state().unwrap().secret;
        let (Some(of_bob), Some(of_alice)) =
            (alice.who(bobs.as_str()).ok(), bob.who(alices.as_str()).ok())
        else {
            return;
        };
        let is_friend = |person: &Contact| matches!(person.standing, Standing::Friend(_));
        let held = of_alice.presence();
        let sees = held.and_then(|held| held.secret) == Some(secret);
        let may = is_friend(&of_bob) && of_bob.visible && !of_bob.blocked;
        assert_eq!(sees, may, "{what}: whether bob sees alice");
        if is_friend(&of_bob) && is_friend(&of_alice) && !of_bob.blocked {
            let bobs_half = format!(
                "{:?} {:?}",
                of_alice.friend().unwrap().theirs,
                of_alice.friend().unwrap().ours
            );
            let alices_half = format!(
                "{:?} {:?}",
                of_bob.friend().unwrap().ours,
                of_bob.friend().unwrap().theirs
            );
            assert_eq!(alices_half, bobs_half, "{what}: unused one-time keys");
        }
    }

    /// What a person sees, but for when it was; the roster file must say the same.
    #[track_caller]
    fn look(&self, person: &Account, what: &str) -> Value {
        let mut friends = person.friends();
        check_roster(person, &friends, what);
        for friend in &mut friends {
            friend.as_object_mut().unwrap().remove("since");
        }
        json!({ "friends": friends, "texts": texts(person), "irc": can_talk(person) })
    }
}

/// Whether there is a session that is good for talking over IRC.
fn can_talk(person: &Account) -> bool {
    let database = rusqlite::Connection::open(person.home.join(DATABASE)).unwrap();
    let ready =
        "SELECT count(*) > 0 FROM session WHERE transport = 'irc' AND ready AND NOT retired";
    database.query_row(ready, [], |row| row.get(0)).unwrap()
}

/// All texts of a person, but for when they were.
pub fn texts(person: &Account) -> Vec<Value> {
    let mut account = iim::account::Account::open_quietly(home(person), now()).unwrap();
    let all = account.history(None, false).unwrap();
    let line = |message: &iim::rules::message::Message| {
        json!({
            "direction": if message.is_ours() { "Out" } else { "In" },
            "text": message.text,
            "state": format!("{:?}", message.state),
            "reason": message.reason,
        })
    };
    all.iter().map(line).collect()
}

/// `roster.toml` can be read, and says of each friend what the database says.
#[track_caller]
fn check_roster(person: &Account, friends: &[Value], what: &str) {
    let text = fs::read_to_string(person.home.join(ROSTER)).unwrap();
    let roster: toml::Table = toml::from_str(&text).unwrap_or_else(|e| panic!("{what}: {e}"));
    let none = Vec::new();
    let lines = roster
        .get("friend")
        .map_or(&none, |f| f.as_array().unwrap());
    assert_eq!(lines.len(), friends.len(), "{what}: {text}");
    for friend in friends {
        let same = |line: &&toml::Value| line["address"].as_str() == friend["address"].as_str();
        let line = lines.iter().find(same).expect(what);
        for key in ["name", "standing", "note"] {
            let stands = line[key].as_str().unwrap();
            let is = friend[key].as_str().unwrap_or_default();
            assert_eq!(stands, is, "{what}: {key} in {text}");
        }
        for key in ["visible", "blocked", "verified", "told"] {
            let stands = line[key].as_bool();
            assert_eq!(stands, friend[key].as_bool(), "{what}: {key} in {text}");
        }
    }
    let beside = fs::read_dir(person.home.join(ROSTER).parent().unwrap()).unwrap();
    for entry in beside {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".broken"), "{what}: {name}");
    }
}

fn account(dir: &Path, address: &str) -> Account {
    let name = address.split('@').next().unwrap().to_owned();
    let home = dir.join(&name);
    fs::create_dir(&home).unwrap();
    Account {
        name,
        address: address.to_owned(),
        home,
        program: PathBuf::from(PROGRAM),
        ids: None,
    }
}

pub fn now() -> Arc<iim::edge::clock::SystemClock> {
    Arc::new(iim::edge::clock::SystemClock)
}

/// All that an account has to send.
pub fn send(account: &mut iim::account::Account) -> Vec<Mail> {
    let mut bag = Bag::default();
    mail::send(account, &mut bag, &Round::without_irc(Announcements::All)).unwrap();
    bag.0
}

#[derive(Default)]
struct Bag(Vec<Mail>);

impl MailSender for Bag {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        _within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        let count = mails.len();
        self.0.extend(mails.into_iter().map(|mail| Mail {
            from: mail.from.to_string(),
            to: mail.to.to_string(),
            bytes: mail.mail,
        }));
        vec![Ok(Handed::Taken); count]
    }
}
